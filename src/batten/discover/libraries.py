"""Scripts of others that somebody copied into the tree: known by where they stand and by what their first lines say, never by a list of names."""

from collections.abc import Callable

from batten.regex import regex

_SCRIPTS = (".js", ".mjs", ".cjs")
_COPIED = frozenset(("static", "public", "assets", "wwwroot", "vendor", "vendors", "third_party", "third-party", "thirdparty"))
"""Names of folders where such files stand. None is proof: the app's own code stands in each of them, too."""
_CODE = frozenset(("lib", "libs", "plugins", "external"))
"""The same, but that servers have their own code there: a banner, which anybody writes over anything, is not enough."""
_SMALLEST = 500
_LONGEST_BANNER = 4_000

_BANNER = regex(rb"""\A\s*+(?:(?:;|["']use strict["'];?)\s*+)?(?P<text>/\*[^*]*+(?:\*(?!/)[^*]*+|(?!))*+\*/|(?://[^\n]*+\n\s*+)+)""")
_LICENCE = regex(
    rb"""(?i)\b(?:licensed under|released under|@licen[sc]e|SPDX-License-Identifier|MIT(?:/[\w.-]+)? licen[sc]ed?|(?:the )?MIT license|BSD(?:-\d-clause)?|Apache[- ]\w|[AL]?GPL|MPL|ISC licen[sc]e|Unlicense|public domain|licen[sc]e[:\s|(]{1,4}MIT\b|\bMIT\b)"""
)
# The versions of licences say nothing of what is licensed.
_OF_LICENCES = regex(
    rb"(?i)\b(?:apache|apache licen[sc]e|[al]?gpl|mpl|bsd|cc[- ]by(?:-[a-z]+)*|licen[sc]es?|ecma(?:script)?|es)[\s,/-]*(?:version\s*)?v?\d+(?:\.\d+)*"
)
_VERSION = regex(rb"(?<![\w./-])[vV@]?\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?(?![\w/])|@\d+\.\d+\.\d+")
_IN_NAME = regex(r"[-.@]v?\d+\.\d+(?:\.\d+)?(?:\.\w+)?\.[cm]?js\Z")
# What tools that build libraries put round them; people write the same by hand, too, so that it is not enough by itself.
_WRAPPER = regex(
    rb"""typeof\s+exports\s*={2,3}\s*["']object["']|["']object["']\s*={2,3}\s*typeof\s+(?:exports|module)\b|typeof\s+define\s*={2,3}\s*["']function["']|["']function["']\s*={2,3}\s*typeof\s+define\b"""
)
_BUILT = regex(
    rb"""\A[\s;!+]*+\(?function\s*+(?:webpackUniversalModuleDefinition\b|\(\s*+(?:global|root|e|t)\s*+,\s*+(?:factory|t|n|e)\s*+\)\s*+\{\s*+(?:["']use strict["'];?\s*+)?"""
    rb"""(?:typeof\s+exports\s*={2,3}\s*["']object["']|["']object["']\s*={2,3}\s*typeof\s+exports)\s*&&\s*(?:typeof\s+module\s*!={1,2}\s*["']undefined["']|["']undefined["']\s*!={1,2}\s*typeof\s+module)\s*\?)"""
)
_WORD = regex(rb"[A-Za-z][\w.-]{2,}")
_GENERAL = frozenset((b"app", b"web", b"site", b"server", b"client", b"frontend", b"backend", b"api", b"js"))


def may_be_library(path: str, size: int) -> bool:
    """Whether a file stands where copies of libraries do."""
    return path.endswith(_SCRIPTS) and size >= _SMALLEST and not (_COPIED | _CODE).isdisjoint(path.split("/")[:-1])


def is_library(path: str, head: bytes, own: Callable[[], frozenset[bytes]]) -> bool:
    """Whether the first bytes of such a file are those of somebody else's library: a banner with a licence and a version, or with a licence over the wrapper that builds give, or that of well-known builders alone.

    ``own`` are the names of the packages of the tree, in lower case: what bears one is the app's own.
    """
    banner = _BANNER.match(head, 0, _LONGEST_BANNER)
    text = banner["text"] if banner is not None else b""
    rest = head[banner.end() :] if banner is not None else head
    licensed = _LICENCE.search(text) is not None
    versioned = _IN_NAME.search(path) is not None or _VERSION.search(_OF_LICENCES.sub(b" ", text)) is not None
    wrapped = _WRAPPER.search(rest, 0, _LONGEST_BANNER) is not None
    copied = not _COPIED.isdisjoint(path.split("/")[:-1])
    if not ((licensed and ((versioned and copied) or wrapped)) or _BUILT.match(rest)):
        return False
    words = {word.lower().rstrip(b".-") for word in _WORD.findall(text[:300])}
    return words.isdisjoint(own() - _GENERAL)
