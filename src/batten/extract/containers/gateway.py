"""The configuration of LiteLLM's proxy: whether it asks for a key, and which.

https://docs.litellm.ai/docs/proxy/config_settings
"""

from collections.abc import Iterator

from batten.extract.containers.settings import Words, variable
from batten.facts.containers import Container, Option
from batten.parse.documents import Entry, Scalar, Table, read_yaml
from batten.text import Place, Span

_SECTIONS = ("general_settings", "litellm_settings")
PROGRAM = "config:litellm"
_FROM_ENVIRONMENT = "os.environ/"
_NOTHING = frozenset(("null", "~", ""))


def may_be(name: str, data: bytes) -> bool:
    """Whether a file is one by its name and words."""
    return name.endswith((".yaml", ".yml")) and b"model_list:" in data and b"litellm_params" in data


def read(path: str, data: bytes, words: Words) -> tuple[list[Container], bool]:
    """The gateway, and whether the file was read to its end."""
    document = read_yaml(data)
    whole = document.table
    models = whole.entry("model_list") if whole is not None else None
    if whole is None or models is None:
        return [], True
    at = whole.entry("general_settings") or models
    settings = [*_settings(whole, words), *([Option("whole", "true", models.place)] if document.whole else [])]
    place = Place(path, Span(at.place.start, at.place.start + len(at.key.encode())))
    return [Container(name="litellm", place=place, programs=(PROGRAM,), settings=tuple(settings))], document.whole


def _settings(whole: Table, words: Words) -> Iterator[Option]:
    for section in _SECTIONS:
        table = whole.get(section)
        for entry in table.entries if isinstance(table, Table) else ():
            if not (isinstance(entry.value, Scalar) and entry.value.plain and entry.value.text in _NOTHING):
                yield _setting(entry, words)


def _setting(entry: Entry, words: Words) -> Option:
    text = entry.value.text if isinstance(entry.value, Scalar) else None
    if text is None or text.startswith(_FROM_ENVIRONMENT):
        return Option(entry.key, None, entry.place)
    return variable(entry.key, text, entry.place, words)
