"""What the functions of one file call, test and return: small sources in, facts out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.code.lower_javascript import lower as lower_javascript
from batten.code.lower_python import lower as lower_python
from batten.extract.summaries import Summary, summarise
from batten.facts.calls import Function, Guard, Result
from batten.text import Span

# Calls that never come back, as the vocabulary tells.
LEAVES = frozenset({"next/navigation#redirect", "flask#abort", "stop"})


def summary(source: str, path: str = "app.ts") -> Summary:
    lower = lower_python if path.endswith(".py") else lower_javascript
    found = summarise(lower(source.encode(), path), LEAVES.__contains__)
    assert found.complete
    return found


def functions(source: str, path: str = "app.ts") -> dict[str, Function]:
    return {function.name: function for function in summary(source, path).functions}


def only(source: str, path: str = "app.ts") -> Function:
    """The one function of a source that has a guard, else the last."""
    found = summary(source, path).functions
    return next((function for function in found if function.guards), found[-1])


def inside(function: Function, reach: Span) -> str:
    return " ".join(call.callee for call in function.calls if reach.start <= call.span.start <= reach.end)


def told(guard: Guard) -> str:
    """``user (return 401)``: the names, then how the failing side ends."""
    names = (" or " if guard.either else " ").join(guard.names) or "?"
    secret = "secret " if guard.subject == "secret" else ""
    way = f"{guard.rejects} {guard.status}" if guard.status else guard.rejects
    return f"{'no ' if guard.inverted else ''}{secret}{names} ({way})"


def guards(source: str, path: str = "app.ts") -> list[str]:
    """Each guard with the calls that only run where it passed; those that nothing runs behind are left out."""
    function = only(source, path)
    return [f"{told(guard)}: {calls}" for guard in function.guards if (calls := inside(function, guard.reach))]


def joined(source: str, path: str = "app.ts") -> list[str]:
    """Each join as ``calls that have run at one end | at the other: calls that run behind``."""
    function = only(source, path)
    found = []
    for join in function.joins:
        ends = [
            " ".join(call.callee for call in function.calls if call.reach and call.reach.start <= end <= call.reach.end)
            for end in (join.left, join.right)
        ]
        found.append(f"{' | '.join(ends)}: {inside(function, join.reach)}")
    return found


def results(source: str, path: str = "app.ts") -> list[str]:
    """Each way that a function ends: ``-`` is nothing."""
    return [ended(result) for result in only(source, path).results]


def ended(result: Result) -> str:
    words = ["-" if result.empty else "something", *result.names]
    return " ".join([*words, *(["secret"] if result.secret else []), *([str(result.status)] if result.status else [])])


# --- early returns and nesting ---


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if (!user) return; save()", ["me (return): save"]),
        ("if (!user) { return no() } save()", ["no me (end): no", "me (return): save"]),
        ("if (!user) { log(); throw new Gone() } save()", ["no me (end): log Gone", "me (raise): save"]),
        ("if (!user) return new Response('', { status: 401 }); save()", ["no me (end): Response", "me (return 401): save"]),
        ("if (!user) return res.status(403).end(); save()", ["no me (end): @res.status.end @res.status", "me (return 403): save"]),
        ("if (user == null) return; save()", ["me (return): save"]),
        ("if (undefined === user) return; save()", ["me (return): save"]),
        ("if (user !== null) save()", ["me (end): save"]),
        ("if (!!user) save()", ["me (end): save"]),
        ("if (!user.admin) return; save()", ["me.admin (return): save"]),
        ("if (!user?.org?.id) return; save()", ["me.org.id (return): save"]),
        ("if (!isAdmin(user)) return; save()", ["isAdmin me (return): save"]),
        ("if (!(await isAdmin(user))) return; save()", ["isAdmin me (return): save"]),
        ("if (user.role !== 'admin') return; save()", ["me.role (return): save"]),
        ("if (post.owner !== user.id) return; save()", ["post.owner me.id (return): save"]),
        ("if (!['a', 'b'].includes(user.role)) return; save()", ["me.role (return): save"]),
        ("if (!(user instanceof User)) return; save()", ["me (return): save"]),
        ("if (users.length === 0) return; save()", ["users.length (return): save"]),
    ],
)
def test_a_test_whose_failing_side_leaves(body: str, expected: list[str]) -> None:
    assert guards(f"async function f(res) {{ const user = await me(); {body} }}") == expected


@pytest.mark.parametrize(
    "body",
    [
        "if (!user) log(); save()",
        "if (user) log(); save()",
        "if (!user) { if (other) return } save()",
        "while (user) { log() } save()",
        "for (const user of users) { if (!user) continue; log() } save()",
        "if (user.role !== 'guest') { log() } save()",
        "try { if (!user) throw new Gone() } catch (error) { log(error) } save()",
        "users.forEach((user) => { if (!user) return }); save()",
    ],
)
def test_a_test_that_stops_nobody(body: str) -> None:
    found = guards(f"async function f(users) {{ const user = await me(); {body} }}")
    assert [guard for guard in found if "save" in guard] == []


def test_to_be_other_than_something_is_no_proof() -> None:
    """Nobody is no admin, either."""
    assert guards("function f() { if (me().role !== 'admin') { log() } else { save() } }") == ["me.role (end): save"]
    assert guards("function f() { if (me().id !== owner().id) { log() } }") == []
    assert guards("def f():\n  if me().role not in ('a', 'b'):\n    log()\n", "app.py") == []


def test_a_setting_of_the_machine_is_a_guard_whatever_it_is_compared_with() -> None:
    source = "function f() { if (process.env.STAGE !== 'live') { log() } }"
    assert guards(source) == ["process.env.STAGE (end): log"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if not user:\n    raise Unauthorized()\n  save()", ["no me (end): Unauthorized", "me (raise 401): save"]),
        ("if not user:\n    raise HTTPException(401)\n  save()", ["no me (end): HTTPException", "me (raise 401): save"]),
        ("if user is None: raise Gone\n  save()", ["me (raise): save"]),
        ("if not user:\n    abort(403)\n  save()", ["no me (end): flask#abort", "me (raise 403): save"]),
        ("assert user\n  save()", ["me (raise): save"]),
        ("with a() as b:\n    if not user:\n      return None\n    save()\n  more()", ["me (return): save more"]),
        ("if user.role not in ('a', 'b'): raise Gone\n  save()", ["me.role (raise): save"]),
        ("return save() if user else refuse()", ["me (end): save", "no me (end): refuse"]),
        ("if not user:\n    return None\n  elif user.banned:\n    return None\n  save()", ["me (return): save"]),
    ],
)
def test_python(body: str, expected: list[str]) -> None:
    assert guards(f"from flask import abort\ndef f():\n  user = me()\n  {body}\n", "app.py") == expected


def test_a_nested_test_guards_its_block_alone() -> None:
    source = "function f() { const user = me(); if (post) { if (!user) return; save() } more() }"
    assert guards(source) == ["post (end): save", "me (return): save"]


def test_a_block_ends_before_the_one_around_it_though_no_brace_parts_them() -> None:
    source = "def f():\n  user = me()\n  if a:\n    if user:\n      save()\n  more()\n"
    function = only(source, "app.py")
    end = function.results[-1].span
    assert [told(guard) for guard in function.guards if guard.reach.start <= end.start <= guard.reach.end] == []
    assert guards(source, "app.py") == ["a (end): save", "me (end): save"]


def test_names_of_blocks_are_their_own() -> None:
    source = (
        "function f() { if (a) { const user = me(); if (!user) return; save() } else { const user = body(); if (!user) return; more() } }"
    )
    assert guards(source) == ["a (end): me save", "no a (end): body more", "me (return): save", "body (return): more"]


# --- conjunctions ---


@pytest.mark.parametrize(
    ("test", "failed", "passed"),
    [
        ("error || !user", [], ["no sb.auth.getUser.error", "sb.auth.getUser.data.user"]),
        ("!user || !user.admin", ["no sb.auth.getUser.data.user or sb.auth.getUser.data.user.admin"],
         ["sb.auth.getUser.data.user", "sb.auth.getUser.data.user.admin"]),
        ("!user && !key()", ["no sb.auth.getUser.data.user", "no key"], ["sb.auth.getUser.data.user or key"]),
        ("!user && DEV", ["no sb.auth.getUser.data.user", "DEV"], []),
        ("!(user && key())", ["no sb.auth.getUser.data.user or key"], ["sb.auth.getUser.data.user", "key"]),
    ],
)  # fmt: skip
def test_and_and_or(test: str, failed: list[str], passed: list[str]) -> None:
    source = f"async function f() {{ const {{ data: {{ user }}, error }} = await sb.auth.getUser(); if ({test}) {{ return no() }} save() }}"
    function = only(source)
    ways = {True: passed, False: failed}
    for reached, expected in ways.items():
        call = next(call for call in function.calls if call.callee == ("save" if reached else "no"))
        found = [told(guard) for guard in function.guards if guard.reach.start <= call.span.start <= guard.reach.end]
        assert [text.rpartition(" (")[0] for text in found] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("user && save()", ["me (end): save"]),
        ("user ? save() : refuse()", ["me (end): save", "no me (end): refuse"]),
        ("user || refuse()", ["no me (end): refuse"]),
        ("!user ? refuse() : save()", ["no me (end): refuse", "me (end): save"]),
    ],
)
def test_tests_inside_one_expression(expression: str, expected: list[str]) -> None:
    assert guards(f"function f() {{ const user = me(); return {expression} }}") == expected


# --- secrets ---


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if (req.headers.get('x-key') !== process.env.KEY) return; save()", ["secret @req.headers.get process.env.KEY (return): save"]),
        ("if (req.headers['x-key'] === process.env.KEY) save()", ["secret @req.headers.x-key process.env.KEY (end): save"]),
        ("if (req.query.key !== settings.key) return; save()", ["secret @req.query.key settings.key (return): save"]),
        ("const key = process.env.KEY; if (key && req.query.key !== key) return; save()", []),
    ],
)
def test_what_the_caller_sent_compared_with_a_secret(source: str, expected: list[str]) -> None:
    assert [guard for guard in guards(f"function f(req) {{ {source} }}") if "save" in guard] == expected


# --- try ---


def test_a_handler_that_leaves_hands_on_what_held_at_the_end_of_the_body() -> None:
    source = "async function f() { try { check(); a() } catch (error) { return b() } save() }"
    calls = {call.callee: call.reach for call in only(source).calls}
    function = only(source)
    assert inside(function, calls["check"] or Span(0, 0)) == "a"
    assert joined(source) == ["check a | check a: save"]


def test_a_handler_that_goes_on_hands_on_nothing() -> None:
    source = "async function f() { try { check(); a() } catch (error) { b() } save() }"
    assert joined(source) == []
    assert inside(only(source), next(call.reach for call in only(source).calls if call.callee == "check") or Span(0, 0)) == "a"


def test_what_is_done_in_the_end_is_done_where_the_body_failed_too() -> None:
    source = "def f():\n  try:\n    check()\n  finally:\n    close()\n  save()\n"
    assert joined(source, "app.py") == ["check | check: save"]


def test_a_test_in_a_body_does_not_hold_in_the_handler() -> None:
    source = "function f() { const user = me(); try { if (!user) throw new Gone(); a() } catch (error) { return b() } save() }"
    assert guards(source) == ["no me (end): Gone", "me (raise): a"]


@pytest.mark.parametrize("handler", ["raise Gone", "return None", "abort(401)"])
def test_handlers_that_leave(handler: str) -> None:
    source = f"from flask import abort\ndef f():\n  try:\n    check()\n  except E:\n    {handler}\n  save()\n"
    assert joined(source, "app.py") == ["check | check: save"]


def test_one_handler_that_goes_on_is_enough() -> None:
    source = "def f():\n  try:\n    check()\n  except E:\n    raise\n  except D:\n    pass\n  save()\n"
    assert joined(source, "app.py") == []


# --- branches that meet ---


def test_both_ways() -> None:
    source = "function f() { if (a) { one(); both() } else { two(); both() } save() }"
    assert joined(source) == ["one both | two both: save"]


def test_the_way_that_does_not_leave() -> None:
    assert joined("function f() { if (a) { one() } else { return two() } save() }") == ["one | one: save"]
    assert joined("function f() { if (a) { return one() } else { two() } save() }") == ["two | two: save"]


def test_the_way_round_it_is_a_way() -> None:
    assert joined("function f() { if (a) { one() } save() }") == ["one | : save"]
    assert joined("function f() { if (a) { return one() } save() }") == []


def test_what_one_side_calls_does_not_run_on_the_other() -> None:
    function = only("function f() { if (a) { check() } else { save(); return } more() }")
    check = next(call for call in function.calls if call.callee == "check")
    assert inside(function, check.reach or Span(0, 0)) == ""


# --- results ---


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return user", ["something me"]),
        ("return user.id", ["something me.id"]),
        ("return", ["-"]),
        ("return null", ["-"]),
        ("return { ok: false }", ["-"]),
        ("return { error: 'no' }", ["-"]),
        ("return { user }", ["something"]),
        ("", ["-"]),
        ("return await who()", ["something who"]),
        ("return user ?? null", ["something me", "-"]),
        ("return user || GUEST", ["something me", "something GUEST"]),
        ("return user ? user.id : null", ["something me.id", "-"]),
        ("return ok() ? A : B", ["something A", "something B"]),
        ("return user && user.admin", ["something me me.admin"]),
        ("return !user", ["something"]),
        ("return user !== null", ["something me"]),
        ("return user.role === 'admin'", ["something me.role"]),
        ("return user.role !== 'guest'", ["something"]),
        ("return req.headers.key === process.env.KEY", ["something @req.headers.key process.env.KEY secret"]),
        ("return Response.json({}, { status: 401 })", ["something Response.json 401"]),
        ("if (!user) return null; return user", ["-", "something me"]),
        ("if (!user) throw new Gone(); return user", ["something me"]),
        ("try { return user } catch { return null }", ["something me", "-"]),
        ("stop()", []),
    ],
)
def test_ways_to_end(body: str, expected: list[str]) -> None:
    assert results(f"async function f(req) {{ const user = await me(); {body} }}") == expected


# --- functions ---


def test_names_of_functions() -> None:
    source = """
        export default function page() { function inner() {} const arrow = () => { hold(() => 1) } }
        class Store { save() {} load = () => {}; static all() {} }
        const handlers = { get: () => {}, post() {} }
        export const POST = withUser(async () => {})
        module.exports.list = (req, res) => {}
        app.get('/', (req, res) => {}, () => {})
    """
    assert sorted(functions(source)) == [
        "", "@1", "@2", "POST.@1", "Store.all", "Store.load", "Store.save", "handlers.get", "handlers.post",
        "list", "page", "page.arrow", "page.arrow.@1", "page.inner",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("module.exports = (req) => {}", ["default"]),
        ("module.exports = async function find() {}", ["default"]),
        ("module.exports = wrap(() => {})", ["default.@1"]),
        ("module.exports = { list: () => {}, find() {} }", ["list", "find"]),
        ("exports.list = () => {}", ["list"]),
        ("export default () => {}", ["default"]),
        ("export default { list() {} }", ["default.list"]),
    ],
)
def test_names_of_what_a_module_exports(source: str, names: list[str]) -> None:
    assert list(functions(source, "app.js")) == ["", *names]


def test_every_name_is_given_once() -> None:
    names = [
        function.name for function in summary("const a = () => 1, b = [() => 1, () => 2]; a2 = () => 3; if (c) { a = () => 4 }").functions
    ]
    assert len(names) == len(set(names))


def test_wrappers() -> None:
    found = functions("export const POST = withUser(limit(async (req) => save()), { role: 'x' })")
    assert [call.callee for call in found["POST.@1"].wrappers] == ["withUser", "limit"]
    python = functions("@app.post('/x')\n@login_required\ndef f(): pass\n", "app.py")
    assert [(call.callee, call.receiver) for call in python["f"].wrappers] == [("app.post", None), ("login_required", None)]


def test_a_function_written_in_a_call_is_called_there() -> None:
    found = functions("async function f() { await db.transaction(async (tx) => { save(tx) }) }")
    assert [call.callee for call in found["f"].calls] == ["db.transaction", "#f.@1"]
    assert [call.callee for call in found["f.@1"].calls] == ["save"]


def test_calls_of_the_module_are_those_of_no_function() -> None:
    found = functions("const app = express(); app.listen(3)\nfunction f() { save() }")
    assert [call.callee for call in found[""].calls] == ["express", "express.listen"]


def test_conditional_calls_have_been_made_nowhere() -> None:
    calls = only("function f() { a && check(); b ? one() : two(); three() }").calls
    assert [call.callee for call in calls if call.reach is not None] == ["three"]


def test_parameters() -> None:
    source = "def f(a, user: User = Depends(current), db: Annotated[Session, Depends(session)] = None, *, limit: int = Query(5)): pass\n"
    found = functions(f"from fastapi import Depends, Query\nfrom .models import User\n{source}", "app.py")["f"].parameters
    assert [(parameter.name, [call.callee for call in parameter.calls]) for parameter in found] == [
        ("a", []),
        ("user", ["fastapi#Depends"]),
        ("db", ["fastapi#Depends"]),
        ("limit", ["fastapi#Query"]),
    ]
    assert found[1].annotation == ".models#User"
    assert [argument.sources[0].text for call in found[1].calls for argument in call.arguments] == ["current"]


def test_destructured_parameters_are_one() -> None:
    found = functions("function f({ user, body: { id } }, next) {}")["f"].parameters
    assert [parameter.name for parameter in found] == ["user,id", "next"]


def test_directives() -> None:
    assert functions("async function f() { 'use server'; save() }")["f"].directive == "use server"


def test_who_made_the_value_that_is_called_on() -> None:
    source = "const sb = createClient(u, k); function f() { const mine = other(); sb.from('t').select(); mine.go(); free() }"
    calls = {call.callee: call for call in functions(source)["f"].calls}
    text = source.encode()

    def made(callee: str) -> str | None:
        span = calls[callee].made_by
        return None if span is None else text[span.start : span.end].decode()

    assert made("createClient.from") == "createClient(u, k)"
    assert made("other.go") == "other()"
    assert made("free") is None


def test_fields_of_the_class() -> None:
    source = "class Store { constructor() { this.db = open() } save() { this.db.put(); this.load() } load() {} }"
    assert [call.callee for call in functions(source)["Store.save"].calls] == ["open.put", "#Store.load"]


# --- bindings ---


def test_bindings() -> None:
    source = "import a from 'm'; const b = a.make({ k: 'v' }); const c = b; const d = 'text'; const { e } = a; export const f = () => 1"
    found = [(binding.local, binding.name, binding.text, binding.alias) for binding in summary(source).bindings]
    assert found == [
        ("b", "m#default.make", None, None),
        ("c", "m#default.make", None, "b"),
        ("d", None, "text", None),
        ("e", "m#default.e", None, None),
    ]


def test_aliases_of_types_in_python() -> None:
    source = "from typing import Annotated\nfrom fastapi import Depends\nfrom .auth import who\nUser = Annotated[dict, Depends(who)]\n"
    found = summary(source, "app.py").bindings[0]
    assert [call.callee for call in found.calls] == ["fastapi#Depends"]
    assert found.calls[0].arguments[0].sources[0].text == ".auth#who"


# --- limits ---


def test_what_is_too_much_says_so() -> None:
    source = "\n".join(f"function f{number}() {{ {'a();' * 50} }}" for number in range(500))
    found = summarise(lower_javascript(source.encode(), "app.js"), LEAVES.__contains__)
    assert not found.complete
    assert 20_000 <= sum(len(function.calls) for function in found.functions) < 20_100


_PIECES = st.sampled_from(
    [
        "if (a()) {",
        "} else {",
        "}",
        "return;",
        "throw b;",
        "c();",
        "try {",
        "} catch (e) {",
        "} finally {",
        "const f = () => {",
        "for (;;) {",
    ]
)


@given(st.lists(_PIECES, max_size=25).map(" ".join))
def test_ranges_lie_in_the_file_whatever_stands_there(body: str) -> None:
    source = f"function f() {{ {body} }}"
    data = source.encode()
    for function in summary(source).functions:
        spans = [guard.reach for guard in function.guards] + [join.reach for join in function.joins]
        spans += [call.reach for call in function.calls if call.reach is not None] + [result.span for result in function.results]
        assert all(0 <= span.start <= span.end <= len(data) for span in spans)


def test_classes_keep_their_bases_and_decorators() -> None:
    head = "import { Controller } from '@nestjs/common'\nimport { Base } from './base'\n"
    (users,) = summary(f"{head}@Controller('users')\n@Slow\nexport class Users extends Base {{}}\nclass Plain {{}}\n").bindings
    assert (users.local, users.name, users.bases, users.is_class) == ("Users", "./base#Base", ("./base#Base",), True)
    told = [(each.callee, [argument.text for argument in each.arguments]) for each in users.decorators]
    assert told == [("@nestjs/common#Controller", ["users"]), ("Slow", [])]


def test_classes_keep_all_their_bases() -> None:
    (view,) = summary("from a import Mixin\nfrom b import View\nclass Mine(Mixin, View):\n    pass\n", "a.py").bindings
    assert (view.name, view.bases) == ("a#Mixin", ("a#Mixin", "b#View"))
