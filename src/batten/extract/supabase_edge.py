"""Supabase edge functions: the handler that ``supabase/functions/<name>/index.*`` serves."""

from batten.extract.declared import Declared, every_call, functions_in, step
from batten.facts.calls import Call, Function
from batten.facts.modules import Export
from batten.facts.routes import Endpoint, RouteKind
from batten.regex import regex
from batten.text import Place

_FILE = regex(r"^(?:.*/)?supabase/functions/(?P<name>[^_/][^/]*)/index\.[cm]?[jt]sx?$")
_SENT = ("POST",)  # https://supabase.com/docs/reference/javascript/functions-invoke
_ANSWERED = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE"))
_READ = frozenset(("json", "text", "formData", "arrayBuffer", "blob"))


def is_function_file(path: str) -> bool:
    """The path makes it an edge function."""
    return _FILE.match(path) is not None


def extract(path: str, functions: tuple[Function, ...], exports: tuple[Export, ...]) -> Declared:
    """The one endpoint of an edge function's file; several ``serve`` calls give the last."""
    match = _FILE.match(path)
    if match is None:
        return Declared()
    found: Endpoint | None = None
    for _, call in every_call(functions):
        if call.callee in ("Deno.serve", "Bun.serve") or step(call) == "serve":
            names = [name for value in call.arguments for name in functions_in(value)]
            handler = next((name for name in names if name.startswith("#") and "@" in name), names[-1] if names else None)
            if handler is not None:
                place = _place(functions, handler, Place(path, call.span))
                found = _endpoint(match["name"], handler, place, _methods(functions, handler), _wrappers(functions, handler))
    if found is None and any(export.name == "default" for export in exports):
        handlers = [function for function in functions if function.name.startswith(("@", "default", "fetch"))]
        if handlers:
            handler = f"#{handlers[0].name}"
            found = _endpoint(match["name"], handler, handlers[0].place, _methods(functions, handler))
    return Declared(() if found is None else (found,))


def _place(functions: tuple[Function, ...], handler: str, served: Place) -> Place:
    """Where a handler with a name stands, which the call that serves it may be far from; the call for one that is written in place."""
    return next((function.place for function in functions if f"#{function.name}" == handler and "@" not in handler), served)


def _methods(functions: tuple[Function, ...], handler: str) -> tuple[str, ...]:
    """The methods that a handler answers to, as far as it looks at them: ``POST`` for one that takes any, as that is what the client sends."""
    found = next((function for function in functions if f"#{function.name}" == handler), None)
    asked = [each for each in found.by_method if each.for_them] if found is not None else []
    named = dict.fromkeys(method for each in asked for method in each.methods if method in _ANSWERED)
    if found is None or not named:
        return _SENT
    # What is read of a request outside of all that is for some methods is read of any other.
    parts = [each.reach for each in asked]
    rest = any(step(call) in _READ and not any(call.span in part for part in parts) for call in found.calls)
    return tuple(named) if "POST" in named or not rest else (*named, *_SENT)


def _wrappers(functions: tuple[Function, ...], handler: str) -> tuple[str, ...]:
    """What the handler is wrapped in before it is served: ``serve(withUser(async (req) => …))``."""
    found = next((function for function in functions if f"#{function.name}" == handler), None)
    if found is None:
        return ()
    return tuple(wrapper.callee for wrapper in found.wrappers if step(wrapper) != "serve" and not _lets_all_in(wrapper))


def _lets_all_in(wrapper: Call) -> bool:
    """``withSupabase({ auth: "none" }, …)``: the public key proves nothing either."""
    return step(wrapper) == "withSupabase" and any(
        argument.slot in ("0.auth", "0.allow") and argument.text in ("none", "publishable", "anon", "public", "always")
        for argument in wrapper.arguments
    )


def _endpoint(name: str, handler: str, place: Place, methods: tuple[str, ...], chain: tuple[str, ...] = ()) -> Endpoint:
    return Endpoint("supabase-edge", RouteKind.EDGE_FUNCTION, methods, f"/functions/v1/{name}", "", handler, place, chain)
