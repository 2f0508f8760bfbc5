"""Secrets of the environment that server code hands to what browsers get: props, page data, templates, answers; sees one function at a time.

Whether a component is one of the browser is for ``link`` to find.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code import model
from batten.code.model import Assign, Attribute, Call, Define, Expression, Lambda, Literal, Name, Return, Statement
from batten.code.names import qualify
from batten.code.parts import bound_parameters, expressions, last_step, statement_expressions
from batten.code.scopes import Scope, bind
from batten.extract.carried import carried
from batten.facts.secret_names import public_prefix, secret_name
from batten.facts.secrets import Handed, Variable
from batten.regex import regex
from batten.text import Place, Span

_PAGE_DATA = frozenset({"getServerSideProps", "getStaticProps", "getInitialProps", "getServerData"})
# A server file of SvelteKit: https://svelte.dev/docs/kit/load
_LOADED = regex(r"(?:^|/)\+(?:page|layout)\.server\.[jt]s$")
_ROUTE_MODULE = regex(r"(?:^|/)(?:app|src)/(?:routes/|root\.|pages/)")
_ANSWERS = frozenset({"json", "send", "end", "jsonify", "JSONResponse", "JsonResponse", "HttpResponse", "html", "body"})
_ANSWERING = regex(r"^(?:@?(?:res|response|reply|ctx|c|context)\b|Response$|NextResponse$|.*#(?:NextResponse|Response)$)")
_RENDERS = frozenset({"render_template", "render_template_string", "TemplateResponse", "render_to_string", "render", "view", "renderFile"})
_HANDLED = frozenset({"defineEventHandler", "eventHandler", "defineCachedEventHandler", "cachedEventHandler"})
_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "all", "route", "api_route"})
_TAINTS = frozenset({"experimental_taintUniqueValue", "taintUniqueValue"})
_KEPT_IN = regex(rb"\b(?:env|serverEnv|ENV|settings|config)\.([A-Z][A-Z0-9_]{2,60})\b")
_COMPARES = regex(r"compare|equal|verify|digest", re.IGNORECASE)
# One of these is in every file that reads the environment, or something that apps keep it in.
_READS = (b".env", b"environ", b"getenv", b"$env/", b"astro:env", b"decouple", b"nv.", b"nv?.", b"nv!.", b"ENV.", b"settings.", b"config.")
_KEPT = regex(rb"(?:\.env|environ|getenv|\$env/|astro:env|decouple)|(?:nv|ENV|settings|config)\s*[?!]?\s*\.\s*[A-Z]")
_MOST_FUNCTIONS = 3_000
_MOST_PARTS = 200
_MOST_NODES = 60_000

_ASTRO_READ = rb"(?:import\.meta|process)\.env\.(?P<name>[A-Za-z_]\w{0,99})"
_ASTRO_LOCAL = regex(
    rb"\b(?:const|let)\s{1,4}(?P<local>[A-Za-z_$][\w$]{0,60})\s{0,4}=\s{0,4}" + _ASTRO_READ + rb"\s{0,4}(?:;|\n|\?\?|\|\|)"
)
_ASTRO_TAG = regex(rb"<(?:[A-Z][\w.]{0,60}|script)\b(?:[^<>{}]|\{[^{}]{0,300}\}|\{\{[^{}]{0,300}\}\}){0,80}>")
_ASTRO_VALUE = regex(
    rb"=\{(?:\s{0,4}(?:"
    + _ASTRO_READ
    + rb"|(?P<local>[A-Za-z_$][\w$]{0,60}))\s{0,4}\}|\{(?P<vars>[^{}]{0,300})\}\})|\{(?P<short>[A-Za-z_$][\w$]{0,60})\}"
)


class _Task(NamedTuple):
    """A function that is still to be gone through; ``hands`` says to whom what it returns goes."""

    function: model.Function
    scope: Scope
    hands: Handed | None


def may_hand(data: bytes, variables: tuple[Variable, ...]) -> bool:
    """Whether a file reads a secret of the environment at all."""
    if any(not variable.defined and secret_name(variable.name) and not public_prefix(variable.name) for variable in variables):
        return True
    if b"...process.env" in data or b": process.env" in data:
        return True
    if b"env." not in data and b"ENV." not in data and b"settings." not in data and b"config." not in data:
        return False
    return any(secret_name(found[1].decode()) for found in _KEPT_IN.finditer(data))


def handed(path: str, data: bytes, unit: model.Unit) -> tuple[Variable, ...]:
    """The reads of secrets whose value is handed over, by place."""
    in_code = _in_code(path, unit) if _reads_any(data) else ()
    found = {(variable.place, variable.handed): variable for variable in (*in_code, *_in_astro(path, data))}
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], str(key[1]))))


def _reads_any(data: bytes) -> bool:
    """Something of the environment is read, or of what apps keep it in."""
    return any(word in data for word in _READS) and _KEPT.search(data) is not None


def _in_code(path: str, unit: model.Unit) -> Iterator[Variable]:
    module = Scope(None, "")
    for entry in unit.imports:
        module.imports[entry.local] = entry
    bind(module, unit.body)
    walk = _Walk(path, unit)
    seen: dict[int, Handed | None] = {}
    waiting = [_Task(model.Function(unit.span, unit.span, unit.span, "", (), unit.body), module, None)]
    for _ in range(_MOST_FUNCTIONS):
        if not waiting:
            break
        task = waiting.pop()
        # A function that is handed to a call waits twice: as one that answers, and as one that is there.
        if id(task.function) in seen and task.hands in (None, seen[id(task.function)]):
            continue
        seen[id(task.function)] = task.hands
        scope = module
        if task.function.body is not unit.body:
            scope = Scope(task.scope, task.function.name)
            for name, parameter in bound_parameters(task.function):
                scope.parameters[name] = parameter
            bind(scope, task.function.body)
        yield from walk.body(task, scope, waiting)
    module.answers.release()


class _Walk:
    """Goes through the statements of functions of one file."""

    def __init__(self, path: str, unit: model.Unit) -> None:
        self._path = path
        self._acts = "use server" in unit.directives
        self._sent = "use client" in unit.directives
        self._exported = {export.local or export.name: export.name for export in unit.exports}
        self._left = _MOST_NODES

    def body(self, task: _Task, scope: Scope, waiting: list[_Task]) -> Iterator[Variable]:
        """What the statements of one function hand over; functions inside it are put aside."""
        found = self._body(task, scope, waiting)
        if any(_proves(test, scope) for test in _tests(task.function.body)):
            # A way to sign in: who knows one secret is told another.
            yield from (variable for variable in found if variable.handed not in (Handed.ANSWER, Handed.ACTION))
        else:
            yield from found

    def _body(self, task: _Task, scope: Scope, waiting: list[_Task]) -> Iterator[Variable]:
        statements: list[Statement] = list(reversed(task.function.body))
        while statements:
            statement = statements.pop()
            for expression in statement_expressions(statement):
                yield from self._expression(expression, statement, scope, waiting)
            match statement:
                case Return(value=Expression() as value) if task.hands is not None:
                    yield from self._given(value, scope, task.hands)
                case Define(value=model.Function() as function):
                    waiting.append(_Task(function, scope, self._hands(function, function.name, scope)))
                case Define(value=model.Class() as made):
                    statements += made.body
                case _:
                    statements += reversed(_statements_in(statement))

    def _hands(self, function: model.Function, name: str, scope: Scope) -> Handed | None:
        """Whom a function answers to: browsers get what it returns."""
        exported = self._exported.get(name, "") if scope.parent is None else ""
        if name == "getInitialProps" or exported in _PAGE_DATA:
            return Handed.PAGE_DATA
        if (exported == "load" and _LOADED.search(self._path)) or (exported == "loader" and _ROUTE_MODULE.search(self._path)):
            return Handed.PAGE_DATA
        if "use server" in function.directives or (self._acts and exported):
            return Handed.ACTION
        decorators = [each.callee if isinstance(each, Call) else each for each in function.decorators]
        if self._path.endswith(".py") and any(isinstance(each, Attribute) and each.name in _ROUTES for each in decorators):
            return Handed.ANSWER
        return None

    def _expression(self, node: Expression, statement: Statement, scope: Scope, waiting: list[_Task]) -> Iterator[Variable]:
        pending = [node]
        while pending and self._left > 0:
            self._left -= 1
            part = pending.pop()
            if isinstance(part, Call):
                yield from self._call(part, scope, waiting)
            elif isinstance(part, Lambda):
                bound = isinstance(statement, Assign) and part is statement.value
                hands = self._hands(part.function, part.function.name, scope) if bound else None
                waiting.append(_Task(part.function, scope, hands))
            pending += reversed(expressions(part))

    def _call(self, call: Call, scope: Scope, waiting: list[_Task]) -> Iterator[Variable]:
        if call.jsx:
            yield from self._element(call, scope)
            return
        last = last_step(call.callee)
        values = (*call.args, *(keyword.value for keyword in call.keywords))
        if last in _TAINTS:
            yield from self._all(values, scope, Handed.TAINTED)
        elif last in _RENDERS and len(values) > 1:
            yield from self._all(values[1:], scope, Handed.TEMPLATE)
        elif (last in _ANSWERS and self._answers(call, scope)) or (call.new and last == "Response"):
            yield from self._all(call.args[:1], scope, Handed.ANSWER)
        elif last == "useState" and len(call.args) > 1 and isinstance(call.args[0], Literal):
            yield from self._all(call.args[1:2], scope, Handed.STATE)
        elif last == "createPage":
            for argument in call.args[:1]:
                entries = argument.entries if isinstance(argument, model.Record) else ()
                yield from self._all([entry.value for entry in entries if entry.key == "context"], scope, Handed.PAGE_DATA)
        handler = next((value for value in reversed(call.args) if isinstance(value, Lambda)), None)
        if handler is not None:
            to = self._handles(call, last, scope)
            if to is not None:
                waiting.append(_Task(handler.function, scope, to))

    def _answers(self, call: Call, scope: Scope) -> bool:
        if isinstance(call.callee, Name):
            return True  # jsonify, JSONResponse
        made = qualify(call.callee.value, scope) if isinstance(call.callee, Attribute) else None
        return made is not None and _ANSWERING.search(made) is not None

    def _handles(self, call: Call, last: str, scope: Scope) -> Handed | None:
        """Whom a function that is handed to a call answers to."""
        if last in _HANDLED:
            return Handed.ANSWER
        if last == "handler" and (qualify(call.callee, scope) or "").partition("#")[2].startswith("createServerFn"):
            return Handed.ACTION
        routed = last in _ROUTES and len(call.args) > 1 and isinstance(call.args[0], Literal) and str(call.args[0].value).startswith("/")
        return Handed.ANSWER if routed else None

    def _element(self, call: Call, scope: Scope) -> Iterator[Variable]:
        """An element of a component that runs on the server: text and markup are for browsers, props where the component is."""
        if self._sent:
            return
        for value in call.args:
            if not isinstance(value, (Lambda, Call)):
                yield from self._given(value, scope, Handed.MARKUP)
        name = qualify(call.callee, scope) or ""
        for keyword in call.keywords:
            if keyword.name == "dangerouslySetInnerHTML":
                yield from self._given(keyword.value, scope, Handed.MARKUP)
            elif "#" in name and not name.startswith("#") and not isinstance(keyword.value, Lambda):
                yield from self._given(keyword.value, scope, Handed.PROPS, name)

    def _all(self, values: "tuple[Expression, ...] | list[Expression]", scope: Scope, to: Handed) -> Iterator[Variable]:
        for value in values:
            yield from self._given(value, scope, to)

    def _given(self, value: Expression, scope: Scope, to: Handed, component: str = "") -> Iterator[Variable]:
        for name, span in carried(value, scope):
            given = None if span in value.span else Place(self._path, value.span)
            yield Variable(name, place=Place(self._path, span), defined=False, handed=to, component=component, given=given)


def _tests(statements: tuple[Statement, ...]) -> Iterator[Expression]:
    """The conditions of the branches of a function."""
    waiting = list(statements)
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, model.Branch):
            yield statement.test
        waiting += _statements_in(statement)


def _proves(test: Expression, scope: Scope) -> bool:
    """Whether a condition compares something with a secret of the environment."""
    pending = [test]
    for _ in range(_MOST_PARTS):
        if not pending:
            return False
        part = pending.pop()
        compared = isinstance(part, model.Operation) and part.operator in ("==", "!=")
        if compared or (isinstance(part, Call) and _COMPARES.search(last_step(part.callee)) is not None):
            values = part.operands if isinstance(part, model.Operation) else part.args if isinstance(part, Call) else ()
            if any(True for value in values for _ in carried(value, scope)):
                return True
        pending += expressions(part)
    return False


def _statements_in(statement: Statement) -> tuple[Statement, ...]:
    match statement:
        case model.Branch() | model.Loop():
            return (*statement.body, *statement.orelse)
        case model.Block():
            return (*statement.items, *statement.body)
        case model.Try():
            handlers = tuple(inner for handler in statement.handlers for inner in handler.body)
            return (*statement.body, *handlers, *statement.orelse, *statement.final)
    return ()


def _in_astro(path: str, data: bytes) -> Iterator[Variable]:
    """Props of islands, and what ``define:vars`` writes into scripts; of the frontmatter only names that stand for one variable."""
    if not path.endswith(".astro") or b".env." not in data:
        return
    locals_of = {found["local"]: found["name"] for found in _ASTRO_LOCAL.finditer(data)}
    for tag in _ASTRO_TAG.finditer(data):
        if b"client:" not in tag[0] and b"define:vars" not in tag[0]:
            continue
        for value in _ASTRO_VALUE.finditer(tag[0]):
            parts = re.findall(rb"[A-Za-z_$][\w$]*", value["vars"] or b"")
            names = [value["name"], *(locals_of.get(part) for part in (value["local"], value["short"], *parts))]
            names += [found["name"] for found in re.finditer(_ASTRO_READ, value["vars"] or b"")]
            for name in {one.decode() for one in names if one is not None}:
                if secret_name(name) and not public_prefix(name):
                    at = tag.start() + value.start()
                    yield Variable(name, place=Place(path, Span(at, tag.start() + value.end())), defined=False, handed=Handed.MARKUP)
