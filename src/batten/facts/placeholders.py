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


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _monotonous(text: str) -> bool:
    """One character repeated, or counting up or down for the most part: aaaa, 1234567890abcdef."""
    if _SAME.search(text):
        return True
    steps = [ord(right) - ord(left) for left, right in pairwise(text)]
    even = sum(-1 <= step <= 1 for step in steps)
    return len(text) >= _SHORTEST_RUN and even * 10 >= len(steps) * 6
