"""Where requests that another site makes a visitor's browser send are not told from the app's own: each as a use of what leaves the check out; knows no rule."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from batten.code.names import MAX_ROOTS
from batten.facts.calls import Binding, Origin
from batten.facts.flows import Constant, Field, Given, Graph, Object, Use
from batten.facts.project import FileFacts
from batten.facts.services import Package, Setting, SettingKind
from batten.facts.vocabulary import canonical
from batten.link.memo import Memo
from batten.regex import regex
from batten.text import Place, Span

KIND = "cross-site"
_EXEMPT = "django.views.decorators.csrf.csrf_exempt"
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_SIGNED_IN = regex(r"login_required|permission_required|user_passes_test|staff_member_required|require_login")
# Django REST framework asks for the token itself where the session says who calls: https://www.django-rest-framework.org/api-guide/authentication/#sessionauthentication
_ASKS_ITSELF = regex(r"^rest_framework\.|csrf_protect|requires_csrf_token")
_OF_ACCOUNTS = ("django.contrib.auth.decorators", "django.contrib.auth.mixins", "django.contrib.auth")
_BODY = frozenset(("POST", "body", "FILES"))
_HEADERS = frozenset(("headers", "META"))
_WRITES = frozenset(
    ("save", "delete", "create", "update", "bulk_create", "get_or_create", "update_or_create", "set_password", "add", "remove", "send")
)
# A form of another site can be sent in two ways only, and JSON is neither: https://developer.mozilla.org/en-US/docs/Web/HTTP/CORS#simple_requests
_READS_FORMS = frozenset(("urlencoded", "multer"))
_SETS = frozenset(("cookie",))
_KEEPS_SESSIONS = frozenset(("express-session", "cookie-session"))
_TELLS_APART = regex(r"csrf|csurf|lusca|xsrf")
_AT_WORK = regex(r"(?:^|[/_.-])(?:local|dev|development|test|tests|testing|ci|conftest)(?:[/_.-]|$)", re.IGNORECASE)


def forgeries(
    files: Sequence[FileFacts], package_of: Callable[[str], Package | None], path_class: Callable[[str], str], memo: Memo
) -> Iterator[Use]:
    """Each of them; ``arguments`` has ``samesite=lax`` where the cookie that says who calls is not sent along from other sites."""

    def use(path: str, place: Place, name: str, function: str = "", *, kept: bool = False) -> Use:
        package = package_of(path)
        root = package.root if package is not None else ""
        return Use(
            kind=KIND,
            name=name,
            arguments=("samesite=lax",) if kept else (),
            slots=(),
            function=function,
            place=place,
            package=root,
            path_class=path_class(path),
            key=f"{root}|use|{path}#{function}|{KIND}|{name}",
            subject=f"use|{path}#{function}|{KIND}",
        )

    for file, settings in memo.said("settings of sites", files, _of_sites):
        for setting in settings:
            if not _AT_WORK.search(file.path.removesuffix(".py")):
                yield use(file.path, setting.place, setting.shown, kept=setting.narrow)
    parsed = [file for file, _ in memo.said("parsed Python", files, _is_parsed_python)]
    django = [file for file in parsed if any(entry.module.startswith("django") for entry in file.imports)]
    kept = not any(_is_sent_along(file.bindings) for file in parsed)
    for file in django:
        for name, span in _exempt(file):
            shown = name.rpartition(".")[2]
            yield use(file.path, Place(file.path, span), f"`{shown}` is exempt from the check of where they come from", name, kept=kept)
    accounts = bool(parsed) and bool(memo.said("imports accounts", files, _takes_accounts))
    for file in parsed if accounts else ():
        for binding in file.bindings:
            if binding.local == "MIDDLEWARE" and not _AT_WORK.search(file.path.removesuffix(".py")) and _lacks_check(binding):
                yield use(file.path, binding.place, "`CsrfViewMiddleware` is not among the `MIDDLEWARE`", kept=kept)
    for file, graph, span in _sent_to_forms(files, package_of, memo):
        yield use(file.path, Place(file.path, span), "a cookie with `sameSite: none` says who calls, and forms are read", graph.function)


def _exempt(file: FileFacts) -> Iterator[tuple[str, Span]]:
    """Views that the session lets in, and that do something with what a form says, each with the decorator that leaves the check out."""
    graphs = {graph.function: graph for graph in file.graphs}
    for function in file.functions:
        around = {canonical(call.callee): call.span for call in function.wrappers}
        graph = graphs.get(function.name)
        if _EXEMPT not in around or graph is None or any(_ASKS_ITSELF.search(name) for name in around):
            continue
        asked = _asked(graph)
        by_session = asked & {"user", "session"} or any(_SIGNED_IN.search(name) for name in around)
        if by_session and not asked & _HEADERS and (asked & _BODY or any(call.method in _WRITES for call in graph.calls)):
            yield function.name, around[_EXEMPT]


def _asked(graph: Graph) -> set[str]:
    """What is read of the request, the first parameter."""
    given = {number for number, node in enumerate(graph.nodes) if type(node) is Given and node.index == 0}
    return {node.key for node in graph.nodes if type(node) is Field and node.of in given} | {
        call.method for call in graph.calls if call.receiver in given
    }


def _lacks_check(binding: Binding) -> bool:
    """All that is in the list is known, and the check is not; sessions are."""
    names = {source.text for source in binding.sources if source.origin is Origin.LITERAL}
    whole = 0 < len(binding.sources) < MAX_ROOTS and len(names) == len(binding.sources)
    return whole and _SESSIONS in names and not any("csrf" in name.lower() for name in names)


def _is_sent_along(bindings: Iterable[Binding]) -> bool:
    """Django sends its session along from other sites only where it is told to."""
    # https://docs.djangoproject.com/en/stable/ref/settings/#session-cookie-samesite
    return any(binding.local == "SESSION_COOKIE_SAMESITE" and (binding.text or "").lower() in ("none", "false") for binding in bindings)


def _sent_to_forms(
    files: Sequence[FileFacts], package_of: Callable[[str], Package | None], memo: Memo
) -> Iterator[tuple[FileFacts, Graph, Span]]:
    """The first cookie of Express that other sites' forms bring along, where the package reads forms and nothing in it is for telling them apart."""
    parts = [(file, *told) for file, told in memo.said("forms", files, _of_forms) if told is not None]
    if not any(cookie is not None for *_, cookie in parts):
        return

    def root_of(file: FileFacts) -> str:
        package = package_of(file.path)
        return package.root if package is not None else ""

    cookies: dict[str, tuple[FileFacts, Graph, Span]] = {}
    for file, _, cookie in parts:
        if cookie is not None:
            cookies.setdefault(root_of(file), (file, *cookie))
    reading = {root_of(file) for file, reads, _ in parts if reads}
    asking = {root_of(file) for file, _ in memo.said("tells sites apart", files, _tells_apart)}
    yield from (found for root, found in cookies.items() if root in reading and root not in asking)


def _of_sites(file: FileFacts) -> list[Setting]:
    return [setting for setting in file.settings if setting.kind is SettingKind.CROSS_SITE]


def _is_parsed_python(file: FileFacts) -> bool:
    return file.parsed and _is_python(file)


def _takes_accounts(file: FileFacts) -> bool:
    return any(entry.module in _OF_ACCOUNTS for entry in file.imports)


def _tells_apart(file: FileFacts) -> bool:
    return not _is_python(file) and any(_TELLS_APART.search(entry.module) for entry in file.imports)


def _is_python(file: FileFacts) -> bool:
    return file.path.endswith(".py")


def _of_forms(file: FileFacts) -> tuple[bool, tuple[Graph, Span] | None] | None:
    """Whether a file reads forms, and its first cookie that other sites' forms bring along; None for neither."""
    if _is_python(file):
        return None
    calls = [(graph, call) for graph in file.graphs for call in graph.calls]
    cookies = (
        (graph, call.span)
        for graph, call in calls
        if call.method not in _READS_FORMS
        and (call.method in _SETS or (call.callee or "").partition("#")[0] in _KEEPS_SESSIONS)
        and any(_is_open(graph, number) for number in call.arguments)
    )
    reads, cookie = any(call.method in _READS_FORMS for _, call in calls), next(cookies, None)
    return (reads, cookie) if reads or cookie is not None else None


def _is_open(graph: Graph, number: int) -> bool:
    """The settings of a cookie say that it is sent along from everywhere; of a session's, what is under ``cookie``."""
    node = graph.nodes[number] if number >= 0 else None
    if type(node) is not Object:
        return False
    fields = dict(node.fields)
    inner = graph.nodes[fields["cookie"]] if fields.get("cookie", -1) >= 0 else None
    if type(inner) is Object:
        fields = dict(inner.fields)
    return str(_constant(graph, fields.get("sameSite", -1))).lower() == "none" and _constant(graph, fields.get("httpOnly", -1)) is True


def _constant(graph: Graph, number: int) -> object:
    node = graph.nodes[number] if number >= 0 else None
    return node.value if type(node) is Constant else ""


__all__ = ["KIND", "forgeries"]
