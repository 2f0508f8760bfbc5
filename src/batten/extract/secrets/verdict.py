"""What a match is taken for while it is judged; decides nothing."""

import string

from msgspec import Struct

from batten.facts.secrets import Caveat, SecretKind, Use

WORD = f"{string.ascii_letters}{string.digits}_$"
"""The characters of names in code."""


class Verdict(Struct, frozen=True):
    """What a match is taken for, and what of it was looked at: ``value`` is the secret, ``body`` what follows the fixed prefix.

    Of literals that only a name makes secret: the text ``before`` the match and ``after`` it, what is ``between`` the name and the value,
    and what the block that it is ``inside`` of begins with. Of a password in an address who logs in stands ``before`` it.
    """

    provider: str
    kind: SecretKind
    label: str
    value: str
    body: str
    name: str | None
    host: str | None = None
    certain: bool = True
    caveat: Caveat = Caveat.NONE
    live: bool | None = True
    project: str | None = None
    use: Use | None = None
    account: str = ""
    admin: bool = False
    before: str = ""
    between: str = ""
    after: str = ""
    inside: str = ""
