"""Everything that one file says: from bytes to FileFacts, a pure function of the path, the bytes and the packs."""

from functools import cached_property

from batten.extract import packages
from batten.extract.code import code_facts, is_entry, language_of
from batten.extract.environment import definitions, is_environment_file, reads
from batten.extract.migrations import is_migration, migration_facts
from batten.extract.secrets import secrets
from batten.facts.project import FileFacts
from batten.facts.vocabulary import Meaning, Target, Vocabulary
from batten.finding import Note, NoteKind
from batten.ignores import parse as ignores
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
    b"before_request", b"add_middleware", b".middleware(", b"Router(", b"express(", b"Hono(", b"astify(", b".use(",
    b"'use server'", b'"use server"', b"createClient", b"create_client", b"createServerClient", b"createBrowserClient",
    b"ComponentClient", b"HandlerClient", b"ActionClient", b"auth.admin",
    b".from('", b'.from("', b".from(`", b".table('", b'.table("', b".from_(",
    b"dangerouslyAllowBrowser", b"anthropic-dangerous-direct-browser-access",
)  # fmt: skip
_MIDDLEWARE = ("middleware.ts", "middleware.js", "proxy.ts", "proxy.js")
_IGNORE = b"batten:"


class Reader:
    """Reads files into facts; ``prefilter`` False parses every file, to the same findings."""

    def __init__(self, vocabulary: Vocabulary, *, prefilter: bool = True) -> None:
        self._vocabulary = vocabulary
        self._prefilter = prefilter

    @cached_property
    def _triggers(self) -> Triggers:
        hosts = (row.pattern.removeprefix("*.").encode() for row in self._vocabulary.rows if row.target is Target.HOST)
        return Triggers((*_WORDS, *hosts))

    @cached_property
    def _modules(self) -> frozenset[str]:
        """Modules that make clients of paid models: who imports one may give it a key."""
        return frozenset(row.pattern.rpartition(".")[0] for row in self._vocabulary.rows if row.means is Meaning.AI_CLIENT)

    def look(self, path: str, data: bytes) -> FileFacts:
        """The first look: everything but the code of files that show no reason to be parsed."""
        return self._facts(path, data, parse=not self._prefilter or is_entry(path) or path.endswith(_MIDDLEWARE))

    def parse(self, path: str, data: bytes) -> FileFacts:
        """The facts with those of the code, for a file that a name leads into."""
        return self._facts(path, data, parse=True)

    def _facts(self, path: str, data: bytes, *, parse: bool) -> FileFacts:
        try:
            return self._read(path, data, parse=parse)
        except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
            message = f"could not be read ({type(error).__name__}): findings may be missing here"
            return FileFacts(path=path, language=None, parsed=False, notes=(Note(NoteKind.NOT_PARSED, message, Place(path, Span(0, 0))),))

    def _read(self, path: str, data: bytes, *, parse: bool) -> FileFacts:
        language = language_of(path)
        seen = skim(path, data)
        notes: list[Note] = []
        statements, dialect = (), None
        if is_migration(path):
            statements, dialect, found = migration_facts(path, data)
            notes += found
        configured = packages.file_facts(path, data)
        notes += configured.notes
        variables = definitions(path, data) if is_environment_file(path) else reads(path, data)
        code = None
        if language is not None and (parse or self._matters(seen, data)):
            code = code_facts(path, data, seen.exports, seen.directives, self._vocabulary)
            notes += code.notes
        return FileFacts(
            path=path,
            language=language,
            parsed=code is not None,
            directives=seen.directives,
            imports=seen.imports,
            exports=seen.exports,
            stripped=seen.stripped,
            bindings=() if code is None else code.bindings,
            functions=() if code is None else code.functions,
            endpoints=() if code is None else code.declared.endpoints,
            mounts=() if code is None else code.declared.mounts,
            middleware=() if code is None else code.declared.middleware,
            secrets=secrets(path, data),
            variables=tuple(variables),
            packages=configured.packages,
            supabase=configured.supabase,
            statements=statements,
            dialect=dialect,
            ignores=tuple(ignores(path, data)) if _IGNORE in data else (),
            notes=tuple(notes),
        )

    def _matters(self, seen: Skim, data: bytes) -> bool:
        return any(entry.module in self._modules for entry in seen.imports) or bool(self._triggers.hits(data))


