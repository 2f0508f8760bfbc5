"""Variables and flags of a program as the conditions of the vocabulary see them; keeps no value that the vocabulary does not ask for."""

import re
import shlex
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from batten.facts.containers import Given, Option
from batten.facts.placeholders import placeholder
from batten.facts.vocabulary import Target, Vocabulary
from batten.regex import regex
from batten.text import Span

_FILLED_IN = regex(r"\$\{\w+(?::?(?P<mark>[-?+])(?P<default>[^{}]*))?\}|\$\w+|\$\(")
_SWITCH = regex(
    r"(?:true|false|yes|no|on|off|none|null|\d{1,5}|(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?|localhost(?::\d{1,5})?|\*|::1?|\[::1?\](?::\d{1,5})?|)",
    re.IGNORECASE,
)
_MOST = 400
_LONGEST = 20_000
SET = "(set)"
"""In the place of a value that is nobody's business."""


_CONFIG_FILE = regex(r"\.(?:conf|cnf|ya?ml|toml|ini|json)\Z")
_SHORTEST_PASSWORD = 8
_LONGEST_GUESS = 64
# Made of nothing but words that people take for passwords, and short numbers.
_GUESSED = regex(
    r"(?i)(?:admin|root|user|guest|postgresql|postgres|mysql|mariadb|mongodb|mongo|redis|minio|rabbitmq|rabbit|elastic|neo4j|supabase|docker|database|db|app"
    r"|my|super|secret|password|passwd|pass|pwd|qwerty|letmein|welcome|change|me|it|this|default|development|dev|test|local|demo|example|sample"
    r"|key|token|strong|secure|very|your|the|in|production|prod|[-_ .!@#]|\d{1,6}|(?!))++"
)


def given(name: str, text: str | None) -> Given:
    """How a value gets to a program; None is one that is handed on from outside."""
    known = None if text is None else filled(text)
    if text is None or known is None:
        return Given.ENVIRONMENT
    is_guessed = len(known) <= _LONGEST_GUESS and _GUESSED.fullmatch(known) is not None
    if len(known) >= _SHORTEST_PASSWORD and not is_guessed and not placeholder(known, name):
        return Given.WRITTEN
    return Given.FALLBACK if _FILLED_IN.search(text) is not None else Given.WEAK


class Words:
    """The values that conditions of the vocabulary ask for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        rows = [row for row in vocabulary.rows if row.target is Target.PROGRAM]
        conditions = [condition for row in rows for condition in (row.when, row.unless) if condition]
        wanted = {choice.lower() for condition in conditions for choice in condition.partition("=")[2].split("|")}
        self._wanted = sorted(choice for choice in wanted if choice.strip("?*") and "[" not in choice)
        self._programs = vocabulary.programs
        self._slots = frozenset(
            slot for condition in conditions for part in condition.split(" & ") for slot in part.partition("=")[0].split("|")
        )

    def asks_for(self, name: str) -> bool:
        """Whether a condition asks for a setting of this name."""
        return name in self._slots

    def knows(self, program: str) -> bool:
        """Whether the vocabulary says something of a program."""
        return bool(self._programs.lookup(program))

    def shown(self, text: str | None) -> str | None:
        """The value as facts may hold it."""
        if text is None or _SWITCH.fullmatch(text) is not None or any(fnmatchcase(text.lower(), choice) for choice in self._wanted):
            return text
        return SET


def filled(text: str) -> str | None:
    """A value with what stands for unset variables in it; None where it is filled in elsewhere."""
    whole = _FILLED_IN.fullmatch(text)
    if whole is not None and whole["mark"] == "-" and whole["default"]:
        return whole["default"]
    replaced = _FILLED_IN.sub(lambda found: found["default"] or "\0" if found["mark"] == "-" else "\0", text.replace("$$", "\1"))
    return None if "\0" in replaced else replaced.replace("\1", "$")


def variable(name: str, text: str | None, span: Span, words: Words) -> Option:
    """A variable; without a text it is handed on from outside."""
    return Option(name, words.shown(filled(text)) if text is not None else None, span, given(name, text))


def tokens(text: str) -> list[str]:
    """The words of a command line."""
    try:
        return shlex.split(text[:_LONGEST], comments=False)
    except ValueError:
        return text[:_LONGEST].split()


def inside_shells(line: list[str]) -> list[str]:
    """A command line in which what a shell is given (``sh -c "…"``) is taken apart, too."""
    shells = ("-c", "-lc")
    return [
        inner for at, word in enumerate(line) if word not in shells for inner in (tokens(word) if at and line[at - 1] in shells else [word])
    ]


_WRAPPERS = frozenset(
    ("exec", "env", "sh", "bash", "-c", "-lc", "tini", "--", "uv", "poetry", "run", "nohup", "npx", "bunx", "pnpx", "uvx", "-y", "--yes")
)


def programs(line: list[str]) -> Iterator[str]:
    """What a command line runs: its first word that is no wrapper, and the module that Python runs."""
    rest = [word for word in line if "=" not in word or word.startswith("-")]
    while rest and rest[0].rpartition("/")[2] in _WRAPPERS:
        inner = tokens(rest[1]) if rest[0] in ("-c", "-lc") and len(rest) > 1 else None
        rest = inner if inner is not None else rest[1:]
    if not rest:
        return
    first = rest[0].rpartition("/")[2]
    if first.startswith("python") and "-m" in rest[:-1]:
        first = rest[rest.index("-m") + 1].partition(".")[0]
    # Runners of packages name the version with the program.
    first = first.partition("==")[0].partition("@")[0] or first
    if not first.startswith("-"):
        yield f"command:{first}"


def flags(line: Iterable[str], span: Span, words: Words) -> Iterator[Option]:
    """The flags of a command line: ``--key=value``, ``--key value`` or ``--key`` alone; and ``config-file`` where a file is named that may say more."""
    pending: str | None = None
    for word in list(line)[:_MOST]:
        if word.startswith("-") and len(word) > 1 and not word[1].isdigit():
            if pending is not None:
                yield Option(pending, "true", span, Given.WEAK)
            name, equals, value = word.partition("=")
            pending = None if equals else name
            if equals:
                yield Option(name, words.shown(filled(value)), span, given(name, value))
        elif pending is None and _CONFIG_FILE.search(word) is not None:
            yield Option("config-file", SET, span)
        elif pending is not None:
            yield Option(pending, words.shown(filled(word)), span, given(pending, word))
            pending = None
    if pending is not None:
        yield Option(pending, "true", span, Given.WEAK)


def image_name(image: str) -> tuple[str, str]:
    """An image without the registry that it comes from, and its version: ``("open-webui/open-webui", "main")``."""
    name, _, _ = (filled(image) or re.sub(r"\$\{[^}]*\}", "", image)).partition("@")
    head, slash, rest = name.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        name = rest
    bare, _, tag = name.partition(":")
    return bare.lower(), tag
