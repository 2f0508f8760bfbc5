"""Statuses of answers, values that are nothing, and statements that leave."""

import pytest

from batten.code.lower_javascript import lower as lower_javascript
from batten.code.lower_python import lower as lower_python
from batten.code.model import Attribute, Call, Define, Evaluate, Expression, Function, Name, Statement
from batten.extract.responses import is_empty, leaves, status_of, status_of_statements


def expression(source: str, path: str = "app.ts") -> Expression:
    unit = (lower_python if path.endswith(".py") else lower_javascript)(f"({source})".encode(), path)
    statement = unit.body[0]
    assert isinstance(statement, Evaluate)
    return statement.value


def statements(source: str, path: str = "app.ts") -> tuple[Statement, ...]:
    unit = lower_python(source.encode(), path) if path.endswith(".py") else lower_javascript(f"function f() {{ {source} }}".encode(), path)
    define = unit.body[0]
    assert isinstance(define, Define)
    assert isinstance(define.value, Function)
    return define.value.body


def redirects(called: Expression) -> bool:
    return isinstance(called, Call) and isinstance(called.callee, (Name, Attribute)) and getattr(called.callee, "id", "") == "redirect"


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("new Response('', { status: 401 })", 401),
        ("Response.json({ error: 'x' }, { status: 403 })", 403),
        ("NextResponse.json({ code: 'x' }, { status: 401 })", 401),
        ("res.status(401).json({})", 401),
        ("res.sendStatus(403)", 403),
        ("res.writeHead(401)", 401),
        ("reply.code(401).send({})", 401),
        ("JSON.parse(text, 401)", None),
        ("c.json({}, { headers: {} })", None),
        ("c.json({}, 401)", 401),
        ("c.text('x', { status: 500 })", 500),
        ("{ statusCode: 401, body: '' }", 401),
        ("new UnauthorizedError('x')", 401),
        ("new ForbiddenException()", 403),
        ("createError(401)", 401),
        ("createError({ statusCode: 403 })", 403),
        ("unauthorized()", 401),
        ("await deny({ status: 401 })", 401),
        ("new Response('401')", None),
        ("{ status: 'active' }", None),
        ("{ status: 7 }", None),
        ("f(401)", None),
        ("new TRPCError({ code: 'UNAUTHORIZED' })", 401),
        ("new TRPCError({ code: 'BAD_REQUEST' })", None),
        ("new HttpsError('permission-denied', 'x')", 403),
        ("new Error('Not authenticated')", 401),
        ("new Error('Auth error: nobody is signed in here')", None),
        ("console.error('Auth error')", None),
        ("send({ status: 'forbidden' })", None),
        ("401", None),
    ],
)
def test_statuses(source: str, status: int | None) -> None:
    assert status_of(expression(source)) == status


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("HTTPException(401)", 401),
        ("HTTPException(status_code=403, detail='x')", 403),
        ("HTTPException(status.HTTP_401_UNAUTHORIZED)", 401),
        ("HTTPException(status_code=status.HTTP_403_FORBIDDEN)", 403),
        ("HTTPException(HTTPStatus.UNAUTHORIZED)", 401),
        ("abort(401)", 401),
        ("jsonify({'error': 'x'}), 401", 401),
        ("{'error': 'x'}, 403", 403),
        ("'', 401, {}", 401),
        ("PermissionDenied()", 403),
        ("JSONResponse({}, status_code=401)", 401),
        ("401, 'x'", None),
        ("(True, 401)[0]", 401),
    ],
)
def test_statuses_of_python(source: str, status: int | None) -> None:
    assert status_of(expression(source, "app.py")) == status


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("log(); return new Response('', { status: 401 })", 401),
        ("if (a) { return res.status(403).end() } return res.status(401).end()", 403),
        ("const a = 1; return a", None),
        ("try { f(403) } catch { g() }", None),
    ],
)
def test_statuses_of_statements(source: str, status: int | None) -> None:
    assert status_of_statements(statements(source)) == status


def test_a_page_is_no_answer() -> None:
    assert status_of(expression("[" + "a, " * 100 + "{ status: 401 }]")) is None


@pytest.mark.parametrize(
    "source",
    ["null", "undefined", "false", "''", "0", "!1", "{ ok: false }", "{ user: null }", "{ error: 'no' }", "{}", "[]", "[null, false]",
     "{ success: false, user: me }", "{ data: null, error: e }"],
)  # fmt: skip
def test_nothing(source: str) -> None:
    assert is_empty(expression(source))


@pytest.mark.parametrize(
    "source", ["user", "{ user }", "true", "'x'", "1", "{ ok: true }", "{ user: me, error: null }", "[user]", "f()", "!user", "{ ...user }"]
)
def test_something(source: str) -> None:
    assert not is_empty(expression(source))


@pytest.mark.parametrize(
    ("source", "way"),
    [
        ("return", "return"),
        ("throw a", "raise"),
        ("redirect('/')", "raise"),
        ("await redirect('/')", "raise"),
        ("a(); return b", "return"),
        ("{ return }", "return"),
        ("if (a) return; else throw b", "return"),
        ("if (a) throw c; else throw b", "raise"),
        ("if (a) return", None),
        ("try { return a } catch { throw b }", "return"),
        ("try { throw a } catch { throw b }", "raise"),
        ("try { return a } catch { b() }", None),
        ("try { a() } finally { return b }", "return"),
        ("try { return a } finally { b() }", "return"),
        ("for (const a of b) return", None),
        ("while (a) { throw b }", None),
        ("a()", None),
        ("", None),
        ("const f = () => { return 1 }", None),
    ],
)
def test_leaving(source: str, way: str | None) -> None:
    assert leaves(statements(source), redirects) == way


@pytest.mark.parametrize(
    ("body", "way"),
    [
        ("with a:\n    return b", "return"),
        ("try:\n    a()\n  except E:\n    raise\n  else:\n    return b", "return"),
        ("match a:\n    case 1:\n      return b\n    case _:\n      raise C", "return"),
        ("assert a", None),
        ("pass", None),
    ],
)
def test_leaving_in_python(body: str, way: str | None) -> None:
    assert leaves(statements(f"def f():\n  {body}\n", "app.py"), redirects) == way
