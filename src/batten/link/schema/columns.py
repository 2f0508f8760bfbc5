"""Which columns the names in conditions and queries mean: those of the innermost query that has one, then of those round it, then of the row itself."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from batten.link.schema.state import ColumnState, Relation
from batten.parse.postgres.expressions import Expression, Name, Query, Reference, Subquery, operands_of

Clauses = Sequence[Expression | None]
Scope = tuple[tuple[str, Relation | None], ...]
"""What one query reads, by the names it goes by; None is what nothing is known of."""
Scopes = tuple[Scope, ...]
References = Iterable[tuple[Reference, Scopes]]
_SYSTEM = frozenset({"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"})
"""The columns that every table has: https://www.postgresql.org/docs/current/ddl-system-columns.html."""


def columns_used(references: References) -> list[ColumnState]:
    """The columns that conditions and queries name."""
    found: list[ColumnState] = []
    for reference, scopes in references:
        places = _places(reference, scopes)
        label = reference.parts[-1]
        if label == "*":
            found += [column for place in next(iter(places), ()) if place is not None for column in place.columns.values()]
            continue
        column = next((place.columns[label] for scope in places for place in scope if place is not None and label in place.columns), None)
        if column is not None:
            found.append(column)
    return found


def column_of(reference: Reference, scopes: Scopes) -> ColumnState | None:
    """The column that a name means; None where that is not known for sure."""
    label = reference.parts[-1]
    for scope in _places(reference, scopes):
        found = [place.columns[label] for place in scope if place is not None and label in place.columns]
        if found:
            return found[0] if len(found) == 1 else None
        if any(place is None or not place.complete or place.ghost for place in scope):
            return None
    return None


def lacks_column(references: References) -> bool:
    """Whether a name in conditions is no column of anything it could be of; only where all of that is known."""
    for reference, scopes in references:
        label = reference.parts[-1]
        if not reference.parts[1:] and any(place is not None and label in place.columns for scope in scopes for _, place in scope):
            continue
        places = [place for scope in _places(reference, scopes) for place in scope]
        if label == "*" or label in _SYSTEM or not places or any(place is None or not place.complete or place.ghost for place in places):
            continue
        is_row = len(reference.parts) == 1 and any(label == alias for scope in scopes for alias, _ in scope)
        if not is_row and not any(label in place.columns for place in places if place is not None):
            return True
    return False


def _places(reference: Reference, scopes: Scopes) -> list[list[Relation | None]]:
    """What a name could be a column of, from the inside out."""
    if len(reference.parts) == 1:
        return [[place for _, place in scope] for scope in scopes]
    named = [[place for alias, place in scope if alias == reference.parts[-2]] for scope in scopes]
    return [next(filter(None, named), [])]


def references(clauses: Clauses, find: Callable[[Name], Relation | None], own: Relation | None) -> Iterator[tuple[Reference, Scopes]]:
    """Every name of a column, with what is read where it stands, from the inside out."""
    outermost: Scopes = () if own is None else (((own.name, own),),)
    stack: list[tuple[Expression | Query, Scopes, frozenset[str]]] = [
        (clause, outermost, frozenset()) for clause in clauses if clause is not None
    ]
    while stack:
        each, scopes, named = stack.pop()
        if isinstance(each, Query):
            named |= {label for label, _ in each.named}
            inner = (_scope(each, find, named), *scopes)
            parts: list[Expression | None] = [each.where, *(target.value for target in each.targets)]
            stack += [(part, inner, named) for part in (*parts, *(source.function for source in each.sources)) if part is not None]
            queries = [
                *each.others,
                *(query for _, query in each.named),
                *(source.query for source in each.sources if source.query is not None),
            ]
            stack += [(query, scopes, named) for query in queries]
            continue
        if isinstance(each, Reference):
            yield each, scopes
            continue
        if isinstance(each, Subquery):
            stack.append((each.query, scopes, named))
        stack += [(part, scopes, named) for part in operands_of(each)]


def _scope(query: Query, find: Callable[[Name], Relation | None], named: frozenset[str]) -> Scope:
    found: list[tuple[str, Relation | None]] = [] if query.understood else [("", None)]
    for source in query.sources:
        own = source.name is not None and source.name.schema is None and source.name.name in named
        relation = find(source.name) if source.name is not None and not own and not source.columns else None
        found.append((source.alias or (source.name.name if source.name is not None else ""), relation))
    return tuple(found)
