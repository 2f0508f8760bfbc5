"""Puts a word in the place of a value that nobody reads but people: in documentation, in examples of env files, and in what a shell fills in."""

from batten.extract.environment import is_env_file, is_sample
from batten.finding import Edit
from batten.remedies.app import App
from batten.text import Place, Span

_PROSE = (".md", ".mdx", ".txt", ".rst", ".adoc")


def stand_in(app: App, place: Place, name: str) -> Edit | None:
    """The edit for one place; None where something reads what stands there."""
    if place.path.endswith(_PROSE):
        return Edit(place.path, place.span, f"<{name}>")
    if is_env_file(place.path) and is_sample(place.path):
        # Nothing, or something between the parts of an address.
        whole = app.text(place.path)[place.span.start - 1 : place.span.start] in (b"=", b'"', b"'", b" ")
        return Edit(place.path, place.span, "" if whole else f"<{name}>")
    if place.path.endswith(".sh"):
        return Edit(place.path, place.span, f"${{{name}:?{name} is not set}}") if _is_filled_in(app.text(place.path), place.span) else None
    return None


def _is_filled_in(data: bytes, span: Span) -> bool:
    """Whether a shell puts the value of a variable there: not between single quotes, not in a comment, and not where texts go on over lines."""
    if b"<<" in data or b"$'" in data:
        return False
    quote, at = b"", 0
    while at < span.start:
        sign = data[at : at + 1]
        if sign == b"\\" and quote != b"'":
            at += 1
        elif quote:
            quote = b"" if sign == quote else quote
        elif sign in (b"'", b'"'):
            quote = sign
        elif sign == b"#" and data[at - 1 : at] in (b"", b"\n", b" ", b"\t", b";"):
            at = data.find(b"\n", at)
            if at < 0 or at > span.start:
                return False
        at += 1
    return quote != b"'"
