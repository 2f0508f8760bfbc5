"""Templates of the server, by language: where they put in what they are given; nothing is rendered."""

from collections.abc import Callable

from batten.extract.templates import blocks, embedded, handlebars, pug
from batten.facts.templates import Template

_READERS: dict[str, Callable[[bytes], Template | None]] = {
    ".ejs": embedded.read,
    ".eta": embedded.read,
    ".hbs": handlebars.read,
    ".handlebars": handlebars.read,
    ".mustache": handlebars.read,
    ".pug": pug.read,
    ".jade": pug.read,
    **dict.fromkeys((".html", ".htm", ".xhtml", ".svg", ".jinja", ".jinja2", ".j2", ".njk", ".nunjucks", ".twig", ".tpl"), blocks.read),
}
# What nobody writes by hand is left alone.
_LARGEST = 200_000


def template(path: str, data: bytes) -> Template | None:
    """What a template puts in as it is, or leaves to its engine; None where the file is none, or puts nothing in."""
    if len(data) > _LARGEST:
        return None
    lowered = path.lower()
    for suffix, read in _READERS.items():
        if lowered.endswith(suffix):
            # Express has its handlers read any of these by the name of HTML: https://expressjs.com/en/api.html#app.engine
            if suffix == ".html" and b"<%" in data and b"{%" not in data:
                return embedded.read(data)
            return read(data)
    return None


__all__ = ["template"]
