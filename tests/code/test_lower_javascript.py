"""JavaScript and TypeScript in the code model: what each construct becomes."""

import pytest

from batten.code.dump import dump, dump_node
from batten.code.lower_javascript import lower
from batten.code.model import Assign, Class, Define, Evaluate, Function, Lambda, Language, Literal, Record
from batten.text import Span


def read(source: str, path: str = "app.ts") -> list[str]:
    """The statements that a text becomes, one a line."""
    unit = lower(source.encode(), path)
    assert unit.broken == ()
    assert not unit.truncated
    return [dump_node(statement) for statement in unit.body]


def first_function(source: str, path: str = "app.ts") -> Function:
    statement = lower(source.encode(), path).body[0]
    if isinstance(statement, Define) and isinstance(statement.value, Function):
        return statement.value
    assert isinstance(statement, Assign)
    assert isinstance(statement.value, Lambda)
    return statement.value.function


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("x", "x"),
        ("(((x)))", "x"),
        ("a.b?.c.#d", "a.b.c.#d"),
        ("a['key']?.[`other`]", "a.key.other"),
        ("a[0]", "a[0]"),
        ("a[key]", "a[key]"),
        ("a[`${b}`]", "a[(template b)]"),
        ("f()", "f()"),
        ("f(a, ...b, c = d)", "f(a, (... b), (= c d))"),
        ("f(/* why */ a, // and\n b)", "f(a, b)"),
        ("a.b(c)?.d(e)[0]?.()", "a.b(c).d(e)[0]()"),
        ("f<A, B<C>>(a)", "f<A, B[C]>(a)"),
        ("(await f())()", "(await f())()"),
        ("new A", "new A()"),
        ("new a.B<C>(d)", "new a.B(d)"),
        ("new (f())(a)", "new f()(a)"),
        ("a as unknown as B", "a"),
        ("a!.b!(c) satisfies D", "a.b(c)"),
        ("(a as B).c", "a.c"),
        ("import('m')", "import('m')"),
        ("await import('m')", "(await import('m'))"),
        ("import.meta.env.KEY", "import.meta.env.KEY"),
        ("[this, super.x]", "[this, super.x]"),
        ("[null, undefined, true, false]", "[None, None, True, False]"),
        ("[a, , b, ...c, ,]", "[a, (?hole), b, (... c), (?hole)]"),
        ("f({a, b: c, 'd-e': 1, 2: 3, ['f']: g})", "f({a: a, b: c, d-e: 1, 2: 3, f: g})"),
        ("f({...a, [b()]: c, [d]: e})", "f({*: a, *: (?pair b() c), *: (?pair d e)})"),
        ("f({a() {}, async *b() {}, get c() { return 1 }})", "f({a: fn a() {}, b: async fn b() {}, c: fn c() {return 1}})"),
        ("a ? b : c ? d : e", "(?: a b (?: c d e))"),
        ("a && b && c || d ?? e", "(?? (|| (&& a b c) d) e)"),
        ("a + b + c - d - e + f", "(+ (- (- (+ a b c) d) e) f)"),
        ("a + (b + c)", "(+ a (+ b c))"),
        ("a === b !== c == d != e", "(!= (== (!= (== a b) c) d) e)"),
        ("a in b, a instanceof B, #p in c", "(in a b)|(instanceof a B)|(in #p c)"),
        ("a ** b ** c", "(** a (** b c))"),
        ("[!a, -b, +c, ~d, typeof e, void 0, delete f.g]", "[(! a), (- b), (+ c), (~ d), (typeof e), (void 0), (delete f.g)]"),
        ("[i++, --j]", "[(++ i), (-- j)]"),
        ("f(a = b, c += d, e ??= g)", "f((= a b), (+= c d), (??= e g))"),
        ("f((a, b))", "f((, a b))"),
        ("f`a${b}c\\n`", "f((template 'a' b 'c\\n'))"),
        ("f``", "f((template ))"),
        ("`a${b.c(d)}${`e${f}`}`", "(template 'a' b.c(d) (template 'e' f))"),
        ("[`plain`, ``]", "['plain', '']"),
        ("/a\\/b[/]/gi.test(c)", "'/a\\\\/b[/]/gi'.test(c)"),
        ("f(a => b, (c, d) => {}, async e => await e)", "f(fn (a) {return b}, fn (c, d) {}, async fn (e) {return (await e)})"),
        (
            "f(function () {}, async function g() {}, function* () { yield a; yield }, )",
            "f(fn () {}, async fn g() {}, fn () {(yield a); (yield )})",
        ),
        ("a => b => c", "fn (a) {return fn (b) {return c}}"),
        ("() => ({a})", "fn () {return {a: a}}"),
        ("(() => { a() })()", "fn () {a()}()"),
        ("f(class A extends B { m() {} })", "f(fn () {class A(B) {fn m() {}}})"),
    ],
)
def test_expressions(source: str, dumped: str) -> None:
    assert "|".join(read(source)) == dumped


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1_000", 1000),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("089", 89),
        ("10n", 10),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.5E-2", 0.015),
        ("99999999999999999999", 99999999999999999999.0),
        ("'a'", "a"),
        ('"\\x41\\u0042\\u{43}\\103"', "ABCC"),
        ("'\\ud83d\\ude00 \\ud83d'", "\U0001f600 \ufffd"),
        ("'\\u{110000}'", "\ufffd"),
        ("'a\\\nb\\\r\nc'", "abc"),
        ("'\\n\\t\\q\\'\\0'", "\n\tq'\0"),
        ("'é\U0001f600'", "é\U0001f600"),
        ("`a\\`b`", "a`b"),
    ],
)
def test_constants(source: str, value: object) -> None:
    statement = lower(f"({source})".encode(), "a.js").body[0]
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.value, Literal)
    assert (statement.value.value, type(statement.value.value)) == (value, type(value))
    assert statement.value.span == Span(1, 1 + len(source.encode()))


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("const a = 1, b = c()", "let a = 1|let b = c()"),
        ("let a; var b", "let a|let b"),
        ("let a: B<C>, d: E = f", "let a: B[C]|let d: E = f"),
        ("using a = b()", "let a = b()"),
        ("const {a, b: c, d = 1, e: {f}, 'g-h': i, ...j} = k", "let {a: a, b: c, d: (= d 1), e: {f: f}, g-h: i, *: j} = k"),
        ("const {a: b = c(), [d]: e, [f()]: g} = h", "let {a: (= b c()), *: e, *: (?pair f() g)} = h"),
        ("const [a, , [b = 1], ...c] = d", "let [a, (?hole), [(= b 1)], (... c)] = d"),
        ("a = b", "a = b"),
        ("a.b += c", "a.b += c"),
        ("a = b = c", "b = c|a = b"),
        ("a.b = c = d = e()", "d = e()|c = d|a.b = c"),
        ("a = b.c = d", "a = (= b.c d)"),
        ("a = b += c", "a = (+= b c)"),
        ("({a, b: c.d} = e)", "{a: a, b: c.d} = e"),
        ("[a, b] = [b, a]", "[a, b] = [b, a]"),
        ("a = 1, b(), c", "a = 1|b()|c"),
        ("f(); ; debugger", "f()"),
        ("{ a(); b() }", "with () {a(); b()}"),
        ("if (a) b(); else if (c) { d() } else e()", "if a {b()} else {if c {d()} else {e()}}"),
        ("if (a) {} // why\nelse b()", "if a {} else {b()}"),
        ("while (a()) b()", "for while a() {b()}"),
        ("do { a() } while (b)", "for while b {a()}"),
        ("for (const [a, b] of c()) d()", "for [a, b] in c() {d()}"),
        ("for await (const a of b) {}", "for a in b {}"),
        ("for (a in b) ;", "for a in b {}"),
        ("for (let i = 0, j = 1; i < n; i++, j--) a(i)", "with (let i = 0; let j = 1) {for while (< i n) {a(i); (++ i); (-- j)}}"),
        ("for (i = 0; ; ) {}", "with (i = 0) {for {}}"),
        ("for (;;) { break }", "for {break}"),
        ("a: for (;;) { continue a }", "for {continue}"),
        ("try { a() } catch (e) { b() } finally { c() }", "try {a()} catch e {b()} finally {c()}"),
        ("try {} catch {}", "try {} catch {}"),
        ("try {} catch ({message}) { a(message) }", "try {} catch {let {message: message}; a(message)}"),
        ("throw new Error('a')", "raise new Error('a')"),
        ("function f() { return; return a, b }", "fn f() {return; return (, a b)}"),
        ("with (a) b()", "with (a) {b()}"),
    ],
)
def test_statements(source: str, dumped: str) -> None:
    assert "|".join(read(source, "a.js" if source.startswith(("using", "with")) else "a.ts")) == dumped


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        (
            "switch (a.b) { case 'x': f(); break; case 'y': { g(); break } default: h() }",
            "if (== a.b 'x') {f()} else {if (== a.b 'y') {g()} else {h()}}",
        ),
        ("switch (a) { case 1: case 2: return f(); }", "if (|| (== a 1) (== a 2)) {return f()}"),
        ("switch (a) { default: f(); break; case 1: g() }", "if (== a 1) {g()} else {f()}"),
        (
            "switch (a) { case 1: f(); case 2: g(); break; case 3: h() }",
            "if (|| (== a 1) (== a 2)) {if (?fallthrough) {f()}; g()} else {if (== a 3) {h()}}",
        ),
        ("switch (a) { case 1: f(); default: g() }", "1; with (a) {if (?fallthrough) {f()}; g()}"),
        ("switch (a) { default: f() }", "with (a) {f()}"),
        ("switch (a) {}", "with (a) {}"),
        ("switch (true) { case a(): f(); break; case b(): g() }", "if (== True a()) {f()} else {if (== True b()) {g()}}"),
        ("switch (a()) { case 1: f(); break; case 2: g() }", "if (== a() 1) {f()} else {if (== (?subject) 2) {g()}}"),
        ("switch (a) { case 1: while (b) { break } }", "if (== a 1) {for while b {break}}"),
    ],
)
def test_a_switch_is_a_ladder(source: str, dumped: str) -> None:
    [statement] = read(f"function f() {{ {source} }}")
    assert statement == f"fn f() {{{dumped}}}"


def test_the_rungs_of_a_switch_run_to_its_end() -> None:
    source = "switch (a) { case 1: f(); break; case 2: g() }"
    branch = lower(source.encode(), "a.js").body[0]
    inner = branch.orelse[0]  # type: ignore[attr-defined]
    assert branch.span == Span(0, len(source))
    assert inner.span == Span(source.index("case 2"), len(source))
    assert inner.test.span == Span(source.index("2"), source.index("2") + 1)


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("function f() {}", "fn f() {}"),
        ("async function f() {}", "async fn f() {}"),
        ("async function* f() {}", "async fn f() {}"),
        ("function f(a, b = 1, {c, d: e} = {}, [g], ...h) {}", "fn f(a, b = 1, {c: c, d: e} = {}, [g], *h) {}"),
        ("const f = () => a()", "let f = fn f() {return a()}"),
        ("const f = async function () {}", "let f = async fn f() {}"),
        ("const f = function g() {}", "let f = fn g() {}"),
        ("const f = (async (a) => b) satisfies C", "let f = async fn f(a) {return b}"),
        ("f = () => {}", "f = fn f() {}"),
        ("a.f = () => {}", "a.f = fn f() {}"),
        ("a = {f: () => {}, g: async () => {}}", "a = {f: fn f() {}, g: async fn g() {}}"),
        ("const async = async => 1", "let async = fn async(async) {return 1}"),
        ("function f() { 'use server'; \"use strict\"; a() }", "fn f() {'use server'; 'use strict'; a()}"),
        ("const f = () => { 'use server' }", "let f = fn f() {'use server'; }"),
        ("function f() { /* 'not' */ a; 'use server' }", "fn f() {a; 'use server'}"),
    ],
)
def test_functions(source: str, dumped: str) -> None:
    assert read(source, "a.js" if "satisfies" not in source else "a.ts") == [dumped]


@pytest.mark.parametrize(
    ("declared", "dumped"),
    [
        ("a: Express", "a: Express"),
        ("a: express.Request", "a: express.Request"),
        ("a?: NextRequest", "a: NextRequest"),
        ("a: string", "a: string"),
        ("a: Request<Params, x.Body>", "a: Request[[Params, x.Body]]"),
        ("a: Context<{ id: string }>", "a: Context[(?object_type)]"),
        ("a: User | null", "a: (?union_type User None)"),
        ("a: 'x' | 'y' | Z", "a: (?union_type 'x' 'y' Z)"),
        ("a: A & B", "a: (?intersection_type A B)"),
        ("a: readonly A[]", "a: (?readonly_type (?array_type A))"),
        ("a: (A)", "a: A"),
        ("a: typeof b", "a: (?type_query b)"),
        ("a: () => void", "a: (?function_type)"),
        ("a: A = b()", "a: A = b()"),
        ("{a, b}: Props", "{a: a, b: b}: Props"),
        ("...a: A[]", "*a: (?array_type A)"),
        ("this: Window, a", "a"),
    ],
)
def test_parameters_with_types(declared: str, dumped: str) -> None:
    assert read(f"function f({declared}) {{}}") == [f"fn f({dumped}) {{}}"]


def test_declared_results() -> None:
    assert read("const f = async (): Promise<Response> => a") == ["let f = async fn f() -> Promise[Response] {return a}"]
    assert read("function f(a): a is B {}") == ["fn f(a) -> (?type_predicate) {}"]


def test_the_parts_of_a_function_have_their_ranges() -> None:
    source = "export async function load(id: string): Promise<void> { go() }"
    function = first_function(source)
    assert function.span == Span(0, len(source))
    assert source[function.head.start : function.head.end] == "export async function load(id: string): Promise<void>"
    assert source[function.block.start : function.block.end] == "{ go() }"
    source = "export const load = async (id) => go(id)"
    function = first_function(source)
    assert source[function.span.start : function.span.end] == "async (id) => go(id)"
    assert source[function.head.start : function.head.end] == "export const load = async (id)"
    assert source[function.block.start : function.block.end] == "go(id)"
    [parameter] = function.parameters
    assert source[parameter.span.start : parameter.span.end] == "id"


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("class A extends b.C<D> implements E {}", "class A(b.C) implements E {}"),
        ("class A extends mix(B, C) {}", "class A(mix(B, C)) {}"),
        ("abstract class A { abstract b(): void; c?: string; d(): void }", "class A {let c: string}"),
        (
            "class A { m() {} async n() {} static async *o() {} get p() { return 1 } #q() {} }",
            "class A {fn m() {}; async fn n() {}; async fn o() {}; fn p() {return 1}; fn #q() {}}",
        ),
        (
            "class A { a = 1; static b: C = d(); #e; 'f' = g; h = () => {} }",
            "class A {let a = 1; let b: C = d(); let #e; let f = g; let h = fn h() {}}",
        ),
        ("class A { [a()]() {} [b] = 1 }", "class A {a(); fn () {}; let (?computed_property_name b) = 1}"),
        ("class A { static { a() } }", "class A {with () {a()}}"),
        (
            "class A { constructor(private b: C, readonly d = 1, e: F) { super() } }",
            "class A {fn constructor(b: C, d = 1, e: F) {this.b = b; this.d = d; super()}}",
        ),
    ],
)
def test_classes(source: str, dumped: str) -> None:
    assert read(source) == [dumped]


def test_decorators() -> None:
    source = """
@Controller('cats')
@Guarded
export class Cats {
  @Inject() private db: Db
  @Get(':id') @Use(Guard)
  async find(@Param('id') id: string, @Req() request: Request) { return this.db.find(id) }
}
"""
    assert read(source) == [
        (
            "@Controller('cats') @Guarded class Cats {Inject(); let db: Db; @Get(':id') @Use(Guard) "
            "async fn find(@Param('id') id: string, @Req() request: Request) {return this.db.find(id)}}"
        )
    ]
    assert read("@a @b.c() class D { @e() f; @g h() {} }", "a.js") == ["@a @b.c() class D {e(); let f; @g fn h() {}}"]


def test_a_decorated_method_starts_at_its_decorator() -> None:
    source = "class A { @Get() find(): B { } }"
    [define] = lower(source.encode(), "a.ts").body
    assert isinstance(define, Define)
    assert isinstance(define.value, Class)
    method = define.value.body[0]
    assert isinstance(method, Define)
    assert isinstance(method.value, Function)
    assert method.span == method.value.span
    assert source[method.span.start : method.span.end] == "@Get() find(): B { }"
    assert source[method.value.head.start : method.value.head.end] == "@Get() find(): B"


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("<A />", "<A>()"),
        ("<a.B c='d' e={f} g h={1} />", "<a.B>(c='d', e=f, g=True, h=1)"),
        ("<A {...b} c-d='e' f:g='h' />", "<A>(**=b, c-d='e', f:g='h')"),
        ("<A b=<C/> d={<E/>} f={} />", "<A>(b=<C>(), d=<E>(), f=(?missing))"),
        ("<A>text {b} {/* no */} {...c}<D/>\n</A>", "<A>('text ', b, (... c), <D>())"),
        ("<><A/></>", "<(?fragment)>(<A>())"),
        ("<A b='&amp;&nbsp;' c='d\\n'>&lt;e & f</A>", "<A>('<e & f', b='&\\xa0', c='d\\\\n')"),
        ("<A onClick={() => f()} render={async function () {}} />", "<A>(onClick=fn onClick() {return f()}, render=async fn render() {})"),
        ("<A>{b.map(c => <D key={c} />)}</A>", "<A>(b.map(fn (c) {return <D>(key=c)}))"),
        ("<A>{b && <C/>}{d ? <E/> : null}</A>", "<A>((&& b <C>()), (?: d <E>() None))"),
        ("<svg:a/>", "<svg:a>()"),
    ],
)
def test_jsx(source: str, dumped: str) -> None:
    for path in ("a.jsx", "a.tsx"):
        assert read(f"({source})", path) == [dumped]


def test_jsx_with_type_arguments() -> None:
    assert read("(<A<B> c />)", "a.tsx") == ["<A>(c=True)"]


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("interface A { b: C }", ""),
        ("type A = B", ""),
        ("declare const a: B; declare module 'c' { const d = 1 }; declare global { var e: 1 }", ""),
        ("function f(a: string): void; function f(a: any) { b() }", "fn f(a: any) {b()}"),
        ("enum A { B, C = 'c', D = e() }", "let A = {B: (?member), C: 'c', D: e()}"),
        ("namespace A { const b = c() }", "with () {let b = c()}"),
        ("module A { b() }", "with () {b()}"),
        ("import A = b.C", "let A = b.C"),
    ],
)
def test_what_only_types_know_of_is_gone(source: str, dumped: str) -> None:
    assert "|".join(read(source)) == dumped


def test_directives_of_a_file() -> None:
    assert dump(lower(b"#!/usr/bin/env node\n// why\n'use client'\n\"use strict\";\nf()", "a.js")) == (
        "directive 'use client'\ndirective 'use strict'\nf()"
    )
    assert lower(b"f(); 'use client'", "a.js").directives == ()


def test_the_unit_knows_its_file() -> None:
    unit = lower(b"\n a ", "src/a.mts")
    assert (unit.path, unit.language, unit.span) == ("src/a.mts", Language.TYPESCRIPT, Span(0, 4))
    assert lower(b"", "a.jsx").language == Language.JAVASCRIPT


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        (b"", ""),
        (b"\xef\xbb\xbf'use client'\r\nf()\r\n", "directive 'use client'\nf()"),
        (b"f('\xff')", "f('\ufffd')"),
        (b"f();\xff\ng()", "f()\ng()\nbroken 4-5"),
    ],
)
def test_any_bytes(source: bytes, dumped: str) -> None:
    assert dump(lower(source, "a.js")) == dumped


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("a(; b(); c()", "a(); b()"),
        ("const x = ;\nb()", "b()"),
        ("function f() { if (a { b() } return c() }\nd()", "d()"),
        ("export const GET = async (req) => {\n  await guard(req)\n  return db.", "guard(req)"),
        ("<div>{a(}</div>", ""),
    ],
)
def test_broken_code_is_reported_and_the_rest_read(source: str, dumped: str) -> None:
    unit = lower(source.encode(), "a.jsx")
    assert unit.broken
    assert all(Span(0, len(source)).start <= span.start <= span.end <= len(source) for span in unit.broken)
    for call in dumped.split("; ") if dumped else ():
        assert call in dump(unit)


SOURCE = """
import { db } from './db'
export async function GET(request) { return db.get(request.url) }
export const POST = guard(async (request) => { 'use server'; await db.post(request) })
class Users { @Get() find(id = first()) { return () => db.find(id) } }
const table = { remove: (id) => db.remove(id), name: lookup() }
start(() => { db.open() })
"""


def test_bodies_that_nobody_wants_are_left_out() -> None:
    asked: list[str] = []

    def wanted(start: int, end: int) -> bool:
        asked.append(SOURCE[start:end])
        return "db.remove" in SOURCE[start:end]

    unit = lower(SOURCE.encode(), "a.ts", wanted)
    assert [dump_node(statement) for statement in unit.body] == [
        "async fn GET(request) {}",
        "let POST = guard(async fn (request) {'use server'; })",
        "class Users {@Get() fn find(id = first()) {}}",
        "let table = {remove: fn remove(id) {return db.remove(id)}, name: lookup()}",
        "start(fn () {})",
    ]
    assert [text.split("(")[0] for text in asked] == ["export async function GET", "async ", "@Get", "", ""]
    assert not unit.truncated
    assert lower(SOURCE.encode(), "a.ts", lambda _start, _end: True) == lower(SOURCE.encode(), "a.ts")


def test_a_record_entry_has_the_range_of_its_pair() -> None:
    source = "x = {a: 1, b, ...c}"
    [statement] = lower(source.encode(), "a.js").body
    assert isinstance(statement, Assign)
    assert isinstance(statement.value, Record)
    assert [source[entry.span.start : entry.span.end] for entry in statement.value.entries] == ["a: 1", "b", "...c"]
