"""Panels for administrators that libraries put into an app, and whether anything in the app asks who opens them; the app declares no route of theirs.

https://flask-admin.readthedocs.io/en/stable/introduction/#authorization-permissions https://aminalaee.github.io/sqladmin/authentication/
"""

from collections.abc import Callable, Iterable, Iterator

from batten.facts.calls import Function
from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.routes import Middleware
from batten.facts.services import Package
from batten.link.addressed import Address, Addressed
from batten.link.callgraph import Code
from batten.link.guards import Guards, Protection
from batten.regex import regex

KIND = "admin-panel"
"""The kind of uses that set up such a panel, and say nothing of who may open it."""
_SHOWS = regex(r"\.add_(?:view|views|model_view)$")
# What a view is asked before it is shown.
_ASKED = frozenset(("is_accessible", "_handle_view"))
# They stand before all requests, or before all views of a panel, by a setting or by what they put into its classes.
_GUARDS = ("flask_basicauth", "flask_simplelogin")
_LIBRARIES = ("flask_admin", "sqladmin")
_PARTS_OF_APPS = ("#Blueprint", "#APIRouter", "#Router")
_ADDRESS = "/admin"
# What its first page is called among the answers of a Flask app.
_FIRST_PAGE = "admin.index"


def open_panels(
    uses: Iterable[Use],
    files: Iterable[FileFacts],
    package_of: Callable[[str], Package],
    code: Code,
    guards: Guards,
    addressed: Addressed,
) -> Iterator[Use]:
    """All uses but those of panels that show nothing, or that something in the package asks for more than the address."""
    every = tuple(files)
    for use in uses:
        if use.kind != KIND:
            yield use
            continue
        of_package = [file for file in every if package_of(file.path).root == use.package]
        if not _shows(of_package) or _asks(of_package):
            continue
        address = Address((_address(use),), "GET", _FIRST_PAGE, stops=use.name.startswith(_LIBRARIES[0]))
        before = ((file, entry) for file in of_package if file.parsed for entry in file.middleware)
        if not any(
            _stands_before_all(code, file.path, entry) and _guards(guards, addressed, file.path, entry, address) for file, entry in before
        ):
            yield use


def _address(use: Use) -> str:
    given = dict(argument.partition("=")[::2] for argument in use.arguments)
    return given.get("url") or given.get("base_url") or _ADDRESS


def _shows(files: Iterable[FileFacts]) -> bool:
    return any(_SHOWS.search(call.callee) for file in files if file.parsed for function in file.functions for call in function.calls)


def _asks(files: Iterable[FileFacts]) -> bool:
    """A view is asked who opens it; a file that was not read may hold one."""
    for file in files:
        modules = [entry.module for entry in file.imports]
        if any(module.startswith(_GUARDS) for module in modules) or (
            not file.parsed and any(module.startswith(_LIBRARIES) for module in modules)
        ):
            return True
        if file.parsed and any(function.name.rpartition(".")[2] in _ASKED and not _says_yes(function) for function in file.functions):
            return True
    return False


def _says_yes(function: Function) -> bool:
    return bool(function.results) and all(result.constant for result in function.results)


def _stands_before_all(code: Code, path: str, entry: Middleware) -> bool:
    """It is the app's, and no blueprint's or router's, which the panel is no part of."""
    home = code.home(path, entry.router) if entry.router else None
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    return binding is None or not any(call.callee.endswith(_PARTS_OF_APPS) for call in binding.calls[:1])


def _guards(guards: Guards, addressed: Addressed, path: str, entry: Middleware, address: Address) -> bool:
    demanded = guards.demands(path, entry.name, entry.place.span)
    return addressed.demanded_at(path, entry.name, demanded, address) >= Protection.UNKNOWN
