"""Turns the ``match`` of a page into a predicate over facts; knows no particular fact and no page.

An answer has three values: True, False, and None where the fact itself can't tell. A match holds only where every
term is True, and no excluded term is True or None.
"""

from collections.abc import Callable
from fnmatch import translate
from operator import attrgetter
from re import compile as regex
from typing import Any

from batten.rules.page import Match, Shape, Term

Predicate = Callable[[Any], bool]
_Answer = Callable[[Any], bool | None]


def compile_match(match: Match) -> Predicate:
    """The predicate of a match, for many calls."""
    wanted = [_answer(term) for term in match.terms]
    excluded = [_answer(term) for term in match.excluded]

    def holds(fact: Any) -> bool:
        for answer in wanted:
            if answer(fact) is not True:
                return False
        return all(answer(fact) is False for answer in excluded)

    return holds


def compile_doubt(match: Match) -> Predicate:
    """Whether something that a match asks can't be told of a fact."""
    answers = [_answer(term) for term in (*match.terms, *match.excluded)]
    return lambda fact: any(answer(fact) is None for answer in answers)


def _answer(term: Term) -> _Answer:
    get = attrgetter(term.field)
    match term.shape:
        case Shape.SCALAR:
            fits = _value(term)
            return lambda fact: fits(get(fact))
        case Shape.ANSWER:
            fits, null = _value(term), None in term.values
            return lambda fact: fits(value) if (value := get(fact)) is not None else (null or None)
        case Shape.PLACE:
            fits = _value(term)
            return lambda fact: fits(place.path if (place := get(fact)) is not None else None)
        case Shape.NAMES:
            return _contains(get, _value(term), null=None in term.values)
        case Shape.RECORDS:
            return _holds_record(get, term)


def _value(term: Term) -> Predicate:
    values = frozenset(term.values)
    if not term.globs:
        return values.__contains__
    fits = regex("|".join(translate(glob) for glob in term.globs)).match
    return lambda value: value in values or (value is not None and fits(value) is not None)


def _contains(get: Callable[[Any], Any], fits: Predicate, *, null: bool) -> _Answer:
    def answer(fact: Any) -> bool | None:
        items = get(fact)
        if not items and null:
            return True
        return None if items is None else any(fits(item) for item in items)

    return answer


def _holds_record(get: Callable[[Any], Any], term: Term) -> _Answer:
    records = [[_answer(inner) for inner in record] for record in term.records]
    null = None in term.values

    def answer(fact: Any) -> bool | None:
        items = get(fact)
        if not items and null:
            return True
        if items is None:
            return None
        found: bool | None = False
        for item in items:
            for record in records:
                answers = [inner(item) for inner in record]
                if False in answers:
                    continue
                if None not in answers:
                    return True
                found = None
        return found

    return answer
