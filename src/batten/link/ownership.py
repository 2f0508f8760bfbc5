"""Whose rows a handler works on: where one that knows its caller takes a row by an id of the request, and nothing ties the row to the caller.

Rows belong to callers where the app says so itself: a column of an owner, or a request to the database elsewhere that names the caller.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from msgspec import structs

from batten.facts.access import ForeignRow
from batten.facts.calls import Call, Function, Guard, Origin, simple_name
from batten.facts.project import FileFacts
from batten.facts.routes import EffectKind, Route, RouteAuth
from batten.finding import Step
from batten.link.addresses import named_in
from batten.link.asked_before import SET, compared_before, filters_by, is_validated
from batten.link.by_place import chain_of, starting_at
from batten.link.caller_values import SENT, CallerValues, is_addressed, is_called_so
from batten.link.callgraph import Code, Target
from batten.link.effects import Effects
from batten.link.factories import answering
from batten.link.for_few import REFUSES, RIGHTS, ROLE, asks_for_one, asks_for_right, handed_on, is_right, lets_few_through
from batten.link.foreign_row import OF_MANY, PRIVATE, Ties, asks_for_shown, foreign_row, is_of_another, is_row
from batten.link.guards import Guards
from batten.link.holdings import Holding, Holdings, is_shown, names_author
from batten.link.open_roles import NOTHING, Offered
from batten.link.parts_made import with_parts
from batten.link.row_writes import counts_likes
from batten.link.rows import only_adds
from batten.link.sent_by_call import replaces_by
from batten.link.supplied import meant
from batten.link.touches import Touch, Touches, chained, filled_by
from batten.link.vouched import PICKED, Vouched, finds_one, holding, is_about, is_of, is_tested, mentioned, mentions, picked_from
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Place

_WORST = (EffectKind.DATABASE_DELETE, EffectKind.DATABASE_WRITE, EffectKind.DATABASE_READ)
# New rows belong to nobody yet.
_MAKES = regex(r"(?:^|[.#])(?:create\w*|insert\w*|add(?:_all)?|bulk\w*|save\w*|upsert\w*|merge|commit|push|set)$", re.IGNORECASE)
# Where a credential of the caller's comes from.
_CARRIED = regex(r"\.(?:headers|cookies)(?:\.|$)")
# What says yes or no, by the last step of its name.
_JUDGES = regex(
    r"(?:is|has|can|may|check|verify|assert|ensure|require|validate|authorize|owns|belongs|throw|enforce|guard|deny|reject|protect)(?:[A-Z_]|$)"
)
# It asks whether a credential is good, and of nothing else.
_CREDENTIAL = regex(
    r"(?:is_?)?(?:verif(?:y|ied)|check|validate?|require|ensure|has|valid)_?(?:the_?)?(?:jwt|(?:access_?|auth_?|bearer_?|id_?)?token|auth|login|session)s?$",
    re.IGNORECASE,
)
_SERVERS_OWN = regex(r"cron|webhook|admin|internal|worker|queue|schedule|seed|sync|job|staff|manage|backoffice|dashboard", re.IGNORECASE)
_FORBIDDEN = 403
_ACCOUNT = regex(r"(?:app_?|db_?|auth_?)?(?:user|account|profile)s?", re.IGNORECASE)
# Django asks for rights to a row; what a service has signed is known to no stranger.
_ASKED_FOR = regex(r"\.(?:check_object_permissions|has_object_permission|has_perms?|has_module_perms|verify_\w*signature)$")
# Whose a row is by now: a task that nobody has taken is for everybody to take.
_TAKEN = regex(
    r"^(?:assign|claim|taken|accepted|driver|courier|rider|partner|delivery_?partner|worker|agent|owner|user)\w*$", re.IGNORECASE
)
# What an order is made of is named by records, ``{ productId, number }``; what is worked on by a list of ids, or of rows.
_OF_LIST = regex(r"\.\[\]\.(?!_?id$)\w+$")


class _Handler(NamedTuple):
    path: str
    function: Function
    route: Route
    chain: tuple[str, ...]


class Ownership:
    """Finds rows of others in the handlers of routes."""

    def __init__(self, code: Code, guards: Guards, effects: Effects, holdings: Holdings) -> None:
        self._code = code
        self._memo = code.memo
        self._guards = guards
        self.values = CallerValues(code, guards)
        self.touches = Touches(code, guards, effects)
        self._holdings = holdings

    def rows(
        self,
        files: Iterable[FileFacts],
        routes: Iterable[Route],
        asks_more: Callable[[Route], bool],
        views: Iterable[tuple[Route, str, Function, tuple[str, ...], bool]] = (),
        opened: Callable[[Route], tuple[Offered, frozenset[str]]] = lambda _: (NOTHING, frozenset()),
    ) -> tuple[ForeignRow, ...]:
        """All of them, by place; one for each route: the worst.

        ``asks_more``: what stands before a route is told to ask for more than an account. ``views`` are the functions, with their files, that
        answer routes which are not declared where those are, what stands before them, and whether these ask for an account alone. ``opened``: the
        roles that whoever signs up chooses, with the checks before a route that ask for nothing but one of these.
        """
        by_place: dict[Place, list[Route]] = {}
        for route in routes:
            by_place.setdefault(route.place, []).append(route)
        handlers = list(self._handlers(files, by_place))
        others = [(_Handler(path, function, route, chain), alone) for route, path, function, chain, alone in views]
        tied = self.ties((each.path, each.function, each.route) for each in [*handlers, *(other for other, _ in others)])
        found: dict[str, ForeignRow] = {}
        for handler in [*handlers, *(other for other, alone in others if alone)]:
            row = self._judged(handler, tied, *opened(handler.route))
            if row is not None and not asks_more(handler.route):
                found.setdefault(row.key, row)
        return tuple(sorted(found.values(), key=lambda row: (row.place, row.key)))

    def _handlers(self, files: Iterable[FileFacts], by_place: dict[Place, list[Route]]) -> Iterator[_Handler]:
        for file in files:
            for endpoint in file.endpoints if file.parsed else ():
                target = answering(self._code, file.path, endpoint)
                if target.function is None or target.path is None:
                    continue
                for route in by_place.get(endpoint.place, ())[:1]:
                    if route.auth is RouteAuth.AUTHENTICATED:
                        yield _Handler(target.path, target.function, route, endpoint.chain)

    # --- what the app ties to callers ---

    def ties(self, handlers: Iterable[tuple[str, Function, Route]]) -> Ties:
        """The models of each package whose rows the app asks for, or makes, in the caller's name, with where it does."""
        found: dict[tuple[str, str], Place] = {}
        asked: dict[tuple[str, str], Place] = {}
        for path, function, route in handlers:
            for touch, shown in self._memo.once(("tied", path, function.name), self._tied_by, path, function):
                found.setdefault((route.package, touch.model), touch.place)
                if not (shown or _MAKES.search(touch.callee) or is_shown(touch.model)):
                    asked.setdefault((route.package, touch.model), touch.place)
        return Ties(found, asked)

    def _tied_by(self, path: str, function: Function) -> tuple[tuple[Touch, bool], ...]:
        """The requests, each with whether it asks for the caller's account, or for what they have made and others may see."""
        self._memo.look(path)
        found: list[tuple[Touch, bool]] = []
        for inner in (function, *self._code.inner(path, function.name)):
            for call in inner.calls:
                own = [each for each in chained(inner, call) if each.slot not in PICKED and self.values.is_own(path, inner, each)]
                if own:
                    # Of what one of the app's own functions is handed, that alone says whose rows it asks for.
                    told = tuple(each for each in call.arguments if each in own)
                    by_own = bool(told) and meant(self._code, path, inner, call).path is not None
                    shown = asks_for_shown(call, own)
                    found += [
                        (touch, shown or any(map(names_author, touch.names)))
                        for touch in self.touches.of(path, inner, structs.replace(call, arguments=told) if by_own else call)
                    ]
        return tuple(found)

    # --- one handler ---

    def _judged(self, handler: _Handler, tied: Ties, offered: Offered, open_checks: frozenset[str]) -> ForeignRow | None:
        path, function, route, chain = handler
        named = path.endswith(".py") and any(is_right(name) and simple_name(name) not in open_checks for name in (*route.guards, *chain))
        before = (self._code, self.values, path, chain)
        if named or route.admin or route.public_by_design or _SERVERS_OWN.search(route.title) or is_validated(*before):
            return None
        found = self.taken(path, function, route.path, asked=compared_before(*before), offered=offered)
        looks_only = route.method not in ("GET", "HEAD", "ANY")
        found = with_parts(found, self.touches, self.values, path, function, partial(self._held, route.package))
        for kind in _WORST:
            for touch, chosen in found:
                if not is_row(touch) or (touch.kind is EffectKind.DATABASE_READ and looks_only):
                    continue  # whether there is such a row
                holding = self._held(route.package, touch)
                reads = touch.kind is EffectKind.DATABASE_READ
                wholes = [each for each in (holding.part_of if holding is not None else ()) if each not in OF_MANY]
                # Who changes a part of what is somebody's changes what is theirs; who reads one reads what the app shows them alone.
                part = tied.of_whole(route.package, wholes, asked=reads)
                known = tied.named.get((route.package, touch.model)) or part
                whose = holding is not None and bool(holding.owners) and (not reads or holding.personal)
                held = holding is not None and (holding.private or (holding.personal and known is not None))
                by_name = PRIVATE.match(touch.model) is not None and not (reads and is_of_another(touch.model, chosen))
                private = by_name or (held and not (reads and touch.model in OF_MANY)) or (reads and part is not None)
                if touch.kind is kind and (known is not None or whose or private):
                    owned = whose or touch.callee.endswith(".join")  # a room is for those in it
                    return foreign_row(route, touch, chosen, known, private=private, owned=owned)
        return None

    def taken(
        self,
        path: str,
        function: Function,
        address: str,
        *,
        accounts: bool = False,
        asked: frozenset[str] = frozenset(),
        offered: Offered = NOTHING,
    ) -> tuple[tuple[Touch, str], ...]:
        """What a handler does with rows that an id of the request names and nothing ties to the caller, each with that id.

        ``accounts``: those that are changed are told too, whatever the handler may ask before: that is looked at elsewhere. ``asked``: fields
        of the request that were compared with the caller before. ``offered``: roles that are no rights.
        """
        named = named_in(path, address)
        found: tuple[tuple[Touch, str], ...] = self._memo.once(
            ("taken by id", path, function.name, named, accounts, asked, offered),
            *(self._taken, path, function, named, accounts, asked, offered),
        )
        return found

    def _taken(
        self,
        path: str,
        function: Function,
        named: frozenset[str],
        accounts: bool,
        asked: frozenset[str],
        offered: Offered = NOTHING,
        *,
        follows: bool = True,
    ) -> tuple[tuple[Touch, str], ...]:
        self._memo.look(path)
        bodies = (function, *self._code.inner(path, function.name))
        if not accounts and (
            any(self._decides(path, inner, guard, offered) for inner in bodies for guard in inner.guards)
            or self._compares(path, bodies, offered)
        ):
            return ()
        found: list[tuple[Touch, str]] = []
        vouched = {} if accounts else self._vouched(path, function, bodies, named)
        orders = not accounts and self._orders(path, bodies)
        for inner in bodies:
            for call in inner.calls:
                arguments = chained(inner, call)
                every = [(name, argument.slot) for argument in arguments for name in self.values.chosen_by(function, argument, named)]
                every = [each for each in every if f"{SET}{each[0].rpartition('.')[2]}" not in asked]
                chosen = every[0][0] if every else None
                apart = [self.values.apart_from_columns(path, each, named) for each in arguments]
                told = [each for each in apart if not is_addressed(each, named)]
                if chosen is None:
                    continue
                if any(self.values.is_own(path, inner, each, classes=not accounts) for each in told):
                    found += self._taken_within(path, function, inner, call, named) if follows and not accounts else ()
                    continue
                if self._narrows_own(path, inner, call) or any(each.covers(inner, call) for each in vouched.get(chosen, ())):
                    continue
                replaces = replaces_by(call, chosen, chain_of(inner, call))
                touches = [touch for touch in self.touches.of(path, inner, call) if replaces or not _MAKES.search(touch.callee)]
                if orders and _OF_LIST.search(chosen):
                    touches = [touch for touch in touches if touch.kind is EffectKind.DATABASE_DELETE]
                if counts_likes(arguments) or only_adds(call):
                    touches = []
                fields = asked | holding(vouched, every, inner, call)
                touches = [each for each in touches if not filters_by(fields, every, call, writes=each.kind is EffectKind.DATABASE_WRITE)]
                if is_called_so(call.callee) or self.values.says_who(path, inner, call.callee):
                    # Accounts are looked up to find out who calls; one that the address names is changed.
                    by_id = accounts or chosen in named or PurePosixPath(path).suffix in SCRIPTS
                    others = self.values.is_session(path, call.callee)
                    touches = [
                        each
                        for each in touches
                        if (by_id and each.kind is not EffectKind.DATABASE_READ) or (others and not is_called_so(each.model))
                    ]
                found += [(touch, chosen) for touch in touches]
        return tuple(found)

    def _narrows_own(self, path: str, function: Function, call: Call) -> bool:
        """It picks some of the rows of a query that was asked for in the caller's name: ``mine = rows.filter(user=request.user)``, ``mine.filter(…)``."""
        at = call.made_by.start if call.made_by is not None and ".objects." in call.callee else None
        made = starting_at(function, at) if at is not None else ()
        return any(self.values.is_own(path, function, argument, classes=False) for each in made for argument in each.arguments)

    def _taken_within(
        self, path: str, handler: Function, function: Function, call: Call, named: frozenset[str]
    ) -> Iterator[tuple[Touch, str]]:
        """What one of the app's own functions, which is told who calls beside the id, does with the row all the same without a look at them."""
        target = self._code.target(path, call.callee)
        helper, home = target.function, target.path
        if helper is None or home is None or target.rest:
            return
        filled = {name: argument for argument in call.arguments for name in filled_by(helper, argument)}
        told = {name for name, argument in filled.items() if self.values.is_own(path, function, argument)}
        bodies = (helper, *self._code.inner(home, helper.name))
        asked = [each for body in bodies for each in body.calls if not _MAKES.search(each.callee)]
        if any(mentions(each, told) for each in asked) or any(is_about(guard, told) for body in bodies for guard in body.guards):
            return  # it may look at whose the row is
        step = Step(Place(path, call.span), f"`{target.name}` is told who calls here")
        for touch, name in self._taken(home, helper, frozenset(), False, frozenset(), follows=False):
            chosen = next(self.values.chosen_by(handler, filled[name], named), None) if name in filled else None
            if chosen is not None:
                yield touch._replace(trail=(step, *touch.trail)), chosen

    def _orders(self, path: str, bodies: Iterable[Function]) -> bool:
        """It makes a row in the caller's name: what it changes by a list of ids is what that row takes (stock, seats)."""
        return any(
            _MAKES.search(call.callee) and any(self.values.is_own(path, inner, argument) for argument in chained(inner, call))
            for inner in bodies
            for call in inner.calls
        )

    def _held(self, package: str, touch: Touch) -> Holding | None:
        return self._holdings.of(package, touch.named_in or touch.place.path, touch.rows or touch.model)

    def is_owned(self, package: str, touch: Touch) -> bool:
        """The columns of its rows say whose they are."""
        return (holding := self._held(package, touch)) is not None and bool(holding.owners)

    def _vouched(self, path: str, handler: Function, bodies: Iterable[Function], named: frozenset[str]) -> dict[str, list[Vouched]]:
        """What of the request was looked up together with the caller, and where: it is theirs from there on."""
        found: dict[str, list[Vouched]] = {}
        for inner in bodies:
            for call in inner.calls:
                picked = picked_from(bodies, inner, call)
                arguments = [*chained(inner, call), *picked.compared]
                every = [(name, argument.slot) for argument in arguments for name in self.values.chosen_by(handler, argument, named)]
                if not every:
                    continue
                tested = is_tested(inner, call)
                apart = [self.values.apart_from_columns(path, each, named) for each in arguments]
                own = any(self.values.is_own(path, inner, each) for each in (*apart, *(picked.asked if tested else ())))
                # What is part of something that is theirs is theirs: `{ id: documentId, teamId }` after a look at the team.
                if own or (tested and finds_one(call) and holding(found, every, inner, call)):
                    for name, _ in every:
                        found.setdefault(name, []).append(Vouched(inner, call, tested))
        return found

    def _decides(self, path: str, function: Function, guard: Guard, offered: Offered) -> bool:
        """The test may be about what the caller may do: it compares something with the caller, or asks one of the app's own functions."""
        if offered.passes(guard) or any(offered.opens(call) for call in function.calls if call.callee in guard.names):
            return False
        if guard.inverted and any(
            _TAKEN.search(name.rpartition(".")[2]) for name in guard.names if not self.values.says_who(path, function, name)
        ):
            return True  # whoever comes first may have it
        if not guard.names and guard.rejects != "end" and self.values.compared(path, function, guard.place.span):
            return True
        rights = [name for name in guard.names if RIGHTS.search(name.rpartition(".")[2]) and not self._is_own_account(path, function, name)]
        if guard.status == _FORBIDDEN and any(not SENT.search(name) for name in rights):
            return True
        if asks_for_right(function, guard, partial(self.values.says_who, path, function)):
            return True
        callers = [name for name in guard.names if self.values.says_who(path, function, name)]
        if callers and (len([name for name in guard.names if not _CARRIED.search(name)]) > 1 or any(name in callers for name in rights)):
            return True
        kept = [call for call in function.calls if any(self.values.is_own(path, function, given) for given in call.arguments)]
        mine = [name for name in guard.names if any(is_of(name, call) for call in kept)]
        alike = {call.callee for call in kept} & {call.callee for call in function.calls if call not in kept}
        if mine and (len(mine) < len(guard.names) or (len(mine) > 1 and any(name.startswith(tuple(alike)) for name in mine))):
            return True  # what is kept of the caller is compared with the row: `row.companyId !== account.companyId`
        if any(ROLE.search(name) and all(call in kept for call in function.calls if is_of(name, call)) for name in mine):
            return True  # the caller's own role, and not that of another account
        for name in guard.names:
            if any(is_of(name, call) and self._asks_about(path, function, call) for call in function.calls):
                return True
            target = self._code.target(path, name) if "#" in name else None
            if target is not None and target.function is not None and not target.rest and name not in callers and _may_judge(target.name):
                return any(is_of(name, call) and not self._is_blind(path, function, call, target) for call in function.calls)
        return False

    def _is_own_account(self, path: str, function: Function, name: str) -> bool:
        """The account that the caller signed in to, looked up in the database by who calls and by nothing else: that there is one is no right to anything."""
        found = [call for call in function.calls if call.callee == name]
        return bool(found) and all(
            any(_ACCOUNT.fullmatch(touch.model) and len(touch.trail) == 1 for touch in self.touches.of(path, function, call))
            and any(self.values.is_own(path, function, given, classes=False) for given in chained(function, call))
            for call in found
        )

    def _asks_about(self, path: str, function: Function, call: Call) -> bool:
        """The caller is looked up together with something of a row that was read: ``members.find({ group: row.groupId, user: me })``."""
        if not any(self.values.is_own(path, function, argument) for argument in call.arguments):
            return False
        read = {
            other.callee
            for other in function.calls
            if other.span.start < call.span.start
            and not any(self.values.is_own(path, function, argument) for argument in chained(function, other))
            and self.touches.of(path, function, other)
        }
        return any(
            source.origin in (Origin.NAME, Origin.CALL) and source.text.startswith(tuple(read))
            for argument in call.arguments
            for source in argument.sources
        )

    def _is_blind(self, path: str, function: Function, call: Call, target: Target) -> bool:
        """One of the app's own functions that neither is told who calls nor asks: whatever it checks, it is not whose the row is."""
        helper, home = target.function, target.path
        if helper is None or home is None or any(self.values.is_own(path, function, given) for given in call.arguments):
            return False
        bodies = (helper, *self._code.inner(home, helper.name))
        called = [each.callee for body in bodies for each in body.calls]
        if any(
            "#" in each and not each.startswith(f"#{helper.name}.") and self._code.target(home, each).path is not None for each in called
        ):
            return False  # what that does is not followed
        return not any(self.values.says_who(home, body, name) for body in bodies for name in mentioned(body))

    def _compares(self, path: str, bodies: Iterable[Function], offered: Offered) -> bool:
        """It keeps only some of the rows, by who calls: ``rows.filter((row) => row.userId === user.id)``; or a check of the app's own leaves by itself."""
        for inner in bodies:
            if any(len(each.names) > 1 and any(self.values.says_who(path, inner, name) for name in each.names) for each in inner.results):
                return True
            for call in inner.calls:
                own = partial(any, (self.values.is_own(path, inner, argument) for argument in call.arguments))
                if _ASKED_FOR.search(call.callee) or (REFUSES.search(call.callee) and own()):
                    return True
                target = self._code.target(path, call.callee) if "#" in call.callee else None
                if target is None or target.function is None or offered.opens(call):
                    continue
                if own() and _may_judge(target.name):
                    return True
                tested = any(guard.rejects != "end" and is_of(name, call) for guard in inner.guards for name in guard.names)
                for at, name, each in [*handed_on(self._code, target)][: None if tested else 1]:
                    if (is_right(name) and _may_judge(name)) or lets_few_through(
                        each, partial(self.values.says_who, at, each), tested=tested
                    ):
                        return True
        # In the handler itself a role may be that of the row, or what was sent.
        return any(asks_for_one(inner, partial(self.values.says_who, path, inner)) for inner in bodies)


def _may_judge(name: str) -> bool:
    """It is called like something that says yes or no, and is more than a look whether there is such a row."""
    last = simple_name(name)
    return _JUDGES.match(last) is not None and not _CREDENTIAL.match(last)
