"""What keeps files out of repositories and images: ignore files, and the instructions that copy everything; does not look what there is to keep out."""

import re

from batten.facts.secrets import Copied
from batten.regex import regex
from batten.text import Span

_IGNORE_FILES = (".gitignore", ".dockerignore", ".npmignore")
_DOCKERFILE = regex(r"(?:^|/)(?:(?:Dockerfile|Containerfile)(?:[.-][^/]*)?|[^/]*\.[Dd]ockerfile)$")
_FROM = regex(rb"^[^\S\n]*FROM\s", re.MULTILINE | re.IGNORECASE)
_COPY = regex(rb"^[^\S\n]*(?:COPY|ADD)[^\S\n]+(?P<given>(?:[^\\\n]|\\[^\n]|\\\n)*)", re.MULTILINE | re.IGNORECASE)
# The build context as a whole, an env file that is no sample, or what may be a folder.
_ENV_FILE = regex(r"(?:[\w./-]+/)?\.env(?!\.(?:example|sample|template|dist|defaults?)\b)[\w.*-]*")
_FOLDER = regex(r"(?:\./)?(?P<folder>(?:[\w@-][\w.@-]*/)*(?:[\w@-][\w.@-]*)?)/?(?:\.|\*)?/?")
_LISTED = regex(r"\"([^\"]*)\"")
_MOST_PATTERNS = 2_000
_LONGEST = 300
_MOST_COPIES = 50


def ignore_patterns(path: str, data: bytes) -> tuple[str, ...]:
    """The patterns of an ignore file, in their order; none for other files."""
    if not path.endswith(_IGNORE_FILES):
        return ()
    lines = data.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()[:_MOST_PATTERNS]
    return tuple(line for line in lines if line.strip() and not line.startswith("#") and len(line) <= _LONGEST)


def copies(path: str, data: bytes) -> tuple[Copied, ...]:
    """The instructions of a Dockerfile that copy folders, or an env file by its name, into the stage that is shipped, the last one."""
    if _DOCKERFILE.search(path) is None:
        return ()
    last = 0
    for stage in _FROM.finditer(data):
        last = stage.start()
    found = []
    for match in _COPY.finditer(data, last):
        span = Span(match.start(), match.start() + len(match[0].rstrip()))
        folders = [_folder(source) for source in _sources(match["given"])]
        found += [Copied(folder, span) for folder in dict.fromkeys(folders) if folder is not None]
    return tuple(found[:_MOST_COPIES])


def _folder(source: str) -> str | None:
    """The folder that a source may be; None where it is neither one nor an env file."""
    if _ENV_FILE.fullmatch(source):
        return ""
    found = _FOLDER.fullmatch(source)
    return found["folder"].rstrip("/") if found is not None else None


def _sources(given: bytes) -> list[str]:
    """What an instruction copies out of the build context, in either way to write it."""
    words = given.decode("utf-8", "replace").replace("\\\n", " ").split()
    named = [word for word in words if not word.startswith("--")]
    if not named or named[0].startswith("<<") or any(word.startswith("--from=") for word in words):
        return []
    if named[0].startswith("["):
        named = _LISTED.findall(" ".join(named))
    return named[:-1]
