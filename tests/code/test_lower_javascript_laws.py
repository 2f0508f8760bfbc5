"""Laws of JavaScript's code model that hold for any text: ranges, depth, no call lost, no exception ever."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from batten.code.dump import Node, dump
from batten.code.javascript_reading import ROOM
from batten.code.lower_javascript import lower
from batten.code.model import Call, Literal, Name, Operation, Unit
from batten.parse.javascript import parse
from batten.text import Span


def nodes(unit: Unit) -> Iterator[tuple[Node, Node | None]]:
    """Every node of a unit, in source order, with what holds it."""
    pending: list[tuple[Node, Node | None]] = [(statement, None) for statement in reversed(unit.body)]
    while pending:
        node, around = pending.pop()
        yield node, around
        pending += [(part, node) for part in reversed(parts(node))]


def parts(node: Node) -> list[Node]:
    """The nodes that a node holds."""
    found: list[Node] = []
    for name in node.__struct_fields__:
        value = getattr(node, name)
        for part in value if type(value) is tuple else (value,):
            if isinstance(part, Struct) and type(part) is not Span:
                found.append(cast("Node", part))  # noqa: PERF401 - the condition would take the line
    return found


def calls(unit: Unit) -> "Counter[tuple[int, int]]":
    return Counter((node.span.start, node.span.end) for node, _ in nodes(unit) if isinstance(node, Call))


CALLS = frozenset({"call_expression", "new_expression", "jsx_element", "jsx_self_closing_element"})
TYPES = frozenset(
    {"type_annotation", "type_arguments", "type_parameters", "interface_declaration", "type_alias_declaration", "ambient_declaration"}
)


def calls_of_tree(data: bytes, path: str) -> "Counter[tuple[int, int]]":
    """The calls that the grammar sees, outside types."""
    found: Counter[tuple[int, int]] = Counter()
    pending = [parse(data, path).root_node]
    while pending:
        node = pending.pop()
        if node.type not in TYPES:
            found[node.start_byte, node.end_byte] += node.type in CALLS
            pending += node.children
    return +found


# Programs

_NAMES = st.sampled_from(["a", "b", "größe", "$c", "_d", "this"])
_ATOMS = st.one_of(
    _NAMES,
    st.sampled_from(
        ["1", "2.5", "'s'", '"é"', "`t`", "null", "true", "/r[/]/g", "[]", "({})", "undefined", "f()", "new A", "<A/>", "a?.b"]
    ),
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, inner)
    triples = st.tuples(inner, inner, inner)
    return st.one_of(
        inner.map("({})".format),
        inner.map("!({})".format),
        inner.map("typeof ({})".format),
        inner.map("({}).name".format),
        inner.map("({})!.name".format),
        inner.map("(({}) as B<c>)".format),
        inner.map("((x, {{y}}, ...z) => ({}))".format),
        inner.map("(async function named(x = {}) {{}})".format),
        inner.map("(class {{ m() {{ return {} }} }})".format),
        inner.map("`a${{({})}}b`".format),
        inner.map("tag`${{({})}}`".format),
        inner.map("<A {{...b}} c='d' e={{{}}} f/>".format),
        inner.map("<A.B>text {{{}}} </A.B>".format),
        pairs.map(lambda two: "({})['key']?.f({})".format(*two)),
        pairs.map(lambda two: "({})[{}]".format(*two)),
        pairs.map(lambda two: "new A({}, ...({}))".format(*two)),
        pairs.map(lambda two: "[{}, , ...({})]".format(*two)),
        pairs.map(lambda two: "({{k: {}, ...({}), m() {{}}, a}})".format(*two)),
        pairs.map(lambda two: "({{[{}]: {}}})".format(*two)),
        pairs.map(lambda two: "<>{{{}}}{{{}}}</>".format(*two)),
        pairs.map(lambda two: "(x = {}, {})".format(*two)),
        triples.map(lambda three: "(({}) + ({}) + ({}))".format(*three)),
        triples.map(lambda three: "(({}) && ({}) || ({}))".format(*three)),
        # Not any value on the right: the grammar takes ``a < (undefined) ===`` for type arguments.
        pairs.map(lambda two: "(({}) < b.c === ({}))".format(*two)),
        triples.map(lambda three: "(({}) <= ({}) === ({}))".format(*three)),
        triples.map(lambda three: "(({}) ? ({}) : ({}))".format(*three)),
    )


EXPRESSIONS = st.recursive(_ATOMS, _compound, max_leaves=8)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    with_one = st.tuples(EXPRESSIONS, inner)
    with_two = st.tuples(EXPRESSIONS, inner, inner)
    return st.one_of(
        st.tuples(inner, inner).map("\n".join),
        with_one.map(lambda p: "if ({}) {{ {} }}".format(*p)),
        with_two.map(lambda p: "if ({}) {{ {} }} else {{ {} }}".format(*p)),
        with_two.map(lambda p: "if (a) b; else if ({}) {{ {} }} else {{ {} }}".format(*p)),
        with_one.map(lambda p: "for (const [x, {{y}}] of {}) {{ {} }}".format(*p)),
        with_one.map(lambda p: "for (let i = 0; {}; i++) {{ {} }}".format(*p)),
        with_one.map(lambda p: "do {{ {1} }} while ({0})".format(*p)),
        with_two.map(lambda p: "switch ({}) {{ case 1: {}; break; default: {} }}".format(*p)),
        with_two.map(lambda p: "switch (a.b) {{ case {}: {}\ncase f(): {} }}".format(*p)),
        st.tuples(inner, inner).map(lambda p: "try {{ {} }} catch ({{e}}) {{ {} }} finally {{ f() }}".format(*p)),
        with_one.map(lambda p: "const f = async (x = {}): Promise<A> => {{ 'use server'; {} }}".format(*p)),
        with_one.map(lambda p: "function g({{a, b: [c] = {}}}: Props) {{ {} }}".format(*p)),
        with_one.map(lambda p: "class A extends B {{ @d() f = {}; @e m(@p() q: C) {{ {} }} }}".format(*p)),
    )


_SIMPLE = st.one_of(
    EXPRESSIONS.map(lambda text: f";{text};"),
    EXPRESSIONS.map(lambda text: f"const x = {text};"),
    EXPRESSIONS.map(lambda text: f"const {{x, y: z = {text}}} = w, v: T = {text};"),
    EXPRESSIONS.map(lambda text: f"a.b += {text};"),
    EXPRESSIONS.map(lambda text: f"throw {text};"),
    st.sampled_from(["debugger;", ";", "// é\n", "/* x */", "type T = A<B>;", "interface I { a(): b }", "enum E { A = f(), B }"]),
)
STATEMENTS = st.recursive(_SIMPLE, _blocks, max_leaves=6)
_HEADERS = st.sampled_from(
    ["", "\ufeff", "'use client'\r\n", "import a, {b as c} from 'm';\n", "export default wrap(f);\n", "export const GET = f(() => g());\n"]
)
PROGRAMS = st.tuples(_HEADERS, STATEMENTS).map("".join)


@settings(max_examples=50)
@given(PROGRAMS)
def test_programs_are_read_whole(source: str) -> None:
    data = source.encode()
    unit = lower(data, "a.tsx")
    assert unit.broken == ()
    assert not unit.truncated
    assert calls(unit) == calls_of_tree(data, "a.tsx")


@settings(max_examples=50)
@given(PROGRAMS)
def test_every_range_lies_in_the_one_around_it(source: str) -> None:
    data = source.encode()
    unit = lower(data, "a.tsx")
    for node, around in nodes(unit):
        span = unit.span if around is None else around.span
        shared = isinstance(around, Operation) and around.operator == "==" and node is around.operands[0]
        assert node.span in span or (shared and node.span.end <= span.start), dump(unit)


@settings(max_examples=50)
@given(PROGRAMS)
def test_names_and_constants_stand_where_they_say(source: str) -> None:
    data = source.encode()
    for node, _ in nodes(lower(data, "a.tsx")):
        text = data[node.span.start : node.span.end].decode()
        match node:
            case Name():
                assert node.id == text
            case Literal(value=str() as value):
                assert value in text
            case Literal(value=None | bool()):
                assert text in ("null", "true", "false", "undefined", "f")
            case Literal():
                assert node.value == float(text)
            case Call():
                assert text.startswith(("new ", "<")) or text.endswith((")", "`"))


@settings(max_examples=50)
@given(PROGRAMS, st.booleans())
def test_what_is_not_wanted_takes_nothing_else_away(source: str, answer: bool) -> None:
    data = source.encode()
    whole, part = lower(data, "a.tsx"), lower(data, "a.tsx", lambda _start, _end: answer)
    assert (part.imports, part.exports, part.directives) == (whole.imports, whole.exports, whole.directives)
    assert len(part.body) == len(whole.body)
    assert calls(part) <= calls(whole)
    if answer:
        assert part == whole


FILE = """'use server'
import { createClient } from '@acme/db'
/* größe */
export const POST = withUser(async (req: NextRequest, { params }: Props): Promise<Response> => {
  const { data, error } = await db.from(`t_${params.id}`).select('*', { count: 'exact' })
  if (error || !data?.length) return Response.json({ error: "no & \\u{1f600}" }, { status: 404 })
  switch (data[0].kind) { case 'a': case 'b': send(data); break; default: throw new Error('x') }
  for (const [k, v] of Object.entries(data)) { log.info(k, v as string) }
  return <Page title="a & b" {...data}>{data.map((d) => <Row key={d.id} {...d} />)} & more</Page>
})
@Controller() export class A extends B<C> { @Get(':id') find(@Param('id') id: string) { return sql<T[]>`select ${id}` } }
module.exports = { POST, a: require('./a') }
"""


@given(st.integers(0, len(FILE.encode())), st.sampled_from(["a.tsx", "a.ts", "a.js"]))
def test_a_file_may_end_anywhere(length: int, path: str) -> None:
    _check(FILE.encode()[:length], path)


@given(
    st.lists(st.tuples(st.integers(0, len(FILE.encode())), st.integers(0, 30), st.binary(max_size=4) | st.sampled_from([b"{", b"}", b"(", b"`", b"'", b"<", b"${", b"=>", b"@", b"&"])), max_size=6),
    st.sampled_from(["a.tsx", "a.ts", "a.js"]),
)  # fmt: skip
def test_a_file_may_be_garbled(edits: list[tuple[int, int, bytes]], path: str) -> None:
    data = FILE.encode()
    for at, length, text in edits:
        data = data[:at] + text + data[at + length :]
    _check(data, path)


@given(st.binary(max_size=200), st.sampled_from(["a.tsx", "a.ts", "a.js"]))
def test_a_file_may_be_anything(data: bytes, path: str) -> None:
    _check(data, path)


def _check(data: bytes, path: str) -> None:
    unit = lower(data, path)
    assert unit.span == Span(0, len(data))
    for node, around in nodes(unit):
        assert 0 <= node.span.start <= node.span.end <= len(data)
        if around is None:
            assert node.span in unit.span
    assert all(span in unit.span for span in unit.broken)
    assert dump(unit) == dump(lower(data, path))


# Depth

DEEP = {
    "brackets": "[" * 50_000 + "]" * 50_000,
    "blocks": "{" * 50_000 + "}" * 50_000,
    "records": "x = " + "{a: " * 50_000 + "1" + "}" * 50_000,
    "calls": "f(" * 50_000 + ")" * 50_000,
    "negations": "!" * 50_000 + "x",
    "functions": "f(() => {" * 20_000 + "})" * 20_000,
    "arrows": "a => " * 20_000 + "b",
    "declared functions": "function f() {" * 20_000 + "}" * 20_000,
    "classes": "class A { m() {" * 5_000 + "}}" * 5_000,
    "conditions": "a ? b : " * 20_000 + "c",
    "powers": "a ** " * 20_000 + "b",
    "assignments": "a = " * 20_000 + "b",
    "templates": "`${" * 5_000 + "a" + "}`" * 5_000,
    "elements": "<a>" * 5_000 + "</a>" * 5_000,
    "attributes": "<a b={" * 5_000 + "1" + "}/>" * 5_000,
    "patterns": "let " + "{a: " * 20_000 + "b" + "}" * 20_000 + " = c",
    "types": "let x: " + "A<" * 5_000 + "B" + ">" * 5_000,
    "loops": "for (;;) " * 20_000 + "a()",
    "namespaces": "namespace a {" * 5_000 + "}" * 5_000,
    "members": "a" + ".b" * 50_000,
    "method chains": "a" + ".then(b => c(b))" * 20_000,
    "immediate calls": "(() => {" * 5_000 + "})()" * 5_000,
    "mixed operators": "a" + " - b + c" * 20_000,
    "else-if ladders": "if (a) { b() }" + " else if (a) { b() }" * 20_000,
    "cases": "switch (a) {" + "case 1: b(); break;" * 20_000 + "}",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_is_bounded(name: str) -> None:
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + 600)
    try:
        unit = lower(DEEP[name].encode(), "a.tsx")
        skipped = lower(DEEP[name].encode(), "a.tsx", lambda _start, _end: False)
    finally:
        sys.setrecursionlimit(before)
    assert unit.truncated
    assert unit.broken == ()
    assert skipped.span == unit.span
    assert deepest(unit) <= ROOM


def deepest(unit: Unit) -> int:
    """The longest way from the top of a unit to a node."""
    found = 0
    pending: list[tuple[Node, int]] = [(statement, 1) for statement in unit.body]
    while pending:
        node, depth = pending.pop()
        found = max(found, depth)
        pending += [(part, depth + 1) for part in parts(node)]
    return found


LONG = {
    "parentheses": ("(" * 50_000 + "f()" + ")" * 50_000, 1),
    "sums": (" + ".join(["f()"] * 20_000), 20_000),
    "alternatives": (" || ".join(["f()"] * 20_000), 20_000),
    "type marks": ("f()" + "!" * 20_000 + " as any" * 20_000, 1),
    "statements": ("f();" * 20_000, 20_000),
    "unions": ("let x: " + " | ".join(["A"] * 20_000) + " = f()", 1),
    "a hand-written chain": ("a" + ".b(c)" * 100, 100),
    "a hand-written ladder": ("if (a) b();" + " else if (a) b();" * 100, 101),
    "a falling switch": ("switch (a) {" + "case 1: b();" * 5_000 + "}", 5_000),
}


@pytest.mark.parametrize("name", LONG)
def test_length_is_not_depth(name: str) -> None:
    source, expected = LONG[name]
    unit = lower(source.encode(), "a.ts")
    assert not unit.truncated
    assert calls(unit).total() == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("f()" + " - f() + f()" * 2_000, 4_001),
        ("if (a) { b() }" + " else if (a) { b() }" * 2_000, 2_001),
        ("switch (a) {" + "case 1: b(); break;" * 2_000 + "}", 2_000),
    ],
)
def test_what_is_cut_for_its_length_keeps_its_calls(source: str, expected: int) -> None:
    unit = lower(source.encode(), "a.ts")
    assert unit.truncated
    assert calls(unit).total() == expected


def test_a_chain_that_is_too_long_keeps_its_start_and_its_arguments() -> None:
    unit = lower(b"app()" + b".get('/', () => f())" * 1_000, "a.ts")
    assert unit.truncated
    text = dump(unit)
    assert text.startswith("(?chain app().get('/', fn () {return f()}).get(")
    assert text.count("fn () {return f()}") == 1_000
