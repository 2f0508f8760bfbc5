"""Settings of frameworks that stand in a module as plain names, and those of files of infrastructure, as calls would say them; knows no rule."""

import re
from collections.abc import Callable, Iterable, Iterator

from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.services import Package, Setting, SettingKind
from batten.regex import regex

# https://github.com/adamchainz/django-cors-headers#configuration: with credentials it answers with the name of whichever site asks.
_ANY_ORIGIN = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
_CREDENTIALS = "CORS_ALLOW_CREDENTIALS"
_AT_WORK = regex(r"(?:^|[/_.-])(?:local|dev|development|test|tests|testing|ci)(?:[/_.-]|$)", re.IGNORECASE)


def framework_uses(files: Iterable[FileFacts], package_of: Callable[[str], Package], path_class: Callable[[str], str]) -> Iterator[Use]:
    """Each setting that lets every website in; those of a machine for development are left out."""
    for file in files:
        if not file.path.endswith(".py") or _AT_WORK.search(file.path.removesuffix(".py")):
            continue
        set_to = {binding.local: binding for binding in file.bindings if binding.local in (*_ANY_ORIGIN, _CREDENTIALS)}
        credentials = set_to.get(_CREDENTIALS)
        for name in _ANY_ORIGIN:
            binding = set_to.get(name)
            if binding is None or binding.text != "true":
                continue
            package = package_of(file.path).root
            yield Use(
                kind="any-origin",
                name=f"`{name}`",
                arguments=("allow_credentials=true",) if credentials is not None and credentials.text == "true" else (),
                slots=(),
                function="",
                place=binding.place,
                package=package,
                path_class=path_class(file.path),
                key=f"{package}|use|{file.path}|{name}",
                subject=f"use|{file.path}|{name}",
            )


def resource_uses(settings: Iterable[Setting]) -> Iterator[Use]:
    """What files of infrastructure open to everybody, as the calls would say that set up the same in code."""
    for setting in settings:
        if setting.kind is SettingKind.PUBLIC_RESOURCE:
            yield Use(
                kind=setting.kind.value,
                name=setting.shown,
                arguments=("narrow=true",) if setting.narrow else (),
                slots=(),
                function="",
                place=setting.place,
                package=setting.package,
                path_class=setting.path_class,
                key=f"{setting.package}|use|{setting.place.path}|{setting.name}",
                subject=f"use|{setting.place.path}|{setting.name}",
            )
