"""Settings by which builds publish source maps: the code as it was written, comments and all."""

import re
from collections.abc import Iterator

from batten.extract.packages.reading import Settings, json_of, table_of
from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.text import Place, Span

_NEXT = regex(rb"(?<![\w.$])(?P<name>productionBrowserSourceMaps)[\"']?\s{0,8}:\s{0,8}true\b")
_BUILD = regex(rb"(?<![\w.$])build[\"']?\s{0,8}:\s{0,8}\{")
_VITE = regex(rb"(?<![\w.$])(?P<name>sourcemap)[\"']?\s{0,8}:\s{0,8}(?:true\b|[\"']inline[\"'])")
_OPENS, _CLOSES = b"{}"
_COMMENT = regex(rb"(?<![:\"'])//[^\n]*|/\*.*?\*/", re.DOTALL)
# Tools that send the maps to where errors are collected, and take them out of what is published.
_SENT_AWAY = regex(
    rb"withSentryConfig|sentry(?:Vite|SvelteKit)?\w*Plugin|@sentry/|sentrySvelteKit|rollbar|bugsnag|datadog|filesToDeleteAfterUpload",
    re.IGNORECASE,
)
_ANGULAR = regex(rb"\"sourceMap\"\s*:")


def reads(_path: str, name: str) -> bool:
    """Whether this module reads the file as a whole: that of Angular."""
    return name == "angular.json"


def read(path: str, data: bytes) -> Settings:
    """The builds for production that make maps. Raises Unreadable."""
    found = []
    for project in table_of(json_of(data).get("projects")).values():
        targets = table_of(table_of(project).get("architect") or table_of(project).get("targets"))
        build = table_of(targets.get("build"))
        production = table_of(table_of(build.get("configurations")).get("production"))
        said = production.get("sourceMap", table_of(build.get("options")).get("sourceMap"))
        hidden = table_of(said).get("hidden") is True or table_of(said).get("scripts") is False
        if said is True or (table_of(said) and not hidden):
            spots = [match.span() for match in _ANGULAR.finditer(data)]
            found.append(_setting(path, "sourceMap", Span(*spots[-1]) if spots else Span(0, 0)))
    return Settings(settings=tuple(found[:1]))


def published(path: str, data: bytes) -> Iterator[Setting]:
    """The setting of Next or of Vite that publishes maps, unless something sends them away."""
    name = path.rpartition("/")[2]
    if not name.startswith(("next.config.", "vite.config.")) or (b"ourcemap" not in data and b"ourceMaps" not in data):
        return
    text = _COMMENT.sub(lambda found: b" " * len(found[0]), data)
    found = _NEXT.search(text) if name.startswith("next.") else _of_build(text)
    if found is not None and _SENT_AWAY.search(text) is None:
        yield _setting(path, found["name"].decode(), Span(*found.span("name")))


def _of_build(text: bytes) -> re.Match[bytes] | None:
    """The setting in the section on builds, and not in one inside it."""
    build = _BUILD.search(text)
    if build is None:
        return None
    depth, at = 0, build.end()
    for found in _VITE.finditer(text, at):
        for sign in text[at : found.start()]:
            depth += (sign == _OPENS) - (sign == _CLOSES)
            if depth < 0:
                return None
        if depth == 0:
            return found
        at = found.start()
    return None


def _setting(path: str, name: str, span: Span) -> Setting:
    return Setting(kind=SettingKind.SOURCE_MAPS, name=name, place=Place(path, span))
