"""What functions ask of rows that code keeps by itself, in memory and in files."""

from batten.code.model import Unit
from batten.extract.summaries import summarise


def asked(unit: Unit) -> list[tuple[str, list[str]]]:
    """Each request of a file's functions, by table and what is done, with the slots of what it is given."""
    return [
        (call.callee.removeprefix("in-memory#rows."), [argument.slot for argument in call.arguments])
        for function in summarise(unit, lambda _: False).functions
        for call in function.calls
        if call.callee.startswith("in-memory#")
    ]
