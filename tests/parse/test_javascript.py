"""Syntax trees of JavaScript and TypeScript: which grammar, and what is blanked before it sees the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.parse.javascript import errors, language_of, parse


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.js", "javascript"),
        ("src/a.jsx", "javascript"),
        ("a.mjs", "javascript"),
        ("a.cjs", "javascript"),
        ("a.ts", "typescript"),
        ("a.d.mts", "typescript"),
        ("a.cts", "typescript"),
        ("a.TSX", "typescript"),
        ("a.py", None),
        ("js", None),
        ("a.js/README", None),
    ],
)
def test_the_extension_decides_the_language(path: str, language: str | None) -> None:
    assert language_of(path) == language


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("a.jsx", "const a = <b>{c}</b>"),
        ("a.js", "const a = <b/>"),
        ("a.tsx", "const a: B = <b<C>/>"),
        ("a.ts", "const a = <B>c"),
        ("a.unknown", "const a = <b/>"),
    ],
)
def test_each_grammar_reads_its_own(path: str, source: str) -> None:
    assert not parse(source.encode(), path).root_node.has_error


@pytest.mark.parametrize(
    "source",
    [
        "const a = sql<number>`count(*)`.as('n')",
        "const a = await db.$queryRaw<Row[]>`select ${id}`",
        "const a = await db.$queryRaw<\n  { id: string; tags: Array<Map<string, () => void>> }[]\n>`select 1`",
        "const a = { b: sql<string | null>`x`, c: sql<'a' | 'b'>`y` }",
        "const a = await original<typeof import('./a')>()",
        "const a = `<p>hello</p>` + `${b}<br>` + `a<b>`",
        "if (a > `b`) { c }",
    ],
)
def test_type_arguments_before_a_template_are_read(source: str) -> None:
    for path in ("a.ts", "a.tsx"):
        assert errors(parse(source.encode(), path).root_node) == []


def test_a_template_with_type_arguments_is_a_call() -> None:
    tree = parse(b"sql<Row>`select`; other()", "a.ts")
    assert str(tree.root_node).count("call_expression") == 2
    assert "binary_expression" not in str(tree.root_node)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Terms & Conditions</p>",
        "<p>a & b {c} & <b/> d&e</p>",
        "<p>Save & don't lose it, Q&A</p>",
        "<a href='/find?a=b&c=d&e=f&g'>x</a>",
        "<p>code<code>`x`</code></p>",
    ],
)
def test_ampersands_in_markup_are_text(source: str) -> None:
    data = f"const a = ({source}); const flags = b & c; type D = E & F".encode()
    assert errors(parse(data, "a.tsx").root_node) == []


@pytest.mark.parametrize("source", ["type A = { a: ]; b: c }\nf()", "interface A { a: ;; }\nf()"])
def test_what_is_wrong_with_a_declared_type_is_no_error(source: str) -> None:
    tree = parse(source.encode(), "a.ts")
    assert tree.root_node.has_error
    assert errors(tree.root_node) == []


def test_errors_come_in_source_order() -> None:
    data = b"a(; \nb();\nc) d;\nfunction e( {"
    spans = [(node.start_byte, node.end_byte) for node in errors(parse(data, "a.js").root_node)]
    assert spans
    assert spans == sorted(spans)


@given(
    st.lists(
        st.sampled_from(["<A>`", "sql<", "{ a: b }[]", ">`", "${", "}", "`", "<p>x & y</p>", "& don't ", "(", ")", "=>", "\n"]), max_size=25
    )
)
def test_no_offset_moves(parts: list[str]) -> None:
    data = "".join(parts).encode()
    for path in ("a.ts", "a.tsx", "a.js"):
        root = parse(data, path).root_node
        assert root.end_byte == len(data)
        assert [(node.start_byte, node.end_byte) for node in errors(root)] == sorted(
            (node.start_byte, node.end_byte) for node in errors(root)
        )
