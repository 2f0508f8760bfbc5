"""What becomes of the rows that a function of Python reads: which are changed, or removed, and which are only looked at; knows no route.

https://docs.sqlalchemy.org/en/20/orm/session_basics.html: what is set on a row is written when the session is committed, whatever else is.
"""

import re
from bisect import bisect_left

from batten.facts.calls import Call, Function, Origin, Parameter, Source
from batten.facts.changes import KEEPS, Change, Deed
from batten.link.by_place import starting_at
from batten.link.callgraph import Code, Target
from batten.link.last_few import LastFew
from batten.link.lineage import classes_of
from batten.link.rows import model_named
from batten.link.supplied import meant
from batten.regex import regex

# Functions of the app's own that hand a row on to each other.
_DEEPEST = 3
_ALTERS = regex(
    r"(?:^|[._#])(?:(?:sqlmodel_)?update\w*|save\w*|set\w*|edit\w*|modify\w*|apply\w*|patch\w*|change\w*|from_dict|populate\w*|increment\w*|decrement\w*|fill\w*|assign\w*|merge|refresh|add)$",
    re.IGNORECASE,
)
# What is in a row, a list of others above all, is changed in place.
_IN_PLACE = frozenset(("append", "extend", "insert", "remove", "discard", "pop", "clear", "add", "update", "set", "setdefault", "sort"))
# What asks, of rows, of results, and of queries that are still to be run.
_ASKS = regex(
    r"(?:get|is|has|to|as|can|check|verify|validate|dict|json|model_dump|copy|scalar|first|last|one|all|fetch|mappings|unique|partitions|tuples|filter|where|order|offset|limit|join|outerjoin"
    r"|options|group|having|distinct|with|paginate|count|exists|subquery|select|values|keys|items|column|between|in_|like|ilike|desc|asc|label|format|compare|serialize|dump|close)(?![a-z])"
)


def is_changed(code: Code, path: str, function: Function, read: Call) -> bool:
    """A row that a call reads is set, or may be, where something is kept after that: ``row.title = title``, ``apply(row, data)``, ``row.archive()``; or a session is told of it."""
    if not any(_alters(code, path, function, read, each) for each in _INDEX.of(function).of(read.span.start)):
        return False
    return _INDEX.of(function).last_kept > read.span.start or _kept_by_others(code, path, function)


def is_traced_elsewhere(function: Function, call: Call, read: Call) -> bool:
    """What a call is made on, or is handed first, comes of other calls than the one that reads."""
    told = [
        each
        for each in _INDEX.of(function).by_place.get(call.span.start, ())
        if each.span == call.span and each.deed is not Deed.SETS and each.field in ("0", *_last(each))
    ]
    unknown = any(not each.given_by for each in told)
    return bool(told) and not unknown and all(given.start != read.span.start for each in told for given in each.given_by)


def set_before(function: Function, commit: Call) -> tuple[tuple[Call, frozenset[str]], ...] | None:
    """The calls of the chains that give the objects of which fields are set between the commit before and this one, each with these; None where of one nobody knows what it is."""
    index = _INDEX.of(function)
    found: dict[int, set[str]] = {}
    number = bisect_left(index.commits, commit.span.start)
    since = index.commits[number - 1] if number else -1
    for change in index.sets[bisect_left(index.sets_at, since) : bisect_left(index.sets_at, commit.span.start)]:
        if not change.given_by and not change.parameter:
            return None
        for given in change.given_by:
            found.setdefault(given.start, set()).add(change.field)
    return tuple((call, frozenset(fields)) for start, fields in found.items() for call in starting_at(function, start))


class _Index:
    """The changes of a function, looked up and not searched for: a handler may have thousands."""

    def __init__(self, function: Function) -> None:
        self._by_giver: dict[int, list[Change]] = {}
        self.by_place: dict[int, list[Change]] = {}
        for change in function.changes:
            for start in {given.start for given in change.given_by} if change.given_by or change.parameter else (-1,):
                self._by_giver.setdefault(start, []).append(change)
            self.by_place.setdefault(change.span.start, []).append(change)
        self.sets = sorted((each for each in function.changes if each.deed is Deed.SETS), key=lambda each: each.span.start)
        self.sets_at = [each.span.start for each in self.sets]
        self.commits = sorted(call.span.start for call in function.calls if call.callee.endswith(".commit"))
        self.last_kept = max((call.span.start for call in function.calls if KEEPS.search(call.callee)), default=-1)

    def of(self, start: int) -> list[Change]:
        """What is done to what the calls give that begin there, or to something of which nobody knows where it comes from."""
        return [*self._by_giver.get(start, ()), *self._by_giver.get(-1, ())]


_INDEX = LastFew(_Index)


def _last(change: Change) -> tuple[str, ...]:
    return (change.field,) if change.deed is Deed.CALLS else ()


def _alters(code: Code, path: str, function: Function, read: Call, change: Change) -> bool:
    if change.deed is Deed.SETS:
        return True
    if change.deed is Deed.HANDS:
        call = next((each for each in starting_at(function, change.span.start) if each.span == change.span), None)
        return call is not None and _alters_handed(code, path, function, call, change.field, _DEEPEST)
    *inner, method = change.field.split(".")
    if inner:
        return method in _IN_PLACE
    own = _method(code, path, function, read, method)
    if own is not None:
        return _alters_parameter(code, *own, own[1].parameters[0].name if own[1].parameters else "", _DEEPEST)
    return _ALTERS.search(method) is not None or (_class_of(code, path, function, read) is None and _ASKS.match(method) is None)


def _alters_handed(code: Code, path: str, function: Function, call: Call, slot: str, depth: int) -> bool:
    """What an object is handed to changes it."""
    target = meant(code, path, function, call)
    if target.function is None or target.path is None or target.rest:
        # ``session.refresh(row)``, ``form.populate_obj(row)``; what stands first is what is worked on.
        return slot in ("0", "instance", "obj") and _ALTERS.search(call.callee) is not None and not call.callee.endswith(".set")
    code.ask(target.path)
    helper, home = target.function, target.path
    return depth > 0 and any(_alters_parameter(code, home, helper, name, depth - 1) for name in _filled(helper, slot))


def _alters_parameter(code: Code, path: str, function: Function, name: str, depth: int) -> bool:
    if not name:
        return False
    if any(
        change.parameter == name and (change.deed is Deed.SETS or (change.deed is Deed.CALLS and _changes_by_name(change.field)))
        for change in function.changes
    ):
        return True
    whole = (Source(Origin.PARAMETER, name),)
    return depth > 0 and any(
        argument.sources == whole and _alters_handed(code, path, function, call, argument.slot, depth)
        for call in function.calls
        for argument in call.arguments
    )


def _changes_by_name(field: str) -> bool:
    *inner, method = field.split(".")
    return method in _IN_PLACE if inner else _ALTERS.search(method) is not None


def own_parameters(function: Function) -> tuple[Parameter, ...]:
    """The parameters that calls fill: not the object that a method is one of."""
    return function.parameters[1:] if function.parameters and function.parameters[0].name in ("self", "cls") else function.parameters


def _filled(function: Function, slot: str) -> tuple[str, ...]:
    """The names of the parameter that an argument fills."""
    own = own_parameters(function)
    if slot.isdigit():
        return tuple(own[int(slot)].name.split(",")) if int(slot) < len(own) else ()
    return (slot,)


def _class_of(code: Code, path: str, function: Function, read: Call) -> tuple[str, str] | None:
    """The file and the name of the class of the rows that are read."""
    named = model_named(function, read)
    home = code.home(path, named) if named is not None and "#" in named else None
    if home is None:
        return None
    code.ask(home[0])
    held = code.bindings(home[0]).get(home[1])
    return home if held is not None and held.is_class else None


def _method(code: Code, path: str, function: Function, read: Call, name: str) -> tuple[str, Function] | None:
    """A method of the class of the rows, or of one that it heirs."""
    home = _class_of(code, path, function, read)
    for at, each in classes_of(code, *home) if home is not None else ():
        found = code.functions(at).get(f"{each}.{name}")
        if found is not None:
            return at, found
    return None


def _kept_by_others(code: Code, path: str, function: Function) -> bool:
    """The session is one that what hands it in commits when the function is done.

    https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/
    """
    for parameter in function.parameters:
        for call in parameter.calls:
            names = (source.text for given in call.arguments[:1] for source in given.sources if source.origin is Origin.NAME)
            for target in (_known(code, path, name) for name in names if "#" in name):
                if target is not None and target.function is not None and _commits(target.function):
                    return True
    return False


def _known(code: Code, path: str, name: str) -> Target | None:
    target = code.target(path, name)
    return target if target.path is not None and not target.rest else None


def _commits(function: Function) -> bool:
    return any(call.callee.endswith((".commit", ".begin")) for call in function.calls)
