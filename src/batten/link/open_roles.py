"""Roles that whoever signs up chooses: to have one of these is no right, so what asks for it is open to every account. Knows no form that a library checks."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from batten.facts.calls import Call, Function, Guard, Origin, Parameter
from batten.facts.flows import Checked, Constant, Field, Given, Graph, Result
from batten.link.callers import is_sign_up
from batten.link.callgraph import Code
from batten.link.flows.authority import KEYS, ROLE, written
from batten.link.flows.origins import Way
from batten.link.flows.spelled import descended, shown
from batten.link.for_few import is_of_everybody
from batten.link.made_of import made_of
from batten.link.routes import Standing
from batten.link.spelled import graph_of
from batten.regex import regex

_DEEPEST = 3
_MOST_FUNCTIONS = 40
# Roles of those who run the app: where people can choose one of these, that is a hole of its own, and told at the place where they do.
_FOR_FEW = regex(r"(?i).*(?:admin|staff|super|manager|owner|moderator|root).*")
_LISTED = ("listed", "listed-rights", "pattern", "looked-at")
# ``seller_required``, ``require_seller``, ``get_current_seller``
_AROUND = regex(r"(?i)(?:^|_)(?:get|current|require[sd]?|is|check|verify|ensure|only|user|role|access|login|the|be|active)(?=_|$)")
_SELECTS = frozenset(("get", "pop"))
# What people come to an app as, in the name of a check.
_COMES_AS = regex(
    r"teacher|instructor|tutor|trainer|coach|lecturer|faculty|seller|vendor|merchant|supplier|farmer|producer|doctor|nurse|therapist|lawyer|employer|recruiter|company|driver|courier|rider|host|landlord|agent|freelancer"
    r"|provider|service_provider|organi[sz]er|author|creator|artist|chef|restaurant|hospital|clinic|ngo|volunteer"
)


class Offered(NamedTuple):
    """The roles that people choose from as they sign up; ``every``: whichever they like."""

    named: frozenset[str] = frozenset()
    every: bool = False

    def has(self, role: str) -> bool:
        """Whoever wants it has that role, which is none of those who run the app."""
        last = role.rpartition("#")[2].rpartition(".")[2].lower()
        return bool(last) and not _FOR_FEW.fullmatch(last) and (self.every or last in self.named)

    def passes(self, guard: Guard) -> bool:
        """All that a test asks for is a role, and one of those that pass is there to be chosen."""
        surely = self.every or guard.rejects != "end"  # else it may be the branch in which the others leave
        return surely and not guard.inverted and any(map(self.has, guard.roles))

    def is_named(self, gate: str) -> bool:
        """A check is called after such a role, and after nothing else: ``seller_required``."""
        last = gate.rpartition("#")[2].rpartition(".")[2].replace("-", "_")
        rest = _AROUND.sub("", last).strip("_").lower()
        known = rest in self.named or (self.every and (is_of_everybody(rest) or _COMES_AS.fullmatch(rest) is not None))
        return rest != last.lower() and known and self.has(rest)

    def opens(self, call: Call) -> bool:
        """A check is told to ask for such a role, or called after one: ``require_role("seller")``."""
        told = [source.text for each in call.arguments for source in each.sources if source.origin is Origin.LITERAL or "#" in source.text]
        return self.is_named(call.callee) or any(map(self.is_role, told))

    def is_role(self, text: str) -> bool:
        """It is such a role and not only any word, where people may write what they like."""
        last = text.rpartition("#")[2].rpartition(".")[2].lower()
        return self.has(text) and (last in self.named or is_of_everybody(last) or _COMES_AS.fullmatch(last) is not None)


NOTHING = Offered()


class OpenRoles:
    """What the routes where strangers make accounts let them choose."""

    def __init__(self, code: Code, standings: Iterable[Standing]) -> None:
        self._code = code
        self._joining: dict[str, list[Standing]] = {}
        for standing in standings:
            if is_sign_up(standing):
                self._joining.setdefault(standing.route.package, []).append(standing)
        self._known: dict[str, Offered] = {}

    def of(self, package: str) -> Offered:
        """Those of an app."""
        if package not in self._known:
            found = [each for standing in self._joining.get(package, ()) for each in self._chosen(standing)]
            self._known[package] = Offered(frozenset(role for each in found for role in each.named), any(each.every for each in found))
        return self._known[package]

    def _chosen(self, standing: Standing) -> Iterator[Offered]:
        pending = [(path, function, _DEEPEST) for path, function in standing.runs]
        seen: set[tuple[str, str]] = set()
        while pending and len(seen) < _MOST_FUNCTIONS:
            path, function, depth = pending.pop()
            if (path, function.name) in seen:
                continue
            seen.add((path, function.name))
            graph = graph_of(self._code, path, function)
            if graph is None:
                continue
            for call in graph.calls:
                for number, way in written(graph, call, ROLE, partial(shown, graph)):
                    found = self._choice(path, function, graph, *descended(graph, number, way))
                    if found is not None:
                        yield found
            for made in function.calls if depth > 1 else ():
                target = self._code.target(path, made.callee) if "#" in made.callee else None
                if target is not None and target.function is not None and target.path is not None and not target.rest:
                    pending.append((target.path, target.function, depth - 1))

    def _choice(self, path: str, function: Function, graph: Graph, number: int, way: Way) -> Offered | None:
        """What may be chosen where a value, or what is under some keys of it, becomes the role of an account; None where it was not sent."""
        if way or not _sent(graph, number):
            return None
        listed = [self._texts(path, each) for guard in function.guards if not guard.inverted for each in guard.roles]
        made = frozenset(made_of(graph, number))
        checked = any(
            type(node := graph.nodes[each]) is Checked and any(tested in made and said.startswith(_LISTED) for tested, said in node.tests)
            for each in made
        )
        if checked or listed:
            return Offered(frozenset(role for texts in listed for role in texts))
        kinds = [kind for parameter in function.parameters for kind in self._kinds(path, parameter)]
        if not kinds or set(kinds) <= {"str", ""}:
            return Offered(every=True)
        return Offered(frozenset(member for kind in kinds for member in self._members(kind)))

    def _texts(self, path: str, name: str) -> list[str]:
        """A role that a test names; of a name, what it stands for where that is written down."""
        if "#" not in name:
            return [name.rpartition(".")[2].lower()]
        home = self._code.home(path, name)
        binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
        texts = [binding.text, *(source.text for source in binding.sources)] if binding is not None else [name.rpartition(".")[2]]
        return [text.lower() for text in texts if text]

    def _kinds(self, path: str, parameter: Parameter) -> Iterator[str]:
        """What the class of a body says that a role in it is."""
        home = self._code.home(path, parameter.annotation) if parameter.annotation and "#" in parameter.annotation else None
        if home is None:
            return
        self._code.ask(home[0])
        whole = self._code.bindings(home[0]).get(home[1])
        for field, kind in whole.fields if whole is not None else ():
            if field in KEYS:
                at = self._code.home(home[0], kind) if "#" in kind else None
                yield f"{at[0]}\n{at[1]}" if at is not None else kind

    def _members(self, kind: str) -> Iterator[str]:
        """The values of an enumeration, by the file and the name of it."""
        path, _, name = kind.partition("\n")
        for local, binding in self._code.bindings(path).items() if name else ():
            owner, _, member = local.rpartition(".")
            if owner == name:
                yield from (text.lower() for text in (member, binding.text) if text)


def _sent(graph: Graph, number: int) -> bool:
    """It was handed in under the name of a role: a field of a body or a form, or a parameter."""
    for each in made_of(graph, number):
        match graph.nodes[each]:
            case Field(key=key) if key in KEYS:
                return True
            case Given(index=index) if 0 <= index < len(graph.parameters) and graph.parameters[index] in KEYS:
                return True
            case Result(call=index) if graph.calls[index].method in _SELECTS:
                call = graph.calls[index]
                first = graph.nodes[call.arguments[0]] if call.arguments and call.arguments[0] >= 0 else None
                if type(first) is Constant and first.value in KEYS:
                    return True
    return False
