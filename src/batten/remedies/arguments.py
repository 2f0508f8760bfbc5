"""Gives one call the argument that makes it safe, or takes the one away that makes it unsafe; all others stay as they are written."""

import json
import re
from collections.abc import Iterator

from batten.code.model import Assign, Call, Language, Literal, Record, Sequence, Unit
from batten.discover import Unread
from batten.facts.flows import Flow, Use
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

_MOST_TOKENS = 1000
_ORIGINS = "ALLOWED_ORIGINS"
_ORIGINS_OF_PYTHON = f'os.environ.get("{_ORIGINS}", "").split(",")'
_ORIGINS_OF_JAVASCRIPT = f'(process.env.{_ORIGINS} ?? "").split(",")'
_CAPS = (
    (regex(r"openai\..*\bresponses\.create"), "max_output_tokens"),
    (regex(r"openai\..*\bcompletions\.create"), "max_completion_tokens"),
    (regex(r"(?:groq|groq-sdk|together|litellm)\..*"), "max_tokens"),
)
# Models, and servers that speak like OpenAI's, that know the limit by its old name.
_OLD_NAME = regex(rb"[\"'](?:openai/)?gpt-(?:3|4)")
_ELSEWHERE = regex(rb"base_?url", re.IGNORECASE)
_OF_AI_SDK = frozenset(("ai.generateText", "ai.streamText"))
_MAJOR = regex(r"[\^~>=v\s]*(\d+)")
_RENAMED = 5
"""The version of the AI SDK that renamed its limit: https://ai-sdk.dev/docs/migration-guides/migration-guide-5-0"""


def named_origins(app: App, finding: Finding) -> Iterator[Fix]:
    """The addresses that the environment names, and none where it names none."""
    use = fact(app.project.uses, finding)
    unit = sites.code(app, use.place.path) if use is not None else None
    if use is None or unit is None:
        return
    call = sites.call_at(unit, use.place.span)
    edits = _origins(app, unit, call) if call is not None else _django_origins(app, unit, use)
    if edits:
        stop = Step(
            use.place, f"pages of other addresses than those in `{_ORIGINS}` are refused: name your own there, with commas between them"
        )
        yield Fix(f"Let the pages of `{_ORIGINS}` alone call the app", Safety.UNSAFE, tuple(edits), (stop,))


def _origins(app: App, unit: Unit, call: Call) -> list[Edit]:
    if unit.language is not Language.PYTHON:
        given = [entry.value for each in call.args if isinstance(each, Record) for entry in each.entries if entry.key == "origin"]
        return [Edit(unit.path, given[0].span, _ORIGINS_OF_JAVASCRIPT)] if len(given) == 1 else []
    data = app.text(unit.path)
    imports = sites.with_os(unit, data)
    names = {each.name for each in call.keywords}
    if imports is None or None in names or "resources" in names:
        return []
    for name in ("allow_origins", "origins"):
        value = sites.keyword(call, name)
        if value is not None and "allow_origin_regex" not in names:
            plain = isinstance(value, Sequence | Literal) or data[value.span.start : value.span.end].startswith(b"os.")
            return [*imports, Edit(unit.path, value.span, _ORIGINS_OF_PYTHON)] if plain else []
    if names & {"allow_origin_regex", "allow_origins"}:
        return []
    return [*imports, *_keyword_added(unit, data, call, f"origins={_ORIGINS_OF_PYTHON}")]


def _django_origins(app: App, unit: Unit, use: Use) -> list[Edit]:
    """``CORS_ALLOW_ALL_ORIGINS = False``, with the list that counts then."""
    data = app.text(unit.path)
    written = next((each for each in sites.statements(unit) if isinstance(each, Assign) and each.span == use.place.span), None)
    written = written or sites.assignment_at(unit, use.place.span)
    imports = sites.with_os(unit, data)
    if written is None or written.value is None or data[written.value.span.start : written.value.span.end] != b"True" or imports is None:
        return []
    listed = any(
        sites.assignments(unit, name, unit.span)
        for name in ("CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_WHITELIST")
    )
    ends = "\r\n" if b"\r\n" in data else "\n"
    more = "" if listed else f'{ends}CORS_ALLOWED_ORIGINS = [each for each in os.environ.get("{_ORIGINS}", "").split(",") if each]'
    return [*([] if listed else imports), Edit(unit.path, written.value.span, f"False{more}")]


def output_cap(app: App, finding: Finding) -> Iterator[Fix]:
    """A limit on what a model writes, for one call."""
    use = fact(app.project.uses, finding)
    unit = sites.code(app, use.place.path) if use is not None else None
    call = sites.call_at(unit, use.place.span) if unit is not None and use is not None else None
    if use is None or unit is None or call is None or use.kind != "uncapped-call":
        return
    name = next((cap for pattern, cap in _CAPS if pattern.fullmatch(use.name)), None)
    if use.name in _OF_AI_SDK:
        name = _of_ai_sdk(app, use.package)
    data = app.text(unit.path)
    if name == "max_completion_tokens" and (_OLD_NAME.search(data, call.span.start, call.span.end) or _ELSEWHERE.search(data)):
        name = "max_tokens"
    edits = _argument_added(unit, data, call, name, str(_MOST_TOKENS)) if name is not None else []
    if edits:
        stop = Step(use.place, f"answers of more than {_MOST_TOKENS} tokens are cut: set what your longest honest answer needs")
        yield Fix(f"Let the model write {_MOST_TOKENS} tokens at most", Safety.UNSAFE, tuple(edits), (stop,))


def _of_ai_sdk(app: App, package: str) -> str | None:
    try:
        document = json.loads(app.text(f"{package}/package.json" if package else "package.json"))
        major = _MAJOR.match(str({**document.get("devDependencies", {}), **document.get("dependencies", {})}["ai"]))
    except (Unread, ValueError, KeyError, AttributeError, TypeError):
        return None
    if major is None:
        return None
    return "maxOutputTokens" if int(major[1]) >= _RENAMED else "maxTokens"


def _argument_added(unit: Unit, data: bytes, call: Call, name: str, value: str) -> list[Edit]:
    """One more argument, or one more entry of the options that stand in the call."""
    if unit.language is Language.PYTHON:
        return _keyword_added(unit, data, call, f"{name}={value}") if all(each.name is not None for each in call.keywords) else []
    options = call.args[0] if len(call.args) == 1 else None
    if not isinstance(options, Record) or not options.entries or any(entry.key is None for entry in options.entries):
        return []
    first = options.entries[0].span.start
    return [Edit(unit.path, Span(first, first), f"{name}: {value},{_line(data, first) or ' '}")]


def _keyword_added(unit: Unit, data: bytes, call: Call, text: str) -> list[Edit]:
    spans = [*(each.span for each in call.args), *(each.span for each in call.keywords)]
    if not spans:
        return []
    last = max(spans, key=lambda span: span.end)
    return [Edit(unit.path, Span(last.end, last.end), f",{_line(data, last.start) or ' '}{text}")]


def _line(data: bytes, at: int) -> str:
    """A new line with the indent of one that begins with what stands there; "" where more stands before it."""
    begin = data.rfind(b"\n", 0, at) + 1
    before = data[begin:at]
    ends = "\r\n" if data[:begin].endswith(b"\r\n") else "\n"
    return ends + before.decode() if begin and not before.strip() else ""


def secure_cookie(app: App, finding: Finding) -> Iterator[Fix]:
    """The cookie is sent over encrypted connections alone."""
    use = fact(app.project.uses, finding)
    unit = sites.code(app, use.place.path) if use is not None else None
    call = sites.call_at(unit, use.place.span) if unit is not None and use is not None else None
    if use is None or unit is None or call is None or unit.language is not Language.PYTHON:
        return
    value = sites.keyword(call, "secure")
    if isinstance(value, Literal) and value.value is False:
        edits = [Edit(unit.path, value.span, "True")]
        if sites.keyword(call, "httponly") is None:
            edits += _keyword_added(unit, app.text(unit.path), call, "httponly=True")
        stop = Step(use.place, "browsers send it over https alone, and to localhost; scripts of pages do not read it")
        yield Fix("Send the cookie over encrypted connections alone", Safety.UNSAFE, tuple(edits), (stop,))


def literal_only(app: App, finding: Finding) -> Iterator[Fix]:
    """Reads a value, and runs nothing: ``ast.literal_eval``, ``JSON.parse``."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None else None
    call = sites.call_at(unit, flow.place.span) if unit is not None and flow is not None else None
    if flow is None or unit is None or call is None or len(call.args) != 1 or call.keywords:
        return
    data = app.text(unit.path)
    if data[call.callee.span.start : call.callee.span.end] != b"eval":
        return
    edits = _literal_eval(unit, data, call) if unit.language is Language.PYTHON else [Edit(unit.path, call.callee.span, "JSON.parse")]
    if edits:
        yield Fix("Read a value, and run nothing", Safety.UNSAFE, tuple(edits), (_values_alone(flow),))


def _values_alone(flow: Flow) -> Step:
    return Step(flow.place, "what is more than a value (a calculation, a name, a call) is an error from here on")


def _literal_eval(unit: Unit, data: bytes, call: Call) -> list[Edit]:
    imports = sites.with_module(unit, data, "ast")
    return [*imports, Edit(unit.path, call.callee.span, "ast.literal_eval")] if imports is not None else []
