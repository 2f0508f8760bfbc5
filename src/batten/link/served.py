"""Whether what is shaped like a route in its file is served: by what its receiver is, what the package depends on, and who imports it."""

from batten.facts.calls import is_callers
from batten.facts.project import FileFacts
from batten.facts.routes import Endpoint, RouteKind
from batten.facts.services import Package
from batten.link.callgraph import Code
from batten.link.route_facts import Surroundings
from batten.regex import regex

_GRAPHQL = regex(r"graphql|apollo-server|@apollo/server|mercurius")
_ADAPTER = regex(r"^@astrojs/(?:node|vercel|netlify|cloudflare|deno)$|astro.*adapter|adapter.*astro|astro-sst")
_SERVERS = ("express", "hono", "fastify", "koa", "@koa", "find-my-way", "polka", "restify", "itty-router", "@hono", "encore.dev", "connect")


def is_served(file: FileFacts, endpoint: Endpoint, code: Code, around: Surroundings) -> bool:
    """What is shaped like a route is one, as far as that takes more than its own file to tell."""
    package = around.package_of(file.path)
    match endpoint.framework:
        case "express" | "fastify":
            return _is_application(file, endpoint, code, around)
        case "vercel":
            # Only what lies beside the manifest is served; other folders of the name hold clients.
            root = package.root if package is not None else ""
            return file.path.removeprefix(f"{root}/" if root else "").startswith("api/")
        case "astro":
            return package is not None and "astro" in package.dependencies and (endpoint.methods != ("GET",) or _answers_visitors(package))
        case "react-router":
            return _is_exported(file.path, endpoint.handler, code)
        case "remix":
            return not _has_table(file.path, package, code)
        case "graphql" if not file.path.endswith(".py"):
            return package is not None and any(_GRAPHQL.search(name) for name in package.dependencies)
        case "connexion" | "node":
            # Else a document for readers, or an application of a framework whose routes are told one by one.
            return code.target(file.path, endpoint.handler).function is not None
        case "next" if endpoint.kind is RouteKind.SERVER_ACTION:
            return _is_referenced(file, endpoint, around)
    return True


def _is_exported(path: str, handler: str, code: Code) -> bool:
    """A module of the table has what the row asks it for; a loader beside a page is shown with the page."""
    module, _, name = handler.rpartition("#")
    home = code.module(path, module)
    file = code.file(home) if home is not None else None
    names = {export.name for export in file.exports} if file is not None else set()
    return name in names and not (name == "loader" and "default" in names)


def _answers_visitors(package: Package) -> bool:
    """An app of Astro has a server of its own, and is not made of files alone: https://docs.astro.build/en/guides/on-demand-rendering/."""
    return any(_ADAPTER.search(name) for name in package.dependencies)


def _has_table(path: str, package: Package | None, code: Code) -> bool:
    """The routes of React Router stand in a table, which does not go by the places of files."""
    root = f"{package.root}/" if package is not None and package.root else ""
    table = next((file for end in ("ts", "js") if (file := code.files.get(f"{root}app/routes.{end}")) is not None), None)
    by_files = table is not None and any("fs-routes" in entry.module or "flat-routes" in entry.module for entry in table.imports)
    return table is not None and not by_files and path != table.path


def _is_application(file: FileFacts, endpoint: Endpoint, code: Code, around: Surroundings) -> bool:
    """The receiver is a server's application or router, as far as names and dependencies tell."""
    if is_callers(endpoint.router):
        package = around.package_of(file.path)
        return package is not None and any(name in package.dependencies for name in ("express", "hono", "fastify", "koa", "itty-router"))
    if _is_servers(endpoint.maker):
        return True
    root = code.target(file.path, endpoint.router)
    name = root.name if root.path is None else (root.binding.name or "") if root.binding is not None else ""
    return _is_servers(name)


def _is_servers(name: str) -> bool:
    return name.replace("npm:", "").replace("#", ".").startswith(_SERVERS)


def _is_referenced(file: FileFacts, endpoint: Endpoint, around: Surroundings) -> bool:
    """Pages may post to an exported action: the compiler leaves out those that only server code imports.

    https://nextjs.org/docs/app/guides/data-security#built-in-server-actions-security-features
    """
    importers = around.importers(file.path, endpoint.path)
    return not importers or any(path.endswith((".tsx", ".jsx")) or around.in_browser(path) for path in importers)
