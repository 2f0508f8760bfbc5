"""One cause is one finding: policies of a table that one rule finds are told together, and stay apart for baselines, ignores and trackers."""

import json
import subprocess
import sys
from pathlib import Path

MADE = """create table public.invoices (id uuid primary key, user_id uuid references auth.users, total numeric);
alter table public.invoices enable row level security;
create policy "own" on public.invoices for select to authenticated using (auth.uid() = user_id);
"""
CHANGE = 'create policy "change" on public.invoices for update to authenticated using (true) with check (true);\n'
DROP = 'create policy "drop" on public.invoices for delete to authenticated using (true);\n'
OTHERS = """create table public.notes (id uuid primary key, user_id uuid references auth.users, body text);
alter table public.notes enable row level security;
create policy "drop" on public.notes for delete to authenticated using (true);
create policy "see" on public.notes for select to authenticated using (auth.uid() = user_id);
create policy "add" on public.notes for insert to authenticated with check (true);
"""
FILES = """insert into storage.buckets (id, name, public) values ('papers', 'papers', false), ('drawings', 'drawings', false);
create policy "seen" on storage.objects for select to authenticated using (bucket_id in ('papers', 'drawings'));
create policy "a" on storage.objects for update to authenticated using (bucket_id = 'papers');
create policy "b" on storage.objects for delete to authenticated using (bucket_id = 'papers');
create policy "c" on storage.objects for delete to authenticated using (bucket_id = 'drawings');
"""
PATH = "supabase/migrations/20250101000000_tables.sql"
RULE = "policy-open-to-writes"


def batten(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "batten", *words, "--jobs", "1", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120).stdout


def write(folder: Path, *statements: str) -> None:
    (folder / PATH).parent.mkdir(parents=True, exist_ok=True)
    (folder / PATH).write_text("".join(statements))


def findings(folder: Path, rule: str = RULE, *more: str) -> list[dict]:
    document = json.loads(batten(folder, "check", "--output-format", "json", "--fail-on", "never", *more))
    return [each for each in document["findings"] if each["rule"] == rule]


def lines(finding: dict) -> list[int]:
    return [step["place"]["start"]["line"] for step in finding["places"]]


def test_policies_of_one_table_are_one_finding_with_the_place_of_each(tmp_path: Path) -> None:
    write(tmp_path, MADE, CHANGE, DROP)
    (found,) = findings(tmp_path)
    assert (found["place"]["start"]["line"], lines(found)) == (4, [4, 5])
    assert found["key"] == f"{RULE}||policy|public.invoices|change|supabase"
    assert found["others"] == [f"{RULE}||policy|public.invoices|drop|supabase"]
    assert found["message"].endswith(" (and 1 more)")


def test_one_policy_stands_alone(tmp_path: Path) -> None:
    write(tmp_path, MADE, DROP)
    (found,) = findings(tmp_path)
    assert (found["places"], found["others"]) == ([], [])


def test_another_table_and_another_rule_are_findings_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, MADE, CHANGE, DROP, OTHERS)
    assert [lines(each) for each in findings(tmp_path)] == [[4, 5], []]
    assert [each["place"]["start"]["line"] for each in findings(tmp_path, "insert-without-owner-check")] == [10]


def test_storage_policies_are_told_by_bucket(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert [lines(each) for each in findings(tmp_path, "storage-open-to-writes")] == [[3, 4], []]


def test_what_a_comment_accepts_is_not_told_with_the_others(tmp_path: Path) -> None:
    write(tmp_path, MADE, f"-- batten: ignore[{RULE}] rows are swept away by whoever is there\n", CHANGE, DROP)
    (found,) = findings(tmp_path)
    assert (found["key"], found["places"]) == (f"{RULE}||policy|public.invoices|drop|supabase", [])


def test_a_baseline_knows_each_policy_by_its_key(tmp_path: Path) -> None:
    write(tmp_path, MADE, CHANGE)
    batten(tmp_path, "baseline", "create", "--baseline", "known.json")
    write(tmp_path, MADE, CHANGE, DROP)
    (found,) = findings(tmp_path, RULE, "--baseline", "known.json")
    assert (found["key"], found["places"]) == (f"{RULE}||policy|public.invoices|drop|supabase", [])


def test_trackers_do_not_take_a_further_policy_for_known(tmp_path: Path) -> None:
    prints = []
    for statements in ((MADE, CHANGE), (MADE, CHANGE, DROP)):
        write(tmp_path, *statements)
        (run,) = json.loads(batten(tmp_path, "check", "--output-format", "sarif", "--fail-on", "never"))["runs"]
        prints += [(each["partialFingerprints"]["batten/v1"], len(each["locations"])) for each in run["results"] if each["ruleId"] == RULE]
    (one, two) = prints
    assert one[0] != two[0]
    assert (one[1], two[1]) == (1, 2)


def test_coding_agents_are_shown_each_with_its_patch(tmp_path: Path) -> None:
    write(tmp_path, MADE, CHANGE, DROP)
    text = batten(tmp_path, "check", "--output-format", "agent", "--fail-on", "never")
    assert text.count("`batten fix --finding ") == 2


def test_a_fix_of_one_mends_one(tmp_path: Path) -> None:
    write(tmp_path, MADE, CHANGE, DROP)
    (found,) = findings(tmp_path)
    batten(tmp_path, "fix", "--unsafe", "--finding", found["handle"])
    assert [(each["key"], each["others"]) for each in findings(tmp_path)] == [(found["others"][0], [])]
