"""Where the browser and the server begin in the packages of a run, framework by framework.

Each framework says by path which modules it sends to browsers; nothing here follows an import.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from batten.facts.modules import Config, ConfigKind
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link.modules.tree import is_aside, is_code, is_server

_SCRIPT = r"\.(?:[cm]?[jt]sx?)$"
_SERVER_FILE = r"\.server\.(?:[cm]?[jt]sx?|svelte|vue)$|/\.server/"
_ROUTE_FILES = (
    r"(?:page|layout|template|default|loading|error|global-error|not-found|forbidden|unauthorized|route|sitemap|robots|manifest|icon|apple-icon"
    r"|opengraph-image|twitter-image)\d*" + _SCRIPT
)


class App(NamedTuple):
    """One framework at work in one package.

    ``client`` are (module, why the browser gets it), ``islands`` modules that name islands without going to the browser themselves.
    ``split`` are modules of which only a part goes there, with the imports it uses; ``splits_all``: every module is split. ``server_names``: a pattern for paths that never go to browsers.
    ``server_components``: modules run on the server until one says ``use client``.
    """

    root: str
    framework: str
    client: tuple[tuple[str, str], ...] = ()
    server: tuple[str, ...] = ()
    islands: tuple[str, ...] = ()
    split: frozenset[str] = frozenset()
    splits_all: bool = False
    server_names: str = ""
    server_components: bool = False


class Framework(NamedTuple):
    """A framework that goes by paths alone; patterns are matched from the package on."""

    name: str
    dependencies: tuple[str, ...]
    client: str
    why: str
    server: str = r"(?!)"
    splits: bool = False
    splits_all: bool = False
    server_names: str = ""


_FRAMEWORKS = (
    Framework(
        "svelte",
        ("@sveltejs/kit",),
        r"^src/routes/(?:.*/)?\+(?:page|layout|error)(?:@[^/.]*)?\.(?:svelte|[jt]s)$|^src/hooks\.client\.|^src/hooks\.[jt]s$|^src/service-worker[./]",
        "SvelteKit sends {what} to the browser",
        r"^src/routes/(?:.*/)?\+(?:page|layout)\.server\.|^src/routes/(?:.*/)?\+server\.|^src/hooks\.server\.|^src/instrumentation\.server\.",
        server_names=_SERVER_FILE + r"|(?:^|/)lib/server/",
    ),
    Framework(
        "nuxt",
        ("nuxt", "nuxt3"),
        r"^(?:app/|src/)?(?:(?:app|error)\.vue$|(?:pages|components|layouts|composables|middleware|plugins|utils|stores)/(?!.*\.server\.)(?:.*/)?[^/]+\.(?:vue|[cm]?[jt]sx?)$)",
        "Nuxt sends {what} to the browser",
        r"^server/|\.server\.(?:vue|[jt]s)$",
        server_names=_SERVER_FILE,
    ),
    Framework(
        "tanstack",
        ("@tanstack/react-start", "@tanstack/solid-start", "@tanstack/start"),
        r"^(?:src|app)/routes/|^(?:src|app)/(?:router|client|start|routeTree\.gen)" + _SCRIPT,
        "TanStack Start runs {what} in the browser too",
        r"^(?:src|app)/(?:routes/|server/|server\.|ssr\.)",
        splits_all=True,
        server_names=_SERVER_FILE,
    ),
    Framework(
        "solid",
        ("@solidjs/start", "solid-start"),
        r"^src/(?:routes/|(?:app|root|entry-client)" + _SCRIPT + ")",
        "SolidStart sends {what} to the browser",
    ),
    Framework(
        "gatsby",
        ("gatsby",),
        r"^src/(?:pages|templates)/|^gatsby-browser\.",
        "Gatsby sends {what} to the browser",
        r"^gatsby-(?:node|ssr|config)\.|^src/api/",
        splits=True,
    ),
    Framework(
        "expo",
        ("expo", "react-native"),
        r"^(?:src/)?app/(?!.*\+api\.)(?:.*/)?[^/]+" + _SCRIPT + r"|^(?:index|App|src/App)" + _SCRIPT,
        "{what} ships in the app",
        r"^(?:src/)?app/(?:.*/)?[^/]*\+api\.",
    ),
    Framework(
        "angular",
        ("@angular/core",),
        r"(?:^|/)src/main\.ts$|(?:^|/)environments/environment[\w.]*\.ts$",
        "Angular bundles {what}",
        r"(?:^|/)(?:server|main\.server)\.ts$",
    ),
    Framework(
        "wxt",
        ("wxt",),
        r"^(?:src/|app/)?entrypoints/(?:.*/)?[^/]+(?:" + _SCRIPT + r"|\.(?:html|vue|svelte)$)",
        "WXT ships {what} in the extension",
    ),
    Framework(
        "plasmo",
        ("plasmo",),
        r"^(?:src/)?(?:background|contents?|popup|options|newtab|sidepanel|devtools|tabs|sandbox(?:es)?)(?:/(?:.*/)?[^/]+)?\.(?:[jt]sx?|vue|svelte)$",
        "Plasmo ships {what} in the extension",
    ),
    Framework("vue", ("@vue/cli-service",), r"^src/main" + _SCRIPT, "the bundle of Vue CLI starts with {what}"),
    Framework(
        "create-react-app",
        ("react-scripts", "@craco/craco", "react-app-rewired"),
        r"^src/index" + _SCRIPT,
        "the bundle of Create React App starts with {what}",
    ),
)
_META = frozenset(name for framework in _FRAMEWORKS for name in framework.dependencies) | {
    "astro",
    "@react-router/dev",
    "@remix-run/dev",
    "@remix-run/react",
}
_BUNDLERS = frozenset(("vite", "webpack", "parcel", "parcel-bundler", "@rsbuild/core", "@rspack/core"))
_SERVERS = frozenset(("express", "fastify", "koa", "hono", "@nestjs/core", "@hapi/hapi"))
# Names of modules and of folders for what is built that are everybody's.
_SAY_NOTHING = frozenset(
    ("", "index", "main", "bundle", "app", "src", "dist", "build", "out", "js", "lib", "assets", "static", "public", "scripts")
)
_ROUTE_MODULE = frozenset(
    (
        "default",
        "ErrorBoundary",
        "CatchBoundary",
        "HydrateFallback",
        "Layout",
        "clientLoader",
        "clientAction",
        "handle",
        "meta",
        "links",
        "shouldRevalidate",
        "*",
    )
)


def apps(package: Package, files: Sequence[FileFacts], configs: Sequence[Config]) -> list[App]:
    """What runs in one package; empty where no framework is known."""
    root = package.root
    lead = len(root) + 1 if root else 0
    inner = {file.path[lead:]: file for file in files if is_code(file.path)}
    known = {path: file for path, file in inner.items() if not is_aside(path)}
    names = set(package.frameworks)
    found = [
        app for framework in _FRAMEWORKS if not names.isdisjoint(framework.dependencies) and (app := _by_paths(root, framework, known))
    ]
    if "astro" in names:
        found.append(_astro(root, known))
    if "next" in names:
        found += _next(
            root, known, any(config.kind is ConfigKind.NEXT for config in configs) or any(path.startswith("next.config.") for path in inner)
        )
    if names & {"@react-router/dev", "@remix-run/dev", "@remix-run/react"}:
        found.append(_routes(root, known, configs))
    if names & _BUNDLERS and not names & _META:
        found += _bundle(root, known, configs, electron="electron" in names)
    found.append(_pages(root, known, configs))
    found.append(_servers(package, known, framework=bool(found[:-1])))
    return [app for app in found if app.client or app.server or app.islands or app.framework == "bundle"]


def signs(file: FileFacts) -> object:
    """What ``apps`` goes by of a file, but for its path: with the same signs in all files there are the same apps."""
    exported = {export.name for export in file.exports}
    kept = exported & (_ROUTE_MODULE | {"default"})
    return file.directives, bool(file.imports), _is_of_server(file), kept, file.path.endswith(".astro") and file.stripped


def _whole(root: str, paths: Iterable[str]) -> list[str]:
    lead = f"{root}/" if root else ""
    return [lead + path for path in sorted(paths)]


def _why(root: str, paths: Iterable[str], why: str) -> tuple[tuple[str, str], ...]:
    return tuple((path, why.format(what=path.rpartition("/")[2])) for path in _whole(root, paths))


def _by_paths(root: str, framework: Framework, known: Mapping[str, FileFacts]) -> App | None:
    client, server = re.compile(framework.client), re.compile(framework.server)
    sent = [path for path in known if client.search(path) and not (framework.server_names and re.search(framework.server_names, path))]
    kept = [path for path in known if server.search(path)]
    if not sent and not kept:
        return None
    return App(
        root,
        framework.name,
        _why(root, sent, framework.why),
        tuple(_whole(root, kept)),
        split=frozenset(_whole(root, sent) if framework.splits else ()),
        splits_all=framework.splits_all,
        server_names=framework.server_names,
    )


def _astro(root: str, known: Mapping[str, FileFacts]) -> App:
    """Pages and components run on the server, but for the scripts in them and the islands that they name."""
    pages = [path for path in known if path.endswith(".astro")]
    kept = [path for path in known if re.match(r"src/(?:(?:pages|actions)/|middleware[./])", path)]
    scripted = [path for path in pages if any(here.end < after.start for here, after in pairwise(known[path].stripped))]
    why = _why(root, scripted, "{what} holds a script for the browser")
    return App(root, "astro", why, tuple(_whole(root, {*pages, *kept})), tuple(_whole(root, pages)), frozenset(_whole(root, pages)))


def _next(root: str, known: Mapping[str, FileFacts], configured: bool) -> list[App]:
    """The app router and the pages router, which lie side by side in the package or in its ``src``."""
    for lead in ("", "src/"):
        routed = [path for path in known if re.match(rf"{lead}app/(?:.*/)?{_ROUTE_FILES}", path)]
        paged = [path for path in known if re.match(rf"{lead}pages/.*{_SCRIPT}", path)]
        if not routed and not (paged and (configured or not any(path.endswith(".html") for path in known))):
            continue
        pages = [path for path in paged if not re.match(rf"{lead}pages/(?:api/|_document\.)", path)]
        kept = [path for path in known if re.match(rf"{lead}(?:middleware|proxy|instrumentation){_SCRIPT}", path)]
        actions = [path for path, file in known.items() if "use server" in file.directives]
        sent = [path for path in known if re.match(rf"{lead}instrumentation-client{_SCRIPT}", path)]
        islands = [path for path, file in known.items() if "use client" in file.directives] if routed else []
        client = (
            *_why(root, pages, "{what} is a page: Next sends it to the browser"),
            *_why(root, sent, "Next runs {what} in the browser"),
            *_why(root, islands, "{what} says 'use client': Next sends it to the browser"),
        )
        server = tuple(_whole(root, {*routed, *paged, *kept, *actions}))
        return [App(root, "next", client, server, split=frozenset(_whole(root, pages)), server_components=bool(routed))]
    return []


def _routes(root: str, known: Mapping[str, FileFacts], configs: Sequence[Config]) -> App:
    """Remix and React Router: route modules are split, and those without a part for the browser stay on the server."""
    moved = next((config.folder for config in configs if config.kind is ConfigKind.ROUTES and config.folder), None)
    folder = moved[len(root) :].strip("/") if moved is not None else "app"
    listed = {entry for config in configs if config.kind is ConfigKind.ROUTES for entry in config.entries}
    lead = f"{root}/" if root else ""
    modules = [path for path, file in known.items() if lead + path in listed or (not listed and _is_route(path, file, folder))]
    modules += [path for path in known if re.match(rf"{re.escape(folder)}/root{_SCRIPT}", path)]
    starts = [path for path in known if re.match(rf"{re.escape(folder)}/entry\.client{_SCRIPT}", path)]
    sent = [
        path
        for path in modules
        if any(export.name in _ROUTE_MODULE for export in known[path].exports) and not re.search(_SERVER_FILE, path)
    ]
    kept = [path for path in known if re.match(rf"{re.escape(folder)}/entry\.server{_SCRIPT}", path)]
    client = (
        *_why(root, starts, "the browser starts with {what}"),
        *_why(root, sent, "{what} is a route module: the browser gets what it exports for it"),
    )
    return App(
        root,
        "react-router",
        client,
        tuple(_whole(root, {*modules, *kept})),
        split=frozenset(_whole(root, modules)),
        server_names=_SERVER_FILE,
    )


def _is_route(path: str, file: FileFacts, folder: str) -> bool:
    """Whether a module is a route by the conventions for the ``routes`` folder: a file in it, a ``route`` in a folder, folders ending in ``+``, or a nested component."""
    if not path.startswith(f"{folder}/routes/") or not re.search(_SCRIPT, path):
        return False
    inside = path[len(folder) + 8 :]
    above, _, name = inside.rpartition("/")
    if not above or above.endswith("+") or re.match(r"(?:route|index|_index|layout|_layout|page)\.", name):
        return True
    return name.endswith(("x", "js")) and any(export.name == "default" for export in file.exports)


def _bundle(root: str, known: Mapping[str, FileFacts], configs: Sequence[Config], *, electron: bool) -> list[App]:
    """A plain bundler: it starts with what pages load, else with what it is told, else with the customary main file."""
    lead = f"{root}/" if root else ""
    pages = [path for path, file in known.items() if path.endswith((".html", ".htm")) and file.imports]
    entries = {
        entry[len(lead) :] for config in configs if config.kind is ConfigKind.BUNDLER for entry in config.entries if entry.startswith(lead)
    }
    told = [] if electron else [path for path in sorted(entries) if path in known and not is_server(path)]
    if not told and not pages:
        told = next(([path] for stem in ("src/main", "src/index") for path in known if re.match(stem + _SCRIPT, path)), [])
    return [App(root, "bundle", _why(root, told, "the bundle starts with {what}"))] if told or pages else []


def _pages(root: str, known: Mapping[str, FileFacts], configs: Sequence[Config]) -> App:
    """Pages and the manifests of browser extensions."""
    pages = [path for path in known if path.endswith((".html", ".htm"))]
    manifests = [config for config in configs if config.kind is ConfigKind.EXTENSION]
    named = [entry for config in manifests for entry in config.entries]
    lead = f"{root}/" if root else ""
    sources = {path for config in manifests for path in _sources(lead, config, known)}
    started = tuple(
        (entry, f"the manifest of the extension starts {entry.rpartition('/')[2]}") for entry in (*named, *_whole(root, sources))
    )
    return App(root, "page", (*_why(root, pages, "{what} is a page"), *started))


def _sources(lead: str, manifest: Config, known: Mapping[str, FileFacts]) -> Iterator[str]:
    """What a manifest names that only a build makes (``dist/background.js``) comes of the module of that name, the nearest around the manifest."""
    wanted = {_named(entry) for entry in manifest.entries if entry.removeprefix(lead) not in known} - {""}
    if not wanted:
        return
    around = manifest.path.removeprefix(lead).split("/")[:-1]
    while around and around[-1] in _SAY_NOTHING:
        around.pop()
    below = "".join(f"{folder}/" for folder in around)
    found: dict[str, list[str]] = {}
    for path in known:
        name = _named(path)
        if name in wanted and path.startswith(below) and re.search(_SCRIPT, path) and not is_server(path):
            found.setdefault(name, []).append(path)
    for paths in found.values():
        nearest = min(path.count("/") for path in paths)
        yield from (path for path in paths if path.count("/") == nearest)


def _named(path: str) -> str:
    """The name of a module: that of its folder where its own says nothing; empty where neither does."""
    folder, _, file = path.rpartition("/")
    stem = file.partition(".")[0]
    if stem not in _SAY_NOTHING:
        return stem
    above = folder.rpartition("/")[2]
    return "" if above in _SAY_NOTHING else above


def _servers(package: Package, known: Mapping[str, FileFacts], *, framework: bool) -> App:
    """Modules that lie where servers are kept or bring in what servers are made with, the main module of a server, and all of a package that is nothing but one."""
    names = set(package.frameworks)
    serves = bool(names & _SERVERS) and "electron" not in names
    kept = {path for path, file in known.items() if is_server(path) or ("electron" not in names and _is_of_server(file))}
    if serves:
        kept |= {main for main in package.mains if main in known}
    if serves and not framework and not names & (_BUNDLERS | _META | {"next"}):
        kept |= {path for path in known if not path.endswith((".html", ".htm"))}
    return App(package.root, "server", server=tuple(_whole(package.root, kept)))


def _is_of_server(file: FileFacts) -> bool:
    """It brings in what servers are made with, and more of it than its types."""
    return any(entry.module in _SERVERS and not entry.type_only for entry in file.imports)
