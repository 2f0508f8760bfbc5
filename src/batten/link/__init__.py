"""Joins over the whole app: the facts of all files become one Project."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import NamedTuple

from msgspec import structs

from batten.facts.project import FileFacts, Project
from batten.facts.schema import Table
from batten.facts.surface import Reach
from batten.facts.vocabulary import Vocabulary
from batten.link.access_rules import access_rules
from batten.link.addressed import Addressed
from batten.link.admin_filters import AdminFilters
from batten.link.admin_panels import open_panels
from batten.link.agents import Surroundings as OfFiles
from batten.link.agents import allowances, tool_servers
from batten.link.answered import Surroundings as OfAnswers
from batten.link.answered import revealed_rows
from batten.link.attempts import unlimited
from batten.link.blast_radius import radius, with_writers
from batten.link.browser_gates import browser_gates
from batten.link.budgets import budgets
from batten.link.callers import callers
from batten.link.callgraph import Code
from batten.link.claims import Claims
from batten.link.clients import Sides, clients
from batten.link.comparisons import secret_comparisons
from batten.link.connections import passing_connections
from batten.link.containers import containers
from batten.link.demos import demos
from batten.link.django import django_views
from batten.link.effects import Effects
from batten.link.env_files import Around, env_files
from batten.link.fail_opens import fail_opens
from batten.link.flows import Surroundings as Nearby
from batten.link.flows import ask_on, follow, lead_on
from batten.link.foreign_row import with_joining
from batten.link.forgeries import forgeries
from batten.link.framework_settings import framework_uses, resource_uses
from batten.link.gated_routes import with_row_gates
from batten.link.generic_rows import generic_rows, views_of_django
from batten.link.guards import Guards
from batten.link.holdings import Holdings
from batten.link.hooks import Hooks
from batten.link.inventories import inventories
from batten.link.kept import Kept
from batten.link.layouts import Around as OfLayouts
from batten.link.layouts import Layouts
from batten.link.listening import listens_here
from batten.link.model_answers import by_model
from batten.link.modules import ModuleGraph
from batten.link.needless_admin import needless_uses
from batten.link.next_middleware import NextMiddleware
from batten.link.notes import notes, notes_of
from batten.link.open_apps import open_apps, open_defaults
from batten.link.open_reads import open_reads
from batten.link.ownership import Ownership
from batten.link.page_headers import bare_pages
from batten.link.pages import asking_pages, open_pages, standings_of_pages, views_of_pages
from batten.link.past_policies import past_policies
from batten.link.private_reads import with_private_reads
from batten.link.privileged import Privileged
from batten.link.prompted import told_to_models
from batten.link.restrained import restrained
from batten.link.retrieval import unfiltered_searches
from batten.link.rights import Rights
from batten.link.route_facts import Surroundings
from batten.link.routes import of_page, routes
from batten.link.row_gates import RowGates
from batten.link.said import Files
from batten.link.schema import inputs, schema, unread, with_uses
from batten.link.secrets import secrets
from batten.link.server_modules import server_modules
from batten.link.sessions import session_read, sessions
from batten.link.settings import settings
from batten.link.shown_prompts import shown_prompts
from batten.link.signatures import untold
from batten.link.sites import open_to_sites
from batten.link.sole_guards import behind_middleware
from batten.link.starts import Starts
from batten.link.supabase_keys import SupabaseKeys
from batten.link.surface import Surface
from batten.link.taken_roles import TakenRoles
from batten.link.told_deeds import untold_flows, without_told
from batten.link.trust import wildcard_trust
from batten.link.variables import variables

# Where no more files than these wait to be read, the joins go on and ask for theirs with them: most of what they find out holds.
_FEW = 50


OF_TEXT = frozenset(("secret", "env_file", "setting"))
"""The kinds of facts that ``link_text`` finds out whole."""


class Origin(NamedTuple):
    """What discovery knows of a file: whether git has it, and the class of its path."""

    tracked: bool | None
    path_class: str


class Linked(NamedTuple):
    """The app so far; the files that names lead into which are not parsed yet, and the migrations in code that are not read yet: empty when it is whole."""

    project: Project
    needs: tuple[str, ...]
    migrations: tuple[str, ...] = ()
    reaches: tuple[Reach, ...] = ()


def link_text(files: Sequence[FileFacts], graph: ModuleGraph, origins: Mapping[str, Origin]) -> Linked:
    """What takes no look at code: keys, env files, settings, and the variables but those that code hands over. For rules that ask for nothing else."""
    files = sorted(files, key=lambda file: file.path)
    tracked = {path: origin.tracked for path, origin in origins.items()}

    def path_class(path: str) -> str:
        origin = origins.get(path)
        return "product" if origin is None else origin.path_class

    found = secrets(files, graph, tracked, path_class)
    return Linked(
        Project(
            packages=tuple(graph.packages),
            supabase=tuple(config for file in files for config in file.supabase),
            settings=settings(files, graph.package_of, path_class),
            secrets=found,
            variables=variables(files, graph, tracked, path_class),
            env_files=env_files(files, found, Around(graph.package_of, path_class, tracked)),
            notes=notes_of(files),
        ),
        (),
    )


def link(
    files: Sequence[FileFacts],
    graph: ModuleGraph,
    origins: Mapping[str, Origin],
    vocabulary: Vocabulary,
    data_api_defaults: str = "auto",
    *,
    settle: bool = False,
    kept: Kept | None = None,
    surface: bool = False,
    asked: AbstractSet[str] | None = None,
    unsure: bool = False,
    ahead: Callable[[str], None] | None = None,
) -> Linked:
    """Join the facts of all files; the order of the files does not matter. ``settle``: do with what there is, whatever names lead into.

    ``graph`` is that of ``modules`` for the same files: imports are known from the first look, so it serves all rounds. ``kept`` holds what one call
    found out for the next, which then costs what has changed; what comes out is the same without it. ``surface``: say also what routes do for those
    who may, which leads into more files. ``asked`` are the kinds of facts that somebody asks for, None for all: joins that cost much are left out where nobody does.
    ``unsure``: somebody asks for what is of low confidence as well, and all code is parsed. ``ahead`` is told of each file that is needed as soon as that is known.
    """
    files = Files(sorted(files, key=lambda file: file.path), "all")
    kept = kept if kept is not None else Kept()
    kept.turn_to(files, (graph.names, vocabulary, origins))

    def path_class(path: str) -> str:
        origin = origins.get(path)
        return "product" if origin is None else origin.path_class

    once, plain, bare = kept.memo.once, kept.plain, kept.bare
    # What others import of a file is no part of the bare ones: it counts where it leads elsewhere.
    seen = (bare, graph.sent)
    code = Code(files, graph.names.resolve, kept.memo, lambda path: path_class(path) == "test", ahead)
    lead_on(files, code, vocabulary)
    if len(code.needs) > _FEW and not settle:
        return Linked(Project(), _unread(code))
    keys = SupabaseKeys(code)
    guards = Guards(code, vocabulary)
    middleware = NextMiddleware(files, code, guards, graph.package_of)
    supabase = tuple(config for file in files for config in file.supabase)
    around = Surroundings(
        graph.package_of,
        path_class,
        supabase,
        tuple(each for file in files for each in file.open_functions),
        middleware,
        Hooks(files, code, guards, graph.package_of),
        graph.importers,
        graph.in_browser,
        Addressed(code, guards),
        django_views(code, guards, files, graph.package_of),
        partial(listens_here, code),
        partial(session_read, code, vocabulary),
    )
    effects = Effects(code, guards, vocabulary, keys)
    standings = routes(files, code, guards, effects, around)
    database = (once(("inputs",), inputs, plain, given=plain), supabase, graph.packages)
    migrations = once(("migrations",), partial(unread, *database, path_class), given=database)
    waiting = tuple(sorted(path for path in migrations if not code.files[path].parsed))
    if waiting and not settle:
        return Linked(Project(), _unread(code), waiting)
    replay = partial(schema, *database, path_class, data_api_defaults, kept.memo.gathered)
    found_schema = once(("schema",), replay, given=(*database, data_api_defaults))
    holdings = Holdings(code, files, (*found_schema.tables, *found_schema.foreign))
    row_gates = RowGates(keys, found_schema.tables)
    standings = tuple(with_row_gates(with_private_reads(standings, holdings, code), row_gates))
    layouts = Layouts(files, code, guards, effects, OfLayouts(graph.package_of, path_class, around.hooks, middleware))
    of_rows = asked is None or bool({"foreign_row", "route", "privileged_deed"} & asked)
    read = partial(of_page, code=code, guards=guards, effects=effects, around=around)
    pages = standings_of_pages(layouts, code, read) if of_rows else ()
    standings = (*standings, *open_pages(pages, layouts, guards, holdings, standings))
    found_open, found_routes = open_apps([each.route for each in standings])
    found_defaults, found_routes = open_defaults(found_routes)
    of_agents = OfFiles(graph.package_of, path_class, lambda path: origins[path].tracked if path in origins else None)
    tracked = {path: origin.tracked for path, origin in origins.items()}
    found_secrets = once(("secrets",), secrets, bare, graph, tracked, path_class, given=seen)
    around_env = Around(graph.package_of, path_class, tracked)
    parsed = Files([file for file in files if file.parsed], "parsed")
    sides = Sides(graph.in_browser, graph.reach, graph.package_of, path_class, seen)
    found_clients = clients(parsed, code, keys, vocabulary, found_secrets, sides)
    used = (found_schema, found_clients.table_uses)
    tables, of_orms, policies, objects = once(("used schema",), with_uses, *used, path_class, given=used)
    found_sessions = sessions(found_routes, middleware, code, vocabulary, path_class)
    all_tables = once(("tables",), _by_place, tables, found_schema.foreign, given=(tables, found_schema.foreign))
    filters, ownership = AdminFilters(code, guards, keys, vocabulary, tables, row_gates), Ownership(code, guards, effects, holdings)
    unfiltered = filters.uses(files, found_routes) if asked is None or "unfiltered_use" in asked else ()
    rights = Rights(code, guards, ownership, middleware, around.hooks)
    if asked is None or "foreign_row" in asked:
        views = (*views_of_django(standings, rights.may_be_asked), *views_of_pages(pages, layouts, rights))
        opened = rights.opened(standings)
        by_id = (*ownership.rows(files, found_routes, rights.told_to_ask(standings, opened), views, opened), *generic_rows(code, standings))
    else:
        by_id = ()
    foreign = with_joining(by_id, found_routes)
    by_table = (files, found_routes, filters, all_tables, found_clients.clients, graph.packages)
    needless = needless_uses(*by_table) if asked is None or "needless_admin" in asked else ()
    if code.needs and not settle:
        ask_on(files, code, vocabulary)
        return Linked(Project(), _unread(code))
    serving = frozenset(route.package for route in found_routes)
    caller = callers(standings, rights.may_be_asked, rights.is_marked, kept.memo)
    nearby = Nearby(graph.package_of, path_class, graph.in_browser, serving, caller)
    found_flows = follow(files, code, vocabulary, nearby, unsure=unsure, settle=settle)
    # Joins on which no other rests: not before all is read that the others lead into.
    due = settle or not code.needs
    of_use = asked is None or "use" in asked
    for_sites = tuple(open_to_sites(standings, found_flows.uses, code, effects)) if of_use and due else ()
    with_tools = (
        tuple(inventories(files, found_flows.uses, code, vocabulary, effects, graph.package_of, path_class, serving))
        if of_use and due
        else ()
    )
    of_answers = OfAnswers(graph.package_of, path_class, caller)
    wanted = due and (asked is None or "revealed_row" in asked)
    revealed = revealed_rows(files, code, vocabulary, all_tables, of_answers) if wanted else ()
    found_failures = fail_opens(standings, code, guards, effects) if due and (asked is None or "fail_open" in asked) else ()
    compared = secret_comparisons(standings, code, guards) if due and (asked is None or "secret_comparison" in asked) else ()
    everything = Effects(code, guards, vocabulary, keys, everybody=True)
    if due and (asked is None or "privileged_deed" in asked):
        privileged = Privileged(code, everything, ownership, rights, holdings, all_tables).deeds(
            (*standings, *asking_pages(pages, layouts, rights))
        )
    else:
        privileged = ()
    told_flows = tuple(by_model(found_flows.flows, standings, files, everything)) if due else found_flows.flows
    taken = TakenRoles(code, path_class).flows(standings) if due and (asked is None or "flow" in asked) else ()
    wanted = due and (asked is None or "claimed_identity" in asked)
    claimed = Claims(code, effects, ownership, rights, keys, middleware).found(standings) if wanted else ()
    if code.needs and not settle:
        return Linked(Project(), _unread(code))
    with_data = serving | {each.package for each in found_clients.clients}
    begins = Starts(files, graph.package_of, path_class)
    open_demos = demos(begins.found, found_flows.uses, found_flows.model_calls, files, graph, path_class) if of_use else ()
    forged = forgeries(files, graph.package_of, path_class, kept.memo) if of_use else ()
    tried = unlimited(found_flows.uses, files, graph.package_of, path_class, kept.memo) if of_use else ()
    prompted = told_to_models(found_flows.model_calls, files, graph.package_of, path_class) if of_use else ()
    of_prompts = (graph.package_of, path_class, graph.in_browser, kept.memo)
    prompts_shown = shown_prompts(found_flows.model_calls, files, *of_prompts) if of_use else ()
    bare_of_headers = bare_pages(found_flows.uses, files, graph.package_of, path_class) if of_use else ()
    searches = unfiltered_searches(found_flows.uses, all_tables) if of_use else ()
    of_routes = asked is None or "route" in asked
    passing = (
        tuple(passing_connections(found_flows.uses, all_tables, files, code.asked, graph.package_of, path_class))
        if of_use or of_routes
        else ()
    )
    trusting = wildcard_trust(found_flows.uses, files, graph.package_of, path_class, kept.memo) if of_use else ()
    found_settings = once(("settings",), settings, bare, graph.package_of, path_class, given=seen)
    if due and (asked is None or "sole_guard" in asked):
        alone = (*behind_middleware(standings, middleware, guards, effects, found_settings), *layouts.found(standings))
        found_routes = layouts.marked(standings, found_routes)
    else:
        alone = ()
    if of_routes:
        found_routes = restrained(past_policies(found_routes, all_tables, passing, files), standings, code)
        found_routes = open_reads(found_routes, all_tables, files)
    if code.needs and not settle:
        return Linked(Project(), _unread(code))
    reaches: tuple[Reach, ...] = ()
    if surface:
        # Last, as it leads into files that nothing else wants.
        reaches = Surface(code, guards, Effects(code, guards, vocabulary, keys, everybody=True), vocabulary, around).of(standings)
        if code.needs and not settle:
            return Linked(Project(), _unread(code))
    opens = radius(all_tables, objects.buckets)
    objects = structs.replace(objects, policy_flaws=with_writers(objects.policy_flaws, found_clients.table_uses))
    return Linked(
        Project(
            packages=tuple(graph.packages),
            supabase=supabase,
            settings=found_settings,
            containers=once(("containers",), containers, bare, vocabulary, graph.package_of, path_class, given=seen),
            starts=begins.found,
            debug_modes=begins.debug_modes(found_flows.uses),
            access_rules=once(("access rules",), access_rules, bare, graph.package_of, path_class, given=seen),
            allowances=once(("allowances",), allowances, bare, of_agents, given=seen),
            tool_servers=once(("tool servers",), tool_servers, bare, vocabulary, of_agents, given=seen),
            modules=tuple(graph.modules),
            server_modules=once(("server modules",), server_modules, bare, graph, path_class, given=seen),
            browser_gates=once(
                ("browser gates",),
                browser_gates,
                bare,
                graph.package_of,
                path_class,
                graph.in_browser,
                with_data,
                given=(seen, with_data),
            ),
            tables=all_tables,
            policies=policies,
            orm_schemas=of_orms,
            **structs.asdict(objects),
            table_uses=found_clients.table_uses,
            routes=found_routes,
            fail_opens=found_failures,
            secret_comparisons=compared,
            open_apps=found_open,
            open_defaults=found_defaults,
            sessions=found_sessions,
            sole_guards=alone,
            unfiltered_uses=unfiltered,
            needless_admins=needless,
            foreign_rows=without_told(foreign, privileged),
            revealed_rows=revealed,
            privileged_deeds=privileged,
            claimed_identities=claimed,
            clients=opens.clients(found_clients.clients),
            secrets=opens.secrets(found_secrets),
            variables=opens.variables(once(("variables",), variables, bare, graph, tracked, path_class, given=seen)),
            env_files=once(("env files",), env_files, bare, found_secrets, around_env, given=seen),
            flows=(*untold_flows(told_flows, privileged, standings), *taken),
            model_budgets=once(
                ("budgets",),
                budgets,
                *(found_flows.model_calls, bare, serving),
                *(graph.package_of, path_class, graph.in_browser),
                given=(found_flows.model_calls, seen, serving),
            ),
            uses=tuple(
                sorted(
                    (
                        *open_panels(
                            untold(found_flows.uses, found_secrets, code), files, graph.package_of, code, guards, around.addressed
                        ),
                        *framework_uses(parsed, graph.package_of, path_class),
                        *resource_uses(found_settings),
                        *forged,
                        *tried,
                        *trusting,
                        *for_sites,
                        *searches,
                        *(passing if of_use else ()),
                        *prompted,
                        *prompts_shown,
                        *open_demos,
                        *bare_of_headers,
                        *with_tools,
                    ),
                    key=lambda use: (use.place, use.kind),
                )
            ),
            notes=notes(files, code.asked, _unread(code), found_flows.limited, found_schema.notes),
        ),
        (),
        reaches=reaches,
    )


def _by_place(tables: Iterable[Table], foreign: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(sorted((*tables, *foreign), key=lambda table: (table.place, table.name)))


def _unread(code: Code) -> tuple[str, ...]:
    return tuple(sorted(code.needs))
