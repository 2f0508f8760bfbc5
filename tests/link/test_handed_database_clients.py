"""Work that functions do with a client of the database, or a transaction, that they are handed, and who may have it done."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route
from batten.scan import scan_files

HEAD = 'import { createClient, SupabaseClient } from "https://esm.sh/@supabase/supabase-js@2";\n'
ADMIN = "createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!)"
CALLERS = "createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_ANON_KEY')!)"
WIPE = "async function wipe(db: any, ids: string[]) { const { error } = await db.from('members').delete().in('id', ids); if (error) throw error; }\n"


def routes(body: str, around: str = "", **more: str) -> tuple[Route, ...]:
    code = f"{HEAD}{around}Deno.serve(async (req) => {{ {body} return new Response('ok'); }});\n"
    files = {"supabase/functions/f/index.ts": code, "supabase/config.toml": 'project_id = "x"\n'}
    files |= {f"supabase/functions/_shared/{name}.ts": text for name, text in more.items()}
    return scan_files({name: text.encode() for name, text in files.items()}, RULES).project.routes


def done(body: str, around: str = "", **more: str) -> list[tuple[str, str | None, bool]]:
    """What a stranger may have done: the kind, the table, and whether past the policies."""
    return [(e.kind.value, e.detail, e.admin) for r in routes(body, around, **more) if r.auth == "unauthenticated" for e in r.effects]


@pytest.mark.parametrize(
    ("body", "around", "expected"),
    [
        (f"const admin = {ADMIN}; await wipe(admin, (await req.json()).ids);", WIPE, [("database-delete", "members", True)]),
        (f"const admin = {ADMIN}; await wipe(admin, (await req.json()).ids);", WIPE.replace("any", "SupabaseClient"), [("database-delete", "members", True)]),
        ("await wipe(admin, (await req.json()).ids);", f"const admin = {ADMIN};\n{WIPE}", [("database-delete", "members", True)]),
        (f"await wipe({ADMIN}, (await req.json()).ids);", WIPE, [("database-delete", "members", True)]),
        # handed on once more
        (f"const admin = {ADMIN}; await all(admin, (await req.json()).ids);", f"{WIPE}const all = async (client: any, ids: string[]) => {{ await wipe(client, ids); }};\n", [("database-delete", "members", True)]),
        # what the policies decide is no work of the service key
        (f"const db = {CALLERS}; await wipe(db, (await req.json()).ids);", WIPE, []),
        # two who hand it different clients: which one comes here can't be told
        (f"const admin = {ADMIN}; const db = {CALLERS}; await wipe(admin, []); await wipe(db, (await req.json()).ids);", WIPE, []),
        # a client with the caller's rights beside one with all: each is asked for itself
        (f"const db = {CALLERS}; const admin = {ADMIN}; await db.from('notes').select('id'); await wipe(admin, (await req.json()).ids);", WIPE, [("database-delete", "members", True)]),
    ],
)  # fmt: skip
def test_clients_handed_to_functions(body: str, around: str, expected: list[tuple[str, str | None, bool]]) -> None:
    assert done(body, around) == expected


def test_a_client_handed_to_another_file() -> None:
    body = f"const admin = {ADMIN}; await wipe(admin, (await req.json()).ids);"
    found = done(body, 'import { wipe } from "../_shared/wipe.ts";\n', wipe=f"export {WIPE}")
    assert found == [("database-delete", "members", True)]


@pytest.mark.parametrize(
    ("body", "around", "auth"),
    [
        # whose account is looked up or removed says nothing of who asks for that
        (f"const admin = {ADMIN}; await remove(admin, (await req.json()).id);", "async function remove(supabase: any, id: string) { const { error } = await supabase.auth.admin.deleteUser(id); if (error) throw error; }\n", "unauthenticated"),
        (f"const admin = {ADMIN}; const {{ id }} = await req.json(); const {{ data: {{ user }}, error }} = await admin.auth.admin.getUserById(id); if (error) throw error; return Response.json(user.email);", "", "unauthenticated"),
        # who sends a token is looked up by a client that is handed in
        (f"const admin = {ADMIN}; await known(admin, req.headers.get('Authorization')); await admin.from('members').delete().eq('id', (await req.json()).id);", "async function known(supabase: any, header: string | null) { const { data: { user }, error } = await supabase.auth.getUser(header); if (error || !user) throw new Error('no'); }\n", "authenticated"),
    ],
)  # fmt: skip
def test_the_admin_api_says_nothing_of_who_calls(body: str, around: str, auth: str) -> None:
    assert [route.auth for route in routes(body, around)] == [auth]


GET = "if (req.method === 'GET') { const { data } = await admin.from('letters').select('*'); return Response.json(data); }"
POST = (
    "if (req.method === 'POST') { await admin.from('letters').insert({ email: (await req.json()).email }); return new Response('thanks'); }"
)
REST = "const { id } = await req.json(); await admin.from('letters').delete().eq('id', id);"
SIGNED = "const { data: { user } } = await admin.auth.getUser(req.headers.get('Authorization')); if (!user) return new Response('no', { status: 401 });"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{GET} {POST}", [("GET", "unauthenticated", ["database-read"]), ("POST", "unauthenticated", ["database-write"])]),
        (f"{GET} {SIGNED} {POST}", [("GET", "unauthenticated", ["database-read"]), ("POST", "authenticated", [])]),
        (f"{GET} {REST}", [("GET", "unauthenticated", ["database-read"]), ("POST", "unauthenticated", ["database-delete"])]),
        (f"if (req.method !== 'GET') return new Response('no', {{ status: 405 }}); {GET}", [("GET", "unauthenticated", ["database-read"])]),
        (f"if (req.method === 'OPTIONS') return new Response('ok'); {REST}", [("POST", "unauthenticated", ["database-delete"])]),
    ],
)
def test_each_method_of_a_function_is_judged(body: str, expected: list[tuple[str, str, list[str]]]) -> None:
    found = routes(f"const admin = {ADMIN}; {body}")
    assert sorted((r.method, str(r.auth), [e.kind.value for e in r.effects if r.auth == "unauthenticated"]) for r in found) == expected


FIREBASE = """import { getFirestore } from "firebase-admin/firestore"
const db = getFirestore()
export async function POST(request: Request) {
  const { id, homeId } = await request.json()
  await db.runTransaction(async (work) => {
    const row = db.collection("people").doc(id)
    %s
  })
  return Response.json({ ok: true })
}
"""


@pytest.mark.parametrize(
    ("work", "kinds"),
    [
        ("work.update(row, { homeId })", ["database-write"]),
        ("work.set(row, { homeId })", ["database-write"]),
        ("work.delete(row)", ["database-delete"]),
        ("work.log(row)", []),
    ],
)
def test_a_transaction_of_firestore_does_what_it_is_asked(work: str, kinds: list[str]) -> None:
    package = b'{"dependencies": {"next": "15.5.9", "firebase-admin": "13"}}'
    found = scan_files({"package.json": package, "app/api/leave/route.ts": (FIREBASE % work).encode()}, RULES).project.routes
    assert [[effect.kind.value for effect in route.effects] for route in found] == [kinds]


def test_functions_that_hand_a_client_round_end_in_an_answer() -> None:
    """Each hands it to all others: whose client it is tells the one who came from outside, and that takes no time to find out."""
    names = [f"f{n}" for n in range(12)]
    each = "".join(
        f"async function {n}(db: any) {{ {''.join(f'await {m}(db);' for m in names)} await db.from('members').delete(); }}\n" for n in names
    )
    assert done(f"await f0({ADMIN});", each) == [("database-delete", "members", True)] * len(names)


@pytest.mark.parametrize(
    ("module", "auth"),
    [("@shared/admin.ts", None), ("shared/admin.ts", None), ("npm:left-pad", "unauthenticated"), ("std/admin.ts", "unauthenticated")],
)
def test_a_check_behind_an_alias_that_leads_nowhere_can_not_be_told(module: str, auth: str | None) -> None:
    body = (
        f"const admin = {ADMIN}; await validateAdminAccess(admin, req.headers.get('Authorization')); await admin.from('members').delete();"
    )
    assert [route.auth for route in routes(body, f'import {{ validateAdminAccess }} from "{module}";\n')] == [auth]
