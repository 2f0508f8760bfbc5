"""What files say of themselves is asked of those alone that are others than before, and comes out as if all had been asked."""

from hypothesis import given
from hypothesis import strategies as st

from batten.facts.project import FileFacts
from batten.facts.secrets import Variable
from batten.link.said import Files, Said
from batten.text import Place, Span

PATHS = [f"{name}.ts" for name in "abcdef"]


def file(path: str, said: str = "") -> FileFacts:
    """A file that says something, or nothing."""
    place = Place(path, Span(0, 1))
    return FileFacts(path=path, language=None, parsed=True, variables=(Variable(said, place=place, defined=False),) if said else ())


def names(each: FileFacts) -> list[str]:
    return [variable.name for variable in each.variables]


def test_files_that_are_the_same_are_not_asked_again() -> None:
    asked: list[str] = []

    def compute(each: FileFacts) -> list[str]:
        asked.append(each.path)
        return names(each)

    said, before = Said(), [file("a.ts", "A"), file("b.ts"), file("c.ts", "C")]
    assert [told for _, told in said.all("names", Files(before, "all"), compute)] == [["A"], ["C"]]
    after = [before[0], file("b.ts", "B"), before[2]]
    assert [told for _, told in said.all("names", Files(after, "all"), compute)] == [["A"], ["B"], ["C"]]
    assert asked == ["a.ts", "b.ts", "c.ts", "b.ts"]


def test_lists_of_other_names_share_what_is_known() -> None:
    asked: list[str] = []

    def compute(each: FileFacts) -> list[str]:
        asked.append(each.path)
        return names(each)

    said, files = Said(), [file("a.ts", "A"), file("b.ts", "B")]
    said.all("names", Files(files, "all"), compute)
    assert [told for _, told in said.all("names", Files(files[1:], "some"), compute)] == [["B"]]
    assert said.one("names", files[0], compute) == (files[0], ["A"])
    assert asked == ["a.ts", "b.ts"]


def test_old_lists_are_let_go() -> None:
    said = Said()
    first, second, third = (Files([file("a.ts", name)], "all") for name in "ABC")
    for files in (first, second, third):
        said.all("names", files, names)
    assert third.since(second) == ([third[0]], set())
    assert second._compared is None


states = st.lists(st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["", "A", "B"])), min_size=1, max_size=6)


@given(states)
def test_what_comes_out_is_what_all_say_in_order(states: list[dict[str, str]]) -> None:
    said: Said = Said()
    known: dict[tuple[str, str], FileFacts] = {}
    for state in states:
        files = [known.setdefault((path, text), file(path, text)) for path, text in sorted(state.items())]
        found = said.all("names", Files(files, "all"), names)
        assert found == [(each, names(each)) for each in files if names(each)]
        said.forget([path for path in PATHS if path not in state])
