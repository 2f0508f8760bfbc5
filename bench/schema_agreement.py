"""Compares the database that batten reads out of migrations with what a real PostgreSQL made of them.

    python bench/schema_agreement.py ORACLE_JSON APP [ORACLE_JSON APP ...] [--differences] [--database ROOT]

``ORACLE_JSON`` is the state of a server after the migrations of ``APP``, as JSON with ``state.tables[].access[role][verb].verdict`` and
lists of views, functions, policies, buckets, triggers and publications. One line an app, and the sum; ``--differences`` shows each.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VERBS = ("select", "insert", "update", "delete")
ROLES = ("anon", "authenticated")
ORDER = {"none": 0, "rows": 1, "all": 2}
PLATFORM = ("storage", "realtime", "auth")

# The server folds conditions with an empty search path, in which functions that PostgreSQL writes into them do not find their tables: it knows nothing then.
OF_TABLES = ("policies", "triggers", "publications")
NOT_FOUND = re.compile(r'relation "\w+" does not exist')

Row = tuple[str, str, str, Any, Any]
"""Kind of thing, its name, what is compared, batten's answer, the server's."""


def facts_of(app: str) -> dict[str, Any]:
    """What ``batten facts --json`` says of an app."""
    done = subprocess.run([sys.executable, "-m", "batten", "facts", "--json", app], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def ours(facts: dict[str, Any], root: str, collection: str) -> list[dict[str, Any]]:
    """The facts of one database; tables that its server refused to make cannot be compared."""
    return [fact for fact in facts.get(collection, ()) if fact["database"] == root and not fact.get("premature")]


def root_of(facts: dict[str, Any]) -> str:
    """The database that has most tables, the Supabase project's own before others."""
    count = Counter(table["database"] for table in facts["tables"])
    if not count or "supabase" in count:
        return "supabase"
    return count.most_common(1)[0][0]


def cells(facts: dict[str, Any], state: dict[str, Any], root: str) -> Iterator[Row]:
    """Every cell of every table."""
    found = {table["name"]: table for table in ours(facts, root, "tables")}
    real = {f"{table['schema']}.{table['name']}": table for table in state["tables"] if table["schema"] not in PLATFORM}
    for name in sorted(found.keys() | real.keys()):
        if name not in found or name not in real:
            yield "tables", name, "is there", name in found, name in real
            continue
        said = {(cell["role"], cell["verb"]): cell for cell in found[name]["access"]}
        yield "rls", name, "rls", found[name]["rls"], real[name]["rls_enabled"] if found[name]["kind"] != "foreign" else None
        for role in ROLES:
            for verb in VERBS:
                truth = real[name]["access"][role][verb]
                verdict = "none" if truth["verdict"] == "unknown" else truth["verdict"]
                kind = "unjudged" if NOT_FOUND.match(truth.get("detail", "")) else "access"
                yield kind, name, f"{role} {verb}", said[role, verb]["verdict"], verdict


def functions(facts: dict[str, Any], state: dict[str, Any], root: str) -> Iterator[Row]:
    """Who may execute each function, and how it runs."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for one in ours(facts, root, "database_functions"):
        found.setdefault((one["name"], len(one["arguments"])), []).append(one)
    real: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for one in state["functions"]:
        listed = [part for part in split(one["args"]) if not part.startswith("OUT ") and not part.startswith("TABLE ")]
        real.setdefault((f"{one['schema']}.{one['name']}", len(listed)), []).append(one)
    for key in sorted(found.keys() | real.keys()):
        label = f"{key[0]}/{key[1]}"
        yield "functions", label, "overloads", len(found.get(key, ())), len(real.get(key, ()))
        if len(found.get(key, ())) == len(real.get(key, ())) == 1:
            one, other = found[key][0], real[key][0]
            execute = {cell["role"]: cell["verdict"] for cell in one["access"]}
            yield "definer", label, "definer", one["definer"], other["security_definer"]
            yield "search_path", label, "search path pinned", one["search_path"] is not None, other["search_path"] is not None
            yield "execute", label, "anon", execute["anon"] == "all", other["anon_execute"] and other["anon_schema_usage"]
            yield "public", label, "public", one["public_execute"], other["public_execute"]
            if not one["trigger"]:
                yield (
                    "callable",
                    label,
                    "callable",
                    one["anon_calls"],
                    bool(other["callable_as_rpc"] and other["anon_execute"] and other["anon_schema_usage"] and one["exposed"]),
                )


def split(arguments: str) -> list[str]:
    """The parameters in ``a integer, b numeric(1, 2)``."""
    parts, depth, last = [], 0, ""
    for letter in arguments:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            parts.append(last.strip())
            last = ""
        else:
            last += letter
    return [*parts, last.strip()] if last.strip() else parts


def views(facts: dict[str, Any], state: dict[str, Any], root: str) -> Iterator[Row]:
    """Whose rights count in each view, what it reads, and who may use it."""
    found = {view["name"]: view for view in ours(facts, root, "views")}
    real = {f"{view['schema']}.{view['name']}": view for view in state["views"]}
    for name in sorted(found.keys() | real.keys()):
        if name not in found or name not in real:
            yield "views", name, "is there", name in found, name in real
            continue
        one, other = found[name], real[name]
        yield "invoker", name, "security_invoker", one["invoker"], other["security_invoker"]
        yield "view owner", name, "owner", one["owner"], other["owner"]
        yield "reads", name, "reads", one["reads"], sorted(read for read in other["reads"] if not read.startswith("pg_"))
        said = {(cell["role"], cell["verb"]): cell for cell in one["access"]}
        for role in ROLES:
            held = other["privileges"][role]
            may = held["schema_usage"] and ("SELECT" in held["table"] or "SELECT" in held["columns"])
            yield (
                "view select",
                name,
                f"{role} select privilege",
                "lacks" not in said[role, "select"]["reason"] and "schema" not in said[role, "select"]["reason"],
                may,
            )


def others(facts: dict[str, Any], state: dict[str, Any], root: str) -> Iterator[Row]:
    """Policies, buckets, triggers, publications, event triggers, extensions."""

    def both(kind: str, found: set[Any], real: set[Any]) -> Iterator[Row]:
        for each in sorted(found | real, key=str):
            yield kind, str(each), "is there", each in found, each in real

    yield from both(
        "policies",
        {(one["table"], one["policy"], one["command"], one["permissive"]) for one in ours(facts, root, "row_policies")},
        {(f"{one['schema']}.{one['table']}", one["name"], one["cmd"].lower(), one["permissive"]) for one in state["policies"]},
    )
    yield from both(
        "buckets",
        {(one["name"], one["public"]) for one in ours(facts, root, "buckets")},
        {(one["id"], bool(one["public"])) for one in state["buckets"]},
    )
    yield from both(
        "triggers",
        {(one["table"], one["name"]) for one in ours(facts, root, "triggers")},
        {(f"{one['schema']}.{one['table']}", one["name"]) for one in state["triggers"] if one["name"] != "update_objects_updated_at"},
    )
    yield from both(
        "publications",
        {(one["publication"], one["table"]) for one in ours(facts, root, "publications")},
        {(one["pubname"], one["table"]) for one in state["publications"]},
    )
    yield from both(
        "event triggers",
        {one["name"] for one in ours(facts, root, "event_triggers")},
        {one["name"] for one in state["event_triggers"]},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="ORACLE_JSON APP")
    parser.add_argument("--differences", action="store_true", help="show every difference")
    parser.add_argument("--database", help="the root of the database to compare")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    for path, app in zip(options.pairs[::2], options.pairs[1::2], strict=True):
        state = json.loads(Path(path).read_text())["state"]
        facts = facts_of(app)
        root = options.database if options.database is not None else root_of(facts)
        count: Counter[str] = Counter()
        shown = []
        real = {f"{table['schema']}.{table['name']}" for table in state["tables"]}
        missing = {fact["name"] for fact in facts["tables"] if fact["database"] == root} - real
        for kind, name, what, said, truth in (row for read in (cells, functions, views, others) for row in read(facts, state, root)):
            if kind == "unjudged":
                count[kind] += 1
                continue
            group = "access" if kind == "access" else "other"
            # What belongs to a table that the server never made differs with it.
            if kind in OF_TABLES and said != truth and any(f"'{table}'" in name for table in missing):
                count["of tables that are not there"] += 1
                continue
            if said == truth:
                count[f"{group} equal"] += 1
                continue
            told = "untold" if said is None else "different"
            count[f"{group} {told}"] += 1
            if kind == "access" and said is not None and ORDER[said] < ORDER[truth]:
                count["access safer"] += 1
            shown.append(f"    {kind:12} {name} {what}: batten {said}, server {truth}")
        print(f"{Path(app).name:44} {numbers(count)}", flush=True)
        if options.differences:
            print("\n".join(shown), flush=True)
        total += count
    print(f"{'all':44} {numbers(total)}")


def numbers(count: Counter[str]) -> str:
    """The counts of one app, in one order."""
    cells_seen = sum(count[f"access {word}"] for word in ("equal", "different", "untold"))
    share = f"{100 * count['access equal'] / cells_seen:.2f} %" if cells_seen else "-"
    return (
        f"cells {cells_seen:5} equal {count['access equal']:5} ({share}) different {count['access different']:4} (safer {count['access safer']:3}) "
        f"untold {count['access untold']:3} | rest equal {count['other equal']:5} different {count['other different']:4} untold {count['other untold']:3}"
        f" | not judged by the server {count['unjudged']:3}, of tables it lacks {count['of tables that are not there']:3}"
    )


if __name__ == "__main__":
    main()
