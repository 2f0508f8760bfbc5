"""Joins settings with what is around them: package, path class, and keys found in the same place."""

import re
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from batten.facts.project import FileFacts
from batten.facts.secrets import SecretKind
from batten.facts.services import Hole, Package, Setting, SettingKind
from batten.link.one_database import one_database
from batten.regex import regex

# Whose source anyone may read has nothing to hide in maps of it.
_LICENCE = regex(r"(?:^|/)(?:LICEN[SC]E|COPYING)(?:[.-][\w.-]+)?$", re.IGNORECASE)

_APP_ROUTER = regex(r"(?:src/)?app/(?:.*/)?(?:page|layout|route)\.[jt]sx?\Z")
_MIDDLEWARE = regex(r"(?:src/)?middleware\.[jt]s")
# Hosts that keep what is sent to pass the middleware from it.
_HOSTS = ("vercel.json", "netlify.toml")


def settings(
    files: Iterable[FileFacts], package_of: Callable[[str], Package | None], path_class: Callable[[str], str]
) -> tuple[Setting, ...]:
    """All settings that matter, by place."""
    files = list(files)
    licensed = {file.path.rpartition("/")[0] for file in files if _LICENCE.search(file.path)}
    found = [
        _joined(file, setting, package_of(file.path), path_class(file.path))
        for file in files
        for setting in file.settings
        if setting.kind is not SettingKind.SOURCE_MAPS or licensed.isdisjoint((file.path.rpartition("/")[0], ""))
    ]
    found += [_joined(file, setting, package_of(file.path), path_class(file.path)) for file, setting in one_database(files)]
    found = [known for setting in found if (known := _reached(setting, found, files)) is not None]
    return tuple(sorted(found, key=lambda setting: (setting.place, setting.name)))


def _reached(setting: Setting, settings: list[Setting], files: list[FileFacts]) -> Setting | None:
    """The setting, with those holes of a version that the app is open to; None where there are none."""
    if setting.kind is not SettingKind.VULNERABLE_VERSION:
        return setting
    root = f"{setting.package}/" if setting.package else ""
    inside = [file.path.removeprefix(root) for file in files if file.path.startswith(root)]
    if any(other.kind is SettingKind.STATIC_EXPORT and other.package == setting.package for other in settings):
        return None
    has = {
        Hole.SERVER: any(_APP_ROUTER.match(path) for path in inside),
        Hole.MIDDLEWARE: any(_MIDDLEWARE.fullmatch(path) for path in inside),
    }
    names = tuple(name for name in setting.names if has[Hole(name)])
    hosted = any(path.rpartition("/")[2] in _HOSTS for path in inside)
    return replace(setting, names=names, narrow=hosted) if names else None


def _joined(file: FileFacts, setting: Setting, package: Package | None, path_class: str) -> Setting:
    root = package.root if package is not None else ""
    return replace(
        setting,
        known_key=any(secret.kind is not SecretKind.PUBLIC and secret.place.span in setting.place.span for secret in file.secrets),
        package=root,
        path_class=path_class,
        key=f"{root}|setting|{setting.name}|{file.path}",
        subject=f"setting|{file.path}|{setting.name}",
    )
