"""Handlers that take the word of the request for who calls, or for which tenant: rows are asked for, or made, in that name, and nothing compares it with the caller."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import structs

from batten.facts.access import ClaimedIdentity
from batten.facts.calls import Argument, Call, Function, Origin, Parameter, Source
from batten.facts.flows import Choice
from batten.facts.routes import EffectKind, Route, RouteAuth, RouteKind
from batten.finding import Step
from batten.link import addresses
from batten.link.callgraph import Code
from batten.link.effects import Effects
from batten.link.given_back import PERSON, TENANT, given_back, is_identity
from batten.link.next_middleware import NextMiddleware
from batten.link.ownership import Ownership
from batten.link.rights import Rights
from batten.link.routes import Standing
from batten.link.rows import query_text, row_of, singular
from batten.link.sent_by_call import handed_in
from batten.link.spelled import graph_of, spelled
from batten.link.supabase_keys import SupabaseKeys
from batten.link.supplied import meant
from batten.link.touches import model_at
from batten.regex import regex
from batten.text import Place

_OPEN = (RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE, RouteAuth.OPTIONAL)
# Where what callers send is kept by frameworks, and the calls that take something of it.
_SENT = regex(
    r"\.(?:params|body|query|json|form|formData|args|searchParams|input|data|headers|cookies|values|GET|POST|view_args|path_params|query_params)(?:\.|\[|$)"
)
_TAKES = regex(
    r"(?:^@\w+\.(?:header|get|query|param|cookie)|(?:headers|cookies|args|form|values|searchParams|query_params|GET|POST|json)\.get)$"
)
_ROOTS = regex(r"^(?:input|args|data|body|params|values|payload|form|dto|req|request|c|ctx|event)$", re.IGNORECASE)
_KNOWS_CALLER = regex(r"^(?:self|cls|.*user|session|auth|.*identity|principal|claims|token|db|.*session)$", re.IGNORECASE)
_OF_HOST = regex(r"@\w+\.(?:subdomains|hostname|host)(?:\.|$)")
# Rows that are about somebody else by their nature.
_ABOUT_OTHERS = regex(
    r"member|invit|share|participant|follow|friend|block|notif|assign|role|permission|grant|access|like|mention|contact|recipient|log|event|audit",
    re.IGNORECASE,
)
# A column that holds who made a row, or whose it is, by what somebody is called there: ``{ sender: data.senderId }``.
_WHOSE = frozenset(("user", "owner", "author", "account", "customer", "buyer", "sender", "creator", "student", "patient"))
_TELLS = regex(r"\.(?:emit|json|send|log|info|warn|error)$")
_PEOPLE = frozenset(("user", "account", "profile", "userprofile", "authuser"))
_READ, _WRITE, _DELETE = EffectKind.DATABASE_READ, EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE
_DEEDS = {_READ: "reads", _WRITE: "writes", _DELETE: "deletes"}
# ``db.add(Note(user_id=…))``
_MADE = regex(r"(?:^|[.#])[A-Z]\w*[a-z]\w*$")
_FILTERS = regex(r"\.(?:filter|where|eq|and_|or_)(?:\.|$)")
# ``session.exec(select(Note).where(Note.owner_id == owner_id))``: a column of a class, in a query that is handed over.
_COLUMN = regex(rf"#[A-Z]\w*[a-z]\w*\.(?:{PERSON.pattern}|{TENANT.pattern})$", re.IGNORECASE)
_WHERE = {
    "body": "the body",
    "json": "the body",
    "form": "the body",
    "formData": "the body",
    "query": "the query",
    "args": "the query",
    "searchParams": "the query",
    "query_params": "the query",
    "params": "the address",
    "param": "the address",
    "path_params": "the address",
    "view_args": "the address",
    "headers": "a header",
    "header": "a header",
    "cookies": "a cookie",
    "cookie": "a cookie",
}


class _Claim(NamedTuple):
    """What the request says: the name of it, where it stands in the request, and whether it is a tenant."""

    name: str
    where: str
    tenant: bool
    by_helper: bool = False
    """A helper of the app's gives it for who calls, so that what is asked for in that name is somebody's."""


class Claims:
    """Finds such handlers."""

    def __init__(
        self, code: Code, effects: Effects, ownership: Ownership, rights: Rights, keys: SupabaseKeys, middleware: NextMiddleware
    ) -> None:
        self._code = code
        self._effects = effects
        self._ownership = ownership
        self._rights = rights
        self._keys = keys
        self._middleware = middleware

    def found(self, standings: Iterable[Standing]) -> tuple[ClaimedIdentity, ...]:
        """All of them, by place; one for each route: what changes something before what reads."""
        facts: dict[str, ClaimedIdentity] = {}
        for standing in standings:
            route = standing.route
            knows = route.auth is RouteAuth.AUTHENTICATED
            if (
                not (knows or route.auth in _OPEN)
                or route.public_by_design
                or route.admin
                or route.webhook
                or route.scheduled
                or route.told_with_app
            ):
                continue
            done = sorted(
                (each for path, function in standing.runs for each in self._in_handler(path, function, route)),
                key=lambda each: each.writes,
                reverse=True,
            )
            done = [each for each in done if not self._is_written_before(standing, each)]
            if done and not (knows and self._rights.may_be_asked(standing)):
                facts.setdefault(done[0].key, done[0])
        return tuple(sorted(facts.values(), key=lambda fact: (fact.place, fact.key)))

    def _in_handler(self, path: str, function: Function, route: Route) -> list[ClaimedIdentity]:
        given = (route, self._middleware.files.get(route.package))
        found: list[ClaimedIdentity] = self._code.memo.once(
            ("claims", path, function.name, route.key), self._of, path, function, route, given=given
        )
        return found

    def _of(self, path: str, function: Function, route: Route) -> list[ClaimedIdentity]:
        """What a handler does with rows in a name that the request says."""
        self._code.memo.look(path)
        bodies = (function, *self._code.inner(path, function.name))
        found: list[ClaimedIdentity] = []
        vouched: set[str] = set()
        preferred = _preferred(self._code, path, bodies)
        hosts = _hosts(bodies)
        for inner in bodies:
            for chain in _chains(inner):
                given = [argument for call in chain for argument in call.arguments]
                if inner.name in hosts:
                    given = [_without_own(inner, argument) for argument in given]  # what it is handed is the query, and no caller
                claims = list(_claims(self._code, inner, function, chain, route, path))
                if not claims or any(_TELLS.search(call.callee) for call in chain):
                    continue
                known = (each for each in _settled(given, preferred) if not any(_given(self._code, each, path)))
                if any(self._ownership.values.is_own(path, inner, each, classes=False) for each in known):
                    vouched |= {claim.name for claim in claims}  # looked up together with the caller
                    continue
                # A condition may stand in a function of its own: ``withIndex("by_user", (q) => q.eq("userId", args.userId))``.
                around, within = hosts.get(inner.name, (inner, ()))
                made = [*((inner, call) for call in chain), *((around, call) for call in within)]
                for kind, model, place in (asked for where, call in made for asked in self._asked(path, where, call)):
                    claim = next((each for each in claims if each.by_helper), claims[0])
                    shared = kind is _READ and not (claim.by_helper or _is_private(model))
                    if not (_ABOUT_OTHERS.search(model) or model in _PEOPLE or shared):
                        found.append(_fact(route, claim, kind, model, place))
        return [
            each for each in found if each.claimed not in vouched and not (each.where == "a header" and self._is_set(route, each.claimed))
        ]

    def _is_written_before(self, standing: Standing, claim: ClaimedIdentity) -> bool:
        """Middleware of the app's own writes who calls where the handler reads it: ``req.body.userId = token.id``."""
        if claim.where not in ("the body", "the query", "the address"):
            return False
        targets = [self._code.target(path, name) for path, name, _ in standing.before]
        functions = [
            (each.path, function)
            for each in targets
            if each.path is not None and each.function is not None
            for function in (each.function, *self._code.inner(each.path, each.function.name))
        ]
        graphs = (graph_of(self._code, path, function) for path, function in functions)
        return any(call.callee == "=" and call.method == claim.claimed for graph in graphs if graph is not None for call in graph.calls)

    def _is_set(self, route: Route, header: str) -> bool:
        """The app's own middleware writes the header, whatever the request says."""
        path = self._middleware.files.get(route.package)
        calls = [call for function in self._code.functions(path).values() for call in function.calls] if path is not None else []
        return any(
            call.callee.endswith(".set")
            and any(each.slot == "0" and (each.text or "").lower() == header.lower() for each in call.arguments)
            for call in calls
        )

    def _asked(self, path: str, function: Function, call: Call) -> Iterator[tuple[EffectKind, str, Place]]:
        """The requests to the database that a call makes, past all policies."""
        target = meant(self._code, path, function, call)
        if _MADE.search(call.callee):
            keeps = (
                other for other in function.calls if any(source.text == call.callee for each in other.arguments for source in each.sources)
            )
            if any(self._effects.direct(path, other) is _WRITE for other in keeps):
                yield _WRITE, singular(call.callee.rpartition("#")[2]), Place(path, call.span)
            return
        if target.path is None:
            kind = self._effects.direct(path, call, function)
            if kind in _DEEDS and not (
                target.name.startswith(("@supabase/", "supabase.")) and self._keys.privileged(path, function, call) is not True
            ):
                model = singular(model_at(self._code, path, function, call) or row_of(path, function, call) or "")
                yield kind, model, Place(path, call.span)
            return
        for touch in self._ownership.touches.of(path, function, call):
            if any(map(_says_whose, touch.names)) or touch.trail[1:]:
                yield touch.kind, touch.model, Place(path, call.span)


def _preferred(code: Code, path: str, bodies: Iterable[Function]) -> frozenset[str]:
    """What of a request is taken before who calls, where it is sent: ``req.body.userId || req.user.id``."""
    graphs = (graph_of(code, path, function) for function in bodies)
    choices = ((graph, node.of) for graph in graphs if graph is not None for node in graph.nodes if type(node) is Choice and node.in_order)
    found = ((spelled(graph, first) or "", [spelled(graph, each) for each in others]) for graph, (first, *others) in choices)
    named = (
        (name, name.rpartition(".")[2]) for name, others in found if any(each is not None and not _SENT.search(each) for each in others)
    )
    return frozenset(last for name, last in named if _SENT.search(name) and is_identity(last))


def _settled(given: Sequence[Argument], preferred: frozenset[str]) -> Iterator[Argument]:
    """The arguments whose value is not chosen by the request first; a record that has such a one is looked at by its parts."""
    for each in given if preferred else ():
        chosen = any(source.text.rpartition(".")[2] in preferred and _SENT.search(source.text) for source in each.sources)
        if not chosen:
            yield each
    yield from () if preferred else given


def _hosts(bodies: Iterable[Function]) -> dict[str, tuple[Function, list[Call]]]:
    """The functions that are written where a chain of calls is handed them, by their names, each with that chain."""
    return {
        source.text.removeprefix("#"): (outer, chain)
        for outer in bodies
        for chain in _chains(outer)
        for call in chain
        for argument in call.arguments
        for source in argument.sources
        if source.origin is Origin.NAME and source.text.startswith(f"#{outer.name}.@")
    }


def _without_own(function: Function, argument: Argument) -> Argument:
    own = {name for parameter in function.parameters for name in parameter.name.split(",")}
    kept = tuple(source for source in argument.sources if source.text.removeprefix("@").partition(".")[0] not in own)
    return structs.replace(argument, sources=kept)


def _chains(function: Function) -> Iterable[list[Call]]:
    """The calls of a function, by the expression that they begin with."""
    by_start: dict[int, list[Call]] = {}
    for call in function.calls:
        by_start.setdefault(call.span.start, []).append(call)
    return by_start.values()


def _claims(code: Code, function: Function, handler: Function, chain: Sequence[Call], route: Route, path: str) -> Iterator[_Claim]:
    """What of the request is taken for who calls, where a call says whose rows it is about."""
    for call in chain:
        named = _FILTERS.search(call.callee) is not None or _names_owner(query_text(call) or "") or _is_inside(call)
        named = named or any(each.slot == "0" and each.text is not None and is_identity(each.text) for each in call.arguments)
        for argument in call.arguments:
            last = argument.slot.rpartition(".")[2].strip("[]")  # values of a query come in a list, too
            compared = any(source.origin is Origin.NAME and _COLUMN.search(source.text) for source in argument.sources)
            whole = any(other.slot.startswith(f"{argument.slot}.") for other in call.arguments)
            if _says_whose(last) or (last.isdigit() and not whole and (named or compared)):
                yield from _said(function if function.parameters else handler, handler, argument, route, path)
                yield from _given(code, argument, path)


def _says_whose(column: str) -> bool:
    """A column is called like one that says who made a row, or whose it is."""
    return is_identity(column) or column in _WHOSE


def _is_inside(call: Call) -> bool:
    """It may be one of the app's own functions."""
    return call.callee.startswith(("#", ".", "@/", "~/"))


def _said(function: Function, handler: Function, argument: Argument, route: Route, path: str) -> Iterator[_Claim]:
    parameters = {name: parameter for each in (handler, function) for parameter in each.parameters for name in parameter.name.split(",")}
    named = addresses.named_in(path, route.path)
    taken = next((source.text for source in argument.sources if source.origin is Origin.CALL and _TAKES.search(source.text)), None)
    slot = argument.slot.rpartition(".")[2]
    for source in argument.sources:
        if _OF_HOST.match(source.text) and TENANT.fullmatch(slot):
            yield _Claim("subdomain", "the address of the server", True)
        steps = source.text.replace("#", ".").split(".")
        last = steps[-1]
        if not is_identity(last):
            continue
        match source.origin:
            case Origin.PROPERTY if _comes_with_request(source, parameters, path) or (
                route.kind is RouteKind.SOCKET and source.text[1:].partition(".")[0] in parameters and source.text.count(".") == 1
            ):
                yield _Claim(last, _place_of(steps), TENANT.fullmatch(last) is not None)
            case Origin.NAME | Origin.REQUEST if "request." in source.text and _SENT.search(source.text):
                yield _Claim(last, _place_of(steps), TENANT.fullmatch(last) is not None)
            case Origin.NAME if any(
                not each.is_injected and each.annotation is not None and source.text == f"{each.annotation}.{last}"
                for each in parameters.values()
            ):
                yield _Claim(last, "the body", TENANT.fullmatch(last) is not None)
            case Origin.LITERAL if taken is not None:
                yield _Claim(last, _place_of(taken.split(".")), TENANT.fullmatch(last) is not None)
            case Origin.PARAMETER if (
                last in parameters
                and not (parameters[last].is_injected or last in handed_in(handler))
                and (path.endswith(".py") or route.kind in (RouteKind.SERVER_ACTION, RouteKind.SOCKET, RouteKind.PROCEDURE))
            ):
                yield _Claim(last, "the address" if last in named else "an argument", TENANT.fullmatch(last) is not None)


def _given(code: Code, argument: Argument, path: str) -> Iterator[_Claim]:
    """What a helper of the app's takes of the request, and nothing has verified."""
    for source in argument.sources:
        steps = given_back(code, path, source.text) if source.origin is Origin.CALL else ()
        if steps:
            yield _Claim(steps[-1], _place_of(steps), tenant=False, by_helper=True)


def _comes_with_request(source: Source, parameters: dict[str, Parameter], path: str) -> bool:
    root = source.text[1:].partition(".")[0]
    parameter = parameters.get(root)
    if parameter is None or parameter.is_injected:
        return False
    if path.endswith(".py"):
        return parameter.annotation is not None and _KNOWS_CALLER.search(root) is None
    return _SENT.search(source.text) is not None or (_ROOTS.search(root) is not None and source.text.count(".") == 1)


def _names_owner(text: str) -> bool:
    return any(is_identity(word) for word in text.replace("=", " ").replace(".", " ").split()) if len(text) < _LONGEST else False


_LONGEST = 4000


def _place_of(steps: Sequence[str]) -> str:
    return next((_WHERE[step] for step in steps if step in _WHERE), "the request")


def _is_private(model: str) -> bool:
    return addresses.PRIVATE.search(f" {model} ") is not None or addresses.PRIVATE.search(f" {model}s ") is not None or model in _OWN


_OWN = frozenset(
    (
        "note",
        "draft",
        "document",
        "file",
        "cart",
        "wallet",
        "setting",
        "preference",
        "address",
        "card",
        "resume",
        "journal",
        "entry",
        "record",
        "report",
        "todo",
        "task",
        "goal",
        "habit",
        "expense",
        "budget",
        "memory",
        "upload",
    )
)


def _fact(route: Route, claim: _Claim, kind: EffectKind, model: str, place: Place) -> ClaimedIdentity:
    knows = route.auth is RouteAuth.AUTHENTICATED
    what = "tenant" if claim.tenant else "person"
    first = Step(route.place, f"{route.title} finds out who calls" if knows else f"anyone can call {route.title} here")
    return ClaimedIdentity(
        route=route.title,
        model=model or "the database",
        deed=_DEEDS[kind],
        claimed=claim.name,
        where=claim.where,
        kind=what,
        writes=kind is not _READ,
        knows_caller=knows,
        place=place,
        package=route.package,
        path_class=route.path_class,
        key=f"{route.package}|claimed|{route.title}|{claim.name}",
        subject=f"foreign|{route.place.path}|{route.title}" if knows else route.subject,
        trail=(first, Step(place, f"and {_DEEDS[kind]} rows of {model or 'the database'} by `{claim.name}` of {claim.where} here")),
    )
