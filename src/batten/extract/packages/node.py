"""package.json: name, dependencies, and which of its files other packages import."""

from collections.abc import Iterator
from typing import Any

from batten.extract.containers.commands import OWN_SCRIPTS, launch
from batten.extract.containers.settings import tokens
from batten.extract.packages.reading import Settings, folder_of, inside, json_of, strings_of, table_of
from batten.extract.packages.versions import vulnerable
from batten.facts.services import Package
from batten.text import Place, Span

_KINDS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
FRAMEWORKS = frozenset(
    [
        "next",
        "vite",
        "react-scripts",
        "@craco/craco",
        "react-app-rewired",
        "gatsby",
        "@vue/cli-service",
        "@angular/core",
        "wxt",
        "plasmo",
        "parcel",
        "parcel-bundler",
        "webpack",
        "@rsbuild/core",
        "@rspack/core",
        "expo",
        "react-native",
        "@sveltejs/kit",
        "nuxt",
        "nuxt3",
        "@remix-run/react",
        "@remix-run/dev",
        "@react-router/dev",
        "astro",
        "@tanstack/react-start",
        "@tanstack/solid-start",
        "@tanstack/start",
        "@solidjs/start",
        "solid-start",
        "electron",
        "@storybook/react",
        "@builder.io/qwik",
        "@capacitor/core",
        "@ionic/react",
        "esbuild",
        "rollup",
        "express",
        "fastify",
        "koa",
        "hono",
        "@nestjs/core",
        "@hapi/hapi",
    ]
)
"""Dependencies that decide where the code of a package runs."""
_MAINS = ("source", "svelte", "react-native", "browser", "module", "main", "types", "typings")
# Deeper conditions, longer lists and more subpaths than these are not written by hand.
_DEEPEST = 8
_MOST = 2000


def reads(_path: str, name: str) -> bool:
    """Whether this module reads the file."""
    return name == "package.json"


def read(path: str, data: bytes) -> Settings:
    """The package. Raises Unreadable."""
    whole = json_of(data)
    name = whole.get("name")
    dependencies = tuple(sorted({key for kind in _KINDS for key in table_of(whole.get(kind))}))
    workspaces = whole.get("workspaces")
    mains = [whole.get(key) for key in _MAINS]
    package = Package(
        root=folder_of(path),
        ecosystem="npm",
        name=name if isinstance(name, str) else "",
        dependencies=dependencies,
        frameworks=tuple(dependency for dependency in dependencies if dependency in FRAMEWORKS),
        place=Place(path, Span(0, 0)),
        workspaces=strings_of(workspaces) or strings_of(table_of(workspaces).get("packages")),
        exports=_subpaths(whole.get("exports")),
        imports=_subpaths(whole.get("imports")),
        mains=tuple(dict.fromkeys(clean for main in mains if isinstance(main, str) and (clean := inside("", main)))),
        development_scripts=tuple(_development_scripts(table_of(whole.get("scripts")))),
        side_effects=whole.get("sideEffects") is not False,
        packed=strings_of(whole.get("files")) if whole.get("private") is not True and name and whole.get("version") else None,
    )
    return Settings((package,), settings=tuple(vulnerable(path, data)))


def _development_scripts(scripts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in OWN_SCRIPTS:
        command = scripts.get(name)
        server = launch(tokens(command)).server if isinstance(command, str) else ""
        if server:
            yield name, server


def _subpaths(value: object) -> tuple[tuple[str, str], ...]:
    """(subpath, target) pairs; of the conditions of one subpath all, in order, types last."""
    table = table_of(value)
    if not any(key.startswith((".", "#")) for key in table):
        table = {".": value} if value is not None else {}
    pairs: list[tuple[str, str]] = []
    for subpath, target in table.items():
        targets = _targets(target, 0)
        pairs += [(subpath, target) for target, _ in sorted(targets, key=lambda one: one[1])]
        if len(pairs) > _MOST:
            break
    return tuple(dict.fromkeys(pairs))


def _targets(value: Any, depth: int, *, types: bool = False) -> list[tuple[str, bool]]:
    """The targets below one subpath, and whether each is for types only; recursion stops at a depth nobody writes."""
    if isinstance(value, str):
        return [(value, types)]
    if depth > _DEEPEST:
        return []
    found: list[tuple[str, bool]] = []
    if isinstance(value, list):
        for item in value:
            found += _targets(item, depth + 1, types=types)
    for condition, item in table_of(value).items():
        found += _targets(item, depth + 1, types=types or condition == "types")
    return found
