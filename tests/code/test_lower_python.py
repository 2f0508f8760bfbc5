"""Python in the code model: what each construct becomes."""

import pytest

from batten.code.dump import dump, dump_node
from batten.code.lower_python import lower
from batten.code.model import Assign, Define, Function, Lambda, Language, Template
from batten.text import Span


def read(source: str) -> list[str]:
    """The statements that a text becomes, one a line."""
    unit = lower(source.encode(), "app.py")
    assert unit.broken == ()
    assert not unit.truncated
    return [dump_node(statement) for statement in unit.body]


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("x", "x"),
        ("(((x)))", "x"),
        ("a.b.c", "a.b.c"),
        ("a['key']", "a.key"),
        ("a['ke' 'y'].b", "a.key.b"),
        ("a[0]", "a[0]"),
        ("a[key]", "a[key]"),
        ("a[b, 1]", "a[[b, 1]]"),
        ("a[b,]", "a[[b]]"),
        ("a[f(x):y]", "a[(?slice f(x) y)]"),
        ("a[...]", "a[(?ellipsis)]"),
        ("f()", "f()"),
        ("f(a, *b, c=d, **e)", "f(a, (... b), c=d, **=e)"),
        ("f(  # why\n  a, # and\n  b)", "f(a, b)"),
        ("f(x for x in y)", "f((?generator_expression (= x y) x))"),
        ("a.b(c)['d'](e)[0].f()", "a.b(c).d(e)[0].f()"),
        ("1, 2.5, 0x1F, 'a', b'b', None, True, False", "[1, 2.5, 31, 'a', 'b', None, True, False]"),
        ("1j", "(?integer)"),
        ("[a, *b], (a,), (), {a, b}", "[[a, (... b)], [a], [], [a, b]]"),
        ("[*a.b(), *c[d]], [*(a or b)]", "[[(... a.b()), (... c[d])], [(... (|| a b))]]"),
        ("{'a': b, 1: c, None: d}", "{a: b, 1: c, None: d}"),
        ("{**a, key(): b}", "{*: a, *: (?pair key() b)}"),
        ("[f(x) for x in g() if x if y for z in x]", "(?list_comprehension (= x g()) x y (= z x) f(x))"),
        ("{a: b for a, b in c}", "(?dictionary_comprehension (= [a, b] c) a b)"),
        ("{x async for x in y}", "(?set_comprehension (= x y) x)"),
        ("a if b else c if d else e", "(?: b a (?: d c e))"),
        ("a + b + c - d - e + f", "(+ (- (- (+ a b c) d) e) f)"),
        ("a + (b + c)", "(+ a (+ b c))"),
        ("a ** b ** c", "(** a (** b c))"),
        ("'%s' % x", "(% '%s' x)"),
        ("'{}'.format(x)", "'{}'.format(x)"),
        ("a and b and c or d and not e", "(|| (&& a b c) (&& d (! e)))"),
        ("-x, +x, ~x", "[(- x), (+ x), (~ x)]"),
        ("a == b, a is b, a is not b, a != b", "[(== a b), (== a b), (!= a b), (!= a b)]"),
        ("a in b, a not in b, a < b", "[(in a b), (not in a b), (< a b)]"),
        ("0 < a.b <= 9", "(&& (< 0 a.b) (<= a.b 9))"),
        ("0 < f() <= 9", "(?comparison_operator 0 f() 9)"),
        ("f(x := g())", "f((= x g()))"),
        ("await f(x)", "(await f(x))"),
        ("(yield), (yield x), (yield from x)", "[(yield ), (yield x), (yield (... x))]"),
        ("lambda a, *b, c=1, **d: f(a)", "fn (a, *b, /c = 1, **d) {return f(a)}"),
        ("'a' 'b'\\\n 'c'", "'abc'"),
        ("f'{x}'", "(template x)"),
        ("f'plain {{}}'", "'plain {}'"),
        ("f'a{x!r:>10}b{y + 1}' 'c' r'\\d'", "(template 'a' x 'b' (+ y 1) 'c\\\\d')"),
        ("f'{x:>{width}}'", "(template (?interpolation x width))"),
        ("f'{a[\"k\"]}{f(b)}'", "(template a.k f(b))"),
    ],
)
def test_expression(source: str, dumped: str) -> None:
    assert read(source) == [dumped]


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("x = 1", ["x = 1"]),
        ("x: int = 1", ["let x: int = 1"]),
        ("x: Mapped[Optional['User']]", ["let x: Mapped[Optional['User']]"]),
        ("x: a.B['User'] | None", ["let x: (| a.B.User None)"]),
        ("a, (b, *c) = d", ["[a, [b, (... c)]] = d"]),
        ("a = b = 0", ["b = 0", "a = 0"]),
        ("a = b.c = f()", ["b.c = f()", "a = b.c"]),
        ("a['k'] += f()", ["a.k += f()"]),
        ("check = lambda x: x", ["check = fn check(x) {return x}"]),
        ("a.b = {'key': lambda: 1}", ["a.b = {key: fn key() {return 1}}"]),
        ("type Pair[T] = tuple[T, T]", ["let Pair = tuple[[T, T]]"]),
        ("type(a).b = c", ["type(a).b = c"]),
        ("a; b", ["a", "b"]),
        ("pass\n...", []),
        ("'''Says what.'''", ["'Says what.'"]),
        ("return", ["return"]),
        ("return a, *b.c()", ["return [a, (... b.c())]"]),
        ("raise", ["raise"]),
        ("raise A(b) from None", ["raise A(b)"]),
        ("raise A from f()", ["f()", "raise A"]),
        ("assert a", ["if (! a) {raise}"]),
        ("assert a == b, 'no'", ["if (! (== a b)) {raise 'no'}"]),
        ("del a, b[c]", ["(delete a b[c])"]),
        ("global a, b", ["(?global_statement a b)"]),
        ("nonlocal a", ["(?nonlocal_statement a)"]),
        ("if a: b\n# why\nelif c: d\nelif e: f\nelse: g", ["if a {b} else {if c {d} else {if e {f} else {g}}}"]),
        ("for a, b in c: d\nelse: e", ["for [a, b] in c {d} else {e}"]),
        ("async for a in b, c: d", ["for a in [b, c] {d}"]),
        ("while a:\n  break\n  continue\nelse: b", ["for while a {break; continue} else {b}"]),
        ("with a: b", ["with (a) {b}"]),
        ("with open(a) as b, c() as (d, e), f: g", ["with (b = open(a); [d, e] = c(); f) {g}"]),
        ("async with (a as b, c): d", ["with (b = a; c) {d}"]),
        ("with (open(a) as b): c", ["with (b = open(a)) {c}"]),
        (
            "try: a\nexcept (B, c.D) as e: f\nexcept G: h\nexcept: i\nelse: j\nfinally: k",
            ["try {a} catch(B, c.D) e {f} catch(G) {h} catch {i} else {j} finally {k}"],
        ),
        ("try: a\nexcept* B as c: d", ["try {a} catch(B) c {d}"]),
        ("try: a\nexcept B, C: d", ["try {a} catch(B, C) {d}"]),
        ("print 'a', b\nprint >>f, c\nprint", ["print('a', b)", "print(c, file=f)", "print"]),
        ("exec code in scope", ["exec(code, scope)"]),
        ("try: a\nexcept B, c: d", ["try {a} catch(B) c {d}"]),
        ("raise A, 'b'", ["raise [A, 'b']"]),
        ("x = `y` <> 10L", ["x = (!= (?repr) 10)"]),
    ],
)
def test_statement(source: str, dumped: list[str]) -> None:
    assert read(source) == dumped


@pytest.mark.parametrize(
    ("source", "dumped"),
    [
        ("def f(): pass", "fn f() {}"),
        ("def f(): return 1", "fn f() {return 1}"),
        ("async def f(): await g()", "async fn f() {(await g())}"),
        ("def f(a, b: int, c=1, d: str = 'x') -> User | None: ...", "fn f(a, b: int, c = 1, d: str = 'x') -> (| User None) {}"),
        ("def f(a, /, b, *, c, **d): ...", "fn f(a, b, /c, **d) {}"),
        ("def f(*args: int, key, **rest: str): ...", "fn f(*args: int, /key, **rest: str) {}"),
        ("def f(user: Annotated[User, Depends(current)]): ...", "fn f(user: Annotated[[User, Depends(current)]]) {}"),
        ("def f(a: list[int] | None): ...", "fn f(a: (| list[int] None)) {}"),
        ("def f(a: Literal['x']): ...", "fn f(a: Literal['x']) {}"),
        ("def f((a, b), c): ...", "fn f([a, b], c) {}"),
        ("def f[T: int](a: T): ...", "fn f(a: T) {}"),
        ("@app.get('/x')\n@guard\nasync def f(): ...", "@app.get('/x') @guard async fn f() {}"),
        ("class A: ...", "class A {}"),
        (
            "@dataclass\nclass A(B, c.D, table=True):\n  x: int = 1\n  def m(self): ...",
            "@dataclass class A(B, c.D, table=True) {let x: int = 1; fn m(self) {}}",
        ),
        ("class A[T](B): ...", "class A(B) {}"),
    ],
)
def test_definition(source: str, dumped: str) -> None:
    assert read(source) == [dumped]


@pytest.mark.parametrize(
    ("arms", "dumped"),
    [
        ("case 1: a\n case 'x' | None: b\n case _: c", ["if (== s 1) {a} else {if (|| (== s 'x') (== s None)) {b} else {c}}"]),
        ("case -1: a", ["if (== s (- 1)) {a}"]),
        ("case Color.RED: a", ["if (== s Color.RED) {a}"]),
        ("case x if f(x): a", ["if f(x) {x = s; a}"]),
        ("case 1 if b: a", ["if (&& (== s 1) b) {a}"]),
        ("case A(): a", ["if (instanceof s A) {a}"]),
        (
            "case A(x, y=B.c): a",
            ["if (&& (instanceof s A) (== s (?class_pattern A x (?keyword_pattern y B.c)))) {x = s; a}"],
        ),
        ("case {'k': v, **rest}: a", ["if (== s {k: v, *: (... rest)}) {v = s; rest = s; a}"]),
        ("case [1, *_] | (2 as n): a", ["if (|| (== s [1, (... _)]) (== s [(= n 2)])) {n = s; a}"]),
        ("case x, y: a", ["if (== s [x, y]) {x = s; y = s; a}"]),
        ("case _: a", ["if True {a}"]),
    ],
)
def test_match(arms: str, dumped: list[str]) -> None:
    assert read(f"match s:\n {arms}") == dumped


def test_the_subject_of_a_match_runs_once() -> None:
    assert read("match f(x):\n case 1: a\n case y: b") == ["f(x)", "if (== (?subject) 1) {a} else {y = (?subject); b}"]


def test_a_unit_says_what_it_is_of() -> None:
    unit = lower(b"x\n", "app/main.py")
    assert (unit.path, unit.language, unit.span, unit.directives) == ("app/main.py", Language.PYTHON, Span(0, 2), ())


def test_the_ranges_of_a_function() -> None:
    source = b"x\n@a\n@b(c)\nasync def f(d) -> e:\n    # why\n    g()\n    return h\n"
    define = lower(source, "app.py").body[1]
    assert isinstance(define, Define)
    function = define.value
    assert isinstance(function, Function)

    def text(span: Span) -> bytes:
        return source[span.start : span.end]

    assert define.span == function.span
    assert text(function.span) == source[2:-1]
    assert text(function.head) == b"@a\n@b(c)\nasync def f(d) -> e"
    assert text(function.block) == b"g()\n    return h"


def test_the_ranges_of_a_class_and_a_lambda() -> None:
    source = b"@a\nclass B(C):\n    d = lambda e: f"
    define = lower(source, "app.py").body[0]
    assert isinstance(define, Define)
    assert source[define.value.span.start : define.value.span.end] == source
    assert source[define.value.head.start : define.value.head.end] == b"@a\nclass B(C)"
    field = define.value.body[0]
    assert isinstance(field, Assign)
    assert isinstance(field.value, Lambda)
    function = field.value.function
    ranges = (function.span, function.head, function.block)
    assert [source[each.start : each.end] for each in ranges] == [b"lambda e: f", b"lambda e", b"f"]


def test_the_range_of_an_unparenthesised_value_is_its_own() -> None:
    source = b"x = (  f(y)  )"
    assign = lower(source, "app.py").body[0]
    assert isinstance(assign, Assign)
    assert assign.span == Span(0, 14)
    assert assign.value is not None
    assert source[assign.value.span.start : assign.value.span.end] == b"f(y)"


def test_the_parts_of_a_template_have_their_own_ranges() -> None:
    source = b"x = f'ab{c}d' 'e'"
    assign = lower(source, "app.py").body[0]
    assert isinstance(assign, Assign)
    assert isinstance(assign.value, Template)
    spans = [part.span for part in assign.value.parts]
    assert [source[span.start : span.end] for span in spans] == [b"ab", b"c", b"d' 'e'"]


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


def test_bodies_that_are_not_wanted_are_left_out() -> None:
    asked: list[bytes] = []

    def wanted(start: int, end: int) -> bool:
        asked.append(WANTED[start:end].split(b"(")[0])
        return b"three" in WANTED[start:end]

    assert [dump_node(each) for each in lower(WANTED, "app.py", wanted).body] == [
        "@app.get('/') fn first(a = default()) {}",
        "class Views {limit = two(); fn second(self) {three(); fn inner() {four()}}}",
    ]
    assert asked == [b"@app.get", b"def second"], "what is in a wanted function is not asked about"


@pytest.mark.parametrize(
    ("source", "dumped", "broken"),
    [
        ("a()\nb = = c()\nd()", ["a()", "b = c()", "d()"], ["="]),
        ("def f(:\n    a()\n\nb()", ["fn f() {a()}", "b()"], [""]),
        (
            "class A:\n    def b(self):\n        c(\n\n    def d(self):\n        e()\n",
            ["class A {fn b(self) {}; (?ERROR c); fn d(self) {e()}}"],
            ["c("],
        ),
        ("def f():\n    return a.\n\ndef g(): b()", ["fn f() {}", "(?ERROR a)", "fn g() {b()}"], ["return a."]),
        ("for x in :\n    a()\nb()", ["for x in (?missing) {a()}", "b()"], [""]),
        ("a(b(),\nc = d()\n", ["(?ERROR a b() (?keyword_argument c d()))"], ["a(b(),\nc = d()"]),
        ("import a\n)\nb()", ["b()"], [")"]),
    ],
)
def test_broken_code_is_reported_and_the_rest_is_read(source: str, dumped: list[str], broken: list[str]) -> None:
    unit = lower(source.encode(), "app.py")
    assert [dump_node(statement) for statement in unit.body] == dumped
    assert [source[span.start : span.end] for span in unit.broken] == broken


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("\ufeffx = f(y)\n", "x = f(y)\n"),
        ("if a:\r\n    b()\r\n    c()\r\n", "if a:\n    b()\n    c()\n"),
        ("if a:\n\tb()\n\tc()\n", "if a:\n    b()\n    c()\n"),
        ("if a:\n  b()\x0c\n", "if a:\n  b()\n"),
        ("", ""),
        ("\n\n# only a comment", ""),
    ],
)
def test_marks_and_blanks_change_nothing(source: str, same: str) -> None:
    assert dump(lower(source.encode(), "a.py")) == dump(lower(same.encode(), "a.py"))


def test_names_in_other_scripts_and_bytes_that_are_not_utf8() -> None:
    assert read("größe = '日本'") == ["größe = '日本'"]
    assert [dump_node(each) for each in lower(b"x = 'caf\xe9'", "a.py").body] == ["x = 'caf\ufffd'"]


def test_nul_bytes_are_broken_code() -> None:
    unit = lower(b"a()\n\x00\x00\nb()", "a.py")
    assert unit.broken != ()
