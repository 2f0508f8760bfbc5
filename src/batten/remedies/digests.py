"""Takes a hash that cannot be forged in the place of one that can; those of passwords are for a person, as no plain hash keeps them."""

import re
from collections.abc import Iterator

from batten.code.model import Attribute, Call, Literal, Unit
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

_NAMED = frozenset(("hashlib.new", "crypto.createHash", "crypto.default.createHash"))
_CALLED = frozenset(("hashlib.md5", "hashlib.sha1"))
# What is compared with hashes that others have made, by rules of theirs.
_OF_OTHERS = regex(rb"gravatar|content-?md5|sec-websocket-accept|258EAFA5-E914|mailchimp|pwnedpasswords|haveibeenpwned", re.IGNORECASE)
_PASSWORD = regex(rb"pass(?:word|wd|phrase|code)|\b(?:pwd|pin|passwd)\b", re.IGNORECASE)


def modern_hash(app: App, finding: Finding) -> Iterator[Fix]:
    """SHA-256, of the same library and called in the same way."""
    use = fact(app.project.uses, finding)
    unit = sites.code(app, use.place.path) if use is not None else None
    call = sites.call_at(unit, use.place.span) if unit is not None and use is not None else None
    if use is None or unit is None or call is None:
        return
    data = app.text(unit.path)
    # The function round it says what is hashed, where a method takes it later.
    around = next((each.block for each in sites.functions_around(unit, call.span)), call.span)
    if _OF_OTHERS.search(data) or _PASSWORD.search(data, around.start, around.end):
        return
    edits = _by_name(unit, data, call) if use.name in _NAMED else _by_function(unit, data, call) if use.name in _CALLED else []
    if edits:
        stop = Step(
            use.place, "gives other values from here on, and longer ones: what was stored or cached under the old ones is not found by them"
        )
        yield Fix("Make the hash with SHA-256", Safety.UNSAFE, tuple(edits), (stop,))


def _by_name(unit: Unit, data: bytes, call: Call) -> list[Edit]:
    """``hashlib.new("sha256")``, ``createHash("sha256")``."""
    given = call.args[0] if call.args else sites.keyword(call, "name")
    if not isinstance(given, Literal):
        return []
    quote = data[given.span.start : given.span.start + 1].decode("utf-8", "replace")
    return [Edit(unit.path, given.span, f"{quote}sha256{quote}")] if quote in ("'", '"', "`") else []


def _by_function(unit: Unit, data: bytes, call: Call) -> list[Edit]:
    """``hashlib.sha256(…)``; and where the function was brought in alone, and is called here alone, the other one is."""
    callee = call.callee
    name = callee.name if isinstance(callee, Attribute) else data[callee.span.start : callee.span.end].decode("utf-8", "replace")
    end = callee.span.end
    if data[end - len(name) : end] != name.encode():
        return []
    edits = [Edit(unit.path, Span(end - len(name), end), "sha256")]
    if isinstance(callee, Attribute):
        return edits
    brought = next((entry for entry in unit.imports if entry.local == name), None)
    uses = len(re.findall(rb"\b" + re.escape(name.encode()) + rb"\b", data))
    taken = re.search(rb"\bsha256\b", data) is not None
    if brought is None or brought.name != name or uses != 2 or taken:  # noqa: PLR2004 - brought in and called
        return []
    at = data.find(name.encode(), brought.span.start, brought.span.end)
    return [*edits, Edit(unit.path, Span(at, at + len(name)), "sha256")] if at >= 0 else []
