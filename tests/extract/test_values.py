"""Where values come from, as far as one file tells, and what of them is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.code.lower_javascript import lower as lower_javascript
from batten.code.lower_python import lower as lower_python
from batten.extract.summaries import summarise
from batten.extract.values import plain
from batten.facts.calls import Argument, Origin
from batten.testing_keys import SHAPES, key


def handed(source: str, path: str = "app.ts") -> dict[str, Argument]:
    """The arguments of the calls of ``go``, by slot."""
    lower = lower_python if path.endswith(".py") else lower_javascript
    functions = summarise(lower(source.encode(), path), lambda name: False).functions
    return {
        argument.slot: argument for function in functions for call in function.calls if call.callee == "go" for argument in call.arguments
    }


def roots(argument: Argument) -> list[str]:
    return [f"{source.origin}:{source.text}" for source in argument.sources]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("go(process.env.KEY)", ["KEY"]),
        ("go(process.env['KEY'])", ["KEY"]),
        ("go(process.env.KEY!)", ["KEY"]),
        ("go(process.env.KEY as string)", ["KEY"]),
        ("go(import.meta.env.VITE_KEY)", ["VITE_KEY"]),
        ("go(Bun.env.KEY)", ["KEY"]),
        ("go(Deno.env.get('KEY'))", ["KEY"]),
        ("go(Deno.env.get('KEY')!)", ["KEY"]),
        ("const env = process.env; go(env.KEY)", ["KEY"]),
        ("const { KEY } = process.env; go(KEY)", ["KEY"]),
        ("const { KEY: mine } = process.env; function f() { go(mine) }", ["KEY"]),
        ("const { KEY = 'x' } = process.env; go(KEY)", ["KEY"]),
        ("import { KEY } from '$env/static/private'; go(KEY)", ["KEY"]),
        ("import { env } from '$env/dynamic/private'; go(env.KEY)", ["KEY"]),
        ("const key = process.env.KEY; go(key)", ["KEY"]),
        ("go(process.env.ONE || process.env.TWO)", ["ONE", "TWO"]),
        ("go(process.env.KEY ?? '')", ["KEY"]),
        ("go(`Bearer ${process.env.KEY}`)", ["KEY"]),
        ("go(Buffer.from(process.env.KEY))", ["KEY"]),
        ("class A { constructor() { this.key = process.env.KEY } f() { go(this.key) } }", ["KEY"]),
        ("go(process.env[name])", []),
        ("const { env } = other; go(env.KEY)", []),
    ],
)
def test_environment_of_javascript(source: str, expected: list[str]) -> None:
    assert [source.text for source in handed(source)["0"].sources if source.origin is Origin.ENVIRONMENT] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os\ngo(os.environ['KEY'])", ["KEY"]),
        ("import os\ngo(os.environ.get('KEY', 'x'))", ["KEY"]),
        ("import os\ngo(os.getenv('KEY'))", ["KEY"]),
        ("from os import environ\ngo(environ['KEY'])", ["KEY"]),
        ("from os import getenv as get\ngo(get('KEY'))", ["KEY"]),
        ("from decouple import config\ngo(config('KEY'))", ["KEY"]),
        ("import os\nKEY = os.environ['KEY']\ndef f():\n  go(KEY)", ["KEY"]),
        ("import os\nclass A:\n  def __init__(self):\n    self.key = os.environ['KEY']\n  def f(self):\n    go(self.key)", ["KEY"]),
        ("environ = {}\ngo(environ['KEY'])", []),
    ],
)
def test_environment_of_python(source: str, expected: list[str]) -> None:
    assert [source.text for source in handed(source, "app.py")["0"].sources if source.origin is Origin.ENVIRONMENT] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("function f(a) { go(a.b) }", ["property:@a.b", "parameter:a"]),
        ("function f(a) { const { b } = a.x; go(b) }", ["property:@a.x.b", "property:@a.x", "parameter:a"]),
        ("import { read } from './m'; const { b } = read(); go(b)", ["name:./m#read.b", "call:./m#read"]),
        ("function f({ a }) { go(a) }", ["parameter:a"]),
        ("function f(a) { const b = a.x; go(b) }", ["property:@a.x", "parameter:a"]),
        ("function f(a) { a = a || 'x'; go(a) }", ["parameter:a", "literal:x"]),
        ("function f(a) { const g = () => go(a) }", ["parameter:a"]),
        ("function f(a) { go(await read(a)) }", ["call:read", "parameter:a"]),
        ("import { read } from './m'; go(read(1))", ["call:./m#read", "literal:1"]),
        ("import { db } from './m'; go(db.rows)", ["name:./m#db.rows", "name:./m#db"]),
        ("let a = 'x'; if (b) a = 'y'; go(a)", ["literal:x", "literal:y"]),
        ("function f() { let a = 'x'; { let a = 'y'; go(a) } }", ["literal:y"]),
        ("go([1, 'x'])", ["literal:1", "literal:x"]),
        ("go(() => 1)", ["name:#@1"]),
        ("function f() {} go(f)", ["name:#f"]),
        ("go(require('./m'))", ["name:./m#"]),
        ("let a = b, b = a; go(a)", []),
        ("class C {}\nlet a = new C();\nwhile (a) {\n  a = a.next;\n}\ngo(a.last)", ["name:#C.last"]),
        ("go()", []),
    ],
)
def test_roots(source: str, expected: list[str]) -> None:
    found = handed(source)
    assert (roots(found["0"]) if found else []) == expected


def test_what_an_object_was_given_is_its_own() -> None:
    source = "class A:\n  def __init__(self, key):\n    self.key = key\n  def f(self, other):\n    go(self.key, other)"
    found = handed(source, "app.py")
    assert (roots(found["0"]), roots(found["1"])) == (["name:#A.key"], ["parameter:other"])


def test_slots() -> None:
    source = "function f(a) { go('x', { model: 'm', on: true, at: { b: { c: { d: 1 } } }, ...a, [a]: 2 }, 3) }"
    assert {slot: (argument.text, roots(argument)) for slot, argument in handed(source).items()} == {
        "0": ("x", ["literal:x"]),
        "1": (None, ["literal:m", "literal:True", "literal:1", "parameter:a", "literal:2"]),
        "1.model": ("m", ["literal:m"]),
        "1.on": ("true", ["literal:True"]),
        "1.at": (None, ["literal:1"]),
        "1.at.b": (None, ["literal:1"]),
        "1.at.b.c": (None, ["literal:1"]),
        "2": ("3", ["literal:3"]),
    }


def test_slots_of_python() -> None:
    source = "def f(a, **more):\n  go(a, limit=5, on=False, **more)"
    assert {slot: (argument.text, roots(argument)) for slot, argument in handed(source, "app.py").items()} == {
        "0": (None, ["parameter:a"]),
        "limit": ("5", ["literal:5"]),
        "on": ("false", ["literal:False"]),
        "**": (None, ["parameter:more"]),
    }


def test_records_are_read_through_a_name() -> None:
    assert [(slot, argument.text) for slot, argument in handed("const options = { model: 'm' }; go(options)").items()] == [
        ("0", None),
        ("0.model", "m"),
    ]


def test_constants() -> None:
    source = "const base = '/api'; const more = `${base}/users`; go(base, more, `${other()}/x`, base + '/x')"
    assert [argument.text for argument in handed(source).values()] == ["/api", "/api/users", None, "/api/x"]


# --- keys are not kept ---


# Sixteen small letters are a word as well: a table may be called ``subscriptionplan``.
@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - {"pem", "gmail-app-password"}))
@pytest.mark.parametrize(
    "form", ["go('{}')", "const k = '{}'; go(k)", "go({{ apiKey: '{}' }})", "go(`{}`)", "go('Bearer {}')", "go([f('{}')])"]
)
def test_a_literal_that_could_be_a_key_is_not_kept(shape: str, form: str) -> None:
    secret = key(shape)
    found = handed(form.format(secret))
    assert found
    for argument in found.values():
        assert argument.text is None
        assert [source.text for source in argument.sources if secret[-12:] in source.text] == []


def test_only_its_place_is() -> None:
    source = f"const k = '{key('openai')}'; go(k)"
    assert [(root.text, root.at) for root in handed(source)["0"].sources] == [("", source.index("'"))]


def test_passwords_in_addresses_are_not_kept() -> None:
    assert plain("postgresql://app:easy@db.example.com/app") is None
    assert plain("redis://:easy@cache:6379") is None
    assert plain("https://example.com:8080/@scope/name") == "https://example.com:8080/@scope/name"


@given(st.text(min_size=201))
def test_nothing_long_is_kept(text: str) -> None:
    assert plain(text) is None


@given(st.from_regex(r"\A[a-z]{0,3}(?:[A-Z0-9]{4}[a-z]){5,20}\Z"))
def test_nothing_that_could_be_a_key_is_kept(text: str) -> None:
    if any(char.isdigit() for char in text):
        assert plain(f"x={text}") is None


@pytest.mark.parametrize("text", ["users", "/api/v1/users/:id", "https://api.example.com/v1/chat", "gpt-4o-mini-2024", "", "a" * 200])
def test_tables_paths_and_models_are_kept(text: str) -> None:
    assert plain(text) == text


# --- values that lead into each other in so many ways that nobody could follow all of them ---


def test_steps_taken_over_and_over() -> None:
    steps = " ".join(f"x = x.p{number};" for number in range(40))
    unit = lower_javascript(f"function f(a) {{ let x = a; {steps} if (x) {{ go(x) }} }}".encode(), "app.ts")
    guard = summarise(unit, lambda name: False).functions[1].guards[0]
    assert (len(guard.names), guard.names[0]) == (1000, "@a")


def test_choices_among_choices() -> None:
    choices = " ".join("x = x || y || x;" for _ in range(40))
    assert roots(handed(f"let x = null, y = null; {choices} x = made(); go(x)")["0"]) == ["call:made"]


def test_texts_of_texts() -> None:
    doubled = " ".join(f"const a{number} = `{f'${{a{number - 1}}}' * 20}`;" for number in range(1, 12))
    texts = handed(f"const a0 = 'x', none = ''; {doubled} go(a2, a11, `a${{none}}`)")
    assert [texts[slot].text for slot in "012"] == [None, None, "a"]
    assert texts["0"].sources == texts["1"].sources


# Machines write functions that give one name thousands of values; each use of it would go through all of them.
def test_what_a_name_stands_for_that_is_given_hundreds_of_values_cannot_be_told() -> None:
    def given(times: int) -> set[str]:
        body = "".join(f"kept = made_{number % 5}();\n" for number in range(times))
        return {source.text for source in handed(f"function run() {{ let kept;\n{body}go(kept); }}")["0"].sources}

    assert given(40) == {f"made_{number}" for number in range(5)}
    assert given(400) == set()


def test_names_that_blocks_declare_are_told_apart_as_long_as_there_are_few() -> None:
    blocks = "".join(f"{{ const kept = made_{number}(); other(kept); }}\n" for number in range(50))
    source = f"function run() {{ {blocks} {{ const kept = last(); go(kept); }} }}"
    assert [each.text for each in handed(source)["0"].sources] == ["last"]
