"""Hands values to a database beside the statement: the driver tells what its placeholders look like, and where the values go."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import Attribute, Call, Expression, Lambda, Language, Literal, Name, Record, Subscript, Unit
from batten.code.parts import last_step
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.remedies.guards.registered import calls
from batten.remedies.holes import Value, statement
from batten.text import Span

_LOGS = frozenset(("print", "log", "info", "debug", "warn", "warning", "error", "trace"))


class _Driver(NamedTuple):
    """``mark`` is the placeholder, with ``{}`` for its number; ``taken`` is what the constant text must not hold; ``given`` says how the values are written.

    ``text``: an object in the place of a value would become a part of the statement.
    """

    mark: str
    taken: str
    given: str
    text: bool = False


_NUMBERED = _Driver("${}", r"\$\d", "list")
_MARKED = _Driver("?", r"\?", "list")
_DRIVERS: tuple[tuple[str, Language | None, _Driver], ...] = (
    (r"(?:pg|@neondatabase/serverless|@vercel/postgres)\..*\bquery", None, _NUMBERED),
    (r"postgres\..*\bunsafe", None, _NUMBERED),
    (r"mysql2?(?:/promise)?\..*\b(?:query|execute)", None, _MARKED._replace(text=True)),
    (r"sqlite3\..*\b(?:all|run|each|get)", None, _MARKED),
    (r"knex\..*\braw", None, _MARKED),
    (r"(?:.*\.)?sequelize\..*\bquery", None, _MARKED._replace(given="replacements")),
    (r"sqlite3\..*\bexecute", Language.PYTHON, _MARKED._replace(given="tuple")),
    (r"(?:psycopg2?|pymysql|MySQLdb|mysql\.connector|aiopg|aiomysql)\..*\bexecute", Language.PYTHON, _Driver("%s", "%", "tuple")),
    (r"django\.db\..*\b(?:raw|execute)", Language.PYTHON, _Driver("%s", "%", "list")),
    (r"asyncpg\..*\b(?:execute|fetch|fetchrow|fetchval)", Language.PYTHON, _Driver("${}", r"\$\d", "arguments")),
    (r"sqlalchemy\.(?:sql\.)?(?:expression\.)?text", Language.PYTHON, _Driver(":{}", r"(?<!:):\w", "bind")),
)


def parameters(app: App, finding: Finding) -> Iterator[Fix]:
    """``query("… = ?", [value])`` for ``query(`… = '${value}'`)``."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None and not flow.in_helper else None
    call = sites.call_at(unit, flow.place.span) if unit is not None and flow is not None else None
    if flow is None or unit is None or call is None or not call.args or call.new:
        return
    driver = _driver(unit, flow.sink)
    data = app.text(unit.path)
    written = _written(unit, call, call.args[0])
    found = statement(unit, data, written[0]) if written is not None else None
    if driver is None or found is None or written is None or re.search(driver.taken, found.text):
        return
    made, within = written
    if made is not call.args[0] and not all(_is_settled(unit, within, node) for value in found.values for node in value.nodes):
        return
    names = _names(found.values, driver)
    handed = _handed(unit, call, driver, found.values, names)
    if handed is None:
        return
    marks = [
        Edit(unit.path, each.span, driver.mark.format(name) + (each.tail or _apart(data, each.span)))
        for each, name in zip(found.values, names, strict=True)
    ]
    edits = (*marks, *(Edit(unit.path, span, "") for span in found.dropped), handed)
    several = "values" if len(found.values) > 1 else "value"
    stop = Step(
        flow.place, f"the {several} of the statement can be no more than {several} from here on; look at statements that want numbers there"
    )
    yield Fix(f"Hand the {several} to `{flow.sink.rpartition('.')[2]}` beside the statement", Safety.UNSAFE, edits, (stop,))


def _apart(data: bytes, span: Span) -> str:
    """A space, where a word would follow the placeholder without one."""
    return " " if re.match(rb"\w", data[span.end : span.end + 1]) else ""


def _driver(unit: Unit, sink: str) -> _Driver | None:
    python = unit.language is Language.PYTHON
    return next(
        (each for pattern, language, each in _DRIVERS if (language is Language.PYTHON) is python and re.fullmatch(pattern, sink)), None
    )


def _written(unit: Unit, call: Call, given: Expression) -> tuple[Expression, Span] | None:
    """The statement itself, or what the variable holds that is set once, before the call; and the range in which nothing else may be set."""
    if not isinstance(given, Name):
        return given, given.span
    for within in (*(each.block for each in sites.functions_around(unit, call.span)), unit.span):
        here = sites.assignments(unit, given.id, within)
        if here:
            (first, *more) = here
            alone = (
                not more
                and first.operator == "="
                and first.span.end <= call.span.start
                and not _is_sent_elsewhere(unit, call, given.id, within)
            )
            return (first.value, within) if alone and first.value is not None else None
    return None


def _is_sent_elsewhere(unit: Unit, call: Call, name: str, within: Span) -> bool:
    """Whether a statement is given to more than this call, and to what writes logs."""
    others = (each for each in calls(unit) if each.span in within and each.span != call.span)
    return any(
        any(isinstance(given, Name) and given.id == name for given in each.args) and last_step(each.callee) not in _LOGS for each in others
    )


def _is_settled(unit: Unit, within: Span, node: Expression) -> bool:
    """Whether an expression has the same value where the statement is made and where it is sent: names that are set once at most, and what they hold."""
    while isinstance(node, Attribute | Subscript):
        if isinstance(node, Subscript) and not isinstance(node.index, Literal):
            return False
        node = node.value
    return isinstance(node, Name) and len(sites.assignments(unit, node.id, within)) <= 1


def _names(values: tuple[Value, ...], driver: _Driver) -> list[str]:
    """What placeholders are called: numbers; where the driver wants names, those of the values."""
    if driver.given != "bind":
        return [str(number + 1) for number, _ in enumerate(values)]
    found: list[str] = []
    for number, value in enumerate(values):
        last = re.search(r"[A-Za-z]\w*$", value.code)
        name = last[0] if last is not None else "value"
        found.append(name if name not in found else f"{name}_{number + 1}")
    return found


def _handed(unit: Unit, call: Call, driver: _Driver, values: tuple[Value, ...], names: list[str]) -> Edit | None:
    """The edit that hands the values over; None where something else is handed over already."""
    codes = [f"String({each.code})" if driver.text and not each.code.startswith("`") else each.code for each in values]
    after, rest = call.args[0].span.end, call.args[1:]
    listed = ", ".join(codes)
    if driver.given == "bind":
        pairs = ", ".join(f"{name}={code}" for name, code in zip(names, codes, strict=True))
        return Edit(unit.path, Span(call.span.end, call.span.end), f".bindparams({pairs})") if not rest and not call.keywords else None
    if driver.given == "replacements":
        if not rest:
            return Edit(unit.path, Span(after, after), f", {{ replacements: [{listed}] }}")
        options = rest[0]
        if (
            not isinstance(options, Record)
            or not options.entries
            or {"bind", "replacements", None} & {each.key for each in options.entries}
        ):
            return None
        first = options.entries[0].span.start
        return Edit(unit.path, Span(first, first), f"replacements: [{listed}], ")
    if call.keywords or not all(_is_callback(each) for each in rest):
        return None
    wrapped = {"tuple": f"({listed},)" if len(codes) == 1 else f"({listed})", "arguments": listed}.get(driver.given, f"[{listed}]")
    return Edit(unit.path, Span(after, after), f", {wrapped}")


def _is_callback(node: Expression) -> bool:
    return isinstance(node, Lambda) or (isinstance(node, Name) and node.id in ("cb", "callback", "done", "next"))
