"""Writes changes of files as a patch that ``git apply`` takes; knows nothing of why they are made."""

from collections.abc import Iterable, Iterator
from difflib import unified_diff
from typing import TextIO

from batten.report.run import Changed


def write(changes: Iterable[Changed], stream: TextIO) -> None:
    """One patch for all of them. Paths are from the root; bytes that are not UTF-8 come out as they went in where the stream lets them."""
    for change in changes:
        stream.writelines(_patch(change))


def _patch(change: Changed) -> Iterator[str]:
    old, new = _quoted(f"a/{change.path}"), _quoted(f"b/{change.path}")
    yield f"diff --git {old} {new}\n"
    if change.before is None:
        yield "new file mode 100644\n"
    before, after = _lines(change.before or b""), _lines(change.after)
    names = ("/dev/null" if change.before is None else old, new)
    for line in unified_diff(before, after, *names, lineterm="\n"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    """Lines as git tells them apart: by line feeds alone."""
    return [line.decode("utf-8", "surrogateescape") for line in data.split(b"\n")[:-1] for line in [line + b"\n"]] + (
        [data[data.rfind(b"\n") + 1 :].decode("utf-8", "surrogateescape")] if data and not data.endswith(b"\n") else []
    )


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _quoted(path: str) -> str:
    """A path as git writes it: in quotes where a letter of it would be taken for something else."""
    if all(letter.isprintable() and letter.isascii() and letter not in _ESCAPES for letter in path):
        return path
    return '"' + "".join(_ESCAPES.get(letter) or (letter if " " <= letter <= "~" else _octal(letter)) for letter in path) + '"'


def _octal(letter: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", "surrogateescape"))
