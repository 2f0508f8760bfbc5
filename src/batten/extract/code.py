"""From one source file to its code facts: functions, bindings, and what each framework reads in them."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from msgspec import structs

from batten.code.model import Language, Unit
from batten.extract import (
    aiohttp,
    cloud_functions,
    controllers,
    django,
    express,
    fastapi,
    fastify,
    file_routes,
    flask,
    flask_views,
    folders,
    function_files,
    graphql,
    listeners,
    litestar,
    nestjs,
    nextjs,
    ninja,
    procedures,
    sockets,
    sockets_python,
    starlette,
    supabase_edge,
)
from batten.extract.declared import Declared
from batten.extract.handed import handed
from batten.extract.summaries import summarise
from batten.facts.calls import Binding, Call, Function
from batten.facts.flows import Graph
from batten.facts.modules import Export
from batten.facts.secrets import Variable
from batten.facts.vocabulary import Meaning, Vocabulary, canonical
from batten.finding import Note, NoteKind
from batten.skim import PAGES, scripts_alone
from batten.text import Place, Span

_PYTHON = (".py", ".pyi")
_SCRIPTS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
_COMPONENTS = (".vue", ".svelte", ".astro")
_TYPED = ("ts", "tsx", ".vue", ".svelte", ".astro")


class CodeFacts(NamedTuple):
    """What the code of one file says."""

    functions: tuple[Function, ...]
    bindings: tuple[Binding, ...]
    declared: Declared
    notes: tuple[Note, ...]
    graphs: tuple[Graph, ...] = ()
    handed: tuple[Variable, ...] = ()


def language_of(path: str) -> Language | None:
    """The language of a file that has a code model of its own, or None."""
    lowered = path.lower()
    if lowered.endswith(_PYTHON):
        return Language.PYTHON
    if lowered.endswith((*_SCRIPTS, *PAGES)) and not lowered.endswith((".d.ts", ".d.mts", ".d.cts")):
        return Language.TYPESCRIPT if lowered.endswith(_TYPED) else Language.JAVASCRIPT
    return None


def is_entry(path: str) -> bool:
    """The path alone says that strangers reach the file."""
    return (
        nextjs.is_route_file(path)
        or supabase_edge.is_function_file(path)
        or folders.is_route_file(path)
        or function_files.is_function_file(path)
    )


def unit_of(path: str, data: bytes) -> Unit:
    """The code model of one file in a language of ``language_of``."""
    if language_of(path) is Language.PYTHON:
        from batten.code.lower_python import lower

        return lower(data, path)
    from batten.code.lower_components import with_markup
    from batten.code.lower_javascript import lower as lower_javascript

    unit = lower_javascript(scripts_alone(path, data), path)
    return with_markup(unit, data) if path.lower().endswith(_COMPONENTS) else unit


def code_facts(
    unit: Unit, data: bytes, exports: tuple[Export, ...], directives: tuple[str, ...], vocabulary: Vocabulary, *, follow: bool = True
) -> CodeFacts:
    """What the code model says of one file; ``data`` are its bytes. ``follow`` False: nobody asks which values go where."""
    path = unit.path
    summary = summarise(unit, _never_returns(vocabulary), follow=follow)
    notes = []
    if not summary.complete:
        message = "too large or too deeply nested to be read in full: findings may be missing here"
        notes.append(Note(NoteKind.LIMIT, message, Place(path, Span(0, 0))))
    if unit.broken:
        message = "part of this file could not be parsed: findings may be missing there"
        notes.append(Note(NoteKind.NOT_PARSED, message, Place(path, unit.broken[0])))
    if unit.language is Language.PYTHON:
        found = _of_python(unit, data, summary.functions, summary.bindings)
    elif supabase_edge.is_function_file(path):
        found = [supabase_edge.extract(path, summary.functions, exports)]
    else:
        found = [
            (fastify if _imports(unit.imports, "fastify") else express).extract(path, summary.functions, summary.bindings),
            nextjs.extract(path, summary.functions, summary.bindings, exports, directives),
            nestjs.extract(path, summary.functions, summary.bindings),
            controllers.extract(path, summary.functions, summary.bindings),
            procedures.extract(path, summary.functions, data),
            folders.extract(path, summary.functions, exports),
            file_routes.extract(path, summary.functions, summary.bindings),
            function_files.extract(path, summary.functions, exports),
            listeners.extract(path, summary.functions, exports, summary.bindings),
            sockets.extract(path, summary.functions, summary.bindings),
            cloud_functions.extract(path, summary.functions),
            graphql.extract(path, data, summary.functions, summary.bindings),
        ]
    return CodeFacts(
        _lightened(summary.functions), summary.bindings, _merge(found), tuple(notes), summary.graphs, handed(unit.path, data, unit)
    )


def _of_python(unit: Unit, data: bytes, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> list[Declared]:
    path = unit.path
    if _imports(unit.imports, "functions_framework", "firebase_functions", "azure"):
        found = [cloud_functions.extract_python(path, functions, bindings)]
        if found[0].endpoints:
            return found
    if _imports(unit.imports, "litestar", "starlite"):
        return [litestar.extract(path, functions, bindings)]
    if _imports(unit.imports, "ninja", "ninja_extra"):
        found = [ninja.extract(path, functions, bindings)]
        return [*found, django.extract(path, data, functions, bindings)] if b"urlpatterns" in data else found
    with_fastapi, with_flask = _imports(unit.imports, "fastapi"), _imports(unit.imports, "flask")
    with_starlette = _imports(unit.imports, "starlette") and not (with_fastapi or with_flask)
    # An application of FastAPI may be handed tables of what it is made of, and has others mounted in it.
    tables = b".mount(" in data or any(getattr(entry, "module", "") == "starlette.routing" for entry in unit.imports)
    with_starlette = with_starlette or (with_fastapi and tables)
    with_aiohttp = b"aiohttp" in data and (b"web" in data or b".router." in data) and not (with_fastapi or with_flask)
    found = [aiohttp.extract(path, functions, bindings)] if with_aiohttp else []
    if with_starlette:
        found.append(starlette.extract(path, functions, bindings))
        with_fastapi = True  # decorators and `add_middleware` are the same
    elif not with_aiohttp and (with_flask or not with_fastapi):
        found = [flask.extract(path, functions, bindings), flask_views.extract(path, functions, bindings)]
    # A file may put routes on a router of another file, and import no framework itself.
    if with_fastapi or not (found and found[0].endpoints):
        found.append(fastapi.extract(path, functions, bindings))
    if b"urlpatterns" in data or b".register(" in data:
        found.append(django.extract(path, data, functions, bindings))
    if b"HTTPRequestHandler" in data:
        found.append(listeners.extract_python(functions, bindings))
    if _imports(unit.imports, "flask_socketio", "socketio", "channels", "chainlit"):
        found.append(sockets_python.extract_python(path, functions, bindings))
    if _imports(unit.imports, "strawberry", "strawberry_django", "graphene"):
        found.append(graphql.extract_python(path, functions, bindings))
    return found


def _lightened(functions: tuple[Function, ...]) -> tuple[Function, ...]:
    """Without what the calls were given, each time again, that functions are handed to: the calls themselves tell.

    A router of a hundred procedures would say a hundred times what they all are.
    """
    calls = {id(call): call for function in functions for call in function.calls}
    light: dict[int, Call] = {}
    made: list[Function] = []
    for function in functions:
        if any(wrapper.arguments and id(wrapper) in calls for wrapper in function.wrappers):
            for wrapper in function.wrappers:
                if id(wrapper) in calls and id(wrapper) not in light:
                    light[id(wrapper)] = structs.replace(wrapper, arguments=())
            function = structs.replace(function, wrappers=tuple(light.get(id(wrapper), wrapper) for wrapper in function.wrappers))  # noqa: PLW2901
        made.append(function)
    return tuple(made)


def _imports(imports: tuple[object, ...], *packages: str) -> bool:
    return any(getattr(entry, "module", "").partition(".")[0] in packages for entry in imports)


def _merge(found: list[Declared]) -> Declared:
    return Declared(
        tuple(endpoint for part in found for endpoint in part.endpoints),
        tuple(mount for part in found for mount in part.mounts),
        tuple(entry for part in found for entry in part.middleware),
        tuple(entry for part in found for entry in part.applications),
    )


@lru_cache(maxsize=4)
def _never_returns(vocabulary: Vocabulary) -> Callable[[str], bool]:
    """Calls that leave the function: ``redirect()``, ``notFound()``, ``abort()``, ``sys.exit()``; the same few names are asked about in file after file."""

    @lru_cache(maxsize=4096)
    def never_returns(name: str) -> bool:
        return any(row.means is Meaning.REJECT for row in vocabulary.calls.lookup(canonical(name)))

    return never_returns
