"""Reads rows of vocabulary from packs and from the configuration; does not know what the words do."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from batten.facts.vocabulary import Meaning, Row, Target, Vocabulary
from batten.finding import ConfigError

_KEYS = ("means", "when", "unless", "arg", "kind", "provider", "note")


def load_vocabulary(text: str, path: str, pack: str = "") -> tuple[Row, ...] | dict[str, Any]:
    """One ``vocabulary/*.yml``: a list of rows, or a map that some extractor knows how to read. Raises PackError with ``path:line``."""
    from batten.rules import frontmatter  # yaml: not on the way of a scan

    lined = frontmatter.read(text, path)
    if isinstance(lined.value, dict):
        return lined.value
    if not isinstance(lined.value, list):
        raise lined.error("a vocabulary is a list of rows", (), 'For example: - { call: "package.name", means: identity }')
    rows: list[Row] = []
    for index, item in enumerate(lined.value):
        try:
            rows += _rows(item, pack)
        except ValueError as error:
            raise lined.error(str(error), (index,)) from error
    return tuple(rows)


def configured(vocabulary: Vocabulary, section: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary with the rows of the configuration's ``[vocabulary]`` before its own. Raises ConfigError."""
    surplus = [key for key in section if key != "rows"]
    items = section.get("rows", [])
    if surplus or not isinstance(items, list):
        raise ConfigError(
            f"[vocabulary] has {f'an unknown key {surplus[0]!r}' if surplus else 'no list of rows'}",
            'Write its rows as [[vocabulary.rows]] call = "src/auth.ts#requireUser", means = "identity-raises"',
        )
    rows: list[Row] = []
    for number, item in enumerate(items, 1):
        try:
            rows += _rows(item, "configuration")
        except ValueError as error:
            raise ConfigError(f"row {number} of [vocabulary]: {error}") from error
    return vocabulary.with_rows(rows)


def _rows(item: object, pack: str) -> list[Row]:
    """The rows of one item: several patterns may share it, and ``means`` may map meanings to the condition of each. Raises ValueError."""
    if not isinstance(item, dict):
        raise ValueError(f"a row is a map, not {item!r:.60}")  # noqa: TRY004 - a value of the user's, not a type of ours
    targets = [target for target in Target if target in item]
    if len(targets) != 1:
        raise ValueError(f"a row has one of {', '.join(map(str, Target))}")
    target = targets[0]
    for key in item:
        if key != target and key not in _KEYS:
            raise ValueError(f"unknown key {key!r}{_hint(str(key), _KEYS)}")
    meanings = item.get("means")
    if isinstance(meanings, dict) and "when" in item:
        raise ValueError("'when' stands beside a map of meanings, which holds the conditions")
    conditions = meanings if isinstance(meanings, dict) else {meanings: item.get("when")}
    for meaning in conditions:
        if meaning not in tuple(Meaning):
            raise ValueError(f"{meaning!r} is no meaning{_hint(str(meaning), tuple(Meaning))}")
    patterns = item[target] if isinstance(item[target], list) else [item[target]]
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise ValueError(f"{pattern!r} is no pattern")  # noqa: TRY004 - as above
    arg = item.get("arg")
    texts = {key: item.get(key) for key in ("unless", "kind", "provider")} | {"arg": None if arg is None else str(arg)}
    for key, value in [*texts.items(), *((f"when {meaning}", when) for meaning, when in conditions.items()), ("note", item.get("note"))]:
        if value is not None and (not isinstance(value, str) or not value):
            raise ValueError(f"{key!r} is {value!r}, not a text")
    return [
        Row(target=target, pattern=spelled, means=Meaning(str(meaning)), when=when, pack=pack, **texts)
        for pattern in patterns
        for spelled in _spelled(pattern)
        for meaning, when in conditions.items()
    ]


def _spelled(pattern: str) -> list[str]:
    """``a.{b,c}`` as ``a.b`` and ``a.c``. Raises ValueError."""
    done: list[str] = []
    todo = [pattern]
    while todo:
        text = todo.pop(0)
        head, opened, rest = text.partition("{")
        choices, closed, tail = rest.partition("}")
        if opened and closed:
            todo += [f"{head}{choice}{tail}" for choice in choices.split(",")]
        elif opened or not text or any(char in text for char in "}, "):
            raise ValueError(f"{pattern!r} is no pattern")
        else:
            done.append(text)
    return done


def _hint(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, 2, 0.6)
    return f": did you mean {' or '.join(map(repr, map(str, close)))}?" if close else f": known are {', '.join(map(str, known))}"
