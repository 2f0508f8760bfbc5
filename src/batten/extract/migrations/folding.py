"""What operators, properties and methods make of constants in a migration; knows no tool and runs nothing."""

from collections.abc import Mapping
from itertools import pairwise

from batten.extract.migrations.constants import (
    Entries,
    Known,
    Made,
    Many,
    Member,
    Mixed,
    Named,
    Value,
    added,
    filled,
    formatted,
    joined,
    text_of,
    truth,
)

_LONGEST_NAME = 500
# What these make of a text means the same to a database.
SAME = frozenset(
    {"strip", "lstrip", "rstrip", "trim", "trimStart", "trimEnd", "textwrap.dedent", "inspect.cleandoc", "str", "String", "String.raw"}
)


def name_of(value: Value) -> str:
    """The dotted name of a value, with ``()`` behind what a call made; "" where it has none."""
    match value:
        case Named(name):
            return name
        case Made(name):
            return f"{name}()"[:_LONGEST_NAME]
        case Member(of, name):
            return f"{name_of(of)}.{name}"[:_LONGEST_NAME]
        case _:
            return ""


def member(value: Value, name: str) -> Value:
    """A property of a value."""
    if (name == "name" and name_of(value).endswith("dialect")) or (name == "vendor" and name_of(value).endswith("connection")):
        return Known("postgresql")  # what is read here is what happens on PostgreSQL
    match value:
        case Named(base):
            return Named(f"{base}.{name}"[:_LONGEST_NAME])
        case Entries():
            return value.get(name) or Member(value, name)
        case Member(Member()):
            return Value()
        case _:
            return Member(value, name)


def item_of(value: Value, index: Value) -> Value:
    """``value[index]``."""
    match value, index:
        case Many(items), Known(int() as at) if -len(items) <= at < len(items):
            return items[at]
        case Entries(), Known(str() as key):
            return value.get(key) or Value()
        case _:
            return Value()


def operated(operator: str, values: list[Value]) -> Value:
    """An operator over its operands."""
    match operator, values:
        case "+", [first, *others]:
            total = first
            for other in others:
                total = added(total, other)
            return total
        case "...", [value]:
            return value
        case "%", [template, given]:
            return filled(template, given)
        case "!", [value]:
            held = truth(value)
            return Value() if held is None else Known(not held)
        case (("==" | "!="), [Known(), *_]) if all(isinstance(value, Known) for value in values):
            same = all(one.value == two.value for one, two in pairwise(each for each in values if isinstance(each, Known)))
            return Known(same == (operator == "=="))
        case "?:", [test, then, otherwise]:
            held = truth(test)
            return Value() if held is None else then if held else otherwise
        case (("&&" | "||" | "??"), [first, *others]):
            return _chosen(operator, first, others)
        case (("in" | "not in"), [one, Many(items)]) if text_of(one) is not None and all(text_of(item) is not None for item in items):
            return Known((text_of(one) in [text_of(item) for item in items]) == (operator == "in"))
        case _:
            return Value()


def _chosen(operator: str, first: Value, others: list[Value]) -> Value:
    chosen = first
    for other in others:
        held = truth(chosen)
        if held is None:
            return Value()
        if held == (operator == "&&"):
            chosen = other
    return chosen


def answered(of: Value, name: str, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value | None:
    """What a method of a text, list or dict answers; None where that is not known."""
    match of, name:
        case (Known() | Mixed(), _) if name in SAME:
            return of
        case Known(), "format":
            return formatted(of, args, keywords)
        case Known(str() as between), ("join") if args and isinstance(args[0], Many):
            pieces = [piece for item in args[0].items for piece in (Known(between), item)]
            return joined(pieces[1:])
        case Many(items), ("join"):
            mark = (text_of(args[0]) if args else ",") or ""
            return joined([piece for item in items for piece in (Known(mark), item)][1:])
        case Known(str() as text), ("lower" | "toLowerCase"):
            return Known(text.lower())
        case Known(str() as text), ("upper" | "toUpperCase"):
            return Known(text.upper())
        case Known(str() as text), "split" if args and (edge := text_of(args[0])):
            return Many(tuple(Known(part) for part in text.split(edge)))
        case Known(str() as text), "splitlines":
            return Many(tuple(Known(part) for part in text.splitlines()))
        case Entries(entries), "items":
            return Many(tuple(Many((Known(key), value)) for key, value in entries))
        case Entries(entries), "keys":
            return Many(tuple(Known(key) for key, _ in entries))
        case Entries(entries), "values":
            return Many(tuple(value for _, value in entries))
        case Entries(), "get" if args and (key := text_of(args[0])) is not None:
            return of.get(key) or (args[1] if args[1:] else Known(None))
        case _:
            return None
