"""What functions of an app say by their names that they ask of a value; knows no code."""

import re

from batten.regex import regex

SPEAKS = regex(
    r"valid|safe|allow|permit|check|verif|sanit|trust|whitelist|known|^is[_A-Z]|within|inside|(?:sub|child)_?path|escapes?(?:_|$|[A-Z])",
    re.IGNORECASE,
)
# What of a value a function with such a name looks at, and whether it says yes to what is refused.
SUBJECTS = (
    (
        "address",
        regex(r"(?i:host|url|uri|addr|ssrf|domain|origin|network|redirect)|(?:^|_)ip(?:v?[46])?(?:_|$)|I[pP](?:v?[46])?(?:$|[A-Z])"),
    ),
    ("path", regex(r"path|file|dir(?:ectory)?(?:_|$|[A-Z])|folder|traversal|within|inside|escapes", re.IGNORECASE)),
)
OF_PATHS = frozenset(("resolve", "normalize", "normpath", "abspath", "absolute", "realpath", "realpathSync", "join", "joinpath"))
"""What gives the same file by another spelling, and what is below a folder: what is said of its result is said of what it was given."""
PARSES = frozenset(("strptime", "fromisoformat", "UUID"))
"""What raises for any text that is no date, and no identifier."""
REFUSED = regex(
    r"private|internal|local(?!e)|loopback|reserved|block|bann|forbid|den(?:y|ied)|unsafe|danger|invalid|malicious|suspicious|disallow|traversal|outside|escapes",
    re.IGNORECASE,
)
REFUSES = regex(
    r"^_*(?:validate|ensure|assert|check|verify|require|guard|reject|refuse|forbid|enforce|protect|prevent|block|deny)", re.IGNORECASE
)
