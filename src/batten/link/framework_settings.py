"""Settings of frameworks that stand in a module as plain names, as calls would say them; knows no rule."""

import re
from collections.abc import Callable, Iterable, Iterator

from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.services import Package

# https://github.com/adamchainz/django-cors-headers#configuration: with credentials it answers with the name of whichever site asks.
_ANY_ORIGIN = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
_CREDENTIALS = "CORS_ALLOW_CREDENTIALS"
_AT_WORK = re.compile(r"(?:^|[/_.-])(?:local|dev|development|test|tests|testing|ci)(?:[/_.-]|$)", re.IGNORECASE)


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
