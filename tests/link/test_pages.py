"""Pages that get rows on the server: those that show strangers what is somebody's own are told, as routes are."""

import pytest
from own_rules import RULES as ALL

from batten.rules.registry import RuleSet, load
from batten.scan import scan_files

RULES = ALL.select(["unauthenticated-read-route", "layout-only-guard", "object-without-owner-check"])
DB = b'import { PrismaClient } from "@prisma/client"\nexport const db = new PrismaClient()\n'
SCHEMA = b"""model User {
  id String @id
  email String
  orders Order[]
}
model Order {
  id String @id
  total Int
  userId String
  user User @relation(fields: [userId], references: [id])
}
model Article {
  id String @id
  title String
}
"""
NEXT = '{"dependencies": {"next": "16.1.0", "next-auth": "5.0.0", "@prisma/client": "6.0.0"}}'
AUTH = 'import NextAuth from "next-auth"\nexport const { auth, handlers } = NextAuth({ providers: [] })\n'
OF_NEXT = {"package.json": NEXT, "auth.ts": AUTH, "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["./*"]}}}'}
PAGE = (
    'import { db } from "@/lib/db"\nexport default async function Page() {\n  const rows = await ROWS\n  return <p>{rows.length}</p>\n}\n'
)
ASKING = 'import { redirect } from "next/navigation"\nimport { auth } from "@/auth"\n' + PAGE.replace(
    "const rows", 'const session = await auth()\n  if (!session) redirect("/login")\n  const rows'
)
SVELTE = '{"devDependencies": {"@sveltejs/kit": "2.0.0"}, "dependencies": {"@prisma/client": "6.0.0"}}'
LOAD = 'import { db } from "$lib/db"\nexport const load = async ({ locals }) => ({ rows: await ROWS })\n'
REMIX = '{"dependencies": {"@remix-run/node": "2.0.0", "@remix-run/react": "2.0.0", "@prisma/client": "6.0.0"}}'
LOADER = 'import { db } from "../db.server"\nexport async function loader() {\n  return { rows: await ROWS }\n}\nexport default function Page() { return null }\n'
ASTRO = '{"dependencies": {"astro": "5.0.0", "@astrojs/node": "9.0.0", "@prisma/client": "6.0.0"}}'
PROPS = 'import { db } from "../lib/db"\nexport async function getServerSideProps() {\n  return { props: { rows: await ROWS } }\n}\nexport default function Page() { return null }\n'
ORDERS = "db.order.findMany()"


def told(files: dict[str, str], rules: RuleSet = RULES) -> list[tuple[str, str]]:
    every = {"prisma/schema.prisma": SCHEMA, "lib/db.ts": DB, **{path: text.encode() for path, text in files.items()}}
    return [(found.rule, found.place.path) for found in scan_files(every, rules).findings]


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({**OF_NEXT, "app/orders/page.tsx": PAGE}, "app/orders/page.tsx"),
        ({**OF_NEXT, "src/app/(shop)/o/[id]/page.tsx": PAGE}, "src/app/(shop)/o/[id]/page.tsx"),
        ({**OF_NEXT, "pages/history.tsx": PROPS}, "pages/history.tsx"),
        ({"package.json": SVELTE, "src/lib/db.ts": DB.decode(), "src/routes/o/+page.server.ts": LOAD}, "src/routes/o/+page.server.ts"),
        ({"package.json": REMIX, "app/db.server.ts": DB.decode(), "app/routes/o._index.tsx": LOADER}, "app/routes/o._index.tsx"),
        (
            {"package.json": ASTRO, "src/pages/o.astro": '---\nimport { db } from "../../lib/db";\nconst rows = await ROWS;\n---\n<p>{rows.length}</p>\n'},
            "src/pages/o.astro",
        ),
    ],
)  # fmt: skip
def test_pages_of_rows_that_are_somebodys(files: dict[str, str], path: str) -> None:
    with_rows = {at: text.replace("ROWS", ORDERS) for at, text in files.items()}
    assert told(with_rows) == [("unauthenticated-read-route", path)]
    assert told({at: text.replace("ROWS", "db.article.findMany()") for at, text in files.items()}) == []


@pytest.mark.parametrize(
    "files",
    [
        {**OF_NEXT, "app/orders/page.tsx": ASKING},
        {
            **OF_NEXT,
            "app/orders/page.tsx": PAGE,
            "middleware.ts": 'import { auth } from "@/auth"\nexport default auth((req) => { if (!req.auth) return Response.redirect(new URL("/login", req.url)) })\n',
        },
        {"package.json": ASTRO, "src/pages/o.astro": '---\nimport { db } from "../../lib/db";\nif (!Astro.locals.user) return Astro.redirect("/login");\nconst rows = await ROWS;\n---\n<p>{rows.length}</p>\n'},
        # Without a server of its own a page is made once, when the app is built.
        {"package.json": '{"dependencies": {"astro": "5.0.0"}}', "src/pages/o.astro": '---\nimport { db } from "../../lib/db";\nconst rows = await ROWS;\n---\n<p>{rows.length}</p>\n'},
        {"package.json": SVELTE, "src/lib/db.ts": DB.decode(), "src/routes/o/+page.server.ts": LOAD.replace("({ rows", "{ if (!locals.user) redirect(303, '/'); return { rows").replace("ROWS })", "ROWS } }").replace("import", 'import { redirect } from "@sveltejs/kit"\nimport', 1)},
    ],
)  # fmt: skip
def test_pages_that_ask_who_calls(files: dict[str, str]) -> None:
    assert told({at: text.replace("ROWS", ORDERS) for at, text in files.items()}) == []


def test_what_lies_below_a_layout_that_asks_is_told_with_the_layout() -> None:
    layout = 'import { redirect } from "next/navigation"\nimport { auth } from "@/auth"\nexport default async function Layout({ children }) {\n  if (!(await auth())) redirect("/login")\n  return children\n}\n'
    files = {**OF_NEXT, "app/me/layout.tsx": layout, "app/me/orders/page.tsx": PAGE.replace("ROWS", ORDERS)}
    assert told(files) == [("layout-only-guard", "app/me/layout.tsx")]


@pytest.mark.parametrize(
    ("path", "rows", "found"),
    [
        # A profile is what most pages make of an account; all accounts as a loader gives them are more than that.
        ("app/p/[name]/page.tsx", "db.user.findUnique({ where: { name: 'x' } })", False),
        ("app/team/page.tsx", "db.user.findMany()", False),
        ("src/routes/team/+page.server.ts", "db.user.findMany()", True),
        ("src/routes/p/[name]/+page.server.ts", "db.user.findUnique({ where: { name: 'x' } })", False),
        ("app/orders/page.tsx", "db.order.count()", False),
    ],
)
def test_accounts_that_pages_show(path: str, rows: str, found: bool) -> None:
    of_svelte = path.endswith(".ts")
    files = {"package.json": SVELTE, "src/lib/db.ts": DB.decode()} if of_svelte else dict(OF_NEXT)
    text = (LOAD if of_svelte else PAGE).replace("ROWS", rows)
    assert told({**files, path: text}) == ([("unauthenticated-read-route", path)] if found else [])


@pytest.mark.parametrize("keeps", ['import { cache } from "react"', 'import { unstable_cache as cache } from "next/cache"'])
@pytest.mark.parametrize(("asks", "found"), [('if (!session) redirect("/login")', False), ("", True)])
def test_a_function_whose_results_are_kept_does_what_it_holds(keeps: str, asks: str, found: bool) -> None:
    people = f"""{keeps}
import {{ redirect }} from "next/navigation"
import {{ auth }} from "@/auth"
import {{ db }} from "@/lib/db"
export const requireUser = cache(async (): Promise<unknown> => {{
  const session = await auth()
  {asks}
  return session
}})
export const allOrders = cache(async () => db.order.findMany())
"""
    page = 'import { allOrders, requireUser } from "@/lib/people"\nexport default async function Page() {\n  await requireUser()\n  return <p>{(await allOrders()).length}</p>\n}\n'
    path = "app/history/page.tsx"
    assert told({**OF_NEXT, "lib/people.ts": people, path: page}) == ([("unauthenticated-read-route", path)] if found else [])


@pytest.mark.parametrize(("role", "found"), [("", ["app/orders/page.tsx"]), ('  if (session.user.role !== "admin") redirect("/")\n', [])])
def test_a_page_of_everybodys_rows_for_any_account(role: str, found: list[str]) -> None:
    page = ASKING.replace("  const rows", f"{role}  const rows").replace("ROWS", ORDERS)
    mine = ASKING.replace("ROWS", "db.order.findMany({ where: { userId: session.user.id } })")
    files = {**OF_NEXT, "app/orders/page.tsx": page, "app/mine/page.tsx": mine}
    listing = load(with_plugins=False).select(["login-only-privileged-operation"])
    assert told(files, listing) == [("login-only-privileged-operation", path) for path in found]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("app/page.tsx", True),
        ("app/(public)/o/page.tsx", False),
        ("app/publications/page.tsx", True),
        ("app/public-orders/page.tsx", True),
    ],
)
def test_where_pages_stand(path: str, found: bool) -> None:
    assert told({**OF_NEXT, path: PAGE.replace("ROWS", ORDERS)}) == ([("unauthenticated-read-route", path)] if found else [])


@pytest.mark.parametrize("handed", ["{ context, request }", "{ context, request }: ActionFunctionArgs"])
@pytest.mark.parametrize(("asks", "found"), [("const { userId } = context.getSession()", False), ("const given = context.session", True)])
def test_loaders_that_ask_the_server_around_them_for_the_session(handed: str, asks: str, found: bool) -> None:
    action = f"""import type {{ ActionFunctionArgs }} from "react-router"
import {{ db }} from "../db.server"
export async function action({handed}) {{
  {asks}
  const form = await request.formData()
  await db.order.delete({{ where: {{ id: String(form.get("id")) }} }})
  return null
}}
"""
    files = {"package.json": REMIX.replace("@remix-run/node", "react-router"), "app/db.server.ts": DB.decode(), "app/routes/o.tsx": action}
    writing = load(with_plugins=False).select(["unauthenticated-write-route"])
    assert told(files, writing) == ([("unauthenticated-write-route", "app/routes/o.tsx")] if found else [])


def test_the_data_of_pages_of_sveltekit_has_an_address_past_the_layout() -> None:
    layout = 'import { redirect } from "@sveltejs/kit"\nexport const load = ({ locals }) => { if (!locals.user) redirect(303, "/login") }\n'
    guard = 'import { redirect } from "next/navigation"\nimport { auth } from "@/auth"\nexport default async function Layout({ children }) {\n  if (!(await auth())) redirect("/login")\n  return children\n}\n'
    apps = (
        {"package.json": SVELTE, "src/lib/db.ts": DB.decode(), "src/routes/app/+layout.server.ts": layout, "src/routes/app/o/+page.server.ts": LOAD},
        {**OF_NEXT, "app/me/layout.tsx": guard, "app/me/o/page.tsx": PAGE},
    )  # fmt: skip
    found = [
        scan_files({at: text.replace("ROWS", ORDERS).encode() for at, text in {**app, "lib/db.ts": DB.decode()}.items()}, RULES).findings
        for app in apps
    ]
    assert [[(each.rule, each.severity) for each in one] for one in found] == [
        [("layout-only-guard", "high")],
        [("layout-only-guard", "medium")],
    ]


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ('if (userId) return redirect("/")\n  return null', []),  # it sends away who is signed in
        ('if (!userId) return redirect("/login")\n  return null', ["app/routes/me.tsx"]),
        ('if (!userId) throw redirect("/login")\n  return { userId }', ["app/routes/me.tsx"]),
    ],
)
def test_a_layout_that_sends_away_whom_it_knows_guards_nothing(ends: str, found: list[str]) -> None:
    session = 'import jwt from "jsonwebtoken"\nexport function userOf(request) {\n  try { return jwt.verify(request.headers.get("authorization"), process.env.SECRET).sub } catch { return null }\n}\n'
    layout = f'import {{ redirect }} from "@remix-run/node"\nimport {{ userOf }} from "../session.server"\nexport async function loader({{ request }}) {{\n  const userId = userOf(request)\n  {ends}\n}}\nexport default function Layout() {{ return null }}\n'
    files = {
        "package.json": REMIX,
        "app/db.server.ts": DB.decode(),
        "app/session.server.ts": session,
        "app/routes/me.tsx": layout,
        "app/routes/me.orders.tsx": LOADER.replace("ROWS", ORDERS),
    }
    assert [path for rule, path in told(files) if rule == "layout-only-guard"] == found


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("select('*')", ["app/page.tsx"]),
        ("select('*', { count: 'exact' })", ["app/page.tsx"]),
        ("select('*', { count: 'exact', head: false })", ["app/page.tsx"]),
        ("select('*', { count: 'exact', head: true })", []),
    ],
)
def test_a_page_that_only_says_how_many_rows_there_are_shows_nobodys(asked: str, expected: list[str]) -> None:
    files = {
        "package.json": '{"dependencies": {"next": "16.1.0", "@supabase/supabase-js": "2"}}',
        "lib/admin.ts": "import { createClient } from '@supabase/supabase-js'\n"
        "export const admin = createClient(process.env.SUPABASE_URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!)\n",
        "app/page.tsx": "import { admin } from '../lib/admin'\nexport default async function Page() {\n"
        f"  const {{ data, count }} = await admin.from('notes').{asked}\n  return <p>{{count}}</p>\n}}\n",
        "supabase/migrations/20250101000000_notes.sql": "create table public.notes (id uuid primary key, user_id uuid references auth.users (id), body text);\n"
        "alter table public.notes enable row level security;\n"
        "create policy own on public.notes for all to authenticated using ((select auth.uid()) = user_id);\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, load(with_plugins=False)).findings
    assert [each.place.path for each in found if each.rule == "unauthenticated-service-role-route"] == expected
