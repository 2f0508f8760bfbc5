"""Where a handler that knows its caller works on rows of others: the service key, a filter that the caller chooses, and none for the caller."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import structs

from batten.facts.access import UnfilteredUse
from batten.facts.calls import Argument, Call, Function, Guard, Origin, is_callers, simple_name
from batten.facts.project import FileFacts
from batten.facts.routes import Endpoint, Route
from batten.facts.schema import Table, Verdict
from batten.facts.vocabulary import Meaning, Vocabulary
from batten.finding import Step
from batten.link.caller_values import CallerValues
from batten.link.callgraph import Code
from batten.link.for_few import RIGHTS
from batten.link.guards import Guards, Protection
from batten.link.row_gates import NAMING, AskedRow, RowGates
from batten.link.supabase_keys import SupabaseKeys
from batten.link.touches import filled_by
from batten.link.vouched import mentions
from batten.regex import regex
from batten.text import Place

_VERBS = regex(r"(?<!\.storage)\.(?:from|from_|table)\.(select|insert|update|upsert|delete)(?:\.|$)")
# https://supabase.com/docs/reference/javascript/storage-from-createsignedurl
_OF_FILES = regex(r"\.storage\.(?:from|from_)\.(createSignedUrls?|create_signed_urls?|download|remove)$")
_FILES = "storage.objects"
_FOR_EACH = frozenset(("map", "forEach", "flatMap", "filter", "some", "every"))
# That the caller has such a row is no more than that they have an account.
_OWN_ACCOUNT = regex(r"(?:public\.)?(?:users?|(?:user_?)?(?:profiles?|accounts?))")
_FILTERS = frozenset({"eq", "in", "in_", "match", "filter", "ilike", "like", "or", "or_", "contains", "textSearch", "is"})
_KNOWS = regex(r"token|secret|code|hash|signature|key$|otp|session|nonce|slug", re.IGNORECASE)
_SERVERS_OWN = regex(r"cron|webhook|admin|internal|worker|queue|schedule|seed|sync|job", re.IGNORECASE)
# Whether a setting is made, or another server has answered, says nothing of who calls.
_OF_NOBODY = regex(r"(?:Deno\.env|process\.env|env)\.|fetch\.(?:ok|status|json\.choices\b.*)$|Object\.keys\.length$")
_IDENTITY = frozenset({Meaning.IDENTITY, Meaning.IDENTITY_RAISES, Meaning.GUARD_WRAPPER})
_RIGHTS = regex(r"\.(?:role|app_metadata|user_metadata|email|claims)\b")
_FORBIDDEN = 403
_DEEDS = {"select": "reads", "update": "changes", "upsert": "changes", "delete": "deletes"}


class Handler(NamedTuple):
    """The function that answers a route."""

    path: str
    function: Function
    route: Route


class Chain(NamedTuple):
    """One request to a table: ``admin.from("todos").select().eq(…)``."""

    table: str
    verb: str
    calls: tuple[Call, ...]
    place: Place


class AdminFilters:
    """Finds such uses in the handlers of routes."""

    def __init__(
        self, code: Code, guards: Guards, keys: SupabaseKeys, vocabulary: Vocabulary, tables: Iterable[Table], rows: RowGates
    ) -> None:
        self._code = code
        self._guards = guards
        self._keys = keys
        self._rows = rows
        self._values = CallerValues(code, guards)
        self._calls = vocabulary.calls
        self._tables = {table.name.partition(".")[2]: table for table in tables}

    def uses(self, files: Iterable[FileFacts], routes: Iterable[Route]) -> tuple[UnfilteredUse, ...]:
        """All of them, by place; one for each table and verb of a handler."""
        by_place = {route.place: route for route in routes}
        found: dict[tuple[str, str, str], UnfilteredUse] = {}
        for file in files:
            for endpoint in file.endpoints if file.parsed else ():
                for use in self._of(file, endpoint, by_place):
                    found.setdefault((use.route, use.table, use.verb), use)
        return tuple(sorted(found.values(), key=lambda use: (use.place, use.key)))

    def handlers(self, files: Iterable[FileFacts], routes: Iterable[Route]) -> Iterator[Handler]:
        """Those of routes that callers ask for, and no clock or other service, nor administrators."""
        by_place = {route.place: route for route in routes}
        for file in files:
            for endpoint in file.endpoints if file.parsed else ():
                handler = self._handler(file, endpoint, by_place)
                if handler is not None:
                    yield handler

    def privileged_chains(self, handler: Handler) -> list[Chain]:
        """The requests to tables that a handler makes with the service key, where it knows who calls."""
        path, function, _ = handler
        found: list[Chain] = self._code.memo.once(("privileged chains", path, function.name), self._privileged, path, function)
        return found

    def _privileged(self, path: str, function: Function) -> list[Chain]:
        self._code.memo.look(path)
        return [
            chain
            for chain in self._with_service_key(path, function)
            if self._guards.at(path, function, chain.place.span.start, handler=True) is Protection.IDENTITY
        ]

    def _with_service_key(self, path: str, function: Function) -> Iterator[Chain]:
        for calls in _chains(function):
            whole = max(calls, key=lambda call: call.span.end)
            verb, of_files = _VERBS.search(whole.callee), _OF_FILES.search(whole.callee)
            if of_files is not None and self._keys.privileged(path, function, whole) is True:
                yield Chain(_FILES, "delete" if of_files[1] == "remove" else "select", tuple(calls), Place(path, whole.span))
                continue
            table = next((self._named(call) for call in calls if call.callee.endswith(NAMING) and call.arguments), None)
            if verb is None or table is None or self._code.target(path, whole.callee).path is not None:
                continue
            if self._keys.privileged(path, function, whole) is True:
                yield Chain(table, verb[1], tuple(calls), Place(path, whole.span))

    def _named(self, call: Call) -> str | None:
        """The table that a request is about; of several that it may be, as what is asked for decides, one that is known."""
        named = call.arguments[0]
        texts = [each.text for each in named.sources if each.origin is Origin.LITERAL]
        return named.text or next((text for text in texts if text in self._tables), None)

    def is_supabase_identity(self, path: str, argument: Argument) -> bool:
        """The value says who calls, as Supabase knows them."""
        for source in argument.sources:
            outside = self._code.canonical(path, source.text) if source.origin in (Origin.CALL, Origin.NAME) else None
            if outside is not None and outside.startswith(("@supabase/", "supabase.")) and self._gives_identity(path, source.text):
                return True
        return False

    def _handler(self, file: FileFacts, endpoint: Endpoint, by_place: dict[Place, Route]) -> Handler | None:
        route, target = by_place.get(endpoint.place), self._code.target(file.path, endpoint.handler)
        if route is None or target.function is None or target.path is None or route.admin or _SERVERS_OWN.search(route.title):
            return None
        return Handler(target.path, target.function, route)

    def _of(self, file: FileFacts, endpoint: Endpoint, by_place: dict[Place, Route]) -> Iterator[UnfilteredUse]:
        handler = self._handler(file, endpoint, by_place)
        if handler is None:
            return
        for chain in self.privileged_chains(handler):
            use = self._judged(handler, chain) if chain.verb != "insert" else None
            if use is not None:
                yield use
        for helper, call, sent in self._handed(handler):
            for chain in self._with_service_key(helper.path, helper.function):
                told = any(mentions(each, sent) for each in chain.calls)
                use = self._judged(helper, chain) if chain.verb != "insert" and told else None
                if use is not None:
                    step = Step(Place(handler.path, call.span), f"`{simple_name(call.callee)}` is called here")
                    yield structs.replace(use, trail=(use.trail[0], step, *use.trail[1:]))

    def _handed(self, handler: Handler) -> Iterator[tuple[Handler, Call, frozenset[str]]]:
        """The app's own functions to which a handler that knows its caller hands what was sent, and not who calls, with no test of a right before; and their parameters that hold it."""
        path, function, route = handler
        for call in function.calls:
            given = self._given(path, function, call)
            if given is None or self._guards.at(path, function, call.span.start, handler=True) is not Protection.IDENTITY:
                continue
            if not any(self._decides(path, function, guard, call) for guard in function.guards if call.span.start in guard.reach):
                yield Handler(given[0], given[1], route), call, given[2]

    def _given(self, path: str, function: Function, call: Call) -> tuple[str, Function, frozenset[str]] | None:
        """The function that is called with what was sent, or with each part of it, and its parameters that hold it."""
        if is_callers(call.callee) and simple_name(call.callee) in _FOR_EACH:
            named = [source.text.removeprefix("#") for each in call.arguments for source in each.sources if source.text.startswith("#")]
            each = self._code.functions(path).get(named[0]) if named else None
            return (path, each, frozenset(each.parameters[0].name.split(","))) if each is not None and each.parameters else None
        sent = [each for each in call.arguments if _is_callers_choice(each) and _is_as_sent(each)]
        if not sent or any(self._is_identity(path, each) for each in call.arguments):
            return None
        target = self._code.target(path, call.callee)
        if target.function is None or target.path is None or target.rest or target.function == function:
            return None
        return target.path, target.function, frozenset(name for each in sent for name in filled_by(target.function, each))

    def _judged(self, handler: Handler, chain: Chain) -> UnfilteredUse | None:
        path, function, route = handler
        table, verb = chain.table, chain.verb
        whole = max(chain.calls, key=lambda call: call.span.end)
        at = whole.span.start
        filters = [argument for call in chain.calls if call.callee.rpartition(".")[2] in _FILTERS for argument in call.arguments]
        if verb == "upsert":
            filters = [each for call in chain.calls if call.callee.endswith(".upsert") for each in call.arguments if each.slot == "0.id"]
        if table == _FILES:
            filters = [each for each in whole.arguments if each.slot == "0" and _is_as_sent(each)]
        if not any(_is_callers_choice(each) for each in filters):
            return None
        if any(self._is_identity(path, each) for call in chain.calls for each in call.arguments) or any(
            _KNOWS.search(each.text or each.slot) for each in filters
        ):
            return None
        if any(
            self._decides(path, function, guard, whole) for guard in function.guards if at in guard.reach or _tests_result(guard, whole)
        ):
            return None
        known = self._tables.get(table)
        if known is not None and not (known.owner_columns or known.sensitivity):
            return None
        if known is not None and verb == "select" and _is_public(known):
            return None
        return UnfilteredUse(
            table=table,
            verb=verb,
            deed=_DEEDS[verb],
            route=route.title,
            known=known is not None or table == _FILES,
            place=Place(path, whole.span),
            package=route.package,
            path_class=route.path_class,
            key=f"{route.package}|unfiltered|{route.title}|{verb} {table}",
            subject=f"unfiltered|{path}|{route.title}|{table}",
            trail=(
                Step(route.place, f"{route.title} finds out who calls"),
                Step(Place(path, whole.span), f"and {_DEEDS[verb]} rows of {table} that the caller picks here"),
            ),
        )

    def _is_identity(self, path: str, argument: Argument) -> bool:
        """The value says who calls."""
        return any(self._gives_identity(path, source.text) for source in argument.sources if source.origin in (Origin.CALL, Origin.NAME))

    def _gives_identity(self, path: str, name: str) -> bool:
        outside = self._code.canonical(path, name)
        if outside is None:
            return True  # one of the app's own functions: what it gives is not followed
        while "." in outside:
            if any(row.means in _IDENTITY for row in self._calls.lookup(outside)):
                return True
            outside = outside.rpartition(".")[0]
        return False

    def _decides(self, path: str, function: Function, guard: Guard, whole: Call) -> bool:
        """The test may be about what the caller may do: it looks at rows, at one of the app's own functions, or can't be told."""
        if not guard.names:
            return True
        known = any(self._says_who(path, name) for name in guard.names)
        if known and any(map(is_callers, guard.names)) and self._values.compared(path, function, guard.place.span):
            return True  # `body.userId !== user.id`
        for name in guard.names:
            if is_callers(name) or name.endswith((".error", "Error")) or _OF_NOBODY.match(name):
                continue
            if guard.status == _FORBIDDEN and name.endswith(".id") and self._says_who(path, name):
                return True  # `user.id === "…"`: it is for one account
            if name.startswith(f"{whole.callee}.") and name.removeprefix(f"{whole.callee}.").removesuffix(".id").count(".") == 0:
                continue  # only whether there is such a row
            row = self._rows.row(path, function, guard, name)
            if self._says_who(path, name) or (row is not None and self._says_nothing(path, row, known=known)):
                continue
            return True
        return False

    def _says_who(self, path: str, name: str) -> bool:
        """A name of a test stands for the caller, and for nothing that says what they may do."""
        outside = self._code.canonical(path, name)
        return outside is not None and self._gives_identity(path, name) and _RIGHTS.search(name) is None

    def _says_nothing(self, path: str, row: AskedRow, *, known: bool) -> bool:
        """A row that was not asked for by who calls, and that everybody gets: that there is one, or how it stands, is no right to anything."""
        if any(self._is_identity(path, each) for call in row.calls for each in call.arguments):
            return row.is_there and _OWN_ACCOUNT.fullmatch(row.table or "") is not None
        shown = row.privileged is True or (row.privileged is False and self._rows.shown_to_few(row.table) is False)
        return shown and (row.is_there or not (known or RIGHTS.search(row.looked_at)))


def _chains(function: Function) -> Iterator[list[Call]]:
    """The calls that one request to the database is made of."""
    by_start: dict[int, list[Call]] = {}
    for call in function.calls:
        by_start.setdefault(call.span.start, []).append(call)
    return (chain for chain in by_start.values() if any(_VERBS.search(call.callee) or _OF_FILES.search(call.callee) for call in chain))


def _is_callers_choice(argument: Argument) -> bool:
    return any(source.origin in (Origin.PARAMETER, Origin.REQUEST) or is_callers(source.text) for source in argument.sources)


def _is_as_sent(argument: Argument) -> bool:
    """Nothing that the app has looked up is in it."""
    return all(is_callers(source.text) for source in argument.sources if source.origin in (Origin.CALL, Origin.NAME))


def _tests_result(guard: Guard, whole: Call) -> bool:
    return any(name.startswith(f"{whole.callee}.") for name in guard.names)


def _is_public(table: Table) -> bool:
    return any(cell.role == "anon" and cell.verb == "select" and cell.verdict is Verdict.ALL for cell in table.access)
