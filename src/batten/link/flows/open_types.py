"""What the types of what a request holds let through: records that say what an account may do, and what no text is in; knows no flow."""

from collections.abc import Iterable, Iterator

from batten.code.patterns import settles
from batten.facts.calls import CHECKING, INJECTING, Binding, Call, Function, Parameter, simple_name
from batten.facts.flows import OF_FEW
from batten.link.callgraph import Code
from batten.link.flows.authority import KEYS
from batten.link.permissions import Classes, Lineage
from batten.regex import regex

Settled = frozenset[tuple[int, tuple[str, ...]]]
"""Parameters by their places, each with the way to a part of it that holds no text of the caller's own."""
_ANYTHING = frozenset(("dict", "typing#Dict", "typing#Any", "typing#Mapping", "typing#MutableMapping", "collections.abc#Mapping"))
# https://docs.pydantic.dev/latest/api/types/
_NUMBERS = regex(
    r"(?:int|float|bool|complex)\Z|(?:uuid#UUID|datetime#(?:datetime|date|time|timedelta)|decimal#Decimal|typing(?:_extensions)?#Literal)\Z"
    r"|pydantic(?:\.types)?#(?:(?:Positive|Negative|NonNegative|NonPositive|Strict|Finite)(?:Int|Float|Bool)|con(?:int|float|decimal|date)|UUID[1-8]|(?:Past|Future|Aware|Naive)\w+)\Z"
)
# https://docs.python.org/3/library/enum.html
_CHOICES = regex(r"(?:\A|[.#])(?:Int|Str)?Enum\Z")
# https://docs.pydantic.dev/latest/concepts/validators/
_VALIDATES = ("field_validator", "#validator", ".validator")
PATTERNS = ("pattern", "regex")
"""What an argument is called that holds such a pattern: https://fastapi.tiangolo.com/tutorial/query-params-str-validations/#add-regular-expressions."""
_ANNOTATED = "#Annotated.[]"
# A role by its id.
_IDS = ("_id", "Id")
_DEEPEST = 2
RIGHT = "="
"""After the field of a body whose type leaves nothing but what an account may do to choose."""


def open_parameters(path: str, function: Function, code: Code) -> frozenset[int]:
    """The parameters of a handler, by their places, that are records of any kind, or of a class with a field for a role or the like."""
    classes = Classes(code)
    found = set()
    for place, parameter in _sent(function):
        lineage = _class(classes, path, parameter.annotation)
        if parameter.annotation in _ANYTHING or (lineage is not None and any(name in KEYS for _, name, _ in _fields(code, lineage))):
            found.add(place)
    return frozenset(found)


def settled_by_type(path: str, function: Function, code: Code) -> Settled:
    """What numbers, dates and choices of few are in the parameters of a handler, by the classes that say of what type they are."""
    classes = Classes(code)
    found: set[tuple[int, tuple[str, ...]]] = set()
    for place, parameter in _sent(function):
        found |= {(place, way) for way in _settled(classes, code, path, parameter.annotation, _DEEPEST)}
    return frozenset(found)


def looked_at_by_type(path: str, function: Function, code: Code) -> frozenset[tuple[int, str]]:
    """The fields of the parameters of a handler that a method of their class or a function that their type names looks at first, which may refuse them.

    ``@field_validator("host")``, ``host: Annotated[str, AfterValidator(known)]``; the field of a whole parameter is "".
    """
    classes = Classes(code)
    found = set()
    for place, parameter in _sent(function):
        if _checks(parameter.calls) or _checks(_told_of(code, path, parameter.annotation)):
            found.add((place, ""))
        lineage = _class(classes, path, parameter.annotation)
        for at, name, kind in _fields(code, lineage) if lineage is not None else ():
            if _checks(_told_of(code, at, kind)):
                found.add((place, name))
        for at, owner in lineage.classes if lineage is not None else ():
            for name, method in code.functions(at).items():
                if name.rpartition(".")[0] == owner:
                    marks = [mark for mark in method.wrappers if mark.callee.endswith(_VALIDATES)]
                    found |= {(place, given.text) for mark in marks for given in mark.arguments if given.slot.isdigit() and given.text}
    return frozenset(found)


def _checks(calls: Iterable[Call]) -> bool:
    return any(simple_name(call.callee) in CHECKING for call in calls)


def _named_type(code: Code, path: str, kind: str | None) -> Binding | None:
    """A type that has a name of its own: ``Column = Annotated[str, Predicate(is_column)]``."""
    home = code.home(path, kind) if kind is not None and "#" in kind else None
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    return None if binding is None or binding.is_class or not (binding.name or "").endswith(_ANNOTATED) else binding


def _told_of(code: Code, path: str, kind: str | None) -> tuple[Call, ...]:
    """What is said of a type by the name that it has."""
    named = _named_type(code, path, kind)
    return named.calls if named is not None else ()


def _has_form(classes: Classes, lineage: Lineage, name: str) -> bool:
    """A pattern says what a field looks like from its first sign to its last: ``Field(pattern="^[a-z]+$")``."""
    given = classes.field(lineage, name)
    return given is not None and _fits(given.binding.calls)


def _fits(calls: Iterable[Call]) -> bool:
    return any(each.slot in PATTERNS and settles(each.text or "") for call in calls for each in call.arguments)


def _sent(function: Function) -> Iterator[tuple[int, Parameter]]:
    for place, parameter in enumerate(each for each in function.parameters if each.name not in ("self", "cls")):
        if parameter.annotation is not None and not parameter.is_injected:
            yield place, parameter


def _settled(classes: Classes, code: Code, path: str, named: str | None, depth: int) -> Iterator[tuple[str, ...]]:
    if named is not None and _NUMBERS.match(named):
        yield ()
        return
    meant = _named_type(code, path, named)
    if meant is not None:
        steps = {simple_name(call.callee) for call in meant.calls}
        whole = next((source.text for source in meant.sources[1:2]), "")
        if not steps.isdisjoint(INJECTING) or _fits(meant.calls) or _NUMBERS.match(whole):
            yield ()
        return
    lineage = _class(classes, path, named)
    if lineage is None:
        return
    if any(_CHOICES.search(name) for name in lineage.outside):
        yield ()
        return
    for at, name, kind in _fields(code, lineage) if depth else ():
        if _has_form(classes, lineage, name):
            yield (name,)
        ways = (*_settled(classes, code, at, kind, depth - 1),)
        if name in KEYS and () in ways and _lets_choose_more(classes, code, at, name, kind):
            yield name, RIGHT
        else:
            yield from ((name, *way) for way in ways)


def _lets_choose_more(classes: Classes, code: Code, path: str, name: str, kind: str) -> bool:
    """Yes or no, the id of a role, or one of a few of which one is for few: ``admin``."""
    lineage = _class(classes, path, kind)
    if lineage is None:
        return kind == "bool" or (name.endswith(_IDS) and _NUMBERS.match(kind) is not None)
    at, owner = lineage.classes[0]
    named = (each for each in code.bindings(at).values() if each.local.startswith(f"{owner}."))
    return any(OF_FEW.fullmatch(text) for each in named for text in (each.text or "", each.local.rpartition(".")[2]))


def _class(classes: Classes, path: str, named: str | None) -> Lineage | None:
    return classes.lineage(path, named) if named is not None and "#" in named else None


def _fields(code: Code, lineage: Lineage) -> dict[tuple[str, str, str], None]:
    """The fields of a class and of those that it is made of, nearest first, each with the file that its type is named in."""
    found: dict[str, tuple[str, str, str]] = {}
    for path, owner in lineage.classes:
        binding = code.bindings(path).get(owner)
        for name, kind in binding.fields if binding is not None else ():
            found.setdefault(name, (path, name, kind))
    return dict.fromkeys(found.values())
