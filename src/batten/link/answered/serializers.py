"""What serializers of Django REST framework write out of a model: all of its fields, or all but some; knows no query.

https://www.django-rest-framework.org/api-guide/serializers/#modelserializer
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.facts.calls import Binding, Origin
from batten.facts.project import FileFacts
from batten.link.answered.records import Record, Records
from batten.link.callgraph import Code
from batten.link.lineage import classes_of
from batten.regex import regex
from batten.text import Place

_OF_MODELS = ("ModelSerializer",)
_ACCOUNT = Record("django", "User", ("password",))
_ACCOUNTS = frozenset(("django.contrib.auth.models.User", "django.contrib.auth.get_user_model"))
# What a class of views says about rows and serializers itself, instead of naming them.
_CHOOSES = ("get_serializer_class", "get_serializer", "list", "retrieve", "finalize_response")
_READS = ("get_queryset", "get_object")
_OF_CALLER = regex(r"(?:request|self)\.user|\.user(?:_id)?\b")
_FOR_SOME = regex(r"Admin|Staff|Superuser|Manager|Owner|Role|Permission")
_NAMES_ONE = ".serializer_class"


class Written(NamedTuple):
    """What a serializer writes out: the rows of ``record`` without the fields that are ``left_out``; ``place`` is where it says so."""

    record: Record
    left_out: frozenset[str]
    place: Place

    @property
    def fields(self) -> tuple[str, ...]:
        """The credentials in it."""
        return tuple(field for field in self.record.fields if field not in self.left_out)


class Shown(NamedTuple):
    """A class of views that answers with a serializer. ``own``: its rows are the caller's; ``caller`` as in ``RevealedRow``."""

    path: str
    view: str
    place: Place
    written: Written
    own: bool
    caller: str | None


class Serializers:
    """Answers what classes of an app write out."""

    def __init__(self, code: Code, records: Records) -> None:
        self._code = code
        self._records = records

    def of(self, path: str, name: str) -> Written | None:
        """What the class that a qualified name denotes writes out; None for all others, for those that name their fields, and where it can't be told."""
        home = self._code.home(path, name)
        if home is None:
            return None
        found: Written | None = self._code.memo.once(("serializer", *home), self._written, *home)
        return found

    def _written(self, path: str, name: str) -> Written | None:
        self._code.ask(path)
        lineage = [*classes_of(self._code, path, name)]
        if not any(self._is_of_models(at, each) for at, each in lineage):
            return None
        if any(
            f"{each}.to_representation" in self._code.functions(at) or f"{each}.get_fields" in self._code.functions(at)
            for at, each in lineage
        ):
            return None
        said = {
            key: found
            for key in ("model", "fields", "exclude", "extra_kwargs")
            if (found := self._said(lineage, f"Meta.{key}")) is not None
        }
        model, fields, exclude = said.get("model"), said.get("fields"), said.get("exclude")
        if model is None or (exclude is None) == (fields is None) or (fields is not None and fields[1].text != "__all__"):
            return None
        record = self._record(*model)
        if record is None:
            return None
        left_out = set(_texts(exclude[1])) if exclude is not None else set()
        if "extra_kwargs" in said:
            left_out |= {
                key.partition(".")[0] for key, text in said["extra_kwargs"][1].texts if key.endswith(".write_only") and text == "true"
            }
        for at, each in lineage:
            for local, binding in self._code.bindings(at).items():
                owner, _, field = local.rpartition(".")
                if owner == each and any(
                    slot.slot == "write_only" and slot.text == "true" for call in binding.calls[:1] for slot in call.arguments
                ):
                    left_out.add(field)
        found = fields or exclude
        return Written(record, frozenset(left_out), found[1].place) if found is not None else None

    def _is_of_models(self, path: str, name: str) -> bool:
        binding = self._code.bindings(path).get(name)
        return binding is not None and any(base.endswith(_OF_MODELS) for base in binding.bases)

    def _said(self, lineage: Iterable[tuple[str, str]], key: str) -> tuple[str, Binding] | None:
        for path, name in lineage:
            found = self._code.bindings(path).get(f"{name}.{key}")
            if found is not None:
                return path, found
        return None

    def _record(self, path: str, model: Binding) -> Record | None:
        name = model.calls[0].callee if model.calls else model.name
        if name is None:
            return None
        outside = self._code.canonical(path, name)
        if (outside or "").replace("#", ".") in _ACCOUNTS:
            return _ACCOUNT
        found = self._records.of(path, name)
        return found if found is not None and found.tool == "django" else None

    def views(self, files: Iterable[FileFacts]) -> Iterator[Shown]:
        """The classes of views that name a serializer which writes credentials out, and leave the answer to the framework."""
        for file in files:
            if file.path.endswith(".py") and any(binding.local.endswith(_NAMES_ONE) for binding in file.bindings):
                yield from self._code.memo.once(("serialized views", file.path), self._views_of, file.path)

    def _views_of(self, path: str) -> list[Shown]:
        bindings, functions = self._code.bindings(path), self._code.functions(path)
        found = []
        for local, binding in bindings.items():
            view = local.removesuffix(_NAMES_ONE)
            if view == local or binding.name is None:
                continue
            written = self.of(path, binding.name)
            if written is None or not written.fields or any(f"{view}.{step}" in functions for step in _CHOOSES):
                continue
            reads = [functions[f"{view}.{step}"] for step in _READS if f"{view}.{step}" in functions]
            given = [source.text for each in reads for call in each.calls for slot in call.arguments for source in slot.sources]
            place = bindings[view].place if view in bindings else binding.place
            found.append(Shown(path, view, place, written, any(map(_OF_CALLER.search, given)), self._caller(path, view)))
        return found

    def _caller(self, path: str, view: str) -> str | None:
        asked = self._code.bindings(path).get(f"{view}.permission_classes")
        if asked is None:
            return None
        names = [source.text.rpartition(".")[2] for source in asked.sources]
        if "AllowAny" in names:
            return "anyone"
        return "privileged" if any(map(_FOR_SOME.search, names)) else "account"


def _texts(binding: Binding) -> Iterator[str]:
    return (source.text for source in binding.sources if source.origin is Origin.LITERAL)
