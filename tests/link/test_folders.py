"""Routes that are files: SvelteKit, Nuxt with Nitro, Remix with React Router."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route
from batten.scan import scan_files

PRISMA = 'import { PrismaClient } from "@prisma/client"\nconst prisma = new PrismaClient()\n'
REMOVE = "await prisma.user.deleteMany()"


def routes(files: dict[str, str]) -> tuple[Route, ...]:
    return scan_files({"package.json": b"{}", **{path: text.encode() for path, text in files.items()}}, RULES).project.routes


def one(path: str, source: str, others: dict[str, str] | None = None) -> tuple[str, str | None]:
    (found,) = routes({path: PRISMA + source, **(others or {})})
    return found.title, found.auth


@pytest.mark.parametrize(
    ("path", "source", "title"),
    [
        ("src/routes/api/users/+server.ts", f"export async function DELETE() {{ {REMOVE} }}", "DELETE /api/users"),
        ("src/routes/(app)/users/[id]/+server.ts", f"export const POST = async (event) => {{ {REMOVE} }}", "POST /users/[id]"),
        ("src/routes/users/+page.server.ts", f"export const actions = {{ default: async () => {{ {REMOVE} }} }}", "POST /users"),
        ("src/routes/users/+page.server.ts", f"export const actions = {{ remove: async () => {{ {REMOVE} }} }}", "POST /users?/remove"),
        (
            "server/api/users/[id].delete.ts",
            f"export default defineEventHandler(async (event) => {{ {REMOVE} }})",
            "DELETE /api/users/[id]",
        ),
        ("server/api/users/index.post.ts", f"export default defineEventHandler(async (event) => {{ {REMOVE} }})", "POST /api/users"),
        ("server/routes/reset.ts", f"export default eventHandler(async () => {{ {REMOVE} }})", "ANY /reset"),
        (
            "app/routes/users.$id.tsx",
            f"export async function action() {{ {REMOVE} }}\nexport default function Page() {{}}",
            "POST /users/:id",
        ),
        ("app/routes/api.users.ts", f"export const loader = async () => {{ {REMOVE} }}", "GET /api/users"),
    ],
)
def test_addresses(path: str, source: str, title: str) -> None:
    assert one(path, source) == (title, "unauthenticated")


def test_a_page_beside_its_loader_is_no_route_of_its_own() -> None:
    assert (
        routes({"app/routes/users.tsx": f"{PRISMA}export async function loader() {{ {REMOVE} }}\nexport default function Page() {{}}"})
        == ()
    )


@pytest.mark.parametrize(
    ("path", "source", "auth"),
    [
        ("src/routes/a/+server.ts", f"import {{ error }} from '@sveltejs/kit'\nexport async function POST({{ locals }}) {{ if (!locals.user) error(401); {REMOVE} }}", "authenticated"),
        ("src/routes/a/+server.ts", f"import {{ error }} from '@sveltejs/kit'\nexport async function POST(event) {{ if (!event.locals.session) throw error(401); {REMOVE} }}", "authenticated"),
        ("src/routes/a/+page.server.ts", f"import {{ fail }} from '@sveltejs/kit'\nexport const actions = {{ default: async ({{ locals }}) => {{ if (!locals.user) return fail(401); {REMOVE} }} }}", "authenticated"),
        ("src/routes/a/+page.server.ts", f"export const actions = {{ default: async ({{ locals }}) => {{ console.log(locals.user); {REMOVE} }} }}", "unauthenticated"),
        ("server/api/a.post.ts", f"export default defineEventHandler(async (event) => {{ await requireUserSession(event); {REMOVE} }})", "authenticated"),
        ("server/api/a.post.ts", f"export default defineEventHandler(async (event) => {{ const user = await serverSupabaseUser(event); if (!user) throw createError({{ statusCode: 401 }}); {REMOVE} }})", "authenticated"),
        ("server/api/a.post.ts", f"export default defineEventHandler(async (event) => {{ await getUserSession(event); {REMOVE} }})", "unauthenticated"),
        ("server/api/a.post.ts", f"export default defineEventHandler(async (event) => {{ if (!getHeader(event, 'authorization')) throw createError({{ statusCode: 401 }}); {REMOVE} }})", None),
        ("app/routes/a.tsx", f"import {{ requireUserId }} from '../session.server'\nexport async function action({{ request }}) {{ await requireUserId(request); {REMOVE} }}", "authenticated"),
    ],
)  # fmt: skip
def test_guards(path: str, source: str, auth: str | None) -> None:
    session = (
        "import { redirect } from '@remix-run/node'\nimport { getServerSession } from 'next-auth'\n"
        "export async function requireUserId(request) { const s = await getServerSession(); if (!s) throw redirect('/login'); return s.id }"
    )
    assert one(path, source, {"app/session.server.ts": session})[1] == auth


@pytest.mark.parametrize(
    ("path", "source", "auth"),
    [
        ("src/hooks.server.ts", "import { redirect } from '@sveltejs/kit'\nexport const handle = async ({ event, resolve }) => { if (!event.locals.user) redirect(303, '/login'); return resolve(event) }", "authenticated"),
        ("src/hooks.server.ts", "export const handle = async ({ event, resolve }) => { event.locals.user = await find(event.cookies.get('s')); return resolve(event) }", "unauthenticated"),
    ],
)  # fmt: skip
def test_hooks_of_sveltekit(path: str, source: str, auth: str | None) -> None:
    (found,) = routes({"src/routes/a/+server.ts": f"{PRISMA}export async function POST() {{ {REMOVE} }}", path: source})
    assert found.auth == auth


@pytest.mark.parametrize(
    ("source", "auth"),
    [
        ("export default defineEventHandler(async (event) => { const user = await getUserSession(event); if (!user) throw createError({ statusCode: 401 }) })", "authenticated"),
        ("export default defineEventHandler((event) => { event.context.start = Date.now() })", "unauthenticated"),
        ("export default defineEventHandler(async (event) => { const user = await getUserSession(event); if (user) event.context.user = user })", "unauthenticated"),
        ("export default defineEventHandler(async (event) => { if (event.headers.get('x-batch')) return; const user = await getUserSession(event); if (!user) throw createError({ statusCode: 401 }) })", None),
    ],
)  # fmt: skip
def test_middleware_of_nitro(source: str, auth: str | None) -> None:
    (found,) = routes(
        {
            "server/api/a.post.ts": f"{PRISMA}export default defineEventHandler(async (event) => {{ {REMOVE} }})",
            "server/middleware/auth.ts": source,
        }
    )
    assert found.auth == auth


ASKS = "const user = await getUserSession(event); if (!user) throw createError({ statusCode: 401 })"
OPEN_PATHS = "export const OPEN = ['/api/a', '/api/status']\nexport const STARTS = ['/api/a']\nexport const isOpen = (path: string) => OPEN.includes(path)\n"


@pytest.mark.parametrize(
    ("helpers", "test", "auth"),
    [
        (OPEN_PATHS, "if (isOpen(event.path)) return", ("unauthenticated", "authenticated")),
        (OPEN_PATHS, "if (isOpen(getRequestURL(event).pathname)) { return }", ("unauthenticated", "authenticated")),
        (OPEN_PATHS, "const path = event.path.split('?')[0]; if (isOpen(path)) return", ("unauthenticated", "authenticated")),
        (OPEN_PATHS, "if (OPEN.includes(event.path)) return", ("unauthenticated", "authenticated")),
        (OPEN_PATHS, "if (STARTS.some((start) => event.path === start || event.path.startsWith(start + '/'))) return", ("unauthenticated", "authenticated")),
        (OPEN_PATHS, "if (!event.path.startsWith('/api/b')) return", ("unauthenticated", "authenticated")),
        ("export function isOpen(p: string) { if (p === '/api/b') return true; return p.startsWith('/api/c') }", "if (isOpen(event.path)) return", ("authenticated", "unauthenticated")),
        ("export function isOpen(path) { for (const each of LIST) { if (path.startsWith(each)) return true } return false }\nconst LIST = ['/api/b']", "if (isOpen(event.path)) return", ("authenticated", "unauthenticated")),
        ("export function isOpen(event) { return event.path === '/api/b' }", "if (isOpen(event)) return", ("authenticated", "unauthenticated")),
        ("export const isClosed = (path: string) => path.startsWith('/api/b')", "if (!isClosed(event.path)) return", ("unauthenticated", "authenticated")),
        ("export const isOpen = (path: string) => !path.startsWith('/api/b')", "if (isOpen(event.path)) return", ("unauthenticated", "authenticated")),
        # What may say yes of others, or asks for more than the path, lets nobody be sure.
        ("export const isOpen = (path: string) => OPEN.has(path) || load().includes(path)", "if (isOpen(event.path)) return", (None, None)),
        ("export function isOpen(path) { if (process.env.OPEN) return true; return path === '/api/b' }", "if (isOpen(event.path)) return", (None, None)),
        ("export const isOpen = (path) => false", "if (isOpen(event.path)) return", (None, None)),
        ("export const OPEN = ['/api/a', ...more]", "if (OPEN.includes(event.path)) return", (None, None)),
        ("", "if (isOpen(event.path)) return", (None, None)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
def test_paths_that_other_files_of_nitro_tell(helpers: str, test: str, auth: tuple[str | None, str | None], *, named: bool) -> None:
    imported = "import { isOpen, isClosed, OPEN, STARTS } from '../utils/paths'\n" if named else ""
    handler = f"{PRISMA}export default defineEventHandler(async (event) => {{ {REMOVE} }})"
    found = routes(
        {
            "nuxt.config.ts": "export default defineNuxtConfig({})",
            "server/utils/paths.ts": helpers,
            "server/middleware/auth.ts": f"{imported}export default defineEventHandler(async (event) => {{ {test}; {ASKS} }})",
            "server/api/a.post.ts": handler,
            "server/api/b.post.ts": handler,
        }
    )
    assert tuple(each.auth for each in sorted(found, key=lambda route: route.path)) == auth


LENT = {
    "server/utils/people.ts": "export async function needUser(event) { const user = await getUserSession(event); if (!user) throw createError({ statusCode: 401 }); return user }",
    "server/utils/data/base.ts": f"{PRISMA}export {{ prisma as base }}",
    "server/api/a.post.ts": "export default defineEventHandler(async (event) => { await needUser(event); await base.user.deleteMany() })",
}


def test_what_utils_of_nitro_export_has_a_name_everywhere_in_its_server() -> None:
    (found,) = routes({"nuxt.config.ts": "export default {}", **LENT})
    assert found.auth == "authenticated"
    (opened,) = routes(
        {
            "nuxt.config.ts": "export default {}",
            **LENT,
            "server/api/a.post.ts": LENT["server/api/a.post.ts"].replace("await needUser(event);", ""),
        }
    )
    assert [opened.auth, [effect.kind for effect in opened.effects]] == ["unauthenticated", ["database-delete"]]


def test_utils_of_another_server_lend_nothing() -> None:
    here = {f"one/{path}": text for path, text in LENT.items() if "api" in path} | {
        f"two/{path}": text for path, text in LENT.items() if "utils" in path
    }
    (found,) = routes({"one/nuxt.config.ts": "", "two/nuxt.config.ts": "", **here})
    assert found.auth != "authenticated"
