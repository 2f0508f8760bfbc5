"""Answers are kept as long as the files that they rest on stay as they are, and do not depend on what was asked before."""

from collections.abc import Callable, Iterable, Mapping
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from batten.facts.project import FileFacts
from batten.link.memo import Memo


def test_an_answer_is_found_once_until_one_of_its_files_changes() -> None:
    memo, found = Memo(), []

    def answer(path: str) -> str:
        memo.look(path)
        memo.ask("other")
        found.append(path)
        return path.upper()

    for forgotten in ((), (), ("b",), ("a",)):
        memo.forget(forgotten, ())
        assert memo.once(("name", "a"), answer, "a") == "A"
        assert memo.asked() == {"other"}
    assert found == ["a", "a"]


def test_an_answer_rests_on_what_its_parts_rest_on() -> None:
    memo, found = Memo(), []

    def part() -> int:
        memo.look_at_head("barrel")
        return 1

    def whole() -> int:
        found.append(1)
        return int(memo.part(("names",), part))

    for paths, heads in (((), ()), (("barrel",), ()), ((), ("barrel",))):
        memo.forget(paths, heads)
        assert memo.once(("whole",), whole) == 1
    assert len(found) == 2


def test_what_files_say_is_asked_of_those_alone_that_are_others() -> None:
    memo, asked = Memo(), []
    files = {path: FileFacts(path=path, language=None, parsed=True) for path in ("a", "b", "quiet")}

    def says(file: FileFacts) -> str:
        asked.append(file.path)
        return "" if file.path == "quiet" else file.path.upper()

    def told() -> list[tuple[str, str]]:
        return [(file.path, said) for file, said in memo.said("upper", files.values(), says)]

    assert told() == told() == [("a", "A"), ("b", "B")]
    assert asked == ["a", "b", "quiet"]
    files["b"] = structs.replace(files["b"], digest=b"other")
    memo.forget(["b"], ())
    assert told() == [("a", "A"), ("b", "B")]
    assert asked == ["a", "b", "quiet", "b"]


def test_what_is_made_of_what_files_say_is_made_anew_where_they_say_something_else() -> None:
    memo, made = Memo(), []

    def together(said: list[tuple[str, str]]) -> str:
        made.append(len(said))
        return "".join(word for _, word in said)

    assert memo.gathered("all", [("a", "A")], together) == memo.gathered("all", [("a", "A")], together) == "A"
    assert memo.gathered("all", [("a", "A"), ("b", "B")], together) == "AB"
    assert memo.gathered("others", [("a", "A")], together) == "A"
    assert memo.gathered("all", [("a", "B"), ("b", "B")], together) == "BB"
    assert made == [1, 2, 1, 2]


def test_an_entry_of_a_table_of_names_is_what_files_name_now() -> None:
    memo, importing, asked = Memo(), {"Shelf": ("a",)}, []

    def who(name: str) -> object:
        return memo.once(("who", name), lambda: asked.append(name) or memo.laid_out("naming", lambda: dict(importing), name))

    assert (who("Shelf"), who("Desk")) == (("a",), None)
    importing["Desk"] = ("b",)
    memo.forget(["b"], ["b"], others_named=False)  # only what it exports is other
    memo.lay_out_anew("naming", lambda: dict(importing))
    assert (who("Shelf"), who("Desk"), asked) == (("a",), None, ["Shelf", "Desk"])
    memo.forget(["b"], ["b"])
    memo.lay_out_anew("naming", lambda: dict(importing))
    assert (who("Shelf"), who("Desk"), asked) == (("a",), ("b",), ["Shelf", "Desk", "Desk"])


def test_code_that_a_kept_answer_asks_for_is_asked_for_again() -> None:
    memo = Memo()

    def inner() -> int:
        memo.ask("deep")
        return 1

    def outer() -> int:
        memo.look("a")
        memo.ask("near")
        return 1 + int(memo.once(("inner",), inner))

    for _ in range(2):
        memo.forget((), ())
        assert memo.asked() == set()
        assert memo.once(("outer",), outer) == 2
        assert memo.asked() == {"near", "deep"}
    memo.forget(["a"], ())
    assert memo.settled(("circle",), 0, None, outer) == 2
    assert memo.asked() == {"near", "deep"}


def test_what_is_given_counts() -> None:
    memo = Memo()
    assert [memo.once(("sum",), sum, given, given=given) for given in ((1, 2), (1, 2), (3,))] == [3, 3, 3]
    assert [memo.once(("sum",), sum, given, given=given) for given in ((4,), (5,))] == [4, 5]
    assert len(memo) == 1


# --- budgets ---


def nearest(memo: Memo, steps: Mapping[int, Iterable[int]], start: int, budget: int) -> int:
    """How many numbers a walk comes to, counted anew for each way."""

    def count(number: int, left: int) -> int:
        memo.look(str(number))
        return 1 + sum(memo.within(("count", other), left - 1, count) for other in steps.get(number, ())) if left > 0 else 1

    return int(memo.within(("count", start), budget, count))


graphs = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=3, unique=True), max_size=7)


@given(graphs, st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=8))
def test_a_budget_leads_as_far_whatever_was_asked_before(steps: dict[int, list[int]], asked: list[tuple[int, int]]) -> None:
    memo = Memo()
    assert [nearest(memo, steps, *each) for each in asked] == [nearest(Memo(), steps, *each) for each in asked]


# --- circles ---


def reached(memo: Memo, steps: Mapping[int, Iterable[int]], own: Mapping[int, int], start: int) -> int:
    """The greatest value that lies on a way from a number."""

    def best(number: int) -> int:
        memo.look(str(number))
        return max([own.get(number, 0), *(ask(other) for other in steps.get(number, ()))])

    def ask(number: int) -> int:
        return int(memo.settled(("best", number), 0, 99, best, number))

    return ask(start)


def closure(steps: Mapping[int, Iterable[int]], start: int) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        for other in steps.get(waiting.pop(), ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


@given(graphs, st.dictionaries(st.integers(0, 6), st.integers(0, 7)), st.permutations(range(7)))
def test_circles_settle_on_the_least_answer_that_holds(steps: dict[int, list[int]], own: dict[int, int], order: list[int]) -> None:
    memo = Memo()
    for start in order:
        assert reached(memo, steps, own, start) == max(own.get(number, 0) for number in closure(steps, start))


@example(
    {1: [0], 3: [4, 1], 4: [3, 0], 0: [0, 4]}, [3, 1, 2, 0, 4, 5, 6], 0
)  # 1 comes to what waits for 3, through 4 that is answered by then
@given(graphs, st.permutations(range(7)), st.integers(0, 6))
def test_all_of_a_circle_is_forgotten_together(steps: dict[int, list[int]], order: list[int], edited: int) -> None:
    memo, own = Memo(), dict.fromkeys(range(7), 1)
    for start in order:
        reached(memo, steps, own, start)
    memo.forget((str(edited),), ())
    own[edited] = 5
    for start in order:
        assert reached(memo, steps, own, start) == max(own[number] for number in closure(steps, start))


def test_what_lies_too_deep_is_not_answered() -> None:
    chain = {number: [number + 1] for number in range(5000)}
    assert reached(Memo(), chain, {5000: 7}, 0) == 99
    assert reached(Memo(), chain, {5000: 7}, 4980) == 7


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_a_question_that_fails_leaves_nothing_behind(order: tuple[str, ...]) -> None:
    memo = Memo()

    def answer(name: str, ask: Callable[[str], int]) -> int:
        memo.look(name)
        if name == "b" and failing:
            raise ValueError(name)
        return max(ord(name), *(ask(other) for other in "abc" if other != name))

    def ask(name: str) -> int:
        return int(memo.settled(("answer", name), 0, 0, answer, name, ask))

    failing = True
    for name in order:
        with pytest.raises(ValueError, match="b"):
            ask(name)
    failing = False
    assert [ask(name) for name in order] == [ord("c")] * 3
    assert memo.asked() == set()
