"""Settings of bundlers and frameworks that are written as code: aliases, entries and prefixes, where they are constants.

The text is read, never run: what is computed is left out.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from batten.extract.packages.origins import let_in
from batten.extract.packages.reading import Settings, folder_of, inside, text_of
from batten.extract.packages.source_maps import published
from batten.extract.packages.versions import exported
from batten.facts.modules import Config, ConfigKind
from batten.regex import regex

_KINDS = {
    "vite.config": ConfigKind.BUNDLER,
    "electron.vite.config": ConfigKind.BUNDLER,
    "webpack.config": ConfigKind.BUNDLER,
    "webpack.common": ConfigKind.BUNDLER,
    "craco.config": ConfigKind.BUNDLER,
    "rspack.config": ConfigKind.BUNDLER,
    "rsbuild.config": ConfigKind.BUNDLER,
    "vue.config": ConfigKind.BUNDLER,
    "babel.config": ConfigKind.BUNDLER,
    "next.config": ConfigKind.NEXT,
    "nuxt.config": ConfigKind.NUXT,
    "svelte.config": ConfigKind.SVELTE,
    "astro.config": ConfigKind.ASTRO,
    "react-router.config": ConfigKind.ROUTES,
    "remix.config": ConfigKind.ROUTES,
    "routes": ConfigKind.ROUTES,
    "manifest": ConfigKind.EXTENSION,
    "manifest.config": ConfigKind.EXTENSION,
}
_STARTED = {
    ConfigKind.BUNDLER: ("input", "entry"),
    # https://developer.chrome.com/docs/extensions/reference/manifest
    ConfigKind.EXTENSION: ("service_worker", "scripts", "js", "default_popup", "options_page", "page", "devtools_page", "default_path"),
}
"""The settings that name what is started."""
_NAME = regex(r"(?P<stem>[\w.-]+?)\.(?:[cm]?[jt]s)")
_SCRIPT = regex(r"\.(?:[cm]?[jt]sx?|html|vue|svelte)$")

_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\]|\\.)*+`"
_TOKEN = regex(
    _STRING
    + r"|//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+|(?!))*+(?:\*/|\Z)|(?<=[:(,=] )/(?![/*])(?:[^/\\\n]|\\.){1,200}+/|(?<=[:(,=])/(?![/*])(?:[^/\\\n]|\\.){1,200}+/"
)
_QUOTED = regex(_STRING)
_BRACKETS = regex(_STRING + r"|[()\[\]{},]")
_KEYED = regex(r"\s*+(?:(?P<quoted>" + _STRING + r")|(?P<name>[\w$@~]+))\s*+:\s*+(?P<value>.*)", re.DOTALL)
_FIND = regex(r"\bfind\s*+:\s*+(?P<find>" + _STRING + r"|/\^?(?P<pattern>(?:[^/\\\n]|\\.)+)/)")
_REPLACEMENT = regex(r"\breplacement\s*+:\s*+(?P<value>.*)", re.DOTALL)
_WORD = regex(r"[A-Za-z_$][\w$]*+")
_PATH_WORDS = frozenset(
    [
        "path",
        "resolve",
        "join",
        "__dirname",
        "import",
        "meta",
        "dirname",
        "url",
        "fileURLToPath",
        "URL",
        "new",
        "process",
        "cwd",
        "pathname",
        "node",
        "as",
        "string",
        "href",
        "normalizePath",
    ]
)
_SETTING = r"(?<![\w$.])(?:\"|')?%s(?:\"|')?\s*+:\s*+"
# Entries of one setting, and settings of one name, that are read.
_MOST = 500
_MOST_SETTINGS = 20


def reads(path: str, name: str) -> bool:
    """Whether this module reads the file."""
    found = _NAME.fullmatch(name)
    if found is None or found["stem"] not in _KINDS:
        return False
    return found["stem"] != "routes" or f"/{path}".endswith((f"/app/{name}", f"/src/{name}"))


def read(path: str, data: bytes) -> Settings:
    """The settings that are constants; none where nothing of interest is."""
    kind = _KINDS[path.rpartition("/")[2].rsplit(".", 1)[0]]
    text = _TOKEN.sub(lambda found: " " if found[0].startswith(("//", "/*")) else found[0], text_of(data))
    folder = folder_of(path)
    if kind is ConfigKind.EXTENSION and "manifest_version" not in text:
        return Settings()
    if path.rpartition("/")[2].startswith("routes."):
        return Settings(configs=(Config(path, kind, entries=tuple(_route_modules(text, folder))),))
    moved = _setting(text, {ConfigKind.NUXT: "srcDir", ConfigKind.ROUTES: "appDirectory"}.get(kind, "root"))
    root = None if moved is None else _path(moved, text, folder, folder, plain=True)
    config = Config(
        path,
        kind,
        # https://svelte.dev/docs/kit/configuration#alias names folders of the app, also without a dot
        aliases=tuple(_aliases(text, folder, root if root is not None else folder, plain=kind is ConfigKind.SVELTE)),
        entries=tuple(_entries(text, folder, _STARTED.get(kind, ()))),
        folder=root,
        prefixes=_prefixes(text, kind),
    )
    said = config.aliases or config.entries or config.folder is not None or config.prefixes
    return Settings(configs=(config,) if said else (), settings=(*published(path, data), *let_in(path, data), *exported(path, data)))


def _setting(text: str, name: str) -> str | None:
    """The text of the value of the first property with a name."""
    found = re.search(_SETTING % re.escape(name), text)
    return next(_parts(text, found.end()), None) if found else None


def _parts(text: str, start: int) -> Iterator[str]:
    """The pieces between commas from ``start`` to the bracket that closes what ``start`` is in."""
    depth, at = 0, start
    for found in _BRACKETS.finditer(text, start):
        sign = found[0]
        if sign in ("(", "[", "{"):
            depth += 1
        elif sign in (")", "]", "}"):
            depth -= 1
            if depth < 0:
                yield text[at : found.start()]
                return
        elif sign == "," and depth == 0:
            yield text[at : found.start()]
            at = found.end()
    yield text[at:]


def _aliases(text: str, folder: str, root: str, *, plain: bool) -> Iterator[tuple[str, str]]:
    for found in islice(re.finditer(_SETTING % "alias" + r"(?P<open>[{\[])", text), _MOST_SETTINGS):
        for number, part in enumerate(_parts(text, found.end())):
            if number > _MOST:
                return
            keyed = _KEYED.match(part) if found["open"] == "{" else None
            if keyed is not None:
                name, value = _unquoted(keyed["quoted"]) if keyed["quoted"] else keyed["name"], keyed["value"]
            else:
                find, replacement = _FIND.search(part), _REPLACEMENT.search(part)
                if find is None or replacement is None:
                    continue
                name = re.sub(r"\\(.)", r"\1", find["pattern"]).rstrip("$") if find["pattern"] else _unquoted(find["find"])
                value = next(_parts(replacement["value"], 0), "")
            target = _path(value, text, folder, root, plain=plain)
            if target is not None and name and not set(name) & set("()[]*+?|"):
                yield from _patterns(name, target)


def _patterns(name: str, target: str) -> Iterator[tuple[str, str]]:
    """A bundler's alias stands for itself and for what is below it."""
    plain = name.rstrip("/")
    if plain and not _SCRIPT.search(target):
        yield f"{plain}/*", f"{target}/*" if target else "*"
    if name == plain:
        yield name, target


def _path(value: str, text: str, folder: str, root: str, *, plain: bool = False) -> str | None:
    """The path from the scanned root that an expression stands for; None where it is no constant path.

    ``plain``: a bare name is a folder, not a package.
    """
    value = value.strip()
    strings = _QUOTED.findall(value)
    words = set(_WORD.findall(_QUOTED.sub(" ", value)))
    if not strings and len(words) == 1 and _WORD.fullmatch(value):
        declared = re.search(rf"\b(?:const|let|var)\s+{re.escape(value)}\s*=\s*(?P<value>[^;\n]+)", text)
        return _path(declared["value"], "", folder, root, plain=plain) if declared else None
    if not words <= _PATH_WORDS or any("${" in string for string in strings):
        return None
    parts = [_unquoted(string) for string in strings if not _unquoted(string).startswith(("node:", "file:"))]
    if not parts:
        return folder if words & {"__dirname", "dirname", "cwd"} else None
    if not words:
        if parts[0].startswith("/"):
            return inside(root, parts[0])
        return inside(folder, parts[0]) if plain or parts[0].startswith(".") else None
    joined = "/".join(part.strip("/") for part in parts if part.strip("/"))
    return inside(folder, joined)


def _entries(text: str, folder: str, names: Iterable[str]) -> Iterator[str]:
    """What a bundler is told to begin with, or a browser."""
    for name in names:
        for found in islice(re.finditer(_SETTING % name, text), _MOST_SETTINGS):
            value = next(_parts(text, found.end()), "")
            for string in _QUOTED.findall(value)[:_MOST]:
                target = inside(folder, _unquoted(string))
                if target and _SCRIPT.search(target):
                    yield target


def _route_modules(text: str, folder: str) -> Iterator[str]:
    for string in _QUOTED.findall(text)[: 4 * _MOST]:
        written = _unquoted(string)
        target = inside(folder, written)
        if target and _SCRIPT.search(written) and "*" not in written:
            yield target


def _prefixes(text: str, kind: ConfigKind) -> tuple[str, ...] | None:
    value = _setting(text, "publicPrefix" if kind is ConfigKind.SVELTE else "envPrefix")
    if value is None:
        return None
    value = value.strip()
    strings = _QUOTED.findall(value)
    constant = _QUOTED.sub("", value).strip("[], \n\t") == ""
    return tuple(_unquoted(string) for string in strings) if strings and constant else None


def _unquoted(string: str) -> str:
    return string[1:-1]
