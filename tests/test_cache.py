"""What runs remember changes how long they take, and nothing that they say; and it may be lost, damaged or shared at any time."""

import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path

import pytest
from changing_apps import APPS, EXAMPLES, RULES, edited, fresh, lay_out, of_app, report, repository
from msgspec import structs

from batten import cache as module
from batten import memory
from batten.cache import Cache
from batten.config import Config
from batten.scan import Scan
from batten.testing_keys import expand
from batten.workspace import Workspace

OPEN = b"create table public.notes (id int primary key, body text);\n"
MIGRATION = "supabase/migrations/0001_notes.sql"


def key(number: int) -> bytes:
    return blake2b(str(number).encode(), digest_size=16).digest()


def warm(folder: Path, kept: Path, jobs: int = 1) -> Scan:
    """What a process that has just been started finds."""
    return Workspace((folder,), Config(), RULES, jobs, kept).scan()


def settled() -> None:
    """Wait until a file that is written to from now on gets other dates than one that was before."""
    time.sleep(0.06)


# ── a run that remembers says what one says that does not ──


@pytest.mark.parametrize("in_git", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_a_run_that_remembers_says_what_one_says_that_does_not(tmp_path: Path, seed: int, in_git: bool) -> None:
    draw = random.Random(seed)
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, of_app(draw.choice(sorted(APPS))))
    pool = [expand(text).encode() for example in draw.sample(EXAMPLES, 20) for _, text in example.files]
    names = [path for example in draw.sample(EXAMPLES, 20) for path, _ in example.files]
    if in_git:
        repository(app)
    for _ in range(8):
        assert report(app, warm(app, kept)) == report(app, fresh(app))
        assert report(app, warm(app, kept)) == report(app, fresh(app))
        for _ in range(draw.randint(1, 3)):
            paths = sorted(path for path in app.rglob("*") if path.is_file() and ".git" not in path.parts)
            target = app / draw.choice(names)
            free = not target.exists() and not any(parent.is_file() for parent in target.parents)
            if not paths:
                break
            path = draw.choice(paths)
            match draw.randrange(6):
                case 0 | 1 | 2:
                    path.write_bytes(edited(path.read_bytes(), pool, draw))
                case 3:
                    path.unlink()
                case 4 if free:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.rename(target)
                case 5 if free:
                    lay_out(app, {target.relative_to(app).as_posix(): draw.choice(pool)})
    assert report(app, warm(app, kept)) == report(app, fresh(app))


def test_exactly_what_has_changed_is_read(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, of_app("apps/moltbook"))
    settled()
    every = warm(app, kept).read
    assert set(every) == set(of_app("apps/moltbook"))
    assert warm(app, kept).read == ()
    changed = next(path for path in every if path.endswith(".tsx"))
    (app / changed).write_bytes((app / changed).read_bytes() + b"\n")
    lay_out(app, {"lib/new.ts": b"export const one = 1;\n"})
    assert warm(app, kept).read == tuple(sorted((changed, "lib/new.ts")))
    (app / "lib/new.ts").unlink()
    assert warm(app, kept).read == ()
    (app / changed).rename(app / "src/Elsewhere.tsx")  # what it says of itself holds where it was
    assert warm(app, kept).read == ("src/Elsewhere.tsx",)


def test_nothing_is_even_opened_where_no_date_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, {MIGRATION: OPEN, "package.json": b"{}", "src/App.tsx": b"export const App = 1;\n"})
    settled()
    warm(app, kept)
    opened: list[str] = []
    text = Workspace.text
    monkeypatch.setattr(Workspace, "text", lambda self, path: opened.append(path) or text(self, path))
    warm(app, kept)
    assert opened == []
    os.utime(app / "package.json")
    warm(app, kept)
    assert opened == ["package.json"]


def test_a_file_with_the_same_size_and_an_old_date_is_read_again(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, {MIGRATION: OPEN})
    dates = (app / MIGRATION).stat()
    settled()
    assert [finding.rule for finding in warm(app, kept).findings] == ["table-without-rls"]
    (app / MIGRATION).write_bytes(OPEN.replace(b"public.notes", b"hidden.notes"))
    os.utime(app / MIGRATION, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    assert warm(app, kept).findings == ()


def test_who_edits_after_an_answer_from_memory_gets_what_a_fresh_run_gives(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, {MIGRATION: OPEN, "app.py": b"import os\n"})
    warm(app, kept)
    workspace = Workspace((app,), Config(), RULES, 1, kept)
    assert [finding.rule for finding in workspace.scan().findings] == ["table-without-rls"]
    locked = OPEN + b"alter table public.notes enable row level security;\n"
    workspace.put(MIGRATION, locked)
    assert "table-without-rls" not in {finding.rule for finding in workspace.scan().findings}
    workspace.take_back(MIGRATION)
    assert [finding.rule for finding in workspace.scan().findings] == ["table-without-rls"]
    workspace.put(MIGRATION, locked)
    workspace.scan()
    # What was typed and never saved is not what the next one sees.
    assert [finding.rule for finding in warm(app, kept).findings] == ["table-without-rls"]


def test_a_document_that_is_opened_costs_no_look_at_the_others(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, {MIGRATION: OPEN, "app.py": b"import os\n"})
    settled()
    warm(app, kept)
    workspace = Workspace((app,), Config(), RULES, 1, kept)
    remembered = workspace.scan()
    workspace.put(MIGRATION, OPEN)
    assert (workspace.scan() is remembered, workspace.is_ready) == (True, False)
    (app / MIGRATION).write_bytes(OPEN.replace(b"notes", b"books"))
    workspace.refresh()
    assert workspace.scan().findings == remembered.findings  # the document counts, and not the file
    workspace.take_back(MIGRATION)
    assert workspace.scan().findings == fresh(app).findings
    workspace.put(MIGRATION, OPEN)  # which is no longer what the file says
    assert workspace.scan().findings == remembered.findings


def test_other_rules_get_an_answer_of_their_own(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, {MIGRATION: OPEN})
    warm(app, kept)
    assert Workspace((app,), Config(), RULES.select((), ("supabase",)), 1, kept).scan().findings == ()
    assert Workspace((app,), Config(), structs.replace(RULES, digest="other"), 1, kept).scan().project == fresh(app).project


# ── the file ──


def test_what_is_kept_is_found_and_nothing_else(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "kept")
    assert cache.load([key(1)]) == {}
    cache.store({key(number): str(number).encode() for number in range(1200)})
    cache.store({key(3): b"three"})
    assert cache.load([key(3), key(1199), key(1200)]) == {key(3): b"three", key(1199): b"1199"}
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "kept" / "facts.db").stat().st_mode & 0o777 == 0o600
    half_alike = key(3)[:8] + key(4)[8:]
    assert cache.load([half_alike]) == {}


def damages(data: bytes) -> Iterator[bytes]:
    draw = random.Random(7)
    yield b""
    yield b"not a database"
    yield data[: len(data) // 2]
    yield draw.randbytes(len(data))
    for _ in range(12):
        at = draw.randrange(len(data))
        yield data[:at] + draw.randbytes(200) + data[at + 200 :]


def test_a_damaged_file_is_started_over(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, of_app("apps/moltbook"))
    expected = report(app, fresh(app))
    warm(app, kept)
    whole = (kept / "facts.db").read_bytes()
    for damaged in damages(whole):
        (kept / "facts.db").write_bytes(damaged)
        assert report(app, warm(app, kept)) == expected
        warm(app, kept)
        assert report(app, warm(app, kept)) == expected
    (kept / "facts.db").write_bytes(b"not a database")
    warm(app, kept)
    warm(app, kept)
    assert warm(app, kept).read == ()


def test_facts_of_another_shape_are_not_taken_for_facts(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, {MIGRATION: OPEN})
    warm(app, kept)
    with sqlite3.connect(kept / "facts.db") as connection:
        for number, data in connection.execute("select id, data from kept1").fetchall():
            connection.execute("update kept1 set data = ? where id = ?", (data[:8] + zlib.compress(b"\x93\x01\x02\x03"), number))
    assert report(app, warm(app, kept)) == report(app, fresh(app))


def hammer(folder: Path, number: int) -> None:
    cache = Cache(folder)
    for turn in range(15):
        cache.store({key(1000 * number + each): f"{number} {each}".encode() for each in range(turn, turn + 50)})
        found = cache.load(key(1000 * other + each) for other in range(4) for each in range(70))
        values = {key(1000 * other + each): f"{other} {each}".encode() for other in range(4) for each in range(70)}
        if any(values[name] != data for name, data in found.items()):
            os._exit(1)


def test_several_processes_use_it_at_once(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    processes = [get_context("fork").Process(target=hammer, args=(kept, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    found = Cache(kept).load(key(1000 * number + each) for number in range(4) for each in range(64))
    assert len(found) == 4 * 64


def test_where_it_cannot_be_written_nothing_is_kept(tmp_path: Path) -> None:
    app = tmp_path / "app"
    lay_out(app, {MIGRATION: OPEN})
    (tmp_path / "file").write_bytes(b"")
    assert report(app, warm(app, tmp_path / "file")) == report(app, fresh(app))
    assert report(app, warm(app, tmp_path / "file" / "inner")) == report(app, fresh(app))


def test_a_full_disk_costs_nothing_but_time(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, of_app("apps/moltbook"))
    command = [sys.executable, "-m", "batten", "check", "--output-format", "json", "--cache-dir", str(kept), str(app)]
    environment = {name: value for name, value in os.environ.items() if name != "BATTEN_NO_CACHE"}

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    free = subprocess.run([*command, "--no-cache"], env=environment, capture_output=True, check=False)
    assert not kept.exists()
    scarce = subprocess.run(command, env=environment, capture_output=True, check=False, preexec_fn=full)
    assert (scarce.returncode, scarce.stderr) == (free.returncode, free.stderr)
    assert scarce.stdout.split(b'"findings"')[1] == free.stdout.split(b'"findings"')[1]


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "kept", most=100_000)
    draw = random.Random(1)

    class Day:
        now = 700_000

        @classmethod
        def today(cls) -> "Day":
            return cls()

        def toordinal(self) -> int:
            return self.now

    monkeypatch.setattr(module, "date", Day)
    for number in range(40):
        Day.now += 1
        cache.store({key(number): draw.randbytes(10_000)})
        cache.load([key(0)])
    left = set(cache.load(map(key, range(40))))
    assert left >= {key(39), key(38)}
    assert len(left) < 11
    assert (tmp_path / "kept" / "facts.db").stat().st_size < 150_000
    Day.now += 31
    cache.store({key(99): b"new"})
    assert set(cache.load(map(key, range(100)))) == {key(99)}


# ── what is in it ──


def test_no_key_of_the_app_is_in_it(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    files = {f"{number}/{path}": expand(text).encode() for number, example in enumerate(EXAMPLES) for path, text in example.files}
    lay_out(app, files)
    keys = {
        word
        for number, example in enumerate(EXAMPLES)
        for path, text in example.files
        for word in secret_words(text, files[f"{number}/{path}"].decode())
    }
    assert len(keys) > 50
    warm(app, kept)
    with sqlite3.connect(kept / "facts.db") as connection:
        everything = b"\n".join(zlib.decompress(data[8:]) for (data,) in connection.execute("select data from kept1"))
    assert [name for name in keys if name.encode() in everything] == []


def secret_words(text: str, expanded: str) -> Iterator[str]:
    """What placeholders of a text became."""
    parts = [part for piece in text.split("{{key:") for part in piece.split("{{jwt:")]
    at = len(parts[0])
    for part in parts[1:]:
        rest = part.partition("}}")[2]
        end = expanded.find(rest, at) if rest else len(expanded)
        yield expanded[at:end]
        at = end + len(rest)


# ── the command line ──


def batten(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "BATTEN_NO_CACHE"} | environment
    return subprocess.run([sys.executable, "-m", "batten", *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_command_line_says_what_it_has_read_and_forgets_when_asked(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, {MIGRATION: OPEN, "app.py": b"import os\n"})
    settled()
    first = batten("check", "-v", folder=app, XDG_CACHE_HOME=str(kept))
    again = batten("check", "-v", folder=app, XDG_CACHE_HOME=str(kept))
    place = kept / "batten"
    assert [line for line in first.stderr.splitlines() if line.startswith("cache")] == [f"cache: {place}, 2 of 2 files read"]
    assert [line for line in again.stderr.splitlines() if line.startswith("cache")] == [f"cache: {place}, 0 of 2 files read"]
    none = batten("check", "-v", "--no-cache", folder=app, XDG_CACHE_HOME=str(kept))
    assert [line for line in none.stderr.splitlines() if line.startswith("cache")] == ["cache: none, 2 of 2 files read"]
    cleaned = batten("clean", folder=app, XDG_CACHE_HOME=str(kept))
    assert (cleaned.returncode, cleaned.stdout.endswith(f"MB deleted in {place}\n")) == (0, True)
    assert not place.exists()
    assert batten("clean", folder=app, XDG_CACHE_HOME=str(kept)).stdout == f"nothing is kept in {place}\n"


def test_a_cache_that_the_scanned_app_could_bring_along_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN})
    refused = batten("check", "--cache-dir", "kept", folder=tmp_path)
    assert (refused.returncode, refused.stderr.splitlines()[0]) == (2, "error: the cache can't be in the scanned folder: kept")
    # The home folder itself is scanned: then nothing is kept.
    silent = batten("check", "-v", folder=tmp_path, XDG_CACHE_HOME=str(tmp_path / "home"))
    assert "cache: none, 1 of 1 files read" in silent.stderr
    assert not (tmp_path / "home").exists()


def test_dates_are_believed_only_once_they_are_old(monkeypatch: pytest.MonkeyPatch) -> None:
    second = 1_000_000_000
    fine = 5 * second + 123
    assert not memory._is_settled((1, fine, fine, 7), fine + 1_000_000)
    assert memory._is_settled((1, fine, fine, 7), fine + 100_000_000)
    # Whole seconds alone: a file system that counts no finer.
    assert not memory._is_settled((1, 5 * second, 5 * second, 7), 6 * second)
    assert memory._is_settled((1, 5 * second, 5 * second, 7), 8 * second)
    assert not memory._is_settled((1, 9 * second, 5 * second, 7), 6 * second)


def test_what_would_tell_a_key_is_not_remembered(tmp_path: Path) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    page = expand("<script src='https://maps.example.com/api.js?key={{key:google-api}}'></script>\n")
    lay_out(app, {"index.html": page.encode(), "app.py": b"import os\n"})
    settled()
    warm(app, kept)
    (app / "app.py").write_bytes(b"import sys\n")
    assert warm(app, kept).read == ("app.py", "index.html")
