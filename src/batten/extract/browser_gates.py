"""Passwords that a script compares with what somebody has typed in; whether browsers get the script is for ``link`` to find.

Read from the text alone: pages are not parsed for it. What is compared is a constant written there, or one of the file's own that holds a text or a public variable.
"""

import re
from collections.abc import Iterable, Iterator

from batten.facts.modules import BrowserGate
from batten.regex import regex
from batten.text import Place, Span

WORDS = (
    b"assword ==", b"assword==", b"asscode ==", b"asscode==", b"assword.trim() ==", b"assword.value ==", b"wordInput ==", b"odeInput ==", b"inInput ==", b"wordInput.value ==",
    b"pwd ==", b"Pwd ==", b"Pass ==", b" pass ==", b"(pass ==", b" pin ==", b"(pin ==", b"Pin ==", b"inCode ==", b"etCode ==", b"ssCode ==", b"assKey ==", b"inKey ==", b"odeInput.value ==",
)  # fmt: skip
_LANGUAGES = (".js", ".jsx", ".mjs", ".ts", ".tsx", ".mts", ".vue", ".svelte", ".astro")
_TYPED_IN = (
    rb"(?<![\w$])(?P<name>(?:[\w$]{1,60}\.){0,4}(?:[\w$]{0,40}[pP]ass(?:word|code|wd|key)?|[\w$]{0,40}(?<![a-z])pwd|[\w$]{0,40}Pwd|(?:[\w$]{0,40}P|(?<![\w$])p)in"
    rb"|(?:access|admin|secret|owner|staff|master|entry)(?:C|_c)ode|admin_?[kK]ey)(?:Input|Value|Attempt|Entered)?)(?:\.value|\.trim\(\)|\.toLowerCase\(\)){0,3}"
)
_COMPARED = regex(
    _TYPED_IN
    + rb"\s{0,3}={2,3}\s{0,3}(?:(?P<quote>['\"`])(?P<text>[^'\"`\n$]{3,64})(?P=quote)|(?P<public>(?:import\.meta|process)\.env\.(?:VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|EXPO_PUBLIC|NUXT_PUBLIC)_\w{2,60})"
    rb"|(?P<constant>[A-Z][A-Z0-9_]{3,60})\b(?!\s{0,2}[.(]))"
)
_TYPE = regex(rb"typeof\s{1,3}$|(?:^|\n)[^\n]{0,300}//[^\n]{0,300}$|(?:^|\n)\s{0,40}\*[^\n]{0,300}$")
# What forms, steps and fields are in, and no password.
_STATES = frozenset(
    b"weak medium strong fair good open closed empty invalid valid required match mismatch error success loading text password string number boolean show hide visible hidden forgot reset "
    b"change update create new current old confirm none null undefined true false on off set unset pending done idle failed passed pass fail ok default object function enabled disabled locked unlocked".split()
)
_MOST = 20


def browser_gates(path: str, data: bytes, words: Iterable[bytes]) -> tuple[BrowserGate, ...]:
    """Those of one file; ``words`` are the trigger words that it has."""
    if not path.lower().endswith(_LANGUAGES) or not any(word in _WORDS for word in words):
        return ()
    return tuple(gate for gate, _ in zip(_found(path, data), range(_MOST), strict=False))


_WORDS = frozenset(WORDS)


def _found(path: str, data: bytes) -> Iterator[BrowserGate]:
    for match in _COMPARED.finditer(data):
        if _TYPE.search(data, max(0, match.start() - 320), match.start()):
            continue
        held = _held(data, match)
        if held is not None:
            name = match["name"].decode(errors="replace").rpartition(".")[2]
            yield BrowserGate(name, held, place=Place(path, Span(match.start(), match.end())))


def _held(data: bytes, match: re.Match[bytes]) -> str | None:
    """Where what is compared is written, or None where it is no constant."""
    if match["text"] is not None:
        return "a password that is written there" if _is_password(match["text"]) else None
    if match["public"] is not None:
        return "a variable that the build puts into the bundle"
    constant = re.search(
        rb"\bconst\s{1,3}"
        + match["constant"]
        + rb"(?:\s{0,2}:\s{0,2}string)?\s{0,3}=\s{0,3}(?:['\"`](?P<text>[^'\"`\n$]{3,64})['\"`]|(?P<env>(?:import\.meta|process)\.env\.(?:VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|EXPO_PUBLIC)_\w{2,60}))",
        data,
    )
    if constant is None or (constant["text"] is not None and not _is_password(constant["text"])):
        return None
    return "a password that the file holds" if constant["env"] is None else "a variable that the build puts into the bundle"


def _is_password(text: bytes) -> bool:
    shown = text.decode(errors="replace").strip()
    is_mask = (
        len(set(shown)) == 1 and not shown[0].isalnum()
    )  # what a form shows in the place of a password that it was not given: `••••••••`
    return text.lower().strip() not in _STATES and b" " not in text.strip() and not is_mask
