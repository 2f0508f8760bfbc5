"""The flows of an app: whose text comes to which sink, by which way; and the calls whose arguments decide whether they are safe."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from typing import NamedTuple

from batten.facts.flows import Flow, FlowCall, Graph, Use
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.facts.vocabulary import Vocabulary
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.flows.authority import PASSWORD, RECORD, ROLE, is_whole
from batten.link.flows.bodies import Bodies
from batten.link.flows.comparisons import compared
from batten.link.flows.decorated import NEST
from batten.link.flows.disk_storage import kept_by_name
from batten.link.flows.failing import ERROR
from batten.link.flows.filters import Filters, looks_at_bodies, may_be_page, told_once
from batten.link.flows.graphs import Graphs, of_turn
from batten.link.flows.handlers import Handler, handlers
from batten.link.flows.kept_values import KeptValues
from batten.link.flows.knowledge import MODEL, OPERATOR, OWN_PATH, QUERIES, RESPONSE, TOOL_INPUT, Knowledge, with_operators
from batten.link.flows.lambdas import LAMBDA
from batten.link.flows.leading import lead_on, sourced
from batten.link.flows.model_calls import model_calls
from batten.link.flows.origins import Root
from batten.link.flows.passwords import Passwords, passwords_compared
from batten.link.flows.prompts import ENDPOINT, INSTRUCTIONS
from batten.link.flows.reached import reached
from batten.link.flows.resets import resets
from batten.link.flows.returned import answered
from batten.link.flows.roots import Roots
from batten.link.flows.schemas import is_settled
from batten.link.flows.shown import showing
from batten.link.flows.sign_ins import sign_ins
from batten.link.flows.sinks import Hit, Sinks
from batten.link.flows.templates import Templates
from batten.link.flows.uncalled import CALLER, given_by_caller, uncalled
from batten.link.flows.undefined import UNKNOWN
from batten.link.flows.unproven import unproven
from batten.link.flows.uses import all_uses, ask_uses
from batten.link.flows.ways_in import WaysIn
from batten.link.said import Files
from batten.text import Place

_WORDS = {
    "sql": "becomes part of SQL here", "command": "is run as a command here", "argument": "is an argument of a command here, or an option", "code": "is run as code here", "code-context": "is given to code that runs here", "path": "names a file here",
    "html": "becomes part of a page here", "address": "is the address that the server calls here", "redirect": "is where the browser is sent here",
    "deserialize": "is turned into objects here", "xpath": "becomes part of an XPath query here", "ldap": "becomes part of an LDAP query here",
    "markup": "becomes part of the page here, tags and scripts included", "postgrest": "becomes part of a filter here", "template": "is read as a template here", "prototype": "has its keys copied into another record here", "prototype-key": "names the key that is set here", "regex": "is read as a regular expression here",
    "link": "is where the browser goes here", "header": "becomes part of a message, headers included, here", "cell": "becomes a cell of a table here", "rendered": "becomes part of a page that the server's own browser opens here", "nosql": "becomes part of a query here, operators included", "nosql-probe": "becomes part of a query here, operators included",
    "nosql-code": "is run by the database here", "trust": "is kept in the session here",
    "credential": "is what a caller has to know here",
    "model-choice": "chooses the model, or how much it writes, here", "model-endpoint": "is the server that the key is sent to here",
    "system-prompt": "becomes part of what the model is told to do here",
    "password-storage": "is kept, or compared, as it is here",
    "authority": "becomes what an account may do here", "assignment": "becomes the record of an account here",
    "xml": "is read as XML here", "xml-growth": "is read as XML here", "upload": "is the name that the file is kept under here",
    "reflected-origin": "is who may read the answer here", "reflected-origin-with-cookies": "is who may read the answer with the cookies of visitors here",
    "reset-unproven": "gets the account a new password here", "sign-in-unproven": "says whose session the caller gets here", "reset-token": "is kept as the proof that a message was read here", "reset-link": "is sent to the account here", "path-probe": "is looked for among the files here", "path-joined": "becomes part of a path here",
    "lookups": "says what is asked of the database here", "archive": "says where the files of an archive go here",
}  # fmt: skip


_WHOSE = {
    "browser": "whoever makes the link",
    "archive": "an archive",
    "stored": "a row that somebody has written",
    CALLER: "whoever calls this function",
    OPERATOR: "whoever starts this program",
    UNKNOWN: "somebody that nothing here names",
}
OF_VALUES = frozenset(("flow", "use", "model_budget", "debug_mode", "revealed_row", "privileged_deed", "foreign_row"))
"""The kinds of facts that come of values: where no rule asks for one of them, no values need be followed."""
# Sources that are no harm as text: only where they are to be a secret.
_FORESEEN = frozenset(("weak-random",))
# What a program is started with names files and servers by right, and of what nothing is known of it is too little to say.
_OPERATED = frozenset(("command", "code", "sql", "deserialize"))
_UNKNOWN = frozenset((*_OPERATED, "xpath", "ldap"))
_MINDED = {OPERATOR: _OPERATED, UNKNOWN: _UNKNOWN}
TEXTS = frozenset(
    (
        "sql",
        "command",
        "argument",
        "code",
        "path",
        "html",
        "markup",
        "address",
        "redirect",
        "deserialize",
        "template",
        "xpath",
        "ldap",
        "xml",
        "xml-growth",
        "rendered",
    )
)
"""Sinks that no text of strangers should come to as it is, whoever hands it over."""
_SETTLED = TEXTS | {"model-choice", ENDPOINT, INSTRUCTIONS}


class Surroundings(NamedTuple):
    """What the flows need to know of the files around."""

    package_of: Callable[[str], Package]
    path_class: Callable[[str], str]
    in_browser: Callable[[str], bool | None]
    serving: AbstractSet[str]
    """Packages that answer requests."""
    caller: Callable[[str, str], str | None]
    """Who may call a handler, as ``Flow.caller``."""


class Found(NamedTuple):
    """The flows and uses of an app, and its calls of paid models; ``limited`` are files in which a limit cut something off."""

    flows: tuple[Flow, ...]
    uses: tuple[Use, ...]
    limited: tuple[str, ...]
    model_calls: tuple[tuple[Place, str], ...] = ()


_NOTHING = Found((), (), ())


def follow(
    files: Sequence[FileFacts], code: Code, vocabulary: Vocabulary, around: Surroundings, *, unsure: bool = False, settle: bool = False
) -> Found:
    """All of them, by place; ``unsure``: also those of what functions are given that nothing in the app calls. ``settle`` as in ``link``.

    Only what files hold counts that matter by their words, or that a name leads into: this join is the last, and is done again where it has found more of these.
    """
    every, files = files, [file for file in files if file.graphs or file.endpoints]
    chosen: list[FileFacts] = []
    found, turn = _NOTHING, 0
    while True:
        asked = {*code.asked}
        before, chosen = chosen, [file for file in files if unsure or file.asked_for or file.path in asked]
        if len(chosen) == len(before):
            return found
        # What one turn finds out is for the same turn of the next time: it has about the same files.
        turn += 1
        found = _follow(Files(chosen, of_turn(turn)), every, code, vocabulary, around, turn, unsure=unsure, settle=settle)
        if code.needs and not settle:
            return found


def _follow(
    parsed: Sequence[FileFacts],
    files: Sequence[FileFacts],
    code: Code,
    vocabulary: Vocabulary,
    around: Surroundings,
    turn: int,
    *,
    unsure: bool,
    settle: bool,
) -> Found:
    graphs = Graphs(code, {file.path for file in parsed}, f"{of_turn(turn)}{' unsure' if unsure else ''}")
    knowledge = vocabulary.made(with_operators if unsure else Knowledge)
    graphs.lay_out()
    entries, first = _entered(parsed, code, graphs, knowledge, vocabulary)
    roots = Roots(graphs, knowledge)
    sinks = Sinks(roots, Templates(files, parsed, graphs, around.package_of))
    asked = reached(first, graphs)
    if asked and code.needs and not settle:
        return _NOTHING  # it would be found in vain: there is more to read
    uses = all_uses(parsed, graphs, knowledge, around)
    paid = list(model_calls(parsed, graphs, knowledge, vocabulary))
    if code.needs and not settle:
        return _NOTHING
    passwords, filters, kept = Passwords(files, parsed), Filters(files, parsed, code.memo), KeptValues(parsed, roots)
    found: list[Hit] = []
    bodies = Bodies(code, files, lambda path: around.package_of(path).root)

    def takes(entry: Handler, hit: Hit, root: Root) -> bool:
        return entry.takes_anything(root) or (
            entry.framework == NEST and bodies.may_hold_rights(entry.path, entry.function, hit.root.number)
        )

    for path, graph in first:
        entry = entries.get((path, graph.function))
        sinks.of(path, graph)
        if entry is not None:
            found += answered(path, graph, roots, entry, entries, knowledge)
    asked = dict(sorted(asked.items(), key=lambda item: item[0]))
    for path, each in groupby(asked.items(), key=lambda item: item[0][0]):
        for function, hits in _coming(path, [graph for _, graph in each], sinks, graphs):
            found += _complete(hits, (path, function), entries, graphs, kept, knowledge, takes)
    if unsure:
        found += _of_callers(parsed, code, sinks, entries)
        found += _of_operators(parsed, sinks, asked)
        asked |= reached(uncalled(parsed, code), graphs)
    foreseen = list(compared(asked, parsed, roots, knowledge))
    found += (*foreseen, *resets(asked, parsed, roots, foreseen))
    ways = WaysIn(asked, graphs)
    found += (*unproven(asked, parsed, roots, entries, ways), *sign_ins(asked, parsed, roots, entries, ways))
    found += passwords_compared(parsed, code.memo)
    found += kept_by_name(parsed, code.memo)
    found = [hit for hit in found if hit.kind != PASSWORD or not passwords.may_be_hashed(hit, around.package_of(hit.path).root)]
    found = [hit for hit in _innermost(found) if may_be_page(hit)]
    found = [hit for hit in told_once(found) if hit.kind not in QUERIES or not filters.stand_before(around.package_of(hit.path).root)]
    limited = {*roots.limits.limited, *(file.path for file, _ in code.memo.said("cut off", parsed, _is_cut_off))}
    return Found(_distinct(found, around), tuple(sorted(uses, key=lambda use: (use.place, use.kind))), tuple(sorted(limited)), tuple(paid))


def _coming(path: str, functions: list[Graph], sinks: Sinks, graphs: Graphs) -> list[tuple[str, tuple[Hit, ...]]]:
    """What comes to sinks through functions of one file, by function, but for those through which nothing does."""

    def compute() -> list[tuple[str, tuple[Hit, ...]]]:
        graphs.memo.look(path)
        return [(graph.function, hits) for graph in functions if (hits := sinks.of(path, graph))]

    given = [graph.function for graph in functions]
    found: list[tuple[str, tuple[Hit, ...]]] = graphs.memo.once((graphs.name, "sinks in", path), compute, given=given)
    return found


def _innermost(hits: Iterable[Hit]) -> list[Hit]:
    """Without those whose value goes on to a record that is written: a function that is called ``create`` hands it to the database."""
    every = list(hits)
    passed = {(hit.kind, step.place) for hit in every if hit.kind in (ROLE, RECORD) for step in hit.root.steps}
    return [hit for hit in every if (hit.kind, hit.place) not in passed]


def ask_on(files: Iterable[FileFacts], code: Code, vocabulary: Vocabulary) -> None:
    """Ask for what ``follow`` would ask for first, where there is more to read anyway: it is read with the rest."""
    asked = code.asked
    chosen = Files([file for file in files if file.graphs and (file.asked_for or file.path in asked)], of_turn(1))
    graphs = Graphs(code, {file.path for file in chosen}, of_turn(1))
    knowledge = vocabulary.made(Knowledge)
    graphs.lay_out()
    reached(_entered(chosen, code, graphs, knowledge, vocabulary)[1], graphs)
    for file in chosen:
        ask_uses(file, graphs, knowledge)


def _is_cut_off(file: FileFacts) -> bool:
    return not all(graph.complete for graph in file.graphs)


def _entered(
    parsed: Sequence[FileFacts], code: Code, graphs: Graphs, knowledge: Knowledge, vocabulary: Vocabulary
) -> tuple[dict[tuple[str, str], Handler], list[tuple[str, Graph]]]:
    """The handlers, and all functions that text of strangers comes to first."""
    entries = handlers(parsed, code, graphs, vocabulary)
    chosen: dict[str, set[str]] = {}
    for path, function in (*entries, *showing(parsed, code, graphs, knowledge)):
        chosen.setdefault(path, set()).add(function)
    for file, functions in sourced(parsed, code, knowledge):
        chosen.setdefault(file.path, set()).update(functions)
    first: list[tuple[str, Graph]] = []
    for file in parsed:
        of_file = chosen.get(file.path, ())
        first += [(file.path, graph) for graph in file.graphs if graph.function in of_file] if of_file else []
    return entries, first


def _complete(
    hits: Iterable[Hit],
    me: tuple[str, str],
    entries: Mapping[tuple[str, str], Handler],
    graphs: Graphs,
    kept: KeptValues,
    knowledge: Knowledge,
    takes: Callable[[Handler, Hit, Root], bool],
) -> Iterator[Hit]:
    """The hits whose text is somebody else's for certain."""
    own = entries.get(me)
    for hit in hits:
        # What one function inside of another is called with another one may use.
        entry = entries.get(hit.root.owner) if not hit.root.source and hit.root.owner != me else own
        answering = entries.get(hit.target.owner) if hit.target is not None else None
        if hit.target is not None and not (answering is not None and answering.is_target(hit.target, hit.sink)):
            continue
        if OWN_PATH in hit.root.cleaned and (own is None or own.framework != ERROR):
            continue
        if hit.root.source in _FORESEEN or hit.kind not in _MINDED.get(hit.root.source, (hit.kind,)):
            continue
        called = (entry.path, entry.graph.function) if entry is not None else None
        if hit.root.source:
            yield hit._replace(entry=called)
        elif entry is not None:
            # One of a few values that there are may be the very one that is for few.
            root = (entry._replace(limited=frozenset()) if hit.kind == ROLE else entry).source(hit.root, knowledge)
            if root is None or root.is_harmless(hit.kind) or (hit.kind == RECORD and not (is_whole(root) and takes(entry, hit, root))):
                continue
            if hit.kind in _SETTLED and (kept.is_kept(hit.root) or is_settled(hit.root, hit.kind, graphs)):
                continue
            unsure = entry.may_be_listed(hit.root, hit.kind) or (looks_at_bodies(entry.chain) and hit.kind in QUERIES)
            yield hit._replace(root=root._replace(sure=root.sure and not unsure), entry=called)


def _of_callers(parsed: Sequence[FileFacts], code: Code, sinks: Sinks, entries: Mapping[tuple[str, str], Handler]) -> Iterator[Hit]:
    """What comes to sinks of what functions are given that nothing in the app calls, and of what AWS calls with anything."""
    by_others = [(path, entry.graph) for (path, _), entry in entries.items() if entry.framework == LAMBDA and entry.function is not None]
    by_nobody = [(path, graph) for path, graph in uncalled(parsed, code) if (path, graph.function) not in entries]
    for path, graph in (*by_others, *by_nobody):
        function = code.functions(path)[graph.function]
        for hit in sinks.of(path, graph):
            root = given_by_caller(hit.root, path, function) if not hit.root.source and hit.target is None else None
            if root is not None and hit.kind in TEXTS:
                yield hit._replace(root=root)


def _of_operators(parsed: Sequence[FileFacts], sinks: Sinks, known: Mapping[tuple[str, str], Graph]) -> Iterator[Hit]:
    """What comes from whoever starts the program, or from nobody knows where, in all functions that no text of strangers comes to."""
    for file in parsed:
        for graph in file.graphs:
            if (file.path, graph.function) not in known:
                hits = (hit for hit in sinks.of(file.path, graph) if hit.target is None)
                yield from (hit for hit in hits if hit.kind in _MINDED.get(hit.root.source, ()))


def _distinct(hits: list[Hit], around: Surroundings) -> tuple[Flow, ...]:
    best: dict[tuple[str, Place, str], Hit] = {}
    for hit in hits:
        key = (hit.kind, _told(hit), hit.root.source)
        known = best.get(key)
        if known is None or _rank(hit) < _rank(known):
            best[key] = hit
    ordinals: dict[str, int] = {}
    found: list[Flow] = []
    for hit in sorted(best.values(), key=lambda hit: (_told(hit), hit.kind, hit.root.source)):
        path, function, _ = _told_at(hit)
        package = around.package_of(path).root
        sink = hit.sink.removeprefix(RESPONSE)
        caller = around.caller(*hit.entry) if hit.entry is not None else None
        # Who has an account already, and no right, sets one with the rest of a record that is not theirs to write.
        kind = RECORD if hit.kind == ROLE and caller == "account" else hit.kind
        name = f"{package}|flow|{path}#{function}|{kind} {sink}"
        ordinal = ordinals[name] = ordinals.get(name, 0) + 1
        found.append(
            Flow(
                kind=kind,
                source=hit.root.source,
                sink=hit.call.method if hit.sink.startswith(RESPONSE) else hit.sink,
                function=function,
                place=_told(hit),
                package=package,
                certain=hit.root.is_certain(hit.kind),
                whose=_WHOSE.get(hit.root.source, "a request"),
                caller=caller,
                path_class=around.path_class(path),
                key=f"{name}|{ordinal}",
                subject=f"sink|{path}#{function}|{sink}|{ordinal}",
                trail=(*hit.root.steps, Step(hit.place, _WORDS.get(hit.kind, "comes to a place here where it does harm"))),
            )
        )
    return tuple(found)


def _told_at(hit: Hit) -> tuple[str, str, FlowCall]:
    """Where the text is put together; what a model writes is put together nowhere, and is not to be run as it is."""
    return hit.told_at if hit.root.source not in (MODEL, TOOL_INPUT) else (hit.path, hit.function, hit.call)


def _told(hit: Hit) -> Place:
    path, _, call = _told_at(hit)
    return Place(path, call.span)


def _rank(hit: Hit) -> tuple[bool, bool, int, str]:
    unknown = hit.kind in (ROLE, RECORD) and hit.entry is None
    return (unknown, hit.root.is_certain(hit.kind) is None, len(hit.root.steps), str(hit.root.steps))


__all__ = ["OF_VALUES", "Found", "Root", "Surroundings", "ask_on", "follow", "lead_on"]
