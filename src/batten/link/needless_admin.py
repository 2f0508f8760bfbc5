"""Where a handler that knows its caller does with the service key what the policies let the caller do: own rows, asked for by who calls, of tables that are bound to callers."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from batten.facts.access import NeedlessAdmin
from batten.facts.calls import Argument, Call
from batten.facts.project import FileFacts
from batten.facts.routes import Route
from batten.facts.schema import Policy, Predicate, Table, Verdict
from batten.facts.services import Client, Package
from batten.finding import Step
from batten.link.admin_filters import AdminFilters, Handler
from batten.regex import regex
from batten.text import Place

_DEEDS = {"select": "reads", "insert": "adds", "update": "changes", "delete": "deletes"}
# What the server keeps about people, and they are not to write themselves.
_KEPT_BY_SERVER = regex(
    r"audit|log|event|usage|credit|balance|billing|payment|subscription|quota|limit|role|permission|webhook|history", re.IGNORECASE
)
# With these the token that a policy looks at is none of Supabase's own, or there is none.
_OTHERS = frozenset(
    ("next-auth", "@clerk/nextjs", "@clerk/express", "@clerk/backend", "better-auth", "firebase-admin", "@auth0/nextjs-auth0", "lucia")
)
_MOST_NAMES = 3
_MOST_PLACES = 100


def needless_uses(
    files: Iterable[FileFacts],
    routes: Iterable[Route],
    filters: AdminFilters,
    tables: Iterable[Table],
    clients: Iterable[Client],
    packages: Iterable[Package],
) -> tuple[NeedlessAdmin, ...]:
    """One fact for each package in which a client is made that carries the caller's own rights."""
    known = {table.name.partition(".")[2]: table for table in tables if table.name.startswith("public.")}
    with_own = {client.package for client in clients if client.as_caller and not client.in_browser and client.path_class == "product"}
    with_own -= {package.root for package in packages if not _OTHERS.isdisjoint(package.dependencies)}
    found: dict[str, dict[Place, tuple[Route, str, str]]] = {}
    for handler in filters.handlers(files, routes) if with_own and known else ():
        if handler.route.package not in with_own or any(".auth.admin." in call.callee for call in handler.function.calls):
            continue
        for place, verb, table in _of(handler, filters, known):
            found.setdefault(handler.route.package, {}).setdefault(place, (handler.route, verb, table))
    return tuple(_fact(package, uses) for package, uses in sorted(found.items()))


def _of(handler: Handler, filters: AdminFilters, tables: Mapping[str, Table]) -> Iterator[tuple[Place, str, str]]:
    for chain in filters.privileged_chains(handler):
        verb = chain.verb if chain.verb in _DEEDS else ""
        table = tables.get(chain.table)
        owners = _bound_by(table, verb) if table is not None and verb and not _KEPT_BY_SERVER.search(chain.table) else ()
        own = [argument for call in chain.calls for argument in _about_owner(call, verb, owners)] if owners else []
        if any(filters.is_supabase_identity(handler.path, each) for each in own):
            yield chain.place, verb, chain.table


def _about_owner(call: Call, verb: str, owners: Sequence[str]) -> Iterator[Argument]:
    """What a call says of whose the rows are: ``.eq("user_id", …)``, ``.insert({ user_id: … })``."""
    step = call.callee.rpartition(".")[2]
    if verb == "insert" and step == "insert":
        yield from (each for each in call.arguments if each.slot.rpartition(".")[2] in owners)
    elif step == "eq" and any(each.slot == "0" and each.text in owners for each in call.arguments):
        yield from (each for each in call.arguments if each.slot == "1")
    elif step == "match":
        yield from (each for each in call.arguments if each.slot.rpartition(".")[2] in owners)


def _bound_by(table: Table, verb: str) -> tuple[str, ...]:
    """The columns by which accounts may do it with their own rows, and with no others."""
    allowed = any(
        cell.role == "authenticated" and cell.verb == verb and cell.verdict is Verdict.ROWS and not cell.columns for cell in table.access
    )
    if table.rls is not True or not allowed:
        return ()
    texts = [
        text
        for policy in table.policies
        if policy.permissive and policy.command in (verb, "all")
        for predicate, text in _clause(policy, verb)
        if predicate is Predicate.CALLER_BOUND and text is not None
    ]
    return tuple(name for name in table.owner_columns if any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts))


def _clause(policy: Policy, verb: str) -> Iterator[tuple[Predicate | None, str | None]]:
    if verb == "insert" and policy.check is not None:
        yield policy.check, policy.check_text
    else:
        yield policy.using, policy.using_text


def _fact(package: str, uses: Mapping[Place, tuple[Route, str, str]]) -> NeedlessAdmin:
    order = sorted(uses.items(), key=lambda each: each[0])
    place, (route, verb, table) = order[0]
    names = tuple(dict.fromkeys(each.title for _, (each, _, _) in order))
    shown = [f"`{name}`" for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        shown.append(f"{len(names) - _MOST_NAMES} more")
    return NeedlessAdmin(
        names=names,
        names_shown=shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}",
        tables=tuple(dict.fromkeys(table for _, (_, _, table) in order)),
        place=place,
        package=package,
        path_class=route.path_class,
        key=f"{package}|needless-admin|",
        subject=f"needless-admin|{package}",
        trail=(
            Step(route.place, f"{route.title} finds out who calls"),
            Step(place, f"and {_DEEDS[verb]} their own rows of {table} with the service key here; a policy lets them do that themselves"),
        ),
        places=tuple(
            Step(at, f"{each.title} {_DEEDS[done]} rows of {of} that are the caller's own") for at, (each, done, of) in order[:_MOST_PLACES]
        ),
    )
