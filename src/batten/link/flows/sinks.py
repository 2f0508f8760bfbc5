"""Where values do harm: in a function itself, and in what it calls with values of its own callers; knows no rule."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.facts.calls import simple_name
from batten.facts.flows import (
    COMPONENT,
    DEEP,
    HARMLESS,
    KEYED,
    SELF,
    Checked,
    Choice,
    Constant,
    FlowCall,
    Given,
    Graph,
    Object,
    Text,
    name_of,
)
from batten.facts.vocabulary import Row, canonical
from batten.finding import Step
from batten.link.flows.answers import may_be_page
from batten.link.flows.arguments import arguments_for, slots
from batten.link.flows.authority import KINDS, RECORD, ROLE, is_whole, written
from batten.link.flows.by_address import by_address
from batten.link.flows.cross_origin import allows_cookies
from batten.link.flows.graphs import Callee
from batten.link.flows.knowledge import CODE_OF_QUERY, JOINED, QUERIES, REFLECTED, RESPONSE, WITH_COOKIES
from batten.link.flows.methods import ITERATORS
from batten.link.flows.model_calls import is_fetching
from batten.link.flows.origins import Root, shortened, through
from batten.link.flows.prompts import ENDPOINT, INSTRUCTIONS, KEYS, instructing
from batten.link.flows.roots import Roots
from batten.link.flows.shapes import hands_on, is_tested, only_answers
from batten.link.flows.shells import names_no_program
from batten.link.flows.spelled import constants, descended, plain, shown, whole
from batten.link.flows.sql_texts import asks_by_sql
from batten.link.flows.templates import PAGE, Templates
from batten.link.flows.uploads import SENT_NAME, UPLOAD, has_sent_name, keeps_name
from batten.link.flows.walk import Walk
from batten.regex import regex
from batten.text import Place

_MOST_HITS = 60
_SHELLS = regex(r"(?:^|[/\\])(?:(?:ba|z|da|k|fi)?sh|cmd(?:\.exe)?(?: .*)?|powershell(?:\.exe)?|pwsh|env|sudo|xargs|eval)$", re.IGNORECASE)
_MESSAGES = "messages"
# What is put together before it is handed to what runs it.
# Options of Git and Mercurial that take what comes next for their value, whatever it begins with: https://git-scm.com/docs/git-commit#_options
_WITH_VALUE = frozenset(("-m", "--message", "-b", "-B", "--branch", "-C", "--author", "--date", "-F", "-r", "--rev"))
_PUT_TOGETHER = frozenset(("sql", "command", "xpath", "ldap"))
HTML = "html"
"""The kind of sinks that answer with a page."""


class Hit(NamedTuple):
    """A value that comes to a sink. ``target`` is the parameter that the sink is a method of, where it is only known by that."""

    kind: str
    sink: str
    path: str
    function: str
    call: FlowCall
    root: Root
    target: Root | None = None
    after: tuple[Step, ...] = ()
    entry: tuple[str, str] | None = None
    """The handler that a request with the value comes to."""
    made: tuple[str, str, FlowCall] | None = None
    """File, function and call from where the sink is handed, as it is, what is put together there."""

    @property
    def place(self) -> Place:
        """Where the harm is done."""
        return Place(self.path, self.call.span)

    @property
    def told_at(self) -> tuple[str, str, FlowCall]:
        """File, function and call where it is to be mended."""
        return self.made or (self.path, self.function, self.call)


class Sinks:
    """Answers what comes to sinks, for all functions of an app."""

    def __init__(self, roots: Roots, templates: Templates) -> None:
        self._roots = roots
        self._templates = templates
        self._graphs = roots.graphs
        self._knowledge = roots.knowledge

    def of(self, path: str, graph: Graph) -> tuple[Hit, ...]:
        """Every value that comes to a sink through a function."""
        return self._roots.settled(("sinks", path, graph.function), self._find, path, graph)

    def _find(self, path: str, graph: Graph) -> tuple[Hit, ...]:
        walk = Walk(self._roots, path, graph)
        found: dict[tuple[object, ...], Hit] = {}
        for hit in self._all(path, graph, walk):
            target = None if hit.target is None else (hit.sink, *hit.target.identity)
            path_told, _, call = hit.told_at
            found.setdefault((hit.kind, hit.place, path_told, call.span, hit.root.identity, target), hit)
            if len(found) >= _MOST_HITS:
                break
        return tuple(found.values())

    def _all(self, path: str, graph: Graph, walk: Walk) -> Iterator[Hit]:
        for call in graph.calls:
            yield from self._own(path, graph, walk, call)
            callees = self._graphs.callees(path, call)
            for callee in callees.own:
                yield from self._below(walk, call, callee)
                yield from self._handed_on(walk, call, callee)
            if call.method in ITERATORS and call.receiver >= 0:
                yield from self._in_callback(path, graph, walk, call)
        if graph.function:
            me = (path, graph.function)
            for inner in self._graphs.inside(path, graph.function):
                yield from (hit for hit in self.of(path, inner) if me in (hit.root.owner, hit.target.owner if hit.target else None))

    # --- sinks of the function itself

    def _own(self, path: str, graph: Graph, walk: Walk, call: FlowCall) -> Iterator[Hit]:
        for name, row in self._rows(path, graph, call):
            if row.pattern.startswith("**.") and row.kind == "sql" and not asks_by_sql(graph, call, row):
                continue
            if row.kind == PAGE:
                yield from self._rendered(path, graph, walk, call, name, row)
                continue
            applies = row.applies(constants(graph, call))
            # Of a method of anything, and of an element, the condition is what tells it from all others of that name.
            if applies is False or (applies is None and row.pattern.startswith(("**.", COMPONENT))):
                continue
            if row.kind == JOINED and is_tested(graph, call):
                continue
            for root in self._arriving(graph, walk, call, row):
                if root.sure or row.kind != JOINED:
                    # Whether there is a shell depends on where it runs: `shell: process.platform === "win32"`.
                    settled = root._replace(
                        sure=root.sure and (row.kind != "command" or (applies is True and not names_no_program(graph, call)))
                    )
                    yield Hit(self._kind(path, row), name, path, graph.function, call, settled)
        for host, sent in by_address(path, graph, call, self._graphs, self._knowledge) if is_fetching(call) else ():
            for row in self._knowledge.of(sent.callee or "").sinks:
                yield from (Hit(row.kind or "", host, path, graph.function, call, root) for root in self._arriving(graph, walk, sent, row))
        for row in self._knowledge.responses.get(call.method, ()):
            if call.callee in ("=", "==") or call.receiver < 0 or self._graphs.callees(path, call).own:
                continue
            if (row.kind == "html" and not may_be_page(graph, call, row.pattern)) or row.applies(constants(graph, call)) is False:
                continue
            targets = [root for root in walk.roots(call.receiver) if not root.source and all(step.endswith("()") for step in root.way)]
            if not targets:
                continue
            if row.kind == PAGE:
                for hit in self._rendered(path, graph, walk, call, row.pattern, row):
                    yield from (hit._replace(target=target) for target in targets)
                continue
            for root in self._arriving(graph, walk, call, row):
                for target in targets:
                    yield Hit(row.kind or "", row.pattern, path, graph.function, call, root, target)

    def _kind(self, path: str, row: Row) -> str:
        """What the sink of a row does there."""
        cookies = row.kind == REFLECTED and allows_cookies(self._graphs.of(path).values())
        return WITH_COOKIES if cookies else row.kind or ""

    def _rendered(self, path: str, graph: Graph, walk: Walk, call: FlowCall, name: str, row: Row) -> Iterator[Hit]:
        """What a template puts into a page, at its place there."""
        for put in self._templates.put(path, graph, call, name, row):
            page = "a template" if put.template == path else f"`{put.template.rpartition('/')[2]}`"
            step = Step(Place(path, call.span), f"is handed to {page} here")
            there = FlowCall(put.hole.span, None, HARMLESS, put.template.rpartition("/")[2], ())
            for root in walk.roots(put.node, put.way):
                if not root.is_harmless(HTML):
                    found = root._replace(steps=shortened((*root.steps, step)), sure=root.sure and put.is_answer(root.source))
                    sink = name if name.startswith(RESPONSE) or put.template == path else there.method
                    yield Hit(HTML, sink, put.template, graph.function, there, found)

    def _rows(self, path: str, graph: Graph, call: FlowCall) -> Iterator[tuple[str, Row]]:
        if call.callee == "==":
            return
        if call.callee == "=":
            name = name_of(graph.nodes, call.receiver)
            known = self._graphs.outside(path, name) if name is not None else None
            full = f"{known or name or '?'}.{call.method}="
            if f"{call.method}=" not in self._knowledge.sink_steps and "*=" not in self._knowledge.sink_steps:
                return
        elif not self._knowledge.may_be_sink(call.method) and not self._knowledge.may_be_sink(
            simple_name((call.callee or "").removesuffix("#"))
        ):
            return
        else:
            callees = self._graphs.callees(path, call)
            full = callees.outside or f"?.{call.method}"
            if call.new or not all(only_answers(callee.graph) for callee in callees.own):
                # What it writes into is told by its own name, whatever it is made of.
                kinds = (ROLE, RECORD) if callees.own else KINDS
                yield from ((call.method, row) for row in self._knowledge.of(f"?.{call.method}").sinks if row.kind in kinds)
            if callees.own:
                return
            if callees.outside is None and call.method in self._knowledge.model_steps:
                yield from self._of_model(path, call)
        for row in self._knowledge.of(full).sinks:
            yield plain(full.removeprefix("?.").removeprefix(COMPONENT)), row

    def _of_model(self, path: str, call: FlowCall) -> Iterator[tuple[str, Row]]:
        """What a method of a model does that some file of the app makes with a library for the database."""
        for module in self._graphs.libraries(path, call):
            name = canonical(f"{module}#model.{call.method}")
            yield from ((name, row) for row in self._knowledge.of(name).sinks if row.kind in QUERIES)

    def _arriving(self, graph: Graph, walk: Walk, call: FlowCall, row: Row) -> Iterator[Root]:
        kind = row.kind or ""
        if kind in KINDS:
            if kind == RECORD and self._graphs.lacks_rights(walk.path, graph, call):
                return
            for node, way in written(graph, call, kind, lambda number: shown(graph, number)):
                yield from (root for root in walk.roots(node, way) if not root.is_harmless(kind) and (kind != RECORD or is_whole(root)))
            return
        if call.method == KEYED:
            yield from _of_keys(walk, call, kind)
            return
        if kind == ENDPOINT and any(self._is_sent(graph, walk, call, slot) for slot in KEYS):
            return  # who names the server sends a key of his own
        for slot in (row.arg or "0").split("|"):
            for given, below in _below_slot(call, slot):
                number, inside = descended(graph, given, below)
                if kind == UPLOAD and not keeps_name(self._graphs, walk.path, graph, number):
                    continue
                if row.provider == SENT_NAME and not has_sent_name(graph, number):
                    continue
                if kind == REFLECTED and inside and type(whole(graph, number)) is not Object:
                    continue
                if kind == "code" and self._graphs.made(walk.path, whole(graph, number)) is not None:
                    continue  # a function, and no text: ``setInterval(() => …)``
                looked = [(number, ())] if inside and kind == "command" else _looked_at(graph, call, kind, number, slot)
                for node, way in looked:
                    for root in walk.roots(node, (*way, *inside)):
                        # Only where the key is written out: a record that somebody sent is told of as one.
                        if not root.is_harmless(kind) and not (inside and kind == CODE_OF_QUERY and root.way[-1:] == inside[-1:]):
                            yield root

    def _is_sent(self, graph: Graph, walk: Walk, call: FlowCall, slot: str) -> bool:
        """The key is somebody else's, and none of the app's own takes its place where it lacks."""
        for given, below in _below_slot(call, slot):
            number, way = descended(graph, given, below)
            node = graph.nodes[number] if number >= 0 else None
            # In a header a word stands before the key: `Bearer ${key}`.
            parts = node.parts if type(node) is Text else (number,)
            ways = [each for part in parts for each in _choices(graph, part)]
            brought = [self._is_brought(walk, each, way) for each in ways]
            if any(brought):
                return all(has or each < 0 or type(graph.nodes[each]) is Constant for has, each in zip(brought, ways, strict=True))
        return False

    def _is_brought(self, walk: Walk, number: int, way: tuple[str, ...]) -> bool:
        return any(not root.source or root.source == "request" for root in walk.roots(number, way))

    # --- sinks of functions that it calls

    def _below(self, walk: Walk, call: FlowCall, callee: Callee) -> Iterator[Hit]:
        owner = (callee.path, callee.graph.function)
        for hit in self.of(callee.path, callee.graph):
            if owner not in (hit.root.owner, hit.target.owner if hit.target is not None else None):
                continue
            step = Step(Place(walk.path, call.span), f"is handed to `{callee.graph.function.rpartition('.')[2]}` here")
            targets = [hit.target]
            if hit.target is not None and hit.target.owner == owner:
                targets = [
                    through(each, hit.target, ())._replace(way=(*each.way,))
                    for each in walk.given(call, callee, hit.target)
                    if not each.source
                ]
            for target in targets:
                yield from self._above(hit, target, owner, walk, call, callee, step)

    def _handed_on(self, walk: Walk, call: FlowCall, callee: Callee) -> Iterator[Hit]:
        """What comes to sinks in functions that are handed to the function that is called, and called there with something."""
        for index, inner in called_back(callee.graph):
            for node, _ in arguments_for(call, callee.graph, index, (), shifted=callee.shifted):
                handed = self._graphs.function(walk.path, walk.node(node))
                for hit in self.of(*handed) if handed is not None else ():
                    if handed is None or hit.root.source or hit.root.owner != (handed[0], handed[1].function):
                        continue
                    between = Walk(self._roots, callee.path, callee.graph)
                    for number, way in arguments_for(inner, handed[1], hit.root.number, hit.root.way):
                        for root in between.roots(number, way):
                            step = Step(Place(walk.path, call.span), f"is handed to `{callee.graph.function.rpartition('.')[2]}` here")
                            on = hit._replace(root=through(root, hit.root, ()))
                            yield from self._above(on, hit.target, (callee.path, callee.graph.function), walk, call, callee, step)

    def _above(
        self, hit: Hit, target: Root | None, owner: tuple[str, str], walk: Walk, call: FlowCall, callee: Callee, step: Step
    ) -> Iterator[Hit]:
        if hit.root.owner != owner or hit.root.source:
            yield hit._replace(target=target)
            return
        _, function, handed = hit.told_at
        as_it_is = hit.kind in _PUT_TOGETHER and function == callee.graph.function and hands_on(callee.graph, handed, hit.root.number)
        # Each who hands such a helper something has one to mend; where the helper makes something of it, it may be the helper.
        made = (walk.path, walk.graph.function, call) if as_it_is else hit.made
        for given in walk.given(call, callee, hit.root):
            root = through(given, hit.root, (step,))
            if not root.is_harmless(hit.kind):
                yield hit._replace(root=root, target=target, made=made)

    def _in_callback(self, path: str, graph: Graph, walk: Walk, call: FlowCall) -> Iterator[Hit]:
        for number in call.arguments:
            made = self._graphs.made(path, whole(graph, number))
            if made is None:
                continue
            owner = (path, made.function)
            for hit in self.of(path, made):
                if hit.root.owner == owner and not hit.root.source and hit.root.number == (1 if call.method == "reduce" else 0):
                    for given in walk.elements(call, hit.root.way):
                        root = through(given, hit.root, ())
                        if not root.is_harmless(hit.kind):
                            yield hit._replace(root=root)


def _of_keys(walk: Walk, call: FlowCall, kind: str) -> Iterator[Root]:
    """The roots of the first of two keys, where the second is chosen by the same: below whichever key, it is one of the app's own that is put, else."""
    others = [root for root in walk.roots(call.arguments[1]) if not root.is_harmless(kind) and root.source in ("", "request")]
    for root in walk.roots(call.arguments[0]) if others else ():
        if not root.is_harmless(kind):
            together = any(other.source or (other.owner, other.number) == (root.owner, root.number) for other in others)
            yield root._replace(sure=root.sure and together)


def called_back(graph: Graph) -> Iterator[tuple[int, FlowCall]]:
    """The parameters of a function that it calls themselves, with the calls."""
    for call in graph.calls:
        node = graph.nodes[call.receiver] if call.receiver >= 0 and call.arguments else None
        while type(node) is Checked:
            node = graph.nodes[node.of]
        if type(node) is Given and 0 <= node.index < len(graph.parameters) and graph.parameters[node.index] == call.method:
            yield node.index, call


def _below_slot(call: FlowCall, slot: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The nodes of a slot, each with the way from there: ``0.model`` is what is under ``model`` of the first argument."""
    head, _, rest = slot.partition(".")
    way = tuple(rest.split(".")) if rest else ()
    yield from ((number, way) for number in slots(call, head))
    if head.isidentifier() and head != "self":
        yield from ((number, (head, *way)) for number in slots(call, "**"))


def _looked_at(graph: Graph, call: FlowCall, kind: str, number: int, slot: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The values that matter of an argument of a sink, each with a way into it."""
    if kind == INSTRUCTIONS:
        yield from ((each, ()) for each in instructing(graph, number, messages=slot.endswith(_MESSAGES)))
        return
    if kind == "argument":
        yield from _options(graph, number)
        return
    if kind != "command":
        yield number, ((DEEP,) if kind == "trust" else ())
        return
    every = slot.endswith(DEEP) or any(key == "shell" and _constant(graph, node) is True for key, node in call.keywords)
    for node in _choices(graph, number):
        inner = graph.nodes[node] if node >= 0 else None
        if type(inner) is not Object:
            yield node, ()
            continue
        items = dict(inner.fields)
        program = items.get("0", HARMLESS)
        if program >= 0:
            yield program, ()
        if every or any(_SHELLS.search(str(_constant(graph, each))) for each in _choices(graph, program)):
            yield from ((item, ()) for key, item in inner.fields if key != "0")


def _options(graph: Graph, number: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The items of a list of arguments that a program may take for options: those up to a ``--``. They are asked of the list as it is handed over, after all tests."""
    keys: dict[str, None] = {}
    for node in _choices(graph, number):
        inner = graph.nodes[node] if node >= 0 else None
        before: object = None
        for key, item in inner.fields if type(inner) is Object else ():
            if _constant(graph, item) == "--":
                break
            if before not in _WITH_VALUE:
                keys[key] = None
            before = _constant(graph, item)
    yield from ((number, (key,)) for key in keys)


def _choices(graph: Graph, number: int) -> Iterator[int]:
    pending = [number]
    while pending:
        each = pending.pop()
        node = graph.nodes[each] if each >= 0 else None
        if type(node) is Choice:
            pending += reversed(node.of)
        elif type(node) is Checked and type(graph.nodes[node.of]) in (Choice, Object):
            pending.append(node.of)
        else:
            yield each


def _constant(graph: Graph, number: int) -> object:
    node = graph.nodes[number] if number >= 0 else None
    return node.value if type(node) is Constant else None


__all__ = ["SELF", "Hit", "Sinks"]
