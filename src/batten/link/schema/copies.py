"""Tells a copy of a database's migrations from another database; knows nothing of what they say."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from batten.facts.project import FileFacts

if TYPE_CHECKING:
    from batten.link.schema.databases import Chain


def without_copies(chains: Sequence["Chain"], configured: Collection[str], path_class: Callable[[str], str]) -> list["Chain"]:
    """The chains without those of which each file is also in another chain of the same package, word for word.

    A folder with a configuration of its own is a database of its own, copied from a template as it may be.
    """
    best = sorted(chains, key=lambda chain: _rank(chain, path_class))
    kept: list[Chain] = []
    for chain in best:
        said = _said(chain.files)
        if chain.root in configured or not said or not any(_near(chain, other) and said <= _said(other.files) for other in kept):
            kept.append(chain)
    return kept


def _rank(chain: "Chain", path_class: Callable[[str], str]) -> tuple[Any, ...]:
    product = bool(chain.files) and path_class(chain.files[0].path) == "product"
    return (not product, chain.origin != "supabase", -len(chain.files), chain.root.count("/"), chain.root, chain.origin)


def _said(files: Sequence[FileFacts]) -> set[tuple[Any, ...]]:
    return {file.statements for file in files if file.statements}


def _near(one: "Chain", other: "Chain") -> bool:
    """Chains of one package; migrations of one folder ``supabase`` a time are apps of their own."""
    return one.package == other.package and not one.origin == other.origin == "supabase"
