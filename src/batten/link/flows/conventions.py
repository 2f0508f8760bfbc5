"""Whose rows know what the handlers of a framework are called with; knows no function and no row.

Hosts and libraries take over how others call handlers: with a request and a response of Node, with a request of the web platform, with an event of AWS.
"""

from typing import NamedTuple

from batten.facts.routes import RouteKind


class Convention(NamedTuple):
    """The framework that rows call it by, and the parameter that is the first one there."""

    rows: str
    first: int = 0


OF_SERVER = "http-server"
"""The framework of handlers that ask their own object for the request: https://docs.python.org/3/library/http.server.html#http.server.BaseHTTPRequestHandler."""
OBJECT = "self"
"""The slot of that object."""
_NODE, _WEB, _LOADER = Convention("express"), Convention("next"), Convention("loader")
_PROCEDURE = Convention("procedure")
_HTTP = {
    "node": (_NODE,),
    "firebase": (_NODE,),
    "awilix": (_NODE,),
    # https://cloud.google.com/functions/docs/writing/write-http-functions
    "google-functions": (_NODE,),
    # https://vercel.com/docs/functions/runtimes/node-js: a request and a response, or those of the web platform
    "vercel": (_NODE, _WEB),
    # https://docs.netlify.com/build/functions/lambda-compatibility/ and the newer ones
    "netlify": (Convention("lambda"), _WEB),
    # https://learn.microsoft.com/azure/azure-functions/functions-reference-node: the request comes first, or after the context
    "azure-functions": (Convention("azure"), Convention("express", 1)),
    "workers": (_WEB,),
    # https://developers.cloudflare.com/pages/functions/api-reference/#eventcontext
    "pages-functions": (_LOADER,),
    "deno": (_WEB,),
    # https://bun.com/docs/runtime/http/routing
    "bun": (_WEB, _NODE),
    "convex": (Convention("next", 1),),
    "astro": (_LOADER,),
    "tanstack": (_LOADER,),
    "http.server": (Convention(OF_SERVER),),
}
# https://flask.palletsprojects.com/en/stable/api/#flask.Request is what these hand over in Python.
_OF_FLASK = frozenset(("firebase", "google-functions"))
_PROCEDURES = {
    # https://docs.astro.build/en/guides/actions/ https://svelte.dev/docs/kit/remote-functions
    "astro": (_PROCEDURE,),
    "sveltekit": (_PROCEDURE,),
    # https://docs.convex.dev/functions/actions
    "convex": (Convention("procedure", 1),),
}


def conventions(framework: str, kind: RouteKind, *, python: bool) -> tuple[Convention, ...]:
    """Those of a framework, the likelier first."""
    if kind is RouteKind.SERVER_ACTION:
        return (Convention("action"),)
    if kind is RouteKind.HTTP:
        return (Convention("flask-request"),) if python and framework in _OF_FLASK else _HTTP.get(framework, (Convention(framework),))
    return _PROCEDURES.get(framework, (Convention(framework),)) if kind is RouteKind.PROCEDURE else (Convention(framework),)
