"""What a function answers with: the values that it hands to what writes an answer, or gives back to a framework that does."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from batten.facts.flows import COMPONENT, Changed, Checked, Choice, Constant, FlowCall, Given, Graph, Outer, Result
from batten.regex import regex
from batten.text import Span

# Frameworks that send what handlers give back.
_GIVES = frozenset(
    ("fastapi", "flask", "litestar", "ninja", "nestjs", "fastify", "action", "loader", "trpc", "convex", "nitro", "elysia", "tanstack")
)
_SENDS = frozenset(("json", "send", "jsonp"))
_ANSWER = regex(r"res|resp|response|reply|rep|c|ctx|context|h|_res", re.IGNORECASE)
_MAKERS = frozenset((
    "Response.json", "next/server.NextResponse.json", "flask.jsonify", "flask.json.jsonify", "quart.jsonify", "fastapi.responses.JSONResponse", "starlette.responses.JSONResponse",
    "fastapi.responses.ORJSONResponse", "django.http.JsonResponse", "rest_framework.response.Response", "aiohttp.web.json_response", "sanic.response.json", "@sveltejs/kit.json",
    "@remix-run/node.json", "@remix-run/cloudflare.json", "@remix-run/react.data", "react-router.data", "react-router.json",
))  # fmt: skip
_TEXTS = frozenset(("Response", "next/server.NextResponse"))
_CONTENT = frozenset(("content", "data", "body"))
_PAGE_DATA = frozenset(("getServerSideProps", "getStaticProps"))
_STEPS = 30
_FAILURE = 400


class Answer(NamedTuple):
    """A value that is answered, where, and how a reader calls it."""

    node: int
    span: Span
    to: str


def answers(
    graph: Graph, framework: str | None, outside: Callable[[FlowCall], str | None], is_client: Callable[[str], bool]
) -> Iterator[Answer]:
    """The answers of one function; ``framework`` is that of the handler that it is, None for another function."""
    for call in graph.calls:
        name = outside(call)
        if name in _MAKERS:
            yield from (
                Answer(node, call.span, "an answer")
                for node in (*call.arguments[:1], *[node for key, node in call.keywords if key in _CONTENT])
            )
        elif (
            (name in _TEXTS and call.new and call.arguments)
            or (call.method in _SENDS and call.arguments and _is_answer(graph, call.receiver))
            or (call.callee == "=" and call.method == "body" and _is_answer(graph, call.receiver))
        ):
            yield Answer(call.arguments[0], call.span, "an answer")
        elif call.callee is not None and call.callee[0] == COMPONENT and framework == "page" and call.arguments and is_client(call.callee):
            yield Answer(call.arguments[0], call.span, "props of a component of the browser")
    if framework in _GIVES or graph.function in _PAGE_DATA:
        to = "the data of a page" if framework == "loader" or graph.function in _PAGE_DATA else "an answer"
        yield from (Answer(node, span, to) for node, span in graph.returns)


def _is_answer(graph: Graph, number: int) -> bool:
    """It is the response that a handler is given, or what a method of it gives: ``res.status(200)``."""
    for _ in range(_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Choice(of=several):
                number = several[0]
            case Result(call=index) if not _fails(graph, graph.calls[index]):
                number = graph.calls[index].receiver
            case Given(index=index):
                return 0 <= index < len(graph.parameters) and _ANSWER.fullmatch(graph.parameters[index]) is not None
            case Outer():
                return True  # the names of others are not looked up: what is asked of it says enough
            case _:
                return False
    return False


def _fails(graph: Graph, call: FlowCall) -> bool:
    """It says that something went wrong."""
    node = graph.nodes[call.arguments[0]] if call.method == "status" and call.arguments and call.arguments[0] >= 0 else None
    return type(node) is Constant and isinstance(node.value, int) and node.value >= _FAILURE
