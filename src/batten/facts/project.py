"""The facts of one file, and the whole app as one value."""

from typing import Any

from msgspec import Struct

from batten.facts.access import (
    ClaimedIdentity,
    FailOpen,
    ForeignRow,
    NeedlessAdmin,
    OpenRoutes,
    PrivilegedDeed,
    RevealedRow,
    SecretComparison,
    Session,
    SoleGuard,
    UnfilteredUse,
)
from batten.facts.access_rules import AccessRule
from batten.facts.agents import Allowance, ToolServer
from batten.facts.calls import Binding, Function
from batten.facts.containers import Container, DebugMode, Start
from batten.facts.database import DatabaseObjects
from batten.facts.flows import Flow, Graph, Use
from batten.facts.modules import BrowserGate, Config, Export, Import, Module, ServerModule
from batten.facts.patterns import Pattern
from batten.facts.routes import Application, Endpoint, Middleware, Mount, Route
from batten.facts.schema import OpenPolicy, OrmSchema, Table, TableUse
from batten.facts.secrets import Copied, EnvFile, Secret, Variable
from batten.facts.services import Client, FunctionConfig, ModelBudget, Package, Setting, SupabaseConfig
from batten.facts.sources import Source
from batten.facts.templates import Template
from batten.finding import Note
from batten.text import Span


class FileFacts(Struct, frozen=True, kw_only=True, array_like=True):
    """Everything that one file says, as a pure function of its path and bytes.

    ``parsed`` is False where only ``skim`` has looked at it: then there are imports, exports and directives, and nothing of functions.
    ``stripped`` are ranges that frameworks which split modules keep from the browser. ``configs`` are settings of compilers, bundlers and frameworks.
    ``rule_files`` are those that a ``firebase.json`` deploys, with the service. ``restraint`` is what it speaks of that holds spending back. ``ignoring`` are the patterns of a ``.gitignore``, ``.dockerignore`` or ``.npmignore``; ``copies`` are the instructions that copy folders or env files into an image.
    ``statements`` are encoded migration statements (``parse.postgres``), ``source`` says what tool they are for, where that is not plain SQL. ``ignores`` are the ignore comments.
    ``code_notes`` are those of the code alone; they count where the code was ``asked_for``: by words of its own, or by a name that leads into the file.
    ``derives`` are the names of what its classes derive from, and of what stands beside those, ``keeps`` those of what it may keep on the app for its handlers. ``digest`` is that of the bytes, empty where they could not be read.
    """

    path: str
    language: str | None
    parsed: bool
    directives: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    exports: tuple[Export, ...] = ()
    derives: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ()
    functions: tuple[Function, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    mounts: tuple[Mount, ...] = ()
    middleware: tuple[Middleware, ...] = ()
    applications: tuple[Application, ...] = ()
    graphs: tuple[Graph, ...] = ()
    secrets: tuple[Secret, ...] = ()
    variables: tuple[Variable, ...] = ()
    ignoring: tuple[str, ...] = ()
    restraint: tuple[str, ...] = ()
    copies: tuple[Copied, ...] = ()
    stripped: tuple[Span, ...] = ()
    browser_gates: tuple[BrowserGate, ...] = ()
    packages: tuple[Package, ...] = ()
    configs: tuple[Config, ...] = ()
    supabase: tuple[SupabaseConfig, ...] = ()
    open_functions: tuple[FunctionConfig, ...] = ()
    settings: tuple[Setting, ...] = ()
    containers: tuple[Container, ...] = ()
    access_rules: tuple[AccessRule, ...] = ()
    rule_files: tuple[tuple[str, str], ...] = ()
    allowances: tuple[Allowance, ...] = ()
    tool_servers: tuple[ToolServer, ...] = ()
    template: Template | None = None
    statements: tuple[Any, ...] = ()
    dialect: str | None = None
    source: Source | None = None
    ignores: tuple["Ignore", ...] = ()
    notes: tuple[Note, ...] = ()
    code_notes: tuple[Note, ...] = ()
    asked_for: bool = True
    digest: bytes = b""


class Ignore(Struct, frozen=True, array_like=True):
    """One ignore comment: the rules it names, the reason, and the line it speaks for (1-based)."""

    rules: tuple[str, ...]
    reason: str
    line: int
    start: int
    end: int


class Project(DatabaseObjects, frozen=True, kw_only=True):
    """The app under scan. Collections are sorted by place, so that equal apps are equal values."""

    packages: tuple[Package, ...] = ()
    supabase: tuple[SupabaseConfig, ...] = ()
    settings: tuple[Setting, ...] = ()
    containers: tuple[Container, ...] = ()
    access_rules: tuple[AccessRule, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    tool_servers: tuple[ToolServer, ...] = ()
    starts: tuple[Start, ...] = ()
    debug_modes: tuple[DebugMode, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    modules: tuple[Module, ...] = ()
    server_modules: tuple[ServerModule, ...] = ()
    browser_gates: tuple[BrowserGate, ...] = ()
    tables: tuple[Table, ...] = ()
    policies: tuple[OpenPolicy, ...] = ()
    orm_schemas: tuple[OrmSchema, ...] = ()
    table_uses: tuple[TableUse, ...] = ()
    routes: tuple[Route, ...] = ()
    fail_opens: tuple[FailOpen, ...] = ()
    secret_comparisons: tuple[SecretComparison, ...] = ()
    open_apps: tuple[OpenRoutes, ...] = ()
    open_defaults: tuple[OpenRoutes, ...] = ()
    sessions: tuple[Session, ...] = ()
    sole_guards: tuple[SoleGuard, ...] = ()
    needless_admins: tuple[NeedlessAdmin, ...] = ()
    unfiltered_uses: tuple[UnfilteredUse, ...] = ()
    foreign_rows: tuple[ForeignRow, ...] = ()
    revealed_rows: tuple[RevealedRow, ...] = ()
    privileged_deeds: tuple[PrivilegedDeed, ...] = ()
    claimed_identities: tuple[ClaimedIdentity, ...] = ()
    clients: tuple[Client, ...] = ()
    secrets: tuple[Secret, ...] = ()
    variables: tuple[Variable, ...] = ()
    env_files: tuple[EnvFile, ...] = ()
    flows: tuple[Flow, ...] = ()
    uses: tuple[Use, ...] = ()
    model_budgets: tuple[ModelBudget, ...] = ()
    notes: tuple[Note, ...] = ()
