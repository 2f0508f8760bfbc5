"""Clients made in code, with whose key and on which side; and the tables that code uses."""

import pytest
from own_rules import RULES

from batten.facts.project import Project
from batten.facts.services import Client
from batten.scan import scan_files
from batten.testing_keys import jwt, key

SITE = {
    "package.json": '{"dependencies": {"vite": "6", "react": "19", "openai": "4", "@supabase/supabase-js": "2"}}',
    "index.html": '<script type="module" src="/src/main.ts"></script>',
}
SUPABASE = "import { createClient } from '@supabase/supabase-js'\n"
OPENAI = "import OpenAI from 'openai'\n"


def project(source: str, path: str = "src/main.ts", **more: str) -> Project:
    files = {**SITE, path: source, **{name.replace("__", "/") + ".ts": text for name, text in more.items()}}
    return scan_files({name: text.encode() for name, text in files.items()}, RULES).project


def clients(source: str, path: str = "src/main.ts", **more: str) -> tuple[Client, ...]:
    return project(source, path, **more).clients


def told(client: Client) -> tuple[str, bool | None, str | None, bool | None]:
    return client.service, client.privileged, client.key_source, client.in_browser


# --- Supabase ---


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("import.meta.env.VITE_SUPABASE_ANON_KEY", ("supabase", False, "public-variable", True)),
        ("import.meta.env.VITE_SUPABASE_SERVICE_ROLE_KEY", ("supabase", True, "public-variable", True)),
        ("import.meta.env.VITE_SUPABASE_KEY", ("supabase", None, "public-variable", True)),
        ("process.env.SUPABASE_SERVICE_ROLE_KEY", ("supabase", True, "server-variable", True)),
        (f"'{key('supabase-publishable')}'", ("supabase", False, None, True)),
        (f"'{key('supabase-secret')}'", ("supabase", True, "literal", True)),
        (f"'{jwt('service_role')}'", ("supabase", True, "literal", True)),
        (f"'{jwt('anon')}'", ("supabase", False, None, True)),
    ],
)
def test_clients_of_supabase(made: str, expected: tuple[str, bool | None, str | None, bool | None]) -> None:
    assert [told(client) for client in clients(f"{SUPABASE}const sb = createClient(url, {made})")] == [expected]
    assert [told(client) for client in clients(f"{SUPABASE}const k = {made}\nexport const sb = createClient(url, k)")] == [expected]


def test_the_server_has_its_own_side() -> None:
    source = f"{SUPABASE}export const sb = createClient(url, process.env.SUPABASE_SERVICE_ROLE_KEY)"
    assert [told(client) for client in clients(source, "server/admin.ts")] == [("supabase", True, "server-variable", False)]


def test_calls_of_the_admin_api_are_told_apart() -> None:
    source = f"{SUPABASE}const sb = createClient(url, import.meta.env.VITE_KEY)\nsb.auth.admin.deleteUser(1)\nsb.auth.admin.deleteUser(2)\nsb.auth.admin.listUsers()"
    found = [client for client in clients(source) if client.admin_call]
    assert [client.key.rpartition("#")[2] for client in found] == [
        "<module>:createClient.auth.admin.deleteUser",
        "<module>:createClient.auth.admin.deleteUser:2",
        "<module>:createClient.auth.admin.listUsers",
    ]
    assert {client.privileged for client in found} == {True}


def test_other_clients_of_that_name() -> None:
    assert clients("import { createClient } from 'redis'\nconst c = createClient({ url })") == ()
    assert (
        clients("import { createClient } from './own'\nconst c = createClient(url, k)", src__own="export function createClient() {}") == ()
    )


def test_keys_know_no_lines() -> None:
    source = f"{SUPABASE}export function make() {{ return createClient(url, import.meta.env.VITE_SUPABASE_ANON_KEY) }}"
    (found,) = clients(source)
    assert (found.key, found.subject) == ("|client|src/main.ts#make:createClient", "client|src/main.ts#make:createClient")
    assert clients("\n\n// moved\n" + source)[0].key == found.key


def test_the_story_of_a_client() -> None:
    (found,) = clients(
        "import './lib/sb'", src__lib__sb=f"{SUPABASE}export const sb = createClient(url, import.meta.env.VITE_SUPABASE_ANON_KEY)"
    )
    assert [step.place.path for step in found.trail] == ["index.html", "index.html", "src/main.ts", "src/lib/sb.ts"]
    assert found.trail[-1].note == "the client is made here"


# --- models ---


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const ai = new OpenAI({ apiKey: import.meta.env.VITE_OPENAI_API_KEY, dangerouslyAllowBrowser: true })", [("OpenAI", None, "public-variable", True)]),
        ("const ai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY })", [("OpenAI", None, "server-variable", True)]),
        (f"const ai = new OpenAI({{ apiKey: '{key('openai')}', dangerouslyAllowBrowser: true }})", [("OpenAI", None, "literal", True)]),
        ("export function make(apiKey) { return new OpenAI({ apiKey, dangerouslyAllowBrowser: true }) }", [("OpenAI", None, "user", True)]),
        ("const ai = new OpenAI({ apiKey: localStorage.getItem('key'), dangerouslyAllowBrowser: true })", [("OpenAI", None, "user", True)]),
        ("const ai = new OpenAI({ baseURL: '/api/ai', apiKey: 'unused', dangerouslyAllowBrowser: true })", []),
        ("const ai = new OpenAI()", []),
        ("fetch('https://api.openai.com/v1/responses', { headers: { Authorization: `Bearer ${import.meta.env.VITE_AI_KEY}` } })", [("api.openai.com", None, "public-variable", True)]),
        ("fetch(`https://generativelanguage.googleapis.com/v1beta/x?key=${import.meta.env.VITE_AI_KEY}`)", [("generativelanguage.googleapis.com", None, "public-variable", True)]),
        ("fetch('https://api.openai.com/v1/responses', { headers })", []),
        ("fetch('/api/ai', { headers: { Authorization: `Bearer ${import.meta.env.VITE_AI_KEY}` } })", []),
    ],
)  # fmt: skip
def test_clients_of_models(source: str, expected: list[tuple[str, bool | None, str | None, bool | None]]) -> None:
    found = clients(OPENAI + source)
    assert [told(client) for client in found] == expected
    assert {client.paid_model for client in found} <= {True}


# --- tables ---


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("chrome.storage.local.get(['key'], (kept) => new Asked(kept.key).ask('x'))", "user"),
        ("new Asked(import.meta.env.VITE_MODEL_KEY).ask('x')", None),
        (f"new Asked('{key('anthropic')}').ask('x')", None),
        ("new Asked(MODEL_KEY).ask('x')", None),
    ],
)
def test_a_key_that_an_object_was_made_with(made: str, expected: str | None) -> None:
    asks = "ask(text) { return fetch('https://api.anthropic.com/v1/messages', { method: 'POST', headers: { 'x-api-key': this.key, 'anthropic-dangerous-direct-browser-access': 'true' }, body: text }) }"
    kept = f"export class Asked {{ constructor(key) {{ this.key = key }} {asks} }}"
    found = clients(f"import {{ Asked }} from './asked'\nimport {{ MODEL_KEY }} from './keys'\n{made}", src__asked=kept)
    assert [client.key_source for client in found if client.paid_model] == [expected]


def uses(source: str, path: str = "src/main.ts", **more: str) -> list[tuple[str, str | None, bool | None, bool | None]]:
    return [(use.table, use.verb, use.in_browser, use.privileged) for use in project(source, path, **more).table_uses]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("sb.from('notes').select('*')", [("public.notes", "select")]),
        ("sb.from('notes').insert({}).select()", [("public.notes", "insert")]),
        ("sb.from('notes').update({}).eq('id', 1)", [("public.notes", "update")]),
        ("sb.from('notes').upsert({})", [("public.notes", "update")]),
        ("sb.from('notes').delete().eq('id', 1)", [("public.notes", "delete")]),
        ("sb.from(`notes`).select()", [("public.notes", "select")]),
        ("const table = 'notes'; sb.from(table).select()", [("public.notes", "select")]),
        ("sb.schema('billing').from('invoices').select()", [("billing.invoices", "select")]),
        ("sb.schema(name).from('invoices').select()", [("public.invoices", "select")]),
        ("const q = sb.from('notes'); q.select()", [("public.notes", None)]),
        ("sb.from(name).select()", []),
        ("sb.storage.from('pictures').upload('a', b)", []),
        ("Array.from('notes'); Buffer.from('notes'); other.from('notes').select()", []),
        ("sb.rpc('f')", []),
    ],
)  # fmt: skip
def test_uses(source: str, expected: list[tuple[str, str | None]]) -> None:
    start = f"{SUPABASE}const sb = createClient(url, import.meta.env.VITE_SUPABASE_ANON_KEY)\n"
    assert uses(start + source) == [(table, verb, True, False) for table, verb in expected]


@pytest.mark.parametrize(
    ("address", "options", "expected"),
    [
        ("`${url}/rest/v1/notes?select=*`", "{ headers: { apikey: import.meta.env.VITE_SUPABASE_ANON_KEY } }", ("public.notes", "select", True, None)),
        ("`${url}/rest/v1/notes`", "{ method: 'POST', headers: { apikey: import.meta.env.VITE_SUPABASE_ANON_KEY } }", ("public.notes", "insert", True, None)),
        ("`${url}/rest/v1/notes`", "{ headers: { apikey: import.meta.env.VITE_SERVICE_ROLE } }", ("public.notes", "select", True, True)),
    ],
)  # fmt: skip
def test_plain_requests(address: str, options: str, expected: tuple[str, str, bool, bool | None]) -> None:
    assert uses(f"fetch({address}, {options})") == [expected]


def test_uses_of_python() -> None:
    source = "import os\nfrom supabase import create_client\nsb = create_client(url, os.environ['SUPABASE_SERVICE_ROLE_KEY'])\ndef f():\n    return sb.table('notes').select('*').execute()\n"
    assert uses(source, "server/app.py") == [("public.notes", "select", False, True)]


def test_uses_through_hooks_of_other_files() -> None:
    client = f"{SUPABASE}export const sb = createClient(url, import.meta.env.VITE_SUPABASE_ANON_KEY)\n"
    hook = "import { sb } from './sb'\nexport function useNotes() { return useQuery({ queryFn: async () => (await sb.from('notes').select()).data }) }\n"
    main = "import { useNotes } from './hooks'\nuseNotes()"
    assert uses(main, src__sb=client, src__hooks=hook) == [("public.notes", "select", True, False)]


@pytest.mark.parametrize(
    ("given", "severity"),
    [
        ("import.meta.env.VITE_SUPABASE_ANON_KEY", "medium"),
        ("import.meta.env.VITE_SUPABASE_SERVICE_ROLE_KEY", "critical"),
        ("KEY", "critical"),  # whose it is can't be told
    ],
)
def test_an_admin_call_with_the_public_key_is_refused(given: str, severity: str) -> None:
    files = {
        "package.json": '{"dependencies": {"vite": "7.0.0", "@supabase/supabase-js": "2.58.0"}}',
        "index.html": '<script type="module" src="/src/main.ts"></script>',
        "src/main.ts": 'import { supabase } from "./client";\nsupabase.auth.admin.deleteUser("42");\n',
        "src/client.ts": 'import { createClient } from "@supabase/supabase-js";\nimport { KEY } from "elsewhere";\n'
        f"export const supabase = createClient(import.meta.env.VITE_SUPABASE_URL, {given});\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES.select(["admin-client-in-browser"])).findings
    assert [finding.severity for finding in found if finding.place.path == "src/main.ts"] == [severity]
