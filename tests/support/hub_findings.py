"""Documents of findings, as batten diff writes them, for tests of the bot."""

from typing import Any

import msgspec

from batten.bot.document import Document, read

HEAD = "a" * 40
PATCH = "@@ -1,3 +1,6 @@\n context\n+one\n+two\n+three\n context\n context\n@@ -20,2 +23,3 @@\n context\n+later\n context"


def handle(number: int) -> str:
    return f"{number:012x}"


def new(number: int, path: str = "app.py", line: int | None = 2, **more: Any) -> dict[str, Any]:
    """A finding as batten diff writes it."""
    place = {"path": path, "start": {"line": line or 1, "column": 1, "byte": 0}, "end": {"line": line or 1, "column": 2, "byte": 1}}
    return {
        "rule": "unauthenticated-write-route", "severity": "high", "confidence": "high", "message": f"anyone can call POST /{number}",
        "reason": None, "key": f"k{number}", "handle": handle(number), "subject": "", "place": place, "trail": [], "places": [],
        "remedy": None, "anchor": {"where": "finding", "path": path, "line": line}, "silenced": False, "fix": None, **more,
    }  # fmt: skip


def document(*found: dict[str, Any], **more: Any) -> Document:
    """A document as batten diff writes it."""
    rest = {"version": 1, "base": "b" * 40, "head": HEAD, "fixed": [], "silenced": [], "surface": [], "complete": True, "notes": []}
    return read(msgspec.json.encode({**rest, "new": list(found), **more}))
