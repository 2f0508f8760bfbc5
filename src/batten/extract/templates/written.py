"""Templates that are written as text in the code, by language: what of such a text is kept, and the holes in it."""

import re

from batten.extract.templates import blocks, embedded, handlebars
from batten.extract.values import without_keys
from batten.facts.templates import Template
from batten.regex import regex

_READERS = {"blocks": blocks.read, "handlebars": handlebars.read, "embedded": embedded.read}
_MARKS = regex(r"\{\{\{.{0,200}?\}\}\}|\{\{.{0,200}?\}\}|\{%.{0,200}?%\}|<%.{0,200}?%>", re.DOTALL)
_TAG = regex(r"<[A-Za-z][A-Za-z0-9]{0,20}[\s/>]")
_MOST = 2_000


def marks_of(text: str) -> str | None:
    """The marks of a long text that puts values into a page, with a tag before them; None for any other."""
    if "{{" not in text and "<%" not in text and "{%" not in text:
        return None
    tag = _TAG.search(text)
    marks = without_keys("".join(_MARKS.findall(text)))
    return f"{tag[0][:-1]}>{marks}" if tag is not None and marks and len(marks) <= _MOST else None


def is_markup(text: str) -> bool:
    """There is a tag in it: it is no letter in plain text, and nothing for a model."""
    return _TAG.search(text) is not None


def read(language: str, text: str) -> Template | None:
    """The holes of a text in a language of templates."""
    reader = _READERS.get(language)
    return reader(text.encode()) if reader is not None else None
