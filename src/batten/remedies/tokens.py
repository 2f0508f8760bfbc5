"""Verifies tokens where they are read: with the key and the algorithm by which the app itself makes them; knows no key that the app does not name."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import Attribute, Call, Expression, Language, Literal, Name, Statement, Try, Unit
from batten.facts.flows import Use
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.remedies.guards.imports import brought, merged
from batten.remedies.guards.registered import below
from batten.remedies.guards.siblings import Sources
from batten.text import Span

_ENVIRONMENT = regex(r"process\.env\.\w+!?|os\.environ\[[\"']\w+[\"']\]|os\.getenv\([\"']\w+[\"']\)|os\.environ\.get\([\"']\w+[\"']\)")
_SECRET = regex(r"HS\d+")
_MAKES = {Language.PYTHON: ("jwt.encode", "jose.jwt.encode")}
_MAKES_OF_NODE = ("jsonwebtoken.sign",)


class _Key(NamedTuple):
    """How the app makes its tokens: where, the key as it is written there, and the algorithm."""

    path: str
    written: str
    root: str
    algorithm: str


def verified_token(app: App, finding: Finding) -> Iterator[Fix]:
    """``jwt.verify(token, key)``; ``jwt.decode(token, key, algorithms=[…])``."""
    use = fact(app.project.uses, finding)
    unit = sites.code(app, use.place.path) if use is not None else None
    call = sites.call_at(unit, use.place.span) if unit is not None and use is not None else None
    if use is None or unit is None or call is None or not call.args:
        return
    keys = {(key.written, key.algorithm): key for key in _keys(app, unit.language)}
    if len(keys) != 1:
        return
    key = next(iter(keys.values()))
    edits = _of_python(app, unit, call, use, key) if unit.language is Language.PYTHON else _of_node(app, unit, call, use, key)
    if edits:
        stop = Step(
            use.place, f"tokens that were not made with `{key.written}` are refused: those of other services have keys of their own"
        )
        yield Fix("Verify the token with the key that the app makes its own with", Safety.UNSAFE, tuple(edits), (stop,))


def _keys(app: App, language: Language) -> Iterator[_Key]:
    sources = Sources(app)
    endings = (".py",) if language is Language.PYTHON else (".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", ".mts", ".cts")
    names = _MAKES.get(language, _MAKES_OF_NODE)
    word = b"encode" if language is Language.PYTHON else b"sign"
    for path in app.paths:
        if not path.endswith(endings) or word not in (data := app.text(path)) or (unit := sources.unit(path)) is None:
            continue
        for call in _calls(unit):
            if _name(unit, call) in names and len(call.args) > 1:
                written = data[call.args[1].span.start : call.args[1].span.end].decode("utf-8", "replace")
                yield _Key(path, written, _root(call.args[1]), _algorithm(call))


def _calls(unit: Unit) -> Iterator[Call]:
    for statement in sites.statements(unit):
        yield from (each for each in sites.whole(statement) if isinstance(each, Call))


def _name(unit: Unit, call: Call) -> str:
    return sites.qualified(unit, call.callee).replace(".default.", ".")


def _root(node: Expression) -> str:
    while isinstance(node, Attribute):
        node = node.value
    return node.id if isinstance(node, Name) else ""


def _algorithm(call: Call) -> str:
    """That of Python, where it is written out; of Node, whose library takes only those that fit the key."""
    value = sites.keyword(call, "algorithm") or (call.args[2] if len(call.args) > 2 else None)  # noqa: PLR2004 - the content, the key
    return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""


def _of_python(app: App, unit: Unit, call: Call, use: Use, key: _Key) -> list[Edit]:
    algorithm = key.algorithm or "HS256"
    if use.name not in ("jwt.decode", "jose.jwt.decode", "jose.jwt.get_unverified_claims") or not _SECRET.fullmatch(algorithm):
        return []
    data = app.text(unit.path)
    imports = _brought_to_python(app, unit, data, key)
    if imports is None or not isinstance(call.callee, Attribute):
        return []
    end = call.callee.span.end
    renamed = [Edit(unit.path, Span(end - len(call.callee.name), end), "decode")] if call.callee.name != "decode" else []
    last = max([*(each.span.end for each in call.args), *(each.span.end for each in call.keywords)])
    given = f', {key.written}, algorithms=["{algorithm}"]'
    return [*imports, *renamed, Edit(unit.path, Span(call.args[0].span.end, last), given)]


def _brought_to_python(app: App, unit: Unit, data: bytes, key: _Key) -> list[Edit] | None:
    if _ENVIRONMENT.fullmatch(key.written):
        return sites.with_os(unit, data)
    if not key.root:
        return None
    if key.path == unit.path:
        return []
    origin = sites.code(app, key.path)
    entry = next((each for each in origin.imports if each.local == key.root), None) if origin is not None else None
    if entry is None or entry.module.startswith(".") or entry.name == "*" or entry.local != entry.name:
        return None
    if any((each.local, each.module, each.name) == (entry.local, entry.module, entry.name) for each in unit.imports):
        return []
    if any(each.local == key.root for each in unit.imports) or re.search(rb"\b" + key.root.encode() + rb"\b", data):
        return None
    places = sorted(data.rfind(b"\n", 0, each.span.start) + 1 for each in unit.imports)
    lines = [at for at in places if data.startswith(b"from ", at) and not data.startswith(b"from __future__", at)]
    if not lines:
        return None
    ends = "\r\n" if b"\r\n" in data else "\n"
    return [Edit(unit.path, Span(lines[-1], lines[-1]), f"from {entry.module} import {entry.name}{ends}")]


def _of_node(app: App, unit: Unit, call: Call, use: Use, key: _Key) -> list[Edit]:
    """Where it is not tried, what is not verified is as what can't be read: null, which the app has an answer for."""
    if use.name.replace(".default.", ".") != "jsonwebtoken.decode" or not isinstance(call.callee, Attribute):
        return []
    data = app.text(unit.path)
    written = key.written
    imports: list[Edit] | None = []
    if _ENVIRONMENT.fullmatch(written):
        written = written if unit.language is Language.TYPESCRIPT else written.removesuffix("!")
    elif not key.root:
        return []
    elif key.path != unit.path:
        imports = brought(Sources(app), key.root, key.path, unit.path)
    if imports is None:
        return []
    token = data[call.args[0].span.start : call.args[0].span.end].decode()
    library = data[call.callee.value.span.start : call.callee.value.span.end].decode()
    verified = f"{library}.verify({token}, {written})"
    if not _is_tried(unit, call.span):
        if "await" in token:
            return []
        verified = f"(() => {{ try {{ return {verified}; }} catch {{ return null; }} }})()"
    return merged([*imports, Edit(unit.path, call.span, verified)])


def _is_tried(unit: Unit, span: Span) -> bool:
    """Whether an error there is caught in the same function."""
    inner = next(iter(sites.functions_around(unit, span)), None)
    pending: list[Statement] = list(inner.body if inner is not None else unit.body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, Try) and statement.handlers and any(span in each.span for each in statement.body):
            return True
        pending += below(statement)
    return False
