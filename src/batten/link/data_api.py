"""What a plain request to the address of a Supabase project does, and with whose rights: the same as its client library.

https://supabase.com/docs/guides/api https://supabase.com/docs/reference/self-hosting-auth/introduction https://supabase.com/docs/reference/self-hosting-storage/introduction
"""

import re
from typing import NamedTuple

from batten.facts.calls import Argument, Call, Function, Origin, is_callers, simple_name
from batten.facts.routes import EffectKind
from batten.link.callgraph import Code, Target
from batten.link.hosts import ADDRESSES, address_of, is_request
from batten.link.supabase_keys import is_public, passes_policies
from batten.regex import regex

_READ, _WRITE, _DELETE = EffectKind.DATABASE_READ, EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE
_REST, _ACCOUNTS, _FILES = "/rest/v1/", "/auth/v1/admin/", "/storage/v1/object/"
_ROWS = {"GET": _READ, "HEAD": _READ, "POST": _WRITE, "PATCH": _WRITE, "PUT": _WRITE, "DELETE": _DELETE}
# Files that anybody may fetch, and what others have signed already.
_OPEN_FILES = regex(r"/storage/v1/object/(?:public|sign/[^?]*\?token|upload/sign)\b")
_TABLE = regex(r"\A/?(?P<call>rpc/)?(?P<name>\w+)")
_METHOD = regex(r"(?:\A|\.)method\Z")
_HEADERS = regex(r"(?:\A|\.)headers(?:\.|\Z)")
_SIGNED = regex(r"(?:\A|\.)authorization\Z", re.IGNORECASE)
_KEYED = regex(r"(?:\A|\.)apikey\Z", re.IGNORECASE)


class Plain(NamedTuple):
    """``table`` where the address names one; ``admin``: the key passes every policy, None can't tell."""

    kind: EffectKind
    table: str | None
    admin: bool | None
    of_accounts: bool = False
    """It goes to the API that only servers may ask for accounts."""


def plain(code: Code, path: str, call: Call, name: str) -> Plain | None:
    """What a request does, by its address; None where that is none of a Supabase project."""
    spelled = address_of(call) if is_request(name) else ""
    if _ACCOUNTS in spelled:
        kind = _READ if method_of(call) in ("GET", "HEAD") else EffectKind.ACCOUNT_CHANGE
        return Plain(kind, "auth.users" if kind is _READ else None, True, of_accounts=True)
    if _FILES in spelled:
        if _OPEN_FILES.search(spelled):
            return None
        kind = EffectKind.FILE_READ if method_of(call) in ("GET", "HEAD") else EffectKind.FILE_WRITE
        return Plain(kind, None, _privileged(code, path, call))
    return _rows(spelled.partition(_REST)[2], method_of(call), _privileged(code, path, call)) if _REST in spelled else None


def by_helper(code: Code, call: Call, target: Target) -> Plain | None:
    """The same for a call of the app's own function that sends such requests to the part of the address that it is handed: ``rest("orders?select=*")``."""
    function = target.function
    if function is None or target.path is None or target.rest:
        return None
    inner: Call | None = code.memo.once(("sends to tables", target.path, function.name), _sender, code, target.path, function)
    given = _handed(inner, function) if inner is not None else None
    if inner is None or given is None:
        return None
    slots = {str(at): each.name for at, each in enumerate(function.parameters)}
    address = next((each for each in call.arguments if given in (slots.get(each.slot), each.slot)), None)
    if address is None:
        return None
    said = address.text or next((each.text for each in address.sources if each.origin is Origin.LITERAL), "")
    method = _written(inner) or _written(call) or _among(call) or "GET"
    return _rows(said, method, _privileged(code, target.path, inner))


def _sender(code: Code, path: str, function: Function) -> Call | None:
    """The request of a function to the tables of a project, or None."""
    code.memo.look(path)
    sent = (each for each in function.calls if _REST in address_of(each))
    return next((each for each in sent if is_request(code.target(path, each.callee).name)), None)


def _rows(said: str, method: str, admin: bool | None) -> Plain:
    found = _TABLE.match(said)
    if found is None or found["call"]:
        return Plain(_READ if found is not None else _ROWS.get(method, _READ), None, admin)
    return Plain(_ROWS.get(method, _READ), found["name"], admin)


def _handed(call: Call, function: Function) -> str | None:
    """The parameter that the address goes on with behind the part that all have."""
    sources = [source for each in call.arguments if each.slot in ADDRESSES for source in each.sources]
    at = next((n for n, each in enumerate(sources) if each.origin is Origin.LITERAL and each.text.endswith(_REST)), None)
    named = {each.name for each in function.parameters}
    behind = sources[at + 1 : at + 2] if at is not None else []
    return next((each.text for each in behind if each.origin is Origin.PARAMETER and each.text in named), None)


def method_of(call: Call) -> str:
    """The method of a request, by its options or the name of what sends it."""
    said = _written(call)
    return said or simple_name(call.callee).upper().replace("FETCH", "GET")


def _written(call: Call) -> str | None:
    return next((each.text.upper() for each in call.arguments if _METHOD.search(each.slot) and each.text), None)


def _among(call: Call) -> str | None:
    """The method among what a helper is handed: ``rest("orders", "POST", row)``, ``rest("orders", { method: "POST" })``."""
    return next(
        (each.text for given in call.arguments for each in given.sources if each.origin is Origin.LITERAL and each.text in _ROWS), None
    )


def _privileged(code: Code, path: str, call: Call) -> bool | None:
    """Whose rights a request has: those of the token that signs it, else of the key that it is sent with."""
    given = [each for each in call.arguments if _HEADERS.search(each.slot)]
    for wanted in (_SIGNED, _KEYED, _HEADERS):
        found = [_rights(code, path, each) for each in given if wanted.search(each.slot)]
        told = [each for each in found if each is not None]
        if told:
            return any(told) if wanted is not _SIGNED else all(told)
    return None


def _rights(code: Code, path: str, given: Argument) -> bool | None:
    names = [each.text for each in given.sources if each.origin is not Origin.CALL or is_callers(each.text)]
    for source in given.sources:
        if source.origin is Origin.CALL and not is_callers(source.text):
            names += _read_by(code, path, source.text)
    if any(passes_policies(each) for each in names):
        return True
    if any(is_public(each) for each in names):
        return False
    asked = any(is_callers(each) or "header" in each.lower() for each in names)
    return False if asked and _SIGNED.search(given.slot) else None


def _read_by(code: Code, path: str, name: str) -> list[str]:
    """The settings that a function of the app's own reads, as one that makes headers does; those of its file, where it has them from there."""
    target = code.target(path, name)
    file = code.file(target.path) if target.path is not None and target.function is not None else None
    if file is None or target.function is None:
        return []
    code.ask(file.path)
    read = [each for each in file.variables if not each.defined]
    inside = [each.name for each in read if each.place.span in target.function.place.span]
    return inside or [each.name for each in read]
