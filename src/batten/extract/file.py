"""Everything that one file says: from bytes to FileFacts, a pure function of the path, the bytes and the packs."""

import sys
from collections.abc import Callable, Collection, Iterator
from functools import cached_property, lru_cache

from msgspec import structs

from batten.extract import connexion, folders, migrations, packages, serverless
from batten.extract.account_answers import WORDS as OF_ACCOUNTS
from batten.extract.account_answers import account_answers
from batten.extract.agents import STARTS, agents
from batten.extract.broadcasts import broadcasts
from batten.extract.browser_gates import WORDS as TYPED_IN
from batten.extract.browser_gates import browser_gates
from batten.extract.code import code_facts, is_entry, language_of, unit_of
from batten.extract.containers import Words, containers
from batten.extract.controllers import WORDS as CONTROLLING
from batten.extract.environment import definitions, is_environment_file, reads
from batten.extract.error_details import error_details
from batten.extract.handed import may_hand
from batten.extract.ignoring import copies, ignore_patterns
from batten.extract.injected import injected
from batten.extract.packages.deployments import open_functions
from batten.extract.packages.origins import switched_off
from batten.extract.people import about_people
from batten.extract.restraint import WORDS as RESTRAINING
from batten.extract.restraint import restraint
from batten.extract.secrets import secrets
from batten.extract.secrets.providers import Providers
from batten.extract.spoken import spoken
from batten.extract.spoken_prompts import spoken_prompts
from batten.extract.templates import template
from batten.extract.user_keys import WORDS as OF_PROVIDERS
from batten.extract.user_keys import user_keys
from batten.facts.flows import COMPONENT
from batten.facts.project import FileFacts
from batten.facts.sources import SCRIPT
from batten.facts.vocabulary import Meaning, Row, Target, Vocabulary, canonical
from batten.finding import Note, NoteKind
from batten.ignores import parse as ignores
from batten.parse.raw_markup import WORDS as SHOWN
from batten.regex import regex
from batten.skim import Skim, Triggers, skim
from batten.text import Place, Span

# A file without any of these words, and into which no name of another file leads, declares no route and makes no client.
_ROUTES = tuple(
    f".{method}({quote}/".encode()
    for method in ("get", "post", "put", "patch", "delete", "all", "use", "route", "api_route", "websocket", "options", "head")
    for quote in ("'", '"', "`")
)
_WORDS = (
    *_ROUTES,
    b"APIRouter", b"FastAPI(", b"Blueprint(", b"Flask(", b"include_router", b"register_blueprint", b"add_url_rule", b"add_api_route",
    b"before_request", b"add_middleware", b".middleware(", b" Router(", b".Router(", b"express(", b"Hono(", b"astify", b".use(",
    b"@Controller(", b"NestFactory", b"APP_GUARD", b"RouterModule", b"MiddlewareConsumer", b"useGlobalGuards", b"setGlobalPrefix",
    b"'use server'", b'"use server"', b"createClient", b"create_client", b"createServerClient", b"createBrowserClient",
    b"ComponentClient", b"HandlerClient", b"ActionClient", b"auth.admin",
    b".from('", b'.from("', b".from(`", b".table('", b'.table("', b".from_(",
    b"urlpatterns", b"rest_framework", b"ROOT_URLCONF", b"REST_FRAMEWORK", b"CORS_ALLOW_", b"CORS_ORIGIN_ALLOW_ALL", b"ALLOWED_HOSTS", b"CSRF_TRUSTED_ORIGINS", b"django.views", b"LoginRequired",
    b"rocedure", b"firebase-functions", b"firebase_functions", b"functions_framework", b"functions-framework", b"azure.functions", b"@azure/functions", b"_generated/server", b"createServerFn", b"createServerFileRoute", b"createAPIFileRoute", b"httpRouter(", b"defineAction(", b"$app/server", b"@react-router/dev/routes", b"EventHandler(",
    b"Starlette(", b"starlette.routing", b"RouteTableDef", b"add_routes(", b"web.Application(", b".add_route(", b".add_get(", b".add_post(", b".add_view(",
    b"createServer(", b"createSecureServer(", b"Bun.serve(", b"Deno.serve(", b"async fetch(", b"HTTPRequestHandler",
    b'"0.0.0.0"', b"'0.0.0.0'", b"flask_socketio", b"import chainlit", b"import streamlit", b"flask_restful", b"flask_restx", b"flask_smorest", b"flask.views", b"import socketio", b"channels.generic", b".on('connection'", b'.on("connection"', b"SubscribeMessage(", b"Mutation: {", b"Query: {", b"@nestjs/graphql", b"type-graphql", b"GraphQLObjectType", b"GraphQLNonNull",
    b"litestar", b"NinjaAPI(", b"from ninja import", b"from ninja_extra import", b"import strawberry", b"graphene",
    b"CERT_NONE", b"_unverified_context", b"_create_stdlib_context", b"wrap_socket(", b"missing_host_key_policy",
    b"debug=True", b"use_debugger", b"DebuggedApplication", b"from flask import", b".set_cookie(", b".cookie(",
    *SHOWN, *CONTROLLING, b"diskStorage(", b"getEntries(", b".on('entry'", b'.on("entry"', b"loadAsync(", b"createCipher", b"createDecipher", b"pbkdf2(", b"pbkdf2Sync(", b"scryptSync(", b"AES.encrypt(", b"AES.decrypt(", b"istener('message'", b'istener("message"', b"window.onmessage", b".postMessage(",
    b"lambda_handler(", b"exports.handler", b"queryStringParameters", b"pathParameters", b"const handler = async (event", b"async function handler(event", b"$(",
    b"location.href =", b"location.href=", b"window.location =", b"document.location =",
    b".chmod(", b"chmodSync(", b"ftplib", b"telnetlib",
    b"NODE_TLS_REJECT_UNAUTHORIZED", b"rejectUnauthorized", b"dangerouslyAllowBrowser", b"anthropic-dangerous-direct-browser-access", b"/rest/v1/", b"/auth/v1/admin/",
)  # fmt: skip
# An address without encryption, where it does not name a vocabulary (every icon names that of SVG) or this machine.
_ADDRESSES = frozenset(f"{quote}{scheme}://".encode() for quote in ("'", '"', "`") for scheme in ("http", "ws", "ftp"))
_NOWHERE = regex(rb"(?:www\.w3\.org|localhost|127\.0\.0\.1|0\.0\.0\.0)(?![\w.-])")
# One of each: a function that is asked like a handler, and answers like one or hands on to one, wherever it is registered.
_ASKED = frozenset((
    b".query", b".body", b".params", b".cookies", b".headers", b"req.files", b"req.get(", b"req.header(", b"req.param(", b".originalUrl", b'.on("data"', b".on('data'",
))  # fmt: skip
_ANSWERED = frozenset((b".send(", b".write(", b".end(", b".redirect(", b".render(", b".sendFile(", b"next()"))
# A page that reads the database itself: what it hands to components of the browser goes out; and one that sends browsers to where its address says.
_PAGE = regex(r"(?:^|/)(?:app/(?:.*/)?(?:page|layout|default|template)|pages/.*)\.[jt]sx?$")
_READS = (b".findMany(", b".findFirst(", b".findUnique(", b"getServerSideProps")
_SENDS = regex(rb"\b(?:redirect|permanentRedirect)\(")
_IN_ADDRESS = (b"searchParams", b"params")
_MIDDLEWARE = ("middleware.ts", "middleware.js", "proxy.ts", "proxy.js", "hooks.server.ts", "hooks.server.js")
_BUILT_IN = frozenset((*sys.stdlib_module_names, "crypto"))
_IGNORE = b"batten:"
_CELL = regex(rb'"cell_type"\s*+:\s*+"code"')


class Reader:
    """Reads files into facts; ``prefilter`` False parses every file, to the same findings; ``follow`` False is for rules that ask for no flows."""

    def __init__(self, vocabulary: Vocabulary, providers: Providers, *, prefilter: bool = True, follow: bool = True) -> None:
        self._follow = follow
        self._vocabulary = vocabulary
        self._providers = providers
        self._prefilter = prefilter

        self._code_words = vocabulary.made(_code_words)
        self._words = vocabulary.made(Words)
        self._uses = vocabulary.made(_uses)
        self._modules = vocabulary.made(_modules)

    @cached_property
    def _triggers(self) -> Triggers:
        """One matcher for all words: each file is gone through once."""
        return _matcher(self._vocabulary, self._providers)

    def look(self, path: str, data: bytes, *, code: bool = True) -> FileFacts:
        """The first look: everything but the code of files that show no reason to be parsed, or of all where ``code`` is False."""
        return self._safely(self._look if code else self._text, path, data)

    def parse(self, path: str, data: bytes) -> FileFacts:
        """The facts of the code alone, for a file that a name leads into."""
        return self._safely(self._parse, path, data)

    def migration(self, path: str, data: bytes) -> FileFacts:
        """What the code of a migration does to the schema, and nothing else of it."""
        return self._safely(self._migration, path, data)

    def _safely(self, read: Callable[[str, bytes], FileFacts], path: str, data: bytes) -> FileFacts:
        try:
            return read(path, data)
        except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
            message = f"could not be read ({type(error).__name__}): findings may be missing here"
            return FileFacts(path=path, language=None, parsed=True, notes=(Note(NoteKind.NOT_PARSED, message, Place(path, Span(0, 0))),))

    def _look(self, path: str, data: bytes) -> FileFacts:
        seen = skim(path, data)
        facts, hits = self._without_code(path, data, seen)
        matters = (
            self._matters(path, data, seen, hits) or _sets_up(facts) or (facts.language is not None and may_hand(data, facts.variables))
        )
        if facts.language is None and connexion.reads(path, data):
            return structs.replace(facts, parsed=True, endpoints=connexion.endpoints(path, data))
        if facts.language is None and serverless.reads(path, data):
            return structs.replace(facts, parsed=True, endpoints=serverless.endpoints(path, data))
        if facts.language is None or not (matters or not self._prefilter):
            return facts
        return merged(facts, structs.replace(self._code(path, data, seen), asked_for=matters))

    def _text(self, path: str, data: bytes) -> FileFacts:
        return self._without_code(path, data, skim(path, data))[0]

    def _without_code(self, path: str, data: bytes, seen: Skim) -> tuple[FileFacts, list[tuple[bytes, int]]]:
        words = self._triggers.words
        hits = [(words[word], offset) for word, offset in self._triggers.hits(data)]
        seen_words = {word for word, _ in hits}
        schema = migrations.look(path, data, seen_words.__contains__)
        configured = packages.file_facts(path, data)
        servers, of_servers = containers(path, data, self._words)
        allowed, tools, of_agents = agents(path, data, self._words, seen_words)
        variables = tuple(definitions(path, data) if is_environment_file(path) else reads(path, data))
        facts = FileFacts(
            path=path,
            language=language_of(path),
            parsed=False,
            directives=seen.directives,
            imports=seen.imports,
            exports=seen.exports,
            derives=seen.derives,
            keeps=seen.keeps,
            stripped=seen.stripped,
            secrets=secrets(path, data, hits, self._providers, [variable for variable in variables if variable.defined]),
            variables=(*variables, *injected(path, data), *spoken(path, data, variables)),
            ignoring=ignore_patterns(path, data),
            restraint=restraint(data, hits),
            browser_gates=browser_gates(path, data, seen_words),
            copies=copies(path, data),
            packages=configured.packages,
            configs=configured.configs,
            supabase=configured.supabase,
            open_functions=open_functions(path, data),
            settings=(
                *configured.settings,
                *switched_off(path, data),
                *about_people(path, data),
                *error_details(path, data),
                *account_answers(path, data, seen_words),
                *spoken_prompts(path, data),
                *broadcasts(path, data),
                *user_keys(path, data, seen_words),
            ),
            containers=servers,
            access_rules=configured.access_rules,
            rule_files=configured.rule_files,
            allowances=allowed,
            tool_servers=tools,
            template=template(path, data) if self._follow else None,
            statements=schema.statements,
            dialect=schema.dialect,
            source=schema.source,
            ignores=tuple(ignores(path, data)) if _IGNORE in data else (),
            notes=(*schema.notes, *configured.notes, *of_servers, *of_agents, *_of_notebook(path, data)),
        )
        return facts, hits

    def _parse(self, path: str, data: bytes) -> FileFacts:
        return self._code(path, data, skim(path, data))

    def _migration(self, path: str, data: bytes) -> FileFacts:
        schema = migrations.read_code(data, unit_of(path, data))
        return FileFacts(path=path, language=language_of(path), parsed=False, statements=schema.statements, source=schema.source)

    def _code(self, path: str, data: bytes, seen: Skim) -> FileFacts:
        unit = unit_of(path, data)
        code = code_facts(unit, data, seen.exports, seen.directives, self._vocabulary, follow=self._follow)
        schema = migrations.read_code(data, unit)
        return FileFacts(
            path=path,
            language=language_of(path),
            parsed=True,
            statements=schema.statements,
            source=schema.source,
            bindings=code.bindings,
            functions=code.functions,
            endpoints=code.declared.endpoints,
            mounts=code.declared.mounts,
            middleware=code.declared.middleware,
            applications=code.declared.applications,
            graphs=code.graphs,
            code_notes=code.notes,
            variables=code.handed,
        )

    def _matters(self, path: str, data: bytes, seen: Skim, hits: Collection[tuple[bytes, int]]) -> bool:
        if is_entry(path) or path.endswith(_MIDDLEWARE) or "server/middleware/" in path:
            return True
        if any(canonical(f"{entry.module}#") in self._modules for entry in seen.imports):
            return True
        if folders.is_endpoint_file(path, data) or _is_served_there(seen, data):
            return True
        if _PAGE.search(path) is not None and (any(word in data for word in _READS) or _sends_on(data)):
            return True
        words = {word for word, _ in hits}
        if not words.isdisjoint(self._code_words):
            return True
        if any(word in _ADDRESSES and _NOWHERE.match(data, offset + len(word)) is None for word, offset in hits):
            return True
        if any(
            word in data
            for entry in seen.imports
            for module in _steps(canonical(f"{entry.module}#"))
            for word in self._uses.get(module, ())
        ):
            return True
        return not path.endswith(".py") and not words.isdisjoint(_ASKED) and not words.isdisjoint(_ANSWERED)


def _sets_up(facts: FileFacts) -> bool:
    """It has SQL in it that no tool runs."""
    return facts.source is not None and facts.source.tool == SCRIPT


def _sends_on(page: bytes) -> bool:
    return any(word in page for word in _IN_ADDRESS) and _SENDS.search(page) is not None


def _is_served_there(seen: Skim, data: bytes) -> bool:
    """A route of a page that answers requests as well, of those that TanStack's files declare."""
    return b"createFileRoute(" in data and b"handlers" in data and any(entry.module.startswith("@tanstack/") for entry in seen.imports)


def _asked_of(row: Row) -> tuple[bytes, ...]:
    """The names of the arguments that a row is about: rarer words than the call's. Empty where it may be one by position."""
    slots = [slot.rpartition(".")[2] for slot in (row.when or "").partition("=")[0].split("|")]
    return tuple(slot.encode() for slot in slots) if all(slot.isidentifier() for slot in slots) else ()


def _steps(module: str) -> Iterator[str]:
    """A module and those that it is inside of."""
    yield module
    for at, character in enumerate(module):
        if character in "./" and at:
            yield module[:at]


def _of_notebook(path: str, data: bytes) -> tuple[Note, ...]:
    """Cells of code are text in JSON, where no offset is that of the code: they are searched for keys, as all text is."""
    if not path.endswith(".ipynb") or _CELL.search(data) is None:
        return ()
    return (Note(NoteKind.SKIPPED, "the code of this notebook is searched for keys, and not followed", Place(path, Span(0, 0))),)


@lru_cache(maxsize=4)
def _matcher(vocabulary: Vocabulary, providers: Providers) -> Triggers:
    """Readers with the same packs share one: to build it takes longer than to read a small app."""
    words = (
        *_ADDRESSES,
        *_ASKED,
        *_ANSWERED,
        *providers.words,
        *migrations.WORDS,
        *RESTRAINING,
        *STARTS,
        *TYPED_IN,
        *OF_PROVIDERS,
        *OF_ACCOUNTS,
    )
    return Triggers(frozenset((*vocabulary.made(_code_words), *words)))


def _code_words(vocabulary: Vocabulary) -> frozenset[bytes]:
    hosts = (row.pattern.removeprefix("*.").encode() for row in vocabulary.rows if row.target is Target.HOST)
    rows = (row for row in vocabulary.rows if row.means is Meaning.SINK and row.kind == "markup")
    shown = (word for row in rows for word in _shown_by(row))
    run = (
        f"{row.pattern.rpartition('.')[2]}(".encode() for row in vocabulary.rows if row.means is Meaning.SINK and row.provider == "pages"
    )
    handed = (row.pattern.partition(".")[0][1:].encode() for row in vocabulary.rows if row.pattern.startswith("@$"))
    return frozenset((*_WORDS, *hosts, *shown, *run, *handed))


def _shown_by(row: Row) -> tuple[bytes, ...]:
    """The name of what takes text for HTML; of a component, the setting that makes it do so."""
    if not row.pattern.startswith(COMPONENT):
        return (row.pattern.removeprefix("**.").removesuffix("=").encode(),)
    return _asked_of(row) or tuple(wanted.strip("*").encode() for wanted in (row.when or "").partition("=")[2].split("|"))


def _uses(vocabulary: Vocabulary) -> dict[str, tuple[bytes, ...]]:
    """By the first step of their names, the last ones of calls that are only safe with the right arguments, or make tools or hear what is written to bots; but of what comes with the language."""
    found: dict[str, set[bytes]] = {}
    for row in vocabulary.rows:
        first, dot, rest = row.pattern.partition(".")
        last = rest.rpartition(".")[2].removesuffix("=")
        words = _asked_of(row) or ((last.encode(),) if dot else ())  # of a module that is called itself, the arguments alone tell
        if row.means in (Meaning.USE, Meaning.AGENT_TOOL, Meaning.BOT) and words and first not in _BUILT_IN and "*" not in first + last:
            found.setdefault(first, set()).update(words)
    return {module: tuple(sorted(words)) for module, words in found.items()}


def _modules(vocabulary: Vocabulary) -> frozenset[str]:
    """Modules that make clients of paid models: who imports one may give it a key."""
    return frozenset(row.pattern.rpartition(".")[0] for row in vocabulary.rows if row.means is Meaning.AI_CLIENT)


def merged(first: FileFacts, code: FileFacts) -> FileFacts:
    """The facts of the first look with those of the code."""
    return structs.replace(
        first,
        parsed=code.parsed,
        statements=code.statements or first.statements,
        source=code.source or first.source,
        bindings=code.bindings,
        functions=code.functions,
        endpoints=code.endpoints,
        mounts=code.mounts,
        middleware=code.middleware,
        applications=code.applications,
        graphs=code.graphs,
        variables=(*first.variables, *code.variables),
        notes=(*first.notes, *code.notes),
        code_notes=code.code_notes,
        asked_for=code.asked_for,
    )
