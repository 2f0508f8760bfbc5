"""Environment variables of one file: where they are defined (env files, containers, hosting and CI configuration) and where code reads them.

Does not know which prefixes are active in which package, nor whether a file reaches a browser.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b

from batten.extract.declared import host_of
from batten.facts.placeholders import entropy, least_entropy, placeholder, template
from batten.facts.secret_names import public_prefix
from batten.facts.secret_names import secret_name as secret_name  # noqa: PLC0414 - the name by which extractors ask for it
from batten.facts.secrets import DatabaseService, Variable
from batten.parse import dotenv
from batten.regex import regex
from batten.skim import PAGES, SCRIPTS
from batten.skim.code import Code
from batten.text import Place, Span

_ENV_FILE = regex(
    r"^\.env(?:rc)?(?:[._-].*)?$|^.*\.env(?:\.(?:example|sample|template|dist|local|defaults?))?$|^\.dev\.vars(?:\..*)?$|^env\.(?:txt|example|sample)$"
)
_DOCKERFILE = regex(r"^(?:Dockerfile|Containerfile)(?:[.-].*)?$|\.(?:Dockerfile|dockerfile)$")
_COMPOSE = regex(r"^(?:docker-)?compose(?:[.-].*)?\.ya?ml$")
_CI = regex(
    r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$|(?:^|/)\.gitlab-ci\.ya?ml$|(?:^|/)(?:render|app|cloudbuild|bitbucket-pipelines)\.ya?ml$"
)
_HOSTING = frozenset(
    (
        "vercel.json",
        "netlify.toml",
        "wrangler.toml",
        "wrangler.json",
        "wrangler.jsonc",
        "fly.toml",
        "eas.json",
        "app.json",
        "railway.json",
        "amplify.yml",
    )
)
_README = regex(r"^readme[^/]*\.(?:md|mdx|rst|txt)$", re.IGNORECASE)

_INSTRUCTION = regex(rb"^[^\S\n]*(?:ENV|ARG)[^\S\n]+((?:[^\\\n]|\\[^\n]|\\\n)*)", re.MULTILINE | re.IGNORECASE)
_PAIR = regex(rb"""(?P<name>[A-Za-z_]\w*)=(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<bare>[^\s"']*))""")
_SPACED = regex(rb"(?P<name>[A-Za-z_]\w*)[^\S\n]+(?P<bare>[^\n]+)")
_DECLARED = regex(rb"(?P<name>[A-Za-z_]\w*)[^\S\n]*$")

_YAML_BLOCK = regex(
    rb"^(?P<indent>[ ]*)(?:- )?(?:environment|env|args|variables|envVars|env_variables|build_args):[^\S\n]*(?:#[^\n]*)?\r?\n", re.MULTILINE
)
_YAML_LINE = regex(
    rb"""(?P<indent>[ ]*)(?P<item>-[ ]+)?(?:key:[ ]+)?["']?(?P<name>[A-Za-z_]\w*)(?:["']?:[ ]+|=)(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<bare>[^\n#]*?))["']?[^\S\n]*(?:#[^\n]*)?(?:\r?\n|\Z)"""
)
_YAML_NAME = regex(rb"""(?P<indent>[ ]*)(?:-[ ]+)?(?:key:[ ]+)?["']?(?P<name>[A-Z_][A-Z0-9_]*)["']?:?[^\S\n]*(?:\r?\n|\Z)""")
_JSON_PAIR = regex(rb'"(?P<name>[A-Z][A-Z0-9_]*)"\s{0,8}:\s{0,8}"(?P<double>[^"\n]*)"')
_TOML_PAIR = regex(
    rb"""^[^\S\n]*"?(?P<name>[A-Z][A-Z0-9_]*)"?[^\S\n]*=[^\S\n]*(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)')""", re.MULTILINE
)
_README_PAIR = regex(
    rb"""^[^\S\n]{0,8}(?:export[^\S\n]+)?(?P<name>(?:NEXT_PUBLIC_|NUXT_PUBLIC_|EXPO_PUBLIC_|REACT_APP_|GATSBY_|VUE_APP_|NG_APP_|PUBLIC_|VITE_)\w+)=(?:"(?P<double>[^"\n]*)"|(?P<bare>[^\n]*))""",
    re.MULTILINE,
)

_NAME = rb"[A-Za-z_]\w{0,199}"
_QUOTED_NAME = rb"""["'`](?P<quoted>""" + _NAME + rb""")["'`]"""
# What holds the variables in scripts ends in this word. The patterns below look round each place of it: it is found much faster than what may come before.
_HOLDER = b".env"
_BEFORE_HOLDER = regex(rb"(?:process\??|import\.meta(?:\s{0,2}as\s{1,2}any\))?\??|Bun|Deno)\Z")
_SCRIPT_READ = regex(
    rb"!?(?:\??\.(?P<name>" + _NAME + rb")(?![\w(])|(?:\?\.)?\[\s{0,8}" + _QUOTED_NAME + rb"\s{0,8}\])"
    rb"|\.get\(\s{0,8}" + _QUOTED_NAME.replace(b"quoted", b"got")
)
# ``["VITE_OPENAI_" + "API_KEY"]``: what is put together of constants is one.
_PUT_TOGETHER = regex(rb"""(?:\?\.)?\[\s{0,8}(?P<parts>(?:["'][\w]{0,200}["']\s{0,8}\+\s{0,8}){1,8}["'][\w]{0,200}["'])\s{0,8}\]""")
_PART = regex(rb"""["'](\w*)["']""")
_WHOLE = regex(rb"(?![\w.?\[])")
_DESTRUCTURED = regex(rb"\{(?P<names>[^{}]{1,4000})\}\s{0,8}(?::[^={};]{1,200})?=\s{0,8}\Z")
_ALIAS = regex(rb"(?:const|let|var)\s{1,8}(?P<alias>[A-Za-z_$][\w$]{0,60})\s{0,8}(?::[^={};]{1,200})?=\s{0,8}\Z")
_LONGEST_HOLDER = 32
_LONGEST_NAMES = 4300
_LONGEST_ALIAS = 300
_IMPORTED = regex(
    rb"""import\s{0,8}\{(?P<names>[^{}]{1,4000})\}\s{0,8}from\s{0,8}["'](?:\$env/(?:static|dynamic)/(?:public|private)|astro:env/(?:client|server))["']"""
)
_ENTRY = regex(rb"[{,]\s*(?P<name>" + _NAME + rb")")
_IN_TEMPLATE = regex(rb"\$\{[^{}`\n]{0,200}$")
_PYTHON_READ = regex(
    rb"""(?:os\.)?\b(?:environ\.get|environ\.pop|environ\.setdefault|getenv|environ)[(\[]\s{0,40}["'](?P<name>""" + _NAME + rb""")["']"""
)
_PYTHON_TOKEN = regex(
    rb'#[^\n]*|(?P<prefix>[A-Za-z]{0,2})(?:"""(?:[^"\\]|\\.|"(?!"")|(?!))*+(?:"""|\Z)|'
    rb"'''(?:[^'\\]|\\.|'(?!'')|(?!))*+(?:'''|\Z)|"
    rb""""(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')""",
    re.DOTALL,
)
_STRONG_LENGTH = 16
_SWITCHED = regex(rb"""\s{0,8}[!=]==?\s{0,8}["'`]?(?:true|false|yes|no|on|off|1|0)\b""")
# Bundlers drop the branch from what they build for production.
_IN_DEVELOPMENT = regex(
    rb"""(?:NODE_ENV\s?={2,3}\s?["']development["']|NODE_ENV\s?!==?\s?["']production["']|import\.meta\.env\.DEV)\s?(?:\?(?![.?])|&&)[^:;{}\n]{0,80}$"""
)
_SUPABASE_HOSTS = (".supabase.co", ".supabase.com", ".supabase.net")
# Where PostgreSQL is rented without a Data API of Supabase's kind in front of it.
_OTHER_HOSTS = (
    ".neon.tech", ".rds.amazonaws.com", ".postgres.database.azure.com", ".render.com", ".rlwy.net", ".railway.app", ".railway.internal",
    ".vercel-storage.com", ".aivencloud.com", ".cockroachlabs.cloud", ".ondigitalocean.com", ".prisma.io", ".timescale.com",
    ".tsdb.cloud.timescale.com", ".db.postgresbridge.com", ".psdb.cloud", ".fly.dev", ".heroku.com", ".xata.sh",
)  # fmt: skip
# https://supabase.com/docs/guides/database/connecting-to-postgres: the pooler tells projects apart by the name of the user.
_PROJECT = regex(r"//postgres\.(?P<pooled>[a-z]{20}):|(?://|@)(?:db\.)?(?P<own>[a-z]{20})\.supabase\.(?:co|net)\b")
_DATABASES = frozenset(
    (
        "postgres",
        "postgresql",
        "postgresql+asyncpg",
        "postgresql+psycopg",
        "postgresql+psycopg2",
        "mysql",
        "mysql+pymysql",
        "mongodb",
        "mongodb+srv",
        "redis",
        "rediss",
    )
)
_NEAR = regex(
    r"^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0|localhost)|\.(?:local|internal|test|localhost|example|invalid)$|(?:^|\.)example\.\w+$"
)
_SWITCHES = frozenset(("true", "false", "yes", "no", "on", "off", "enabled", "disabled", "0", "1"))


def is_environment_file(path: str) -> bool:
    """Whether ``definitions`` reads files of this name."""
    return _reader(path) is not None


def is_env_file(path: str) -> bool:
    """Whether this is a file of ``NAME=value`` lines that programs load: ``.env``, ``.env.local``, ``prod.env``, ``.dev.vars``."""
    return _ENV_FILE.match(path.rpartition("/")[2]) is not None


def is_sample(path: str) -> bool:
    """Whether an env file only shows which variables there are: ``.env.example`` and the like."""
    return re.search(r"example|sample|template|dist$|defaults?$", path.rpartition("/")[2]) is not None


def definitions(path: str, data: bytes) -> tuple[Variable, ...]:
    """The variables that a file defines, by place: all of an env file, elsewhere those that are public or secret by name."""
    reader = _reader(path)
    if reader is None:
        return ()
    keep_all = reader is _env_file
    kept = {
        name_span: _defined(path, name, name_span, value, value_span)
        for name, name_span, value, value_span in reader(data)
        if keep_all or public_prefix(name) or secret_name(name)
    }
    return tuple(kept[span] for span in sorted(kept))


def reads(path: str, data: bytes) -> tuple[Variable, ...]:
    """The variables that code reads by a constant name and that are public or secret by name, by place."""
    suffix = path[path.rfind(".") :].lower()
    if suffix in SCRIPTS | PAGES:
        found = _kept(data, _script_reads(data))
        live = _live_script(data, found) if suffix in SCRIPTS else [read for read in found if not _commented(data, read[0].start)]
    elif suffix in (".py", ".pyi"):
        if b"environ" not in data and b"getenv" not in data:
            return ()
        live = _live_python(data, _kept(data, ((Span(*match.span()), match["name"]) for match in _PYTHON_READ.finditer(data))))
    else:
        return ()
    return tuple(Variable(name, place=Place(path, span), defined=False) for span, name in live)


def _kept(data: bytes, found: Iterable[tuple[Span, bytes]]) -> list[tuple[Span, str]]:
    """Those that are public or secret by name, by place; a value that is compared with ``"true"`` is a switch and no secret."""
    names = sorted({(span, name.decode("ascii")) for span, name in found})
    return [
        (span, name)
        for span, name in names
        if (public_prefix(name) or secret_name(name)) and not (secret_name(name) and _SWITCHED.match(data, span.end))
    ]


_Pair = tuple[str, Span, str, Span]
_Reader = Callable[[bytes], Iterator[_Pair]]


def _reader(path: str) -> _Reader | None:
    name = path.rpartition("/")[2]
    if _ENV_FILE.match(name):
        return _env_file
    if _DOCKERFILE.search(name):
        return _dockerfile
    if _COMPOSE.match(name) or _CI.search(path):
        return _yaml
    if name in _HOSTING:
        return _toml if name.endswith(".toml") else _json if name.endswith((".json", ".jsonc")) else _yaml
    return _readme if _README.match(name) else None


def _env_file(data: bytes) -> Iterator[_Pair]:
    for definition in dotenv.definitions(data):
        yield definition.name, definition.name_span, definition.value, definition.value_span


def _dockerfile(data: bytes) -> Iterator[_Pair]:
    for instruction in _INSTRUCTION.finditer(data):
        start, end = instruction.span(1)
        pairs = list(_PAIR.finditer(data, start, end))
        single = _SPACED.match(data, start, end) or _DECLARED.match(data, start, end)
        if not pairs or (single is not None and single.lastgroup == "bare" and pairs[0].start() > single.end("name")):
            pairs = [single] if single else []
        yield from map(_pair, pairs)


def _yaml(data: bytes) -> Iterator[_Pair]:
    """The lines of blocks called ``environment``, ``env`` and the like; values that go over several lines are taken for empty."""
    for block in _YAML_BLOCK.finditer(data):
        indent = len(block["indent"])
        at = block.end()
        while at < len(data):
            line_end = data.find(b"\n", at)
            line_end = len(data) if line_end == -1 else line_end + 1
            text = data[at:line_end]
            inner = len(text) - len(text.lstrip(b" "))
            if text.strip() and not text.lstrip().startswith(b"#"):
                if inner < indent or (inner == indent and not text.lstrip().startswith(b"-")):
                    break
                if (match := _YAML_LINE.match(data, at, line_end) or _YAML_NAME.match(data, at, line_end)) is not None:
                    yield _pair(match)
            at = line_end


def _json(data: bytes) -> Iterator[_Pair]:
    yield from map(_pair, _JSON_PAIR.finditer(data))


def _toml(data: bytes) -> Iterator[_Pair]:
    yield from map(_pair, _TOML_PAIR.finditer(data))


def _readme(data: bytes) -> Iterator[_Pair]:
    yield from map(_pair, _README_PAIR.finditer(data))


def _pair(match: re.Match[bytes]) -> _Pair:
    groups = match.groupdict()
    filled = next((group for group in ("double", "single", "bare") if groups.get(group) is not None), None)
    value_span = Span(*match.span(filled)) if filled else Span(match.end("name"), match.end("name"))
    value = groups[filled].decode("utf-8", "replace").strip() if filled else ""
    return match["name"].decode("ascii", "replace"), Span(*match.span("name")), value, value_span


def _defined(path: str, name: str, name_span: Span, value: str, value_span: Span) -> Variable:
    return Variable(
        name=name,
        place=Place(path, name_span),
        defined=True,
        empty=template(value) or placeholder(value, name, distinct=3),
        harmless=value.lower() in _SWITCHES,
        strong=len(value) >= _STRONG_LENGTH and not placeholder(value, name) and entropy(value) >= least_entropy(value),
        value=value_span,
        served_by=_served_by(value) if value.startswith(("postgres://", "postgresql://")) else None,
        leads_to=_leads_to(value) if "://" in value else "",
    )


def _leads_to(address: str) -> str:
    """A digest of the project or the host of a database that an address names, "" for any other."""
    project = _PROJECT.search(address)
    if project is not None:
        return _digest(project["pooled"] or project["own"])
    host = host_of(address) or ""
    is_far = "." in host and not template(host) and _NEAR.search(host) is None
    return _digest(host) if is_far and address.partition("://")[0].lower() in _DATABASES else ""


def _digest(name: str) -> str:
    return blake2b(name.encode(), digest_size=8).hexdigest()


def _served_by(address: str) -> DatabaseService | None:
    host = host_of(address) or ""
    if host.endswith(_SUPABASE_HOSTS):
        return DatabaseService.SUPABASE
    return DatabaseService.OTHER if host.endswith(_OTHER_HOSTS) else None


def _script_reads(data: bytes) -> Iterator[tuple[Span, bytes]]:
    aliases: dict[bytes, None] = {}
    done = 0
    for start, end in _holders(data):
        if (match := _SCRIPT_READ.match(data, end)) is not None:
            if start >= done and (match["got"] is None or _is_deno(data, start)):
                done = match.end()
                yield Span(start, done), match["name"] or match["quoted"] or match["got"]
        elif (made := _PUT_TOGETHER.match(data, end)) is not None:
            yield Span(start, made.end()), b"".join(_PART.findall(made["parts"]))
        elif _WHOLE.match(data, end):
            if (names := _DESTRUCTURED.search(data, max(0, start - _LONGEST_NAMES), start)) is not None:
                yield from _entries(data, *names.span("names"))
            elif (bound := _ALIAS.search(data, max(0, start - _LONGEST_ALIAS), start)) is not None:
                aliases[bound["alias"]] = None
    if b"$env/" in data or b"astro:env" in data:
        for match in _IMPORTED.finditer(data):
            yield from _entries(data, *match.span("names"))
    for alias in aliases:
        for match in re.finditer(rb"(?<![\w$.])" + re.escape(alias) + rb"\.(?P<name>" + _NAME + rb")(?![\w(])", data):
            yield Span(*match.span()), match["name"]


def _holders(data: bytes) -> Iterator[tuple[int, int]]:
    """The range of every ``process.env``, ``import.meta.env`` and the like."""
    at = data.find(_HOLDER)
    while at != -1:
        before = _BEFORE_HOLDER.search(data, max(0, at - _LONGEST_HOLDER), at)
        if before is not None:
            yield before.start(), at + len(_HOLDER)
        at = data.find(_HOLDER, at + 1)


def _is_deno(data: bytes, start: int) -> bool:
    return data.startswith(b"Deno", start) and (start == 0 or re.match(rb"\w", data[start - 1 : start]) is None)


def _entries(data: bytes, start: int, end: int) -> Iterator[tuple[Span, bytes]]:
    for match in _ENTRY.finditer(data, start - 1, end):
        yield Span(*match.span("name")), match["name"]


def _live_script(data: bytes, found: list[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """Without those in comments, strings and branches for development; ``${…}`` in a template is code, which ``Code`` steps over."""
    code = Code(data, 0, len(data))
    live = []
    for span, name in found:
        before = (max(0, span.start - 300), span.start)
        if (code.reaches(span.start) or _IN_TEMPLATE.search(data, *before)) and not _IN_DEVELOPMENT.search(data, *before):
            live.append((span, name))
    return live


def _commented(data: bytes, offset: int) -> bool:
    """In a page of several languages: whether the line is a comment before ``offset``, as far as its look tells."""
    line = data[data.rfind(b"\n", max(0, offset - 2000), offset) + 1 : offset]
    return re.match(rb"\s*(?://|\*|/\*|<!--)", line) is not None or re.search(rb"(?<!:)//\s", line) is not None


def _live_python(data: bytes, found: list[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """Without those in comments and in strings that are not f-strings."""
    dead: Iterable[Span] = (
        Span(*token.span()) for token in _PYTHON_TOKEN.finditer(data) if found and b"f" not in (token["prefix"] or b"").lower()
    )
    ranges = iter(dead)
    current = next(ranges, None)
    live = []
    for span, name in found:
        while current is not None and current.end <= span.start:
            current = next(ranges, None)
        if current is None or span.start < current.start:
            live.append((span, name))
    return live
