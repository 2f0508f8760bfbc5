"""What somebody can ask of their own deployment to see that a hole is there, and what answers once it is closed. Text alone: nothing is asked here.

Every witness only reads; names that a reader has to fill in are variables of a shell (``$HOST``), or stand in angle brackets.
"""

from collections.abc import Callable, Iterable
from shlex import quote as word
from typing import Protocol

from msgspec import Struct

from batten.facts.containers import Container
from batten.facts.database import Bucket, DatabaseFunction, View
from batten.facts.project import Project
from batten.facts.routes import Route, RouteKind
from batten.facts.schema import Flaw, OpenPolicy, PolicyFlaw, Table
from batten.facts.secrets import EnvFile, Exposure
from batten.finding import Finding
from batten.regex import regex
from batten.remedies.sql import literal, qualified, signature

_PARAMETER = regex(r"<[^<>/]+>|\{[^{}/]+\}|:\w+\??|\[{1,2}\.{0,3}\w+\]{1,2}")
_SAFE = regex(r"[^A-Za-z0-9/_.~-]")
_NUMBER = regex(r"<(?:int|float):[^<>/]+>")
_PINS = "pin-search-path"
_NO_ROW = "00000000-0000-0000-0000-000000000000"


class Witness(Struct, frozen=True):
    """``ask`` is a command of a shell or a statement of SQL; ``open`` what it answers as long as the hole is there, ``closed`` afterwards."""

    language: str
    ask: str
    open: str
    closed: str


class _Told(Protocol):
    @property
    def key(self) -> str: ...


def witness(project: Project, finding: Finding) -> Witness | None:
    """The one of a finding; None where nothing that only reads would show it."""
    for facts, build in _builders(project, finding):
        fact = next((each for each in facts if finding.key == f"{finding.rule}|{each.key}"), None)
        if fact is not None:
            return build(fact)
    return None


def _builders(project: Project, finding: Finding) -> tuple[tuple[Iterable[_Told], Callable[..., Witness | None]], ...]:
    return (
        (project.routes, _route),
        (project.tables, _table),
        (project.policies, _policy),
        (project.policy_flaws, _flaw),
        (project.views, _view),
        (project.database_functions, _search_path if finding.remedy == _PINS else _function),
        (project.buckets, _bucket),
        (project.containers, _container),
        (project.env_files, _env_file),
    )


def _route(route: Route) -> Witness | None:
    """A request without any credential, that names no row there is and sends nothing."""
    if route.kind is RouteKind.SERVER_ACTION:
        ask = 'curl -si -X POST "$HOST/<a page that has it>" -H "Next-Action: $ACTION_ID" -d "[]" | head -1   # the id is in the request that the page sends'
    elif route.kind is RouteKind.EDGE_FUNCTION:
        ask = f'curl -si -X {_method(route)} "$SUPABASE_URL{_quoted(route.path)}" -H "Authorization: Bearer $SUPABASE_ANON_KEY" -d "{{}}" | head -1'
    elif route.kind is RouteKind.HTTP:
        path = _quoted(_PARAMETER.sub(_NO_ROW, _NUMBER.sub("0", route.path)))
        body = ' -H "Content-Type: application/json" -d "{}"' if _method(route) in ("POST", "PUT", "PATCH") else ""
        ask = f'curl -si -X {_method(route)} "$HOST{path}"{body} | head -1'
    else:
        return None
    works = route.writes or route.destructive or route.calls_model or route.works or route.protected_effect
    careful = "; against a deployment for tests: it may do its work even for an empty request" if works else ""
    return Witness("sh", ask, f"any status but 401 and 403 (400, 404 and 422 come from behind the door){careful}", "401 or 403")


def _quoted(text: str) -> str:
    """A text as part of an address: nothing in it means anything to a shell."""
    return _SAFE.sub(lambda found: "".join(f"%{each:02X}" for each in found[0].encode("utf-8", "replace")), text)


def _method(route: Route) -> str:
    """One that the route answers, where it answers any: that which it works for."""
    if route.method.isalpha() and route.method != "ANY":
        return route.method
    return "POST" if route.writes or route.calls_model else "GET"


def _rows(relation: str, roles: str = "anon") -> Witness:
    schema, _, name = relation.partition(".")
    if schema == "public" and roles == "anon":
        ask = f'curl -s "$SUPABASE_URL/rest/v1/{_quoted(name)}?select=*&limit=1" -H "apikey: $SUPABASE_ANON_KEY"'
        return Witness("sh", ask, "a row, where there is one", "[] or an error with the code 42501")
    claims = "" if roles == "anon" else f'set local request.jwt.claims = \'{{"role": "{roles}", "sub": "{_NO_ROW}"}}\';\n'
    ask = f"begin;\nset local role {roles};\n{claims}select count(*) from {qualified(relation)};\nrollback;"  # noqa: S608 - text for a reader, with names quoted
    return Witness("sql", ask, "the number of all rows", "0, or `permission denied`")


def _table(table: Table) -> Witness | None:
    if "select" in table.anon_verbs:
        return _rows(table.name)
    if table.rls:
        return None
    ask = f"select relrowsecurity from pg_class where oid = {literal(qualified(table.name))}::regclass;"  # noqa: S608 - the same
    return Witness("sql", ask, "f", "t")


def _policy(policy: OpenPolicy) -> Witness:
    if "select" in policy.verbs:
        return _rows(policy.table, "anon" if policy.to_anon else "authenticated")
    return _of_policy(policy.table, policy.policy)


def _flaw(flaw: PolicyFlaw) -> Witness | None:
    if not flaw.policy or flaw.flaw not in (Flaw.PRIVILEGES, Flaw.ROLES, Flaw.RECEIVED) or not flaw.columns:
        return _of_policy(flaw.table, flaw.policy) if flaw.policy else None
    # Who may set a column is said beside the policy.
    verb = "insert" if flaw.insert_only or flaw.verbs == ("insert",) else "update"
    may = f"has_column_privilege('authenticated', {literal(qualified(flaw.table))}, {literal(flaw.columns[0])}, '{verb}')"
    ask = _asked(flaw.table, flaw.policy).replace("with_check from", f"with_check,\n  {may} from")
    return Witness("sql", ask, "the condition, and t at the end", "no row, f at the end, or a condition that holds the column")


def _asked(table: str, policy: str) -> str:
    schema, _, name = table.partition(".")
    where = f"schemaname = {literal(schema)} and tablename = {literal(name)} and policyname = {literal(policy)}"
    return f"select cmd, roles, qual, with_check from pg_policies\nwhere {where};"  # noqa: S608 - the same


def _of_policy(table: str, policy: str) -> Witness:
    """The policy as the server has it: to try it would write."""
    ask = _asked(table, policy)
    return Witness("sql", ask, "the condition that lets too many through", "no row, or a condition that names the caller")


def _view(view: View) -> Witness | None:
    return _rows(view.name) if view.readable else None


def _function(function: DatabaseFunction) -> Witness:
    role = "anon" if function.anon_calls else "authenticated"
    if function.search_path is None and not function.clients_call:
        return _search_path(function)
    called = literal(signature(function.signature))
    ask = f"select has_function_privilege('{role}', {called}, 'execute'), prosecdef\nfrom pg_proc where oid = {called}::regprocedure;"
    return Witness("sql", ask, "t and t", "f in one of them; or the function begins with a check of who calls")


def _search_path(function: DatabaseFunction) -> Witness:
    called = literal(signature(function.signature))
    ask = f"select proconfig from pg_proc where oid = {called}::regprocedure;"  # noqa: S608 - the same
    return Witness("sql", ask, "no `search_path`", "`search_path=…`")


def _bucket(bucket: Bucket) -> Witness | None:
    if not bucket.public:
        return None
    ask = f'curl -sI "$SUPABASE_URL/storage/v1/object/public/{_quoted(bucket.name)}/<the path of a file>" | head -1'
    return Witness("sh", ask, "200", "400")


def _container(container: Container) -> Witness | None:
    port = next((each.target for each in container.ports if each.target.isdigit() and each.address != "127.0.0.1"), None)
    if port is None:
        return None
    return Witness("sh", f'nc -vz "$HOST" {port}   # from another machine', "succeeded", "refused, or no answer")


def _env_file(file: EnvFile) -> Witness | None:
    if file.exposure is Exposure.GIT:
        return Witness("sh", f"git ls-files -- {word(file.path)}", file.path, "nothing; its history stays: revoke what is in it")
    if file.exposure is Exposure.UNIGNORED:
        return Witness("sh", f"git check-ignore -v {word(file.path)}", "nothing", "the rule that keeps it out")
    return None
