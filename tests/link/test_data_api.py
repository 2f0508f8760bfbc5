"""Plain requests to a Supabase project do what its client library does, with the rights of the key or token they are signed with."""

import pytest
from own_rules import RULES

from batten.facts.routes import EffectKind
from batten.scan import scan_files

READ, WRITE, DELETE = EffectKind.DATABASE_READ, EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE
PRELUDE = 'const url = Deno.env.get("SUPABASE_URL")!, service = Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!, anon = Deno.env.get("SUPABASE_ANON_KEY")!;\n'
OF_SERVER = "headers: { apikey: service, Authorization: `Bearer ${service}` }"


def effects(files: dict[str, str]) -> list[tuple[EffectKind, str | None, bool]]:
    found = scan_files({name: text.encode() for name, text in files.items()}, RULES).project
    return [(each.kind, each.detail, each.admin) for route in found.routes for each in route.effects]


def of_function(body: str, before: str = "") -> list[tuple[EffectKind, str | None, bool]]:
    return effects({"supabase/functions/act/index.ts": f"{PRELUDE}{before}Deno.serve(async (req) => {{\n{body}\n}});\n"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"await fetch(`${{url}}/rest/v1/orders?select=*`, {{ {OF_SERVER} }})", (READ, "orders", True)),
        (f"await fetch(url + '/rest/v1/orders', {{ method: 'POST', {OF_SERVER} }})", (WRITE, "orders", True)),
        (f"await fetch(`${{url}}/rest/v1/orders?id=eq.1`, {{ method: 'DELETE', {OF_SERVER} }})", (DELETE, "orders", True)),
        (f"await fetch(`${{url}}/rest/v1/rpc/refund`, {{ method: 'POST', {OF_SERVER} }})", (READ, None, True)),
        ("await fetch(`${url}/rest/v1/orders`, { headers: { apikey: anon, Authorization: req.headers.get('Authorization')! } })", (READ, "orders", False)),
        ("await fetch(`${url}/rest/v1/orders`, { headers: { apikey: service, Authorization: req.headers.get('Authorization')! } })", (READ, "orders", False)),
        ("await fetch(`${url}/rest/v1/orders`, { headers: { apikey: anon, Authorization: `Bearer ${service}` } })", (READ, "orders", True)),
        (f"await fetch(`${{url}}/auth/v1/admin/users`, {{ method: 'POST', {OF_SERVER} }})", (EffectKind.ACCOUNT_CHANGE, None, True)),
        (f"await fetch(`${{url}}/auth/v1/admin/users`, {{ {OF_SERVER} }})", (READ, "auth.users", True)),
        (f"await fetch(`${{url}}/storage/v1/object/papers/a.pdf`, {{ method: 'POST', {OF_SERVER} }})", (EffectKind.FILE_WRITE, None, True)),
        (f"await fetch(`${{url}}/storage/v1/object/papers/a.pdf`, {{ {OF_SERVER} }})", (EffectKind.FILE_READ, None, True)),
    ],
)  # fmt: skip
def test_an_address_says_what_a_request_does(body: str, expected: tuple[EffectKind, str | None, bool]) -> None:
    assert of_function(body) == [expected]


@pytest.mark.parametrize(
    "address",
    ["${url}/storage/v1/object/public/logos/a.png", "${url}/auth/v1/user", "https://api.acme.test/v1/orders", "${url}/rest/v2/orders"],
)
def test_other_addresses_do_none_of_it(address: str) -> None:
    assert of_function(f"await fetch(`{address}`, {{ {OF_SERVER} }})") == []


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("rest('orders?select=*')", (READ, "orders", True)),
        ("rest(`orders?id=eq.${id}`, { method: 'PATCH' })", (WRITE, "orders", True)),
        ("rest('/orders', 'DELETE')", (DELETE, "orders", True)),
        ("rest(path)", (READ, None, True)),
    ],
)
@pytest.mark.parametrize(
    "helper",
    [
        "async function rest(path, init = {}) { return fetch(`${url}/rest/v1/${path}`, { ...init, headers: { apikey: service } }); }\n",
        "const rest = (path: string, init: RequestInit = {}) => fetch(url + '/rest/v1/' + path, { ...init, headers: keys() });\nfunction keys() { return { apikey: Deno.env.get('SUPABASE_SERVICE_ROLE_KEY') }; }\n",
    ],
)
def test_a_helper_sends_what_it_is_handed(helper: str, called: str, expected: tuple[EffectKind, str | None, bool]) -> None:
    assert of_function(f"const {{ id, path }} = await req.json(); await {called};", helper) == [expected]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("requests.get(f'{URL}/rest/v1/orders?select=*', headers=HEADERS)", (READ, "orders", True)),
        ("httpx.patch(f'{URL}/rest/v1/orders?id=eq.{id}', headers=HEADERS, json={})", (WRITE, "orders", True)),
        ("requests.delete(URL + '/auth/v1/admin/users/' + id, headers=HEADERS)", (EffectKind.ACCOUNT_CHANGE, None, True)),
    ],
)
def test_in_python(call: str, expected: tuple[EffectKind, str | None, bool]) -> None:
    head = 'import os, httpx, requests\nfrom fastapi import FastAPI\nURL = os.environ["SUPABASE_URL"]\nHEADERS = {"apikey": os.environ["SUPABASE_SERVICE_ROLE_KEY"]}\napp = FastAPI()\n'
    assert effects({"main.py": f'{head}@app.post("/orders/{{id}}")\ndef act(id: str):\n    return {call}.json()\n'}) == [expected]


@pytest.mark.parametrize(
    ("test", "token", "expected"),
    [
        ("if (!asked.ok) return new Response('', { status: 401 });", "req.headers.get('Authorization')!", "authenticated"),
        ("if (asked.status !== 200) return new Response('', { status: 401 });", "req.headers.get('Authorization')!", "authenticated"),
        ("const user = await asked.json(); if (!user.id) return new Response('', { status: 401 });", "req.headers.get('Authorization')!", "authenticated"),
        ("console.log(asked.status);", "req.headers.get('Authorization')!", "unauthenticated"),
        ("if (!asked.ok) return new Response('', { status: 500 });", "`Bearer ${service}`", "unauthenticated"),
    ],
)  # fmt: skip
def test_the_answer_to_whose_token_it_is_says_who_calls(test: str, token: str, expected: str) -> None:
    body = f"const asked = await fetch(`${{url}}/auth/v1/user`, {{ headers: {{ apikey: anon, Authorization: {token} }} }});\n{test}\nawait fetch(`${{url}}/rest/v1/orders`, {{ {OF_SERVER} }});"
    files = {
        "supabase/functions/act/index.ts": f"{PRELUDE}Deno.serve(async (req) => {{\n{body}\n}});\n",
        "supabase/config.toml": "[functions.act]\nverify_jwt = false\n",
    }
    found = scan_files({name: text.encode() for name, text in files.items()}, RULES).project
    assert [route.auth for route in found.routes] == [expected]
