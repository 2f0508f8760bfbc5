"""The module graph: what imports mean, which package a file belongs to, what browsers get and how they come to it."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looked_at import looked_at

from batten.facts.modules import Side
from batten.link.modules import ModuleGraph, modules

App = dict[str, str]


def graph(app: App) -> ModuleGraph:
    return modules(looked_at(app))


def sides(app: App) -> dict[str, bool | None]:
    """What browsers get, for the scripts of an app."""
    found = graph(app)
    return {path: found.in_browser(path) for path in app if not path.endswith((".json", ".html"))}


def manifest(*dependencies: str, **more: object) -> str:
    import json

    return json.dumps({"dependencies": dict.fromkeys(dependencies, "*"), **more})


# --- what a specifier means


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("./b", "src/b.ts"),
        ("./b.js", "src/b.ts"),
        ("./b.ts", "src/b.ts"),
        ("./b?raw", "src/b.ts"),
        ("./folder", "src/folder/index.tsx"),
        ("./folder/", "src/folder/index.tsx"),
        ("../top", "top.js"),
        (".", "src/index.ts"),
        ("./both", "src/both.ts"),
        ("./data.json", "src/data.json"),
        ("./Card.vue", "src/Card.vue"),
        ("./types", None),
        ("./native", "src/native.ios.ts"),
        ("../../outside", None),
        ("/src/b.ts", "src/b.ts"),
        ("react", None),
        ("node:fs", None),
        ("https://x.test/b.js", None),
        ("", None),
    ],
)
def test_resolve(specifier: str, expected: str | None) -> None:
    paths = ["src/a.ts", "src/b.ts", "src/folder/index.tsx", "top.js", "src/index.ts", "src/both.ts", "src/both.js", "src/data.json"]
    paths += ["src/Card.vue", "src/types.d.ts", "src/native.ios.ts", "b.ts"]
    assert graph(dict.fromkeys(paths, "")).resolve("src/a.ts", specifier) == expected


def test_aliases_of_the_compiler() -> None:
    app = {
        "tsconfig.base.json": '{"compilerOptions": {"paths": {"@base/*": ["lib/*"]}}}',
        "web/tsconfig.json": '{"extends": "../tsconfig.base.json", "compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["a/*", "b/*"], "db": ["a/db"]}}}',
        "web/app/tsconfig.json": '{"extends": "../tsconfig.json"}',
        **dict.fromkeys(["web/a/one.ts", "web/b/two.ts", "web/a/db.ts", "web/three.ts", "lib/four.ts", "web/app/x.ts"], ""),
    }
    found = graph(app)
    names = ("@/one", "@/two", "db", "three", "@base/four", "@/none")
    expected = ["web/a/one.ts", "web/b/two.ts", "web/a/db.ts", "web/three.ts", "lib/four.ts", None]
    assert [found.resolve("web/app/x.ts", name) for name in names] == expected
    assert found.resolve("lib/four.ts", "@/one") is None


def test_the_longest_alias_wins() -> None:
    app = {
        "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["src/*"], "@/ui/*": ["ui/*"]}}}',
        **dict.fromkeys(["src/ui/a.ts", "ui/a.ts", "src/b.ts"], ""),
    }
    found = graph(app)
    assert [found.resolve("src/b.ts", name) for name in ("@/ui/a", "@/b")] == ["ui/a.ts", "src/b.ts"]


def test_a_circle_of_settings_ends() -> None:
    app = {
        "a.json": "",
        "tsconfig.json": '{"extends": "./tsconfig.b.json"}',
        "tsconfig.b.json": '{"extends": "./tsconfig.json"}',
        "a.ts": "",
    }
    assert graph(app).resolve("a.ts", "x") is None


def test_workspace_packages() -> None:
    app = {
        "packages/ui/package.json": manifest(
            name="@acme/ui", exports={".": "./dist/index.js", "./*": {"import": "./dist/*.js"}, "./css": "./x.css"}
        ),
        "packages/db/package.json": manifest(name="db", main="dist/client.js"),
        "packages/cfg/package.json": manifest(name="cfg"),
        **dict.fromkeys(
            ["web/a.ts", "packages/ui/src/index.ts", "packages/ui/src/button.tsx", "packages/db/src/client.ts", "packages/db/deep/x.ts"], ""
        ),
        "packages/cfg/src/index.ts": "",
    }
    found = graph(app)
    names = ("@acme/ui", "@acme/ui/button", "@acme/ui/none", "db", "db/deep/x", "cfg", "@acme/none")
    assert [found.resolve("web/a.ts", name) for name in names] == [
        "packages/ui/src/index.ts",
        "packages/ui/src/button.tsx",
        None,
        "packages/db/src/client.ts",
        "packages/db/deep/x.ts",
        "packages/cfg/src/index.ts",
        None,
    ]


def test_imports_of_a_package_and_customary_names() -> None:
    app = {
        "package.json": manifest("@sveltejs/kit", imports={"#db": {"node": "./src/db.ts"}, "#lib/*": "./src/lib/*.ts"}),
        **dict.fromkeys(["src/db.ts", "src/lib/a.ts", "src/routes/+page.ts"], ""),
    }
    found = graph(app)
    assert [found.resolve("src/routes/+page.ts", name) for name in ("#db", "#lib/a", "$lib/a", "@/db", "~/db", "#none")] == [
        "src/db.ts",
        "src/lib/a.ts",
        "src/lib/a.ts",
        "src/db.ts",
        "src/db.ts",
        None,
    ]


def test_a_page_takes_scripts_from_its_folder_its_site_and_what_is_public() -> None:
    app = dict.fromkeys(["client/index.html", "client/src/main.tsx", "client/plain.js", "client/public/old.js"], "")
    found = graph(app)
    names = ("/src/main.tsx", "plain.js", "/old.js", "./src/main.tsx", "//cdn.test/x.js")
    assert [found.resolve("client/index.html", name) for name in names] == [
        "client/src/main.tsx",
        "client/plain.js",
        "client/public/old.js",
        "client/src/main.tsx",
        None,
    ]


@pytest.mark.parametrize(
    ("path", "module", "expected"),
    [
        ("api/app/main.py", ".db", "api/app/db.py"),
        ("api/app/main.py", ".", "api/app/__init__.py"),
        ("api/app/core/deps.py", "..db", "api/app/db.py"),
        ("api/app/core/deps.py", "app.db", "api/app/db.py"),
        ("api/app/core/deps.py", "app.core", "api/app/core/__init__.py"),
        ("api/app/main.py", "lib.tool", "api/src/lib/tool.py"),
        ("api/scripts/run.py", "helper", "api/scripts/helper.py"),
        ("api/app/main.py", "json", None),
        ("api/app/main.py", "fastapi", None),
        ("api/app/main.py", "....x", None),
    ],
)
def test_resolve_python(path: str, module: str, expected: str | None) -> None:
    paths = [
        "api/app/__init__.py",
        "api/app/main.py",
        "api/app/db.py",
        "api/app/core/__init__.py",
        "api/app/core/deps.py",
        "api/app/json.py",
    ]
    paths += ["api/src/lib/tool.py", "api/scripts/run.py", "api/scripts/helper.py"]
    found = graph({**dict.fromkeys(paths, ""), "api/pyproject.toml": '[project]\nname = "x"'})
    assert (found.resolve_python(path, module), found.resolve(path, module)) == (expected, expected)


@pytest.mark.parametrize(
    ("path", "module", "expected"),
    [
        ("shop/config/api.py", "stock.routes", "shop/core/src/stock/routes.py"),
        ("shop/core/src/stock/routes.py", "stock.db", "shop/core/src/stock/db/__init__.py"),
        ("shop/config/api.py", "orders.routes", None),  # there are two
        ("shop/config/api.py", "redis.client", None),  # somebody else's
        ("shop/config/api.py", "carts.api", None),  # lies in a test, and in what others wrote
        ("shop/config/api.py", "stock", None),
        ("shop/config/api.py", "bills.routes", None),  # another project's
        ("loose/main.py", "stock.routes", None),  # of no project that says what it needs
    ],
)
def test_resolve_python_from_folders_that_are_put_on_the_path_when_the_app_starts(path: str, module: str, expected: str | None) -> None:
    core = "shop/core/src"
    paths = [f"{core}/stock/routes.py", f"{core}/stock/db/__init__.py", f"{core}/orders/routes.py", "shop/other/orders/routes.py"]
    paths += ["shop/config/api.py", f"{core}/redis/client.py", "shop/x/tests/carts/api.py", "shop/vendor/carts/api.py"]
    paths += ["bill/src2/bills/routes.py", "loose/main.py"]
    files = dict.fromkeys(paths, "") | {"shop/requirements.txt": "django\nredis\n", "bill/requirements.txt": "django\n"}
    assert graph(files).resolve_python(path, module) == expected


def test_the_package_of_a_file() -> None:
    app = {
        "package.json": manifest(name="root"),
        "web/package.json": manifest(name="web"),
        "api/pyproject.toml": '[project]\nname = "api"\ndependencies = ["fastapi"]',
        "api/requirements.txt": "flask",
        "api/package.json": manifest(name="api-tools"),
    }
    found = graph(app)
    owners = {path: found.package_of(path) for path in ("x.ts", "web/src/a.ts", "api/a.py", "api/a.js", "web/a.py", "web/a.sql")}
    assert {path: (owner.name, owner.root) for path, owner in owners.items()} == {
        "x.ts": ("root", ""),
        "web/src/a.ts": ("web", "web"),
        "api/a.py": ("api", "api"),
        "api/a.js": ("api-tools", "api"),
        "web/a.py": ("web", "web"),
        "web/a.sql": ("web", "web"),
    }
    assert owners["api/a.py"].dependencies == ("fastapi", "flask")
    assert (graph({"a.ts": ""}).package_of("a.ts").root, graph({"a.ts": ""}).package_of("a.ts").name) == ("", "")


# --- what browsers get


NEXT: App = {
    "package.json": manifest("next"),
    "app/layout.tsx": 'import { db } from "../lib/db"\nimport Shell from "../components/shell"\nShell(db)',
    "app/page.tsx": 'import { Form } from "../components/form"\n<Form/>',
    "app/api/x/route.ts": 'import { db } from "../../../lib/db"\ndb()',
    "app/actions.ts": '"use server"\nimport { db } from "../lib/db"\nexport const save = () => db()',
    "components/form.tsx": '"use client"\nimport { save } from "../app/actions"\nimport { format } from "../lib/format"\nimport type { Row } from "../lib/db"\nimport "../lib/guarded"\nsave(format())',
    "components/shell.tsx": "export default 1",
    "lib/db.ts": 'import { format } from "./format"\nexport const db = format\nexport type Row = 1',
    "lib/format.ts": "export const format = 1",
    "lib/guarded.ts": 'import "server-only"\nimport "./secret"',
    "lib/secret.ts": "",
    "lib/unused.ts": "",
    "middleware.ts": 'import "./lib/auth"',
    "lib/auth.ts": "",
    "next.config.js": "",
    "tests/a.test.ts": "",
}


def test_next_app_router() -> None:
    assert sides(NEXT) == {
        "app/layout.tsx": False,
        "app/page.tsx": False,
        "app/api/x/route.ts": False,
        "app/actions.ts": False,
        "components/form.tsx": True,
        "components/shell.tsx": False,
        "lib/db.ts": False,
        "lib/format.ts": True,
        "lib/guarded.ts": None,
        "lib/secret.ts": None,
        "lib/unused.ts": None,
        "middleware.ts": False,
        "lib/auth.ts": False,
        "next.config.js": False,
        "tests/a.test.ts": False,
    }
    found = graph(NEXT)
    assert [found.side(path) for path in ("components/form.tsx", "lib/format.ts", "lib/db.ts", "lib/unused.ts")] == [
        Side.BROWSER,
        Side.BOTH,
        Side.SERVER,
        None,
    ]


def test_the_trail_tells_how_the_browser_comes_to_a_module() -> None:
    (first, second) = graph(NEXT).reach("lib/format.ts")
    source = NEXT["components/form.tsx"]
    assert (first.place.path, first.note) == ("components/form.tsx", "form.tsx says 'use client': Next sends it to the browser")
    assert (second.place.path, second.note) == ("components/form.tsx", "imported by form.tsx")
    assert source[second.place.span.start : second.place.span.end] == 'import { format } from "../lib/format"'
    assert graph(NEXT).reach("lib/db.ts") == ()


def test_the_trail_is_the_shortest() -> None:
    app = {
        "index.html": '<script type="module" src="/a.js"></script>',
        "a.js": 'import "./b.js"\nimport "./d.js"',
        "b.js": 'import "./c.js"',
        "c.js": 'import "./d.js"',
        "d.js": 'import "./a.js"',
    }
    assert [(step.place.path, step.note) for step in graph(app).reach("d.js")] == [
        ("index.html", "index.html is a page"),
        ("index.html", "imported by index.html"),
        ("a.js", "imported by a.js"),
    ]


def test_client_components_of_a_library_count_where_an_app_renders_them() -> None:
    app = {
        "apps/web/package.json": manifest("next", "@acme/ui"),
        "apps/web/app/page.tsx": 'import { Button } from "@acme/ui"\n<Button/>',
        "packages/ui/package.json": manifest(name="@acme/ui", exports={".": "./src/index.ts"}),
        "packages/ui/src/index.ts": 'export { Button } from "./button"\nexport { Card } from "./card"',
        "packages/ui/src/button.tsx": '"use client"\nimport "./style"',
        "packages/ui/src/card.tsx": "",
        "packages/ui/src/style.ts": "",
        "packages/ui/src/alone.tsx": '"use client"',
    }
    found = sides(app)
    names = ("index.ts", "button.tsx", "card.tsx", "style.ts", "alone.tsx")
    assert [found[f"packages/ui/src/{name}"] for name in names] == [False, True, False, True, None]
    assert graph(app).reach("packages/ui/src/button.tsx")[0].note == "button.tsx says 'use client', and index.ts renders it"


def test_next_pages_router() -> None:
    app = {
        "package.json": manifest("next"),
        "next.config.js": "",
        "pages/index.tsx": 'import { db } from "../lib/db"\nimport { Card } from "../lib/card"\n\nexport async function getServerSideProps() {\n  return { props: db() }\n}\n\nexport default function Page() {\n  return <Card />\n}\n',
        "pages/_document.tsx": 'import "../lib/document"',
        "pages/api/x.ts": 'import "../../lib/api"',
        **dict.fromkeys(["lib/db.ts", "lib/card.tsx", "lib/document.ts", "lib/api.ts"], "export const db = 1, Card = 1"),
    }
    found = sides(app)
    assert {path: found[path] for path in found if path.startswith(("lib", "pages"))} == {
        "pages/index.tsx": True,
        "pages/_document.tsx": False,
        "pages/api/x.ts": False,
        "lib/db.ts": False,
        "lib/card.tsx": True,
        "lib/document.ts": False,
        "lib/api.ts": False,
    }
    text = app["pages/index.tsx"]
    answers = [graph(app).in_browser("pages/index.tsx", text.index(part)) for part in ("props: db", "<Card")]
    assert answers == [False, True]


def test_a_library_that_depends_on_next_is_no_app() -> None:
    assert sides({"package.json": manifest("next"), "src/index.ts": 'import "./a"', "src/a.ts": ""}) == {
        "src/index.ts": None,
        "src/a.ts": None,
    }


def test_vite() -> None:
    app = {
        "package.json": manifest("vite", "express"),
        "vite.config.ts": 'export default { resolve: { alias: { "@": path.resolve(__dirname, "./client/src"), "@shared": path.resolve(__dirname, "shared") } } }',
        "client/index.html": '<script type="module" src="/src/main.tsx"></script>',
        "client/src/main.tsx": 'import App from "@/App"\nimport "./ui.css"\nApp()',
        "client/src/App.tsx": 'import { lazy } from "react"\nconst Page = lazy(() => import("./Page"))\nconst all = import.meta.glob("./widgets/*.tsx")\nlazy(Page, all)',
        "client/src/Page.tsx": 'import { schema } from "@shared/schema"\nschema()',
        "client/src/widgets/a.tsx": "",
        "client/src/widgets/a.test.tsx": "",
        "client/src/unused.tsx": "",
        "server/index.ts": 'import { schema } from "@shared/schema"\nimport "./db"\nschema()',
        "server/db.ts": "",
        "api/hello.ts": "",
        "shared/schema.ts": "export const schema = 1",
        "supabase/functions/mail/index.ts": 'import "../_shared/cors.ts"',
        "supabase/functions/_shared/cors.ts": "",
    }
    assert sides(app) == {
        "vite.config.ts": False,
        "client/src/main.tsx": True,
        "client/src/App.tsx": True,
        "client/src/Page.tsx": True,
        "client/src/widgets/a.tsx": True,
        "client/src/widgets/a.test.tsx": True,
        "client/src/unused.tsx": None,
        "server/index.ts": False,
        "server/db.ts": False,
        "api/hello.ts": False,
        "shared/schema.ts": True,
        "supabase/functions/mail/index.ts": False,
        "supabase/functions/_shared/cors.ts": False,
    }
    assert graph(app).side("shared/schema.ts") is Side.BOTH


def test_vite_without_a_page_starts_with_the_customary_file() -> None:
    app = {"package.json": manifest("vite"), "src/main.ts": 'import "./a"', "src/a.ts": ""}
    assert sides(app) == {"src/main.ts": True, "src/a.ts": True}


def test_a_bundler_that_is_told_where_to_start() -> None:
    app = {
        "package.json": manifest("vite"),
        "vite.config.js": "export default { plugins: [laravel({ input: ['resources/js/app.js'] })] }",
        "resources/js/app.js": 'import "./a"',
        "resources/js/a.js": "",
        "src/main.js": "",
    }
    assert sides(app) == {"vite.config.js": False, "resources/js/app.js": True, "resources/js/a.js": True, "src/main.js": None}


def test_imports_of_types_lead_nowhere() -> None:
    app = {
        "index.html": '<script type="module" src="./a.ts"></script>',
        "a.ts": 'import { B } from "./b"\nimport { C } from "./c"\nimport { D } from "./barrel"\nimport { e } from "./e"\nimport { f } from "./f"\ntype X = typeof e\nconst x = [B, C, D, { y: typeof f }]',
        "b.ts": "export interface B {}",
        "c.ts": "export interface C {}\nexport const C = 1",
        "barrel.ts": 'export * from "./d"',
        "d.ts": "export type D = 1",
        "e.ts": "export const e = 1",
        "f.ts": "export const f = 1",
    }
    assert sides(app) == {"a.ts": True, "b.ts": None, "c.ts": True, "barrel.ts": None, "d.ts": None, "e.ts": None, "f.ts": True}


def test_a_compiler_may_keep_imports_that_only_types_use() -> None:
    app = {
        "index.html": '<script type="module" src="./a.ts"></script>',
        "a.ts": 'import { b } from "./b"\nlet x: z.infer<typeof b>',
        "b.ts": "export const b = 1",
    }
    verbatim = {**app, "tsconfig.json": '{"compilerOptions": {"verbatimModuleSyntax": true}}'}
    assert (sides(app)["b.ts"], sides(verbatim)["b.ts"]) == (None, True)


def test_react_router() -> None:
    route = 'import { db } from "../db"\nimport { Card } from "../card"\n\nexport const loader = () => db()\n\nexport default function Page() {\n  return <Card />\n}\n'
    app = {
        "package.json": manifest("@react-router/dev", "vite"),
        "vite.config.ts": "export default { ssr: { input: './server/app.ts' } }",
        "app/root.tsx": "export default 1",
        "app/entry.client.tsx": 'import "./boot"',
        "app/entry.server.tsx": "",
        "app/boot.ts": 'import "./keys.server"',
        "app/keys.server.ts": "",
        "app/routes/_index.tsx": route,
        "app/routes/api.ts": 'import "../mail"\nexport const action = () => 1',
        "app/routes/users/queries.ts": "export const all = 1",
        "app/db.ts": "export const db = 1",
        "app/card.tsx": "export const Card = 1",
        "app/mail.ts": "",
    }
    assert sides(app) == {
        "vite.config.ts": False,
        "app/root.tsx": True,
        "app/entry.client.tsx": True,
        "app/entry.server.tsx": False,
        "app/boot.ts": True,
        "app/keys.server.ts": None,
        "app/routes/_index.tsx": True,
        "app/routes/api.ts": False,
        "app/routes/users/queries.ts": None,
        "app/db.ts": False,
        "app/card.tsx": True,
        "app/mail.ts": False,
    }
    listed = {**app, "app/routes.ts": 'export default [index("./pages/home.tsx")]', "app/pages/home.tsx": "export default 1"}
    assert [sides(listed)[path] for path in ("app/pages/home.tsx", "app/routes/_index.tsx")] == [True, None]


def test_sveltekit() -> None:
    app = {
        "package.json": manifest("@sveltejs/kit", "vite"),
        "src/routes/+page.svelte": '<script>\nimport { a } from "$lib/a"\nimport { b } from "$lib/server/b"\n</script>',
        "src/routes/+page.server.ts": 'import "$lib/server/b"',
        "src/routes/api/+server.ts": 'import "$lib/c"',
        "src/hooks.server.ts": "",
        "src/lib/a.ts": "",
        "src/lib/c.ts": "",
        "src/lib/server/b.ts": "",
    }
    assert sides(app) == {
        "src/routes/+page.svelte": True,
        "src/routes/+page.server.ts": False,
        "src/routes/api/+server.ts": False,
        "src/hooks.server.ts": False,
        "src/lib/a.ts": True,
        "src/lib/c.ts": False,
        "src/lib/server/b.ts": False,
    }


def test_nuxt() -> None:
    app = {
        "package.json": manifest("nuxt"),
        "app.vue": '<script setup>\nimport { a } from "~/lib/a"\n</script>',
        "pages/index.vue": "",
        "composables/useX.ts": "",
        "plugins/db.server.ts": "",
        "server/api/x.ts": 'import "~/lib/b"',
        "lib/a.ts": "",
        "lib/b.ts": "",
        "nuxt.config.ts": "",
    }
    assert [sides(app)[path] for path in list(app)[1:]] == [True, True, True, False, False, True, False, False]


def test_astro() -> None:
    app = {
        "package.json": manifest("astro"),
        "src/pages/index.astro": '---\nimport Chart from "../Chart"\nimport Card from "../Card"\nimport { db } from "../db"\n---\n<Card/><Chart client:load/>\n<script>\nimport "../menu"\n</script>',
        "src/pages/plain.astro": '---\nimport Axis from "../axis"\n---\n<Axis client:idle/>',
        "src/pages/api.ts": 'import "../db"',
        "src/Chart.tsx": 'import "./axis"',
        "src/axis.ts": "",
        "src/Card.tsx": "",
        "src/db.ts": "",
        "src/menu.ts": "",
    }
    found = sides(app)
    assert found == {
        "src/pages/index.astro": True,
        "src/pages/plain.astro": False,
        "src/pages/api.ts": False,
        "src/Chart.tsx": True,
        "src/axis.ts": True,
        "src/Card.tsx": False,
        "src/db.ts": False,
        "src/menu.ts": True,
    }
    text = app["src/pages/index.astro"]
    answers = [graph(app).in_browser("src/pages/index.astro", text.index(part)) for part in ("import Chart", "<Card", 'import "../menu')]
    assert answers == [False, False, True]
    assert graph(app).reach("src/axis.ts")[0].note == "plain.astro sends axis.ts to the browser"


def test_tanstack_start() -> None:
    route = 'import { createServerFn } from "@tanstack/react-start"\nimport { db } from "../db"\nimport { show } from "../show"\n\nexport const read = createServerFn().handler(() => {\n  return db()\n})\n\nexport const Route = show(read)\n'
    app = {
        "package.json": manifest("@tanstack/react-start", "vite"),
        "src/routes/index.tsx": route,
        "src/routes/keys.server.ts": "",
        "src/db.ts": "export const db = 1",
        "src/show.ts": "export const show = 1",
    }
    assert sides(app) == {"src/routes/index.tsx": True, "src/routes/keys.server.ts": False, "src/db.ts": False, "src/show.ts": True}
    assert graph(app).in_browser("src/routes/index.tsx", route.index("db()")) is False


@pytest.mark.parametrize(
    ("dependency", "entry", "server"),
    [
        ("react-scripts", "src/index.js", "server/index.js"),
        ("gatsby", "src/pages/index.tsx", "gatsby-node.js"),
        ("@angular/core", "src/main.ts", "server.ts"),
        ("@vue/cli-service", "src/main.js", "server.js"),
        ("expo", "app/(tabs)/index.tsx", "app/data+api.ts"),
        ("react-native", "App.tsx", "server/x.ts"),
        ("@solidjs/start", "src/routes/index.tsx", "server/x.ts"),
        ("webpack", "src/index.js", "api/x.js"),
    ],
)
def test_other_frameworks(dependency: str, entry: str, server: str) -> None:
    app = {
        "package.json": manifest(dependency),
        entry: 'import "@/lib/a"',
        server: 'import "@/lib/b"',
        "src/lib/a.ts": "",
        "src/lib/b.ts": "",
    }
    assert sides(app) == {entry: True, server: False, "src/lib/a.ts": True, "src/lib/b.ts": False}


def test_plain_pages_and_what_is_served_as_it_is() -> None:
    app = {
        "index.html": '<script src="app.js"></script><script>const key = 1</script>',
        "app.js": "",
        "other.js": "",
        "static/js/site.js": 'import "./part.js"',
        "static/js/part.js": "",
        "server/public/users.js": "",
        "server/index.js": 'require("./public/users")',
        "templates/page.html": "",
        "main.py": "",
    }
    found = graph(app)
    assert {path: found.in_browser(path) for path in app} == {
        "index.html": True,
        "app.js": True,
        "other.js": None,
        "static/js/site.js": True,
        "static/js/part.js": True,
        "server/public/users.js": False,
        "server/index.js": False,
        "templates/page.html": True,
        "main.py": False,
    }


def test_a_browser_extension() -> None:
    app = {
        "manifest.json": '{"manifest_version": 3, "background": {"service_worker": "src/bg.js"}}',
        "src/bg.js": 'import "./a.js"',
        "src/a.js": "",
    }
    assert sides(app) == {"src/bg.js": True, "src/a.js": True}


EXTENSION = '{"manifest_version": 3, "background": {"service_worker": "%s"}}'
EXTENSIONS: tuple[tuple[dict[str, str], dict[str, bool | None]], ...] = (
    # workers bring in scripts by address, as pages do
    (
        {"manifest.json": EXTENSION % "bg.js", "bg.js": 'importScripts("a.js", "/lib/b.js")', "a.js": "", "lib/b.js": "", "c.js": ""},
        {"bg.js": True, "a.js": True, "lib/b.js": True, "c.js": None},
    ),
    # what builds choose among
    ({"manifest.v3.json": EXTENSION % "bg.js", "bg.js": ""}, {"bg.js": True}),
    ({"appmanifest.json": EXTENSION % "bg.js", "bg.js": ""}, {"bg.js": None}),
    # what only a build makes comes of the module of that name
    ({"package.json": manifest("typescript"), "public/manifest.json": EXTENSION % "background.js", "src/background.ts": ""}, {"src/background.ts": True}),
    ({"package.json": manifest("typescript"), "manifest.json": EXTENSION % "dist/background/index.js", "src/background/main.ts": ""}, {"src/background/main.ts": True}),
    # a file of that name lies there: no other is meant
    ({"package.json": manifest("typescript"), "manifest.json": EXTENSION % "background.js", "background.js": "", "src/background.ts": ""}, {"background.js": True, "src/background.ts": None}),
    # of two, the one that is nearest to the manifest; what lies beside its folder, and servers, are not meant
    (
        {"package.json": manifest("typescript"), "web/public/manifest.json": EXTENSION % "background.js", "web/src/background.ts": "", "web/src/jobs/old/background.ts": "", "jobs/background.ts": ""},
        {"web/src/background.ts": True, "web/src/jobs/old/background.ts": None, "jobs/background.ts": None},
    ),
    ({"package.json": manifest("typescript"), "manifest.json": EXTENSION % "dist/worker.js", "server/worker.ts": ""}, {"server/worker.ts": False}),
    # names that say nothing mean no module
    ({"package.json": manifest("typescript"), "manifest.json": EXTENSION % "dist/main.js", "tools/main.ts": ""}, {"tools/main.ts": None}),
    # manifests that are written as code
    (
        {
            "package.json": manifest("vite", "@crxjs/vite-plugin"),
            "manifest.config.ts": "export default defineManifest({ manifest_version: 3, background: { service_worker: 'src/bg/index.ts' }, content_scripts: [{ js: ['src/page.ts'] }] })",
            "src/bg/index.ts": "",
            "src/page.ts": "",
            "src/other.ts": "",
        },
        {"src/bg/index.ts": True, "src/page.ts": True, "src/other.ts": None},
    ),
    ({"package.json": manifest("next"), "app/manifest.ts": "export default () => ({ name: 'shop', page: 'jobs/page.ts' })", "jobs/page.ts": ""}, {"jobs/page.ts": None}),
    # frameworks that go by paths
    (
        {"package.json": manifest("wxt"), "entrypoints/background.ts": 'import "../utils/ai"', "utils/ai.ts": "", "scripts/seed.ts": ""},
        {"entrypoints/background.ts": True, "utils/ai.ts": True, "scripts/seed.ts": False},
    ),
    (
        {"package.json": manifest("plasmo"), "src/background/messages/ask.ts": "", "popup.tsx": 'import "./ai"', "ai.ts": "", "api/ask.ts": ""},
        {"src/background/messages/ask.ts": True, "popup.tsx": True, "ai.ts": True, "api/ask.ts": False},
    ),
)  # fmt: skip


@pytest.mark.parametrize(("app", "expected"), EXTENSIONS)
def test_where_a_browser_extension_starts(app: dict[str, str], expected: dict[str, bool | None]) -> None:
    found = sides(app)
    assert {path: found[path] for path in expected} == expected


def test_a_package_that_is_nothing_but_a_server() -> None:
    app = {
        "package.json": manifest("express"),
        "routes/a.js": "",
        "index.js": 'require("./routes/a")',
        "public/site.js": "",
        "test/a.test.js": "",
    }
    assert sides(app) == {"routes/a.js": False, "index.js": False, "public/site.js": True, "test/a.test.js": False}


def test_what_brings_in_what_servers_are_made_with_is_one() -> None:
    app = {
        "app.mjs": 'import express from "express"; import "./a.mjs"',
        "a.mjs": "",
        "kinds.ts": 'import type { Request } from "express"',
        "other.mjs": "",
    }
    assert sides(app) == {"app.mjs": False, "a.mjs": False, "kinds.ts": None, "other.mjs": None}
    page = {**app, "index.html": '<script type="module" src="app.mjs"></script>'}
    assert sides(page) == {"app.mjs": True, "a.mjs": True, "kinds.ts": None, "other.mjs": None}


def test_what_no_known_framework_reaches_can_not_be_told() -> None:
    assert sides({"package.json": manifest("@builder.io/qwik"), "src/a.tsx": ""}) == {"src/a.tsx": None}
    assert sides({"main.ts": 'import "./a"', "a.ts": ""}) == {"main.ts": None, "a.ts": None}
    electron = {"package.json": manifest("electron", "express", main="main.js"), "main.js": ""}
    assert sides(electron) == {"main.js": None}


# --- prefixes of public variables


def test_active_prefixes() -> None:
    app = {
        "package.json": manifest("turbo", name="root"),
        "apps/web/package.json": manifest("next", "lib", "vite", name="web"),
        "apps/web/app/page.tsx": "",
        "apps/admin/package.json": manifest("vite", name="admin"),
        "apps/admin/index.html": '<script src="/a.js"></script>',
        "apps/admin/vite.config.ts": "export default { envPrefix: ['ADMIN_'] }",
        "apps/site/package.json": manifest("astro", "vite", name="site"),
        "apps/mobile/package.json": manifest("expo", name="mobile"),
        "packages/lib/package.json": manifest("deep", name="lib"),
        "packages/deep/package.json": manifest(name="deep"),
        "packages/alone/package.json": manifest(name="alone"),
        "api/pyproject.toml": "[project]\nname = 'api'",
    }
    found = graph(app)
    assert {package.name: found.active_prefixes(package) for package in found.packages} == {
        "root": ("ADMIN_", "EXPO_PUBLIC_", "NEXT_PUBLIC_", "PUBLIC_", "VITE_"),
        "web": ("NEXT_PUBLIC_",),
        "admin": ("ADMIN_",),
        "site": ("PUBLIC_", "VITE_"),
        "mobile": ("EXPO_PUBLIC_",),
        "lib": ("NEXT_PUBLIC_",),
        "deep": ("NEXT_PUBLIC_",),
        "alone": (),
        "api": (),
    }


@pytest.mark.parametrize(
    ("dependencies", "config", "text", "expected"),
    [
        (("next",), "next.config.js", "", ("NEXT_PUBLIC_",)),
        (("next", "vite"), "app/page.tsx", "", ("NEXT_PUBLIC_",)),
        (("react", "vite"), "vite.config.ts", "", ("VITE_",)),
        (("vite",), "vite.config.ts", "export default defineConfig({ envPrefix: 'SHOP_' })", ("SHOP_",)),
        (("vite",), "vite.config.ts", "export default { envPrefix: ['SHOP_', 'VITE_'] }", ("SHOP_", "VITE_")),
        (("vite",), "vite.config.ts", "export default { envPrefix: prefixes() }", ("VITE_",)),
        (("react-scripts",), "src/index.js", "", ("REACT_APP_",)),
        (("@craco/craco",), "craco.config.js", "", ("REACT_APP_",)),
        (("expo",), "app.json", "{}", ("EXPO_PUBLIC_",)),
        (("@sveltejs/kit", "vite"), "svelte.config.js", "", ("PUBLIC_", "VITE_")),
        (("@sveltejs/kit", "vite"), "svelte.config.js", "export default { kit: { env: { publicPrefix: 'SHOWN_' } } }", ("SHOWN_", "VITE_")),
        (("nuxt",), "nuxt.config.ts", "", ("NUXT_PUBLIC_",)),
        (("react-router", "@react-router/dev", "vite"), "react-router.config.ts", "", ("VITE_",)),
        (("@remix-run/react", "vite"), "vite.config.ts", "", ("VITE_",)),
        (("astro",), "astro.config.mjs", "", ("PUBLIC_",)),
        (("@tanstack/react-start", "vite"), "vite.config.ts", "", ("VITE_",)),
        (("gatsby",), "gatsby-config.js", "", ("GATSBY_",)),
        (("@vue/cli-service",), "vue.config.js", "", ("VUE_APP_",)),
        (("@angular/core",), "src/main.ts", "", ()),
        (("@angular/core", "@ngx-env/builder"), "src/main.ts", "", ("NG_APP_",)),
        (("@rsbuild/core",), "rsbuild.config.ts", "", ("PUBLIC_",)),
        (("storybook", "@storybook/react-vite"), ".storybook/main.ts", "", ("STORYBOOK_",)),
        (("express",), "server.js", "", ()),
    ],
)
def test_each_framework_has_its_prefixes(dependencies: tuple[str, ...], config: str, text: str, expected: tuple[str, ...]) -> None:
    found = graph({"package.json": manifest(*dependencies), config: text})
    assert found.active_prefixes(found.packages[0]) == expected


# --- laws


WHOLE = {f"a/{path}": text for path, text in NEXT.items()} | {
    "b/package.json": manifest("vite"),
    "b/index.html": '<script type="module" src="/src/main.ts"></script>',
    "b/src/main.ts": 'import "./x"',
    "b/src/x.ts": "",
    "b/src/form.ts": '"use client"',
}


@given(st.randoms())
def test_the_order_of_files_does_not_matter(shuffler: random.Random) -> None:
    files = looked_at(WHOLE)
    shuffler.shuffle(files)
    assert modules(files).modules == modules(looked_at(WHOLE)).modules


def test_two_apps_under_one_root_give_what_each_gives_alone() -> None:
    both = {path: (module.side, len(module.reach)) for module in graph(WHOLE).modules if (path := module.path)}
    alone = {}
    for root in ("a", "b"):
        part = {path.removeprefix(f"{root}/"): text for path, text in WHOLE.items() if path.startswith(f"{root}/")}
        alone |= {f"{root}/{module.path}": (module.side, len(module.reach)) for module in graph(part).modules}
    assert both == alone


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_browsers_get_exactly_what_imports_reach(edges: list[tuple[int, int]]) -> None:
    app = {f"m{number}.js": "".join(f'import "./m{to}.js"\n' for start, to in edges if start == number) for number in range(8)}
    reached, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        fresh = {to for start, to in edges if start == here} - reached
        reached |= fresh
        waiting += fresh
    found = graph({**app, "index.html": '<script type="module" src="m0.js"></script>'})
    assert {number for number in range(8) if found.in_browser(f"m{number}.js")} == reached
    assert all(found.reach(f"m{number}.js") for number in reached)


def test_of_a_long_chain_both_ends_are_told() -> None:
    app = {f"m{number}.js": f'import "./m{number + 1}.js"' for number in range(10_000)}
    start = time.process_time()
    found = graph({**app, "index.html": '<script type="module" src="m0.js"></script>'})
    assert len(found.modules) == 10_001
    first, gap, *last = found.reach("m9999.js")
    assert (first.note, gap.note) == ("index.html is a page", "and so on, through more modules")
    assert [step.place.path for step in last] == [f"m{number}.js" for number in range(9979, 9999)]
    assert time.process_time() - start < 20
