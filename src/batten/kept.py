"""Keeps what takes long to make, where Python keeps compiled modules; knows nothing of what it keeps.

Each name has one place, so that what is kept does not grow. Content is given back only under the key it was kept with, and
whole: everything else counts as not kept.
"""

import importlib.util
import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

_SIZE = 16


def load(name: str, key: bytes) -> bytes | None:
    """What was kept under the name, or None where it was another key's or is damaged."""
    with suppress(OSError):
        stored = _place(name).read_bytes()
        data = stored[_SIZE:]
        if stored[:_SIZE] == _seal(key, data):
            return data
    return None


def store(name: str, key: bytes, data: bytes) -> None:
    """Keep data under the name in place of what is there; an install that cannot be written to keeps nothing."""
    place = _place(name)
    new = place.with_name(f"{place.name}.{os.getpid()}")
    with suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        new.write_bytes(_seal(key, data) + data)
        new.replace(place)


def _seal(key: bytes, data: bytes) -> bytes:
    return blake2b(data, digest_size=_SIZE, key=blake2b(key).digest()).digest()


def _place(name: str) -> Path:
    return Path(importlib.util.cache_from_source(__file__)).with_name(f"batten-{name}.kept")
