"""Variables that the settings of a bundler or a framework put into what browsers get, whatever their names; knows no package."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.facts.secret_names import held_by, public_prefix, secret_name
from batten.facts.secrets import Variable
from batten.regex import regex
from batten.text import Place, Span

_CONFIG = regex(
    r"(?:^|/)(?:(?:electron\.)?vite(?:st)?\.config|next\.config|webpack[\w.-]*|craco\.config|rsbuild\.config|rspack\.config|nuxt\.config|astro\.config|"
    r"gatsby-(?:config|node)|vue\.config|babel\.config|app\.config|svelte\.config|quasar\.config|farm\.config|parcel\.config)\.[cm]?[jt]s$|(?:^|/)src/env\.[jt]s$|(?:^|/)(?:\.babelrc|babel\.config)(?:\.json)?$"
)
_WORDS = ("config", "webpack", "babelrc", "gatsby-node", "src/env.")
# What is looked for in which block: the word that opens it.
_BLOCKS = regex(
    rb"""(?<![\w.$])(?P<define>define|env|publicRuntimeConfig|extra)["']?\s{0,8}:\s{0,8}\{|(?P<plugin>DefinePlugin|EnvironmentPlugin|InjectManifest|plugins\.define)\(\s{0,20}[{\[]"""
    rb"""|(?P<named>defineEnvVars)\(\s{0,20}\{"""
    rb"""|(?P<public>public)["']?\s{0,8}:\s{0,8}\{|(?P<schema>schema)["']?\s{0,8}:\s{0,8}\{"""
)
# The same block by the name of a record: ``extra: keys``, ``extra``.
_BY_NAME = regex(
    rb"""(?<![\w.$])(?P<word>define|env|publicRuntimeConfig|extra|public)(?:["']?\s{0,8}:\s{0,8}(?P<name>[A-Za-z_$][\w$]{0,60}))?\s{0,8}(?=[,}\n])"""
)
_RECORD = regex(rb"""(?<![\w.$])(?:const|let|var)\s{1,4}(?P<name>[A-Za-z_$][\w$]{0,60})\s{0,4}(?::[^=\n]{0,100})?=\s{0,8}\{""")
_PREFIX = regex(rb"""(?<![\w.$])envPrefix["']?\s{0,8}:\s{0,8}(?P<value>\[[^\]]{0,200}\]|["'][^"'\n]{0,60}["'])""")
_DANGEROUS_PREFIX = regex(r"|API_|SUPABASE_|OPENAI_|ANTHROPIC_|STRIPE_|DB_|DATABASE_|SECRET_|AWS_|AUTH_|PRIVATE_|SERVER_|GOOGLE_|GEMINI_")
_DOTENV = regex(rb"""new\s{1,4}Dotenv(?:Plugin|WebpackPlugin)?\((?![^)]{0,300}(?:safe|allowlist))""")
_INLINE = regex(rb"""["'](?:babel-plugin-)?transform-inline-environment-variables["'](?P<options>\s{0,8},\s{0,8}\{[^}]{0,400})?""")
_EVERYTHING = regex(
    rb"""(?:JSON\.stringify\(\s{0,8})?(?:\{\s{0,8}\.\.\.)?(?P<what>process\.env|env|envVars|import\.meta\.env|loadEnv\((?:[^()]|\(\)){0,120}\))\s{0,8}\}?\s{0,8}\)?\s{0,8}\Z"""
)
_ALL_LOADED = regex(
    rb"""loadEnv\((?:[^()]|\(\)){0,120},\s{0,8}(?:""|''|\[\s{0,4}(?:""|'')\s{0,4}\])\s{0,8}\)|dotenv[^\n]{0,40}(?:config|parse)\("""
)
_READ = regex(
    rb"""(?:process\.env|import\.meta\.env|\benv\w{0,8}|\bparsed)(?:\??\.(?P<name>[A-Za-z_]\w{0,99})|\[["'](?P<quoted>[A-Za-z_]\w{0,99})["']\])"""
)
_ENTRY_NAME = regex(rb"""\s{0,200}(?:["'](?P<quoted>[^"'\n]{1,100})["']|(?P<bare>[A-Za-z_$][\w$]{0,99}))\s{0,8}(?::|\Z)""")
# Fields that Astro and SvelteKit are told to give to browsers.
_CLIENT_FIELD = regex(rb"""context["']?\s{0,4}:\s{0,4}["']client["']|(?<![\w.])public["']?\s{0,4}:\s{0,4}true\b""")
# https://cli.vuejs.org/guide/webpack.html#modifying-options-of-a-plugin
_TAPPED = regex(rb"""\[["']process\.env["']\](?:\.|\[["'])(?P<name>[A-Za-z_]\w{0,99})(?:["']\])?\s{0,4}=(?!=)""")
# Modules that are made of the env file: https://github.com/goatandsheep/react-native-dotenv https://github.com/lugg/react-native-config
_FROM_FILE = regex(rb"""import\s{1,4}\{(?P<names>[^{}]{1,2000})\}\s{0,4}from\s{0,4}["'](?P<module>@env|react-native-dotenv)["']""")
_OF_CONFIG = regex(
    rb"""import\s{1,4}(?:\*\s{1,4}as\s{1,4})?(?P<name>[A-Za-z_$][\w$]{0,60})\s{1,4}from\s{0,4}["'](?P<module>react-native-config)["']"""
)
_TAKEN = regex(rb"(?<![\w$])(?P<name>[A-Z]\w{0,99})(?:\s{1,4}as\s{1,4}[\w$]{1,99})?")
_MODULES = (b"@env", b"react-native-dotenv", b"react-native-config")
_CODE = (".js", ".jsx", ".ts", ".tsx", ".mjs")
_QUOTES = b"\"'`"
_LONGEST = 8_000
# So many bytes before a block are looked at for what it is a part of.
_BEFORE = 2_000
_MOST = 200


class _Entry(NamedTuple):
    """One entry of a block: its name, its value, and where it begins."""

    name: str
    value: bytes
    span: Span


def injected(path: str, data: bytes) -> tuple[Variable, ...]:
    """The variables with names for secrets, by place; ``*`` stands for all there are."""
    taken = path.endswith(_CODE) and any(module in data for module in _MODULES)
    of_settings = any(word in path for word in _WORDS) and _CONFIG.search(path) is not None
    return (*(_by_settings(path, data) if of_settings else ()), *(_from_file(path, data) if taken else ()))


def _by_settings(path: str, data: bytes) -> tuple[Variable, ...]:
    file = path.rpartition("/")[2]
    everything = _ALL_LOADED.search(data) is not None
    found: dict[Span, str] = {}
    read_only: set[Span] = set()
    for opened, schema in _for_browsers(file, data):
        for entry in _entries(data, opened):
            for name, span in _of_entry(entry, everything, schema=schema):
                found.setdefault(span, name)
    for tapped in _TAPPED.finditer(data) if file.startswith("vue.config") else ():
        if _secret(tapped["name"].decode()):
            found[Span(*tapped.span("name"))] = tapped["name"].decode()
    for prefix in _PREFIX.finditer(data) if not file.startswith("env.") else ():
        for text in re.findall(rb"""["']([^"'\n]{0,60})["']""", prefix["value"]):
            if _DANGEROUS_PREFIX.fullmatch(text.decode("utf-8", "replace")):
                found[Span(*prefix.span())] = f"{text.decode('utf-8', 'replace')}*"
    for plugin in (*_DOTENV.finditer(data), *_INLINE.finditer(data)) if not file.startswith("env.") else ():
        options = plugin.groupdict().get("options")
        named = re.findall(rb"""["']([A-Z][A-Z0-9_]{1,99})["']""", options or b"")
        for name in [one.decode() for one in named] if named else ["*"]:
            if name == "*" or _secret(name):
                found[Span(*plugin.span())] = name
                read_only.add(Span(*plugin.span()))
    return tuple(
        Variable(found[span], place=Place(path, span), defined=False, injected=True, empty=span in read_only) for span in sorted(found)
    )


def _from_file(path: str, data: bytes) -> Iterator[Variable]:
    """What code takes from a module that the build makes of the env file."""
    found: list[tuple[str, int, bytes]] = []
    for taken in _FROM_FILE.finditer(data):
        found += [(each["name"].decode(), taken.start("names") + each.start(), taken["module"]) for each in _TAKEN.finditer(taken["names"])]
    for taken in _OF_CONFIG.finditer(data):
        read = re.compile(rb"(?<![\w$.])" + re.escape(taken["name"]) + rb"""(?:\??\.|(?:\?\.)?\[["'])(?P<name>[A-Z]\w{0,99})""")
        found += [(each["name"].decode(), each.start("name"), taken["module"]) for each in read.finditer(data)]
    for name, start, module in sorted(found, key=lambda each: each[1])[:_MOST]:
        if _secret(name):
            yield Variable(name, place=Place(path, Span(start, start + len(name))), defined=False, injected=True, through=module.decode())


def _for_browsers(file: str, data: bytes) -> Iterator[tuple[int, bool]]:
    """Where the records open whose entries get into what browsers get, and whether each is a schema of variables."""
    records = {record["name"]: record.end() - 1 for record in _RECORD.finditer(data)}
    opened: dict[int, bool] = {}
    for block in _BLOCKS.finditer(data):
        word = (block["define"] or block["public"] or block["schema"] or b"").decode()
        meant = not word or _is_for_browsers(file, word, data[max(0, block.start() - _BEFORE) : block.start()])
        if meant and (block["named"] or not file.startswith("env.")):
            opened[block.end() - 1] = (block["schema"] or block["named"]) is not None
    for given in _BY_NAME.finditer(data) if records and not file.startswith("env.") else ():
        at = records.get(given["name"] or given["word"])
        if at is not None and _is_for_browsers(file, given["word"].decode(), data[max(0, given.start() - _BEFORE) : given.start()]):
            opened[at] = False
    for at, schema in list(opened.items()):
        yield at, schema
        for entry in _entries(data, at):
            spread = records.get(entry.value) if not entry.name else None
            if spread is not None and spread not in opened:
                opened[spread] = schema
                yield spread, schema


def _is_for_browsers(file: str, word: str, before: bytes) -> bool:
    """Whether the framework whose settings these are puts the block that this word opens into what browsers get."""
    match word:
        case "define":
            sections = list(re.finditer(rb"(?<![\w.])(main|preload|renderer)\s{0,4}:\s{0,4}\{", before))
            return not (file.startswith("electron") and sections and sections[-1][1] != b"renderer")
        case "env":
            return file.startswith("next.config")
        case "publicRuntimeConfig":
            return file.startswith(("next.config", "nuxt.config"))
        case "extra":
            return file.startswith("app.config")
        case "public":
            return file.startswith("nuxt.config") and re.search(rb"runtimeConfig\s{0,4}:\s{0,4}\{", before) is not None
        case _:
            return file.startswith("astro.config")


def _of_entry(entry: _Entry, everything: bool, *, schema: bool) -> Iterator[tuple[str, Span]]:
    if schema:
        if _CLIENT_FIELD.search(entry.value) and _secret(entry.name):
            yield entry.name, entry.span
        return
    whole = _EVERYTHING.match(entry.value.strip())
    if whole is not None:
        if whole["what"] == b"process.env" or (everything and whole["what"] != b"import.meta.env"):
            yield "*", entry.span
        return
    names = [(read["name"] or read["quoted"]).decode() for read in _READ.finditer(entry.value)]
    own = entry.name.rpartition(".")[2]
    # A variable by another name is still that variable; a name without one says enough where a literal may stand.
    for name in names or ([own] if not entry.value else []):
        if _secret(name):
            yield name, entry.span
            return
    if names and _secret(own) and not public_prefix(names[0]):
        yield own, entry.span


def _secret(name: str) -> bool:
    return not public_prefix(name) and (secret_name(name) or held_by(name) is not None)


def _entries(data: bytes, opened: int) -> Iterator[_Entry]:
    """The entries of a record or a list, those inside others left alone."""
    for start, end in _parts(data, opened):
        name = _ENTRY_NAME.match(data, start, end)
        if name is None:
            if data[start:end].strip().startswith(b"..."):
                yield _Entry("", data[start:end].strip().removeprefix(b"..."), Span(start, end))
            continue
        group = "quoted" if name["quoted"] else "bare"
        text = name[group].decode("utf-8", "replace")
        yield _Entry(text, data[name.end() : end].strip(), Span(name.start(group), name.end(group)))


def _parts(data: bytes, opened: int) -> Iterable[tuple[int, int]]:
    found = []
    depth, start, at = 0, opened + 1, opened
    end = min(len(data), opened + _LONGEST)
    while at < end:
        letter = data[at]
        if letter in _QUOTES:
            closed = data.find(data[at : at + 1], at + 1, end)
            at = end if closed == -1 else closed + 1
            continue
        if data.startswith((b"//", b"/*"), at):
            closed = data.find(b"\n" if data[at + 1] == ord("/") else b"*/", at, end)
            at = end if closed == -1 else closed + 1
            continue
        if letter in b"{[(":
            depth += 1
        elif letter in b"}])":
            depth -= 1
            if depth == 0:
                found.append((start, at))
                break
        elif letter == ord(",") and depth == 1:
            found.append((start, at))
            start = at + 1
        at += 1
    return [(first, last) for first, last in found if data[first:last].strip()]
