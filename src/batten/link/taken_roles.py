"""Roles that serializers of Django REST framework, and forms of Django, take from the request into the record of an account; knows no serializer that says itself how each field is read.

https://www.django-rest-framework.org/api-guide/serializers/#specifying-read-only-fields,
https://docs.djangoproject.com/en/5.2/topics/forms/modelforms/#selecting-the-fields-to-use
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from posixpath import commonpath
from typing import NamedTuple

from batten.facts.calls import Binding, Call, Function, Origin
from batten.facts.flows import Flow, Object
from batten.facts.routes import Route, RouteAuth
from batten.finding import Step
from batten.link.callers import is_sign_up
from batten.link.callgraph import Code
from batten.link.flows.authority import RECORD, ROLE
from batten.link.for_few import speaks_of_rights
from batten.link.lineage import classes_of
from batten.link.permissions import Classes, of_account_alone
from batten.link.routes import Standing
from batten.regex import regex
from batten.text import Place

_ACCOUNT = regex(r"(?:AbstractUser|AbstractBaseUser|PermissionsMixin|django\.contrib\.auth\.models[.#]User|get_user_model)$")
_ABSTRACT = ("is_superuser", "is_staff")
"""What every account of Django's has: https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.models.User"""
_RIGHTS = frozenset(("role", "roles", "user_role", "user_type", "account_type", "is_admin", "groups", "user_permissions", *_ABSTRACT))
_BY_HAND = regex(r"(?:^|[#.])(?:Choice|MultipleChoice|Char|Boolean|Integer|List|PrimaryKeyRelated|SlugRelated)Field$")
_OUTSIDE = regex(r"django\.contrib\.auth(?:\.models[.#]User|[.#]get_user_model)$")
_SETTINGS = regex(r"(?:^|/)settings(?:/\w+|_\w+)?\.py$")
_MODELS = regex(r"(?:^|/)models(?:/\w+)?\.py$")
_NAMES_ACCOUNTS = "AUTH_USER_MODEL"
_MAKES = regex(r"\.create_(?:user|superuser)$")
_MORE = regex(r"admin|staff|super|manager|owner|moderator|root", re.IGNORECASE)
_CHOSEN = ("role", "roles", "user_role", "user_type", "account_type")
_SENT = ("POST", "PUT", "PATCH", "ANY")
_WRITES = ("create", "update", "partial_update")
_GETS = "get_serializer"
_POPPED = ("@attrs.pop", "@validated_data.pop", "@attrs.get", "@validated_data.get")
# https://docs.djangoproject.com/en/5.2/topics/auth/default/#module-django.contrib.auth.forms
_FORMS = ("ModelForm", "UserCreationForm", "UserChangeForm")
_GIVEN = regex(r"@(?:attrs|data|validated_data|values)\b")


class _Taken(NamedTuple):
    """A serializer writes a right of an account as it was sent."""

    path: str
    name: str
    right: str
    place: Place
    of_form: bool = False


class TakenRoles:
    """Finds such serializers, and the routes that hand them a request."""

    def __init__(self, code: Code, path_class: Callable[[str], str]) -> None:
        self._code = code
        self._path_class = path_class
        self._classes = Classes(code)

    @cached_property
    def _settings(self) -> tuple[str, ...]:
        return tuple(path for path in self._code.files if _SETTINGS.search(path))

    @cached_property
    def _models(self) -> tuple[str, ...]:
        return tuple(path for path in self._code.files if _MODELS.search(path))

    def flows(self, standings: Iterable[Standing]) -> tuple[Flow, ...]:
        """One for each serializer: what strangers can do with it, or else what accounts can."""
        found: dict[tuple[str, str], Flow] = {}
        for standing in standings:
            caller = self._caller(standing) if standing.view is not None else None
            for home in self._handed(standing) if caller is not None else ():
                taken: _Taken | None = self._code.memo.once(("taken role", *home), self._taken, *home)
                if taken is not None and not (taken.of_form and self._is_set(standing, taken.right)):
                    kind = ROLE if caller == "anyone" else RECORD
                    if home not in found or (kind == ROLE and found[home].kind != ROLE):
                        found[home] = self._flow(standing.route, taken, kind, caller)
        return tuple(sorted(found.values(), key=lambda flow: (flow.place, flow.key)))

    def _caller(self, standing: Standing) -> str | None:
        route = standing.route
        if route.method not in _SENT:
            return None
        if route.auth is RouteAuth.UNAUTHENTICATED or is_sign_up(standing):
            return "anyone"
        if route.auth is not RouteAuth.AUTHENTICATED or any(self._asks(function) for _, function in standing.runs):
            return None
        view = standing.view
        return "account" if view is not None and view.asked is not None and of_account_alone(view.asked) else None

    def _asks(self, function: Function) -> bool:
        """It tests what the caller may do, by the names of what it tests."""
        return any(speaks_of_rights(name) for guard in function.guards for name in guard.names)

    # --- which serializers are handed what was sent ---

    def _handed(self, standing: Standing) -> Iterator[tuple[str, str]]:
        view = standing.view
        owner, _, action = (view.handler if view is not None else "").removeprefix("#").rpartition(".")
        gets = action in _WRITES
        for path, function in view.functions if view is not None else ():
            for call in function.calls:
                sent = any(
                    each.slot == "data" and any(s.text.endswith((".data", ".POST")) for s in each.sources) for each in call.arguments
                )
                if not sent and not any(
                    each.slot == "0" and any(s.text.endswith(".POST") for s in each.sources) for each in call.arguments
                ):
                    continue
                gets = gets or call.callee.endswith(f".{_GETS}")
                home = self._code.home(path, call.callee)
                if home is not None:
                    yield home
        yield from self._form_of(view.place.path, owner) if view is not None and owner else ()
        lineage = self._classes.lineage(view.place.path, f"#{owner}") if view is not None and owner and gets else None
        if lineage is None or any(self._classes.method(lineage, step) is not None for step in (_GETS, f"{_GETS}_class")):
            return
        given = self._classes.field(lineage, "serializer_class")
        home = self._code.home(given.path, given.binding.name) if given is not None and given.binding.name else None
        if home is not None:
            yield home

    def _form_of(self, path: str, owner: str) -> Iterator[tuple[str, str]]:
        """The form that a class for pages fills and saves: ``form_class = SignUpForm``."""
        lineage = self._classes.lineage(path, f"#{owner}")
        given = self._classes.field(lineage, "form_class") if lineage is not None else None
        home = self._code.home(given.path, given.binding.name) if given is not None and given.binding.name else None
        if home is not None:
            yield home

    def _is_set(self, standing: Standing, right: str) -> bool:
        """The view sets it itself on what a form has made, before it is kept: ``user.role = "reader"``."""
        functions = standing.view.functions if standing.view is not None else ()
        return any(self._sets(path, function.name, right) for path, function in functions)

    def _sets(self, path: str, name: str, right: str) -> bool:
        graph = next((each for each in self._code.files[path].graphs if each.function == name), None)
        return graph is not None and any(type(node) is Object and any(key == right for key, _ in node.fields) for node in graph.nodes)

    # --- what a serializer takes ---

    def _taken(self, path: str, name: str) -> _Taken | None:
        self._code.ask(path)
        lineage = [*classes_of(self._code, path, name)]
        bindings = {at: self._code.bindings(at) for at, _ in lineage}
        bases = [base for at, each in lineage if each in bindings[at] for base in bindings[at][each].bases]
        of_form = any(base.endswith(_FORMS) for base in bases)
        if not of_form and not any(base.endswith(("ModelSerializer", "serializers.Serializer")) for base in bases):
            return None

        def said(key: str) -> tuple[str, Binding] | None:
            return next(((at, bindings[at][f"{each}.{key}"]) for at, each in lineage if f"{each}.{key}" in bindings[at]), None)

        functions = [function for at, each in lineage for key, function in self._code.functions(at).items() if key.startswith(f"{each}.")]
        model, fields, exclude = said("Meta.model"), said("Meta.fields"), said("Meta.exclude")
        listed = fields or exclude
        if of_form:
            return self._by_form(path, name, said, functions) if listed is not None and model is not None and model[1].name else None
        if listed is None or model is None or not model[1].name:
            makes = any(_MAKES.search(call.callee) for function in functions for call in function.calls)
            return self._declared(path, name, said, functions) if makes else None
        rights = self._rights(model[0], model[1].name)
        if rights is None:
            return None
        named = frozenset(_texts(listed[1]))
        kept = rights - named if fields is None else rights if fields[1].text == "__all__" else rights & named
        read_only = said("Meta.read_only_fields")
        fixed = frozenset(_texts(read_only[1])) if read_only is not None else frozenset()
        settings = said("Meta.extra_kwargs")
        fixed |= {
            key.partition(".")[0]
            for key, text in (settings[1].texts if settings is not None else ())
            if key.endswith(".read_only") and text == "true"
        }
        for right in sorted(kept - fixed):
            if said(right) is None and all(_leaves(function, right) for function in functions):
                return _Taken(path, name, right, listed[1].place)
        return self._declared(path, name, said, functions)

    def _by_form(
        self, path: str, name: str, said: Callable[[str], tuple[str, Binding] | None], functions: Iterable[Function]
    ) -> _Taken | None:
        """Forms keep what they list, but for a field that is cleaned by hand, disabled, or set in the end."""
        model, fields, exclude = said("Meta.model"), said("Meta.fields"), said("Meta.exclude")
        rights = self._rights(model[0], model[1].name) if model is not None and model[1].name is not None else None
        if not rights or (fields or exclude) is None:
            return None
        listed, left = frozenset(_texts(fields[1])) if fields else frozenset(), frozenset(_texts(exclude[1])) if exclude else frozenset()
        kept = (rights if fields is None or fields[1].text == "__all__" else rights & listed) - left
        place = (fields or exclude or (path, None))[1]
        for right in sorted(kept):
            declared = said(right)
            made = declared[1].calls[:1] if declared is not None else ()
            if any(each.slot == "disabled" and each.text == "true" for call in made for each in call.arguments):
                continue
            if declared is not None and (not made or not self._lets_choose_more(declared[0], name, made[0])):
                continue
            steps = {function.name.rpartition(".")[2] for function in functions}
            if not steps.isdisjoint((f"clean_{right}", "clean", "__init__")) or any(
                self._sets(at, function.name, right)
                for at, each in classes_of(self._code, path, name)
                for key, function in self._code.functions(at).items()
                if key.startswith(f"{each}.")
            ):
                continue
            return _Taken(path, name, right, place.place, of_form=True) if place is not None else None
        return None

    def _declared(
        self, path: str, name: str, said: Callable[[str], tuple[str, Binding] | None], functions: Iterable[Function]
    ) -> _Taken | None:
        """A field that it adds by hand to those of the account, and takes out of what was sent: of the profile that lies beside it, perhaps."""
        for right in _CHOSEN:
            found = said(right)
            makes = [function for function in functions if function.name.rpartition(".")[2] in ("create", "save", "update")]
            if found is None or not any(_takes_out(function, right) for function in makes):
                continue
            field = next((call for call in found[1].calls if _BY_HAND.search(call.callee)), None)
            if field is None or any(each.slot == "read_only" and each.text == "true" for each in field.arguments):
                continue
            if self._lets_choose_more(found[0], name, field) and all(_leaves(function, right, by_hand=True) for function in functions):
                return _Taken(path, name, right, found[1].place)
        return None

    def _rights(self, path: str, name: str) -> frozenset[str] | None:
        """What the fields of a model say that an account may do; None for all that is no record of the app's or the framework's own accounts."""
        home = self._code.home(path, name)
        if home is None and not _OUTSIDE.search(name):
            return None
        home = home or self._code.memo.once(("account model", path), self._accounts_of, path, given=(self._settings, self._models))
        if home is None:
            return frozenset(_ABSTRACT)
        self._code.ask(home[0])
        return self._rights_of(*home)

    def _accounts_of(self, path: str) -> tuple[str, str] | None:
        """The app's own class for accounts, which the settings name: what ``get_user_model()`` gives to a file."""
        near = sorted(self._settings, key=lambda at: (-len(commonpath((at, path)).split("/")) if "/" in at and "/" in path else 0, at))
        for at in near:
            named = self._code.bindings(at).get(_NAMES_ACCOUNTS)
            label, _, name = (named.text or "").rpartition(".") if named is not None else ("", "", "")
            place = f"/{label.rpartition('.')[2]}/models"
            homes = [each for each in self._models if name and place in f"/{each}"]
            for home in sorted(homes):
                self._code.ask(home)
                if name in self._code.bindings(home):
                    return home, name
        return None

    def _rights_of(self, path: str, name: str) -> frozenset[str] | None:
        """The fields of the record of an account that say what it may do, and let people choose what is for few; None for other records."""
        lineage = [*classes_of(self._code, path, name)]
        bases = [base for at, each in lineage if each in self._code.bindings(at) for base in self._code.bindings(at)[each].bases]
        if not any(_ACCOUNT.search(base) for base in bases):
            return None
        own = {
            right
            for right in _RIGHTS
            for at, each in lineage
            if f"{each}.{right}" in self._code.bindings(at) and self._is_for_few(at, each, right)
        }
        inherited = _ABSTRACT if any(base.endswith(("AbstractUser", "PermissionsMixin")) for base in bases) else ()
        return frozenset((*own, *inherited))

    def _is_for_few(self, path: str, name: str, right: str) -> bool:
        """One of the values to choose from is; or they can't be told."""
        made = self._code.bindings(path)[f"{name}.{right}"].calls[:1]
        return right not in _CHOSEN or not made or self._lets_choose_more(path, name, made[0])

    def _lets_choose_more(self, path: str, name: str, made: Call) -> bool:
        """The field's own list of what to choose from has more than what everybody has; or it has none that can be read."""
        bindings = self._code.bindings(path)
        given = [source for each in made.arguments if each.slot == "choices" for source in each.sources]
        lists = [
            found
            for text in (source.text for source in given)
            for key in (f"{name}.{text}", text.removeprefix("#"))
            if (found := bindings.get(key) or self._elsewhere(path, text)) is not None
        ]
        values = [
            *(source.text for source in given if source.origin is Origin.LITERAL),
            *(text for found in lists for text in (*_texts(found), found.text or "") if text),
        ]
        return not values or any(_MORE.search(value) for value in values)

    def _elsewhere(self, path: str, name: str) -> Binding | None:
        module, mark, path_of = name.rpartition("#")
        owner, dot, field = path_of.partition(".")
        home = self._code.home(path, f"{module}{mark}{owner}")
        if home is None:
            return None
        self._code.ask(home[0])
        return self._code.bindings(home[0]).get(f"{home[1]}{dot}{field}")

    def _flow(self, route: Route, taken: _Taken, kind: str, caller: str | None) -> Flow:
        name = f"{route.package}|flow|{taken.path}#{taken.name}|{kind} {taken.name}"
        return Flow(
            kind=kind,
            source="request",
            sink=taken.name,
            function=taken.name,
            caller=caller,
            served=True,
            place=taken.place,
            package=route.package,
            path_class=self._path_class(taken.path),
            key=f"{name}|1",
            subject=f"sink|{taken.path}#{taken.name}|{kind}|1",
            trail=(
                Step(route.place, f"{route.title} hands what was sent to {taken.name}"),
                Step(taken.place, f"`{taken.right}` is among what it takes"),
            ),
        )


def _texts(binding: Binding) -> Iterator[str]:
    return (source.text for source in binding.sources if source.origin is Origin.LITERAL)


def _takes_out(function: Function, right: str) -> bool:
    """It reads the field out of what was sent."""
    read = [call for call in function.calls if call.callee.endswith((".pop", ".get")) and _GIVEN.match(call.callee)]
    if any(each.slot == "0" and each.text == right for call in read for each in call.arguments):
        return True
    return any(
        _GIVEN.match(s.text) and s.text.endswith(f".{right}") for call in function.calls for each in call.arguments for s in each.sources
    )


def _is_kept(popped: Call) -> bool:
    """Something else would stand there where nothing was sent: who throws a field away asks for nothing in its place."""
    other = next((each for each in popped.arguments if each.slot == "1"), None)
    return other is None or any(source.text not in ("None", "null", "") for source in other.sources)


def _leaves(function: Function, right: str, *, by_hand: bool = False) -> bool:
    """A method of the serializer lets the field be written as it was sent; ``by_hand``: it takes it out itself to do so."""
    step = function.name.rpartition(".")[2]
    if step in (f"validate_{right}", "to_internal_value", "get_fields", "get_extra_kwargs", "__init__"):
        return False
    if any(_GIVEN.match(name) and name.endswith(f".{right}") for guard in function.guards for name in guard.names):
        return False
    if step == "validate" and any(each.text == right for call in function.calls for each in call.arguments):
        return False
    if step not in ("create", "update", "save"):
        return True
    for call in function.calls:
        given = [(each.slot, each.text, [source.text for source in each.sources]) for each in call.arguments]
        if call.callee.endswith(".pop") and any(text == right for _, text, _ in given):
            by_hand = by_hand or (_GIVEN.match(call.callee) is not None and _is_kept(call))
            if not by_hand:
                return False
        if any(slot == right and not any(text.startswith("@") for text in texts) for slot, _, texts in given):
            return False  # something else is written there
    if by_hand:
        return not any(name.startswith(_POPPED) for guard in function.guards for name in guard.names)
    whole = any(
        any("validated_data" in text for text in texts) and slot in ("**", "0", right)
        for call in function.calls
        for slot, _, texts in ((each.slot, each.text, [s.text for s in each.sources]) for each in call.arguments)
    )
    return whole or step != "create" or any(call.callee == "setattr" for call in function.calls)
