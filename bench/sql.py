"""Reads all migrations of some apps, as batten does, as sqlglot, squawk, and splinter on a server do: MB/s of CPU and peak memory.

    python bench/sql.py [--rounds 3] [--squawk PATH] [--splinter SPLINTER_SQL] APP_DIR...

Every row is a process of its own, all take turns, medians are printed. What a process costs without any SQL (imports) is taken off before MB/s are told. Rows:
``read`` only reads the files, ``grammar`` is the bare tree-sitter parse, ``parse`` gives batten's statements ready for replay (dialect, cut, parse, encode, decode),
``replay`` also replays them to the state of the database and tells who can do what with each table, ``facts`` finds out all that rules ask of the database,
``sqlglot`` parses with errors ignored, ``squawk`` lints, ``splinter`` applies each app's migrations to a PostgreSQL of its own (that of the tests, statement by statement, in one database an
app) and asks Supabase's linter there (https://github.com/supabase/splinter, its ``splinter.sql``); its start is a server that does nothing, its memory counts shared pages once a process. Foreign dialects are left out everywhere. Garbage is collected as in the ``batten`` command.
"""

import argparse
import ctypes
import gc
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from measuring import Cost, FailedError, environment, middle, run

from batten.__main__ import GARBAGE
from batten.discover.reading import LARGEST_SQL
from batten.extract.migrations import is_migration, migration_facts
from batten.extract.packages import file_facts
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link.schema import schema
from batten.link.schema.access import AccessModel
from batten.link.schema.databases import chains, decoded
from batten.link.schema.replay import replay as replayed
from batten.link.schema.session import Session
from batten.link.schema.supabase import on_supabase
from batten.parse.postgres.tree import Tree

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of linux/prctl.h."""
SKIPPED = {"node_modules", ".git"}
Texts = Sequence[tuple[str, bytes]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="+", type=Path, metavar="APP_DIR")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--squawk", default="squawk")
    parser.add_argument("--splinter", type=Path, help="splinter.sql of a checkout")
    parser.add_argument("--only", choices=[*sorted(WAYS), "splinter"], help=argparse.SUPPRESS)
    parser.add_argument("--list", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        gc.set_threshold(*GARBAGE)
        if options.only == "splinter":
            splinter(options.splinter, options.apps, read(options.list))
        else:
            WAYS[options.only](options.apps, read(options.list))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, Path(folder))


def compare(options: argparse.Namespace, folder: Path) -> None:
    found = [path for app in options.apps for path in migrations(app.resolve())]
    full, empty = folder / "all", folder / "none"
    full.write_text("\n".join(map(str, found)))
    empty.write_text("")
    size = sum(path.stat().st_size for path in found)
    print(f"{len(found)} files, {size / 1e6:.2f} MB")
    apps = list(map(str, options.apps))
    base = [sys.executable, __file__, *apps]
    commands = {way: ([*base, "--only", way, "--list", str(full)], [*base, "--only", way, "--list", str(empty)]) for way in WAYS}
    commands["squawk"] = ([options.squawk, *map(str, found)], [options.squawk, "--version"])
    if options.splinter:
        linted = [*base, "--splinter", str(options.splinter.resolve()), "--only", "splinter", "--list"]
        commands["splinter"] = ([*linted, str(full)], [*linted, str(empty)])
    costs: dict[str, tuple[list[Cost], list[Cost]]] = {way: ([], []) for way in commands}
    setting = environment(folder)
    for _ in range(options.rounds):
        for way, (whole, start) in commands.items():
            try:
                allowed = (0, 1) if way == "squawk" else (0,)
                costs[way][1].append(run(start, allowed, setting))
                costs[way][0].append(run(whole, allowed, setting))
            except (FailedError, OSError) as error:
                print(f"{way} left out: {str(error)[-200:]}", file=sys.stderr)
    print(f"{'':10}{'CPU s':>8}{'start s':>9}{'MB/s':>8}{'memory MB':>11}{'start MB':>10}")
    for way, (whole, start) in costs.items():
        if whole:
            one, none = middle(whole), middle(start)
            speed = size / 1e6 / max(0.001, one.cpu - none.cpu)
            print(f"{way:10}{one.cpu:8.2f}{none.cpu:9.2f}{speed:8.2f}{one.memory / 1e6:11.0f}{none.memory / 1e6:10.0f}")


def migrations(app: Path) -> list[Path]:
    """All files that may build a schema of PostgreSQL."""
    found = []
    for path in sorted(app.rglob("*.sql")):
        name = path.relative_to(app).as_posix()
        if (
            not path.is_file()
            or path.is_symlink()
            or SKIPPED & set(path.parts)
            or not is_migration(name)
            or path.stat().st_size > LARGEST_SQL
        ):
            continue
        if migration_facts(name, path.read_bytes())[1] in ("postgres", "unknown"):
            found.append(path)
    return found


def read(listed: Path) -> Texts:
    return [(name, Path(name).read_bytes()) for name in listed.read_text().splitlines()]


def only_read(_apps: Sequence[Path], _texts: Texts) -> None:
    pass


def grammar(_apps: Sequence[Path], texts: Texts) -> None:
    for _, data in texts:
        Tree(data)


def parse(_apps: Sequence[Path], texts: Texts) -> None:
    for path, data in texts:
        decoded(facts(path, data))


def replay(apps: Sequence[Path], texts: Texts) -> None:
    for files, packages in read_apps(apps, texts):
        for chain in chains(files, packages, lambda _: "product"):
            session = Session(on_supabase(legacy=True))
            for file in chain.files:
                replayed(session, file.path, chain.statements(file))
            model = AccessModel(session.database)
            for table in session.database.tables():
                model.matrix(table)


def all_facts(apps: Sequence[Path], texts: Texts) -> None:
    for files, packages in read_apps(apps, texts):
        schema(files, (), packages)


def read_apps(apps: Sequence[Path], texts: Texts) -> Iterator[tuple[list[FileFacts], list[Package]]]:
    for app in apps:
        root = f"{app.resolve()}/"
        inside = [(path.removeprefix(root), data) for path, data in texts if path.startswith(root)]
        files = [facts(path, data) for path, data in inside]
        yield files, [package for path, data in inside for package in file_facts(path, data).packages]


def facts(path: str, data: bytes) -> FileFacts:
    statements, dialect, _ = migration_facts(path, data)
    return FileFacts(path=path, language=None, parsed=False, statements=statements, dialect=dialect)


def sqlglot(_apps: Sequence[Path], texts: Texts) -> None:
    import logging

    from sqlglot import ErrorLevel, parse
    from sqlglot.errors import SqlglotError

    logging.disable()
    for _, data in texts:
        try:
            parse(data.decode("utf-8", "replace"), dialect="postgres", error_level=ErrorLevel.IGNORE)
        except (SqlglotError, RecursionError):
            continue


def splinter(script: Path, apps: Sequence[Path], texts: Texts) -> None:
    """Every app in a database of its own, then the linter in it. A statement that fails is left out, as on a server."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
    import psycopg
    from postgres_server import started
    from postgres_state import HARNESS

    from batten.parse.postgres.split import pieces

    lints = re.split(r"\nunion all\b", script.read_text().partition(";")[2])
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)  # the server leaves its starter: what it costs is ours all the same
    servers = started(HARNESS)
    server = next(servers)
    try:
        for number, app in enumerate(apps):
            root = f"{app.resolve()}/"
            statements = [
                data[piece.span.start : piece.span.end].decode("utf-8", "replace").replace("\0", "")
                for path, data in texts
                if path.startswith(root)
                for piece in pieces(data)
            ]
            if not statements:
                continue
            with server.connect("root", "postgres") as admin:
                admin.execute(f"create database app{number} template base")
            with server.connect("root", f"app{number}") as connection:
                connection.execute("select harness.replayed(%s, false)", [statements])
                for lint in lints:  # one by one: a server without libxml has not what one of them asks for
                    with suppress(psycopg.errors.FeatureNotSupported), connection.transaction():
                        connection.execute("set local search_path = ''")
                        connection.execute(lint)
            with server.connect("root", "postgres") as admin:
                admin.execute(f"drop database app{number}")
    finally:
        servers.close()
        with suppress(ChildProcessError):
            while True:
                os.wait()


WAYS: dict[str, Callable[[Sequence[Path], Texts], None]] = {
    "read": only_read,
    "grammar": grammar,
    "parse": parse,
    "replay": replay,
    "facts": all_facts,
    "sqlglot": sqlglot,
}


if __name__ == "__main__":
    main()
