"""Apps in TypeScript are started as they are, and after ``batten fix --unsafe``: strangers are turned away, members served as before, and no type error has come.

Next's handlers and actions run under Node, bundled by esbuild; edge functions run under Deno, behind the gateway's check. Nothing leaves this machine.
"""

import json
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt
import pytest
from attacking import SECRET, STAND_INS, Request, laid_out, said, serving
from fixing import fix, lay_out
from npm import installed

SUPPORT = Path(__file__).parent / "support"


@pytest.fixture(scope="module")
def next_apps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The app before and after."""
    folder = tmp_path_factory.mktemp("next")
    before, after = laid_out("leaky-next", folder / "before"), laid_out("leaky-next", folder / "after")
    fix(after)
    return before, after


@pytest.fixture(scope="module")
def bundler() -> Path:
    return installed(SUPPORT / "bundler", "esbuild")


@pytest.fixture(scope="module")
def typescript() -> Path:
    return installed(SUPPORT / "typescript", "Deno and TypeScript")


# Next

WORKS = [
    (Request("GET", "/api/customers"), 200),
    (Request("POST", "/api/generate", {"messages": ["hello"]}), 200),
    (Request("POST", "/api/projects", {"name": "Shed", "ownerId": "u1"}), 201),
    (Request("PATCH", "/api/projects/1", {"name": "Mine now"}), 200),
    (Request("POST", "/@action/renameProject", ["2", "Mine too"]), 200),
    (Request("POST", "/@action/deleteProject", ["2"]), 200),
]
STRANGERS = [request for request, _ in WORKS]
GUARDED = [Request("DELETE", "/api/projects/1"), Request("POST", "/@action/archiveProject", ["1"])]
REFUSED = (401, '{"error":"Unauthorized"}')
THROWN = (500, "Unauthorized")
EVERYONES = [Request("GET", "/api/health"), Request("POST", "/api/webhooks/stripe", {"type": "checkout.session.completed"})]
MEMBER = {"Cookie": "session=ana@invoicely.invalid"}


@contextmanager
def next_app(folder: Path, bundler: Path) -> Iterator[int]:
    # What browsers get may be the same in both; the key of the storage is the one of the environment now.
    environment = {"SUPABASE_SECRET_KEY": "none", "SUPABASE_SERVICE_ROLE_KEY": "none"}
    with serving(["node", str(STAND_INS / "next.mjs"), str(folder), str(bundler)], folder, environment) as port:
        yield port


def test_a_next_app_turns_strangers_away_and_serves_its_members_as_before(next_apps: tuple[Path, Path], bundler: Path) -> None:
    before, after = next_apps
    with next_app(before, bundler) as port:
        assert [(request, said(port, request, {})[0]) for request in STRANGERS] == WORKS
        assert [said(port, request, {}) for request in GUARDED] == [REFUSED, THROWN]
    with next_app(before, bundler) as port:
        everyone = [said(port, request, {}) for request in EVERYONES]
        members = [said(port, request, MEMBER) for request in (*STRANGERS, *GUARDED)]
    with next_app(after, bundler) as port:
        assert [said(port, request, {}) for request in STRANGERS] == [REFUSED, REFUSED, REFUSED, REFUSED, THROWN, THROWN]
        assert [said(port, request, {}) for request in EVERYONES] == everyone
        assert [said(port, request, MEMBER) for request in (*STRANGERS, *GUARDED)] == members


def test_a_fix_brings_no_type_error(tmp_path: Path, next_apps: tuple[Path, Path], typescript: Path) -> None:
    before, after = next_apps
    wrong = laid_out("leaky-next", tmp_path / "wrong")
    route = wrong / "app/api/health/route.ts"
    route.write_text(route.read_text().replace("NextResponse.json(", "NextResponse.jsno("))
    script, packages = STAND_INS / "type_errors.mjs", STAND_INS / "next_packages.d.ts"
    done = subprocess.run(
        ["node", script, typescript, packages, before, after, wrong], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[:2] == [[], []]
    assert [message.partition(":")[0] for message in json.loads(done.stdout)[2]] == ["app/api/health/route.ts"]


# What browsers get

KEY = "sk-of-these-tests"
VITE = {
    "package.json": '{"dependencies": {"vite": "6", "@supabase/supabase-js": "2"}}\n',
    "index.html": '<script type="module" src="/page.ts"></script>\n',
}
BROWSERS = {
    "public-key": (
        "admin-client-in-browser",
        {
            **VITE,
            "page.ts": "import { createClient } from '@supabase/supabase-js'\nexport const db = createClient(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_SERVICE_ROLE_KEY)\nawait db.from('orders').select('id')\n",
        },
    ),
    "behind-the-server": (
        "ai-sdk-in-browser",
        {
            "package.json": '{ "dependencies": { "next": "16.0.0", "react": "19.0.0", "openai": "6.0.0", "@clerk/nextjs": "6" } }',
            "page.ts": "export { Page as default } from './app/page'\n",
            "app/page.tsx": '"use client";\nimport { ask } from "../lib/ai";\nexport const Page = () => <button onClick={() => ask("hi")} />;\nexport default Page;\n',
            "lib/ai.ts": 'import OpenAI from "openai";\nconst openai = new OpenAI({ apiKey: process.env.NEXT_PUBLIC_OPENAI_API_KEY, dangerouslyAllowBrowser: true });\nexport async function ask(question: string) {\n  return openai.responses.create({ model: "gpt-5-mini", input: question, max_output_tokens: 500 });\n}\n',
            "app/actions.ts": '"use server";\nimport { auth } from "@clerk/nextjs/server";\nimport { PrismaClient } from "@prisma/client";\nconst prisma = new PrismaClient();\nexport async function remove(id: string) {\n  const { userId } = await auth();\n  if (!userId) throw new Error("Unauthorized");\n  await prisma.note.delete({ where: { id, userId } });\n}\n',
        },
    ),
}


@pytest.mark.parametrize("remedy", BROWSERS)
def test_what_browsers_get_holds_the_key_no_more(tmp_path: Path, bundler: Path, remedy: str) -> None:
    """Bundlers write variables with public names into what they make."""
    rule, files = BROWSERS[remedy]
    lay_out(tmp_path, files)
    names = ("process.env.NEXT_PUBLIC_OPENAI_API_KEY", "import.meta.env.VITE_SUPABASE_SERVICE_ROLE_KEY")
    command = [bundler / "node_modules/.bin/esbuild", "page.ts", "--bundle", "--format=esm", "--packages=external", "--jsx=automatic"]
    command += [f'--define:{name}="{KEY}"' for name in names]

    def bundle() -> str:
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    before = bundle()
    assert [done for _, done in fix(tmp_path, rule)] == [True]
    after = bundle()
    assert (KEY in before, KEY in after, "VITE_SUPABASE_ANON_KEY" in after or "process.env.OPENAI_API_KEY" in after) == (True, False, True)


# Edge functions

FUNCTIONS = [
    Request("POST", "/functions/v1/chat", {"messages": [{"role": "user", "content": "hi"}]}),
    Request("GET", "/functions/v1/export-shelf?user=ana"),
    Request("POST", "/functions/v1/summarize-club", {"discussion": "we liked it"}),
]
CLOSED = Request("GET", "/functions/v1/my-shelf")
PREFLIGHT = Request("OPTIONS", "/functions/v1/chat")


def token(**claims: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}"}


@contextmanager
def functions(folder: Path, typescript: Path) -> Iterator[int]:
    settings = tomllib.loads((folder / "supabase" / "config.toml").read_text())["functions"]
    open_ones = [name for name, each in settings.items() if not each.get("verify_jwt", True)]
    packages = STAND_INS / "edge_packages"
    named = {
        "@supabase/supabase-js": "supabase_js.ts",
        "npm:@supabase/supabase-js@2": "supabase_js.ts",
        "stripe": "stripe.ts",
        "npm:@anthropic-ai/sdk@0.40.1": "anthropic.ts",
    }
    (folder / "stand-ins.json").write_text(json.dumps({"imports": {name: (packages / file).as_uri() for name, file in named.items()}}))
    (deno,) = (typescript / "node_modules" / "@deno").glob("*/deno")
    command = [str(deno), "run", "--no-remote", "--no-npm", "--no-config", "--allow-all", "--import-map", str(folder / "stand-ins.json")]
    environment = {
        "JWT_SECRET": SECRET,
        "SUPABASE_URL": "http://127.0.0.1",
        "SUPABASE_ANON_KEY": "none",
        "SUPABASE_SERVICE_ROLE_KEY": "none",
    }
    with serving([*command, str(STAND_INS / "edge.ts"), str(folder / "supabase" / "functions"), *open_ones], folder, environment) as port:
        yield port


def test_edge_functions_turn_strangers_away_and_serve_accounts_as_before(tmp_path: Path, typescript: Path) -> None:
    before, after = laid_out("edge-functions", tmp_path / "before"), laid_out("edge-functions", tmp_path / "after")
    fix(after)
    stranger, member = token(role="anon"), token(role="authenticated", sub="ana")
    with functions(before, typescript) as port:
        assert [said(port, request, stranger)[0] for request in FUNCTIONS] == [200, 200, 200]
        assert said(port, CLOSED, stranger) == (401, "Unauthorized")
        browser = said(port, PREFLIGHT, {})
        members = [said(port, request, member) for request in (*FUNCTIONS, CLOSED)]
    with functions(after, typescript) as port:
        assert [said(port, request, stranger) for request in (*FUNCTIONS, CLOSED)] == [(401, "Unauthorized")] * 4
        assert said(port, PREFLIGHT, {}) == browser
        assert [said(port, request, member) for request in (*FUNCTIONS, CLOSED)] == members
