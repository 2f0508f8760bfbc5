"""Ten ways to open an app, each in two frameworks, are told at the change; look-alikes of the same files are not told."""

from pathlib import Path

import pytest
from changes import commit, lay_out
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from regressions import FASTAPI, NEXT_SQL, NOTES, OWN, REGRESSIONS, SQL

from batten.diff import Anchor, Difference, Direction, Where, compared
from batten.diff.hunks import hunks, without
from batten.options import Options

BY = Options(jobs=1, progress=False)


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_opens_something_is_told_and_its_look_alike_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case = REGRESSIONS[name]
    base = commit(tmp_path, case.app)
    opened = commit(tmp_path, case.opens)
    back = {path: case.app.get(path) for path in case.opens}
    closed = commit(tmp_path, back)
    lay_out(tmp_path, case.refactors)
    monkeypatch.chdir(tmp_path)
    found = compared(BY, base, opened).difference
    assert [(each.finding.rule, each.anchor.path, each.anchor.line) for each in found.new] == [
        (rule, case.path, case.line) for rule in case.rules.split()
    ]
    assert [each.finding.rule for each in compared(BY, opened, closed).difference.new] == []
    looks_alike = compared(BY, None, None).difference
    assert [each.finding.rule for each in looks_alike.new] == []
    assert [
        each.text for each in looks_alike.shifts if each.direction is Direction.WIDER and " is new, for signed-in " not in each.text
    ] == []


def test_the_hunk_that_does_it_is_blamed_and_not_its_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper, route = FASTAPI.split("\n\n\n@app")
    app = {
        "requirements.txt": "fastapi\npyjwt\npsycopg\n",
        "start.py": helper + "\n",
        "main.py": f"from fastapi import Depends\n\nfrom start import app, db, signed_in\n\n\n@app{route}",
    }
    base = commit(tmp_path, app)
    head = commit(
        tmp_path,
        {
            "main.py": app["main.py"].replace("    db.execute", "    # one row\n    db.execute"),
            "start.py": app["start.py"].replace("import os\n", "import os\nimport sys\n").replace("raise HTTPException(401)", 'return "x"')
            + "\nprint(sys.argv)\n",
            "notes.py": "names = []\n",
        },
    )
    monkeypatch.chdir(tmp_path)
    (new,) = compared(BY, base, head).difference.new
    assert (new.finding.place.path, new.anchor) == ("main.py", Anchor(Where.CAUSE, "start.py", 18))


def test_of_many_lines_that_came_the_one_that_does_it_is_blamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = commit(tmp_path, {SQL: f"{NOTES}create policy own on public.notes for all {OWN};\n"})
    remarks = "\n".join(f"comment on table public.notes is '{number}';" for number in range(40))
    head = commit(tmp_path, {NEXT_SQL: f"{remarks}\nalter table public.notes disable row level security;\n{remarks}\n"})
    monkeypatch.chdir(tmp_path)
    (new,) = compared(BY, base, head).difference.new
    assert (new.finding.rule, new.anchor.path, new.anchor.line) == ("protection-removed-later", NEXT_SQL, 41)


TEXTS = st.one_of(st.none(), st.lists(st.sampled_from([b"a", b"b", b"c", b""]), max_size=12).map(b"\n".join))


@given(TEXTS, TEXTS)
def test_a_text_without_what_changed_is_the_text_before(before: bytes | None, after: bytes | None) -> None:
    found = hunks("x", before, after)
    assert without(before, after, found) == before
    assert without(before, after, ()) == after


@pytest.mark.parametrize(
    "name", ["a policy is dropped (Supabase)", "a guard lets everybody through (FastAPI)", "pages import what is for admins (Next.js)"]
)
def test_what_runs_remember_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case, app, cache = REGRESSIONS[name], tmp_path / "app", tmp_path / "cache"
    base = commit(app, case.app)
    monkeypatch.chdir(app)
    monkeypatch.delenv("BATTEN_NO_CACHE")
    warm = structs.replace(BY, cache_dir=cache)
    cold = structs.replace(BY, no_cache=True)

    def told(options: Options, *commits: str) -> Difference:
        return compared(options, *(commits or (None, None))).difference

    for state in (case.opens, case.refactors, {path: case.app.get(path) for path in {*case.opens, *case.refactors}}):
        lay_out(app, state)
        assert told(warm) == told(warm) == told(cold)
    head = commit(app, case.opens)
    assert told(warm, base, head) == told(warm, base, head) == told(cold, base, head)
    assert (cache / "facts.db").is_file()


def test_of_five_hundred_files_the_one_is_blamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = {f"lib/note{number}.ts": f"export const note{number} = () => {number}\n" for number in range(500)}
    base = commit(tmp_path, {**notes, SQL: f"{NOTES}create policy own on public.notes for all {OWN};\n"})
    more = {path: f"// a remark\n{text}" for path, text in notes.items()}
    head = commit(tmp_path, {**more, NEXT_SQL: "alter table public.notes disable row level security;\n"})
    monkeypatch.chdir(tmp_path)
    (new,) = compared(BY, base, head).difference.new
    assert (new.finding.rule, new.anchor.path, new.anchor.line) == ("protection-removed-later", NEXT_SQL, 1)
