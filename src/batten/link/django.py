"""What answers an address of Django's: the function or class behind a pattern, method by method, with its guards and what it does without a line of code."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from msgspec import structs

from batten.facts.calls import Call, Function, Origin, Source
from batten.facts.project import FileFacts
from batten.facts.routes import EVERY_ACTION, EffectKind, Endpoint, Route
from batten.facts.services import Package
from batten.finding import Step
from batten.link.addressed import Address, Addressed
from batten.link.addresses import makes_accounts
from batten.link.callgraph import Code
from batten.link.django_classes import ACTION, PAGE, answers, aside, hands_on, is_marked, slot, texts
from batten.link.django_functions import about_caller, mentions_caller, narrowed, reads_body
from batten.link.effects import Effects, Reached
from batten.link.guards import Guards, Protection
from batten.link.permissions import Ask, Classes, Lineage, Permissions, granted, names_of, of_account_alone, says_it_all
from batten.regex import regex
from batten.text import Place, Span

_HOOKS = {
    "create": ("create", "perform_create", "form_valid"),
    "update": ("update", "perform_update", "form_valid"),
    "partial_update": ("partial_update", "update", "perform_update"),
    "destroy": ("destroy", "perform_destroy", "delete", "form_valid"),
    "form": ("form_valid",),
    PAGE: ("get_context_data",),
}
_READS = ("get_queryset", "get_object", "get_context_data")
_KINDS = {
    "create": (EffectKind.DATABASE_WRITE, "create", "writes to the database here"),
    "update": (EffectKind.DATABASE_WRITE, "save", "writes to the database here"),
    "partial_update": (EffectKind.DATABASE_WRITE, "save", "writes to the database here"),
    "destroy": (EffectKind.DATABASE_DELETE, "delete", "deletes from the database here"),
    "list": (EffectKind.DATABASE_READ, "all", "reads the database here"),
    "retrieve": (EffectKind.DATABASE_READ, "get", "reads the database here"),
}
_ABOUT_ONE = frozenset({"retrieve", "update", "partial_update", "destroy"})
# What runs before the method of a class, and may turn strangers away.
_ANSWERING = frozenset(("process_request", "process_view"))
_GATES = ("dispatch", "initial", "setup", "check_permissions", "as_view")
_KNOWN_BASES = regex(
    r"(?:django\.(?:views|contrib\.messages|utils)|rest_framework|drf_|django_filters|rest_framework_\w+|builtins|object|typing|abc)\b|object$"
)
_REST_FRAMEWORK = regex(r"rest_framework|drf_|dynamic_rest|rest_auth|dj_rest_auth")
_SUFFIXES = regex(r"(?:Model)?(?:Serializer|Form|ViewSet|View|API)+$")
_MODEL = regex(r"(?:^|[#.])(\w+)\.(?:objects|\w*_objects|published|all_objects)(?:\.|$)")
_OWN_ROWS = regex(r"^#[\w.]+\.get_(?:queryset|object)(?:\.|$)")
_METHOD_DECORATOR = "django.utils.decorators.method_decorator"
_ASKS_MORE = regex(r"Permission|UserPassesTest|AccessMixin|braces|rules\.|guardian")
_OPEN_LOGIN = "django.contrib.auth.decorators.login_not_required"
_API_VIEW = "rest_framework.decorators.api_view"
_PERMISSION_CLASSES = "rest_framework.decorators.permission_classes"
_ONLY = {
    "django.views.decorators.http.require_POST": ("POST",),
    "django.views.decorators.http.require_GET": ("GET",),
    "django.views.decorators.http.require_safe": ("GET",),
}
_REQUIRE = "django.views.decorators.http.require_http_methods"


class View(NamedTuple):
    """What answers some methods of an address.

    ``methods``: empty where the view answers all of them. ``suffix`` comes after the address of the pattern. ``functions`` are what runs,
    ``implied`` what happens without code.
    """

    methods: tuple[str, ...]
    suffix: str
    handler: str
    place: Place
    protection: Protection
    functions: tuple[tuple[str, Function], ...] = ()
    implied: tuple[Reached, ...] = ()
    scoped: bool = False
    """What the class looks up is the caller's own."""
    default: Place | None = None
    """The settings that leave it open, as it says nothing itself."""
    asked: tuple[str, ...] | None = None
    """The permission classes of REST framework that decide, those of the app as ``file#Class``; None can't tell."""
    model: str | None = None
    """What its rows are of, where a class names one."""
    more: bool = False
    """What it is made of may ask callers for more than an account."""

    def reached(self, effects: Effects) -> tuple[Reached, ...]:
        """What a stranger reaches; what is done with the account of a caller has one first: nobody's account fits no row."""
        found = list(self.implied)
        for path, function in self.functions:
            own = about_caller(function)
            if self.scoped:
                own |= {call.span.start for call in function.calls if _OWN_ROWS.match(call.callee)}
            hidden_parts = [*narrowed(function), *aside(function)]
            for effect in effects.of(path, function, handler=True):
                first = effect.trail[0].place if effect.trail else effect.place
                hidden = first.path == path and (first.span.start in own or any(first.span in each for each in hidden_parts))
                found.append(effect._replace(protection=max(effect.protection, Protection.UNKNOWN)) if hidden else effect)
        return tuple(found)


class DjangoViews:
    """The views of an app, by the names that patterns have for them."""

    def __init__(self, code: Code, guards: Guards, classes: Classes, permissions: Permissions) -> None:
        self._code = code
        self._guards = guards
        self._classes = classes
        self._permissions = permissions
        self._addressed = Addressed(code, guards)

    def asks_by_path(self, path: str) -> bool:
        """Whether middleware of the project asks for something at some addresses, and not at others."""
        return any(
            function.by_path or function.for_some
            for home, dotted in self._permissions.middleware(path)
            for _, function in self._permissions.steps_of(home, dotted)
        )

    def of(self, path: str, endpoint: Endpoint, address: str | None = None) -> list[View]:
        """All that an endpoint without methods of its own stands for; ``address``: the whole path, where what is demanded may depend on that."""
        at = None if address is None else partial(self._demanded_at, address)
        target = self._code.target(path, endpoint.handler)
        routed = EVERY_ACTION in endpoint.actions
        if not routed and target.path is not None and target.function is not None and not target.rest:
            return self._of_function(target.path, target.function, at)
        lineage = self._classes.lineage(path, endpoint.handler)
        if lineage is not None and (not routed or any(_REST_FRAMEWORK.match(name) for name in lineage.outside)):
            return list(self._of_class(lineage, endpoint, at))
        if routed:
            return []
        outside = target.path is None and target.known and "#" in endpoint.handler
        protection = Protection.NONE if outside else Protection.UNKNOWN
        return [View(("ANY",), "", endpoint.handler, endpoint.place, protection)]

    def _demanded_at(self, address: str, home: str, dotted: str, demanded: Protection) -> Protection:
        """What one middleware of the project demands at an address."""
        asking = [each for each in self._permissions.steps_of(home, dotted) if self._permissions.asks(*each)]
        # What these give is the answer, as of hooks; the others go on themselves.
        found = [
            self._addressed.of_function(path, each, demanded, Address((address,), "ANY", stops=each.name.rpartition(".")[2] in _ANSWERING))
            for path, each in asking
        ]
        return max(found, default=demanded)

    def _of_function(self, path: str, function: Function, at: Ask | None) -> list[View]:
        rest, chain, allowed = False, Protection.NONE, self._permissions.before_all(path, of_rest=False, at=at)
        methods: tuple[str, ...] = ()
        listed: tuple[Source, ...] | None = None
        for wrapper in function.wrappers:
            name = self._code.target(path, wrapper.callee).name
            if name == _API_VIEW:
                rest, methods = True, tuple(each.upper() for each in texts(wrapper)) or ("GET",)
            elif name == _PERMISSION_CLASSES:
                listed = wrapper.arguments[0].sources if wrapper.arguments else ()
            elif name in _ONLY:
                methods = _ONLY[name]
            elif name == _REQUIRE:
                methods = tuple(each.upper() for each in texts(wrapper))
            elif name == _OPEN_LOGIN:
                allowed = Protection.NONE if allowed is Protection.IDENTITY else allowed
            else:
                chain = max(chain, self._guards.demands(path, wrapper.callee, wrapper.span))
        if not methods and not reads_body(function):
            methods = ("GET",)
        place = Place(path, function.place.span)
        handler = f"#{function.name}"
        if not rest:
            return [View(methods, "", handler, place, max(chain, allowed), ((path, function),))]
        chain = max(chain, self._permissions.before_all(path, of_rest=True, at=at))
        demanded: dict[Protection, list[str]] = {}
        for method in methods:
            if listed is None:
                found = self._permissions.default(path, method, detail=False)
            else:
                found = self._permissions.of(path, listed, method, detail=False)
            demanded.setdefault(max(chain, found), []).append(method)
        default = self._permissions.left_open(path) if listed is None else None
        return [
            View(tuple(each), "", handler, place, protection, ((path, function),), default=default) for protection, each in demanded.items()
        ]

    def _of_class(self, lineage: Lineage, endpoint: Endpoint, ask: Ask | None) -> Iterator[View]:
        names = [outside.rpartition(".")[2] for outside in lineage.outside]
        rest = any(_REST_FRAMEWORK.match(outside) for outside in lineage.outside)
        gate = self._gate(lineage, rest, ask)
        only = self._classes.field(lineage, "http_method_names")
        allowed = {source.text.upper() for source in only.binding.sources} if only is not None else None
        for method, action, suffix in answers(self._code, self._classes, lineage, names, endpoint):
            if allowed is not None and method not in allowed:
                continue
            yield self._view(lineage, method, action, suffix, gate, rest=rest)

    def _gate(self, lineage: Lineage, rest: bool, ask: Ask | None) -> Protection:
        """What stands before all methods of a class: mixins, decorators, middleware, and what it does before it answers."""
        path = lineage.classes[0][0]
        before = self._permissions.before_all(path, of_rest=rest, at=ask)
        best = Protection.NONE if before is Protection.IDENTITY and is_marked(self._code, lineage, _OPEN_LOGIN) else before
        if not lineage.whole or any(not _KNOWN_BASES.match(name) for name in lineage.outside):
            best = max(best, Protection.UNKNOWN)
        for name in lineage.outside:
            best = max(best, self._guards.demands(path, name) if name.startswith("django.contrib.auth.mixins.") else Protection.NONE)
        for at, owner in lineage.classes:
            binding = self._code.bindings(at).get(owner)
            for decorator in binding.decorators if binding is not None else ():
                about = slot(decorator, "name")
                if about is None or about.text in ("dispatch", None):
                    best = max(best, self._decorated(at, decorator))
            for step in _GATES:
                function = self._code.functions(at).get(f"{owner}.{step}")
                if function is not None:
                    asked = max(
                        self._guards.asked(at, function), *(self._decorated(at, each) for each in function.wrappers), Protection.NONE
                    )
                    best = max(best, asked if function.wrappers and asked > Protection.UNKNOWN else min(asked, Protection.UNKNOWN))
        return best

    def _decorated(self, path: str, decorator: Call) -> Protection:
        if self._code.target(path, decorator.callee).name != _METHOD_DECORATOR:
            return self._guards.demands(path, decorator.callee, decorator.span)
        named = decorator.arguments[0].sources if decorator.arguments else ()
        names = [source.text for source in named if source.origin in (Origin.NAME, Origin.CALL)]
        return max((self._guards.demands(path, name) for name in names), default=Protection.NONE)

    def _view(self, lineage: Lineage, method: str, action: str, suffix: str, gate: Protection, *, rest: bool) -> View:
        home, owner = lineage.classes[0]
        binding = self._code.bindings(home).get(owner)
        main = self._classes.method(lineage, method.lower()) or (self._classes.method(lineage, action) if action else None)
        functions, happens = self._runs(lineage, method, action)
        best = gate
        if main is not None:
            best = max([best, *(self._decorated(main[0], each) for each in main[1].wrappers if not self._is_mark(main[0], each))])
        for at, named in lineage.classes:
            holder = self._code.bindings(at).get(named)
            for decorator in holder.decorators if holder is not None else ():
                about = slot(decorator, "name")
                if about is not None and about.text in (method.lower(), action):
                    best = max(best, self._decorated(at, decorator))
        if rest:
            best = max(best, self._permitted(lineage, method, action, main, detail="<pk>" in suffix or action in _ABOUT_ONE))
        place = main[1].place if main is not None else binding.place if binding is not None else Place(home, Span(0, 0))
        scoped = any(found is not None and mentions_caller(found[1]) for found in map(partial(self._classes.method, lineage), _READS[:2]))
        implied = self._implied(lineage, action, place, functions, scoped=scoped) if happens else ()
        default = self._permissions.left_open(home) if rest and self._listed(lineage, method, action, main) == () else None
        name = f"#{owner}.{action or method.lower()}"
        asked = self._asked(lineage, method, action, main) if rest else None
        more = not lineage.whole or (asked is None or not of_account_alone(asked) if rest else self._asks_more(lineage))
        model, where = self._model(lineage), Place(place.path, place.span)
        return View((method,), suffix, name, where, best, functions, implied, scoped, default, asked, model, more)

    def _asked(self, lineage: Lineage, method: str, action: str, main: tuple[str, Function] | None) -> tuple[str, ...] | None:
        """The permission classes that decide about a method of a class."""
        if not says_it_all(self._classes, lineage):
            return None
        listed = self._listed(lineage, method, action, main)
        if listed is None:
            return None
        return names_of(self._code, *listed) if listed else self._permissions.default_names(lineage.classes[0][0])

    def _listed(
        self, lineage: Lineage, method: str, action: str, main: tuple[str, Function] | None
    ) -> tuple[str, tuple[Source, ...]] | tuple[()] | None:
        """Where the permission classes stand that decide, and which they are: nothing where the settings say so, None where that can't be told."""
        gives = self._classes.method(lineage, "get_permissions")
        if gives is not None:
            found = granted(gives[1], method, action)
            if found:
                return gives[0], tuple(Source(Origin.NAME, name) for name in found)
            if found is None or len([*self._classes.methods(lineage, "get_permissions")]) > 1:
                return None
        for wrapper in main[1].wrappers if main is not None else ():
            given = slot(wrapper, "permission_classes")
            if main is not None and self._is_mark(main[0], wrapper) and given is not None:
                return main[0], given.sources
        field = self._classes.field(lineage, "permission_classes")
        if field is not None and gives is not None and field.binding.place.path == gives[0] and field.binding.place.span in gives[1].block:
            field = None  # it sets this itself, on some ways
        return (field.path, field.binding.sources) if field is not None else ()

    def _asks_more(self, lineage: Lineage) -> bool:
        """A class of pages may ask for more than an account."""
        return any(_ASKS_MORE.search(name) for name in lineage.outside) or any(
            self._classes.method(lineage, step) is not None for step in (*_GATES, "test_func")
        )

    def _is_mark(self, path: str, wrapper: Call) -> bool:
        return self._code.target(path, wrapper.callee).name in ACTION

    def _runs(self, lineage: Lineage, method: str, action: str) -> tuple[tuple[tuple[str, Function], ...], bool]:
        """The app's own functions that run, in turn, and whether what the framework does for the action happens too."""
        functions: list[tuple[str, Function]] = []
        happens = action in _KINDS
        for step in dict.fromkeys((method.lower(), *_HOOKS.get(action, (action,)))):
            found = self._classes.method(lineage, step) if step else None
            if found is not None:
                functions.append(found)
                if not any(hands_on(call, step) for call in found[1].calls):
                    happens = False
                    break
        if happens and _KINDS[action][0] is EffectKind.DATABASE_READ:
            functions += [found for step in _READS if (found := self._classes.method(lineage, step)) and found not in functions]
        return tuple(functions), happens

    def _permitted(self, lineage: Lineage, method: str, action: str, main: tuple[str, Function] | None, *, detail: bool) -> Protection:
        listed = self._listed(lineage, method, action, main)
        if listed is None:
            return Protection.UNKNOWN
        if listed:
            return self._permissions.of(*listed, method, detail=detail)
        return self._permissions.default(lineage.classes[0][0], method, detail=detail)

    def _implied(
        self, lineage: Lineage, action: str, place: Place, functions: Iterable[tuple[str, Function]], *, scoped: bool
    ) -> tuple[Reached, ...]:
        """What a generic view does by itself, through its queryset and serializer."""
        kind, step, sentence = _KINDS[action]
        model = self._model(lineage)
        caller = any(about_caller(function) for _, function in functions) or (scoped and action != "create")
        protection = Protection.UNKNOWN if caller else Protection.NONE
        for path, function in functions:
            protection = max(protection, self._guards.asked(path, function))
        at = Place(place.path, place.span)
        callee = f"{model or 'queryset'}.objects.{step}"
        return (Reached(kind, at, callee, model, True, False, protection, (Step(at, sentence),)),)

    def _model(self, lineage: Lineage) -> str | None:
        """The name of the model that a generic view is about."""
        for field in ("model", "queryset"):
            given = self._classes.field(lineage, field)
            if given is not None and given.binding.name:
                found = _MODEL.search(given.binding.name)
                return _named(found[1]) if found is not None else re.split(r"[#.]", given.binding.name)[-1]
        queryset = self._classes.method(lineage, "get_queryset")
        for call in queryset[1].calls if queryset is not None else ():
            found = _MODEL.search(call.callee)
            if found is not None:
                return _named(found[1])
        for field in ("serializer_class", "form_class"):
            given = self._classes.field(lineage, field)
            if given is not None and given.binding.name:
                return _SUFFIXES.sub("", re.split(r"[#.]", given.binding.name)[-1]) or None
        return _SUFFIXES.sub("", lineage.classes[0][1]) or None


def django_views(code: Code, guards: Guards, files: Iterable[FileFacts], package_of: Callable[[str], Package | None]) -> DjangoViews:
    """The views of the app, with the settings of its projects."""

    def root_of(path: str) -> str:
        package = package_of(path)
        return package.root if package is not None else ""

    classes = Classes(code)
    return DjangoViews(code, guards, classes, Permissions(code, guards, classes, files, root_of))


def _named(model: str) -> str:
    return "User" if model == "get_user_model" else model


def makes_own_account(view: View, route: Route) -> bool:
    """Whoever calls it has an account afterwards, and its author says that anybody may."""
    open_to_all = view.default is None and bool(view.asked) and all(name.endswith(".AllowAny") for name in view.asked or ())
    return open_to_all and view.handler.endswith((".create", ".post")) and makes_accounts(route.path, route.method)


def placed(endpoint: Endpoint, view: View) -> Endpoint:
    """The endpoint as the view has it: at its place, for its methods, with its address in whole."""
    path = f"{endpoint.path}{view.suffix}"
    return structs.replace(endpoint, methods=view.methods, path=path, handler=view.handler, place=view.place)
