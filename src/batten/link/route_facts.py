"""One route as a fact: whom it is meant for, what a stranger gets done through it, and why that is so."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from batten.facts.calls import Function, simple_name
from batten.facts.project import FileFacts
from batten.facts.routes import COMPUTED, Effect, EffectKind, Endpoint, Route, RouteAuth, RouteKind
from batten.facts.services import FunctionConfig, Package, SupabaseConfig
from batten.finding import Step
from batten.link import addresses, deeds
from batten.link.addressed import Addressed
from batten.link.deeds import WRITES
from batten.link.django import DjangoViews
from batten.link.effects import Reached
from batten.link.guards import Protection
from batten.link.hooks import Hooks
from batten.link.next_middleware import NextMiddleware
from batten.regex import regex
from batten.text import Place

AUTH = {
    Protection.NONE: RouteAuth.UNAUTHENTICATED,
    Protection.PRESENCE: RouteAuth.PRESENCE,
    Protection.SESSION: RouteAuth.SESSION,
    Protection.OPTIONAL: RouteAuth.OPTIONAL,
    Protection.UNKNOWN: None,
    Protection.DATABASE: RouteAuth.DATABASE,
    Protection.SECRET: RouteAuth.SECRET,
    Protection.SIGNED: RouteAuth.SIGNED,
    Protection.IDENTITY: RouteAuth.AUTHENTICATED,
}
_REASONS = {
    Protection.NONE: "nothing checks who calls it",
    Protection.PRESENCE: "it only looks whether a credential is there",
    Protection.SESSION: "it believes the cookie, which callers write themselves",
    Protection.OPTIONAL: "it reads who calls but does not insist",
    Protection.UNKNOWN: "something guards it that can't be read here",
    Protection.DATABASE: "the database's policies decide",
    Protection.SECRET: "it compares a secret",
    Protection.SIGNED: "it verifies a signature",
    Protection.IDENTITY: "it verifies who calls",
}
RUNNING = "its address, or what answers there, is only known when the app runs"
"""Why who may call a route can't be told, where its code does not say what it is."""
_WORKS = WRITES | {EffectKind.PAID_MODEL_CALL, EffectKind.ADMIN_CLIENT}
_BY_NAME = {RouteKind.SERVER_ACTION: "server action", RouteKind.PROCEDURE: "procedure", RouteKind.SOCKET: "socket"}
_WHOLE_TABLE = regex(
    r"(?:deleteMany|delete_many|drop_all|drop_database|truncate|dropDatabase|dropTable|drop_collection|updateMany|update_many)$",
    re.IGNORECASE,
)


class Surroundings(NamedTuple):
    """What the join asks other joins."""

    package_of: Callable[[str], Package | None]
    path_class: Callable[[str], str]
    supabase: Sequence[SupabaseConfig]
    open_functions: Sequence[FunctionConfig]
    """Edge functions that a command deploys without the check of the gateway."""
    middleware: NextMiddleware
    hooks: Hooks
    importers: Callable[[str, str], frozenset[str]]
    """(file, exported name) -> the files that import it."""
    in_browser: Callable[[str], bool | None]
    addressed: Addressed
    """What middleware demands of those who ask for an address."""
    django: DjangoViews
    local: Callable[[str], bool]
    """Whether a file starts a server for this machine alone."""
    session: Callable[[str, Function], Place | None]
    """Where a function, or what it calls, reads a session that nobody verifies."""


def route_fact(
    file: FileFacts,
    endpoint: Endpoint,
    method: str,
    path: str,
    package: str,
    protection: Protection,
    reached: tuple[Reached, ...],
    session: Place | None,
    around: Surroundings,
) -> Route:
    """The route, given what protects the weakest of its effects, and those effects."""
    kinds = {effect.kind for effect in reached if effect.controlled or not deeds.is_housekeeping(effect, method)}
    name = simple_name(endpoint.handler)
    action = endpoint.kind in _BY_NAME
    title = f"{_BY_NAME[endpoint.kind]} {path}" if action else f"{method} {path}"
    costly = kinds & {EffectKind.PAID_MODEL_CALL, EffectKind.PAYMENT, EffectKind.COMMAND} or any(effect.admin for effect in reached)
    about = addresses.about(file.path, endpoint, path)
    # A function of Supabase that does not look at the method answers whatever it is asked by.
    asked_by = "ANY" if endpoint.kind is RouteKind.EDGE_FUNCTION and method == "POST" else method
    by_name = addresses.is_public(about, re.split(r"[.:]", path)[-1] if action else path, asked_by, action=action)
    by_name = by_name or deeds.is_by_token(reached)
    own = [e for e in reached if e.kind is EffectKind.DATABASE_READ and deeds.is_private(e, path)]
    private = bool(own)
    # A front page is for everybody, but for one that asks for such rows itself, and for several.
    lists = any(not e.single and len(e.trail) == 1 for e in own)
    by_name = by_name or (addresses.is_front_page(endpoint, method, path) and not lists)
    by_name = by_name or (method in ("POST", "ANY") and deeds.registers(endpoint, path, reached))
    intake = method in ("POST", "ANY") and deeds.takes_in(path, reached)
    webhook = not action and addresses.is_webhook(about, method)
    scheduled = not action and not webhook and addresses.is_scheduled(about, method)
    reads_only = not kinds & WRITES
    costly = costly and not (reads_only and addresses.HEALTH.search(path.lower()))
    public = by_name or intake or (method == "GET" and reads_only and bool(addresses.PUBLIC_READ.search(path.lower())))
    destructive = any((effect.whole and _WHOLE_TABLE.search(effect.callee)) or deeds.manages_users(effect) for effect in reached)
    admin = bool(reached) and addresses.is_for_admins(path, name)
    admin = admin or (bool(kinds & WRITES) and not action and addresses.is_configuration(path))
    models = [effect for effect in reached if effect.kind is EffectKind.PAID_MODEL_CALL]
    first = Step(endpoint.place, f"anyone can call {title} here" if protection is Protection.NONE else f"{title} is served here")
    headline = next((e for e in (*models, *reached) if e.kind in WRITES or e in models), reached[0] if reached else None)
    return Route(
        framework=endpoint.framework,
        kind=endpoint.kind,
        method=method,
        path=path,
        title=title,
        handler=name,
        package=package,
        place=endpoint.place,
        auth=AUTH[protection],
        effects=tuple(Effect(e.kind, e.place, e.callee, e.detail, e.controlled, e.trail, e.admin) for e in reached),
        path_class=around.path_class(file.path),
        public_by_design=public
        and not (
            costly and not (intake or addresses.is_for_accounts(path) or addresses.is_intake(path) or addresses.CAPABILITY.search(path))
        ),
        admin=admin or (destructive and not public),
        writes=bool(kinds & WRITES),
        reads_private=private,
        calls_model=bool(models),
        serves_tools=EffectKind.SERVES_TOOLS in {effect.kind for effect in reached} and not around.local(file.path),
        model_input_controlled=any(effect.controlled for effect in models) if models else None,
        uses_admin_client=any(effect.admin for effect in reached),
        destructive=destructive,
        acts_or_reveals=private or bool(kinds & WRITES),
        webhook=webhook,
        scheduled=scheduled,
        works=bool({effect.kind for effect in reached} & _WORKS),
        protected_effect=bool(kinds & WRITES)
        or bool(models)
        or (any(effect.admin for effect in reached) and not deeds.shows_what_is_shared(reached)),
        session=session,
        gateway_jwt=_gateway_jwt(endpoint, file.path, around) if endpoint.kind is RouteKind.EDGE_FUNCTION else None,
        reason=RUNNING if protection is Protection.UNKNOWN and endpoint.handler == COMPUTED else _REASONS[protection],
        key=f"{package}|route|{title}|{file.path if action or method == 'ANY' else ''}",
        subject=f"route|{file.path}|{title}",
        trail=(first, *(headline.trail if headline is not None else ())),
    )


def _gateway_jwt(endpoint: Endpoint, path: str, around: Surroundings) -> bool | None:
    name = endpoint.path.rpartition("/")[2]
    root = path.partition("supabase/functions/")[0]
    if any(each.name in (name, "*") and path.startswith(_reach(each.place.path)) for each in around.open_functions):
        return False  # the flag of a command counts for more than config.toml
    for config in around.supabase:
        if config.root.rstrip("/") == root.rstrip("/"):
            for function in config.functions:
                if function.name == name and function.verify_jwt is not None:
                    return function.verify_jwt
    return True


def _reach(path: str) -> str:
    """The folder whose functions a command in a file may be about."""
    folder = path.partition(".github/")[0] if ".github/" in path else path[: path.rfind("/") + 1]
    return folder.removesuffix("scripts/").removesuffix("supabase/")
