"""One code model for two languages: programs that say the same look the same, but for their ranges."""

import pytest

from batten.code.dump import dump_node
from batten.code.lower_javascript import lower as lower_javascript
from batten.code.lower_python import lower as lower_python

PAIRS = {
    "guard": ("if not user: raise Denied('no')", "if (!user) { throw Denied('no') }"),
    "guard with a result": ("if user is None: return deny(403)", "if (user === null) return deny(403)"),
    "guard that compares": ("if row.owner != user['id']: raise Denied()", "if (row.owner !== user['id']) { throw Denied() }"),
    "guard with a ladder": ("if a: b()\nelif c: d()\nelse: e()", "if (a) b(); else if (c) d(); else e()"),
    "guard over a bound name": ("if (user := find(token)): use(user)", "if (user = find(token)) use(user)"),
    "connectives": ("if a and b and not c or d: f(a, 1)", "if (a && b && !c || d) { f(a, 1) }"),
    "membership": ("if role in roles: f()", "if (role in roles) { f() }"),
    "cases": (
        "match verb:\n  case 'get': read()\n  case 'put': write()\n  case _: deny()",
        "switch (verb) { case 'get': read(); break; case 'put': write(); break; default: deny() }",
    ),
    "calls": ("db.table('t').select(a, *b)[0].first()", "db.table('t').select(a, ...b)[0].first()"),
    "callbacks": ("on('open', lambda event: handle(event))", "on('open', event => handle(event))"),
    "records": ("x = {'a': b, 'c': [1, 'd', None, True], **rest}", "x = {a: b, 'c': [1, 'd', null, true], ...rest}"),
    "computed keys": ("x = {key: value}", "x = {[key]: value}"),
    "constant keys": ("x = [a['key'], a[0], a[i]]", "x = [a['key'], a[0], a[i]]"),
    "templates": ("query = f'select {a} from {b.c}'", "query = `select ${a} from ${b.c}`"),
    "concatenation": ("query = 'select ' + a + ' from ' + b", "query = 'select ' + a + ' from ' + b"),
    "conditional": ("x = a if b else c", "x = b ? a : c"),
    "functions": ("async def load(id, limit=10): return await get(id)", "async function load(id, limit = 10) { return await get(id) }"),
    "rest parameters": ("def f(*args): return args", "function f(...args) { return args }"),
    "functions with a name by assignment": ("load = lambda id: get(id)", "load = id => get(id)"),
    "classes": ("class A(B):\n  def m(self): return 1", "class A extends B { m(self) { return 1 } }"),
    "destructuring": ("a, [b, *c] = d", "[a, [b, ...c]] = d"),
    "declarations": ("x: int = 1", "let x: int = 1"),
    "loops": ("for x in y: f(x)", "for (x of y) { f(x) }"),
    "conditional loops": ("while a < 3:\n  a += 1\n  continue", "while (a < 3) { a += 1; continue }"),
    "failures": ("try: f()\nexcept: g()\nfinally: h()", "try { f() } catch { g() } finally { h() }"),
    "removal": ("del a.b", "delete a.b"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_program_has_the_same_model(name: str) -> None:
    python, javascript = PAIRS[name]
    ours = lower_python(python.encode(), "a.py")
    theirs = lower_javascript(javascript.encode(), "a.ts")
    assert (ours.broken, theirs.broken) == ((), ())
    assert [dump_node(each) for each in ours.body] == [dump_node(each) for each in theirs.body]


def test_imports_agree() -> None:
    python = lower_python(b"import os\nfrom .db import find as search, save\n", "a.py")
    javascript = lower_javascript(b"import * as os from 'os'\nimport { find as search, save } from '.db'\n", "a.ts")
    ours = [(each.module, each.name, each.local) for each in python.imports]
    assert ours == [("os", "*", "os"), (".db", "find", "search"), (".db", "save", "save")]
    assert [(each.module, each.name, each.local) for each in javascript.imports] == ours
