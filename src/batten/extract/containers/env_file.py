"""Files of variables that servers are given; keeps those alone that the vocabulary asks for, and no value that it does not."""

from batten.extract.containers.settings import Words, variable
from batten.facts.containers import Container
from batten.parse.dotenv import definitions
from batten.text import Place, Span

PROGRAM = "config:env"


def read(path: str, data: bytes, words: Words) -> list[Container]:
    """The variables of a file as settings of whatever is given it; one that is empty says nothing."""
    settings = tuple(
        variable(each.name, each.value, each.value_span, words) for each in definitions(data) if each.value and words.asks_for(each.name)
    )
    return [Container(name="env", place=Place(path, Span(0, 0)), programs=(PROGRAM,), settings=settings)] if settings else []
