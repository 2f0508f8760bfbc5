"""What fixes come to on apps: for each remedy how often it is offered, how often what it writes holds outside batten, and whether a test attacks it.

    python bench/remedies.py [--server] [--types] [--patches FOLDER] [--keep FILE] [--only RULE_OR_REMEDY] [--all] APP_DIR...

Apps are read and never changed. Of each, all findings that are shown unasked (with ``--all``: all there are) are fixed in memory, one fix on top of the other, as ``batten fix --unsafe`` does. Held against what batten has no part in:
the patch is one that ``git apply`` takes and gives these files; Python compiles, JSON, YAML and TOML load, scripts parse, where they did before; ``--server`` runs the migrations of the app on a
PostgreSQL of its own (that of the tests) and then those of the fixes, statement by statement; ``--types`` asks mypy for errors of patched files that were not there before.
``--patches`` leaves a patch for each app in a folder, with what was said of it, for people to read (whatever is wrong with the app is in it). ``--keep`` writes down what came of each app as it
is done: apps that the file has are not run again, and count. The last column names the test that attacks what the remedy mends, or says why there is none.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from batten.config import Config
from batten.extract.code import unit_of
from batten.extract.file import Reader, merged
from batten.extract.migrations import is_migration
from batten.extract.secrets.providers import from_document
from batten.finding import Fix, Safety
from batten.fix import Change, Fixer, last_first
from batten.link.schema.databases import Chain, chains
from batten.parse.postgres.split import pieces
from batten.remedies import NAMES
from batten.report import patch
from batten.report.run import rank
from batten.rules import registry
from batten.scan import SECRETS
from batten.workspace import Workspace

SUPPORT = Path(__file__).parents[1] / "tests" / "support"
SCRIPTS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".astro")
SHAPES = re.compile(rb"\b(geometry|geography)\s*\([^()]*\)", re.IGNORECASE)
# What extensions of Supabase bring that migrations lean on: enough for tables and functions to come into being.
EXTENSIONS = """
create function extensions.uuid_generate_v4() returns uuid language sql as $$ select gen_random_uuid() $$;
create function extensions.gen_random_bytes(integer) returns bytea language sql as $$ select sha256(gen_random_uuid()::text::bytea) $$;
create function extensions.crypt(text, text) returns text language sql as $$ select md5($1 || $2) $$;
create function extensions.gen_salt(text) returns text language sql as $$ select md5(gen_random_uuid()::text) $$;
create function extensions.digest(text, text) returns bytea language sql immutable as $$ select sha256($1::bytea) $$;
create type extensions.vector;
create function extensions.vector_in(cstring, oid, integer) returns extensions.vector language internal immutable strict as 'varcharin';
create function extensions.vector_out(extensions.vector) returns cstring language internal immutable strict as 'varcharout';
create function extensions.vector_typmod(cstring[]) returns integer language internal immutable strict as 'varchartypmodin';
create type extensions.vector (input = extensions.vector_in, output = extensions.vector_out, typmod_in = extensions.vector_typmod, like = text);
create type extensions.geometry;
create function extensions.geometry_in(cstring) returns extensions.geometry language internal immutable strict as 'textin';
create function extensions.geometry_out(extensions.geometry) returns cstring language internal immutable strict as 'textout';
create type extensions.geometry (input = extensions.geometry_in, output = extensions.geometry_out, like = text);
create type extensions.geography;
create function extensions.geography_in(cstring) returns extensions.geography language internal immutable strict as 'textin';
create function extensions.geography_out(extensions.geography) returns cstring language internal immutable strict as 'textout';
create type extensions.geography (input = extensions.geography_in, output = extensions.geography_out, like = text);
grant usage on schema extensions to public;
alter database base set search_path = "$user", public, extensions;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="+", type=Path, metavar="APP_DIR")
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--types", action="store_true")
    parser.add_argument("--patches", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(SUPPORT))
    kept = (
        {each["app"]: each for each in map(json.loads, options.keep.read_text().splitlines())}
        if options.keep and options.keep.exists()
        else {}
    )
    with ExitStack() as stack:
        server = stack.enter_context(databases()) if options.server else None
        for app in options.apps:
            if str(app) in kept:
                continue
            started = time.process_time()
            fixed = Fixed(app, options.only, whole=options.all)
            torn = fixed.torn(server, types=options.types)
            kept[str(app)] = fixed.counted(torn)
            told = ", ".join(f"{count} {name}" for name, count in sorted(fixed.ends.items()))
            print(f"{app.name}: {len(fixed.fixes)} fixes ({told}), {time.process_time() - started:.0f} s", file=sys.stderr, flush=True)
            for path, why in torn:
                print(f"  {path}: {why}", file=sys.stderr, flush=True)
            if options.patches:
                fixed.leave(options.patches)
            if options.keep:
                with options.keep.open("a") as stream:
                    stream.write(json.dumps(kept[str(app)]) + "\n")
    tell(list(kept.values()))


class Fixed:
    """One app and all that was fixed of it."""

    def __init__(self, app: Path, only: str, *, whole: bool = False) -> None:
        self.app = app
        self.fixes: list[tuple[str, str, Fix]] = []
        """The rule and the remedy of each."""
        self.without: list[tuple[str, str]] = []
        self.ends: Counter[str] = Counter()
        self.workspace = Workspace((app,), Config(), RULES, 1)
        fixer = Fixer(self.workspace, datetime.now(UTC))
        shown = [
            each
            for each in fixer.findings
            if (whole or Config().shows(each.severity, each.confidence)) and only in ("", each.rule, each.remedy)
        ]
        for finding in last_first(sorted(shown, key=rank)):
            proposal = fixer.propose(finding, keep=lambda _: True)
            if proposal.fix is not None:
                self.fixes.append((finding.rule, finding.remedy or "", proposal.fix))
                self.ends["fixed"] += 1
            elif proposal.gone:
                self.ends["closed by another"] += 1
            else:
                self.ends["did not hold" if proposal.tried else "outline" if proposal.outline else "no fix"] += 1
                self.without.append((finding.rule, finding.message))
        self.changes = fixer.changes()

    def torn(self, server: Any, *, types: bool) -> list[tuple[str, str]]:
        """Of files whose fixes do not hold outside: the path, and why."""
        found = [(change.path, why) for change in self.changes if (why := broken(change))]
        found += self._unpatched()
        if types:
            found += untyped(self.app, self.changes)
        if server is not None:
            found += self._refused(server)
        return found

    def owners(self, path: str, statement: str = "") -> list[str]:
        """The remedies that wrote to a file; of a migration that several did, the first one that brought the statement."""
        wrote = [(remedy, edit.text) for _, remedy, fix in self.fixes for edit in fix.edits if edit.path == path]
        named = [remedy for remedy, text in wrote if statement and statement in text]
        return named[:1] or [remedy for remedy, _ in wrote]

    def counted(self, torn: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What came of it, in words of JSON: by remedy the fixes of each safety, and how many hold outside."""
        lost: Counter[str] = Counter()
        for path, why in torn:
            lost.update(self.owners(path, why.split("\n      ")[0]))
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for _, remedy, fix in self.fixes:
            counts[remedy].update((fix.safety.value,))
        for remedy, count in counts.items():
            count["held"] = max(0, count.total() - lost[remedy])
        migrations = [change.path for change in self.changes if change.path.endswith(".sql")]
        whole = len(migrations) - len({path for path, _ in torn} & {*migrations})
        return {"app": str(self.app), "remedies": counts, "ends": self.ends, "migrations": len(migrations), "whole": whole}

    def leave(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{self.app.name}.patch").open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            for rule, remedy, fix in self.fixes:
                stream.write(f"# {rule} -> {remedy} [{fix.safety.value}] {fix.title}\n")
                stream.writelines(f"#     {step.place.path}: {step.note}\n" for step in (*fix.left, *fix.stops))
            stream.writelines(f"# NOT FIXED {rule}: {message}\n" for rule, message in self.without)
            patch.write(self.changes, stream)

    def _unpatched(self) -> Iterator[tuple[str, str]]:
        """Files that git does not make of the patch."""
        text = StringIO()
        patch.write(self.changes, text)
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            subprocess.run(["git", "init", "-q", folder], check=True)
            for change in self.changes:
                if change.before is not None:
                    (folder / change.path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / change.path).write_bytes(change.before)
            taken = text.getvalue().encode("utf-8", "surrogateescape")
            if taken:
                done = subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=folder, input=taken, stderr=subprocess.PIPE, check=False)
                if done.returncode:
                    yield from ((change.path, f"git apply: {done.stderr.decode()[:200]}") for change in self.changes)
                    return
            for change in self.changes:
                if (folder / change.path).read_bytes() != change.after:
                    yield change.path, "git apply gives another text"

    def _refused(self, server: Any) -> Iterator[tuple[str, str]]:
        """Statements of fixes that a server does not take after the migrations of the app."""
        new = {change.path: change.after for change in self.changes if change.path.endswith(".sql")}
        if not new:
            return
        for number, chain in enumerate(self._chains()):
            lead = f"{chain.root}/" if chain.root else ""
            mine = {path: text for path, text in new.items() if path.startswith(lead)}
            before = [self.workspace.root / file.path for file in chain.files if file.path.endswith(".sql") and file.path not in new]
            if mine and before:
                for path in mine:
                    del new[path]
                with server(f"app{number}") as connection:
                    lost = [run(connection, SHAPES.sub(rb"\1", path.read_bytes())) for path in before]
                    count = sum(map(len, lost))
                    if count:
                        print(f"  {chain.root or '.'}: {count} statements of the app's own fail", file=sys.stderr)
                    for path, text in mine.items():
                        yield from ((path, f"{statement}\n      {why}") for statement, why in run(connection, text))
        for path in new:
            yield path, "belongs to no migrations in SQL"

    def _chains(self) -> list[Chain]:
        """The databases whose migrations are SQL, the innermost folder first."""
        reader = Reader(RULES.vocabulary, from_document(RULES.documents[SECRETS]))
        files = []
        for path in self.workspace.paths:
            if path.endswith((".sql", ".json", ".prisma", ".toml")):
                with suppress(OSError):
                    data = (self.workspace.root / path).read_bytes()
                    found = reader.look(path, data)
                    files.append(merged(found, reader.migration(path, data)) if path.endswith(".sql") and is_migration(path) else found)
        packages = [package for file in files for package in file.packages]
        return sorted(chains(files, packages, lambda _: "product"), key=lambda chain: -len(chain.root))


def broken(change: Change) -> str | None:
    """Why a file can't be read any more that could be read before."""
    path = change.path
    for ending, readable in READERS.items():
        if path.endswith(ending):
            was = change.before is None or readable(path, change.before)
            return "can't be read any more" if was and not readable(path, change.after) else None
    return None


def _compiles(path: str, data: bytes) -> bool:
    try:
        compile(data, path, "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _loads(path: str, data: bytes) -> bool:
    try:
        {"json": json.loads, "toml": lambda text: tomllib.loads(text.decode()), "yml": yaml.compose, "yaml": yaml.compose}[
            path.rpartition(".")[2]
        ](data)
    except (ValueError, yaml.YAMLError):
        return False
    return True


def _parses(path: str, data: bytes) -> bool:
    return unit_of(path, data).broken == ()


READERS = {".py": _compiles, **dict.fromkeys(SCRIPTS, _parses), **dict.fromkeys((".json", ".toml", ".yml", ".yaml"), _loads)}


def untyped(app: Path, changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Errors of mypy in patched files that were not there before."""
    changed = [change for change in changes if change.path.endswith(".py")]
    if not changed:
        return
    told = []
    for which in ("before", "after"):
        with tempfile.TemporaryDirectory() as place:
            for change in changed:
                (Path(place) / change.path).parent.mkdir(parents=True, exist_ok=True)
                (Path(place) / change.path).write_bytes(getattr(change, which) or b"")
            told.append(Counter(type_errors(Path(place), [change.path for change in changed])))
    yield from (told[1] - told[0]).elements()


def type_errors(folder: Path, paths: Sequence[str]) -> list[tuple[str, str]]:
    """What mypy has to say of files, each alone, without lines."""
    found = []
    options = [
        "--ignore-missing-imports",
        "--follow-imports=silent",
        "--check-untyped-defs",
        "--no-incremental",
        "--cache-dir",
        "/dev/null",
    ]
    for path in paths:
        done = subprocess.run([sys.executable, "-m", "mypy", *options, path], cwd=folder, capture_output=True, text=True, check=False)
        found += [(path, re.sub(r"^.*?: (?=error)", "", line)) for line in done.stdout.splitlines() if ": error:" in line]
    return found


@contextmanager
def databases() -> Iterator[Any]:
    """Gives a connection to a new database, by its name."""
    from postgres_server import started

    servers = started(EXTENSIONS)
    server = next(servers)

    @contextmanager
    def fresh(name: str) -> Iterator[Any]:
        with server.connect("root", "postgres") as admin:
            admin.execute(f"create database {name} template base")
            admin.execute(f'alter database {name} set search_path = "$user", public, extensions')
        try:
            with server.connect("root", name) as connection:
                connection.execute("set check_function_bodies = off")
                yield connection
        finally:
            with server.connect("root", "postgres") as admin:
                admin.execute(f"drop database {name} with (force)")

    try:
        yield fresh
    finally:
        servers.close()


def run(connection: Any, text: bytes) -> list[tuple[str, str]]:
    """Runs the statements of a file one by one, as ``postgres`` and where that is refused as superuser; those that fail, and why."""
    import psycopg

    failed = []
    for piece in pieces(text):
        statement = text[piece.span.start : piece.span.end].decode("utf-8", "replace").replace("\0", "")
        for role in ("postgres", "root"):
            try:
                with connection.transaction():
                    connection.execute(f"set session authorization {role}")
                    connection.execute(statement, prepare=False)
            except psycopg.Error as error:
                why = str(error).splitlines()[0]
                if role == "root" or not isinstance(error, psycopg.errors.InsufficientPrivilege):
                    failed.append((statement, why))
                    break
            else:
                break
            finally:
                with suppress(psycopg.Error):
                    connection.execute("reset session authorization")
    return failed


def tell(apps: Sequence[dict[str, Any]]) -> None:
    """The table of all apps."""
    from attacked import ATTACKED, NOT_ATTACKED

    print("| remedy | safe | unsafe | apps | applied | attacked by a test |\n|---|---|---|---|---|---|")
    offered = held = 0
    for remedy in sorted(NAMES):
        rows = [each["remedies"][remedy] for each in apps if remedy in each["remedies"]]
        safe, unsafe, whole = (sum(row.get(what, 0) for row in rows) for what in (Safety.SAFE.value, Safety.UNSAFE.value, "held"))
        offered, held = offered + safe + unsafe, held + whole
        attack = ATTACKED[remedy].partition("::")[2] if remedy in ATTACKED else f"no: {NOT_ATTACKED[remedy]}"
        print(f"| {remedy} | {safe} | {unsafe} | {len(rows)} | {whole} of {safe + unsafe} | {attack} |")
    ends: Counter[str] = Counter()
    for each in apps:
        ends.update(each["ends"])
    migrations, runs = (sum(each[what] for each in apps) for what in ("migrations", "whole"))
    print(f"\n{len(apps)} apps; {held} of {offered} fixes hold outside; findings: {dict(ends)}")
    print(f"{runs} of {migrations} migrations ran whole")


RULES = registry.load(with_plugins=False)

if __name__ == "__main__":
    main()
