"""Laws of Python's code model that hold for any text: ranges, depth, agreement with CPython, no exception ever."""

import ast
import sys
import warnings
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.code.dump import Node, dump
from batten.code.lower_python import lower
from batten.code.model import Call, Expression, Function, Handler, Lambda, Name, Unit
from batten.code.python_reading import DEPTH, STEP
from batten.text import Span


def nodes(unit: Unit) -> Iterator[tuple[Node, Span]]:
    """Every node of a unit, in source order, with the span of what holds it."""
    pending: list[tuple[Node, Span]] = [(statement, unit.span) for statement in reversed(unit.body)]
    while pending:
        node, around = pending.pop()
        yield node, around
        pending += [(part, node.span) for part in reversed(parts(node))]


def parts(node: Node) -> list[Node]:
    """The nodes that a node holds."""
    found: list[Node] = []
    for name in node.__struct_fields__:
        value = getattr(node, name)
        found += [part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Node)]
    return found


DEEP = {
    "parentheses": "(" * 50_000 + "x" + ")" * 50_000,
    "parentheses left open": "(" * 50_000,
    "calls": "f(" * 50_000 + ")" * 50_000,
    "lists": "[" * 50_000 + "]" * 50_000,
    "subscripts": "a[" * 50_000 + "x" + "]" * 50_000,
    "negations": "not " * 50_000 + "x",
    "signs": "-" * 50_000 + "x",
    "lambdas": "lambda: " * 50_000 + "x",
    "conditions": "a if b else " * 20_000 + "c",
    "powers": "a**" * 20_000 + "b",
    "dictionaries": "{1: " * 20_000 + "x" + "}" * 20_000,
    "arguments": "f(a=[{1: " * 3_000 + "x" + "}])" * 3_000,
    "comprehensions": "[" * 3_000 + "x" + " for x in y]" * 3_000,
    "annotations": "x: " + "list[" * 5_000 + "int" + "]" * 5_000,
    "unions": "def f(x: " + "list[a] | " * 5_000 + "int): pass",
    "targets": "(a," * 5_000 + "b" + ")" * 5_000 + "= c",
    "patterns": "match x:\n case " + "[" * 3_000 + "1" + "]" * 3_000 + ": pass",
    "blocks": "".join(" " * depth + "if x:\n" for depth in range(400)) + " " * 400 + "pass\n",
    "functions": "".join(" " * depth + "@a\n" + " " * depth + "def f(b=c):\n" for depth in range(300)) + " " * 300 + "pass\n",
    "classes": "".join(" " * depth + "class A(b):\n" for depth in range(300)) + " " * 300 + "pass\n",
    "matches": "".join(" " * 2 * depth + "match x:\n" + " " * (2 * depth + 1) + "case [a]:\n" for depth in range(200)) + " " * 400 + "a",
    "attributes": "a" + ".b" * 50_000,
    "method chains": "a" + ".b(c)" * 20_000,
    "mixed operators": "a" + " - b + c" * 20_000,
    "elif ladders": "if a: b\n" + "elif c: d\n" * 20_000,
    "match ladders": "match a:\n" + " case 1: b\n" * 20_000,
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_is_bounded(name: str) -> None:
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + 600)
    try:
        unit = lower(DEEP[name].encode(), "a.py")
        skipped = lower(DEEP[name].encode(), "a.py", lambda _start, _end: False)
    finally:
        sys.setrecursionlimit(before)
    if name not in ("parentheses", "parentheses left open"):
        assert unit.truncated
    assert skipped.span == unit.span
    assert deepest(unit) <= DEPTH + STEP


def deepest(unit: Unit) -> int:
    """The longest way from the top of a unit to a node."""
    found = 0
    pending: list[tuple[Node, int]] = [(statement, 1) for statement in unit.body]
    while pending:
        node, depth = pending.pop()
        found = max(found, depth)
        pending += [(part, depth + 1) for part in parts(node)]
    return found


def test_length_is_not_depth() -> None:
    unit = lower(b" + ".join([b"f()"] * 20_000), "a.py")
    assert not unit.truncated
    assert sum(isinstance(node, Call) for node, _ in nodes(unit)) == 20_000
    unit = lower(b"x = " * 20_000 + b"f()", "a.py")
    assert (unit.truncated, len(unit.body)) == (False, 20_000)
    unit = lower(b"a" + b".b(c)" * 100, "a.py")
    assert not unit.truncated
    unit = lower(b"if a: b()\n" + b"elif c: b()\n" * 250, "a.py")
    assert not unit.truncated
    assert sum(isinstance(node, Call) for node, _ in nodes(unit)) == 251


def test_operands_beyond_the_limit_are_kept_without_their_operators() -> None:
    unit = lower(b"f()" + b" - f() + f()" * 1_000, "a.py")
    assert unit.truncated
    assert sum(isinstance(node, Call) for node, _ in nodes(unit)) == 2_001


_NAMES = st.sampled_from(["a", "b", "größe", "_c", "self"])
_ATOMS = st.one_of(
    _NAMES, st.sampled_from(["1", "2.5", "'s'", "'é'", "b'x'", "None", "True", "f'{a}b'", "'x' 'y'", "...", "()", "[]", "{}"])
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    triples = st.tuples(inner, inner, inner)
    return st.one_of(
        inner.map("({})".format),
        inner.map("not ({})".format),
        inner.map("-({})".format),
        inner.map("({}).name".format),
        inner.map("lambda x, *y, z=1: {}".format).map("({})".format),
        inner.map("f'a{{({})}}b'".format).filter(lambda text: text.count("'") == 2 and "\\" not in text and '"' not in text),
        pairs.map(lambda two: "({})['key'].f({})".format(*two)),
        pairs.map(lambda two: "({})[{}]".format(*two)),
        pairs.map(lambda two: "f({}, *a, k={}, **b)".format(*two)),
        pairs.map(lambda two: "[{}, *({}),]".format(*two)),
        pairs.map(lambda two: "{{'k': {}, **({})}}".format(*two)),
        pairs.map(lambda two: "{{({}): {}}}".format(*two)),
        pairs.map(lambda two: "[{} for x in ({})]".format(*two)),
        triples.map(lambda three: "(({}) + ({}) + ({}))".format(*three)),
        triples.map(lambda three: "(({}) and ({}) or ({}))".format(*three)),
        triples.map(lambda three: "(({}) < ({}) == ({}))".format(*three)),
        triples.map(lambda three: "(({}) if ({}) else ({}))".format(*three)),
    )


EXPRESSIONS = st.recursive(_ATOMS, _compound, max_leaves=8)


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.tuples(EXPRESSIONS, inner)
    two = st.tuples(EXPRESSIONS, inner, inner)
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        two.map(lambda it: f"if {it[0]}:\n{_indented(it[1])}else:\n{_indented(it[2])}"),
        two.map(lambda it: f"if a:\n{_indented(it[1])}elif {it[0]}:\n{_indented(it[2])}"),
        one.map(lambda it: f"for a, b in {it[0]}:\n{_indented(it[1])}"),
        one.map(lambda it: f"while {it[0]}:\n{_indented(it[1])}"),
        one.map(lambda it: f"with {it[0]} as a, b:\n{_indented(it[1])}"),
        two.map(lambda it: f"try:\n{_indented(it[1])}except ({it[0]}) as e:\n{_indented(it[2])}"),
        one.map(lambda it: f"@f({it[0]})\ndef g(a: int, *, b={it[0]}) -> str:\n{_indented(it[1])}"),
        one.map(lambda it: f"class A({it[0]}, m=1):\n{_indented(it[1])}"),
    )


_SIMPLE = st.one_of(
    EXPRESSIONS.map("{}\n".format),
    EXPRESSIONS.map("a = {}\n".format),
    EXPRESSIONS.map("a, b.c = {}\n".format),
    EXPRESSIONS.map("a = b.c = {}\n".format),
    EXPRESSIONS.map("a: int = {}\n".format),
    EXPRESSIONS.map("a += {}\n".format),
    EXPRESSIONS.map("raise {}\n".format),
    EXPRESSIONS.map("assert {}, 'why'\n".format),
    EXPRESSIONS.map("def f(): return {}\n".format),
    st.sampled_from(["pass\n", "import os, a.b as c\n", "from . import d\n", "# a comment\npass\n"]),
)
PROGRAMS = st.recursive(_SIMPLE, _nested, max_leaves=6)


@given(PROGRAMS)
def test_every_node_lies_in_the_one_around_it(source: str) -> None:
    unit = lower(source.encode(), "a.py")
    assert unit.broken == ()
    for node, around in nodes(unit):
        assert node.span in around


@given(PROGRAMS)
def test_ranges_hold_what_they_stand_for(source: str) -> None:
    data = source.encode()
    for node, _ in nodes(lower(data, "a.py")):
        text = data[node.span.start : node.span.end].decode()
        match node:
            case Name(id=name):
                assert text == name
            case Call():
                assert text.endswith(")")
            case Handler():
                assert text.startswith("except")
            case Lambda():
                assert text.startswith("lambda")
            case Expression():
                assert text == text.strip()
            case Function(decorators=decorators) if decorators:
                assert text.startswith("@")


@given(PROGRAMS)
def test_cpython_sees_the_same_calls_and_definitions(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    unit = lower(source.encode(), "a.py")
    seen = Counter(type(node).__name__ for node, _ in nodes(unit))
    theirs = Counter(type(node).__name__ for node in ast.walk(tree))
    assert seen["Call"] == theirs["Call"]
    assert seen["Lambda"] == theirs["Lambda"]
    assert seen["Class"] == theirs["ClassDef"]
    assert seen["Function"] == theirs["FunctionDef"] + theirs["Lambda"]
    assert seen["Return"] == theirs["Return"] + theirs["Lambda"]
    assert seen["Raise"] == theirs["Raise"] + theirs["Assert"]
    assert seen["Branch"] == theirs["If"] + theirs["Assert"]
    assert seen["Loop"] == theirs["For"] + theirs["While"]
    assert (seen["Try"], seen["Handler"], seen["Block"]) == (theirs["Try"], theirs["ExceptHandler"], theirs["With"])
    assert seen["Record"] == theirs["Dict"]


@given(PROGRAMS)
def test_what_stands_before_only_moves_the_ranges(source: str) -> None:
    data = source.encode()
    before = "# größer\n\n".encode()
    here = [(node.span.start + len(before), node.span.end + len(before)) for node, _ in nodes(lower(data, "a.py"))]
    there = [(node.span.start, node.span.end) for node, _ in nodes(lower(before + data, "a.py"))]
    assert here == there
    assert dump(lower(data, "a.py")) == dump(lower(before + data, "a.py"))


@given(PROGRAMS, st.data())
def test_a_file_that_breaks_off_never_raises(source: str, data: st.DataObject) -> None:
    text = source.encode()
    cut = text[: data.draw(st.integers(0, len(text)))]
    unit = lower(cut, "a.py")
    for node, _ in nodes(unit):
        assert node.span in unit.span or node.span.start == node.span.end == len(cut)
    assert all(0 <= span.start <= span.end <= len(cut) for span in unit.broken)


_TOKENS = st.sampled_from(
    [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "'''",
        ":",
        "\n",
        "\t",
        "lambda",
        "*",
        "**",
        "def",
        "class",
        "match",
        "case",
        "async",
        "await",
        "print",
        "exec",
        "type",
        'f"{',
        ":=",
        "@",
        "=",
        ",",
        ".",
        "...",
        "except",
        "try:",
        "from",
        "import",
        "yield",
        "if",
        "else:",
        "elif",
        "with",
        "as",
        "global",
        "del",
        "assert",
        "raise",
        "for",
        "in",
        "not",
        "is",
        "`",
        "->",
        "\\",
        "#",
        "\x00",
        "é",
    ]
)


@given(st.one_of(st.binary(max_size=200), st.lists(_TOKENS, max_size=40).map(lambda tokens: " ".join(tokens).encode())))
def test_garbage_never_raises(data: bytes) -> None:
    unit = lower(data, "a.py")
    assert dump(unit) == dump(lower(data, "a.py"))
    lower(data, "a.py", lambda _start, _end: False)


WANTED = b"""
@app.get("/")
def first(a=default()):
    one()

class Views:
    limit = two()

    def second(self):
        three()

        def inner():
            four()
"""


@given(st.sets(st.sampled_from([b"one", b"three"])))
def test_a_body_is_the_same_whatever_else_is_wanted(names: set[bytes]) -> None:
    def wanted(start: int, end: int) -> bool:
        return any(name in WANTED[start:end] for name in names)

    whole = {node.span: node for node, _ in nodes(lower(WANTED, "app.py")) if isinstance(node, Function)}
    for node, _ in nodes(lower(WANTED, "app.py", wanted)):
        if isinstance(node, Function):
            same = whole[node.span]
            assert node == same if wanted(node.span.start, node.span.end) or node.name == "inner" else node.body == ()
            assert (node.head, node.parameters, node.decorators) == (same.head, same.parameters, same.decorators)
