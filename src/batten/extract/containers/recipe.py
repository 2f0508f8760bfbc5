"""The instructions of an image's recipe, stage by stage; does not know what they mean.

https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from batten.regex import regex
from batten.text import Span

_NAME = regex(r"(?:Dockerfile|Containerfile)(?:[.-].*|[A-Z]\w*)?|.*\.[Dd]ockerfile")
_INSTRUCTION = regex(
    rb"^[^\S\n]*(?P<word>FROM|CMD|ENTRYPOINT|ENV|ARG|RUN|COPY|ADD|USER|EXPOSE)[^\S\n]+(?P<rest>(?:[^\\\n]|\\(?:[^\n]|\n(?:[^\S\n]*\#[^\n]*\n)*))*)",
    re.MULTILINE | re.IGNORECASE,
)
_HEREDOC = regex(rb"<<-?[\"']?(?P<end>\w+)[\"']?")
_MOST = 500


class Instruction(Struct, frozen=True):
    """One of them: its word in capitals, the rest as one line, and where that stands."""

    word: str
    rest: str
    span: Span


class Stage(Struct, frozen=True):
    """What stands below one FROM: what that names, the name that it gives, and the instructions."""

    base: str
    name: str
    span: Span
    instructions: tuple[Instruction, ...]

    def of(self, *words: str) -> Iterator[Instruction]:
        """Its instructions of some kinds."""
        return (each for each in self.instructions if each.word in words)


def is_recipe(name: str) -> bool:
    """Whether a file is one by its name."""
    return _NAME.fullmatch(name) is not None


def stages(data: bytes) -> list[Stage]:
    """All stages, in their order. What stands before the first is in none."""
    found: list[tuple[str, str, Span, list[Instruction]]] = []
    for each in _instructions(data):
        if each.word == "FROM":
            parts = [part for part in each.rest.split() if not part.startswith("--")]
            name = parts[2] if len(parts) > 2 and parts[1].lower() == "as" else ""  # noqa: PLR2004 - FROM image AS name
            found.append((parts[0] if parts else "", name.lower(), each.span, []))
        elif found:
            found[-1][3].append(each)
    return [Stage(base, name, span, tuple(inside)) for base, name, span, inside in found]


def shipped(every: list[Stage]) -> list[Stage]:
    """The stages whose layers are in the image: the last one, and those that it starts from, first things first."""
    named = {stage.name: at for at, stage in enumerate(every) if stage.name}
    at: int | None = len(every) - 1 if every else None
    found: list[Stage] = []
    while at is not None:
        found.append(every[at])
        below = named.get(every[at].base.lower())
        at = below if below is not None and below < at else None
    return found[::-1]


def _instructions(data: bytes) -> Iterator[Instruction]:
    at = 0
    for _ in range(_MOST):
        found = _INSTRUCTION.search(data, at)
        if found is None:
            return
        rest = re.sub(r"\\\r?\n", " ", found["rest"].decode("utf-8", "replace")).strip()
        yield Instruction(found["word"].decode().upper(), rest, Span(*found.span("rest")))
        at = found.end()
        for heredoc in _HEREDOC.finditer(found["rest"]) if found["word"].upper() in (b"RUN", b"COPY", b"ADD") else ():
            end = re.compile(rb"^\t*" + heredoc["end"] + rb"\r?$", re.MULTILINE).search(data, at)
            at = end.end() if end is not None else at
