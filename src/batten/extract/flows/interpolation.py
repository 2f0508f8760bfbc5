"""What Python's ``%`` and ``format`` make of a text that is written out, part by part; knows no other way to put text together."""

from collections.abc import Iterator
from string import Formatter

from batten.code.model import Expression, Sequence
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading

_FORMATTER = Formatter()
# A text with more fields than this is told as a whole.
_MOST_FIELDS = 60


def percent(reading: Reading, state: State, form: int, given: int, written: Expression) -> int:
    """The value of ``form % given``: what goes into a text, item by item where it is a tuple."""
    nodes = reading.nodes
    if form < 0 or given < 0:
        return form if given < 0 else given
    parts = [nodes.field(state, given, str(index)) for index in range(len(written.items))] if isinstance(written, Sequence) else [given]
    text = nodes.text_of(form)
    if text is None:
        return nodes.text([form, *parts])
    found: list[int] = []
    for number, constant in enumerate(text.split("%s")):
        found.append(nodes.constant(constant))
        if number < len(parts):
            found.append(parts[number])
    return nodes.text([*found, *parts[len(text.split("%s")) :]])


def formatted(reading: Reading, state: State, form: int, arguments: list[int], keywords: list[tuple[str, int]]) -> int | None:
    """The value of ``form.format(...)``; None where the text is not known, or asks for what is not written out."""
    text = reading.nodes.text_of(form)
    if text is None or any(name == "**" for name, _ in keywords):
        return None
    try:
        fields = [(constant, field) for constant, field, _, _ in _FORMATTER.parse(text)]
    except ValueError:
        return None
    if len(fields) > _MOST_FIELDS:
        return None
    found: list[int] = []
    next_one = iter(range(len(arguments)))
    for constant, field in fields:
        if constant:
            found.append(reading.nodes.constant(constant))
        if field is None:
            continue
        part = _field(reading, state, field, arguments, dict(keywords), next_one)
        if part is None:
            return None
        found.append(part)
    return reading.nodes.text(found) if found else None


def _field(
    reading: Reading, state: State, field: str, arguments: list[int], keywords: dict[str, int], next_one: Iterator[int]
) -> int | None:
    """What a field stands for: ``{}``, ``{0}``, ``{name}``, ``{row.title}``, ``{row[title]}``."""
    name, *below = field.replace("]", "").replace("[", ".").split(".")
    number = int(name) if name.isdecimal() else None if name else next(next_one, len(arguments))
    found = keywords.get(name) if number is None else arguments[number] if number < len(arguments) else None
    if found is None:
        return None
    for key in below:
        found = reading.nodes.field(state, found, key)
    return found
