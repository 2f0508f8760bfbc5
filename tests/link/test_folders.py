"""Routes that are files: SvelteKit, Nuxt with Nitro, Remix with React Router."""

import pytest

from batten.facts.routes import Route
from batten.rules.registry import load
from batten.scan import scan_files

RULES = load(with_plugins=False)
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
        ("src/hooks.server.ts", "import { redirect } from '@sveltejs/kit'\nexport const handle = async ({ event, resolve }) => { if (!event.locals.user) redirect(303, '/login'); return resolve(event) }", None),
        ("src/hooks.server.ts", "export const handle = async ({ event, resolve }) => { event.locals.user = await find(event.cookies.get('s')); return resolve(event) }", "unauthenticated"),
    ],
)  # fmt: skip
def test_hooks_of_sveltekit(path: str, source: str, auth: str | None) -> None:
    (found,) = routes({"src/routes/a/+server.ts": f"{PRISMA}export async function POST() {{ {REMOVE} }}", path: source})
    assert found.auth == auth


@pytest.mark.parametrize(
    ("source", "auth"),
    [
        ("export default defineEventHandler(async (event) => { const user = await getUserSession(event); if (!user) throw createError({ statusCode: 401 }) })", None),
        ("export default defineEventHandler((event) => { event.context.start = Date.now() })", "unauthenticated"),
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
