"""The addresses at which views of Django answer, each with what is demanded there."""

from collections.abc import Iterator

from msgspec import structs

from batten.facts.routes import Endpoint
from batten.link.django import DjangoViews, View
from batten.link.routers import Placed, Routers


def placed_views(django: DjangoViews, routers: Routers, path: str, endpoint: Endpoint) -> Iterator[tuple[int, View, int, Placed]]:
    """Each view of a pattern, with its number, at each address, with its number."""
    starts = routers.place(path, endpoint) if django.asks_by_path(path) else [None]
    for start, known in enumerate(starts):
        for number, view in enumerate(django.of(path, endpoint, known.path if known is not None else None)):
            whole = routers.place(path, structs.replace(endpoint, path=f"{endpoint.path}{view.suffix}"))
            for at, each in enumerate(whole):
                if known is None or at == start:
                    yield number, view, at, each
