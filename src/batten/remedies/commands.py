"""Takes a command away from the shell: its words become a list of arguments, where it is certain which words those are."""

import re
from collections.abc import Iterator

from batten.code.model import Assign, Attribute, Call, Expression, Lambda, Language, Literal, Name, Record, Unit
from batten.facts.flows import Flow
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites, words
from batten.remedies.app import App, fact
from batten.text import Span

_ONE_ARGUMENT = "what is put into the command is one argument from here on, even with spaces; one that begins with `-` still is an option"
_CALLS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))


def argument_list(app: App, finding: Finding) -> Iterator[Fix]:
    """``run(f"convert {name} out.png", shell=True)`` without a shell."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None and not flow.in_helper else None
    call = sites.call_at(unit, flow.place.span) if unit is not None and flow is not None else None
    if unit is None or flow is None or call is None:
        return
    if unit.language is not Language.PYTHON:
        yield from _of_node(app, unit, call, flow)
    elif sites.qualified(unit, call.callee) in _CALLS:
        yield from _of_python(app, unit, call, flow)


def _of_python(app: App, unit: Unit, call: Call, flow: Flow) -> Iterator[Fix]:
    shell = sites.keyword(call, "shell")
    given = call.args[0] if call.args else sites.keyword(call, "args")
    names = [each.name for each in call.keywords]
    if (
        not isinstance(shell, Literal)
        or shell.value is not True
        or given is None
        or len(call.args) > 1
        or {None, "executable"} & set(names)
    ):
        return
    data = app.text(unit.path)
    written = _written(unit, data, call, given) if isinstance(given, Name) else given
    read = words.read(data, written) if written is not None else None
    items = [item for each in read or () if (item := each.of_python()) is not None]
    if written is None or read is None or len(items) < len(read):
        return
    edits = (Edit(unit.path, written.span, f"[{', '.join(items)}]"), Edit(unit.path, shell.span, "False"))
    yield Fix(f"Run `{_program(items)}` without a shell", Safety.UNSAFE, edits, (Step(flow.place, _ONE_ARGUMENT),))


def _of_node(app: App, unit: Unit, call: Call, flow: Flow) -> Iterator[Fix]:
    """``execFile("convert", [name, "out.png"], …)`` for ``exec(`convert ${name} out.png`, …)``."""
    name = sites.qualified(unit, call.callee).removeprefix("node:").removeprefix("child_process.").removeprefix("default.")
    data = app.text(unit.path)
    callee = _with_file(unit, data, call, name) if name in ("exec", "execSync") else []
    if not callee or not call.args or call.keywords or any(not _has_no_shell(each) for each in call.args[1:]):
        return
    given = call.args[0]
    written = _written(unit, data, call, given) if isinstance(given, Name) else given
    read = words.read(data, written) if written is not None else None
    if written is None or not read:
        return
    items = [each.of_javascript() for each in read]
    rest = f"[{', '.join(items[1:])}]"
    if written is given:
        edits = [*callee, Edit(unit.path, given.span, f"{items[0]}, {rest}")]
    else:
        edits = [*callee, Edit(unit.path, written.span, rest), Edit(unit.path, Span(given.span.start, given.span.start), f"{items[0]}, ")]
    yield Fix(f"Run `{_program(items)}` without a shell", Safety.UNSAFE, tuple(edits), (Step(flow.place, _ONE_ARGUMENT),))


def _has_no_shell(argument: Expression) -> bool:
    if isinstance(argument, Record):
        return all(entry.key is not None and entry.key != "shell" for entry in argument.entries)
    return isinstance(argument, Lambda)


def _with_file(unit: Unit, data: bytes, call: Call, name: str) -> list[Edit]:
    """What calls the function that takes a file and arguments, in the way the file calls the other one."""
    new = name.replace("exec", "execFile")
    callee = call.callee
    if isinstance(callee, Attribute):
        end = callee.span.end
        plain = data[end - len(name) : end] == name.encode()
        return [Edit(unit.path, Span(end - len(name), end), new)] if plain else []
    if not isinstance(callee, Name) or callee.id != name:
        return []
    edits = [Edit(unit.path, callee.span, new)]
    known = [entry for entry in unit.imports if entry.local in (name, new)]
    old = next((entry for entry in known if entry.local == name), None)
    if old is None or data[old.span.start : old.span.end] != name.encode():
        return []
    if not any(entry.local == new for entry in known):
        if re.search(rb"(?<![\w$])" + new.encode() + rb"(?![\w$])", data):
            return []
        uses = len(re.findall(rb"(?<![\w$.])" + name.encode() + rb"(?![\w$])", data))
        text = new if uses == 2 else f"{name}, {new}"  # noqa: PLR2004 - brought in and called
        edits.append(Edit(unit.path, old.span, text))
    return edits


def _program(items: list[str]) -> str:
    return items[0].strip("\"'")


def _written(unit: Unit, data: bytes, call: Call, name: Name) -> Expression | None:
    """What a variable holds that is set once, right before, and is used by this call alone."""
    function = next(iter(sites.functions_around(unit, call.span)), None)
    if function is None:
        return None
    block = data[function.block.start : function.block.end]
    if len(re.findall(rb"\b" + re.escape(name.id.encode()) + rb"\b", block)) != 2:  # noqa: PLR2004 - set and used
        return None
    for statement in function.body:
        if isinstance(statement, Assign) and isinstance(statement.target, Name) and statement.target.id == name.id:
            single = statement.operator == "=" and statement.annotation is None
            return statement.value if single and statement.span.end <= call.span.start else None
    return None
