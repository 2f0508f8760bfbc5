"""Where to revoke a key: said for every provider, and on the pages that are about keys."""

import msgspec
import pytest
from own_rules import RULES

from batten.extract.secrets.providers import from_document
from batten.finding import PackError
from batten.rules.rotation import DOCUMENT, Rotation, rotations, where_to_revoke
from batten.scan import SECRETS

PROVIDERS = from_document(RULES.documents[SECRETS])


def test_every_provider_says_where_its_keys_are_revoked() -> None:
    assert set(rotations(RULES.documents)) == {provider.row.id for provider in PROVIDERS.all}


def test_pages_about_keys_list_their_providers() -> None:
    known = rotations(RULES.documents)
    section = where_to_revoke(RULES.page("database-password-in-source"), PROVIDERS, known).splitlines()

    assert section[:3] == [
        "## Where to revoke",
        "",
        "- PlanetScale token: https://app.planetscale.com, under settings of the database or service tokens of the organisation",
    ]
    assert len(section) == 2 + 4
    assert where_to_revoke(RULES.page("env-file-in-git"), PROVIDERS, known) == ""
    assert where_to_revoke(RULES.page("table-without-rls"), PROVIDERS, known) == ""


def test_a_row_reads_as_a_sentence() -> None:
    assert [str(Rotation("there")), str(Rotation("there", "look"))] == ["there", "there; look"]


def test_a_document_that_is_no_table_is_refused() -> None:
    with pytest.raises(PackError, match="rotation can't be used"):
        rotations({DOCUMENT: msgspec.msgpack.encode({"openai": {"where": "there"}})})
    assert rotations({}) == {}
