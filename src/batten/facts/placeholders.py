"""Tells values that stand where a secret belongs from secrets; does not know what kind of secret was meant."""

import math
import re
from collections import Counter
from itertools import pairwise

from batten.regex import regex

_WORDS = regex(
    r"your|example|sample|placeholder|change[-_]?me|replace|insert|dummy|fake|todo|redacted|x{4,}|\*{3,}|\.\.\.|…"
    r"|<[^>]{0,80}>|\[[^\]]{0,80}\]|\{\{|\$\{|\$\(|%\(\w{0,80}\)s|process\.env|os\.environ|env\(|secrets\.|(?:^|[-_])(?:x{3,}|test|demo|none|null)(?:[-_]|$)",
    re.IGNORECASE,
)
# Sixteen digits carry four bits a character at most.
_HEX = regex(r"[0-9A-Fa-f-]+")
_SHORTEST_RANDOM = 16
_SAME = regex(r"(.)\1{7,}")
_SHORTEST_RUN = 6


def placeholder(value: str, name: str | None = None, distinct: int = 8) -> bool:
    """Whether ``value`` (held by ``name``) only shows where a secret goes: a word, a template, a run of equal or counting characters, fewer than ``distinct`` different ones."""
    text = value.strip()
    if not text or _WORDS.search(text) or text.endswith("EXAMPLE"):
        return True
    if name is not None and _plain(text) == _plain(name):
        return True
    return len(set(text)) < distinct or _monotonous(text)


def template(value: str) -> bool:
    """Whether ``value`` is filled in elsewhere: ``${NAME}``, ``{{ name }}``, ``%(name)s``, ``$(NAME)``, ``$NAME``."""
    return bool(re.search(r"\$\{|\{\{|%\(\w{0,80}\)s|\$\(|^\$[A-Za-z_]\w*$|^%\w+%$|process\.env|os\.environ|env\(|secrets\.", value))


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    if not text:
        return 0.0
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def least_entropy(text: str, wanted: float = 3.5) -> float:
    """How many bits a character text of these characters has at least, where nobody thought it up: hexadecimal ones and UUIDs have less."""
    return min(wanted, 3.0) if _HEX.fullmatch(text) else wanted


def random(text: str) -> bool:
    """Whether a text is too long and too mixed for somebody to have thought it up: digits among letters, or capitals all over it."""
    if len(text) < _SHORTEST_RANDOM or not any(letter.isalpha() for letter in text) or entropy(text) < least_entropy(text):
        return False
    letters = [letter.isupper() for letter in text if letter.isalpha()]
    turns = sum(left != right for left, right in pairwise(letters))
    return sum(letter.isdigit() for letter in text) > 1 or turns * 2 >= len(letters)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _monotonous(text: str) -> bool:
    """One character repeated, or counting up or down for the most part: aaaa, 1234567890abcdef."""
    if _SAME.search(text):
        return True
    steps = [ord(right) - ord(left) for left, right in pairwise(text)]
    even = sum(-1 <= step <= 1 for step in steps)
    return len(text) >= _SHORTEST_RUN and even * 10 >= len(steps) * 6
