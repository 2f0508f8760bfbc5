"""The ways a function returns, and what it gives there; knows nothing of who asks."""

from batten.code import model
from batten.code.model import Expression, Lambda, Literal, Name, Operation, Return
from batten.extract.expressions import Draft, File
from batten.extract.requirements import requirements
from batten.extract.responses import is_empty, status_of
from batten.extract.values import names_of
from batten.facts.calls import Result, Subject
from batten.text import Span

# More entries of what a function gives are a table, and not what it is made of.
_MOST_FIELDS = 40


def results(file: File, draft: Draft, statement: Return) -> list[Result]:
    """The ways a return may come out: one for each value that ``a ? b : c`` and ``a || b`` choose from."""
    found = []
    pending = [(statement.value, statement.span)]
    while pending:
        value, span = pending.pop()
        match value:
            case model.Await():
                pending.append((value.value, span))
            case model.Call(callee=Name(id="bool" | "Boolean"), args=(only,)):
                pending.append((only, span))
            case Operation(operator="?:", operands=(_, chosen, other)):
                pending += [(other, other.span), (chosen, chosen.span)]
            case Operation(operator="||" | "??"):
                pending += [(part, span) for part in reversed(value.operands)]
            case _:
                found.append(_result(file, draft, value, span))
    return found


def _result(file: File, draft: Draft, value: Expression | None, span: Span) -> Result:
    if value is None:
        return Result(span, empty=True)
    names, secret = names_of(value, draft.scope), False
    if isinstance(value, Operation):
        tested = requirements(value, draft.scope).passed
        names = tuple(dict.fromkeys(name for found in tested if not found.inverted for name in found.names))
        secret = any(found.subject is Subject.SECRET for found in tested)
    constant = isinstance(value, Literal) and bool(value.value)
    return Result(span, is_empty(value), names, status_of(value), secret, constant, _fields(file, draft, value))


def _fields(file: File, draft: Draft, value: Expression) -> tuple[tuple[str, str], ...]:
    """What a record or a sequence holds of functions, and of things that have a name outside of this one."""
    match value:
        case model.Record(entries=entries):
            parts = [(entry.key, entry.value) for entry in entries if entry.key is not None]
            # ``{ drop: { type, resolve: () => … } }``
            parts += [
                (f"{key}.{e.key}", e.value) for key, part in parts if type(part) is model.Record for e in part.entries if e.key is not None
            ]
        case model.Sequence(items=items):
            parts = [(f"[{number}]", item) for number, item in enumerate(items)]
        case _:
            return ()
    found: dict[tuple[str, str], None] = {}
    for key, part in parts[:_MOST_FIELDS]:
        if type(part) is Lambda:
            written = next((task.name for task in reversed(file.tasks) if task.function is part.function), None)
            found |= {(key, f"#{written}"): None} if written is not None else {}
        else:
            found |= dict.fromkeys((key, name) for name in names_of(part, draft.scope) if "#" in name)
    return tuple(found)
