"""Where a leaked key is taken back, provider by provider: vocabulary of the pack of secrets, and who asks for it; knows no provider."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from batten.extract.secrets.providers import Providers
from batten.finding import PackError
from batten.rules.page import Page

DOCUMENT = "secrets/rotation"
"""The vocabulary document that says it."""
_MOST_KINDS = 2


class Rotation(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a key is revoked (``at``), and what else there is to do."""

    at: str
    also: str = ""

    def __str__(self) -> str:
        return f"{self.at}; {self.also}" if self.also else self.at


def rotations(documents: Mapping[str, bytes]) -> Mapping[str, Rotation]:
    """Each provider's, by its id. Raises PackError where the document can't be used."""
    try:
        return msgspec.msgpack.decode(documents[DOCUMENT], type=dict[str, Rotation]) if DOCUMENT in documents else {}
    except msgspec.MsgspecError as error:
        raise PackError(f"the vocabulary of rotation can't be used: {error}", "A row has 'at', and it may have 'also'.") from error


def where_to_revoke(page: Page, providers: Providers, known: Mapping[str, Rotation]) -> str:
    """A section in Markdown on the keys that a rule is about; "" where it is about no particular ones."""
    rows = dict.fromkeys(_rows(page, providers, known))
    return "\n".join(("## Where to revoke", "", *rows)) if rows else ""


def _rows(page: Page, providers: Providers, known: Mapping[str, Rotation]) -> Iterator[str]:
    terms = page.match.terms if page.match is not None and page.fact == "secret" else ()
    kinds = next((term.values for term in terms if term.field == "kind"), ())
    if not kinds or len(kinds) > _MOST_KINDS:
        return
    for provider in providers.all:
        if provider.row.kind in kinds and provider.row.id in known:
            yield f"- {provider.row.label}: {known[provider.row.id]}"
