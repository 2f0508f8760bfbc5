"""Where values come from, for all functions of an app: a summary of each is found once, and what it rests on is asked of the others."""

from collections.abc import Iterator
from typing import Any

from batten.facts.flows import DEEP, Graph, Outer
from batten.finding import Step
from batten.link.flows.components import LOAD, computed, kept_here, loaders, member, starting, unwrapped
from batten.link.flows.graphs import Graphs, beyond
from batten.link.flows.knowledge import Knowledge
from batten.link.flows.methods import CONTAINERS, ITERATORS
from batten.link.flows.origins import Root, Way, merged, through
from batten.link.flows.questions import Limits
from batten.link.flows.states import handings, puts, settlings
from batten.link.flows.undefined import undefined, unknown
from batten.link.flows.walk import Walk
from batten.text import Place

# Questions to one file: most are asked some hundred, and libraries whose names all lead to each other would be asked without end.
_MOST_WALKS = 10_000
# Functions within functions that a value is handed to before it is kept.
_MOST_STEPS = 3
_MOST_HANDINGS = 4


class Roots:
    """Answers where values come from, for all functions of an app."""

    def __init__(self, graphs: Graphs, knowledge: Knowledge) -> None:
        self.graphs = graphs
        self.knowledge = knowledge
        self._memo = graphs.memo
        self._begun = (graphs.name, "begun")
        self.limits: Limits = self._memo.part((graphs.name, "limits"), Limits)
        if self.limits.limited or max(self.limits.walks.values(), default=0) > _MOST_WALKS // 2:
            # What a limit cuts off depends on all that was asked before it: so all is asked again.
            self.limits.walks.clear()
            self.limits.limited.clear()
            self.limits.begun += 1
        self.limits.depth = 0  # where one before did not come to its end
        self._memo.set_table(self._begun, {"": self.limits.begun})

    def has_ended(self, path: str) -> bool:
        """A file is asked once more; whether it was asked too often already."""
        self._memo.look(path)
        self._memo.entry(self._begun, "")
        self.limits.walks[path] += 1
        return self.limits.walks[path] > _MOST_WALKS

    def settled(self, key: tuple[object, ...], compute: object, *arguments: object) -> tuple[Any, ...]:
        """The answer to a question that may lead to itself."""
        found: tuple[Any, ...] = self._memo.settled((self.graphs.name, *key), (), (), compute, *arguments)  # type: ignore[arg-type]
        return found

    def of(self, path: str, graph: Graph, node: int, way: Way = ()) -> tuple[Root, ...]:
        """The roots of a value of a function."""
        return Walk(self, path, graph).roots(node, way)

    def given_back(self, path: str, graph: Graph, way: Way) -> tuple[Root, ...]:
        """The roots of what a function returns."""
        return self.settled(("returned", path, graph.function, way), self._returned, path, graph, way)

    def left(self, path: str, graph: Graph, index: int, way: Way) -> tuple[Root, ...] | None:
        """The roots of what is in a parameter when the function is done; None where it leaves that alone."""
        node = next((number for slot, number in graph.left if slot == index), None)
        if node is None:
            return None
        return self.settled(("left", path, graph.function, index, way), self.of, path, graph, node, way)

    def outer(self, path: str, asking: Graph, variable: Outer, way: Way) -> tuple[Root, ...]:
        """The roots of a variable of a function around, or of what one inside gives to a variable of the one that asks."""
        function, node = variable.function, variable.node
        graph = self.graphs.graph(path, function)
        if graph is None or node < 0:
            return ()
        if function.startswith(f"{asking.function}."):
            return self.settled(("given out", path, asking.function, function, node, way), self._given_out, path, asking, graph, node, way)
        return self.settled(("outer", path, function, node, way), self.of, path, graph, node, way)

    def named(self, path: str, name: str, way: Way) -> tuple[Root, ...]:
        """The sources of something that has a name outside of functions."""
        return self.settled(("named", path, name, way), self._named, path, name, way)

    def state(self, path: str, graph: Graph, call: int, way: Way) -> tuple[Root, ...]:
        """The roots of a state of a component, which a call makes: of all that its setter is handed."""
        return self.settled(("state", path, graph.function, call, way), self._put, path, graph, call, way)

    def settled_with(self, path: str, graph: Graph, way: Way) -> tuple[Root, ...]:
        """The roots of what a promise comes to, by the function that it is made with."""
        return self.settled(("settled", path, graph.function, way), self._settled_with, path, graph, way)

    def _settled_with(self, path: str, graph: Graph, way: Way) -> tuple[Root, ...]:
        return merged(root for put in settlings(self.graphs, path, graph) for root in Walk(self, path, put.graph).roots(put.node, way))

    def _put(self, path: str, graph: Graph, call: int, way: Way) -> tuple[Root, ...]:
        found: list[Root] = []
        around = (graph, *self.graphs.inside(path, graph.function))
        for put in puts(self.graphs, path, graph, call):
            walk = Walk(self, path, put.graph)
            made = self.graphs.made(path, put.graph.nodes[put.node]) if put.node >= 0 else None
            if put.call is not None:
                values = walk.elements(put.call, way)
            elif made is not None:
                values = self.given_back(path, made, way)
            else:
                values = walk.roots(put.node, way)
            for root in values:
                found += self._brought_in(path, graph, around, root, _MOST_HANDINGS)
        return merged(found)

    def _given_out(self, path: str, asking: Graph, graph: Graph, node: int, way: Way) -> tuple[Root, ...]:
        """What a function inside of another gives to a variable of that other, by what it is called with there."""
        around = (asking, *self.graphs.inside(path, asking.function))
        return merged(
            found for root in self.of(path, graph, node, way) for found in self._brought_in(path, asking, around, root, _MOST_HANDINGS)
        )

    def _brought_in(self, path: str, asking: Graph, around: tuple[Graph, ...], root: Root, left: int) -> Iterator[Root]:
        """A root of a function inside of another, by way of what that is called with or handed to; itself where nothing there calls it."""
        function = root.owner[1]
        if root.source or root.owner[0] != path or not function.startswith(f"{asking.function}."):
            yield root
            return
        given: list[Root] = []
        for caller in self.graphs.callers(path, function) if left else ():
            given += Walk(self, caller.path, caller.graph).given(caller.call, caller.callee, root)
        for outer, call in handings(around, function) if left and not root.number else ():
            given += Walk(self, path, outer).elements(call, root.way) if call.method in ITERATORS else ()
        for each in given:
            yield from self._brought_in(path, asking, around, through(each, root, ()), left - 1)
        if not given:
            yield root  # somebody else calls it, with what they have

    def _returned(self, path: str, graph: Graph, way: Way) -> tuple[Root, ...]:
        walk = Walk(self, path, graph)
        return merged(root for node, _ in graph.returns for root in walk.roots(node, way))

    def _named(self, path: str, name: str, way: Way) -> tuple[Root, ...]:
        steps = ".".join(step.removesuffix("()") for step in way if step != DEEP)
        outside = self.graphs.outside(path, f"{name}{'' if name.endswith('#') or not steps else '.'}{steps}")
        found: list[Root] = []
        # What a component keeps is made by a library, and put there later.
        own = [(name, way)] if outside is None or outside.partition(".")[0] in CONTAINERS or self._hands_on(outside) else []
        for variable, further in (*own, *unwrapped(path, name, way)):
            for part in self.graphs.variable(path, variable, further) or ():
                for root in self.of(part.path, part.graph, part.node, part.way):
                    found += self._kept(root, _MOST_HANDINGS)
        whole = member(path, name, way) if outside is None or "#" not in name else ()
        for root in self._of_component(path, whole) if whole else ():
            found += self._kept(root, _MOST_HANDINGS)
        for loader, rest in loaders(path, name, way):
            graph = self.graphs.graph(loader, LOAD)
            found += [root for root in self.given_back(loader, graph, rest) if root.source] if graph is not None else ()
        if not found and self.knowledge.operated and undefined(path, name):
            found.append(unknown(None))
        return merged(found)

    def _hands_on(self, outside: str) -> bool:
        """What a name of a module is made with gives what it is given: ``const asked = new URLSearchParams(location.search)``."""
        steps = outside.split(".")
        return any(self.knowledge.of(".".join(steps[: end + 1])).passes is not None for end in range(min(len(steps), _MOST_STEPS)))

    def _of_component(self, path: str, way: Way) -> Iterator[Root]:
        """What a component keeps under the first step of a way: what it starts with, what it works out, and what its functions put there."""
        module = self.graphs.graph(path, "")
        if module is None:
            return
        given = [(function, way) for function in starting(module)] + [(function, way[1:]) for function in computed(module, way[0])]
        for function, rest in given:
            graph = self.graphs.graph(path, function)
            yield from self.given_back(path, graph, rest) if graph is not None else ()
        for graph in self.graphs.of(path).values():
            for keys, node in kept_here(graph):
                below = beyond(keys, way)
                yield from self.of(path, graph, node, below) if below is not None else ()

    def _kept(self, root: Root, left: int) -> Iterator[Root]:
        """A root of what is kept where every function finds it: also by way of the calls of the function that keeps it."""
        yield root
        if root.source or not left:
            return
        path, function = root.owner
        for caller in self.graphs.callers(path, function):
            step = Step(Place(caller.path, caller.call.span), f"is handed to `{function.rpartition('.')[2]}` here")
            for given in Walk(self, caller.path, caller.graph).given(caller.call, caller.callee, root):
                yield from self._kept(through(given, root, (step,)), left - 1)
        outer = self.graphs.graph(path, function.rpartition(".")[0])
        for around, call in handings((outer,), function) if outer is not None and not root.number else ():
            for given in Walk(self, path, around).elements(call, root.way) if call.method in ITERATORS else ():
                yield from self._kept(through(given, root, ()), left - 1)
