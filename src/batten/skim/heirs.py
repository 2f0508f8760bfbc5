"""What the classes of a file derive from, by name, read from the bytes: enough to know which file may hold what does the work of an interface."""

import re

from batten.regex import regex

# More than the last name of each: what stands in the brackets of a generic one does no harm.
_SCRIPT = regex(rb"\b(?:implements|extends)\s{1,40}(?P<names>[\w$.<>\[\], \t\r\n]{1,400}?)\{")
_PYTHON = regex(rb"^[ \t]*class[ \t]{1,8}\w{1,100}[ \t]{0,8}\((?P<names>[^()#\"']{1,400})\)[ \t]{0,8}:", re.MULTILINE)
_NAME = regex(rb"(?<![\w$])[A-Za-z_$][\w$]{0,99}")
# A file with more names than these is made by a program.
_MOST = 200


def derives_from(data: bytes, *, python: bool) -> tuple[str, ...]:
    """The names, sorted; also those of what stands beside a base: its package, the types that it is given."""
    if not (b"class " in data if python else b"implements" in data or b"extends" in data):
        return ()
    found: set[str] = set()
    for head in (_PYTHON if python else _SCRIPT).finditer(data):
        found.update(name.decode("utf-8", "replace") for name in _NAME.findall(head["names"]))
        if len(found) > _MOST:
            break
    return tuple(sorted(found))
