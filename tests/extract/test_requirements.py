"""What must hold for a test to pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.code.lower_javascript import lower as lower_javascript
from batten.code.lower_python import lower as lower_python
from batten.code.model import Branch, Define, Function
from batten.code.parts import bound_parameters
from batten.code.scopes import Scope, bind
from batten.extract.requirements import requirements


def required(test: str, holds: bool, path: str = "app.ts") -> list[str]:
    """What is known where a test in a handler ``f(req, user)`` came out as ``holds``, one requirement a line."""
    if path.endswith(".py"):
        unit = lower_python(f"def f(req, user):\n  me = who()\n  key = os.environ['KEY']\n  if {test}: pass\n".encode(), path)
    else:
        unit = lower_javascript(f"function f(req, user) {{ const me = who(), key = process.env.KEY; if ({test}) {{}} }}".encode(), path)
    module = Scope(None, "")
    for entry in unit.imports:
        module.imports[entry.local] = entry
    bind(module, unit.body)
    define = unit.body[-1]
    assert isinstance(define, Define)
    assert isinstance(define.value, Function)
    scope = Scope(module, "f")
    for name, parameter in bound_parameters(define.value):
        scope.parameters[name] = parameter
    bind(scope, define.value.body)
    branch = define.value.body[-1]
    assert isinstance(branch, Branch)
    found = []
    outcomes = requirements(branch.test, scope)
    for one in outcomes.passed if holds else outcomes.failed:
        names = (" or " if one.either else " ").join(one.names)
        found.append(f"{'no ' if one.inverted else ''}{one.subject} {names}")
    return found


@pytest.mark.parametrize(
    ("test", "passed", "failed"),
    [
        ("me", ["value who"], ["no value who"]),
        ("!me", ["no value who"], ["value who"]),
        ("!!me", ["value who"], ["no value who"]),
        ("await me", ["value who"], ["no value who"]),
        ("me === null", ["no value who"], ["value who"]),
        ("me != undefined", ["value who"], ["no value who"]),
        ("me === ''", ["no value who"], ["value who"]),
        ("me.ok === true", ["value who.ok"], ["no value who.ok"]),
        ("me.ok === false", ["no value who.ok"], ["value who.ok"]),
        ("me.rows.length === 0", ["value who.rows.length"], ["value who.rows.length"]),
        ("me.role === 'admin'", ["value who.role"], []),
        ("'admin' !== me.role", [], ["value who.role"]),
        ("me.id === req.params.id", ["value who.id @req.params.id"], []),
        ("me instanceof User", ["value who"], ["no value who"]),
        ("'error' in me", [], ["value who"]),
        ("!('error' in me)", ["value who"], []),
        ("'id' in me", ["value who"], []),
        ("check(me)", ["value check who"], ["no value check who"]),
        ("me && me.admin", ["value who", "value who.admin"], ["no value who or who.admin"]),
        ("me || user", ["value who or @user"], ["no value who", "no value @user"]),
        ("!me || user", [], ["value who", "no value @user"]),
        ("1", [], []),
        ("a < b", ["value a b"], ["no value a b"]),
    ],
)
def test_what_is_known_on_both_sides(test: str, passed: list[str], failed: list[str]) -> None:
    assert (required(test, holds=True), required(test, holds=False)) == (passed, failed)


@pytest.mark.parametrize(
    ("test", "passed", "failed"),
    [
        ("me is None", ["no value who"], ["value who"]),
        ("not me", ["no value who"], ["value who"]),
        ("me is not None and me.admin", ["value who", "value who.admin"], ["no value who or who.admin"]),
        ("me.role in ('a', 'b')", ["value who.role"], []),
        ("me.role not in ['a']", [], ["value who.role"]),
        ("'admin' in me.roles", ["value who.roles"], []),
        ("isinstance(me, User)", ["value isinstance who User"], ["no value isinstance who User"]),
    ],
)
def test_python(test: str, passed: list[str], failed: list[str]) -> None:
    assert (required(test, True, "app.py"), required(test, False, "app.py")) == (passed, failed)


@pytest.mark.parametrize(
    ("test", "passed", "failed"),
    [
        ("req.headers.get('x-key') === process.env.KEY", ["secret @req.headers.get process.env.KEY"], []),
        ("process.env.KEY !== req.query.key", [], ["secret process.env.KEY @req.query.key"]),
        ("req.headers.authorization === `Bearer ${key}`", ["secret @req.headers.authorization"], []),
        ("me.key === key", ["value who.key process.env.KEY"], []),
        ("req.query.key === 'constant'", ["value @req.query.key"], []),
        ("req.query.key === config.apiKey", ["secret @req.query.key config.apiKey"], []),
        ("process.env.STAGE === 'dev'", ["value process.env.STAGE"], ["value process.env.STAGE"]),
        ("!process.env.KEY", ["no value process.env.KEY"], ["value process.env.KEY"]),
    ],
)
def test_secrets_and_settings(test: str, passed: list[str], failed: list[str]) -> None:
    assert (required(test, holds=True), required(test, holds=False)) == (passed, failed)


_TESTS = st.recursive(
    st.sampled_from(["me", "user", "req.a", "me.b === 1", "me == null", "f(me)"]),
    lambda inner: st.one_of(
        inner.map("!({})".format),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) && ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) || ({pair[1]})"),
    ),
    max_leaves=8,
)


@given(_TESTS)
def test_a_test_that_fails_is_its_opposite_that_passes(test: str) -> None:
    assert required(test, holds=False) == required(f"!({test})", holds=True)


@given(_TESTS, _TESTS)
def test_who_passes_two_tests_has_passed_each(one: str, other: str) -> None:
    assert required(f"({one}) && ({other})", holds=True) == required(one, holds=True) + required(other, holds=True)


def test_a_generated_condition_is_not_followed_to_its_end() -> None:
    assert required("!" * 40 + "me", holds=True) == []
