"""The body of a page: its sections, and the little apps of its examples; does not know what a rule is."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from batten.finding import PackError
from batten.regex import regex
from batten.rules.page import Example, ExampleKind, Mark

WHY, MEND, EXAMPLES = "Why it matters", "How to mend it", "Examples"

_FENCE = regex(r"(`{3,}|~{3,})[^`]*\Z")
_HEADING = regex(r"(#{2,3}) +(.*?) *#*\Z")
_FILE = regex(r"`(?P<path>[^`]+)`(?P<mark> \(finding(?: x(?P<count>\d+))?(?:,? (?:on )?lines? (?P<lines>\d+(?:(?:, | and )\d+)*))?\))?:\Z")
_MARK = regex(r"[ \t]*(?:--|//|#|\{?/\*|<!--|;)[ \t]*finding(?: x(?P<count>\d+))?[ \t]*(?:\*/\}?|-->)?[ \t]*\Z")


class Text(NamedTuple):
    """Some lines of a page; ``line`` is the number (1-based) of the first."""

    text: str
    line: int


class Sections(NamedTuple):
    """The parts of a body."""

    summary: str
    why: str
    mend: str
    examples: tuple[Example, ...]


def split(text: str, path: str) -> tuple[Text, Text]:
    """Front matter and body. Raises PackError where there is no front matter."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise PackError(f"{path}:1: the page has no front matter", "Begin it with a line '---', YAML, and a line '---'.")
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() == "---":
            return Text("\n".join(lines[1 : number - 1]), 2), Text(
                "\n".join(lines[number:]).strip("\n") + "\n", number + 1 + _blank(lines[number:])
            )
    raise PackError(f"{path}:1: the front matter does not end", "Close it with a line '---'.")


def _blank(lines: list[str]) -> int:
    count = 0
    for line in lines:
        if line:
            break
        count += 1
    return count


def sections(body: Text, path: str) -> Sections:
    """What stands under the headings of a body; text before the first is the summary. Raises PackError."""
    summary = Text("", body.line)
    found: dict[str, Text] = {}
    examples: list[tuple[Text, Text]] = []
    for level, heading, content in _headings(body):
        title = heading.text
        if level == 0:
            summary = content
        elif level == len("##"):
            if title in found:
                raise PackError(f"{path}:{heading.line}: the section {title!r} is there twice")
            close = get_close_matches(title, (WHY, MEND, EXAMPLES), 1, 0.75)
            if close and close[0] != title:
                raise PackError(f"{path}:{heading.line}: unknown section {title!r}", f"Did you mean {close[0]!r}?")
            found[title] = content
        elif (last := next(reversed(found), None)) == EXAMPLES:
            examples.append((heading, content))
        else:
            owner = found[last] if last else summary
            joined = Text(f"{owner.text.rstrip()}\n\n### {title}\n{content.text}", owner.line)
            if last:
                found[last] = joined
            else:
                summary = joined
    if not summary.text.strip():
        raise PackError(f"{path}:{body.line}: the page does not say what it finds", "Write one paragraph after the front matter.")
    empty = Text("", 0)
    return Sections(
        summary.text.strip(),
        found.get(WHY, empty).text.strip(),
        found.get(MEND, empty).text.strip(),
        tuple(_example(heading, content, path) for heading, content in examples),
    )


def _headings(body: Text) -> Iterator[tuple[int, Text, Text]]:
    """(level, heading, what follows it), headings inside fences left alone; level 0 is what comes before the first."""
    level, heading, start = 0, Text("", body.line), body.line
    content: list[str] = []
    fence = ""
    for number, line in enumerate(body.text.split("\n"), body.line):
        fence = _fence(line, fence)
        found = None if fence else _HEADING.match(line)
        if found is None:
            content.append(line)
            continue
        yield level, heading, Text("\n".join(content), start)
        level, heading, start, content = len(found[1]), Text(found[2], number), number + 1, []
    yield level, heading, Text("\n".join(content), start)


def _fence(line: str, fence: str) -> str:
    """The fence that is open after this line, "" where none is."""
    if fence:
        closes = line.startswith(fence) and not line.strip(fence[0] + " \t")
        return "" if closes else fence
    opens = _FENCE.match(line)
    return opens[1] if opens else ""


def _example(heading: Text, content: Text, path: str) -> Example:
    kind, _, title = heading.text.partition(":")
    if kind.lower() not in tuple(ExampleKind) or not title.strip():
        raise PackError(
            f"{path}:{heading.line}: the heading {heading.text!r} does not say what the example shows",
            "Write '### Flagged: …', '### Clean: …' or '### Missed: …'.",
        )
    files: dict[str, str] = {}
    marks: list[Mark] = []
    for name, lines in _blocks(content, path):
        files[name["path"]], found = _marks(name, lines)
        marks += found
    example = Example(title.strip(), ExampleKind(kind.lower()), tuple(files.items()), tuple(sorted(marks)), heading.line)
    if not files:
        raise PackError(f"{path}:{heading.line}: the example {title.strip()!r} has no file", "Write `path`: and a fenced block.")
    # A Missed example without marks is an app that is flagged and should not be.
    if bool(marks) is (example.kind is ExampleKind.CLEAN) and example.kind is not ExampleKind.MISSED:
        raise PackError(
            f"{path}:{heading.line}: the example {title.strip()!r} is {kind.lower()} but has {'a' if marks else 'no'} mark",
            "Flagged examples mark the lines at fault with the word finding in a comment; Clean ones mark none.",
        )
    return example


def _blocks(content: Text, path: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """The files of an example: the line that names each, and its lines. Raises PackError."""
    named: set[str] = set()
    name: re.Match[str] | None = None
    fence = ""
    inside: list[str] = []
    for number, line in enumerate(content.text.split("\n"), content.line):
        before, fence = fence, _fence(line, fence)
        if fence and before:
            inside.append(line)
        elif fence and name is None:
            raise PackError(f"{path}:{number}: this block has no file name", "Write the line `path/of/the/file`: before it.")
        elif before and name is not None:
            yield name, inside
            name, inside = None, []
        elif not fence and (opened := _FILE.match(line)) is not None:
            if name is not None or opened["path"] in named or not _is_inside(opened["path"]):
                raise PackError(
                    f"{path}:{number}: {opened['path']!r} is given twice, has no block, or is no path inside the app",
                    "One block of text per file, paths relative to the root of the app.",
                )
            name = opened
            named.add(opened["path"])
        elif not fence and name is not None and line.strip():
            raise PackError(f"{path}:{number}: the block of {name['path']!r} does not follow its name")
    if fence or name is not None:
        raise PackError(f"{path}:{content.line}: the example ends before its block does", "Close the block with ```.")


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and "\\" not in path and all(part not in ("", ".", "..") for part in path.split("/"))


def _marks(name: re.Match[str], lines: list[str]) -> tuple[str, list[Mark]]:
    """The text of a file without its marks, and the marks, those of its path line too."""
    path = name["path"]
    marks = []
    kept = []
    for number, line in enumerate(lines, 1):
        if found := _MARK.search(line):
            marks.append(Mark(path, number, int(found["count"] or 1)))
        kept.append(line[: found.start()] if found else line)
    if name["mark"]:
        count = int(name["count"] or 1)
        where = [int(number) for number in re.findall(r"\d+", name["lines"] or "")] or [0]
        marks += [Mark(path, number, count) for number in where]
    return "".join(f"{line}\n" for line in kept), marks
