"""With whose key a Supabase client asks: it may be made in this function, in a helper, in another file, with the caller's token."""

import pytest
from own_rules import RULES

from batten.facts.schema import TableUse
from batten.scan import scan_files

IMPORT = "import { createClient } from '@supabase/supabase-js'\n"


def use(main: str, path: str = "supabase/functions/f/index.ts", **more: str) -> TableUse:
    files = {f"supabase/functions/_shared/{name}.ts": text for name, text in more.items()}
    found = scan_files({name: text.encode() for name, text in {**files, path: main}.items()}, RULES).project.table_uses
    (one,) = found
    return one


SERVICE, ANON = "Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')", "Deno.env.get('SUPABASE_ANON_KEY')"


@pytest.mark.parametrize(
    ("made", "privileged"),
    [
        (f"createClient(url, {SERVICE})", True),
        (f"createClient(url, {SERVICE} ?? '')", True),
        (f"createClient(url, {ANON})", False),
        ("createClient(url, Deno.env.get('SB_PUBLISHABLE_KEY'))", False),
        ("createClient(url, Deno.env.get('SUPABASE_SECRET_KEY'))", True),
        ("createClient(url, Deno.env.get('SUPABASE_KEY'))", None),
        ("createClient(url, key)", None),
        (f"createClient(url, {SERVICE} || {ANON})", True),
        # The caller's token stands in the place of the key.
        (f"createClient(url, {ANON}, {{ global: {{ headers: {{ Authorization: req.headers.get('Authorization') }} }} }})", False),
        (f"createClient(url, {SERVICE}, {{ global: {{ headers: {{ Authorization: req.headers.get('Authorization') }} }} }})", False),
        ("createClient(url, key, { global: { headers: { Authorization: `Bearer ${token}` } } })", False),
        (f"createClient(url, {ANON}, {{ global: {{ headers: {{ Authorization: `Bearer ${{{SERVICE}}}` }} }} }})", True),
        (f"createClient(url, {SERVICE}, {{ global: {{ headers: {{ 'x-client': 'app' }} }} }})", True),
        (f"createClient(url, {SERVICE}, {{ auth: {{ persistSession: false }} }})", True),
    ],
)
def test_keys(made: str, privileged: bool | None) -> None:
    body = f"const token = req.headers.get('Authorization')?.split(' ')[1]; const sb = {made}; await sb.from('notes').select()"
    assert use(f"{IMPORT}Deno.serve(async (req) => {{ {body} }})").privileged is privileged


@pytest.mark.parametrize(("key", "privileged"), [(SERVICE, True), (ANON, False)])
def test_clients_of_the_module(key: str, privileged: bool) -> None:
    source = f"{IMPORT}const sb = createClient(url, {key})\nDeno.serve(async (req) => {{ await sb.from('notes').select() }})"
    assert use(source).privileged is privileged


@pytest.mark.parametrize(("key", "privileged"), [(SERVICE, True), (ANON, False)])
@pytest.mark.parametrize(
    ("library", "main"),
    [
        ("export const sb = createClient(url, KEY)", "import { sb } from '../_shared/a.ts'\nDeno.serve(async () => { await sb.from('notes').select() })"),
        ("const sb = createClient(url, KEY)\nexport default sb", "import sb from '../_shared/a.ts'\nDeno.serve(async () => { await sb.from('notes').select() })"),
        ("export function make() { return createClient(url, KEY) }", "import { make } from '../_shared/a.ts'\nDeno.serve(async () => { const sb = make(); await sb.from('notes').select() })"),
        ("export const make = () => createClient(url, KEY)", "import { make } from '../_shared/a.ts'\nDeno.serve(async () => { await make().from('notes').select() })"),
        ("export async function make() { const sb = createClient(url, KEY); return sb }", "import { make } from '../_shared/a.ts'\nDeno.serve(async () => { const sb = await make(); await sb.from('notes').select() })"),
        ("const key = KEY\nexport const sb = createClient(url, key)", "import { sb } from '../_shared/a.ts'\nDeno.serve(async () => { await sb.from('notes').select() })"),
    ],
)  # fmt: skip
def test_clients_of_another_file(library: str, main: str, key: str, privileged: bool) -> None:
    assert use(main, a=IMPORT + library.replace("KEY", key)).privileged is privileged


def test_clients_through_a_barrel() -> None:
    main = "import { admin } from '../_shared/index.ts'\nDeno.serve(async () => { await admin.from('notes').select() })"
    barrel = "export { sb as admin } from './a.ts'\n"
    assert use(main, index=barrel, a=f"{IMPORT}export const sb = createClient(url, {SERVICE})").privileged is True


@pytest.mark.parametrize(
    ("imports", "made"),
    [
        ("import { createBrowserClient } from '@supabase/ssr'", "createBrowserClient(url, key)"),
        ("import { createServerClient } from '@supabase/ssr'\nimport { cookies } from 'next/headers'", "createServerClient(url, process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY, { cookies })"),
        ("import { createRouteHandlerClient } from '@supabase/auth-helpers-nextjs'", "createRouteHandlerClient({ cookies })"),
        ("import { createServerComponentClient } from '@supabase/auth-helpers-nextjs'", "createServerComponentClient({ cookies })"),
    ],
)  # fmt: skip
def test_clients_of_the_session(imports: str, made: str) -> None:
    source = f"{imports}\nexport async function GET() {{ const sb = {made}; await sb.from('notes').select() }}"
    assert use(source, "app/api/x/route.ts").privileged is False


@pytest.mark.parametrize(
    ("name", "privileged"), [("SUPABASE_SERVICE_ROLE_KEY", True), ("SUPABASE_ANON_KEY", False), ("SUPABASE_KEY", None)]
)
def test_python(name: str, privileged: bool | None) -> None:
    source = f"import os\nfrom supabase import create_client\nsb = create_client(url, os.environ['{name}'])\ndef f():\n    sb.table('notes').select('*').execute()\n"
    assert use(source, "app.py").privileged is privileged


def test_helpers_that_call_each_other() -> None:
    library = "export function makeSupabase() { return otherSupabase() }\nexport function otherSupabase() { return makeSupabase() }\n"
    main = f"{IMPORT}import {{ makeSupabase }} from '../_shared/a.ts'\nconst free = createClient(url, {ANON})\nDeno.serve(async () => {{ makeSupabase().from('notes').select(); await free.from('notes').select() }})"
    assert use(main, a=library).privileged is False
