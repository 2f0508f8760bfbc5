"""Answers that tell strangers which accounts there are: one sentence for an unknown name, another for a wrong password; says nothing of who asks.

Sees texts that stand in what answers, and the function around them; nothing of the registration of accounts, which has to say that a name is taken.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Place, Span

# What speaks of an unknown account has one of these, or nothing of what is looked for here.
_STEMS = (
    *("t found", "t exist", "t registered", "t known", "t recogni"),
    *(f"no {who}" for who in ("user", "account", "member", "customer", "such ")),
    *(f"{how} {who}" for how in ("unknown", "invalid", "wrong", "incorrect") for who in ("user", "account", "email", "e-mail")),
)
WORDS = tuple(dict.fromkeys(spelled.encode() for stem in _STEMS for spelled in (stem, stem.capitalize(), stem.title(), stem.upper())))
"""Patterns are for files that have one of these."""
_TEXT = regex(rb"(?P<quote>[\"'`])(?P<text>[^\"'`\n\\]{4,120})(?P=quote)")
_UNKNOWN = regex(
    rb"\b(?:user(?:name)?|account|e-?mail(?: address)?|member|customer)\b[\w ,]{0,40}\b(?:not found|(?:does not|doesn't|does n[o']?t|do not) exist|(?:is )?(?:not|n't) (?:registered|known|recogni[sz]ed))"
    rb"|\bno (?:such )?(?:user|account|member|customer)\b|\bno such (?:e-?mail|username)|\b(?:unknown|invalid|wrong|incorrect) (?:user(?:name)?|account|e-?mail(?: address)?)\b",
    re.IGNORECASE,
)
_WRONG = regex(
    rb"\b(?:wrong|incorrect|invalid|bad) password\b|\bpassword (?:is |was )?(?:incorrect|wrong|invalid|not correct)|\bpasswords? (?:does not|doesn't|do not|don't) match",
    re.IGNORECASE,
)
# It says no more than that one of the two is wrong.
_EITHER = regex(rb"\b(?:or|and)\b|/|credentials", re.IGNORECASE)
_GIVES = regex(
    rb"(?<![\w.$])(?:return|throw|raise)\b|(?<![\w$])(?:json|send|end|flash|error|abort|fail|render\w*|createError|jsonify|HTTPException|status|done|cb|\w{0,20}Response)\("
    rb"|(?<![\w$])\w{0,30}(?:rror|essage|RROR|ESSAGE)\w{0,20}[\"']?\s{0,2}[:=]"
)
_NOTES = regex(
    rb"(?<![\w$])(?:console\.\w{3,5}|log(?:ger|ging)?(?:\.\w{4,9})?|print|toast(?:\.\w{4,9})?|alert|set\w{0,20}Error|expect\w{0,20}|assert\w{0,20})\("
)
# Who changes a password is signed in.
_SIGNED_IN = regex(rb"current_?password|old_?password|current password|new_?password|change_?password|update_?password", re.IGNORECASE)
_RESETS = regex(
    rb"forgot|request_?-?(?:password_?-?)?reset|password_?-?reset_?-?request|send_?-?(?:password_?-?)?reset|recover|magic_?-?link",
    re.IGNORECASE,
)
_GUARDED = regex(rb"superuser|current_?user|login_required|require_?auth|is_?authenticated|admin", re.IGNORECASE)
_BY_TOKEN = regex(rb"token", re.IGNORECASE)
_STARTS = regex(
    rb"(?:\A|\n)[ \t]{0,40}(?:(?:export\s)?(?:default\s)?(?:async\s)?(?:def|function)\s\w{1,80}|(?:export\s)?(?:const|let)\s\w{1,80}\s?=\s?(?:async\s)?\(|[\w.]{1,40}\.(?:get|post|put|patch|all|route)\(|(?:public\s|private\s)?(?:async\s)?\w{1,80}\([^()\n]{0,120}\)[^\n;]{0,80}\{\s*\n|@[\w.]{1,60}\()"
)
_PAGES = (".tsx", ".jsx", ".vue", ".svelte", ".astro")
_REACH, _FAR, _LEAD = 240, 3_000, 200


class _Said(NamedTuple):
    """One text that is given, with where the function around it begins."""

    span: Span
    start: int


def account_answers(path: str, data: bytes, words: AbstractSet[bytes]) -> Iterator[Setting]:
    """One setting for the first sign-in of a file that tells an unknown name from a wrong password, or the first reset that tells an unknown address.

    ``words`` are those of ``WORDS`` and others that stand in the file.
    """
    suffix = path[path.rfind(".") :].lower()
    if (suffix not in SCRIPTS and suffix != ".py") or suffix in _PAGES or words.isdisjoint(WORDS):
        return
    unknown = list(_said(data, _UNKNOWN)) if _UNKNOWN.search(data) else []
    if not unknown or b"'use client'" in data[:200] or b'"use client"' in data[:200]:
        return
    wrong = list(_said(data, _WRONG)) if b"assword" in data else []
    for each in unknown:
        other = next((other for other in wrong if other.start == each.start), None)
        if other is not None and not _SIGNED_IN.search(data, each.start, max(each.span.end, other.span.end)):
            yield _setting(path, each, "sign-in", "who signs in is told whether the account is unknown or the password wrong")
            return
    for each in unknown:
        head = data[max(0, each.start - _LEAD) : each.start + _LEAD]
        if (
            _RESETS.search(head)
            and not _GUARDED.search(data, max(0, each.start - _LEAD), each.span.start)
            and not _BY_TOKEN.search(data, each.start, each.span.start)
            and b"mail" in data[each.start : each.span.end]
        ):
            yield _setting(path, each, "reset", "who asks for a new password is told whether there is an account")
            return


def _setting(path: str, said: _Said, name: str, shown: str) -> Setting:
    return Setting(SettingKind.ACCOUNT_ANSWER, name, shown=shown, place=Place(path, said.span))


def _said(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[_Said]:
    """The texts of a kind that are given to whoever asked."""
    starts = [found.start() for found in _STARTS.finditer(data)]
    for found in _TEXT.finditer(data):
        text = found["text"]
        if not pattern.search(text) or _EITHER.search(text) or not _is_given(data, found.start()):
            continue
        start = max((each for each in starts if each < found.start()), default=0)
        if found.start() - start < _FAR:
            yield _Said(Span(*found.span("text")), start)


def _is_given(data: bytes, offset: int) -> bool:
    """What stands nearest before it gives an answer, and writes nothing down."""
    low = max(0, offset - _REACH)
    gives = max((found.start() for found in _GIVES.finditer(data, low, offset)), default=-1)
    notes = max((found.start() for found in _NOTES.finditer(data, low, offset)), default=-1)
    return gives > notes and b";" not in data[gives:offset]
