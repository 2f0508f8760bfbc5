"""Clients of Supabase and of AI providers made in code, with whose key and on which side; and the tables that code uses."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from msgspec import structs

from batten.facts.calls import Argument, Call, Function, Origin, Source, simple_name
from batten.facts.project import FileFacts
from batten.facts.schema import TableUse
from batten.facts.secret_names import PUBLIC_PREFIXES
from batten.facts.secrets import Secret, SecretKind
from batten.facts.services import Client, Package
from batten.facts.vocabulary import Meaning, Vocabulary
from batten.finding import Step
from batten.link.by_place import chain_of
from batten.link.callers_keys import is_given_to_maker
from batten.link.callgraph import Code
from batten.link.data_api import method_of, plain
from batten.link.supabase_keys import SupabaseKeys, carries_caller, is_maker, passes_policies, privileged_by_key
from batten.regex import regex
from batten.text import Place, Span

_SPEAKERS = ("fetch", "axios", "$fetch", "ky#", "got#")
_VERBS = {"select": "select", "insert": "insert", "update": "update", "upsert": "update", "delete": "delete"}
_WRITES = (".insert", ".update", ".upsert")
_TABLE_STEPS = ("from", "from_", "table")
_METHODS = {"GET": "select", "POST": "insert", "PATCH": "update", "PUT": "update", "DELETE": "delete"}
_KEY_SLOTS = regex(r"(?:^|\.)(?:apiKey|api_key|key|authToken|Authorization|authorization|x-api-key|xi-api-key|x-goog-api-key|auth)$")
_KEY_NAME = regex(r"(?:^|_)(?:KEY|TOKEN|SECRET)(?:$|_)")
# A literal begins with its quote, and a prefix such as f or r.
_LONGEST_QUOTE = 4
_STORED_BY_USER = regex(
    r"localStorage|sessionStorage|AsyncStorage|SecureStore|useState|getItem|prompt$|user_?key|userApiKey", re.IGNORECASE
)


_MODULE = Function("", Place("", Span(0, 0)), Span(0, 0))


class Sides(NamedTuple):
    """What the join asks of the module graph."""

    in_browser: Callable[[str, int | None], bool | None]
    reach: Callable[[str], tuple[Step, ...]]
    package_of: Callable[[str], Package | None]
    path_class: Callable[[str], str]
    around: object
    """Stands for what these answers rest on."""


class Clients(NamedTuple):
    """What the join finds."""

    clients: tuple[Client, ...]
    table_uses: tuple[TableUse, ...]


def clients(
    files: Iterable[FileFacts], code: Code, keys: SupabaseKeys, vocabulary: Vocabulary, secrets: Iterable[Secret], sides: Sides
) -> Clients:
    """All clients and table uses, sorted by place."""
    admin_keys: dict[str, list[Secret]] = {}
    for secret in secrets:
        admin_keys.setdefault(secret.place.path, []).append(secret)
    makers = vocabulary.made(_makers)
    found: list[Client] = []
    uses: list[TableUse] = []
    for file, _ in code.memo.said("may be client", files, partial(_may_be_client, makers)):
        own = admin_keys.get(file.path, [])
        more, used = code.memo.once(
            ("clients", file.path), _of_file, file, code, keys, vocabulary, makers, own, sides, given=(own, sides.around)
        )
        found += more
        uses += used
    return Clients(_told_apart(found), tuple(sorted(uses, key=lambda use: use.place)))


def _may_be_client(makers: frozenset[str], file: FileFacts) -> bool:
    """Something in the file may make a client or use a table."""
    handles = (binding.name is not None and binding.name.endswith(".auth.admin") for binding in file.bindings)
    return any(handles) or any(_may_pay(call, makers) for function in file.functions for call in function.calls)


def _makers(vocabulary: Vocabulary) -> frozenset[str]:
    """The last steps of what makes clients of paid models."""
    return frozenset(row.pattern.rpartition(".")[2] for row in vocabulary.rows if row.means is Meaning.AI_CLIENT)


def _of_file(
    file: FileFacts, code: Code, keys: SupabaseKeys, vocabulary: Vocabulary, makers: frozenset[str], secrets: list[Secret], sides: Sides
) -> tuple[list[Client], list[TableUse]]:
    code.memo.look(file.path)
    found: list[Client] = []
    uses: list[TableUse] = []
    for binding in file.bindings:
        if binding.name is not None and binding.name.endswith(".auth.admin"):
            handle = Call(binding.name, binding.place.span)
            found.append(_make("supabase", file.path, _MODULE, handle, sides, True, admin_call=True))
    for function, call in _calls(code, file.path, makers):
        if simple_name(call.callee) in _TABLE_STEPS:
            use = _table_use(file.path, function, call, code, keys, sides)
            if use is not None:
                uses.append(use)
        else:
            asked = _rest_use(file.path, call, code, sides)
            if asked is not None:
                uses.append(asked)
            client = _client(file.path, function, call, code, keys, vocabulary, secrets, sides)
            if client is not None:
                found.append(client)
    return found, uses


def _calls(code: Code, path: str, makers: frozenset[str]) -> list[tuple[Function, Call]]:
    """The calls that may use a table or make a client: most do neither, and names are only followed where the last step says that it may pay."""
    return [(function, call) for function in code.functions(path).values() for call in function.calls if _may_pay(call, makers)]


def _may_pay(call: Call, makers: frozenset[str]) -> bool:
    step, callee = simple_name(call.callee), call.callee
    return step in _TABLE_STEPS or step in makers or is_maker(callee) or callee.startswith(_SPEAKERS) or ".auth.admin" in callee


def _told_apart(found: Iterable[Client]) -> tuple[Client, ...]:
    """Clients by place; equal calls in one function are numbered, so that each has a key of its own."""
    seen: Counter[str] = Counter()
    kept = []
    for client in sorted(found, key=lambda client: (client.place, client.service)):
        seen[client.key] += 1
        ordinal = f":{seen[client.key]}" if seen[client.key] > 1 else ""
        kept.append(structs.replace(client, key=client.key + ordinal, subject=client.subject + ordinal))
    return tuple(kept)


def _client(
    path: str,
    function: Function,
    call: Call,
    code: Code,
    keys: SupabaseKeys,
    vocabulary: Vocabulary,
    secrets: list[Secret],
    sides: Sides,
) -> Client | None:
    if is_maker(call.callee):
        name = code.target(path, call.callee).name
        if not name.startswith(("@supabase/", "supabase.")):
            return None
        key = next((a for a in call.arguments if a.slot in ("1", "supabase_key", "supabaseKey")), None)
        source = _key_source(key, secrets)
        held = [secret.kind for secret in secrets if key is not None and _holds(key, secret)]
        by_value, public = SecretKind.SUPABASE_ADMIN in held, SecretKind.PUBLIC in held
        privileged = True if by_value else False if public else privileged_by_key(call)
        return _make("supabase", path, function, call, sides, privileged, key_source=source, as_caller=carries_caller(call))
    if ".auth.admin" in call.callee and call.callee.rpartition(".auth.admin")[2].count(".") == 1:
        refused = keys.privileged(path, function, call) is False
        return _make("supabase", path, function, call, sides, True, admin_call=True, key_source="public-key" if refused else None)
    asked = plain(code, path, call, code.target(path, call.callee).name) if call.callee.startswith(_SPEAKERS) else None
    if asked is not None:
        return _make("supabase", path, function, call, sides, True, admin_call=True) if asked.of_accounts else None
    browser_flag = any(a.slot.endswith("dangerouslyAllowBrowser") and a.text == "true" for a in call.arguments)
    header_flag = any(a.slot.endswith("anthropic-dangerous-direct-browser-access") for a in call.arguments)
    provider = _provider(path, call, code, vocabulary)
    if provider is None and not (browser_flag or header_flag):
        return None
    key = next((a for a in call.arguments if _KEY_SLOTS.search(a.slot)), None)
    if key is None and call.arguments and provider is not None and not provider.startswith("host:"):
        key = call.arguments[0]
    if key is None and provider is not None and provider.startswith("host:"):
        key = next((a for a in call.arguments if any("key=" in s.text.lower() for s in a.sources)), None)
    if key is None and provider is not None and provider.startswith("host:"):
        key = next((a for a in call.arguments if a.slot.endswith("headers") and any(_is_key(source) for source in a.sources)), None)
    source = _key_source(key, secrets)
    if source is None and key is not None and is_given_to_maker(code, path, key):
        source = "user"
    elsewhere = any(a.slot.endswith(("baseURL", "base_url")) and not (a.text or "").startswith("https://api.") for a in call.arguments)
    if source is None and (elsewhere or not (browser_flag or header_flag)):
        return None
    return _make((provider or "ai").removeprefix("host:"), path, function, call, sides, None, paid_model=True, key_source=source)


def _provider(path: str, call: Call, code: Code, vocabulary: Vocabulary) -> str | None:
    """The AI provider a call makes a client of, or speaks to, or None."""
    target = code.target(path, call.callee)
    if target.path is not None:
        return None
    if target.name in ("fetch", "axios.default", "$fetch") or target.name.startswith(("axios.", "ky.", "got.")):
        for argument in call.arguments[:1]:
            for text in (argument.text or "", *(s.text for s in argument.sources if s.origin is Origin.LITERAL)):
                host = (text.partition("://")[2]).partition("/")[0].partition(":")[0].lower()
                for row in vocabulary.host(host) if "." in host else ():
                    if row.means is Meaning.PAID_MODEL_CALL:
                        return f"host:{row.provider or host}"
        return None
    for row in vocabulary.calls.lookup(target.name):
        if row.means is Meaning.AI_CLIENT:
            return row.provider or target.name.partition(".")[0]
    return None


def _is_key(source: Source) -> bool:
    """A variable that is named for a key, as a function that makes headers is given one."""
    return source.origin is Origin.ENVIRONMENT and _KEY_NAME.search(source.text) is not None


def _holds(key: Argument, secret: Secret) -> bool:
    """The key is the secret's literal, written in place or where a name of this file was bound to it."""
    span = secret.place.span
    return span in key.span or any(source.at <= span.start <= source.at + _LONGEST_QUOTE for source in key.sources if source.at >= 0)


def _key_source(key: Argument | None, secrets: list[Secret]) -> str | None:
    if key is None:
        return None
    if any(_holds(key, secret) and secret.kind is not SecretKind.PUBLIC for secret in secrets):
        return "literal"
    names = [source.text for source in key.sources if source.origin is Origin.ENVIRONMENT]
    # Of `secret || public` the secret one counts.
    names = [name for name in names if passes_policies(name)] or names
    if any(name.startswith(PUBLIC_PREFIXES) for name in names):
        return "public-variable"
    if names:
        return "server-variable"
    if any(_STORED_BY_USER.search(source.text) for source in key.sources) or any(
        source.origin is Origin.PARAMETER for source in key.sources
    ):
        return "user"
    return None


def _make(
    service: str,
    path: str,
    function: Function,
    call: Call,
    sides: Sides,
    privileged: bool | None,
    *,
    admin_call: bool = False,
    paid_model: bool = False,
    key_source: str | None = None,
    as_caller: bool = False,
) -> Client:
    package = sides.package_of(path)
    place = Place(path, call.span)
    what = (
        "the admin API is called here"
        if admin_call
        else "the model is called with this key here"
        if paid_model
        else "the client is made here"
    )
    name = f"{path}#{function.name or '<module>'}:{call.callee.rpartition('#')[2]}"
    return Client(
        service=service,
        place=place,
        package=package.root if package is not None else "",
        path_class=sides.path_class(path),
        privileged=privileged,
        admin_call=admin_call,
        paid_model=paid_model,
        as_caller=as_caller,
        key_source=key_source,
        in_browser=sides.in_browser(path, call.span.start),
        key=f"{package.root if package is not None else ''}|client|{name}",
        subject=f"client|{name}",
        trail=(*sides.reach(path), Step(place, what)),
    )


def _table_use(path: str, function: Function, call: Call, code: Code, keys: SupabaseKeys, sides: Sides) -> TableUse | None:
    step = call.callee.rpartition(".")[2]
    if step not in _TABLE_STEPS or not call.arguments:
        return None
    target = code.target(path, call.callee)
    if target.path is not None or not target.name.startswith(("@supabase/", "supabase.")) or ".storage." in target.name:
        return None
    table = code.text(path, call.arguments[0])
    if table is None:
        return None
    after = [c for c in chain_of(function, call) if c.callee.startswith(f"{call.callee}.")]
    chained = [c.callee for c in after]
    written = [a.slot for c in after if c.callee.endswith(_WRITES) for a in c.arguments]
    verbs = [_VERBS[last] for callee in chained if (last := callee.removeprefix(f"{call.callee}.").partition(".")[0]) in _VERBS]
    package = sides.package_of(path)
    return TableUse(
        table=table if "." in table else f"{_schema(function, call)}.{table}",
        verb=verbs[0] if verbs else None,
        place=Place(path, call.span),
        package=package.root if package is not None else "",
        in_browser=sides.in_browser(path, call.span.start),
        privileged=keys.privileged(path, function, call),
        columns=tuple(dict.fromkeys(slot.rpartition(".")[2] for slot in written if slot.startswith(("0.", "json.")))),
    )


def _schema(function: Function, call: Call) -> str:
    """The schema that a chain names before the table: ``sb.schema("billing").from("invoices")``."""
    before = call.callee.rpartition(".")[0]
    if not before.endswith(".schema"):
        return "public"
    named = (c.arguments[0].text for c in chain_of(function, call) if c.callee == before and c.arguments)
    return next(named, None) or "public"


def _rest_use(path: str, call: Call, code: Code, sides: Sides) -> TableUse | None:
    """A plain request to the address of a table: ``fetch(`${url}/rest/v1/notes`)``."""
    asked = plain(code, path, call, code.target(path, call.callee).name) if call.callee.startswith(_SPEAKERS) else None
    if asked is None or asked.table is None or asked.of_accounts:
        return None
    package = sides.package_of(path)
    return TableUse(
        table=f"public.{asked.table}",
        verb=_METHODS.get(method_of(call)),
        place=Place(path, call.span),
        package=package.root if package is not None else "",
        in_browser=sides.in_browser(path, call.span.start),
        privileged=asked.admin or None,
    )
