"""Patterns match alike on every Python 3.11: the first ones lose their place after a possessive group (python/cpython#106052).

Before 3.11.5 the last, failing round of ``(?:A|B)*+`` leaves the cursor wherever ``A`` or ``B`` got to before it failed. An alternative
that fails at once, ``(?:A|B|(?!))*+``, puts it back. Rounds of single characters and sets cannot get anywhere, so they need none.
"""

import json
import re._constants as op  # type: ignore[import-not-found]
import re._parser as reader  # type: ignore[import-not-found]
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# Imports every module, loads the vocabulary of keys, then prints each pattern that was made on the way, with its flags.
_EVERY_PATTERN = """
import importlib, json, pkgutil, re, sys
compile_one, seen = re._compiler.compile, {}
def compile_and_note(pattern, flags=0):
    if isinstance(pattern, (str, bytes)):
        seen[pattern, int(flags)] = None
    return compile_one(pattern, flags)
re._compiler.compile = compile_and_note
import batten.regex
make_one = batten.regex.regex
def make_and_note(pattern, flags=0):
    seen[pattern, int(flags)] = None
    return make_one(pattern, flags)
batten.regex.regex = make_and_note
for module in pkgutil.walk_packages(batten.__path__, "batten."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
importlib.import_module("batten.extract.secrets.providers").shipped()
json.dump([[p if isinstance(p, str) else p.decode("latin-1"), isinstance(p, bytes), f] for p, f in seen], sys.stdout)
"""

_SINGLE = {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.AT, op.CATEGORY}


def risky_groups(items: Any) -> Iterator[Any]:
    """The bodies of possessive groups that can fail half-way with the cursor moved, at any depth of a parsed pattern."""
    for kind, argument in items:
        if kind is op.POSSESSIVE_REPEAT and not _is_safe(argument[2]):
            yield argument[2]
        for inner in _inner(kind, argument):
            yield from risky_groups(inner)


def _inner(kind: Any, argument: Any) -> list[Any]:
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return [argument[2]]
    if kind is op.SUBPATTERN:
        return [argument[3]]
    if kind is op.BRANCH:
        return list(argument[1])
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [argument[1]]
    if kind is op.ATOMIC_GROUP:
        return [argument]
    if kind is op.GROUPREF_EXISTS:
        return [each for each in argument[1:] if each]
    return []


def _is_safe(body: Any) -> bool:
    [(kind, argument), *rest] = list(body)
    if kind is op.SUBPATTERN and not rest:
        return _is_safe(argument[3])
    if kind is not op.BRANCH or rest:
        return all(each in _SINGLE for each, _ in body)
    alternatives = argument[1]
    return _fails_at_once(alternatives[-1]) or all(each in _SINGLE for alternative in alternatives for each, _ in alternative)


def _fails_at_once(alternative: Any) -> bool:
    [(kind, argument), *_] = list(alternative)
    return kind is op.FAILURE or (kind is op.ASSERT_NOT and not list(argument[1]))


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("(?:ab?c)++", 1),
        ("(?:ab?c|(?!))++", 0),
        (r"(?:\s++|//[^\n]*+\n)*+", 1),
        (r"x(?P<group>(?:[^*]|\*(?!/)){0,500}+)y", 1),
        (r"(?:(?:a+)*+|(?!))*+", 1),
        (r"(?:[^\"\\]|\\.)*+", 0),
        (r"[^\n]*+\w++(?=\s?+)", 0),
    ],
)
def test_groups_that_move_before_they_fail_are_told(pattern: str, count: int) -> None:
    assert len(list(risky_groups(reader.parse(pattern)))) == count


def test_every_possessive_group_puts_the_cursor_back() -> None:
    found = json.loads(subprocess.run([sys.executable, "-c", _EVERY_PATTERN], capture_output=True, check=True, cwd=ROOT).stdout)
    patterns = [(text.encode("latin-1") if binary else text, flags) for text, binary, flags in found]
    assert len(patterns) > 500
    assert [text for text, flags in patterns if list(risky_groups(reader.parse(text, flags)))] == []
