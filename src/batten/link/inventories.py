"""What the tools of one agent can do together, and the rights that they are given for it; knows no framework."""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from typing import NamedTuple

from batten.facts.calls import Argument, Call, Function, Origin, simple_name
from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.routes import EffectKind
from batten.facts.services import Package
from batten.facts.vocabulary import Meaning, Row, Vocabulary
from batten.link.callgraph import Code
from batten.link.deeds import WRITES
from batten.link.effects import Effects
from batten.link.flows.tools import tools
from batten.regex import regex
from batten.text import Place

LEAK = "agent-leak"
"""The kind of uses for agents that read what strangers write, know what is private, and can send it away."""
DELETES = "deleting-tools"
"""The kind of uses for tools of one file that delete what is in the database, and ask nobody."""
TOKEN = "agent-token"  # noqa: S105 - a kind of use
"""The kind of uses for agents with rights that they do not need."""
_ENVIRONMENT = "agent-environment"
_RECORD, _EXECUTED = ".tools.", ".execute"
_PRIVATE = frozenset((EffectKind.DATABASE_READ, EffectKind.FILE_READ, *WRITES)) - {EffectKind.MAIL}
_ONLY_READS = frozenset((EffectKind.DATABASE_READ, EffectKind.FILE_READ))
_ASKS_A_PERSON = regex(r"approv|confirm|human|interrupt|permission", re.IGNORECASE)
_BROAD = regex(
    r"SERVICE_ROLE|SERVICE_KEY|(?:^|_)(?:ADMIN|ROOT|OWNER|MASTER|SUPERUSER|CLASSIC|GLOBAL)_(?:\w+_)?(?:KEY|TOKEN|PAT|URL|SECRET)$|(?:^|_)OWNER_DATABASE_URL$"
)
_NARROW = regex(r"READ_?ONLY|RESTRICTED|SCOPED|FINE_?GRAINED|(?:^|_)RO(?:_|$)", re.IGNORECASE)
_OWNER = regex(r"(?:user|owner|account|tenant|org(?:anization)?|workspace|team|author|member)_?id|created_?by", re.IGNORECASE)
_SIGNED_IN = regex(r"(?:^|[@#._])(?:session|current_?user|user|ctx|context|deps|runtime|claims)(?:\.|$)", re.IGNORECASE)
_VARIABLE = regex(r"(?:environ(?:\.get)?[.(]|getenv\(|process\.env\.|env\.get\()(?P<name>[A-Z_][A-Z0-9_]*)")


class _Does(NamedTuple):
    """What one tool does."""

    name: str
    brings_in: bool = False
    private: bool = False
    sends_away: bool = False


class Inventories:
    """The tools of agents, by what they do."""

    def __init__(self, code: Code, vocabulary: Vocabulary, effects: Effects) -> None:
        self._code = code
        self._vocabulary = vocabulary
        self._effects = effects
        rows = [row for row in vocabulary.calls.rows if row.means is Meaning.AGENT_TOOL and "tools" in (row.arg or "")]
        self._makers = frozenset(row.pattern.rpartition(".")[2] for row in rows)

    def agents(self, files: Iterable[FileFacts]) -> Iterator[tuple[str, Call, list[Argument]]]:
        """The calls that make agents, with their files, and the arguments that name tools."""
        for file, calls in self._code.memo.said("makes agents", files, self._may_make):
            for call in calls:
                rows = self._vocabulary.calls.lookup(self._code.target(file.path, call.callee).name)
                slots = {slot for row in rows if row.means is Meaning.AGENT_TOOL for slot in (row.arg or "").split("|")}
                # A record of tools has them under names of its own: `tools: { search, send: tool({ execute }) }`.
                ways = tuple(slot.removesuffix(_EXECUTED) for slot in slots if slot.endswith(_EXECUTED))
                given = [each for each in call.arguments if each.slot in slots or any(fnmatchcase(each.slot, way) for way in ways)]
                if given:
                    yield file.path, call, given

    def _may_make(self, file: FileFacts) -> list[Call]:
        """The calls that may make agents, by the last step of their names."""
        calls = (call for function in file.functions for call in function.calls)
        return [call for call in calls if simple_name(call.callee) in self._makers]

    def leaks(self, path: str, call: Call, given: list[Argument]) -> tuple[_Does, ...]:
        """Tools that strangers, what is private, and a way out meet in; empty where one of these lacks, or a person is asked."""
        if any(_ASKS_A_PERSON.search(each.slot) for each in call.arguments):
            return ()
        asked = [(source, each.slot.rpartition(_RECORD)[2] if _RECORD in each.slot else "") for each in given for source in each.sources]
        tools = [found for source, called in asked if (found := self._tool(path, source.text, source.origin, called)) is not None]
        parts = [next((tool for tool in tools if tool[at]), None) for at in (1, 2, 3)]
        return tuple(part for part in parts if part is not None) if None not in parts else ()

    def tools(self, path: str, given: list[Argument]) -> Iterator[tuple[str, Function]]:
        """The app's own functions among the tools."""
        for each in given:
            for source in each.sources:
                target = self._code.target(path, source.text) if source.origin is Origin.NAME and "#" in source.text else None
                if target is not None and target.path is not None and target.function is not None and not target.rest:
                    yield target.path, target.function

    def reads_with_all_rights(self, path: str, function: Function) -> bool:
        """It only reads, with a key that no policy holds back."""
        reached = self._effects.of(path, function)
        return bool(reached) and any(each.admin for each in reached) and {each.kind for each in reached} <= _ONLY_READS

    def _tool(self, path: str, name: str, origin: Origin, called: str) -> _Does | None:
        target = self._code.target(path, name) if "#" in name and origin in (Origin.NAME, Origin.CALL) else None
        if target is None:
            return None
        function = target.function
        if target.path is None or function is None:
            kinds = self._kinds(target.name, None)
            return _Does(target.name, Meaning.BRINGS_IN in kinds, False, Meaning.SENDS_AWAY in kinds) if kinds else None
        if any(_ASKS_A_PERSON.search(f"{wrapper.callee} {' '.join(a.slot for a in wrapper.arguments)}") for wrapper in function.wrappers):
            return None
        inside = self._effects.through(target.path, function)
        if any(_ASKS_A_PERSON.search(call.callee) for _, each in inside for call in each.calls):
            return None
        kinds = {kind for at, each in inside for call in each.calls for kind in self._kinds(self._code.target(at, call.callee).name, call)}
        effects = {each.kind for each in self._effects.of(target.path, function)}
        sends = Meaning.SENDS_AWAY in kinds or EffectKind.MAIL in effects
        return _Does(called or function.name, Meaning.BRINGS_IN in kinds, bool(effects & _PRIVATE), sends)

    def _kinds(self, name: str, call: Call | None) -> set[Meaning]:
        rows = (row for row in self._vocabulary.calls.lookup(name) if row.means in (Meaning.BRINGS_IN, Meaning.SENDS_AWAY))
        return {row.means for row in rows if row.arg is None or (call is not None and _is_chosen(row, call))}

    def deletes(self, path: str, function: Function) -> bool:
        """A tool that deletes rows, whosever they are, or writes past all policies, and asks nobody first."""
        inside = self._effects.through(path, function)
        names = [each.callee for _, part in inside for each in (*part.calls, *part.wrappers)]
        if any(_ASKS_A_PERSON.search(name) for name in names):
            return False
        if any(_is_of_somebody(call) for _, part in inside for call in part.calls):
            return False
        reached = self._effects.of(path, function)
        return any(
            (each.kind is EffectKind.DATABASE_DELETE and each.controlled) or (each.admin and each.kind in WRITES - {EffectKind.MAIL})
            for each in reached
        )


def _is_chosen(row: Row, call: Call) -> bool:
    """Nothing of the argument that a row is about is written out, so whoever calls chooses it."""
    about = next((each for each in call.arguments if each.slot == row.arg), None)
    chosen = about is not None and bool(about.sources) and all(each.origin is not Origin.LITERAL for each in about.sources)
    return chosen and row.applies(call.arguments) is True


def _is_of_somebody(call: Call) -> bool:
    """What it asks for, or changes, is looked up by whose it is, or by who is signed in."""
    said = (text for each in call.arguments for text in (each.slot, each.text or "", each.sql or ""))
    given = (source.text for each in call.arguments for source in each.sources if source.origin is not Origin.LITERAL)
    return any(_OWNER.search(text) for text in said) or any(_SIGNED_IN.search(text) for text in given)


def inventories(
    files: Iterable[FileFacts],
    uses: Iterable[Use],
    code: Code,
    vocabulary: Vocabulary,
    effects: Effects,
    package_of: Callable[[str], Package],
    path_class: Callable[[str], str],
    serving: AbstractSet[str],
) -> Iterator[Use]:
    """Agents by which what is private leaves, and rights that agents are given and do not need."""
    for kind, shown, place in _found(list(files), uses, code, vocabulary, effects):
        root = package_of(place.path).root
        name = f"{place.path}|{kind}|{shown}"
        yield Use(
            kind=kind, name=shown, arguments=(), slots=(), function="", place=place, package=root, served=root in serving, path_class=path_class(place.path),
            key=f"{root}|use|{name}", subject=f"use|{name}",
        )  # fmt: skip


def _found(
    files: list[FileFacts], uses: Iterable[Use], code: Code, vocabulary: Vocabulary, effects: Effects
) -> Iterator[tuple[str, str, Place]]:
    known = Inventories(code, vocabulary, effects)
    seen: set[tuple[str, str]] = set()
    for path, call, given in known.agents(file for file in files if file.parsed):
        place = Place(path, call.span)
        does = known.leaks(path, call, given)
        if does:
            shown = ", ".join(dict.fromkeys(f"`{each.name}`" for each in does))
            yield LEAK, shown, place
        for at, function in known.tools(path, given):
            if (at, function.name) not in seen and known.reads_with_all_rights(at, function):
                seen.add((at, function.name))
                yield TOKEN, f"`{function.name}` only reads, with a key that may do everything", function.place
    deleting: dict[str, list[Function]] = {}
    for at, function in sorted(tools(files, code, vocabulary), key=lambda each: (each[0], each[1].place)):
        if function not in deleting.get(at, ()) and known.deletes(at, function):
            deleting.setdefault(at, []).append(function)
    for functions in deleting.values():
        shown = ", ".join(f"`{_called(each)}`" for each in functions[:3])
        yield DELETES, f"{shown} {'delete' if len(functions) > 1 else 'deletes'} rows, and nobody is asked first", functions[0].place
    for use in uses:
        if use.kind == _ENVIRONMENT:
            names = sorted({name for text in use.arguments for name in _named(text)})
            if names:
                yield TOKEN, f"{', '.join(f'`{name}`' for name in names)} is handed to a server of tools", use.place
    for file in files:
        for server in file.tool_servers:
            broad = [setting for setting in server.settings if _is_broad(setting.slot)]
            for setting in broad[:1]:
                yield TOKEN, f"`{setting.slot}` is handed to the server of tools `{server.name}`", Place(file.path, setting.span)


def _called(function: Function) -> str:
    """The name of a tool, or of what it is written in."""
    return function.name.partition(".@")[0].rpartition(".")[2] or "a tool"


def _named(text: str) -> Iterator[str]:
    """The variables of broad rights in an argument: by the name that it is handed on under, and by the one that it comes from."""
    slot, _, value = text.partition("=")
    steps = slot.split(".")
    if "env" not in steps[:-1]:
        return
    found = _VARIABLE.search(value.replace("#", "."))
    for name in (steps[-1], found["name"] if found is not None else ""):
        if _is_broad(name):
            yield name


def _is_broad(name: str) -> bool:
    return _BROAD.search(name) is not None and _NARROW.search(name) is None
