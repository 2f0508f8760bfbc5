"""What this batten is, as a digest of its code and of the parsers that it reads with; knows nothing of packs or apps."""

import os
import sys
import sysconfig
from functools import cache
from hashlib import blake2b
from pathlib import Path

from batten import __version__

_PARSERS = ("tree_sitter", "sqlglot", "pyyaml", "msgspec")


@cache
def identity() -> bytes:
    """The same for two installations that make the same facts of the same files; another one for whoever changes a line of ours."""
    digest = blake2b(f"{__version__} {sys.version_info[:2]}\0".encode(), digest_size=16)
    for name in sorted(_parsers()):
        digest.update(f"{name}\0".encode())
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.digest()


def _parsers() -> set[str]:
    """The names with versions of what parses for us, as installers name their folders: nothing of it is imported to be asked."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(Path(__file__).parents[1])}
    found: set[str] = set()
    for folder in folders:
        if os.path.isdir(folder):  # noqa: PTH112 - os.scandir gives names without making paths of them
            found |= {entry.name for entry in os.scandir(folder) if entry.name.endswith(".dist-info")}
    return {name for name in found if name.lower().startswith(_PARSERS)}
