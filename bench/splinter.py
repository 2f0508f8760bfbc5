"""Compares what Supabase's own linter finds in a real database with what batten's facts say of the same migrations.

    python bench/splinter.py ORACLE_JSON APP [ORACLE_JSON APP ...] [--differences]

``ORACLE_JSON`` is the state of a server after the migrations of ``APP``, with ``lints``: the rows of https://github.com/supabase/splinter there. Each lint is
asked of the facts in the linter's own terms (not in those of a rule, which know more), and its rows are compared by the object they are about.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from schema_agreement import facts_of, ours, root_of

Facts = Callable[[str], list[dict[str, Any]]]
_CALLS = ("auth.uid()", "auth.jwt()", "auth.role()", "auth.email()")
SYSTEM = (
    "auth.",
    "cron.",
    "extensions.",
    "graphql.",
    "graphql_public.",
    "net.",
    "pgmq.",
    "realtime.",
    "storage.",
    "supabase_functions.",
    "vault.",
)
_PRIVATE = frozenset(
    [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "secret_key",
        "private_key",
        "api_key",
        "apikey",
        "auth_key",
        "token",
        "jwt",
        "access_token",
        "refresh_token",
        "oauth_token",
        "session_token",
        "bearer_token",
        "auth_code",
        "session_id",
        "session_key",
        "session_secret",
        "recovery_code",
        "backup_code",
        "verification_code",
        "otp",
        "two_factor",
        "2fa_secret",
        "2fa_code",
        "ssn",
        "social_security",
        "social_security_number",
        "driver_license",
        "drivers_license",
        "license_number",
        "passport_number",
        "passport_id",
        "national_id",
        "tax_id",
        "credit_card",
        "card_number",
        "cvv",
        "cvc",
        "cvn",
        "bank_account",
        "account_number",
        "routing_number",
        "iban",
        "swift_code",
        "bic",
        "health_record",
        "medical_record",
        "patient_id",
        "insurance_number",
        "health_insurance",
        "medical_insurance",
        "treatment",
        "mac_address",
        "macaddr",
        "imei",
        "device_uuid",
        "pgp_key",
        "gpg_key",
        "ssh_key",
        "certificate",
        "license_key",
        "activation_key",
        "facial_recognition",
    ]
)
"""The names of columns that the linter takes for private: https://supabase.com/docs/guides/database/database-linter?lint=0023_sensitive_columns_exposed."""
_TRUE = ("true", "(true)", "1=1", "(1=1)")


def may_select(fact: dict[str, Any], *roles: str) -> bool:
    """Whether a role holds SELECT on the whole of something."""
    cells = [cell for cell in fact["access"] if cell["verb"] == "select" and cell["role"] in roles]
    return any(not cell["columns"] and "lacks" not in cell["reason"] and "may not use" not in cell["reason"] for cell in cells)


def may_see(fact: dict[str, Any], role: str) -> bool:
    """Whether a role holds SELECT on a column at least."""
    cells = [cell for cell in fact["access"] if cell["verb"] == "select" and cell["role"] == role]
    return any("lacks" not in cell["reason"] and "may not use" not in cell["reason"] for cell in cells)


def bare(text: str | None) -> bool:
    """Whether a condition calls who asks once a row."""
    said = re.sub(r"\s+", " ", (text or "").lower()).replace("( ", "(").replace('"', "")
    found = any(call in said and f"select {call}" not in said for call in _CALLS)
    return found or ("current_setting(" in said and "select current_setting(" not in said)


def always(policy: dict[str, Any]) -> bool:
    """What the linter takes for a policy that opens changes: also clauses that are missing, with which PostgreSQL lets nothing through."""
    using, check = (None if policy[part] is None else re.sub(r"\s", "", policy[part].lower()) for part in ("using_text", "check_text"))
    command = policy["command"]
    if not policy["permissive"] or not (policy["for_anon"] or policy["for_authenticated"]) or command == "select":
        return False
    opens = command in ("update", "delete", "all") and (using is None or using in _TRUE)
    return opens or check in _TRUE or (check is None and command == "insert")


def rows(facts: Facts) -> Iterator[tuple[str, str]]:
    """The lint and the object of every row that there would be."""
    tables, views, policies = facts("tables"), facts("views"), facts("row_policies")
    served = {schema["name"] for schema in facts("database_schemas") if schema["exposed"]}
    policied = {policy["table"] for policy in policies}
    graphql = any(extension["name"] == "pg_graphql" for extension in facts("extensions"))
    for table in tables:
        name, exposed = table["name"], table["name"].split(".")[0] in served
        plain, on = table["kind"] in ("table", "partition"), table["rls"]
        if plain and name in policied and not on:
            yield "0007", name
        if plain and name not in policied and on:
            yield "0008", name
        if plain and exposed and not on and may_select(table, "anon", "authenticated"):
            yield "0013", name
            if any(column["name"].lower().replace("-", "_") in _PRIVATE for column in table["columns"]):
                yield "0023", name
        if table["kind"] == "foreign" and exposed and may_select(table, "anon", "authenticated"):
            yield "0017", name
        if graphql and table["kind"] != "partitioned" and not name.startswith(SYSTEM):
            yield from ((lint, name) for lint, role in (("0026", "anon"), ("0027", "authenticated")) if may_see(table, role))
    for view in views:
        name, exposed = view["name"], view["name"].split(".")[0] in served
        seen = exposed and may_select(view, "anon", "authenticated")
        if seen and view["kind"] == "view" and not view["invoker"]:
            yield "0010", name
        if seen and view["kind"] == "matview":
            yield "0016", name
        if seen and "auth.users" in view["reads"]:
            yield "0002", name
        if graphql and not name.startswith(SYSTEM):
            yield from ((lint, name) for lint, role in (("0026", "anon"), ("0027", "authenticated")) if may_see(view, role))
    for policy in policies:
        name = f"{policy['table']} {policy['policy']}"
        if policy["rls"] and (bare(policy["using_text"]) or bare(policy["check_text"])) and not name.startswith(("storage.", "auth.")):
            yield "0003", name
        if "user_metadata" in f"{policy['using_text']} {policy['check_text']}":
            yield "0015", name
        if policy["rls"] and always(policy) and not name.startswith(("storage.", "auth.", "realtime.")):
            yield "0024", name
    for remark in facts("remarks"):
        yield from (("0006", name) for name in remark["objects"] if remark["kind"] == "several-policies")
    for bucket in facts("buckets"):
        if bucket["public"] and "select" in (*bucket["anon_verbs"], *bucket["client_verbs"]):
            yield "0025", f"storage.{bucket['name']}"
    for extension in facts("extensions"):
        if extension.get("schema") == "public":
            yield "0014", f"public.{extension['name']}"
    for one in facts("database_functions"):
        if one["search_path"] is None:
            yield "0011", one["name"]
        may = {cell["role"] for cell in one["access"] if cell["verdict"] == "all"}
        if one["definer"] and one["name"].split(".")[0] in served:
            yield from ((lint, one["name"]) for lint, role in (("0028", "anon"), ("0029", "authenticated")) if role in may)


def theirs(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The same of the linter's own rows."""
    for row in state["lints"]:
        said = row["metadata"]
        name = f"{said.get('schema')}.{said.get('name')}"
        if row["lint"] in ("0003", "0015"):
            policy = row["cache_key"].split(f"_{said['schema']}_{said['name']}_", 1)[-1]
            name = f"{name} {policy}"
        yield row["lint"], f"{name} {said['policy_name']}" if "policy_name" in said else name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="ORACLE_JSON APP")
    parser.add_argument("--differences", action="store_true", help="show every row that one alone has")
    options = parser.parse_args()
    count: dict[str, Counter[str]] = {}
    for path, app in zip(options.pairs[::2], options.pairs[1::2], strict=True):
        document = json.loads(Path(path).read_text())
        if document["lints"] is None:
            sys.exit(f"{path} has no lints: run the oracle with a checkout of splinter")
        facts = facts_of(app)
        root = root_of(facts)
        made = {f"{one['schema']}.{one['name']}" for kind in ("tables", "views", "functions") for one in document["state"][kind]}
        made |= {f"{one['schema']}.{one['name']}" for one in document["state"]["extensions"]}
        made |= {f"storage.{one['name']}" for one in document["state"]["buckets"]}
        graphql = any(extension["name"] == "pg_graphql" for extension in document["state"]["extensions"])
        assumed = [{"name": "pg_graphql"}] if graphql else []

        def of(kind: str, facts: dict[str, Any] = facts, root: str = root, assumed: list[dict[str, Any]] = assumed) -> list[dict[str, Any]]:
            return ours(facts, root, kind) + (assumed if kind == "extensions" else [])

        found, real = set(rows(of)), set(theirs(document))
        policied = {f"{one['schema']}.{one['table']} {one['name']}" for one in document["state"]["policies"]}
        unmade = {policy["table"] for policy in of("row_policies") if f"{policy['table']} {policy['policy']}" not in policied}
        for lint, name in sorted(found | real):
            if lint not in LINTS:
                continue
            one = count.setdefault(lint, Counter())
            # A policy that reads a table which somebody made by hand fails on a server that has the migrations alone.
            there = name.split(" ")[0] in made and (" " not in name or name in policied) and not (lint == "0008" and name in unmade)
            kind = (
                "both"
                if (lint, name) in found and (lint, name) in real
                else "not made"
                if not there
                else "splinter"
                if (lint, name) in real
                else "batten"
            )
            one[kind] += 1
            if options.differences and kind in ("splinter", "batten"):
                print(f"{Path(app).name}: {lint} {name}: {kind} alone")
    print(f"{'lint':6}{'both':>7}{'splinter alone':>16}{'batten alone':>14}{'not made by the server':>24}")
    for lint in LINTS:
        one = count.get(lint, Counter())
        print(f"{lint:6}{one['both']:7}{one['splinter']:16}{one['batten']:14}{one['not made']:24}")


LINTS = (
    "0002",
    "0003",
    "0006",
    "0007",
    "0008",
    "0010",
    "0011",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0019",
    "0023",
    "0024",
    "0025",
    "0026",
    "0027",
    "0028",
    "0029",
)

if __name__ == "__main__":
    main()
