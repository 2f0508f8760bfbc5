"""Names that nothing in a file defines, and calls that give text nobody knows of: asked only where findings are wanted that may be none."""

import builtins
import sys

from batten.facts.flows import FlowCall
from batten.finding import Step
from batten.link.flows.origins import SENTENCES, Root
from batten.text import Place

UNKNOWN = "unknown"
"""The source of what comes from names that nothing defines, and out of calls without arguments of what nothing is known of."""
# Of what nothing is known, this is too little to say: most of it is the app's own.
_HARMLESS = frozenset(
    (
        *("address", "archive", "assignment", "authority", "code-context", "credential", "html", "lookups", "markup", "model-choice", "model-endpoint", "nosql", "nosql-code", "password-storage"),
        *("path", "postgrest", "redirect", "reset-link", "reset-token", "rendered", "system-prompt", "template", "trust", "upload", "xml", "xml-growth"),
    )
)  # fmt: skip
_PYTHON = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__path__", "__package__", "__spec__", "self", "cls"}
# What JavaScript, its servers and its browsers have by themselves, and what runs tests.
_JAVASCRIPT = frozenset(
    (
        *("Array", "ArrayBuffer", "BigInt", "Boolean", "DataView", "Date", "Error", "EvalError", "Function", "Infinity", "Intl", "JSON", "Map", "Math", "NaN"),
        *("Number", "Object", "Promise", "Proxy", "RangeError", "ReferenceError", "Reflect", "RegExp", "Set", "String", "Symbol", "SyntaxError", "TypeError"),
        *("URIError", "WeakMap", "WeakRef", "WeakSet", "Uint8Array", "Uint16Array", "Uint32Array", "Int8Array", "Int16Array", "Int32Array", "Float32Array"),
        *("Float64Array", "arguments", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "eval", "globalThis", "isFinite"),
        *("isNaN", "parseFloat", "parseInt", "super", "this", "undefined", "unescape", "import", "null"),
        *("Buffer", "Bun", "Deno", "__dirname", "__filename", "clearImmediate", "clearInterval", "clearTimeout", "console", "crypto", "exports", "fetch"),
        *("global", "module", "performance", "process", "queueMicrotask", "require", "setImmediate", "setInterval", "setTimeout", "structuredClone"),
        *("AbortController", "Blob", "Event", "EventSource", "File", "FileReader", "FormData", "Headers", "ReadableStream", "Request", "Response"),
        *("TextDecoder", "TextEncoder", "TransformStream", "URL", "URLSearchParams", "WebSocket", "Worker", "XMLHttpRequest", "atob", "btoa"),
        *("CSS", "CustomEvent", "DOMParser", "Element", "HTMLElement", "Image", "IntersectionObserver", "KeyboardEvent", "MouseEvent", "MutationObserver"),
        *("Node", "NodeList", "Notification", "Range", "ResizeObserver", "Selection", "alert", "caches", "chrome", "confirm", "customElements", "document"),
        *("frames", "getComputedStyle", "history", "indexedDB", "localStorage", "location", "matchMedia", "name", "navigator", "open", "opener", "origin"),
        *("parent", "postMessage", "prompt", "requestAnimationFrame", "screen", "self", "sessionStorage", "speechSynthesis", "top", "window"),
        *("$", "$page", "$route", "$store", "Astro", "Plotly", "React", "Vue", "_", "angular", "chai", "d3", "defineProps", "importScripts", "io", "jQuery"),
        *("afterAll", "afterEach", "beforeAll", "beforeEach", "cy", "describe", "expect", "it", "jest", "test", "vi"),
    )
)  # fmt: skip


def undefined(path: str, name: str) -> bool:
    """Whether nothing in the file, or in what runs it, gives a name its meaning."""
    first = name.partition(".")[0]
    return (
        bool(first)
        and "#" not in name
        and not first.startswith(("<", "@"))
        and first not in (_PYTHON if path.endswith(".py") else _JAVASCRIPT)
    )


def given_by_nobody(path: str, call: FlowCall) -> bool:
    """Whether a call gives text of which nothing tells where it comes from: of a name that nothing defines, or of a library in Python that is handed nothing."""
    callee = call.callee
    if callee is None or call.new:
        return False
    if undefined(path, callee):
        return True
    module, mark, function = callee.partition("#")
    handed = bool(call.arguments or call.keywords)
    known = module.partition(".")[0] in sys.stdlib_module_names or module.startswith(".")
    return bool(mark and module) and path.endswith(".py") and not handed and not known and "." not in function and function.islower()


def unknown(place: Place | None) -> Root:
    """The root of such a value."""
    return Root(UNKNOWN, ("", ""), 0, (), _HARMLESS, True, () if place is None else (Step(place, SENTENCES[UNKNOWN]),))
