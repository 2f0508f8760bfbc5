"""What a real server makes of a history of statements: who can do what, told by its catalogs and by its planner.

A condition is judged as the server's own planner folds it, with the functions that tell who asks replaced by what they give to a stranger and
to a fresh account. Views are judged by the plan that the role gets for them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

ME = "00000000-0000-4000-8000-0000000000aa"
VERBS = ("select", "insert", "update", "delete")
ROLES = ("anon", "authenticated")
_CLAIMS = {
    "anon": {"role": "anon", "aud": "anon"},
    "authenticated": {
        "role": "authenticated", "aud": "authenticated", "sub": ME, "email": "someone@example.test", "is_anonymous": False, "app_metadata": {}, "user_metadata": {},
    },
}  # fmt: skip
_WRAPPED = re.compile(
    r"\(\s*SELECT\s+((?:auth\.(?:uid|role|jwt|email)\(\)|\(auth\.jwt\(\)\s*->>?\s*'[^']*'::text\)))(?:\s+AS\s+\"?[\w?]+\"?)?\s*\)",
    re.IGNORECASE,
)

HARNESS = """
create schema harness; grant usage on schema harness to public;

-- Some statements are for superusers, whom the platform stands in for.
create function harness.elevated(statement text) returns void language plpgsql security definer as $f$ begin execute statement; end $f$;

-- Runs statements one by one; one that fails changes nothing. The answer is the SQLSTATE of each, '' where it ran.
create function harness.replayed(statements text[], undo boolean) returns text[] language plpgsql as $f$
declare each text; codes text[] := '{}';
begin
  begin
    foreach each in array statements loop
      begin
        execute each;
        codes := codes || ''::text;
      exception
        when insufficient_privilege then
          begin perform harness.elevated(each); codes := codes || ''::text; exception when others then codes := codes || sqlstate::text; end;
        when others then codes := codes || sqlstate::text;
      end;
    end loop;
    if undo then raise exception 'undo' using errcode = 'UNDO1'; end if;
  exception when sqlstate 'UNDO1' then null;
  end;
  return codes;
end $f$;

-- What the planner makes of a condition on the rows of a table.
create function harness.folded(relation oid, condition text) returns text language plpgsql as $f$
declare plan jsonb; lines text;
begin
  if (select relkind from pg_class where oid = relation) = 'p' then
    -- Without its partitions nothing is left of a partitioned table to plan with.
    execute format('create temp table %I (like %s)', (select relname from pg_class where oid = relation), relation::regclass);
    execute format('explain (format json, costs off) select 1 from pg_temp.%I where (%s)', (select relname from pg_class where oid = relation), condition) into lines;
    execute format('drop table pg_temp.%I', (select relname from pg_class where oid = relation));
  else
    execute format('explain (format json, costs off) select 1 from only %s where (%s)', relation::regclass, condition) into lines;
  end if;
  plan := lines::jsonb -> 0 -> 'Plan';
  if plan ->> 'Node Type' = 'Result' then
    return case when plan ->> 'One-Time Filter' = 'false' then 'none' when plan ? 'One-Time Filter' then 'rows' else 'all' end;
  end if;
  return case when plan ? 'Filter' or plan ? 'Plans' then 'rows' else 'all' end;
exception when others then return 'error';
end $f$;

-- The plan that a role gets for a statement; null where it is refused.
create function harness.planned(who text, statement text) returns jsonb language plpgsql as $f$
declare lines text;
begin
  perform set_config('role', who, true);
  execute 'explain (format json, costs off) ' || statement into lines;
  perform set_config('role', 'none', true);
  return lines::jsonb -> 0 -> 'Plan';
exception when others then return to_jsonb(sqlerrm);
end $f$;
"""

_CATALOG = """
with places as (select oid, nspname from pg_namespace where nspname = any(%(schemas)s)),
told as (select unnest(array['anon', 'authenticated']) as who)
select jsonb_build_object(
  'tables', (select coalesce(jsonb_agg(jsonb_build_object(
      'oid', c.oid::bigint, 'name', n.nspname || '.' || c.relname, 'kind', c.relkind, 'rls', c.relrowsecurity, 'forced', c.relforcerowsecurity,
      'bypass', (select jsonb_object_agg(t.who, r.rolbypassrls or r.rolsuper or (pg_has_role(t.who, c.relowner, 'USAGE') and not c.relforcerowsecurity)) from told t join pg_roles r on r.rolname = t.who),
      'usage', (select jsonb_object_agg(t.who, has_schema_privilege(t.who, n.oid, 'USAGE')) from told t),
      'may', (select jsonb_object_agg(t.who, (select jsonb_agg(lower(v)) from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) v
          where has_table_privilege(t.who, c.oid, v) or (v <> 'DELETE' and has_any_column_privilege(t.who, c.oid, v)))) from told t),
      'readable', (select jsonb_object_agg(t.who, (select jsonb_agg(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and has_column_privilege(t.who, c.oid, a.attnum, 'SELECT'))) from told t),
      'columns', (select jsonb_agg(a.attname order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
      'options', c.reloptions, 'owner', pg_get_userbyid(c.relowner))), '[]')
    from pg_class c join places n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f')),
  'policies', (select coalesce(jsonb_agg(jsonb_build_object(
      'table', p.polrelid::bigint, 'name', p.polname, 'permissive', p.polpermissive,
      'command', case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
      'for', (select jsonb_agg(t.who) from told t where 0 = any(p.polroles) or exists (select 1 from unnest(p.polroles) r where pg_has_role(t.who, r, 'USAGE'))),
      'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))), '[]')
    from pg_policy p join pg_class c on c.oid = p.polrelid join places n on n.oid = c.relnamespace),
  'functions', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', n.nspname || '.' || p.proname, 'arguments', p.pronargs, 'definer', p.prosecdef,
      'pinned', exists (select 1 from unnest(p.proconfig) x where x like 'search_path=%%'), 'owner', pg_get_userbyid(p.proowner),
      'public', exists (select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0),
      'may', (select jsonb_agg(t.who) from told t where has_function_privilege(t.who, p.oid, 'EXECUTE') and has_schema_privilege(t.who, n.oid, 'USAGE')))), '[]')
    from pg_proc p join places n on n.oid = p.pronamespace where n.nspname <> 'storage'),
  'buckets', (select coalesce(jsonb_agg(jsonb_build_object('name', id, 'public', public)), '[]') from storage.buckets),
  'published', (select coalesce(jsonb_agg(n.nspname || '.' || c.relname), '[]') from pg_publication_rel p join pg_class c on c.oid = p.prrelid join places n on n.oid = c.relnamespace),
  'triggers', (select coalesce(jsonb_agg(n.nspname || '.' || c.relname || ' ' || g.tgname), '[]')
    from pg_trigger g join pg_class c on c.oid = g.tgrelid join places n on n.oid = c.relnamespace where not g.tgisinternal and g.tgparentid = 0)
)
"""


class State:
    """The state of a server inside a transaction, in which statements were replayed."""

    def __init__(self, admin: Any, schemas: tuple[str, ...]) -> None:
        self.admin = admin
        admin.execute("set local search_path = ''")
        found = admin.execute(_CATALOG, {"schemas": [*schemas, "storage"]}).fetchone()[0]
        self.relations = {table["name"]: table for table in found["tables"]}
        self.functions: list[dict[str, Any]] = found["functions"]
        self.buckets = {bucket["name"]: bucket["public"] for bucket in found["buckets"]}
        self.published: set[str] = set(found["published"])
        self.triggers: set[str] = set(found["triggers"])
        self.policies: dict[int, list[dict[str, Any]]] = {}
        for policy in sorted(found["policies"], key=lambda policy: policy["name"]):
            self.policies.setdefault(policy["table"], []).append(policy)
        self._wanted: dict[str, dict[tuple[int, str], str]] = {role: {} for role in ROLES}
        self._plans: dict[str, dict[tuple[str, str, str], Any]] = {role: {} for role in ROLES}
        self._look()

    def tables(self) -> dict[str, dict[str, Any]]:
        """Tables and foreign tables."""
        return {name: table for name, table in self.relations.items() if table["kind"] in "rpf" and not name.startswith("storage.")}

    def views(self) -> dict[str, dict[str, Any]]:
        """Views and materialized views."""
        return {name: table for name, table in self.relations.items() if table["kind"] in "vm"}

    def verdict(self, table: str, role: str, verb: str, bucket: str | None = None) -> tuple[str, str]:
        """``none``, ``rows`` or ``all``, and why; for the files of one bucket where it is given."""
        found = self.relations[table]
        early = self._settled(found, role, verb)
        if early is not None:
            return early
        told = [self._wanted[role][found["oid"], condition] for condition in self._conditions(found, role, verb, bucket)]
        if "error" in told:
            return "none", "policy_error"
        if "none" in told:
            return "none", "policy_false"
        return ("all", "policy_true") if set(told) == {"all"} else ("rows", "policy")

    def through(self, view: str, role: str, verb: str) -> str | None:
        """What a role can do through a view; None where a plan does not tell."""
        found = self.relations[view]
        if not found["usage"][role] or verb not in (found["may"][role] or ()):
            return "none"
        plans = [plan for (name, by, _), plan in self._plans[role].items() if (name, by) == (view, verb)]
        failed = [plan for plan in plans if isinstance(plan, str)]
        if plans and len(failed) == len(plans):  # an update of one column may be allowed where that of others is not
            return None if any("replica identity" in plan for plan in failed) else "none"
        return None if not plans or verb in ("insert", "update") else _told(plans[0])

    def fails_in_turn(self, view: str, role: str) -> bool:
        """Whether an INSERT through a view is planned, and refused as it runs, since a condition asks for a setting that is not there, or since another refuses the row before that."""
        import psycopg

        with self.admin.transaction(force_rollback=True):
            self.admin.execute(_IDENTITIES[role])
            self.admin.execute(f"set local role {role}")
            try:
                self.admin.execute(_statement(view, self.relations[view], "insert", role, ""))
            except (psycopg.errors.UndefinedObject, psycopg.errors.InsufficientPrivilege):
                return True
        return False

    def _settled(self, table: dict[str, Any], role: str, verb: str) -> tuple[str, str] | None:
        if not table["usage"][role]:
            return "none", "no_schema_usage"
        if verb not in (table["may"][role] or ()):
            return "none", "no_privilege"
        if not table["rls"] or table["kind"] == "f" or table["bypass"][role]:
            return "all", "rls_off"
        return None if any(policy["permissive"] for policy in self._applied(table, role, verb)) else ("none", "rls_no_policy")

    def _applied(self, table: dict[str, Any], role: str, verb: str) -> list[dict[str, Any]]:
        policies = self.policies.get(table["oid"], ())
        return [policy for policy in policies if policy["command"] in ("all", verb) and role in (policy["for"] or ())]

    def _conditions(self, table: dict[str, Any], role: str, verb: str, bucket: str | None = None) -> list[str]:
        """What has to hold; a permissive policy without a clause lets nothing through, a restrictive one everything."""
        parts = {"select": ("using",), "insert": ("check",), "update": ("using", "check"), "delete": ("using",)}[verb]
        found = []
        for part in parts:
            clauses: dict[bool, list[str]] = {True: [], False: []}
            for policy in self._applied(table, role, verb):
                text = policy["check"] if part == "check" and policy["check"] is not None else policy["using"]
                if text is not None:
                    clauses[policy["permissive"]].append(_WRAPPED.sub(r"\1", text))
            allowed = "(" + ") or (".join(clauses[True] or ["false"]) + ")"
            condition = " and ".join([f"({allowed})", *(f"({clause})" for clause in clauses[False])])
            if bucket is not None:
                condition = re.sub(r"\b(?:objects\.)?bucket_id\b", f"'{bucket}'::text", condition)
            found.append(condition)
        return found

    def _plainer(self) -> Iterator[str]:
        """Changes to policies that leave what they say: no plan folds a query round ``auth.uid()``, and PostgreSQL joins permissive ones from the last name to the first."""
        tables = {table["oid"]: _quoted(name) for name, table in self.relations.items()}
        for oid, policies in self.policies.items():
            for policy in policies:
                for part in ("using", "check"):
                    text = policy[part] or ""
                    if (plain := _WRAPPED.sub(r"\1", text)) != text:
                        yield f'alter policy "{policy["name"]}" on {tables[oid]} {"with check" if part == "check" else part} ({plain})'
            allowing = [policy for policy in policies if policy["permissive"]]
            for number, policy in enumerate(reversed(allowing) if len(allowing) > 1 else ()):
                yield f'alter policy "{policy["name"]}" on {tables[oid]} rename to "turned {number:02}"'

    def _look(self) -> None:
        """Asks the planner for all conditions and views, once a role."""
        for role in ROLES:
            wanted: dict[tuple[int, str], None] = {}
            for name, table in self.relations.items():
                if table["kind"] in "rpf":
                    buckets = [None] if name != "storage.objects" else list(self.buckets)
                    for verb in VERBS:
                        if self._settled(table, role, verb) is None:
                            for bucket in buckets:
                                wanted |= dict.fromkeys((table["oid"], each) for each in self._conditions(table, role, verb, bucket))
            plans = {
                (name, verb, column): _statement(name, view, verb, role, column)
                for name, view in self.views().items()
                for verb in (VERBS if view["kind"] == "v" else ("select",))
                for column in (view["columns"] if verb == "update" else ("",))
                if view["usage"][role] and verb in (view["may"][role] or ())
            }
            if not wanted and not plans:
                continue
            with self.admin.transaction(force_rollback=True):
                self.admin.execute(_IDENTITIES[role])
                if wanted:
                    oids, conditions = zip(*wanted, strict=True)
                    told = self.admin.execute(
                        "select harness.folded(o, c) from unnest(%s::bigint[], %s::text[]) with ordinality x(o, c, n) order by n",
                        [list(oids), list(conditions)],
                    ).fetchall()
                    self._wanted[role] = {key: row[0] for key, row in zip(wanted, told, strict=True)}
                if plans:
                    for change in self._plainer():
                        self.admin.execute(change)
                    told = self.admin.execute(
                        "select harness.planned(%s, s) from unnest(%s::text[]) with ordinality x(s, n) order by n",
                        [role, list(plans.values())],
                    ).fetchall()
                    self._plans[role] = {key: row[0] for key, row in zip(plans, told, strict=True)}


def _identity(role: str) -> str:
    """The functions that tell who asks, as constants."""
    claims = json.dumps(_CLAIMS[role])
    known = _CLAIMS[role]
    values = (
        ("uid", "uuid", f"'{known['sub']}'::uuid" if "sub" in known else "null::uuid"),
        ("role", "text", f"'{role}'::text"),
        ("email", "text", f"'{known['email']}'::text" if "email" in known else "null::text"),
        ("jwt", "jsonb", f"'{claims}'::jsonb"),
    )
    return ";".join(
        f"create or replace function auth.{name}() returns {type_} language sql immutable as $_$ select {value} $_$"
        for name, type_, value in values
    )


_IDENTITIES = {role: _identity(role) for role in ROLES}


def _statement(name: str, view: dict[str, Any], verb: str, role: str, column: str) -> str:
    quoted = _quoted(name)
    match verb:
        case "select":
            listed = ", ".join(f'"{column}"' for column in view["readable"][role] or ())
            return f"select {listed} from {quoted}"
        case "insert":
            return f"insert into {quoted} default values"
        case "update":
            return f'update {quoted} set "{column}" = null'
        case _:
            return f"delete from {quoted}"


def _quoted(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


def _told(plan: dict[str, Any]) -> str:
    """What a plan does with the rows of the tables it scans: conditions of joins keep out none."""
    scans, false, filters = 0, 0, 0
    stack = [plan]
    while stack:
        node = stack.pop()
        # Nothing below it runs, though some versions still show what it is, and PostgreSQL 15 joins what a view asks to the ``false`` of a table below.
        if node.get("One-Time Filter") == "false" or node.get("Filter", "").startswith("(false AND "):
            false += 1
            continue
        stack += [inner for inner in node.get("Plans", ()) if inner.get("Parent Relationship") not in ("SubPlan", "InitPlan")]
        scans += node["Node Type"].endswith("Scan") and node["Node Type"] != "Subquery Scan"
        filters += "Filter" in node or node.get("One-Time Filter", "false") != "false"
    if not scans:
        return "none" if false else "all"
    return "rows" if filters else "all"
