"""Reads a command as the words that a shell would make of it; knows nothing of what runs it."""

from batten.code.model import Expression, Literal, Operation, Template
from batten.regex import regex
from batten.text import Span

# What a shell takes as it is, in words and outside of them.
_PLAIN = regex(r"[A-Za-z0-9_./:=@%+,\- ]*")
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
_INTERPRETERS = regex(r"(?:python|node|perl|ruby|php|deno|bun|lua)[\d.]*")


class Word:
    """One word of a command as it is read: constant text, and expressions between it."""

    def __init__(self) -> None:
        self.parts: list[str | tuple[str, bool]] = []
        self.quoted = False

    def of_python(self) -> str | None:
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

    def of_javascript(self) -> str:
        """As an item of an array: what is put in becomes text as it did before."""
        texts = [part if isinstance(part, str) else f"${{{part[0]}}}" for part in self.parts]
        return f'"{texts[0]}"' if len(texts) == 1 and isinstance(self.parts[0], str) else f"`{''.join(texts)}`"


def read(data: bytes, node: Expression) -> list[Word] | None:
    """The words of a command with something put into it; None where a shell may make something else of them."""
    parts = _parts(data, node)
    if parts is None or not any(not isinstance(part, str) for part in parts):
        return None
    words: list[Word] = []
    current: Word | None = None
    quote = ""
    for part in parts:
        if not isinstance(part, str):
            current = current or Word()
            current.parts.append(part)
            continue
        for letter in part:
            if quote and letter == quote:
                quote = ""
            elif not quote and letter in "\"'":
                quote, current = letter, current or Word()
                current.quoted = True
            elif not _PLAIN.fullmatch(letter):
                return None
            elif letter == " " and not quote:
                words, current = [*words, *([current] if current is not None else [])], None
            else:
                current = current or Word()
                if current.parts and isinstance(current.parts[-1], str):
                    current.parts[-1] += letter
                else:
                    current.parts.append(letter)
    words += [current] if current is not None else []
    return None if quote or not _is_certain(words) else words


def _is_certain(words: list[Word]) -> bool:
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
