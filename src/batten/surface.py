"""Turns the facts of an app into its map: routes with what they do, by risk; tables, modules, keys, and what leads where."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from batten.facts.project import Project
from batten.facts.routes import EffectKind, Route, RouteAuth
from batten.facts.schema import Table, Verdict
from batten.facts.secrets import SecretKind
from batten.facts.surface import Deed, Reach
from batten.finding import Finding, Severity
from batten.link.rows import singular
from batten.report.map import model
from batten.report.map.model import ACTS, Act, Guard, Key, Link, Map, Module, Package, Risk, Told, Touched

_OPEN = frozenset({RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE, RouteAuth.SESSION, RouteAuth.OPTIONAL})
_VERBS = {EffectKind.DATABASE_READ: "read", EffectKind.DATABASE_WRITE: "write", EffectKind.DATABASE_DELETE: "delete"}
_SQL = {"read": ("select",), "write": ("insert", "update"), "delete": ("delete",)}
# How bad it is that a stranger has it done: 4 is the worst.
_WEIGHTS = {
    EffectKind.COMMAND: 4,
    EffectKind.PAYMENT: 4,
    EffectKind.ADMIN_CLIENT: 4,
    EffectKind.ACCOUNT_CHANGE: 4,
    EffectKind.DATABASE_DELETE: 4,
    EffectKind.DATABASE_WRITE: 3,
    EffectKind.PAID_MODEL_CALL: 3,
    EffectKind.MAIL: 3,
    EffectKind.FILE_WRITE: 3,
    EffectKind.DATABASE_READ: 2,
    EffectKind.FILE_READ: 2,
    EffectKind.QUEUE: 2,
    EffectKind.SERVES_TOOLS: 3,
    EffectKind.LOCAL_MODEL_CALL: 1,
    EffectKind.OUTGOING_REQUEST: 1,
}
_ORDER = tuple(ACTS)
_GUARDED, _BY_DESIGN, _UNTOLD, _EXPOSED = range(4)
_RISKS = {
    _EXPOSED: (Risk.LOW, Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL),
    _UNTOLD: (Risk.LOW, Risk.LOW, Risk.LOW, Risk.MEDIUM, Risk.HIGH),
    _BY_DESIGN: (Risk.NONE, Risk.NONE, Risk.LOW, Risk.LOW, Risk.MEDIUM),
    _GUARDED: (Risk.NONE, Risk.NONE, Risk.NONE, Risk.NONE, Risk.LOW),
}
_OF_SEVERITY = {
    Severity.CRITICAL: Risk.CRITICAL,
    Severity.HIGH: Risk.HIGH,
    Severity.MEDIUM: Risk.MEDIUM,
    Severity.LOW: Risk.LOW,
    Severity.INFO: Risk.LOW,
}
_ROLES = ("anon", "authenticated")
_REACH = {Verdict.ALL: "every row", Verdict.ROWS: "some rows", None: "can't tell"}
_SERVICE = "service:"
_SERVICES = {
    EffectKind.PAID_MODEL_CALL: "paid model",
    EffectKind.MAIL: "mail and messages",
    EffectKind.PAYMENT: "payments",
    EffectKind.COMMAND: "commands",
    EffectKind.ACCOUNT_CHANGE: "accounts",
}


def surface(project: Project, reaches: Iterable[Reach], findings: Sequence[Finding]) -> Map:
    """The map of an app. ``findings`` are those that are shown; a route that one is about is at least as risky."""
    tables = _Tables(project.tables)
    by_route = {reach.route: reach for reach in reaches}
    told = _told(project, findings)
    routes = [_route(route, by_route.get(route.key, Reach(route.key)), tables, told.get(route.key, ())) for route in project.routes]
    routes.sort(key=_rank)
    shown = [_table(table) for table in project.tables if table.path_class == "product"]
    keys = tuple(_keys(project))
    shown += _unmade(routes)
    links = sorted({*_route_links(routes), *_browser_links(project, tables), *_key_links(keys, project)}, key=_order)
    services = tuple(dict.fromkeys(link.target for link in links if link.target.startswith(_SERVICE)))
    ends = {*services, *(route.id for route in routes), *(table.id for table in shown), *(key.id for key in keys)}
    links = [link for link in links if link.target in ends]
    roots = {route.package for route in routes} | {table.package for table in shown} | {key.package for key in keys}
    names = {package.root: package.name for package in reversed(project.packages)}
    return Map(
        packages=tuple(Package(root, names.get(root, "")) for root in sorted(roots)),
        routes=tuple(routes),
        tables=tuple(shown),
        modules=tuple(_modules(project, links)),
        keys=keys,
        services=tuple(service.removeprefix(_SERVICE) for service in services),
        links=tuple(links),
    )


# --- routes ---


def _route(route: Route, reach: Reach, tables: "_Tables", told: Sequence[Told]) -> model.Route:
    touched: dict[str, tuple[str | None, str | None, list[str]]] = {}
    acts: dict[tuple[str, str, bool | None], Act] = {}
    worst, weight = Risk.NONE if reach.deeds else _RISKS[_exposure(route, route.auth)][0], 0
    for deed in reach.deeds:
        table = tables.find(route.package, deed.detail) if deed.kind in _VERBS else None
        exposure = _exposure(route, deed.auth)
        if deed.auth is RouteAuth.DATABASE and table is not None and _is_open(table, _SQL[_VERBS[deed.kind]]):
            exposure = max(exposure, _EXPOSED)
        heavy = _weight(deed, table, route)
        risk = _RISKS[exposure][heavy]
        if (risk.rank, -heavy) < (worst.rank, -weight):
            worst, weight = risk, heavy
        opens = True if exposure in (_EXPOSED, _BY_DESIGN) else None if exposure == _UNTOLD else False
        name = _plain(table.name) if table is not None else deed.detail
        if deed.kind in _VERBS:
            row = touched.setdefault(
                name or "", (table.key if table is not None else None, table.sensitivity if table is not None else None, [])
            )
            if _VERBS[deed.kind] not in row[2]:
                row[2].append(_VERBS[deed.kind])
        act = Act(deed.kind.value, _words(deed, name), name, opens, deed.admin, deed.place, deed.trail)
        acts.setdefault((act.kind, act.text, act.open), act)
    if told:  # rules have looked closer
        worst = min((_OF_SEVERITY[each.severity] for each in told), key=lambda risk: risk.rank)
    if route.path_class != "product":
        worst = max(worst, Risk.LOW, key=lambda risk: risk.rank)
    return model.Route(
        id=route.key,
        title=route.title,
        method=route.method,
        path=route.path,
        kind=route.kind.value,
        framework=route.framework,
        package=route.package,
        handler=route.handler,
        place=route.place,
        status=route.auth.value if route.auth is not None else None,
        reason=route.reason,
        risk=worst,
        intended=route.public_by_design,
        guards=tuple(Guard(each.name, each.counts, each.why, each.place, each.call) for each in reach.guards),
        acts=tuple(sorted(acts.values(), key=lambda act: (act.open is False, _ORDER.index(act.kind)))),
        touched=tuple(Touched(name, tuple(verbs), key, kind) for name, (key, kind, verbs) in touched.items() if name),
        findings=tuple(told),
        test=route.path_class != "product",
    )


def _exposure(route: Route, auth: RouteAuth | None) -> int:
    if auth is None:
        return _UNTOLD
    if auth in _OPEN:
        return _BY_DESIGN if route.public_by_design else _EXPOSED
    return _BY_DESIGN if auth is RouteAuth.DATABASE else _GUARDED


def _weight(deed: Deed, table: Table | None, route: Route) -> int:
    """How bad it is that a stranger has it done."""
    if deed.kind is EffectKind.DATABASE_READ:
        private = (table is not None and table.sensitivity is not None) or route.reads_private
        return 3 if private or deed.admin else 2
    return max(_WEIGHTS[deed.kind], 4 if deed.admin else 0)


def _words(deed: Deed, name: str | None) -> str:
    text = ACTS[deed.kind.value]
    if deed.kind in _VERBS:
        text = f"{text} {name or 'the database'}"
    elif name:
        text = f"{text} ({name})"
    return f"{text} with the service key" if deed.admin and deed.kind is not EffectKind.ADMIN_CLIENT else text


def _rank(route: model.Route) -> tuple[int, int, bool, int, str, str]:
    severity = min((each.severity.rank for each in route.findings), default=len(Severity))
    first = min((_ORDER.index(act.kind) for act in route.acts), default=len(_ORDER))
    return route.risk.rank, severity, not any(act.open for act in route.acts), first, route.path, route.title


def _told(project: Project, findings: Sequence[Finding]) -> Mapping[str, list[Told]]:
    """The findings about each route, by its key: its own, those of its handler's rows, and those that list it."""
    by_subject = {route.subject: route.key for route in project.routes}
    by_title: dict[tuple[str, str], str] = {(route.package, route.title): route.key for route in project.routes}
    listed = {app.subject: (app.package, app.names) for app in project.open_apps}
    listed |= {one.subject: (one.package, one.names) for one in project.sessions}
    listed |= {one.subject: (one.package, one.names) for one in project.sole_guards}
    listed |= {one.subject: (one.package, one.names) for one in project.needless_admins}
    single: dict[str, tuple[str, tuple[str, ...]]] = {row.subject: (row.package, (row.route,)) for row in project.foreign_rows}
    single |= {use.subject: (use.package, (use.route,)) for use in project.unfiltered_uses}
    single |= {deed.subject: (deed.package, deed.names) for deed in project.privileged_deeds}
    single |= {claim.subject: (claim.package, (claim.route,)) for claim in project.claimed_identities if claim.knows_caller}
    found: dict[str, list[Told]] = defaultdict(list)
    for finding in sorted(findings, key=lambda each: (each.severity.rank, each.rule)):
        told = Told(finding.rule, finding.severity, finding.message, finding.key)
        package, names = listed.get(finding.subject) or single.get(finding.subject) or ("", ())
        keys = {by_subject.get(finding.subject), *(by_title.get((package, name)) for name in names)}
        for key in keys:
            if key is not None and told not in found[key]:
                found[key].append(told)
    return found


# --- tables ---


class _Tables:
    """Tables by the names that code has for them."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._named: dict[str, list[Table]] = defaultdict(list)
        for table in tables:
            if table.path_class == "product":
                self._named[singular(table.name)].append(table)

    def find(self, package: str, name: str | None) -> Table | None:
        """The one table that a name stands for in a package, or None."""
        found = self._named.get(singular(name), []) if name else []
        exact = [table for table in found if _plain(table.name) == name] or found
        near = [table for table in exact if table.package == package] or exact
        return near[0] if len(near) == 1 else None


def _plain(name: str) -> str:
    return name.removeprefix("public.").removeprefix("main.")


def _table(table: Table) -> model.Table:
    reached = table.exposed is not False and bool(table.access)
    return model.Table(
        id=table.key,
        name=_plain(table.name),
        package=table.package,
        place=table.place,
        sensitivity=table.sensitivity,
        columns=table.sensitive_columns,
        rls=table.rls,
        strangers=_allowed(table, _ROLES[0]) if reached else None,
        users=_allowed(table, _ROLES[1]) if reached else None,
        open=_is_open(table, tuple(verb for verbs in _SQL.values() for verb in verbs)) if reached else False,
    )


def _cells(table: Table, role: str) -> dict[str, Verdict | None]:
    return {cell.verb: cell.effect if cell.effect is not None else cell.verdict for cell in table.access if cell.role == role}


def _is_open(table: Table, verbs: Sequence[str]) -> bool:
    cells = _cells(table, _ROLES[0])
    return table.exposed is not False and any(cells.get(verb) is Verdict.ALL for verb in verbs)


def _unmade(routes: Iterable[model.Route]) -> list[model.Table]:
    """Tables that code names and no migration makes."""
    found: dict[str, model.Table] = {}
    for route in routes:
        for touched in route.touched:
            if touched.table is None:
                identity = _outside(route.package, touched.name)
                found.setdefault(identity, model.Table(id=identity, name=touched.name, package=route.package))
    return list(found.values())


def _outside(package: str, name: str) -> str:
    return f"table:{package}:{name}"


def _order(link: Link) -> tuple[str, str, str]:
    return link.source, link.target, link.kind


def _allowed(table: Table, role: str) -> str:
    """``select, insert: every row; delete: some rows``, or ``nothing``."""
    groups: dict[Verdict | None, list[str]] = {}
    for verb, verdict in _cells(table, role).items():
        if verdict is not Verdict.NONE:
            groups.setdefault(verdict, []).append(verb)
    return "; ".join(f"{', '.join(verbs)}: {_REACH[verdict]}" for verdict, verbs in groups.items()) or "nothing"


# --- what leads where ---


def _route_links(routes: Iterable[model.Route]) -> Iterator[Link]:
    for route in routes:
        yield Link(f"module:{route.place.path}", route.id, "serves", open=False)
        for touched in route.touched:
            opened = {act.open for act in route.acts if act.target == touched.name}
            for verb in touched.verbs:
                target = touched.table or _outside(route.package, touched.name)
                yield Link(route.id, target, verb, open=True if True in opened else None if None in opened else False)
        for act in route.acts:
            service = _SERVICES.get(EffectKind(act.kind))
            if service is not None:
                yield Link(route.id, f"{_SERVICE}{service}", act.kind, act.open)
            if act.admin:
                yield Link(route.id, f"key:{route.package}:service", "uses", act.open)


def _browser_links(project: Project, tables: _Tables) -> Iterator[Link]:
    verbs = {"select": "read", "insert": "write", "update": "write", "upsert": "write", "delete": "delete"}
    for use in project.table_uses:
        table = tables.find(use.package, use.table)
        if use.in_browser and table is not None and not use.privileged:
            yield Link(
                f"module:{use.place.path}",
                table.key,
                verbs.get(use.verb or "select", "read"),
                open=_is_open(table, (use.verb or "select",)),
            )


def _keys(project: Project) -> Iterator[Key]:
    seen: set[str] = set()
    for client in project.clients:
        if client.path_class != "product":
            continue
        kind = "model" if client.paid_model else "service" if client.privileged else "public"
        if client.service != "supabase" and not client.paid_model:
            kind = "other"
        named = {"model": f"{client.service} key", "service": f"{client.service} service key", "public": f"{client.service} public key"}
        identity = f"key:{client.package}:{kind if kind in ('service', 'public') else client.service}"
        if identity not in seen:
            seen.add(identity)
            yield Key(identity, named.get(kind, f"{client.service} key"), kind, client.package, client.place, client.in_browser)
    for secret in project.secrets:
        if secret.path_class == "product" and secret.kind is not SecretKind.PUBLIC and secret.key not in seen:
            seen.add(secret.key)
            kind = "service" if secret.kind is SecretKind.SUPABASE_ADMIN else "model" if secret.kind is SecretKind.AI else "other"
            yield Key(secret.key, secret.label or secret.provider, kind, secret.package, secret.place, secret.in_browser, written=True)
    for variable in project.variables:
        if variable.path_class == "product" and variable.secret and not variable.defined and variable.key not in seen:
            seen.add(variable.key)
            yield Key(variable.key, variable.name, "other", variable.package, variable.place, variable.in_browser)


def _key_links(keys: Iterable[Key], project: Project) -> Iterator[Link]:
    known = {key.id for key in keys}
    for key in keys:
        yield Link(f"module:{key.place.path}", key.id, "holds", open=bool(key.browser))
    for client in project.clients:
        kind = "service" if client.privileged else "public"
        identity = f"key:{client.package}:{client.service if client.paid_model else kind}"
        if client.path_class == "product" and identity in known:
            yield Link(f"module:{client.place.path}", identity, "holds", open=bool(client.in_browser and kind == "service"))


def _modules(project: Project, links: Iterable[Link]) -> Iterator[Module]:
    sides = {module.path: (module.side.value if module.side is not None else None, module.package) for module in project.modules}
    named = sorted({link.source for link in links if link.source.startswith("module:")})
    for identity in named:
        path = identity.removeprefix("module:")
        side, package = sides.get(path, (None, ""))
        yield Module(identity, path, package, side)
