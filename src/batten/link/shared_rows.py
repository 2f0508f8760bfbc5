"""Rows that all accounts see and few are to change: what a shop offers, rooms, categories, coupons, settings; known by their names or columns, and by the address that changes them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from batten.facts.calls import Function, simple_name
from batten.facts.routes import EffectKind, Route, RouteAuth
from batten.finding import Step
from batten.link.effects import Effects, Reached
from batten.link.for_few import speaks_of_rights
from batten.link.foreign_row import Ties
from batten.link.holdings import Holdings, is_account, model_called
from batten.link.routes import Standing
from batten.link.rows import singular
from batten.link.schema.private_names import words
from batten.regex import regex

_MASTER = regex(
    r"(?:(?:sub)?category|brand|product(?:category|type|variant)?|coupon|discount|promo(?:tion|code)?|voucher|banner|faq|roomtype|menuitem|fooditem"
    r"|(?:site|app|system|global|store|shop)?(?:setting|config(?:uration)?)|taxrate|shipping(?:method|rate|zone)|department|faculty|pricingplan|subscriptionplan)"
)
# What is about one person each, or said by somebody, has a price, too.
_OF_SOMEBODY = regex(
    r"\w*(?:order|cart|basket|item|line|invoice|bill|payment|transaction|purchase|booking|reservation|expense|budget|income|subscription|bid|offer|quote|deal|trade|holding|position|asset"
    r"|portfolio|wishlist|receipt|refund|loan|ticket|donation|log|history|snapshot|listing|gig|job|project|task|goal|application|request|proposal|user|account|profile|member|trip|entry|record)"
)
_ASKS_ROLE = regex(r"admin|staff|super_?user|roles?(?![a-z])|permi(?:t|ss)", re.IGNORECASE)
_VERBS = frozenset(
    ("add", "new", "create", "update", "edit", "delete", "remove", "destroy", "save", "upsert", "bulk", "import", "upload", "store", "modify", "change", "post", "put", "patch", "set", "all", "many", "one", "by", "id", "api", "action")
)  # fmt: skip
# What people say of a row, or do with it, where it is made for them to.
_TAKES_PART = regex(
    r"(?:un)?(?:review|rating|rate|comment|(?:dis)?like|view|favou?rite|bookmark|(?:up|down)?vote|follow|watch|wishlist|enroll?(?:ment)?|join|leave|rsvp|book|booking|reserve|reservation|buy|purchase|order|checkout|cart|payment)"
)
# What of a row an address may name behind it.
_OF_ROW = frozenset(
    ("status", "price", "stock", "active", "availability", "visibility", "image", "images", "photo", "featured", "publish", "toggle")
)
_CHANGES = frozenset((EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE))
_PARAMETER = ":{[<*$("


class SharedRows:
    """Finds where such rows are changed."""

    def __init__(self, everything: Effects, holdings: Holdings, standings: Sequence[Standing]) -> None:
        self._everything = everything
        self._holdings = holdings
        self._standings = standings
        self._roles: dict[str, Step | None] = {}

    def role(self, package: str) -> Step | None:
        """Where the app of a package asks for a role, or keeps one with its accounts."""
        if package not in self._roles:
            own = [each for each in self._standings if each.route.package == package]
            self._roles[package] = next(_asked(own), None) or next(self._kept(own), None)
        return self._roles[package]

    def _kept(self, standings: Iterable[Standing]) -> Iterator[Step]:
        for standing in standings:
            for path, function in standing.runs:
                for effect in self._everything.of(path, function, handler=True, method=standing.route.method):
                    named = effect.rows or effect.detail or ""
                    account = is_account(called(named))
                    held = self._holdings.of(standing.route.package, effect.place.path, named) if account else None
                    if held is not None and held.ranked:
                        yield Step(effect.place, "accounts, which are asked for here, have roles")

    def of(self, route: Route, path: str, function: Function, ties: Ties) -> Iterator[tuple[str, Reached]]:
        """What a handler changes or removes of them, each model with the request for its rows."""
        if route.method == "GET":
            return
        for effect in self._everything.of(path, function, handler=True, method=route.method):
            named = (effect.rows or effect.detail) if effect.kind in _CHANGES and not effect.of_owner else None
            model = singular(called(named)) if named is not None else ""
            if named is None or not model or not is_about(route, model) or (route.package, model) in ties.named:
                continue
            if self._is_shared(route.package, effect, named, model):
                yield model, effect

    def _is_shared(self, package: str, effect: Reached, named: str, model: str) -> bool:
        """It is called so, or has a price; and neither it nor what it is part of is anybody's own."""
        held = self._holdings.of(package, effect.place.path, named)
        name = model.replace("_", "")
        if held is not None and (held.owners or held.private or any(self._is_owned(package, each) for each in held.part_of)):
            return False
        offered = held is not None and held.offered and _OF_SOMEBODY.fullmatch(name) is None
        return offered or _MASTER.fullmatch(name) is not None

    def _is_owned(self, package: str, whole: str) -> bool:
        held = self._holdings.called(package, whole)
        return held is not None and bool(held.owners)


def takes_part(route: Route, model: str) -> bool:
    """The address says that a row is reviewed, liked, or taken, and is not that of such rows: ``POST /products/:id/reviews``, ``/checkout``."""
    said = _said(route)
    return any(_TAKES_PART.fullmatch(singular(word)) for word in said) and not is_about(route, model)


def called(named: str) -> str:
    """A model or table, as people call it."""
    return model_called(named) if "#" in named else named


def is_about(route: Route, model: str) -> bool:
    """The address, or the name of the handler where the address says nothing, is that of the rows: ``PUT /rooms/:id``, ``addProduct``; not ``POST /products/:id/reviews``."""
    name, said = model.replace("_", "").lower(), _said(route)
    return bool(said) and name in {singular("".join(said)).replace("_", ""), singular(said[-1])}


def _said(route: Route) -> tuple[str, ...]:
    """The words of the last step of an address that says something, or of the name of the handler."""
    steps = [step for step in re.split(r"[/.]", route.path) if step and step[0] not in _PARAMETER and step not in _OF_ROW]
    named = simple_name(route.handler)
    return next((left for step in (*reversed(steps), named) if (left := _nouns(step))), ())


def _asked(standings: Iterable[Standing]) -> Iterator[Step]:
    for standing in standings:
        tested = (name for _, function in standing.runs for guard in function.guards for name in guard.names)
        said = (*standing.route.guards, *tested) if standing.route.auth is RouteAuth.AUTHENTICATED else ()
        if any(_ASKS_ROLE.search(name) and speaks_of_rights(name) for name in said):
            yield Step(standing.route.place, f"{standing.route.title} asks for more than an account")


def _nouns(step: str) -> tuple[str, ...]:
    return tuple(word for word in words(step) if word not in _VERBS)
