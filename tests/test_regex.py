"""Patterns that are compiled when they are first used: alike in all else."""

import re

import pytest

from batten.regex import regex

TEXT = "a1 b22 c333"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("search", ()), ("match", ()), ("fullmatch", ()), ("findall", ()), ("split", ()), ("finditer", ()), ("sub", ("x",)), ("subn", ("x",))],
)
def test_a_pattern_answers_as_a_compiled_one(method: str, arguments: tuple[str, ...]) -> None:
    def asked(pattern: re.Pattern[str]) -> object:
        found = getattr(pattern, method)(*arguments, TEXT)
        matches = [found] if isinstance(found, re.Match) else list(found) if method == "finditer" else None
        return found if matches is None else [(match.span(), match.groupdict()) for match in matches]

    text = r"(?P<letter>[a-c])(?P<digits>\d+)"
    lazy = regex(text)
    assert (asked(lazy), asked(lazy)) == (asked(re.compile(text)), asked(re.compile(text)))


def test_flags_and_bytes() -> None:
    lazy = regex(rb"A", re.IGNORECASE)
    assert (lazy.flags, lazy.pattern, lazy.groups, lazy.sub(b"x", b"aAb")) == (re.IGNORECASE, b"A", 0, b"xxb")


def test_nothing_is_compiled_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_one = re.compile

    def noted(text: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(text)
        return compile_one(text, flags)

    monkeypatch.setattr(re, "compile", noted)
    lazy = regex("a+")
    before = list(compiled)
    assert [lazy.findall("aab"), lazy.findall("a")] == [["aa"], ["a"]]
    assert (before, compiled) == ([], ["a+"])


def test_a_pattern_that_is_none_says_so_when_it_is_used() -> None:
    broken = regex("(")
    with pytest.raises(re.error, match="missing \\)"):
        broken.search("a")
