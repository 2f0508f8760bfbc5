"""One question about one function: where a value of it comes from, node by node, with the way it went."""

from collections.abc import Iterable, Iterator

from batten.facts.flows import (
    ANY,
    DEEP,
    HARMLESS,
    SELF,
    Changed,
    Checked,
    Choice,
    Constant,
    Field,
    FlowCall,
    Given,
    Graph,
    Named,
    Node,
    Object,
    Outer,
    Result,
    Text,
    name_of,
)
from batten.finding import Step
from batten.link.flows.arguments import arguments_for, slots
from batten.link.flows.graphs import Callee
from batten.link.flows.knowledge import (
    AFTER_HOST,
    ALL,
    FIXED,
    HOSTS,
    MODEL,
    OF_PATH,
    TEXT_ALONE,
    TOOL_CALLS,
    TOOL_INPUT,
    WITHIN,
    WRITTEN,
    Means,
    compared_by,
    doubted_by,
    fixed_by,
    is_free_text,
    quoted_by,
    set_by_browser,
)
from batten.link.flows.methods import GIVES_BACK, KEEPS, LISTS, MAPS, is_textual
from batten.link.flows.origins import Root, Way, clean, merged, nearer, nearest, shortened, through
from batten.link.flows.questions import Questions
from batten.link.flows.shapes import asked_for, is_made, mark_before, named_before, taken_away
from batten.link.flows.sources import Sources, sourced
from batten.link.flows.spelled import whole
from batten.link.flows.states import value_of
from batten.link.flows.tested import after_test
from batten.link.flows.undefined import given_by_nobody, unknown
from batten.text import Place, Span

_MOST_TURNS = 3  # from one method of an object to another
_LONGEST_WAY = 5  # what is read through more steps is not told apart further
# Values within values of one function, looked at for one question; and through all that ask each other: Python's own stack ends soon after.
_MOST_VISITS = 6_000
_DEEPEST = 110
Tests = frozenset[tuple[int, str]]


class Walk:
    """One such question: each value is looked at once."""

    def __init__(self, roots: Questions, path: str, graph: Graph) -> None:
        self._roots = roots
        self._knowledge = roots.knowledge
        self._sources = Sources(roots.graphs, roots.knowledge)
        self.path = path
        self.graph = graph
        self._nodes = graph.nodes
        self._known: dict[tuple[int, Way, Tests], tuple[Root, ...]] = {}
        self._places: dict[int, Span] | None = None
        self._ended = roots.has_ended(path)

    def node(self, number: int) -> Node | None:
        """A node of the function, None for what is harmless."""
        return self._nodes[number] if number >= 0 else None

    def roots(self, number: int, way: Way = (), tests: Tests = frozenset()) -> tuple[Root, ...]:
        """The roots of what is reached from a node by a way, where tests have passed."""
        if number < 0:
            return ()
        if len(way) > _LONGEST_WAY:
            way = (*way[:_LONGEST_WAY], DEEP)
        key = (number, way, tests)
        found = self._known.get(key)
        if found is not None:
            return found
        limits = self._roots.limits
        if self._ended or len(self._known) > _MOST_VISITS or limits.depth > _DEEPEST:
            limits.limited.add(self.path)
            return ()
        self._known[key] = ()
        limits.depth += 1
        found = merged(self._found(number, way, tests))
        limits.depth -= 1
        for tested, word in tests:
            if tested == number and not (way and word.startswith(WITHIN)):  # what is a part of something no longer stands alone
                found = after_test(found, self._roots.graphs, self.path, self.graph, number, word, tests)
        self._known[key] = found
        return found

    def _found(self, number: int, way: Way, tests: Tests) -> Iterator[Root]:
        node = self._nodes[number]
        match node:
            case Given():
                if node.index == SELF and way and self.path.endswith(".ts"):
                    yield from self._of_member(way)
                yield Root("", (self.path, self.graph.function), node.index, (("*", *way) if node.rest else way), frozenset(), True, ())
            case Field():
                yield from self._field(number, node, way, tests)
            case Choice():
                for each in node.of:
                    yield from self.roots(each, way, tests)
            case Checked():
                yield from self.roots(node.of, way, tests | frozenset(node.tests))
            case Text():
                yield from self._text(node, way, tests)
            case Object():
                yield from self._object(node, way, tests)
            case Result():
                yield from self._result(node.call, way, tests)
            case Changed():
                yield from self._changed(node, way, tests)
            case Named():
                yield from self._of_name(number, node.name, way)
            case Outer():
                yield from self._roots.outer(self.path, self.graph, node, way)

    def _of_member(self, way: Way) -> Iterator[Root]:
        """What a container has put into the object, which is known by its type: ``this.route.snapshot`` of Angular."""
        owner = self.graph.function.rpartition(".")[0]
        source = self._sources.kind(self.path, f"#{owner}", way) if owner and way[0].isidentifier() else None
        if source is not None:
            yield sourced(self.path, source, None)._replace(cleaned=TEXT_ALONE)

    def _field(self, number: int, node: Field, way: Way, tests: Tests) -> Iterator[Root]:
        whole = (node.key, *way)
        name = name_of(self._nodes, number)
        if name is not None:
            yield from self._of_name(number, name, way)
            return
        holder = self._nodes[node.of] if node.of >= 0 else None
        of_browser = node.key == "cookies" or (type(holder) is Field and holder.key == "headers")
        cleaned = set_by_browser(node.key) if of_browser else OF_PATH if node.key == "pathname" else frozenset()
        yield from clean(self.roots(node.of, whole, tests), cleaned)

    def _of_name(self, number: int, name: str, way: Way) -> Iterator[Root]:
        if self._places is None:
            self._places = {node: Span(start, end) for node, start, end in self.graph.places}
        span = self._places.get(number)
        source = self._sources.kind(self.path, name, way)
        if source is not None:
            yield sourced(self.path, source, span)._replace(cleaned=self._sources.cleaned(self.path, name, way))
            return
        yield from self._roots.named(self.path, name, way)

    def _text(self, node: Text, way: Way, tests: Tests) -> Iterator[Root]:
        if self._sources.is_opaque(way):
            return
        fixed: frozenset[str] = TEXT_ALONE
        before: str | None = ""
        for index, part in enumerate(node.parts):
            found = self.roots(part, (DEEP,), tests)
            mark = mark_before(self._nodes, node, index)
            for root in clean(found, fixed | named_before(self._nodes, node, index)):
                yield root._replace(cleaned=root.cleaned | quoted_by(mark, root.cleaned)) if mark else root
            if before is not None:
                here = self._nodes[part] if part >= 0 else None
                # What stands first settles the server, unless it is only the scheme; and so does a part of its own, which is looked at itself.
                before = before + str(here.value) if type(here) is Constant else None
                fixed = TEXT_ALONE | fixed_by(before) if before is not None else fixed | FIXED

    def _object(self, node: Object, way: Way, tests: Tests) -> Iterator[Root]:
        if not way:
            # The server of an address is the one that was put into it last.
            served = [inner for name, inner in node.fields if name in HOSTS]
            yield from clean(self.roots(node.base, way, tests), FIXED if served else frozenset())
            for inner in served:
                yield from self.roots(inner, way, tests)
            return
        key, rest = way[0], way[1:]
        if key in (DEEP, ANY) or key.endswith("()"):
            if self._sources.is_opaque((key,)):
                return
            deeper = (DEEP,) if key == DEEP or key.endswith("()") else rest
            for name, inner in node.fields:
                yield from clean(self.roots(inner, deeper, tests), FIXED if name in AFTER_HOST else compared_by(name))
            yield from self.roots(node.base, way, tests)
            return
        known = dict(node.fields)
        if key in known:
            yield from clean(self.roots(known[key], rest, tests), compared_by(key))
        else:
            yield from self.roots(node.base, way, tests)
        if ANY in known:
            yield from self.roots(known[ANY], rest, tests)

    def _result(self, number: int, way: Way, tests: Tests) -> Iterator[Root]:
        call = self.graph.calls[number]
        if call.callee in ("=", "=="):
            return
        callees = self._roots.graphs.callees(self.path, call)
        for callee in callees.own:
            yield from self._from_own(call, callee, way, tests)
        if callees.own:
            return
        yield from self._from_outside(number, call, self._sources.of_call(self.path, self.graph, call, callees.outside), way, tests)

    def _from_own(self, call: FlowCall, callee: Callee, way: Way, tests: Tests, turns: int = _MOST_TURNS) -> Iterator[Root]:
        if callee.makes:
            if way and way[0].endswith("()"):
                yield from self._from_method(call, callee, way, tests, turns)
                return
            left = self._roots.left(callee.path, callee.graph, SELF, way)
            if all(root.number == SELF and root.owner == (callee.path, callee.graph.function) for root in left or ()):
                yield from self._from_method(call, callee, way, tests, turns)
            yield from self._substituted(call, callee, left or (), tests)
            return
        found = self._roots.given_back(callee.path, callee.graph, nearer(way, again=callee.graph is self.graph))
        yield from clean(self._substituted(call, callee, found, tests), doubted_by(callee.graph.function.rpartition(".")[2]))

    def _from_method(self, call: FlowCall, callee: Callee, way: Way, tests: Tests, turns: int) -> Iterator[Root]:
        """What a method gives back of the object that a call makes: another of its methods may say what that is, and they may lead to each other."""
        name = way[0].removesuffix("()") if way and turns else ""
        method = self._roots.graphs.method(self.path, call, name) if name.isidentifier() else None
        if method is None:
            return
        for root in self._roots.given_back(method.path, method.graph, way[1:]):
            if root.owner == (method.path, method.graph.function) and root.number == SELF and root.way[:1] != way[:1]:
                yield from self._from_own(call, callee, root.way, tests, turns - 1)

    def _substituted(self, call: FlowCall, callee: Callee, found: Iterable[Root], tests: Tests) -> Iterator[Root]:
        """Roots of a function that is called, with its parameters replaced by what it is given."""
        owner = (callee.path, callee.graph.function)
        step = Step(Place(self.path, call.span), f"goes through `{callee.graph.function or call.method}` here")
        for root in nearest(found, owner) if callee.graph is self.graph else found:
            if root.source or root.owner != owner:
                yield root._replace(steps=shortened((*root.steps, step))) if root.source else root
                continue
            for given in self.given(call, callee, root, tests):
                yield through(given, root, (step,))

    def given(self, call: FlowCall, callee: Callee, root: Root, tests: Tests = frozenset()) -> tuple[Root, ...]:
        """The roots of what a call gives for a parameter of the function that it calls."""
        if root.number == SELF:
            return self.roots(call.receiver, root.way, tests) if not callee.makes else ()
        found: list[Root] = []
        for node, way in arguments_for(call, callee.graph, root.number, root.way, shifted=callee.shifted):
            found += self.roots(node, way, tests)
        if root.number + callee.shifted in call.twice:
            found += self._put_beside(call, callee, root, tests)
        return merged(found)

    def _put_beside(self, call: FlowCall, callee: Callee, root: Root, tests: Tests) -> Iterator[Root]:
        """What the function puts into the same object where it has that under another name."""
        shared = {slot - callee.shifted for slot in call.twice}
        for index in sorted(shared - {root.number}):
            left = self._roots.left(callee.path, callee.graph, index, root.way) or ()
            owner = (callee.path, callee.graph.function)
            yield from self._substituted(call, callee, [each for each in left if each.owner != owner or each.number not in shared], tests)

    def _from_outside(self, number: int, call: FlowCall, means: Means, way: Way, tests: Tests) -> Iterator[Root]:
        below = means.under is not None and means.under in (call.callee or "").split(".")
        if means.source is not None and (below or not means.exact) and is_made(self._nodes, call.receiver):
            means = self._knowledge.of(f"?.{call.method}")  # a method of what came from there
        if means.source is not None and call.method in self._knowledge.opaque_steps:
            return  # only whether it is so, or how much there is of it
        if means.source is not None:
            read = means.under is None or not way or way[0] in (means.under, DEEP, ANY)
            if read and not self._sources.is_opaque(way) and (means.source not in WRITTEN or is_free_text(way)):
                source = TOOL_INPUT if means.source == MODEL and not TOOL_CALLS.isdisjoint(way) else means.source
                yield sourced(self.path, source, call.span)._replace(cleaned=means.brought(way, textual=is_textual(way)))
            return
        if means.opaque or ALL in means.cleans or (not way and (means.lists or call.method in LISTS)):
            return
        if means.state:
            rest = value_of(way)
            if rest is not None:
                yield from self._roots.state(self.path, self.graph, number, rest)
                for initial in call.arguments[:1]:
                    yield from self.roots(initial, rest, tests)
            return
        if means.callback is not None:
            yield from self._of_function(call, means, way)
            return
        if means.settled:
            made = self._roots.graphs.made(self.path, self.node(call.arguments[0])) if call.arguments else None
            yield from self._roots.settled_with(self.path, made, way) if made is not None else ()
            return
        if means.view:
            for seen in slots(call, means.passes or "0"):
                yield from clean(self.roots(seen, (f"{call.method}()", *way), tests), means.of_whole(way))
            return
        if means.passes is not None or means.cleans:
            yield from clean(
                self._passed(call, means.passes or "", tests),
                means.cleans | taken_away(self._nodes, call, way, python=self.path.endswith(".py")),
            )
            return
        if call.method in self._knowledge.opaque_steps or self._sources.is_opaque(way):
            return
        if call.receiver >= 0 and call.method and not self._is_mapped(call):
            told = set_by_browser(asked_for(self._nodes, call))
            yield from clean(self.roots(call.receiver, (f"{call.method}()", *way), tests), told)
        held = self._roots.graphs.given_field(self.path, call, way[0]) if way else None
        if held is not None:
            yield from self.roots(held, way[1:], tests)
        elif call.receiver < 0:  # a function of which nothing is known; of methods it is taken that they give something of their object
            yield from self._sources.formed(self.path, call, way, clean(self._of_arguments(call, tests), doubted_by(call.method)))
            if self._knowledge.operated and given_by_nobody(self.path, call):
                yield unknown(Place(self.path, call.span))
        yield from self._of_callbacks(call, way, tests)

    def _of_function(self, call: FlowCall, means: Means, way: Way) -> Iterator[Root]:
        """What a function gives back that is handed to something that asks it when it needs to."""
        if means.callback and way[:1] == (means.callback,):
            way = way[1:]
        elif means.callback:
            return
        head, _, key = (means.passes or "0").partition(".")
        for number in slots(call, head):
            node = self._nodes[number] if number >= 0 else None
            inner = dict(node.fields).get(key, HARMLESS) if key and type(node) is Object else number
            made = self._roots.graphs.made(self.path, self._nodes[inner] if inner >= 0 else None)
            if made is not None:
                yield from (root for root in self._roots.given_back(self.path, made, way) if root.source)

    def _passed(self, call: FlowCall, slot: str, tests: Tests) -> tuple[Root, ...]:
        found: list[Root] = []
        if "." in slot:  # only what is under a key, or the whole where it is text
            for node in slots(call, slot.partition(".")[0]):
                found += [*self.roots(node, (), tests), *self.roots(node, (slot.partition(".")[2],), tests)]
            return merged(found)
        for number in slots(call, slot) if slot else (call.receiver, *call.arguments, *[node for _, node in call.keywords]):
            found += self.roots(number, (DEEP,), tests)
        return merged(found)

    def _of_arguments(self, call: FlowCall, tests: Tests) -> Iterator[Root]:
        for number in (*call.arguments, *[node for _, node in call.keywords]):
            yield from self.roots(number, (DEEP,), tests)

    def _is_mapped(self, call: FlowCall) -> bool:
        """What it gives is all made by a function that is known."""
        first = call.arguments[0] if call.method in MAPS and call.arguments else HARMLESS
        return first >= 0 and self._roots.graphs.made(self.path, whole(self.graph, first)) is not None

    def _of_callbacks(self, call: FlowCall, way: Way, tests: Tests) -> Iterator[Root]:
        """What a function gives back that is handed to ``map`` or ``then``."""
        if call.method not in GIVES_BACK:
            return
        for number in call.arguments:
            made = self._roots.graphs.made(self.path, whole(self.graph, number))
            if made is None:
                continue
            owner = (self.path, made.function)
            rest = way[1:] if call.method in MAPS and way[:1] != (DEEP,) else way
            for root in self._roots.given_back(self.path, made, rest):
                if root.owner != owner or root.source:
                    yield root
                elif root.number == 0:
                    for given in self.elements(call, root.way, tests):
                        yield through(given, root, ())

    def elements(self, call: FlowCall, way: Way, tests: Tests = frozenset()) -> tuple[Root, ...]:
        """What a function is called with that is handed to ``map`` or ``then``."""
        return self.roots(call.receiver, way if call.method in ("then", "catch", "finally", "subscribe") else (ANY, *way), tests)

    def _changed(self, node: Changed, way: Way, tests: Tests) -> Iterator[Root]:
        callees = self._roots.graphs.callees(self.path, call := self.graph.calls[node.call])
        # What is text, or taken whole, is no other after a call; what is under a key may be.
        kept = not callees.own or not way or way[0] == DEEP
        for callee in callees.own:
            index = node.slot
            if index != SELF:
                index -= callee.shifted
            elif callee.makes:
                kept = True
                continue
            left = self._roots.left(callee.path, callee.graph, index, nearer(way, again=callee.graph is self.graph))
            if left is None:
                kept = True
            else:
                yield from self._substituted(call, callee, left, tests)
        if kept:
            yield from self.roots(node.before, way, tests)
        if not callees.own and node.slot == SELF and way and call.method in KEEPS and not self._sources.is_opaque(way):
            yield from self._of_arguments(call, tests)
