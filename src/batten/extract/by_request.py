"""Parts of a handler that run for some requests and not for others, by their method or their path; knows no framework."""

from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import Block, Branch, Loop, Raise, Return, Statement, Try
from batten.code.scopes import Scope
from batten.extract.request_tests import RequestTest, let_by, method_tests, path_tests
from batten.facts.calls import ForMethods, ForPaths
from batten.text import Span

_DEEPEST = 12
_MOST = 64


class _Range(NamedTuple):
    values: tuple[str, ...]
    reach: Span
    for_them: bool
    alone: bool = True


def by_request(body: tuple[Statement, ...], end: int, scope: Scope) -> tuple[tuple[ForMethods, ...], tuple[ForPaths, ...]]:
    """The ranges behind ``request.method == "POST"``, and those behind ``url.pathname === "/api/notes"``; ``end`` is that of the body, ``scope`` its own."""
    methods: list[ForMethods] = []
    paths: list[ForPaths] = []
    for branch, after in branches(body, end, 0):
        if len(methods) >= _MOST or len(paths) >= _MOST:
            break
        methods += (ForMethods(*each[:3]) for each in _ranges(branch, after, method_tests(branch.test, scope)))
        paths += (ForPaths(*each) for each in (*_ranges(branch, after, path_tests(branch.test, scope)), *_left(branch, after, scope)))
    return tuple(methods), tuple(paths)


def branches(body: tuple[Statement, ...], end: int, depth: int) -> Iterator[tuple[Branch, int]]:
    """Every branch, and where what comes after it ends."""
    if depth > _DEEPEST:
        return
    for statement in body:
        match statement:
            case Branch():
                yield statement, end
                yield from branches(statement.body, statement.body[-1].span.end if statement.body else statement.span.end, depth + 1)
                yield from branches(statement.orelse, statement.span.end, depth + 1)
            case Try():
                for part in (statement.body, *(handler.body for handler in statement.handlers), statement.orelse, statement.final):
                    yield from branches(part, end if len(body) == 1 else statement.span.end, depth + 1)
            case Block() | Loop():
                yield from branches(statement.body, statement.span.end, depth + 1)


def _ranges(branch: Branch, end: int, tests: list[RequestTest]) -> Iterator[_Range]:
    for test in tests:
        yield from _range(branch.body, test.values, test.equal, test.alone and len(tests) == 1)
        if test.alone and len(tests) == 1:
            yield from _range(branch.orelse, test.values, not test.equal)
            if not branch.orelse and branch.body and isinstance(branch.body[-1], Return | Raise):
                yield _Range(test.values, Span(branch.span.end, max(end, branch.span.end)), not test.equal)


def _left(branch: Branch, end: int, scope: Scope) -> Iterator[_Range]:
    """What comes after ``if user or path in OPEN: return``, which never runs where the path is in the list."""
    leaves = bool(branch.body) and isinstance(branch.body[-1], Return | Raise) and not branch.orelse
    for test in let_by(branch.test, scope) if leaves else ():
        yield _Range(test.values, Span(branch.span.end, max(end, branch.span.end)), not test.equal, alone=False)


def _range(part: tuple[Statement, ...], values: tuple[str, ...], for_them: bool, alone: bool = True) -> Iterator[_Range]:
    if part:
        yield _Range(values, Span(part[0].span.start, part[-1].span.end), for_them, alone)
