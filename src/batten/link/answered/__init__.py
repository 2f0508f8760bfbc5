"""Rows with credentials that handlers answer as they come out of the database: nothing between the query and the answer takes the credentials out."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from batten.facts.access import RevealedRow
from batten.facts.calls import Function, simple_name
from batten.facts.flows import COMPONENT, Constant, Field, FlowCall, Given, Graph, Named, Result
from batten.facts.project import FileFacts
from batten.facts.schema import Table
from batten.facts.services import Package
from batten.facts.vocabulary import Vocabulary
from batten.finding import Step
from batten.link.answered.answers import Answer, answers
from batten.link.answered.queries import Queries
from batten.link.answered.records import Records, of_account
from batten.link.answered.rows import Handed, Rows, Via, Walk
from batten.link.answered.serializers import Serializers, Shown
from batten.link.callgraph import Code
from batten.link.flows.graphs import Callee, Graphs, of_turn
from batten.link.flows.handlers import handlers
from batten.link.said import Files
from batten.regex import regex
from batten.text import Place

_CALLER = regex(
    r"(?:current_?|req_?|auth_?|session_?)?(?:user|session|auth|viewer|principal|claims|jwt|decoded|me|self|account|locals|token_?data)(?:_?id)?",
    re.IGNORECASE,
)
_TELLS = regex(r"session|auth|current_?user|identity|verify|decode|claims|getUser", re.IGNORECASE)
# Who gives the right password, or a token that was sent to them, is whose the row is.
_PROVES = regex(r"compare|verify|check_?password|authenticate|matches|valid(?:ate)?_?(?:password|user|token|otp)", re.IGNORECASE)
# Serializers that leave out what a class says: https://docs.nestjs.com/techniques/serialization
_LEAVES_OUT = frozenset(("nestjs-zod", "fastify-type-provider-zod"))
_TRANSFORMS, _INTERCEPTS = "class-transformer", ("@nestjs/common", "ClassSerializerInterceptor")
# They say what is to be done, which classes for what is sent do as well; they do it where something asks for it.
_MARKS = frozenset(("Type", "Transform", "Exclude", "Expose"))
_OF_CLASSES = frozenset(("nestjs", "fastify"))
# Others know no way to write an object of a class as JSON: something between says how.
_WRITES_OBJECTS = frozenset(("fastapi", "litestar"))
_DEEPEST = 3
_DEEP = 7
_NO_MODEL = frozenset(("dict", "typing.Any", "Any", "list", "typing.List", "typing.Dict", "object"))


class Surroundings(NamedTuple):
    """What this needs to know of the files around."""

    package_of: Callable[[str], Package]
    path_class: Callable[[str], str]
    caller: Callable[[str, str], str | None]
    """Who may call a handler, as ``RevealedRow.caller``."""


class _Told(NamedTuple):
    """What one function answers: rows, or what it was handed."""

    found: Rows | Handed
    answer: Answer
    path: str


def revealed_rows(
    files: Sequence[FileFacts], code: Code, vocabulary: Vocabulary, tables: Iterable[Table], around: Surroundings
) -> tuple[RevealedRow, ...]:
    """All of them, by place; one for each model of a handler."""
    tables, turn = tuple(tables), 0
    while True:
        turn += 1
        asked = {*code.asked}
        parsed = Files([file for file in files if file.parsed and (file.asked_for or file.path in asked)], f"answers {turn}")
        found = _found(parsed, files, code, vocabulary, tables, around, turn)
        # What was asked for on the way is looked at as well, as it would be had it been read only now.
        if code.needs or len(code.asked) == len(asked):
            return found


def _found(
    parsed: Files,
    files: Sequence[FileFacts],
    code: Code,
    vocabulary: Vocabulary,
    tables: tuple[Table, ...],
    around: Surroundings,
    turn: int,
) -> tuple[RevealedRow, ...]:
    graphs, name = Graphs(code, {file.path for file in parsed}, of_turn(turn)), f"answers {turn}"
    records = Records(code, files, parsed, tables, name)
    serializers = Serializers(code, records)
    graphs.lay_out()
    entries = {(path, graph.function): framework for (path, _), (framework, graph) in _entries(parsed, code, graphs, vocabulary)}
    of_handlers = (name, "handlers of answers")
    code.memo.set_table(of_handlers, entries)
    by_class = _written_by_class(files, around) if any(framework in _OF_CLASSES for framework in entries.values()) else frozenset()
    found: dict[str, RevealedRow] = {}
    for (path, function), framework in sorted(entries.items()):
        graph = graphs.graph(path, function)
        package = around.package_of(path).root
        if graph is None or (package in by_class and framework in _OF_CLASSES):
            continue
        handler = _Handler(path, graph, framework, code, graphs, Walk(graphs, Queries(records, serializers)), of_handlers, records)
        question = (name, "told", path, function)
        for told in code.memo.once(question, handler.all_told, given=(framework, records.world)):
            row = _row(told, handler, package, around)
            if row is not None and (row.key not in found or (found[row.key].own and not row.own)):
                found[row.key] = row
    for shown in serializers.views(parsed):
        row = _of_view(shown, around)
        known = found.get(row.key) if row is not None else None
        if row is not None and (known is None or (known.own and not row.own)):
            found[row.key] = row
    return tuple(sorted(found.values(), key=lambda row: (row.place, row.key)))


def _written_by_class(files: Iterable[FileFacts], around: Surroundings) -> frozenset[str]:
    """The packages in which classes may say how objects of theirs are written out."""
    return frozenset(around.package_of(file.path).root for file in files if _writes_by_class(file))


def _writes_by_class(file: FileFacts) -> bool:
    """The file lets classes say what of them is answered, or says so of an entity."""
    used = {(entry.module, entry.name) for entry in file.imports}
    transforms = {name for module, name in used if module == _TRANSFORMS}
    of_entity = any(module == "typeorm" for module, _ in used) and bool(transforms & {"Exclude", "Expose"})
    return any(module in _LEAVES_OUT for module, _ in used) or _INTERCEPTS in used or bool(transforms - _MARKS) or of_entity


def _of_view(shown: Shown, around: Surroundings) -> RevealedRow | None:
    """The rows that a class of views answers without a line of code: one for each serializer."""
    written = shown.written
    fields = tuple(field for field in written.fields if of_account(field)) if shown.own else written.fields
    if not fields:
        return None
    package, listed = around.package_of(shown.path).root, ", ".join(fields)
    title = f"{written.place.path}#{written.record.name}"
    return RevealedRow(
        model=written.record.name,
        fields=fields,
        fields_shown=listed,
        tool=written.record.tool,
        to="an answer",
        own=shown.own,
        caller=shown.caller,
        place=written.place,
        package=package,
        path_class=around.path_class(written.place.path),
        key=f"{package}|revealed|{title}|{written.record.name}",
        subject=f"revealed|{title}|{written.record.name}",
        trail=(
            Step(written.place, f"{written.record.name} is written out with all that it holds: {listed}"),
            Step(shown.place, f"`{shown.view}` answers with it"),
        ),
    )


def _entries(
    parsed: Sequence[FileFacts], code: Code, graphs: Graphs, vocabulary: Vocabulary
) -> Iterator[tuple[tuple[str, str], tuple[str, Graph]]]:
    for place, handler in handlers(parsed, code, graphs, vocabulary).items():
        yield place, (handler.framework, handler.graph)
    for file in parsed:
        for name in ("getServerSideProps", "getStaticProps"):
            graph = graphs.graph(file.path, name)
            if graph is not None:
                yield (file.path, name), ("loader", graph)


class _Handler:
    """One handler, and what it answers."""

    def __init__(
        self,
        path: str,
        graph: Graph,
        framework: str,
        code: Code,
        graphs: Graphs,
        walk: Walk,
        of_handlers: tuple[str, str],
        records: Records,
    ) -> None:
        self.path = path
        self.graph = graph
        self.framework = framework
        self._code = code
        self._graphs = graphs
        self._walk = walk
        self._of_handlers = of_handlers
        self._records = records
        self._said: dict[tuple[str, str, str | None, int], tuple[_Told, ...]] = {}

    def all_told(self) -> list[_Told]:
        """The same, to be kept: it rests on the files that were looked at, and on the models of the app."""
        return list(self.told())

    def told(self) -> Iterator[_Told]:
        """The rows that it answers."""
        function = self._code.functions(self.path).get(self.graph.function)
        if function is not None and self._is_shaped(function):
            return
        for each in self._in(self.path, self.graph, self.framework, _DEEPEST):
            if type(each.found) is Rows:
                yield each
        for inner in self._graphs.inside(self.path, self.graph.function) if self.graph.function else ():
            if self._is_handler(self.path, inner.function):
                continue
            outer = self._graphs.graph(self.path, inner.function.rpartition(".")[0])
            for each in self._in(self.path, inner, None, _DEEPEST):
                if type(each.found) is Rows:
                    yield each
                elif outer is not None and type(each.found) is Handed:
                    yield from (each._replace(found=rows) for rows in self._walk.called_back(self.path, outer, inner, each.found))

    def _in(self, path: str, graph: Graph, framework: str | None, left: int) -> tuple[_Told, ...]:
        """What a function answers, itself or by another that it hands something to: found once, however often it is called."""
        key = (path, graph.function, framework, left)
        if key not in self._said:
            # What one function answers is the same object for each call of it.
            self._said[key] = tuple({id(each): each for each in self._find(path, graph, framework, left)}.values())
        return self._said[key]

    def _find(self, path: str, graph: Graph, framework: str | None, left: int) -> Iterator[_Told]:
        for answer in answers(
            graph, framework, lambda call: self._graphs.callees(path, call).outside, lambda name: self._is_client(path, name)
        ):
            for found in self._walk.rows(path, graph, answer.node):
                yield _Told(found, answer, path)
        for call in graph.calls if left else ():
            for callee in self._graphs.callees(path, call).own[:1] if call.callee and call.callee[0] != COMPONENT else ():
                if not self._is_handler(callee.path, callee.graph.function):
                    yield from self._through(path, graph, call, callee, left)

    def _through(self, path: str, graph: Graph, call: FlowCall, callee: Callee, left: int) -> Iterator[_Told]:
        for each in self._in(callee.path, callee.graph, None, left - 1):
            if type(each.found) is Handed:
                here = Answer(each.answer.node, call.span, each.answer.to)
                yield from (_Told(found, here, path) for found in self._walk.handed(path, graph, call, callee, each.found))
            else:
                yield each

    def _is_handler(self, path: str, function: str) -> bool:
        """It answers requests itself, and what it answers is told of it."""
        return self._code.memo.entry(self._of_handlers, (path, function)) is not None

    def _is_client(self, path: str, name: str) -> bool:
        """The component is one of the browser, and the page is not: its code need not be read for that."""
        home, here = self._code.home(path, name.removeprefix(COMPONENT)), self._code.head(path)
        file = self._code.head(home[0]) if home is not None else None
        return file is not None and "use client" in file.directives and here is not None and "use client" not in here.directives

    def _is_shaped(self, function: Function) -> bool:
        """What it answers is cut to a model, which leaves out what it does not name, unless that is the very model of the table: then nothing is told."""
        for wrapper in function.wrappers:
            for argument in wrapper.arguments:
                if argument.slot in (
                    "response_model",
                    "response",
                    "1.schema.response",
                    "0.schema.response",
                    "response_model_exclude",
                    "response_model_include",
                ):
                    return argument.text != "none" and not self._is_row(source.text for source in argument.sources)
                if argument.slot in ("1.schema", "0.schema") and argument.name is not None:
                    return True
            if wrapper.callee.endswith(".output") or ".output." in wrapper.callee:
                return True
        return (
            bool(function.returns)
            and any(name not in _NO_MODEL for name in function.returns)
            and self.framework in ("fastapi", "litestar", "ninja")
            and not self._is_row(function.returns)
        )

    def _is_row(self, names: Iterable[str]) -> bool:
        """The model of the answer is a table itself, so that nothing is cut."""
        found = (self._records.of(self.path, name) for name in names if "#" in name)
        return any(record is not None and record.fields for record in found)


def _row(told: _Told, handler: _Handler, package: str, around: Surroundings) -> RevealedRow | None:
    rows = told.found
    if type(rows) is not Rows:
        return None
    fields, model = rows.fields, rows.reading.record
    if model.tool == "sqlalchemy" and handler.framework not in _WRITES_OBJECTS:
        return None
    own = (
        rows.reading.made or any(_names_caller(via) for via in rows.via) or any(_PROVES.search(call.method) for call in handler.graph.calls)
    )
    own = own and not rows.reading.others
    if own:
        fields = tuple(field for field in fields if of_account(field))
    if not fields:
        return None
    read = rows.via[0]
    shown = ", ".join(fields)
    title = f"{handler.path}#{handler.graph.function}"
    return RevealedRow(
        model=model.name,
        fields=fields,
        fields_shown=shown,
        tool=model.tool,
        to=told.answer.to,
        own=own,
        caller=around.caller(handler.path, handler.graph.function),
        place=Place(told.path, told.answer.span),
        package=package,
        path_class=around.path_class(told.path),
        key=f"{package}|revealed|{title}|{model.name}",
        subject=f"revealed|{title}|{model.name}",
        trail=(
            Step(Place(read.path, read.call.span), f"rows of {model.name} are read here with all that they hold: {shown}"),
            *(Step(Place(via.path, via.call.span), f"goes through `{via.call.method}` here") for via in rows.via[1:]),
            Step(Place(told.path, told.answer.span), f"and become {told.answer.to} here"),
        ),
    )


def _names_caller(via: Via) -> bool:
    """What a call is given names who calls: ``{ id: req.user.id }``."""
    pending = [(number, 0) for number in (*via.call.arguments, *[node for _, node in via.call.keywords])]
    call = via.call
    for _ in range(_DEEP):
        node = via.graph.nodes[call.receiver] if call.receiver >= 0 else None
        if type(node) is not Result:
            break
        call = via.graph.calls[node.call]
        pending += [(number, 0) for number in call.arguments]
    seen: set[int] = set()
    while pending:
        number, depth = pending.pop()
        if number < 0 or number in seen or depth > _DEEP:
            continue
        seen.add(number)
        node = via.graph.nodes[number]
        match node:
            case Field(of=inner, key=key):
                if _CALLER.fullmatch(key):
                    return True
                pending.append((inner, depth + 1))
            case Given(index=index):
                name = via.graph.parameters[index] if 0 <= index < len(via.graph.parameters) else ""
                if _CALLER.fullmatch(name):
                    return True
            case Named(name=name):
                last = simple_name(name)
                if _CALLER.fullmatch(last) and not last[0].isupper():  # `User` is the model
                    return True
            case Result(call=index):
                made = via.graph.calls[index]
                if _TELLS.search(made.method) or any(_is_caller(via.graph, each) for each in made.arguments):
                    return True
                pending += [(each, depth + 1) for each in (made.receiver, *made.arguments)]
            case _:
                pending += [(each, depth + 1) for each in _inner(node)]
    return False


def _is_caller(graph: Graph, number: int) -> bool:
    """The text names what frameworks keep the caller under: ``c.get("user")``."""
    node = graph.nodes[number] if number >= 0 else None
    return type(node) is Constant and isinstance(node.value, str) and _CALLER.fullmatch(node.value) is not None


def _inner(node: object) -> tuple[int, ...]:
    fields = getattr(node, "fields", None)
    if fields is not None:
        return tuple(value for _, value in fields)
    of = getattr(node, "of", getattr(node, "before", getattr(node, "parts", ())))
    return of if isinstance(of, tuple) else (of,)


__all__ = ["Surroundings", "revealed_rows"]
