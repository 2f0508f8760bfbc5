"""Imports, exports and trigger words, read from bytes."""

import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.skim import Triggers, skim

Name = tuple[str, str, str]


def imports(source: str, path: str = "a.ts") -> list[Name]:
    return [(one.module, one.name, one.local) for one in skim(path, source.encode()).imports]


def exports(source: str, path: str = "a.ts") -> list[tuple[str, str, str | None]]:
    return [(one.name, one.local, one.module) for one in skim(path, source.encode()).exports]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('import React from "react"', [("react", "default", "React")]),
        ("import * as path from 'node:path';", [("node:path", "*", "path")]),
        ('import a, { b, c as d } from "m"', [("m", "default", "a"), ("m", "b", "b"), ("m", "c", "d")]),
        ('import a, * as b from "m"', [("m", "default", "a"), ("m", "*", "b")]),
        ("import{a}from'm'", [("m", "a", "a")]),
        ('import {\n  a, // the first\n  /* and */ b,\n} from "./m";', [("./m", "a", "a"), ("./m", "b", "b")]),
        ('import "./globals.css"', [("./globals.css", "", "")]),
        ('import {} from "m"', [("m", "", "")]),
        ('import { default as x, "odd name" as y } from "m"', [("m", "default", "x")]),
        ('import type from "m"', [("m", "default", "type")]),
        ('import data from "./d.json" with { type: "json" }', [("./d.json", "default", "data")]),
        ('import fs = require("fs")', [("fs", "*", "fs")]),
        ('const a = require("m")', [("m", "*", "a")]),
        ('const { a, b: c, d = 1 } = require("m")', [("m", "a", "a"), ("m", "b", "c"), ("m", "d", "d")]),
        ('const a = require("m").b', [("m", "b", "a")]),
        ('require("dotenv").config()', [("dotenv", "", "")]),
        ('const app = require("express")()', [("express", "", "")]),
        ('const Page = lazy(() => import("./page"))', [("./page", "*", "")]),
        ('const { a } = await import(/* webpackChunkName: "x" */ "./m")', [("./m", "a", "a")]),
        ("const m = await import(`./m`)", [("./m", "*", "m")]),
        ("import(`./pages/${name}.tsx`)", [("./pages/*.tsx", "*", "")]),
        ('new Worker(new URL("./w.ts", import.meta.url))', [("./w.ts", "", "")]),
        ('const pages = import.meta.glob("./pages/*.vue")', [("./pages/*.vue", "*", "")]),
        ('import.meta.glob(["./a/*.ts", "./b/*.ts"])', [("./a/*.ts", "*", ""), ("./b/*.ts", "*", "")]),
    ],
)
def test_imports(source: str, expected: list[Name]) -> None:
    assert imports(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '// import a from "a"',
        '/* import a from "a" */',
        "const s = 'import a from \"a\"'",
        "const s = `\nimport a from 'a'\n`",
        "const s = `${x ? `\nimport a from 'a'\n` : ''}`",
        "const s = `${f({ a: `${1}` })}\nimport a from 'a'\n`",
        'foo.import("a")',
        'context.require("a")',
        "import(name)",
        "require(name)",
        'important("a")',
        "const r = /import a from 'a'/",
    ],
)
def test_what_only_looks_like_an_import(source: str) -> None:
    assert imports(source, "a.tsx") == []


@pytest.mark.parametrize(
    "before",
    [
        "const p = <p>Don't stop</p>;\n",
        "const r = /[`'\"]/g;\n",
        'const r = s.replace(/`/g, "").replace(/\\//, "/");\n',
        "const t = `a ${b} ${c({ d: '}' })} \\` `;\n",
        "const u = 'it\\'s';\n",
        "const half = total / 2; // it's\n",
        "const link = <a href='https://x.test'>https://x.test</a>;\n",
        "const list = [\n  /a`b/,\n  /c/,\n];\n",
        "x = y /* ` */ / 2;\n",
    ],
)
def test_what_stands_before_an_import_does_not_hide_it(before: str) -> None:
    assert imports(before + 'import a from "a"', "a.tsx") == [("a", "default", "a")]


def test_type_imports_are_told_apart() -> None:
    source = 'import type { A } from "a"; import { type B, C, type as D } from "b"; type E = typeof import("c"); type F = import("d").Foo'
    found = [(one.module, one.name, one.type_only) for one in skim("a.ts", source.encode()).imports]
    assert found == [("a", "A", True), ("b", "B", True), ("b", "C", False), ("b", "type", False), ("c", "*", True), ("d", "*", True)]


def test_imports_that_do_not_run_when_the_module_loads_are_dynamic() -> None:
    source = 'const a = require("a")\nfunction f() {\n  const b = require("b")\n  return import("c")\n}\n'
    assert [(one.module, one.dynamic) for one in skim("a.js", source.encode()).imports] == [("a", False), ("b", True), ("c", True)]


def test_the_span_of_an_import_is_its_statement() -> None:
    source = b'let x\nimport {\n  a,\n} from "m";\n'
    (one,) = skim("a.js", source).imports
    assert source[one.span.start : one.span.end] == b'import {\n  a,\n} from "m"'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("export const a = 1", [("a", "a", None)]),
        ("export async function* f() {}", [("f", "f", None)]),
        ("export abstract class C {}", [("C", "C", None)]),
        ("export const { GET, POST: P } = handlers", [("GET", "GET", None), ("P", "P", None)]),
        ("export const [a, b] = pair", [("a", "a", None), ("b", "b", None)]),
        ("export { a, b as c }", [("a", "a", None), ("c", "b", None)]),
        ('export { a as default, type B } from "./m"', [("default", "a", "./m"), ("B", "B", "./m")]),
        ('export * from "./m"', [("*", "*", "./m")]),
        ('export * as ns from "./m"', [("ns", "*", "./m")]),
        ("export default function Page() {}", [("default", "Page", None)]),
        ("export default async () => 1", [("default", "", None)]),
        ("export default Page;", [("default", "Page", None)]),
        ("export default memo(Page)", [("default", "", None)]),
        ("export default class extends Base {}", [("default", "", None)]),
        ("export enum E { A }", [("E", "E", None)]),
        ("module.exports = app;", [("default", "app", None)]),
        ("module.exports = Note = model('note', schema);", [("default", "Note", None)]),
        ("module.exports = (a) => a;", [("default", "", None)]),
        ("module.exports = a => a;", [("default", "", None)]),
        ("module.exports = a == b;", [("default", "", None)]),
        ("module.exports = { a, b: c, d: 1 }", [("a", "a", None), ("b", "c", None)]),
        ("module.exports = { a, send: handled(b), c }", [("a", "a", None)]),
        ("module.exports = { send: handled(b) }", []),
        ("exports.handler = async () => 1", [("handler", "", None)]),
        ("// export const a = 1", []),
        ('const s = "export const a = 1"', []),
    ],
)
def test_exports(source: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert exports(source) == expected


def test_types_among_exports() -> None:
    source = (
        'export interface A {}\nexport type B = 1\nexport type { C } from "c"\nexport { type D, E } from "d"\nexport declare const F: 1\n'
    )
    found = {one.name: one.type_only for one in skim("a.ts", source.encode()).exports}
    assert found == {"A": True, "B": True, "C": True, "D": True, "E": False, "F": True}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"use client"\nimport a from "a"', ("use client",)),
        ("// licence\n/* more */\n'use server';", ("use server",)),
        ('"use strict"; "use client";\nlet x', ("use strict", "use client")),
        ('\ufeff"use client"\n', ("use client",)),
        ('#!/usr/bin/env node\n"use strict"\n', ("use strict",)),
        ('import a from "a"\n"use client"', ()),
        ('const a = 1; "use client"', ()),
        ('"use client" + suffix', ()),
        ("`use client`", ()),
    ],
)
def test_directives_count_only_where_they_are_first(source: str, expected: tuple[str, ...]) -> None:
    assert skim("a.tsx", source.encode()).directives == expected


def test_scripts_of_components() -> None:
    vue = '<template><Card/></template>\n<script setup lang="ts">\nimport Card from "./Card.vue"\n</script>\n'
    svelte = '<script context="module">\nexport const prerender = true\n</script>\n<script>\nimport a from "$lib/a"\n</script>\n<p>import b from "b"</p>'
    assert imports(vue, "a.vue") == [("./Card.vue", "default", "Card")]
    assert (imports(svelte, "a.svelte"), exports(svelte, "a.svelte")) == ([("$lib/a", "default", "a")], [("prerender", "prerender", None)])


def test_scripts_of_pages() -> None:
    html = """<!doctype html><!-- <script src="/old.js"></script> -->
<script src=/plain.js></script><script type="module" src="/src/main.tsx"></script>
<SCRIPT type="module">import { a } from "./a.js"</SCRIPT>
<script type="application/json">{"import": "no"}</script>"""
    assert imports(html, "index.html") == [("/plain.js", "", ""), ("/src/main.tsx", "", ""), ("./a.js", "a", "a")]


def test_islands_of_astro_go_to_the_browser() -> None:
    page = '---\nimport Chart from "./Chart"\nimport Card from "./Card"\nconst key = 1\n---\n<Card/><Chart\n  data={[1]}\n  client:load />\n<script>\nimport "./menu"\n</script>\n'
    seen = skim("a.astro", page.encode())
    assert [(one.module, one.browser) for one in seen.imports] == [("./Chart", True), ("./Card", None), ("./menu", True)]
    kept = "".join(page[span.start : span.end] for span in seen.stripped)
    assert ("const key" in kept, "menu" in kept) == (True, False)


ROUTE = """import { json } from "@remix-run/node"
import { db } from "~/db"
import { sign } from "~/sign"
import { Card } from "~/card"
import { format } from "~/format"

const secret = sign("x")

function shared() {
  return format(1)
}

function helper() {
  return db.all(secret)
}

export async function loader() {
  const { mail } = await import("~/mail")
  return json(helper(), shared(), mail)
}

export default function Page() {
  const data = useLoaderData<typeof loader>()
  return <Card a={shared()} b={data} />
}
"""


def test_what_only_a_loader_uses_is_stripped() -> None:
    seen = skim("route.tsx", ROUTE.encode())
    sides = {one.module: one.browser for one in seen.imports}
    assert sides == {"@remix-run/node": False, "~/db": False, "~/sign": False, "~/card": None, "~/format": None, "~/mail": False}
    stripped = [ROUTE[span.start : span.end].split("(", maxsplit=1)[0].strip() for span in seen.stripped]
    assert stripped == ["const secret = sign", "function helper", "export async function loader"]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("  const { rows } = useStore()\n  return rows", False),
        ("  const {\n    sum: rows,\n    size = 1,\n  } = useStore()\n  return rows", False),
        ("  const [rows, setRows] = useState(1)\n  return rows", False),
        ("  const rows = useStore()\n  return rows", False),
        ("  const { rows: list } = useStore()\n  return list", True),
        ("  if (open) {\n    const rows = useStore()\n    return rows\n  }\n  return rows", True),
        ("  return rows", True),
    ],
)
def test_a_variable_of_a_component_is_not_the_import_of_its_name(body: str, kept: bool) -> None:
    route = f'import {{ rows }} from "~/db"\n\nexport const loader = () => rows()\n\nexport default function Page() {{\n{body}\n}}\n'
    (imported,) = skim("a.tsx", route.encode()).imports
    assert imported.browser is (None if kept else False)


@pytest.mark.parametrize(
    ("component", "browser"),
    [("() => null", False), ("() => auth.name", None), ("() => 'see auth'", None)],
)
def test_the_address_of_a_route_uses_no_name(component: str, browser: bool | None) -> None:
    source = f"""import {{ createFileRoute }} from '@tanstack/react-router'
import {{ auth }} from '@/lib/auth'

export const Route = createFileRoute('/api/auth/$')({{
  server: {{ handlers: {{ GET: ({{ request }}) => auth.handler(request) }} }},
  component: {component},
}})
"""
    assert {one.module: one.browser for one in skim("a.ts", source.encode()).imports}["@/lib/auth"] == browser


def test_what_only_a_server_function_uses_is_stripped() -> None:
    source = """import { createServerFn } from "@tanstack/react-start"
import { db } from "./db"
import { show } from "./show"

export const read = createServerFn({ method: "GET" }).handler(async () => {
  return db.read()
})

export const Page = () => show(read())
"""
    assert {one.module: one.browser for one in skim("a.ts", source.encode()).imports} == {
        "@tanstack/react-start": None,
        "./db": False,
        "./show": None,
    }


def test_a_module_laid_out_in_another_way_keeps_its_imports() -> None:
    source = 'import { db } from "./db"; export const loader = () => db.all(); export default function Page() { return 1 }'
    seen = skim("route.tsx", source.encode())
    assert (seen.stripped, [one.browser for one in seen.imports]) == ((), [None])


@pytest.mark.parametrize(
    ("source", "browser"),
    [
        ('export const db = typeof window === "undefined" ? await import("./a") : null', False),
        ('const db = import.meta.env.SSR && (await import("./a"))', False),
        ('const db = typeof window === "undefined" ? null : await import("./a")', None),
        ('const ssr = typeof window === "undefined"\nawait import("./a")', None),
    ],
)
def test_imports_that_only_the_server_chooses(source: str, browser: bool | None) -> None:
    assert [one.browser for one in skim("a.ts", source.encode()).imports] == [browser]


def test_imports_behind_a_test_for_the_server() -> None:
    source = 'if (typeof window === "undefined") {\n  await import("./server")\n}\nawait import("./both")\n'
    assert [(one.module, one.browser) for one in skim("a.ts", source.encode()).imports] == [("./server", False), ("./both", None)]


@pytest.mark.parametrize(
    ("use", "erased"),
    [
        ("let x = 1", True),
        ("type X = z.infer<typeof A>", True),
        ("export type X = typeof A.rows.one", True),
        ("const x = typeof A", False),
        ("function f(a: A) {}", True),
        ("function f({ a }: A, b: Map<string, A>) {}", True),
        ("const x: A = make()", True),
        ("const x = make() as A", True),
        ("interface X { a?: A; b: B | A }", True),
        ("const x = A", False),
        ("const x = <A />", False),
        ("const x = { a: A }", False),
        ("const x = { a: A, b: 1 }", False),
        ('const x = dark ? "d" : A;', False),
        ("new A()", False),
        ("f(A)", False),
        ("export { A }", False),
        ("x = typeof A === 'function'", False),
        ("type X = A\nlet y = A", False),
    ],
)
def test_imports_that_only_types_use_are_erased(use: str, erased: bool) -> None:
    source = f'import {{ A }} from "./a"\nimport {{ z }} from "./A"\nz()\n{use}\n'
    assert [one.erased for one in skim("a.tsx", source.encode()).imports if one.name == "A"] == [erased]
    assert [one.erased for one in skim("a.jsx", source.encode()).imports if one.name == "A"] == [False]


def test_decorators_keep_the_imports_of_types() -> None:
    source = 'import { Service } from "./service"\n@Injectable()\nexport class A { constructor(private s: Service) {} }\n'
    assert [one.erased for one in skim("a.ts", source.encode()).imports] == [False]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os", [("os", "*", "os")]),
        ("import a.b as c, d", [("a.b", "*", "c"), ("d", "*", "d")]),
        ("import a.b", [("a", "*", "a"), ("a.b", "", "")]),
        ("from .x import (\n    a,  # one (of two)\n    b as c,\n)", [(".x", "a", "a"), (".x", "b", "c")]),
        ("from . import a", [(".", "a", "a")]),
        ("from ..core.db import *", [("..core.db", "*", "")]),
        ("from a import b, \\\n    c", [("a", "b", "b"), ("a", "c", "c")]),
        ("try: import a\nexcept ImportError: import b", [("a", "*", "a"), ("b", "*", "b")]),
        ("x = 1; import a", [("a", "*", "a")]),
        ('"""\nimport a\n"""\nimport b', [("b", "*", "b")]),
        ("# import a", []),
        ("s = 'import a'", []),
        ("important = 1", []),
        ("raise ImportError('import a')", []),
    ],
)
def test_python_imports(source: str, expected: list[Name]) -> None:
    assert imports(source, "a.py") == expected


def test_python_imports_in_blocks() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import A\ndef f():\n    if True:\n        import b\n"
    found = [(one.module, one.type_only, one.dynamic) for one in skim("a.py", source.encode()).imports]
    assert found == [("typing", False, False), ("a", True, False), ("b", False, True)]


def test_other_files_have_no_imports() -> None:
    assert [skim(path, b'import a from "a"').imports for path in ("a.css", "a.md", "import", "a.sql", "")] == [()] * 5


PIECES = st.sampled_from(
    [
        *(
            'import a from "a"',
            "import {",
            "} from",
            "export",
            "require(",
            "`",
            "${",
            "}",
            '"',
            "'",
            "/*",
            "*/",
            "//",
            "\n",
            "/",
            "\\",
            "<script>",
            "</script>",
        ),
        *(
            "---\n",
            "@tanstack/react-start",
            "export const loader = 1\n",
            ".handler(",
            "(",
            ")",
            "from . import (",
            '"""',
            "    import a",
            "client:load",
            "<A ",
        ),
    ]
)


@given(st.lists(PIECES, max_size=40), st.sampled_from(["a.ts", "a.jsx", "a.vue", "a.astro", "a.html", "a.py"]), st.binary(max_size=8))
def test_no_text_is_too_odd(pieces: list[str], path: str, noise: bytes) -> None:
    data = noise.join(piece.encode() for piece in pieces)
    seen = skim(path, data)
    assert all(0 <= one.span.start < one.span.end <= len(data) for one in (*seen.imports, *seen.exports))


@given(st.lists(st.sampled_from([*"abc`'\"\n{}()/\\$* ", "//", "/*", "*/", "${"])).map("".join))
def test_comments_and_strings_hide_what_they_hold(text: str) -> None:
    inside = text.replace("*/", "").replace("\n", " ").replace("*", "").replace("/", "")
    source = f'/* {inside} import a from "a" */\n// {inside} import b from "b"\nimport c from "c"\n'
    assert imports(source) == [("c", "default", "c")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ts", b'"\\"' * 40_000),
        ("a.ts", b"`\\`\n" * 30_000),
        ("a.ts", b"import /*" * 12_000),
        ("a.ts", b"import {a," * 12_000),
        ("a.ts", b"=/[" * 40_000),
        ("a.ts", b'import {a} from "@tanstack/react-start"\nexport const loader = 1\n' + b"x.handler(" * 12_000),
        ("a.vue", b"<script" * 15_000),
        ("a.py", b"    import a\n" * 8_000),
        ("a.py", b"import \\\n" * 12_000),
    ],
    ids=lambda value: value[:12].decode() if isinstance(value, bytes) else value,
)
def test_hostile_text_costs_no_more_than_its_length(path: str, text: bytes) -> None:
    start = time.process_time()
    skim(path, text)
    assert time.process_time() - start < 5


WORDS = [b"createClient", b"create", b"service_role", b"sk-", b"sk-ant-", b".get(", b"a\nb", b"\\", b"ant"]


@given(st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=3)), max_size=60).map(b"".join))
def test_both_engines_find_the_same_words(data: bytes) -> None:
    fast, plain = Triggers(WORDS), Triggers(WORDS, fast=False)
    expected = sorted((start, index) for index, word in enumerate(fast.words) for start in range(len(data)) if data.startswith(word, start))
    assert fast.hits(data) == plain.hits(data) == tuple((index, start) for start, index in expected)


def test_hits_are_bounded() -> None:
    for fast in (True, False):
        hits = Triggers([b"a", b"b"], fast=fast).hits(b"a" * 1000 + b"b")
        assert hits == (*((0, start) for start in range(256)), (1, 1000))


def test_triggers_cross_processes_as_words() -> None:
    triggers = Triggers([b"b", b"a", b"a", b""])
    triggers.hits(b"ab")
    again = pickle.loads(pickle.dumps(triggers))
    assert (again.words, again.hits(b"xba")) == ((b"a", b"b"), ((1, 1), (0, 2)))


def test_no_words_have_no_hits() -> None:
    assert Triggers([]).hits(b"anything") == ()
