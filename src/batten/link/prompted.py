"""What apps tell models that is not for them: keys, whole rows about somebody, and prompts that are written down; within one function, and knows no provider."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from batten.facts.calls import parted
from batten.facts.flows import Changed, Checked, Choice, Constant, Field, FlowCall, Graph, Named, Object, Result, Text, Use, name_of
from batten.facts.project import FileFacts
from batten.facts.secret_names import secret_name
from batten.facts.services import Package
from batten.finding import Step
from batten.regex import regex
from batten.text import Place

KIND = "told-to-model"
_PROMPT = frozenset(
    ("messages", "prompt", "input", "contents", "content", "system", "instructions", "body", "json", "data", "question", "query")
)
_MASKS = regex(r"(?i:redact|mask|anonymi[sz]|pseudonymi[sz]|scrub|presidio|deidentif)")
_SPELLS = frozenset(("stringify", "dumps", "str", "String", "format", "join", "strip", "trim", "concat", "map", "toString", "repr"))
_SPELLING = frozenset(("stringify", "dumps", "str", "String", "repr", "pformat", "inspect"))
_WHOLE = frozenset(("model_dump", "dict", "to_dict", "toJSON", "toObject", "model_dump_json"))
_LOOKS_UP = regex(
    r"^(?:find(?:_?(?:one|first|unique|by_?id|by_?pk|OrThrow|UniqueOrThrow|FirstOrThrow))?|fetch_?(?:one|all)|first|one|one_or_none|single|maybeSingle|get_or_404|scalar_one)$",
    re.IGNORECASE,
)
_PERSONAL = regex(
    r"^(?:e_?mail(?:_?address)?|phone(?:_?number)?|mobile|ssn|social_?security(?:_?number)?|passport(?:_?number)?|date_?of_?birth|dob|birth_?date|home_?address|street_?address|iban|card_?number|credit_?card|diagnos[ie]s|medical_?history|medications?|salary)$",
    re.IGNORECASE,
)
_ENVIRONMENTS = frozenset(("process.env", "os#environ", "import.meta.env", "Deno.env", "Bun.env"))
_READS = frozenset(("os#getenv", "os#environ.get", "Deno.env.get"))
_FETCHING = frozenset(("fetch", "post", "request", "axios", "$fetch", "ky", "got", "put"))
_KEYS_AT_HOME = frozenset(("headers", "Authorization", "authorization", "apiKey", "api_key"))
_LOGS = frozenset(("log", "info", "debug", "print", "warning", "error"))
_MOST_NODES = 300
_SECRET, _PERSON, _LOGGED = "secret", "person", "logged"
_SHOWN = {_SECRET: "the key `{}`", _PERSON: "`{}` of somebody", _LOGGED: "what goes into a log ({})"}


def told_to_models(
    calls: Iterable[tuple[Place, str]], files: Iterable[FileFacts], package_of: Callable[[str], Package], path_class: Callable[[str], str]
) -> Iterator[Use]:
    """One for each file and way; ``what`` among the arguments says which."""
    places: dict[str, list[Place]] = {}
    for place, _ in calls:
        if path_class(place.path) == "product":
            places.setdefault(place.path, []).append(place)
    for file in [file for file in files if file.path in places]:
        found: dict[str, dict[str, Place]] = {}
        spans = {place.span for place in places[file.path]}
        kept = _kept_secrets(file)
        for graph in file.graphs:
            for call in graph.calls:
                if call.span in spans:
                    for what, name in _told(graph, call, kept):
                        found.setdefault(what, {}).setdefault(name, Place(file.path, call.span))
        for what, names in sorted(found.items()):
            root = package_of(file.path).root
            shown = _SHOWN[what].format("`, `".join(sorted(names)[:3]))
            key = f"{root}|use|{file.path}|{KIND}|{what}"
            yield Use(
                kind=KIND, name=shown, arguments=(f"what={what}",), slots=(), function="", place=min(names.values()), package=root,
                path_class="product", key=key, subject=f"use|{file.path}|{KIND}|{what}",
                trail=tuple(Step(place, f"`{name}` is told here") for name, place in sorted(names.items())),
            )  # fmt: skip


def _told(graph: Graph, call: FlowCall, kept: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is in the prompt of one call."""
    start = [number for key, number in call.keywords if key in _PROMPT]
    # What is fetched is given its address first, where keys are at home.
    by_address = call.method in _FETCHING or (call.callee or "").rpartition("#")[2] in _FETCHING
    for number in call.arguments[1:] if by_address else call.arguments:
        node = graph.nodes[number] if number >= 0 else None
        start += [inner for key, inner in node.fields if key in _PROMPT] if type(node) is Object else [] if by_address else [number]
    things = _things(graph, start)
    logged = next(
        (other for other in graph.calls if other.method in _LOGS and not things.isdisjoint(_spelled_out(graph, other.arguments))), None
    )
    if logged is not None:
        yield _LOGGED, f"{logged.callee or logged.method}".replace("#", ".")
    pending, seen = list(start), 0
    while pending and seen < _MOST_NODES:
        number = pending.pop()
        seen += 1
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Object(fields=fields, base=base):
                pending += (base, *(inner for key, inner in fields if key not in _KEYS_AT_HOME))
            case Choice(of=several) | Text(parts=several):
                pending += several
            case Checked(of=inner) | Changed(before=inner):
                pending.append(inner)
            case Named(name=held) if held in kept:
                yield _SECRET, kept[held]
            case Field(of=inner, key=key):
                if _is_environment(graph, inner) and secret_name(key):
                    yield _SECRET, key
                elif _PERSONAL.search(key) or key == "__dict__":
                    yield _PERSON, key
            case Result(call=index):
                made = graph.calls[index]
                asked = _asked_for(graph, made)
                if asked is not None:
                    yield _SECRET, asked
                elif _MASKS.search(made.callee or made.method):
                    continue
                elif made.method in _WHOLE:
                    yield _PERSON, made.method
                elif made.method in _SPELLS:
                    whole = next((name for each in made.arguments if (name := _row(graph, each)) is not None), None)
                    if whole is not None:
                        yield _PERSON, whole
                    pending += (*made.arguments, made.receiver)


def _kept_secrets(file: FileFacts) -> dict[str, str]:
    """The secrets of the environment that names of the module hold, by these."""
    found: dict[str, str] = {}
    module = next((graph for graph in file.graphs if not graph.function), None)
    for name, number in module.variables if module is not None else ():
        node = module.nodes[number] if module is not None and number >= 0 else None
        if module is not None and isinstance(node, Field) and _is_environment(module, node.of) and secret_name(node.key):
            found[f"#{name}"] = node.key
        elif module is not None and isinstance(node, Result) and (asked := _asked_for(module, module.calls[node.call])) is not None:
            found[f"#{name}"] = asked
    return found


def _things(graph: Graph, numbers: Iterable[int]) -> set[int]:
    """Those that are no constants, and of what is sent as it is spelled the prompts in it: texts that are written in the code may be logged."""
    found = _spelled_out(graph, [number for number in numbers if number >= 0 and not isinstance(graph.nodes[number], Text)])
    inner = [at for each in found if isinstance(node := graph.nodes[each], Object) for key, at in node.fields if key in _PROMPT]
    return {each for each in (*found, *numbers, *inner) if each >= 0 and not isinstance(graph.nodes[each], Constant)}


def _spelled_out(graph: Graph, numbers: Iterable[int]) -> set[int]:
    """Values, with what texts are put together of and what is spelled as text; not what is only read of them."""
    found: set[int] = set()
    pending = list(numbers)
    while pending and len(found) < _MOST_NODES:
        number = pending.pop()
        if number < 0 or number in found:
            continue
        found.add(number)
        match graph.nodes[number]:
            case Text(parts=parts):
                pending += parts
            case Checked(of=before) | Changed(before=before):
                pending.append(before)
            case Result(call=index) if graph.calls[index].method in _SPELLING:
                pending += graph.calls[index].arguments
    return found


def _is_environment(graph: Graph, number: int) -> bool:
    return name_of(graph.nodes, number) in _ENVIRONMENTS


def _asked_for(graph: Graph, call: FlowCall) -> str | None:
    """The secret that a call reads of the environment."""
    node = graph.nodes[call.arguments[0]] if call.callee in _READS and call.arguments and call.arguments[0] >= 0 else None
    return str(node.value) if type(node) is Constant and secret_name(str(node.value)) else None


def _row(graph: Graph, number: int) -> str | None:
    """What a row was looked up by, where a value is one as it is: all of its columns."""
    node = graph.nodes[number] if number >= 0 else None
    while type(node) in (Checked, Changed):
        inner = node.of if isinstance(node, Checked) else node.before if isinstance(node, Changed) else -1
        node = graph.nodes[inner] if inner >= 0 else None
    if type(node) is not Result:
        return None
    call = graph.calls[node.call]
    return parted(call.callee or call.method)[1] or call.method if _LOOKS_UP.search(call.method) else None
