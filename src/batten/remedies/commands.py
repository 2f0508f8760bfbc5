"""Takes a command away from the shell: its words become a list of arguments, where it is certain which words those are."""

import re
from collections.abc import Iterator

from batten.code.model import Assign, Call, Expression, Literal, Name, Operation, Template, Unit
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

_CALLS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
# What a shell takes as it is, in words and outside of them.
_PLAIN = re.compile(r"[A-Za-z0-9_./:=@%+,\- ]*")
_OF_SHELLS = frozenset(
    [
        "cd",
        "source",
        ".",
        "export",
        "set",
        "unset",
        "alias",
        "exec",
        "eval",
        "ulimit",
        "umask",
        "read",
        "wait",
        "trap",
        "type",
        "command",
        "if",
        "for",
        "while",
        "until",
        "case",
        "time",
        "exit",
        "return",
        "shift",
        "local",
    ]
)
# Programs that take words for a command, or for code, of their own.
_READERS = frozenset(
    [
        "sh",
        "bash",
        "zsh",
        "dash",
        "ksh",
        "fish",
        "su",
        "ssh",
        "env",
        "xargs",
        "eval",
        "find",
        "awk",
        "sed",
        "cmd",
        "powershell",
        "pwsh",
        "nohup",
        "watch",
        "docker",
        "kubectl",
    ]
)
_INTERPRETERS = re.compile(r"(?:python|node|perl|ruby|php|deno|bun|lua)[\d.]*")


def argument_list(app: App, finding: Finding) -> Iterator[Fix]:
    """``run(f"convert {name} out.png", shell=True)`` without a shell."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None and flow.place.path.endswith(".py") else None
    call = sites.call_at(unit, flow.place.span) if unit is not None and flow is not None else None
    if unit is None or flow is None or call is None or sites.qualified(unit, call.callee) not in _CALLS:
        return
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
    items = _items(data, written) if written is not None else None
    if written is None or items is None:
        return
    edits = (Edit(unit.path, written.span, f"[{', '.join(items)}]"), Edit(unit.path, shell.span, "False"))
    stop = Step(
        flow.place,
        "what is put into the command is one argument from here on, even with spaces; one that begins with `-` still is an option",
    )
    yield Fix(f"Run `{_program(items)}` without a shell", Safety.UNSAFE, edits, (stop,))


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


class _Word:
    """One word of a command as it is read: constant text, and expressions between it."""

    def __init__(self) -> None:
        self.parts: list[str | tuple[str, bool]] = []
        self.quoted = False

    def source(self) -> str | None:
        """As an item of a list of Python; None where it can't be written."""
        texts = [part for part in self.parts if isinstance(part, str)]
        holes = [part for part in self.parts if not isinstance(part, str)]
        if not holes:
            return f'"{"".join(texts)}"'
        if len(self.parts) == 1:
            inside, is_text = holes[0]
            return inside if is_text else f"str({inside})"
        quote = next((each for each in ('"', "'") if not any(each in inside for inside, _ in holes)), None)
        if quote is None or any("\\" in inside or "\n" in inside or inside.startswith("{") or "#" in inside for inside, _ in holes):
            return None
        return f"f{quote}{''.join(part if isinstance(part, str) else f'{{{part[0]}}}' for part in self.parts)}{quote}"


def _items(data: bytes, node: Expression) -> list[str] | None:
    """The words of a command, as items of a list; None where a shell may make something else of them."""
    parts = _parts(data, node)
    if parts is None or not any(not isinstance(part, str) for part in parts):
        return None
    words: list[_Word] = []
    current: _Word | None = None
    quote = ""
    for part in parts:
        if not isinstance(part, str):
            current = current or _Word()
            current.parts.append(part)
            continue
        for letter in part:
            if quote and letter == quote:
                quote = ""
            elif not quote and letter in "\"'":
                quote, current = letter, current or _Word()
                current.quoted = True
            elif not _PLAIN.fullmatch(letter):
                return None
            elif letter == " " and not quote:
                words, current = [*words, *([current] if current is not None else [])], None
            else:
                current = current or _Word()
                if current.parts and isinstance(current.parts[-1], str):
                    current.parts[-1] += letter
                else:
                    current.parts.append(letter)
    words += [current] if current is not None else []
    return None if quote or not _is_certain(words) else _all([word.source() for word in words])


def _all(items: list[str | None]) -> list[str] | None:
    known = [item for item in items if item is not None]
    return known if len(known) == len(items) else None


def _is_certain(words: list[_Word]) -> bool:
    """The program is written out, no part of a shell, and reads no word as a command."""
    if not words or any(not word.parts for word in words):
        return False
    first = words[0].parts
    if len(first) != 1 or not isinstance(first[0], str) or "=" in first[0] or first[0] in _OF_SHELLS:
        return False
    for word in words:
        name = word.parts[0].rpartition("/")[2] if len(word.parts) == 1 and isinstance(word.parts[0], str) else ""
        if name in _READERS or _INTERPRETERS.fullmatch(name):
            return False
    return True


def _parts(data: bytes, node: Expression) -> list[str | tuple[str, bool]] | None:
    """Constant texts, and what is put between them as it is written (with whether it must be text already)."""
    found: list[str | tuple[str, bool]] = []
    pending: list[tuple[Expression, bool]] = [(node, False)]
    while pending:
        each, inside = pending.pop(0)
        if isinstance(each, Literal) and isinstance(each.value, str):
            found.append(each.value)
        elif isinstance(each, Template) and not inside:
            pending[:0] = [(part, True) for part in each.parts]
        elif isinstance(each, Operation) and each.operator == "+" and not inside:
            pending[:0] = [(operand, False) for operand in each.operands]
        elif each is node:
            return None
        elif inside and not _is_bare(data, each.span):
            return None  # with a conversion or a format
        else:
            found.append((data[each.span.start : each.span.end].decode("utf-8", "replace"), not inside))
    return found


def _is_bare(data: bytes, span: Span) -> bool:
    return data[span.start - 1 : span.start] == b"{" and data[span.end : span.end + 1] == b"}"
