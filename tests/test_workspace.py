"""Whatever is edited, saved, renamed and deleted, a workspace says what a fresh run says."""

import random
from pathlib import Path

import pytest
from changing_apps import APPS, EXAMPLES, RULES, edited, fresh, lay_out, of_app, report, repository
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from batten.config import Config
from batten.discover.classes import Classes
from batten.link import Origin
from batten.link.memo import Key, Memo
from batten.scan import Line, scan_files
from batten.testing_keys import expand
from batten.workspace import Workspace


@pytest.mark.parametrize("in_git", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_any_changes_give_what_a_fresh_run_gives(tmp_path: Path, seed: int, in_git: bool) -> None:
    draw = random.Random(seed)
    files = of_app(draw.choice(sorted(APPS)))
    pool = [expand(text).encode() for example in draw.sample(EXAMPLES, 20) for _, text in example.files]
    names = [path for example in draw.sample(EXAMPLES, 20) for path, _ in example.files]
    lay_out(tmp_path, files)
    if in_git:
        repository(tmp_path)
    workspace = Workspace((tmp_path,), Config(), RULES, 1)
    open_documents: dict[str, bytes] = {}
    for _ in range(8):
        for _ in range(draw.randint(1, 3)):
            on_disk = sorted(
                path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file() and ".git" not in path.parts
            )
            if not on_disk:
                break
            path = draw.choice(on_disk)
            match draw.randrange(7):
                case 0 | 1 | 2:
                    text = edited(open_documents.get(path, (tmp_path / path).read_bytes()), pool, draw)
                    open_documents[path] = text
                    workspace.put(path, text)
                case 3:  # saved, and closed
                    if open_documents:
                        saved = draw.choice(sorted(open_documents))
                        (tmp_path / saved).write_bytes(open_documents.pop(saved))
                        workspace.take_back(saved)
                case 4 if path not in open_documents:
                    (tmp_path / path).unlink()
                    workspace.refresh()
                case 5 if path not in open_documents:
                    target = tmp_path / draw.choice(names)
                    if not target.exists() and not any(parent.is_file() for parent in target.parents):
                        target.parent.mkdir(parents=True, exist_ok=True)
                        (tmp_path / path).rename(target)
                        workspace.refresh()
                case _:
                    new = draw.choice(names)
                    target = tmp_path / new
                    if not target.exists() and not any(parent.is_file() for parent in target.parents):
                        lay_out(tmp_path, {new: draw.choice(pool)})
                        workspace.refresh()
        found = workspace.scan()
        kept = {path: (tmp_path / path).read_bytes() for path in open_documents}
        lay_out(tmp_path, open_documents)
        assert report(tmp_path, found) == report(tmp_path, fresh(tmp_path))
        lay_out(tmp_path, kept)


def test_a_document_that_is_not_on_disk_yet_is_scanned(tmp_path: Path) -> None:
    lay_out(tmp_path, {"package.json": b"{}"})
    workspace = Workspace((tmp_path,), Config(), RULES, 1)
    assert workspace.scan().findings == ()
    path, text = "supabase/migrations/0001_notes.sql", b"create table public.notes (id int primary key, body text);\n"
    workspace.put(path, text)
    found = workspace.scan()
    assert [finding.rule for finding in found.findings] == ["table-without-rls"]
    lay_out(tmp_path, {path: text})
    assert found.findings == fresh(tmp_path).findings


def test_a_document_that_grows_too_large_is_left_out_with_a_note(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app.py": b"import os\n"})
    workspace = Workspace((tmp_path,), Config(), RULES, 1)
    assert workspace.scan().notes == ()
    workspace.put("app.py", b"#" * 1_000_001)
    (note,) = workspace.scan().notes
    assert note.message == "app.py is not read: it has 1 MB, over the limit of 1 MB"
    workspace.put("app.py", b"import os\n")
    assert workspace.scan().notes == ()


def test_only_what_changed_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, of_app("apps/moltbook"))
    workspace = Workspace((tmp_path,), Config(), RULES, 1)
    read: list[str] = []
    text = workspace.text
    monkeypatch.setattr(workspace._line, "_read", lambda path: read.append(path) or text(path))
    first = workspace.scan()
    assert set(read) >= set(of_app("apps/moltbook"))
    read.clear()
    assert structs.asdict(workspace.scan()) == structs.asdict(first)
    assert read == []
    for path in of_app("apps/moltbook"):  # an editor opens them
        workspace.put(path, workspace.text(path))
    read.clear()
    assert workspace.scan() is first
    assert read == []
    migration = next(path for path in of_app("apps/moltbook") if path.endswith(".sql"))
    workspace.put(migration, workspace.text(migration) + b"\n-- a remark\n")
    workspace.scan()
    assert set(read) == {migration}


@pytest.mark.parametrize("in_git", [False, True])
def test_a_document_that_a_check_leaves_out_is_left_out(tmp_path: Path, in_git: bool) -> None:
    key = expand("SUPABASE_SERVICE_ROLE_KEY={{jwt:service_role}}\n").encode()
    lay_out(tmp_path, {"package.json": b"{}", ".gitignore": b".env\n", ".env": key})
    if in_git:
        repository(tmp_path)
    workspace = Workspace((tmp_path,), Config(), RULES, 1)
    before = workspace.scan()
    workspace.put(".env", key + b"\n")
    assert (workspace.scan().findings, workspace.paths) == (before.findings, (".gitignore", "package.json"))


HALF_TYPED = of_app("apps/moltbook") | {
    f"more/{number}/{path}": expand(text).encode() for number, example in enumerate(EXAMPLES[::60]) for path, text in example.files
}
TYPING = sorted(path for path, data in HALF_TYPED.items() if path.endswith((".sql", ".py", ".ts", ".tsx", ".js")) and len(data) < 4000)


@settings(max_examples=12)
@given(
    path=st.sampled_from(TYPING),
    parts=st.lists(st.floats(0, 1), min_size=2, max_size=2),
    more=st.sampled_from([b"", b"'", b"(", b"/*", b"$$", b"\xf0\x9f", b"\r"]),
)
def test_half_typed_text_gives_what_a_fresh_run_gives(path: str, parts: list[float], more: bytes) -> None:
    texts = dict(HALF_TYPED)
    classes = Classes(frozenset(), frozenset())
    origins = {each: Origin(tracked=True, path_class=classes.of(each)) for each in texts}
    line = Line(texts.__getitem__, Config(), RULES, 1)
    line.run(origins, {each: len(data) for each, data in texts.items()})
    for part in parts:
        texts[path] = HALF_TYPED[path][: round(part * len(HALF_TYPED[path]))] + more
        typed = line.run(origins, {path: len(texts[path])})
        expected = scan_files(texts, RULES)
        assert (typed.findings, typed.notes, typed.project) == (expected.findings, expected.notes, expected.project)


_STATEMENTS = "create function me() returns uuid language sql as 'select null::uuid'; create table members (user_id uuid, note_id int);"


def test_a_migration_that_is_typed_key_by_key_gives_what_a_fresh_run_gives(tmp_path: Path) -> None:
    path, later = "supabase/migrations/0001_notes.sql", "supabase/migrations/0002_policies.sql"
    table = "create table notes (id int primary key, owner uuid, token text);\nalter table notes enable row level security;\n"
    policies = (
        "create policy own on notes using (owner = me());\n"
        "create policy shared on notes using (id in (select note_id from members where user_id = auth.uid()));\n"
    )
    lay_out(tmp_path, {"package.json": b"{}", "supabase/config.toml": b"", path: table.encode(), later: policies.encode()})
    workspace = Workspace((tmp_path,), Config(), RULES, 1)
    for end in range(0, len(_STATEMENTS) + 1, 2):
        typed = f"{table}{_STATEMENTS[:end]}\n".encode()
        workspace.put(path, typed)
        found = workspace.scan()
        lay_out(tmp_path, {path: typed})
        expected = fresh(tmp_path)
        assert (found.findings, found.notes, found.project) == (expected.findings, expected.notes, expected.project)


def test_a_name_that_nobody_asks_for_leaves_all_that_is_known_of_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "src/alone.ts"
    texts = {**of_app("apps/moltbook"), path: b"export const pages = 3\n"}
    classes = Classes(frozenset(), frozenset())
    origins = {each: Origin(tracked=True, path_class=classes.of(each)) for each in texts}
    line = Line(texts.__getitem__, Config(), RULES, 1)
    line.run(origins, {each: len(data) for each, data in texts.items()})
    found_anew: list[Key] = []
    keep = Memo._keep
    monkeypatch.setattr(Memo, "_keep", lambda self, key, *rest, **more: found_anew.append(key) or keep(self, key, *rest, **more))
    texts[path] += b"export function turn(page: number) { return page + 1 }\n"
    found = line.run(origins, {path: len(texts[path])})
    assert found_anew == []
    fresh_one = scan_files(texts, RULES)
    assert (found.findings, found.project) == (fresh_one.findings, fresh_one.project)
