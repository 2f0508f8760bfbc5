"""What a path tells of a file: what it is for, and whether it is read at all; never looks into files."""

# ruff: noqa: SIM905 - long lists are easier to read and extend as words

import re
from collections.abc import Iterator

from batten.discover.entries import PathClass
from batten.regex import regex

MANIFESTS = frozenset(
    "package.json pyproject.toml setup.py setup.cfg requirements.txt Pipfile deno.json deno.jsonc go.mod Cargo.toml "
    "composer.json Gemfile".split()
)
"""A folder that holds one of these is the root of a package."""

INSTALLED = frozenset(
    "node_modules bower_components jspm_packages site-packages .venv .git .hg .svn .jj __pycache__ .next .nuxt .svelte-kit "
    ".output .astro .turbo .vercel .netlify .cache .parcel-cache .vite .tox .nox .mypy_cache .ruff_cache .pytest_cache .hypothesis "
    ".expo .angular .yarn .pnpm-store .gradle .terraform .serverless .wrangler .aws-sam .eggs Pods DerivedData".split()
)
"""Folders of installed packages, caches and build output, wherever they stand."""

BUILT = frozenset("dist build out target coverage htmlcov storybook-static".split())
"""Folders of build output where they stand at the root of a package; elsewhere they may be anything."""

_LOCKFILES = frozenset(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock poetry.lock uv.lock pdm.lock "
    "Pipfile.lock Cargo.lock composer.lock Gemfile.lock go.sum flake.lock packages.lock.json Package.resolved pubspec.lock "
    ".terraform.lock.hcl".split()
)
_BINARY = frozenset(
    "png jpg jpeg gif webp avif ico icns bmp tif tiff psd ai eps heic woff woff2 ttf otf eot mp3 mp4 m4a m4v mov avi mkv webm wav "
    "ogg flac aac pdf doc docx xls xlsx ppt pptx odt ods zip gz tgz bz2 xz zst 7z rar tar jar war whl egg exe dll so dylib a o "
    "lib class pyc pyo pyd node wasm bin dat db sqlite sqlite3 parquet arrow feather npy npz pkl pickle pt pth onnx safetensors "
    "gguf h5 keystore jks lockb glb gltf fbx blend dmg iso apk aab ipa deb rpm swf lottie riv".split()
)
TEXT = frozenset(
    "py pyi js jsx mjs cjs ts tsx mts cts vue svelte astro html htm css scss sass less json jsonc json5 yaml yml toml ini cfg conf "
    "env md mdx rst txt sql prisma graphql gql sh bash zsh ps1 bat tf hcl xml svg csv tsv lock rb php go rs java kt swift c h cpp "
    "cs ipynb dockerfile gitignore example sample template properties po pot".split()
)
"""Endings of files that are text in all likelihood, so that only the rest is looked into."""

_LONG_LINE = 1000
_MINIFIED = regex(r"[.-]min\.(?:m?js|cjs|css)$|\.(?:bundle|chunk)\.m?js$|\.map$")
_GENERATED = regex(r"\.d\.[mc]?ts$|(?:^|[._-])generated\.\w+$|^(?:database|supabase)\.types\.ts$|_pb2(?:_grpc)?\.pyi?$|\.gen\.\w+$")
_TEST = regex(
    r"\.(?:test|spec|stories|story|cy|e2e|mock|fixture)\.\w+$|^tests?_\w*\.py$|_test\.(?:py|go|ts|js)$|^conftest\.py$|^\.env\.test"
)
# What sets up those who run tests, and scripts that only see whether a build starts.
_SETS_UP_TESTS = regex(
    r"^(?:vitest|jest|playwright|cypress|karma)[.-]?(?:global[.-]?)?(?:setup|config|workspace)(?:\.\w+)*$|^(?:setup[-_.]?tests?|tests?[-_.]?setup)\.[cm]?[jt]sx?$"
    r"|^smoke[-_]?tests?(?:\.\w+)*$|^(?:settings|config(?:uration)?)[-_.]tests?(?:ing)?\.\w+$",
    re.IGNORECASE,
)
# What is called so below the folders of routes may be served.
_TESTS = frozenset(("tests.py", "run_tests.py", "runtests.py"))
_DOCS = regex(r"\.(?:md|mdx|rst|adoc)$|^(?:readme|changelog|contributing|license)\b", re.IGNORECASE)
_LOCAL = regex(
    r"^seeds?\.\w+$|^(?:docker-)?compose[.-](?:dev|development|local|override)\b|^Dockerfile\.(?:dev|local)$"
    r"|^\.env\.(?:local|dev|development)\b|^\.env\.\w+\.local$|^(?:dev|development|local)\.(?:ya?ml|env)$"
)

_TEST_FOLDERS = frozenset(
    "tests __tests__ __mocks__ __fixtures__ e2e e2e-tests e2e_tests integration-tests integration_tests cypress playwright k6 artillery locust testcontainers".split()
)
_TEST_FOLDERS_BUT_ROUTES = frozenset("test testing spec specs mocks fixtures stories".split())
_DOCS_FOLDERS_BUT_ROUTES = frozenset("docs doc documentation examples example".split())
_GENERATED_FOLDERS = frozenset("__generated__ generated".split())
_LOCAL_FOLDERS_BUT_ROUTES = frozenset("scripts seeds".split())
_ROUTE_FOLDERS = frozenset("app pages api routes routers endpoints functions".split())
"""Below these a folder's name may be a part of an address: ``app/api/test/route.ts`` is deployed."""


class Classes:
    """The classes of the paths of one tree, given the folders that are packages and the paths that were named."""

    def __init__(self, packages: frozenset[str], named: frozenset[str]) -> None:
        self._packages = packages
        self._named = named
        self._folders: dict[str, tuple[PathClass, bool]] = dict.fromkeys((*named, ""), (PathClass.PRODUCT, False))
        self._left_out: dict[str, str | None] = dict.fromkeys((*named, ""))

    def of(self, path: str) -> PathClass:
        """What the file at ``path`` is for."""
        folder, _, name = path.rpartition("/")
        found = self._folder(folder)[0]
        if found is not PathClass.PRODUCT or path in self._named:
            return PathClass.PRODUCT if path in self._named else found
        if name in _TESTS and not self._folder(folder)[1]:
            return PathClass.TEST
        for pattern, path_class in _BY_NAME:
            if pattern.search(name):
                return path_class
        return PathClass.PRODUCT

    def _folder(self, folder: str) -> tuple[PathClass, bool]:
        """The class of a folder, and whether names below it may be parts of addresses; counted from the nearest package."""
        known = self._folders.get(folder)
        if known is None:
            for parent, name, here in _steps(folder):
                if here not in self._folders:
                    self._folders[here] = self._classify(parent, name, here)
            known = self._folders[folder]
        return known

    def _classify(self, parent: str, name: str, folder: str) -> tuple[PathClass, bool]:
        found, routes = self._folders[parent]
        if folder in self._packages and found in _LEFT_BY_PACKAGES:
            return (PathClass.TEST if name in _TEST_FOLDERS else PathClass.PRODUCT), False
        if found is not PathClass.PRODUCT:
            return found, routes
        return self._named_class(parent, name, routes), routes or name in _ROUTE_FOLDERS

    def _named_class(self, parent: str, name: str, routes: bool) -> PathClass:
        if name in _TEST_FOLDERS or (name in _TEST_FOLDERS_BUT_ROUTES and not routes):
            return PathClass.TEST
        if name in _GENERATED_FOLDERS or (name == "vendor" and self._is_package(parent)):
            return PathClass.GENERATED
        if name in _DOCS_FOLDERS_BUT_ROUTES and not routes:
            return PathClass.DOCS
        if name in _LOCAL_FOLDERS_BUT_ROUTES and not routes:
            return PathClass.LOCAL_DEV
        return PathClass.PRODUCT

    def _is_package(self, folder: str) -> bool:
        return not folder or folder in self._packages or folder in self._named

    def left_out(self, folder: str) -> str | None:
        """The installed or built folder that ``folder`` is or lies in, None where it is read."""
        if folder not in self._left_out:
            for parent, name, here in _steps(folder):
                if here not in self._left_out:
                    above = self._left_out[parent]
                    built = name in INSTALLED or (name in BUILT and self._is_package(parent))
                    self._left_out[here] = here if above is None and built else above
        return self._left_out[folder]


def _steps(folder: str) -> Iterator[tuple[str, str, str]]:
    """Parent, name and path of every folder on the way down to ``folder``."""
    parent = ""
    for name in folder.split("/"):
        here = f"{parent}/{name}" if parent else name
        yield parent, name, here
        parent = here


_LEFT_BY_PACKAGES = frozenset({PathClass.PRODUCT, PathClass.DOCS, PathClass.LOCAL_DEV})
"""A whole app among the docs is an app; one among the tests, or a vendored one, is not the product."""

_BY_NAME = (
    (_GENERATED, PathClass.GENERATED),
    (_TEST, PathClass.TEST),
    (_SETS_UP_TESTS, PathClass.TEST),
    (_DOCS, PathClass.DOCS),
    (_LOCAL, PathClass.LOCAL_DEV),
)


def unread_kind(name: str) -> str | None:
    """Why a file with this name is not read ("lockfile", "binary file", "minified bundle"), None where it is."""
    if name in _LOCKFILES:
        return "lockfile"
    ending = name.rpartition(".")[2].lower()
    if ending in _BINARY:
        return "binary file"
    if ending == "sarif":
        return "report"
    return "minified bundle" if _MINIFIED.search(name) else None


def is_env(name: str) -> bool:
    """Whether this is the name of an env file (``.env``, ``.env.local``, ``.envrc``, ``prod.env``)."""
    return name.startswith(".env") or name.endswith(".env")


def is_minified(data: bytes) -> bool:
    """Whether the first bytes of a script are mostly lines that only a tool writes: very long, and dense in punctuation."""
    long = [line for line in data.splitlines() if len(line) > _LONG_LINE]
    length = sum(map(len, long))
    if length * 10 < len(data) * 7:
        return False
    marks = sum(line.count(mark) for line in long for mark in (b";", b",", b"(", b"{", b"="))
    return marks * 20 > length  # a picture or a font as text has next to none
