"""Uses that sign with a literal, without those of which a secret in the code tells already; knows no rule."""

from collections.abc import Iterable, Iterator

from batten.facts.flows import Use
from batten.facts.secrets import Secret
from batten.facts.secrets import Use as Kept
from batten.link.callgraph import Code
from batten.link.flows.literals import SIGNING

_UNDER = "under="


def untold(uses: Iterable[Use], secrets: Iterable[Secret], code: Code) -> Iterator[Use]:
    """All uses but those of a literal that is a secret of its own: in the same call, or under the same name in the same package.

    A fallback goes by the name of the variable that it stands in for, and by that of what is bound to it.
    """
    named: set[tuple[str, str]] = set()
    places: dict[str, list[int]] = {}
    for secret in secrets:
        if secret.name:
            named.add((secret.package, secret.name))
        if secret.use is Kept.FALLBACK:
            bound = code.bindings(secret.place.path).values()
            named |= {(secret.package, each.local) for each in bound if secret.place.span in each.place.span}
        places.setdefault(secret.place.path, []).append(secret.place.span.start)
    for use in uses:
        if use.kind != SIGNING or not _is_told(use, named, places.get(use.place.path, ())):
            yield use


def _is_told(use: Use, named: set[tuple[str, str]], places: Iterable[int]) -> bool:
    name = next((argument.removeprefix(_UNDER) for argument in use.arguments if argument.startswith(_UNDER)), "")
    span = use.place.span
    return (use.package, name) in named or any(span.start <= start < span.end for start in places)
