"""What browsers get to see of what a model is told: texts with a secret in code that is sent to them, and conversations that go out with the instructions in them; knows no provider."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from batten.facts.calls import simple_name
from batten.facts.flows import Changed, Checked, Choice, Constant, FlowCall, Graph, Object, Result, Text, Use
from batten.facts.project import FileFacts
from batten.facts.services import Package, Setting, SettingKind
from batten.link.memo import Memo
from batten.text import Place, Span

KIND = "shown-prompt"
_ANSWERS = frozenset(("json", "send", "jsonify", "JSONResponse", "Response", "end"))
_ROLES = frozenset(("system", "developer"))
_MOST_NODES = 200


def shown_prompts(
    calls: Iterable[tuple[Place, str]],
    files: Sequence[FileFacts],
    package_of: Callable[[str], Package],
    path_class: Callable[[str], str],
    in_browser: Callable[[str], bool | None],
    memo: Memo,
) -> Iterator[Use]:
    """One for each text in code of browsers, and one for each file whose answers hold instructions; ``what`` among the arguments says which."""
    asking = {place.path for place, _ in calls}
    spoken = {file.path: settings for file, settings in memo.said("spoken secrets", files, _spoken)}
    for file in files if spoken or asking else ():
        if not (file.path in spoken or file.path in asking) or path_class(file.path) != "product":
            continue
        for setting in spoken.get(file.path, ()):
            if in_browser(file.path) is True:
                yield _use(f"`{setting.name}` tells a model {setting.shown}", "secret", setting.place, package_of, setting.name)
        if file.path not in asking:
            continue
        place = next((Place(file.path, span) for graph in file.graphs for span in _answered(graph)), None)
        if place is not None and in_browser(file.path) is not True:
            yield _use("the whole conversation is answered with", "history", place, package_of, "history")


def _spoken(file: FileFacts) -> list[Setting]:
    return [setting for setting in file.settings if setting.kind is SettingKind.SPOKEN_SECRET]


def _use(shown: str, what: str, place: Place, package_of: Callable[[str], Package], name: str) -> Use:
    root = package_of(place.path).root
    key = f"{root}|use|{place.path}|{KIND}|{name}"
    return Use(
        kind=KIND, name=shown, arguments=(f"what={what}",), slots=(), function="", place=place, package=root, path_class="product",
        in_browser=what == "secret", key=key, subject=f"use|{place.path}|{KIND}|{name}",
    )  # fmt: skip


def _answered(graph: Graph) -> Iterator[Span]:
    """Where a function answers with messages, one of which is an instruction that is written there."""
    for call in graph.calls:
        if _answers(call) and any(_instructs(graph, number) for number in (*call.arguments, *(inner for _, inner in call.keywords))):
            yield call.span


def _answers(call: FlowCall) -> bool:
    return call.method in _ANSWERS or simple_name(call.callee or "") in _ANSWERS


def _instructs(graph: Graph, start: int) -> bool:
    pending, seen = [start], 0
    while pending and seen < _MOST_NODES:
        number = pending.pop()
        seen += 1
        match graph.nodes[number] if number >= 0 else None:
            case Object(fields=fields, base=base):
                role = dict(fields).get("role", -1)
                said = graph.nodes[role] if role >= 0 else None
                if type(said) is Constant and said.value in _ROLES and "content" in dict(fields):
                    return True
                pending += (base, *(inner for _, inner in fields))
            case Choice(of=several) | Text(parts=several):
                pending += several
            case Checked(of=inner) | Changed(before=inner):
                pending.append(inner)
            case Result(call=index) if graph.calls[index].method in ("stringify", "dumps"):
                pending += graph.calls[index].arguments
    return False
