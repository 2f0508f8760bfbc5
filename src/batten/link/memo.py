"""Answers that are kept from one join of an app to the next, each with the files that were looked at for it; knows nothing of the questions.

Nobody has to say what an edit makes wrong: an answer goes when one of its files does. What comes out is what would come out of a memo that knows nothing:
an answer is a function of its question alone, and never of what was asked before.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, TypeVar

from batten.facts.project import FileFacts
from batten.link.said import Said

# In a circle answers are sought until they hold; one that has not settled by then is taken as it is.
_MOST_TURNS = 10
# Questions that lead on through more questions than this are not answered.
_DEEPEST = 48

_HEAD, _ASKED, _KINDS = 1, 2, 3

Key = tuple[Hashable, ...]
_Said = TypeVar("_Said")


class _Answer(NamedTuple):
    """``trace`` as in Memo, ``asks`` the files of it whose code is asked for; ``height`` is how much of a budget was needed, ``given`` what else it rests on."""

    value: Any
    trace: frozenset[int]
    asks: frozenset[int] = frozenset()
    height: int = 0
    given: Any = None


class _Open:
    """A question that is being answered: what it is taken for meanwhile, and the outermost question that its answer waits for."""

    def __init__(self, depth: int, value: Any, loose: int) -> None:
        self.depth = depth
        self.value = value
        self.waits_for = depth
        self.used = False
        self.loose = loose


class Memo:
    """Answers by question, and the trace of what is looked at right now."""

    def __init__(self) -> None:
        self._known: dict[Key, _Answer] = {}
        self._parts: dict[Key, _Answer] = {}
        # By what they rest on; a part may be found anew and rest on less.
        self._parts_on: dict[int, set[Key]] = {}
        self._numbers: dict[str | Key, int] = {}
        self._named: list[str | Key] = []
        # By what they rest on: many answers rest on the same.
        self._resting: dict[frozenset[int], tuple[frozenset[int], frozenset[int], set[Key]]] = {}
        self._tables: dict[Hashable, Mapping[Any, Any]] = {}
        self._tables_hold = True
        # Each file has a number for what it says, one for its head, and one for that its code was asked for.
        self._trace: set[int] = set()
        # While no answer is sought, nothing but the code that was asked for is of use later.
        self._outermost = self._trace
        self._floor = 0
        self._asks: set[int] = set()
        self._asked: set[str] = set()
        self._stack: list[_Open] = []
        self._open: dict[Key, _Open] = {}
        self._loose: dict[Key, tuple[Any, int]] = {}
        self._guesses: dict[Key, Any] = {}
        self._said = Said()
        self._gathered: dict[Hashable, tuple[list[Any], Any]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def look(self, path: str) -> None:
        """The answer that is sought depends on what the file says."""
        if self._trace is not self._outermost:
            self._trace.add(self._number(path))

    def look_at_head(self, path: str) -> None:
        """The answer that is sought depends on what the file imports and exports."""
        if self._trace is not self._outermost:
            self._trace.add(self._number(path) + _HEAD)

    def ask(self, path: str) -> None:
        """The code of the file is asked for."""
        self._rest_on(frozenset((self._number(path) + _ASKED,)))

    def asked(self) -> set[str]:
        """The files whose code was asked for since ``forget``, for answers that were kept too."""
        if len(self._asks) != len(self._asked):
            self._asked = {str(self._named[number // _KINDS]) for number in self._asks}
        return self._asked

    def _rest_on(self, trace: AbstractSet[int], asks: AbstractSet[int] | None = None) -> None:
        """The answer that is sought rests on this; where none is, nobody will ask on what but for the code that was asked for."""
        if self._trace is not self._outermost:
            self._trace |= trace
        elif asks is not None:
            self._asks |= asks
        else:
            self._asks.update(number for number in trace if number % _KINDS == _ASKED)

    def forget(self, paths: Iterable[str], heads: Iterable[str], *, others_named: bool = True) -> None:
        """Drop what depends on the files, or on the heads of files, and begin with an empty trace. ``others_named``: files name others than before."""
        gone = list(paths)
        self._tables_hold = not others_named
        self._drop({self._number(path) for path in gone} | {self._number(path) + _HEAD for path in heads})
        self._said.forget(gone)
        self._trace = self._outermost = set()
        self._asks, self._asked = set(), set()

    def said(self, question: Hashable, files: Iterable[FileFacts], compute: Callable[[FileFacts], _Said]) -> list[tuple[FileFacts, _Said]]:
        """What each of some files says of itself, but for those that say nothing. Not for questions inside of others: nothing is noted of what it rests on."""
        return self._said.all(question, files, compute)

    def told(self, question: Hashable, file: FileFacts, compute: Callable[[FileFacts], _Said]) -> _Said:
        """The same of one file. Who asks has looked at it."""
        return self._said.one(question, file, compute)[1]

    def gathered(self, name: Hashable, said: list[Any], gather: Callable[[list[Any]], _Said]) -> _Said:
        """What is made of what files say, in order: the same object as last time where they say the same."""
        known = self._gathered.get(name)
        if known is None or known[0] != said:
            known = self._gathered[name] = (said, gather(said))
        made: _Said = known[1]
        return made

    def set_table(self, name: Hashable, entries: Mapping[Any, Any]) -> None:
        """What files from all over the app say together of many things, each by its key: an answer rests on those entries alone that it asked for."""
        before = self._tables.get(name, {})
        self._tables[name] = entries
        if before is entries or before == entries:
            return
        others = [(name, key) for key in before.keys() | entries.keys() if before.get(key) != entries.get(key)]
        # What has no number was not asked for yet.
        self._drop({number for each in others if (number := self._numbers.get(each)) is not None})

    def entry(self, name: Hashable, key: Hashable) -> Any:
        """What a table says of a key, None for nothing."""
        if self._trace is not self._outermost:
            self._trace.add(self._number((name, key)))
        return self._tables[name].get(key)

    def lay_out_anew(self, name: Hashable, compute: Callable[[], Mapping[Any, Any]]) -> None:
        """Before anything is asked: a table of what files name of others, if it was asked for before, is what they name now."""
        if not self._tables_hold and name in self._tables:
            self.set_table(name, compute())

    def laid_out(self, name: Hashable, compute: Callable[[], Mapping[Any, Any]], key: Hashable) -> Any:
        """What such a table says of a key, None for nothing; it is made when it is first asked for."""
        if name not in self._tables:
            self._tables[name] = compute()
        return self.entry(name, key)

    def _drop(self, gone: set[int]) -> None:
        if not gone:
            return
        waiting = list(gone)
        while waiting:
            number = waiting.pop()
            for key in self._parts_on.pop(number, ()):
                part = self._parts.get(key)
                if part is not None and number in part.trace:
                    del self._parts[key]
                    gone.add(self._number(key))
                    waiting.append(self._number(key))
        for trace in [trace for trace in self._resting if not trace.isdisjoint(gone)]:
            for key in self._resting.pop(trace)[2]:
                answer = self._known.get(key)
                if answer is not None and answer.trace is trace:
                    del self._known[key]

    def part(self, key: Key, compute: Callable[..., Any], *arguments: Any) -> Any:
        """The answer to a question that asks for no code and that many others share: their traces name it, and not all that it rests on."""
        known = self._parts.get(key)
        if known is None:
            outer, self._trace = self._trace, set()
            try:
                value = compute(*arguments)
            finally:
                mine, self._trace = self._trace, outer
            known = self._parts[key] = _Answer(value, frozenset(mine))
            for number in mine:
                self._parts_on.setdefault(number, set()).add(key)
        if self._trace is not self._outermost:
            self._trace.add(self._number(key))
        return known.value

    def once(self, key: Key, compute: Callable[..., Any], *arguments: Any, given: Any = None) -> Any:
        """The answer to a question that does not lead to itself. ``given``: values that it rests on too; it is found anew where they are others."""
        answer = self._known.get(key)
        if answer is None or answer.given != given:
            outer, self._trace = self._trace, set()
            try:
                value = compute(*arguments)
            finally:
                mine, self._trace = self._trace, outer
            answer = self._keep(key, value, mine, given=given)
        # As ``_rest_on``, which is asked hundreds of thousands of times.
        if self._trace is not self._outermost:
            self._trace |= answer.trace
        elif answer.asks:
            self._asks |= answer.asks
        return answer.value

    def within(self, key: Key, budget: int, compute: Callable[..., Any]) -> Any:
        """The answer to ``(kind, *arguments)`` where each step from question to question costs 1 of ``budget``.

        ``compute`` is given the arguments and the budget, and asks on with less of it.
        """
        answer = self._known.get(key)
        if answer is None or answer.height >= budget:
            answer = self._known.get((key, budget)) or self._bounded(key, budget, compute)
        self._rest_on(answer.trace, answer.asks)
        self._floor = min(self._floor, budget - answer.height)
        return answer.value

    def spend(self, budget: int) -> None:
        """A step that is no question of its own has come down to ``budget``."""
        self._floor = min(self._floor, budget)

    def _bounded(self, key: Key, budget: int, compute: Callable[..., Any]) -> _Answer:
        outer, above = self._trace, self._floor
        self._trace, self._floor = set(), budget
        try:
            value = compute(*key[1:], budget)
        finally:
            mine, left = self._trace, self._floor
            self._trace, self._floor = outer, above
        # Where nothing was left, a larger budget may lead further.
        return self._keep(key if left > 0 else (key, budget), value, mine, budget - left)

    def settled(self, key: Key, least: Any, beyond: Any, compute: Callable[..., Any], *arguments: Any) -> Any:
        """The least answer that holds, for questions that may lead to themselves: answers may only grow with those that they rest on.

        ``beyond`` is what a question is taken for that lies too deep; None where others between see to that.
        """
        answer = self._known.get(key)
        if answer is not None:
            self._rest_on(answer.trace, answer.asks)
            return answer.value
        if key in self._loose:
            value, waits_for = self._loose[key]
            self._wait(waits_for)
            return value
        opened = self._open.get(key)
        if opened is not None:
            opened.used = True
            self._wait(opened.depth)
            return opened.value
        return beyond if beyond is not None and len(self._stack) >= _DEEPEST else self._settle(key, least, compute, arguments)

    def _settle(self, key: Key, least: Any, compute: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        opened = self._open[key] = _Open(len(self._stack), self._guesses.get(key, least), len(self._loose))
        self._stack.append(opened)
        outer, self._trace = self._trace, set()
        try:
            for _ in range(_MOST_TURNS):
                opened.used = False
                value = compute(*arguments)
                if not opened.used or value == opened.value:
                    break
                opened.value = value
                self._drop_loose(opened.loose)
        except BaseException:
            self._loose.clear()
            raise
        finally:
            mine, self._trace = self._trace, outer
            self._rest_on(mine)
            self._stack.pop()
            del self._open[key]
            if not self._stack:
                self._guesses.clear()
        if opened.waits_for < opened.depth:
            # What waited for this waits for what this does: whatever opens next at its depth is something else.
            for other in list(self._loose)[opened.loose :]:
                held, waits_for = self._loose[other]
                self._loose[other] = (held, min(waits_for, opened.waits_for))
            self._loose[key] = (value, opened.waits_for)
            self._guesses[key] = value
            self._wait(opened.waits_for)
            return value
        self._keep(key, value, mine)
        # What waited for this holds now, and rests on whatever this does.
        for other in list(self._loose)[opened.loose :]:
            self._keep(other, self._loose.pop(other)[0], mine)
            self._guesses.pop(other, None)
        return value

    def _wait(self, depth: int) -> None:
        if self._stack:
            self._stack[-1].waits_for = min(self._stack[-1].waits_for, depth)

    def _drop_loose(self, start: int) -> None:
        for other in list(self._loose)[start:]:
            del self._loose[other]

    def _number(self, name: str | Key) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = _KINDS * len(self._named)
            self._named.append(name)
        return number

    def _keep(self, key: Key, value: Any, trace: set[int], height: int = 0, given: Any = None) -> _Answer:
        frozen = frozenset(trace)
        known = self._resting.get(frozen)
        if known is None:
            asks = frozenset(number for number in frozen if number % _KINDS == _ASKED)
            known = self._resting[frozen] = (frozen, asks, set())
        shared, asks, keys = known
        keys.add(key)
        answer = self._known[key] = _Answer(value, shared, asks, height, given)
        return answer
