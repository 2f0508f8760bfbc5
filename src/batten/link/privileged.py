"""What is not for every account to do, and is done by routes that ask for nothing but one."""

import re
from collections.abc import Iterable, Iterator, Sequence

from batten.facts.access import PrivilegedDeed
from batten.facts.calls import Function, Guard, simple_name
from batten.facts.project import FileFacts
from batten.facts.routes import EffectKind, Route, RouteAuth
from batten.facts.schema import Table
from batten.finding import Step
from batten.link import addresses
from batten.link.addresses import named_in
from batten.link.callgraph import Code
from batten.link.deeds import WRITES, is_private, manages_users
from batten.link.effects import Effects, Reached
from batten.link.for_few import speaks_of_rights
from batten.link.foreign_row import Ties
from batten.link.holdings import Holdings
from batten.link.listed_rows import ACCOUNTS, ListedRows
from batten.link.ownership import Ownership
from batten.link.rights import Rights
from batten.link.routes import Standing
from batten.link.rows import USERS, query_text, singular
from batten.link.shared_rows import SharedRows, takes_part
from batten.link.spelled import graph_of
from batten.link.told_deeds import Done, as_one, fact_of
from batten.link.touches import DEEDS, Touch, chained
from batten.regex import regex
from batten.text import Place

_ROLE = regex(r"(?:user_?)?roles?(?:_?id)?|is_?admin|is_?staff|is_?superuser", re.IGNORECASE)
# A check before a route that is called after those it lets in.
_GATES = regex(
    r"(?:admin|staff|moderator|super_?user|roles?|permissions?)(?:_?(?:only|required|guard|middleware|access|auth|check))?$", re.IGNORECASE
)
# What people sign in with: whoever changes the mail of such a row has it.
_SIGNED_IN = USERS | {"account", "admin", "authuser"}
_RIGHTS = regex(
    r"(?:^|[._])(?:\$?set\.|data\.)?(?:role|roles|role_?id|user_?role|is_?admin|admin|is_?staff|is_?super_?user|permissions?|plan|tier|subscription_?(?:plan|tier|status)|credits?|balance"
    r"|is_?(?:premium|pro|verified|approved|banned|blocked|suspended)|banned|blocked|suspended|approved|premium)$",
    re.IGNORECASE,
)
# Tables, and addresses, of what groups of accounts may do.
_RIGHTS_OF_GROUPS = frozenset(("role", "rol", "permission", "permiso", "rolepermission", "privilege", "userrole", "userpermission"))
_OF_RIGHTS = regex(r"(?:^|[/_-])(?:roles?|permissions?|privileges?)(?:$|[/_-])", re.IGNORECASE)
_SQL_RIGHTS = regex(
    r"\bset\b[^;]*\b(?:role|role_id|is_admin|is_staff|plan|tier|credits|balance|is_banned|banned|is_premium|permissions)\s*=", re.IGNORECASE
)
_TESTED = regex(
    r"(?:^|[.#_])(?:is|has|can|may)(?:Admin|Staff|Moderator|Manage|Edit|Super)\w*$|[.#](?:user_?)?role(?:Slug|_?name)?$|\.is_?admin$"
)
_FORBIDDEN = 403
_LOOKED_UP = regex(r"(?:^|\.)where(?:\.|$)")
# What services are asked to do: to accounts that they keep, and with money that was paid.
_SERVICES = (
    (
        regex(
            r"(?:delete_?users?|set_?custom_?user_?claims|update_?user(?:_?by_?id|_?metadata)?|un?ban_?user|set_?role|remove_?user|impersonate_?user|set_?user_?password)$",
            re.IGNORECASE,
        ),
        EffectKind.ACCOUNT_CHANGE,
        "changes the account that the request names",
    ),
    (regex(r"refunds?(?:\.create)?$", re.IGNORECASE), EffectKind.PAYMENT, "pays back what the request names"),
)
_SELF = regex(r"(?:^|[/_.-])(?:me|self|my|mine|own|profile|current)(?:$|[/_.-])", re.IGNORECASE)
_WORDS = {
    EffectKind.DATABASE_WRITE: "changes",
    EffectKind.DATABASE_DELETE: "removes",
    EffectKind.DATABASE_READ: "shows",
    EffectKind.ACCOUNT_CHANGE: "changes accounts",
    EffectKind.MAIL: "sends messages",
    EffectKind.PAYMENT: "moves money",
    EffectKind.COMMAND: "runs a command",
    EffectKind.FILE_WRITE: "writes files",
    EffectKind.QUEUE: "starts jobs",
}
_ORDER = tuple(_WORDS)
_ABOUT_ROWS = frozenset((EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE, EffectKind.DATABASE_READ))


def _with_roles(tables: tuple[Table, ...]) -> frozenset[str]:
    """The packages in whose tables a column says what an account may do."""
    return frozenset(table.package for table in tables if any(_ROLE.fullmatch(column.name) for column in table.columns))


def _asks_services(file: FileFacts) -> bool:
    """Something in the file may ask another service for such a deed."""
    return any(pattern.search(call.callee) for function in file.functions for call in function.calls for pattern, _, _ in _SERVICES)


class Privileged:
    """Finds such routes."""

    def __init__(
        self, code: Code, everything: Effects, ownership: Ownership, rights: Rights, holdings: Holdings, tables: Iterable[Table]
    ) -> None:
        self._code = code
        self._holdings = holdings
        self._listed = ListedRows(code, everything, ownership, holdings)
        self._everything = everything
        self._ownership = ownership
        self._rights = rights
        tables = tuple(tables)
        self._with_roles: frozenset[str] = code.memo.once(("packages with roles",), _with_roles, tables, given=tables)

    def deeds(self, standings: Sequence[Standing]) -> tuple[PrivilegedDeed, ...]:
        """All of them, by place; one for each file with routes."""
        found: dict[str, PrivilegedDeed] = {}
        known: dict[str, tuple[Step | None, bool, bool]] = {}
        elsewhere = self._kept_for_few(standings)
        ties = self._ownership.ties((path, function, each.route) for each in standings for path, function in each.runs)
        shared = SharedRows(self._everything, self._holdings, standings)
        for standing in standings:
            route = standing.route
            if route.auth is not RouteAuth.AUTHENTICATED or _SELF.search(route.path):
                continue
            done = (
                self._of(standing)
                or self._as_elsewhere(standing, elsewhere)
                or self._of_everybody(standing, ties)
                or _of_shared(standing, shared, ties)
            )
            if done is None or self._rights.may_be_asked(standing):
                continue
            if route.package not in known:
                known[route.package] = self._knows(route.package, standings, shared)
            fact = fact_of(route, done, *known[route.package])
            found.setdefault(fact.key, fact)
        by_file: dict[tuple[str, str], list[PrivilegedDeed]] = {}
        for fact in sorted(found.values(), key=lambda fact: (fact.place, fact.key)):
            by_file.setdefault((fact.package, fact.place.path), []).append(fact)
        return tuple(sorted(map(as_one, by_file.values()), key=lambda fact: (fact.place, fact.key)))

    def _knows(self, package: str, standings: Iterable[Standing], shared: SharedRows) -> tuple[Step | None, bool, bool]:
        """Where else the app asks callers what they may do, whether accounts have roles, and whether strangers make accounts."""
        asks, joins = None, False
        for standing in standings:
            route = standing.route
            if route.package != package:
                continue
            tested = (name for _, function in standing.runs for guard in function.guards for name in guard.names)
            if asks is None and route.auth is RouteAuth.AUTHENTICATED:
                said = next((name for name in (*route.guards, *tested) if speaks_of_rights(name)), None)
                asks = Step(route.place, f"{route.title} asks for more than an account") if said is not None else None
            joins = joins or addresses.lets_join(route)
        around = {package, *(package[:at] for at, char in enumerate(package) if char == "/"), ""}
        roles = asks is not None or not around.isdisjoint(self._with_roles) or shared.role(package) is not None
        return asks, roles, joins

    # --- by what other routes ask that do the same ---

    def _kept_for_few(self, standings: Iterable[Standing]) -> dict[tuple[str, str], Step]:
        """The models of each package whose rows are changed by routes before which a check of a right stands, with one of these."""
        found: dict[tuple[str, str], Step] = {}
        for standing in standings:
            route = standing.route
            asks = route.auth is RouteAuth.AUTHENTICATED and (
                any(_GATES.search(simple_name(name)) for name in route.guards)
                or any(_refuses_for_right(guard) for _, each in standing.runs for guard in each.guards)
            )
            if asks:
                for touch in self._changes(standing, accounts=True):
                    found.setdefault(
                        (route.package, touch.model), Step(route.place, f"{route.title} asks for more than an account for that")
                    )
        return found

    def _changes(self, standing: Standing, *, accounts: bool) -> Iterator[Touch]:
        """What a route changes or removes by an id that it is sent."""
        for path, function in standing.runs:
            for touch, _ in self._ownership.taken(path, function, standing.route.path, accounts=accounts):
                if touch.kind in (EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE):
                    yield touch

    def _as_elsewhere(self, standing: Standing, kept: dict[tuple[str, str], Step]) -> Done | None:
        """It changes rows that are nobody's own, as other routes do for administrators alone."""
        package = standing.route.package
        for touch in self._changes(standing, accounts=False) if kept else ():
            step = kept.get((package, touch.model))
            if step is not None and not self._ownership.is_owned(package, touch) and not takes_part(standing.route, touch.model):
                deed = f"{DEEDS[touch.kind]} the {touch.model} that the request names"
                return Done("elsewhere", deed, True, touch.trail[0].place, (*touch.trail, step))
        return None

    def _of(self, standing: Standing) -> Done | None:
        by_address = _is_for_administrators(standing.route)
        for path, function in standing.runs:
            found = next(self._of_accounts(path, function, standing.route), None)
            if found is None and _OF_RIGHTS.search(standing.route.path):
                found = self._of_rights(path, function, standing.route)
            if found is None and by_address:
                found = self._by_address(path, function, standing.route)
            if found is None:
                places = self._listed.accounts(standing.route, path, function)
                found = next(
                    (Done("list", "shows all accounts", False, each, (Step(each, "all accounts are read here"),)) for each in places), None
                )
            if found is not None:
                return found
        return None

    # --- by what the address says ---

    def _by_address(self, path: str, function: Function, route: Route) -> Done | None:
        """The worst of what it does, that is not about the caller's own."""
        reached = [
            each
            for each in self._everything.of(path, function, handler=True, method=route.method)
            if each.kind in _WORDS
            and not self._is_own(path, function, each, route.path)
            and not (each.callee.startswith(("@supabase/", "supabase.")) and not each.admin)
        ]
        worst = min(
            reached,
            key=lambda each: (
                each.kind is EffectKind.DATABASE_READ,
                not manages_users(each),
                not is_private(each, route.path),
                _ORDER.index(each.kind),
            ),
            default=None,
        )
        if worst is None:
            return None
        deed = _WORDS[worst.kind]
        if worst.kind in _ABOUT_ROWS:
            deed = f"{deed} {f'rows of {worst.detail}' if worst.detail else 'rows of the database'}"
        return Done("address", deed, worst.kind in WRITES, worst.place, worst.trail, is_private(worst, route.path))

    def _is_own(self, path: str, function: Function, effect: Reached, address: str) -> bool:
        """It is asked for by who calls, in the handler; a function of the app's own that is handed an id of the request as well is told who does it."""
        first = effect.trail[0].place if effect.trail else effect.place
        for inner in (function, *self._code.inner(path, function.name)):
            for call in inner.calls:
                if first.path == path and call.span == first.span:
                    given = chained(inner, call)
                    if not any(self._ownership.values.is_own(path, inner, each, classes=False) for each in given):
                        return False
                    named = named_in(path, address)
                    return first == effect.place or not any(
                        True for each in given for _ in self._ownership.values.chosen_by(function, each, named)
                    )
        return False

    # --- by what it does with accounts ---

    def _of_accounts(self, path: str, function: Function, route: Route) -> Iterator[Done]:
        """An account that the request names is removed, or given a right."""
        named = named_in(path, route.path)
        for touch, chosen in self._ownership.taken(path, function, route.path, accounts=True):
            if touch.model not in ACCOUNTS:
                continue
            place, writes = touch.trail[0].place, touch.kind is EffectKind.DATABASE_WRITE
            if touch.kind is EffectKind.DATABASE_DELETE:
                yield Done("account", f"removes the {touch.model} that the request names", True, place, touch.trail)
            elif writes and (right := self._given_right(path, function, touch.place)):
                yield Done("right", f"sets `{right}` of the {touch.model} that the request names", True, place, touch.trail)
            elif writes and touch.model in _SIGNED_IN and (chosen in named or addresses.names_row(function, chosen)):
                yield Done("account", f"changes the {touch.model} that the request names", True, place, touch.trail)
        file = self._code.file(path)
        if file is None or not self._code.memo.told("asks services", file, _asks_services):
            return
        for inner in (function, *self._code.inner(path, function.name)):
            for call in inner.calls:
                deed = next(
                    (
                        told
                        for pattern, kind, told in _SERVICES
                        if pattern.search(call.callee) and self._everything.direct(path, call) is kind
                    ),
                    None,
                )
                given = chained(inner, call) if deed is not None else []
                asked = any(name for each in given for name in self._ownership.values.chosen_by(function, each, named))
                if deed is not None and asked and not any(self._ownership.values.is_own(path, inner, each) for each in given):
                    place = Place(path, call.span)
                    yield Done("account", deed, True, place, (Step(place, "that is asked of another service here"),))

    def _of_rights(self, path: str, function: Function, route: Route) -> Done | None:
        """Rows are made, changed or removed that say what whole groups of accounts may do."""
        for each in self._everything.of(path, function, handler=True, method=route.method):
            model = singular((each.detail or each.rows or "").rpartition("#")[2])
            if each.kind in WRITES and each.kind in _ABOUT_ROWS and model in _RIGHTS_OF_GROUPS:
                return Done("address", f"{_WORDS[each.kind]} rows of {model}, which say what accounts may do", True, each.place, each.trail)
        return None

    def _given_right(self, path: str, handler: Function, place: Place) -> str | None:
        """The property of an account that is written where the database is asked, and says what it may do."""
        for function in self._code.functions(place.path).values():
            for call in function.calls:
                if call.span == place.span:
                    text = query_text(call)
                    if text is not None and (found := _SQL_RIGHTS.search(text)):
                        return found[0].rstrip("= ").rpartition(" ")[2]
                    slots = [each.slot for each in chained(function, call) if not _LOOKED_UP.search(each.slot)]
                    written = next((slot for slot in slots if _RIGHTS.search(slot)), None)
                    return written.rpartition(".")[2] if written is not None else self._assigned(place.path, function)
        return self._assigned(path, handler)

    def _assigned(self, path: str, function: Function) -> str | None:
        """What is set on a row before it is saved: ``user.role = …``."""
        graph = graph_of(self._code, path, function)
        return (
            next((call.method for call in graph.calls if call.callee == "=" and _RIGHTS.search(call.method)), None)
            if graph is not None
            else None
        )

    def _of_everybody(self, standing: Standing, ties: Ties) -> Done | None:
        """Rows that the app elsewhere shows only to those whose they are, or that are about one person each, are listed."""
        for path, function in standing.runs:
            for model, effect in self._listed.of(standing.route, path, function, ties):
                known = ties.asked.get((standing.route.package, model))
                trail = (*effect.trail, *((Step(known, f"elsewhere rows of {model} go by who calls"),) if known is not None else ()))
                return Done(
                    "rows" if known is not None else "rows-by-name",
                    f"shows every {model}, whoever it belongs to",
                    False,
                    effect.place,
                    trail,
                )
        return None


def _of_shared(standing: Standing, shared: SharedRows, ties: Ties) -> Done | None:
    """Rows that are there for everybody to see are changed, in an app that has administrators."""
    package = standing.route.package
    for path, function in standing.runs:
        for model, effect in shared.of(standing.route, path, function, ties):
            step = shared.role(package)
            if step is not None:
                deed = f"{_WORDS[effect.kind]} {model} rows, which are nobody's own and shown to all"
                return Done("shared", deed, True, effect.place, (*effect.trail, step))
    return None


def _refuses_for_right(guard: Guard) -> bool:
    """A handler itself answers that the caller may not."""
    return guard.status == _FORBIDDEN and any(_TESTED.search(name) for name in guard.names)


def _is_for_administrators(route: Route) -> bool:
    return addresses.is_for_administrators(route.path, route.handler) or (
        "{" not in route.path
        and ":" not in route.path
        and "[" not in route.path
        and "<" not in route.path
        and route.method != "GET"
        and addresses.is_configuration(route.path)
    )
