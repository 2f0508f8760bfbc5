"""Joins settings with what is around them: package, path class, and keys found in the same place."""

import re
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from batten.facts.project import FileFacts
from batten.facts.secrets import SecretKind
from batten.facts.services import Package, Setting, SettingKind

# Whose source anyone may read has nothing to hide in maps of it.
_LICENCE = re.compile(r"(?:^|/)(?:LICEN[SC]E|COPYING)(?:[.-][\w.-]+)?$", re.IGNORECASE)


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
    return tuple(sorted(found, key=lambda setting: (setting.place, setting.name)))


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
