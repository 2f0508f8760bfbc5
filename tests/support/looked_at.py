"""The facts of an app as the first look gives them: imports and settings of every file, no code."""

from collections.abc import Mapping

from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts
from batten.rules.registry import load
from batten.scan import SECRETS

_RULES = load(with_plugins=False)
_READER = Reader(_RULES.vocabulary, from_document(_RULES.documents[SECRETS]))


def looked_at(app: Mapping[str, str]) -> list[FileFacts]:
    """One for each file, by path and text."""
    return [_READER.look(path, text.encode(), code=False) for path, text in app.items()]
