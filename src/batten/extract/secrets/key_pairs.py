"""Key pairs that are written as sixty-four numbers, as wallets of Solana keep theirs: the second half follows from the first, so that no other list is one.

https://solana.com/docs/intro/wallets#keypair
"""

import re

from batten.ed25519 import public_half
from batten.extract.secrets.verdict import Verdict
from batten.regex import regex

WORD = b"fromSecretKey"
"""The trigger of the row for them that stands for a file without any word."""

_BARE = regex(rb"\s*\[\s{0,20}\d{1,3}(?:\s{0,20},\s{0,20}\d{1,3}){63}\s{0,20}\]\s*")
_LONGEST = 2_000
_HALF = 32


def is_bare(path: str, data: bytes) -> bool:
    """Whether a file holds sixty-four numbers and nothing else."""
    return path.endswith(".json") and len(data) <= _LONGEST and _BARE.fullmatch(data) is not None


def key_pair(verdict: Verdict) -> Verdict | None:
    """The numbers are a private key and the public one that belongs to it."""
    numbers = [int(each) for each in re.findall(r"\d+", verdict.value)]
    if len(numbers) != 2 * _HALF or max(numbers) > 255:  # noqa: PLR2004 - bytes
        return None
    return verdict if public_half(bytes(numbers[:_HALF])) == bytes(numbers[_HALF:]) else None
