"""Settings of frameworks that let forms of other sites in; of cookies it knows only what a framework's own are.

``narrow``: the framework's cookies are not sent along from other sites.
"""

import re
from collections.abc import Iterator

from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.text import Place, Span

_COMMENT = regex(rb"(?<![:\"'])//[^\n]*|/\*.*?\*/", re.DOTALL)
# https://svelte.dev/docs/kit/configuration#csrf
_SVELTE = regex(
    rb"(?<![\w.$])csrf[\"']?\s{0,8}:\s{0,8}\{[^{}]{0,400}?"
    rb"(?P<said>(?P<name>checkOrigin)[\"']?\s{0,8}:\s{0,8}false\b|(?P<list>trustedOrigins)[\"']?\s{0,8}:\s{0,8}\[[^\]]{0,400}?[\"']\*[\"'])"
)
# https://nextjs.org/docs/app/api-reference/config/next-config-js/serverActions: an asterisk alone fits no name, one before the addresses that a host gives to all its users fits those of all.
_NEXT = regex(
    rb"(?<![\w.$])serverActions[\"']?\s{0,8}:\s{0,8}\{[^{}]{0,400}?(?P<said>(?P<list>allowedOrigins)[\"']?\s{0,8}:\s{0,8}\[[^\]]{0,600}?"
    rb"[\"']\*{1,2}\.(?:com|dev|app|net|org|io|vercel\.app|netlify\.app|onrender\.com|herokuapp\.com|github\.io|pages\.dev|web\.app|ngrok-free\.app|ngrok\.io|github\.dev|gitpod\.io)[\"'])"
)
_FLASK = b"WTF_CSRF_ENABLED"
_OFF = regex(rb"^(?P<indent>[ \t]*)(?P<line>[^\n#]{0,200}?)(?P<said>\bWTF_CSRF_ENABLED[\"']?\]?\s{0,4}[=:]\s{0,4}False\b)", re.MULTILINE)
_CLASS = regex(rb"^(?:class|def)\s+(?P<name>[^\n]{0,200})", re.MULTILINE)
_IN_TESTS = regex(rb"(?i:test|dev|local)")
# What the same call says beside it: `app.config.update(TESTING=True, …)`.
_TESTING = regex(rb"\bTESTING[\"']?\s{0,4}[=:]\s{0,4}True\b")
_LONGEST_CALL = 2_000
_MOST_CALLS = 20


def let_in(path: str, data: bytes) -> Iterator[Setting]:
    """The setting of SvelteKit or of Next by which a form of any site counts as the app's own."""
    name = path.rpartition("/")[2]
    if name.startswith("svelte.config.") and b"csrf" in data:
        pattern, section = _SVELTE, "csrf"
    elif name.startswith("next.config.") and b"allowedOrigins" in data:
        pattern, section = _NEXT, "serverActions"
    else:
        return
    text = _COMMENT.sub(lambda found: b" " * len(found[0]), data)
    found = pattern.search(text)
    if found is not None:
        key = next(part for part in found.groupdict() if part != "said" and found[part] is not None)
        setting = f"{section}.{found[key].decode()}"
        # Cookies that SvelteKit sets are not sent along: https://svelte.dev/docs/kit/@sveltejs-kit#Cookies
        yield _setting(path, setting, found, f"`{setting}` lets other sites in", narrow=section == "csrf")


def switched_off(path: str, data: bytes) -> Iterator[Setting]:
    """Where Flask-WTF is told not to check, outside of what is for tests: https://flask-wtf.readthedocs.io/en/stable/config/."""
    if not path.endswith(".py") or _FLASK not in data:
        return
    for number, found in enumerate(_OFF.finditer(data)):
        around = list(_CLASS.finditer(data, 0, found.start())) if found["indent"] else []
        tests = (around and _IN_TESTS.search(around[-1]["name"])) or _IN_TESTS.search(found["line"])
        if not tests and not (number < _MOST_CALLS and _TESTING.search(_call_around(data, found.start("said")))):
            yield _setting(path, _FLASK.decode(), found, f"`{_FLASK.decode()}` is false", narrow=False)


def _call_around(data: bytes, at: int) -> bytes:
    """What stands in the innermost parentheses around an offset; nothing where they are far."""
    depth, start = 0, at
    for start in range(at - 1, max(-1, at - _LONGEST_CALL), -1):
        depth += {ord(")"): 1, ord("("): -1}.get(data[start], 0)
        if depth < 0:
            break
    if depth >= 0:
        return b""
    depth, end = 1, at
    for end in range(at, min(len(data), at + _LONGEST_CALL)):
        depth += {ord("("): 1, ord(")"): -1}.get(data[end], 0)
        if not depth:
            return data[start:end]
    return b""


def _setting(path: str, name: str, found: re.Match[bytes], shown: str, *, narrow: bool) -> Setting:
    place = Place(path, Span(*found.span("said")))
    return Setting(kind=SettingKind.CROSS_SITE, name=name, place=place, shown=shown, narrow=narrow)
