"""Small apps of every kind of bundler, with what the documentation of each says that browsers start with: test_reach_agrees bundles them."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Bundled(NamedTuple):
    """An app. ``client`` and ``server`` are where bundles start, the others as bundle.mjs says; ``linked`` are packages by name, as npm links those of a workspace."""

    files: dict[str, str]
    client: tuple[str, ...] = ()
    server: tuple[str, ...] = ()
    split: str = ""
    functions: bool = False
    cut: str = ""
    alias: Mapping[str, str] = MappingProxyType({})
    linked: Mapping[str, str] = MappingProxyType({})


def manifest(*dependencies: str, **more: object) -> str:
    return json.dumps({"dependencies": dict.fromkeys(dependencies, "*"), **more})


def value(*names: str) -> str:
    return "".join(f"export const {name} = 1;\n" for name in names)


PATHS = '{\n  // comments and trailing commas\n  "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./*"], }, },\n}'

NEXT_APP = Bundled(
    {
        "package.json": manifest("next", "react"),
        "tsconfig.json": PATHS,
        "next.config.ts": "export default {}",
        "app/layout.tsx": 'import { Shell } from "@/components/shell";\nimport { db } from "@/lib/db";\nexport default function Layout({ children }) {\n  return <Shell user={db}>{children}</Shell>;\n}\n',
        "app/page.tsx": 'import { Form } from "@/components";\nimport { Chart } from "@/components/chart";\nexport default async function Page() {\n  return <Form><Chart /></Form>;\n}\n',
        "app/global-error.tsx": '"use client";\nimport { report } from "@/lib/report";\nexport default function Failed() {\n  report();\n}\n',
        "app/api/notes/route.ts": 'import { db } from "@/lib/db";\nexport const GET = () => Response.json(db);\n',
        "app/actions.ts": '"use server";\nimport { db } from "@/lib/db";\nimport { mail } from "@/lib/mail";\nexport async function save() {\n  mail(db);\n}\n',
        "instrumentation-client.ts": 'import "@/lib/metrics";\n',
        "instrumentation.ts": 'import "@/lib/tracing";\n',
        "middleware.ts": 'import { session } from "@/lib/session";\nexport const middleware = session;\n',
        "components/index.ts": 'export { Form } from "./form";\nexport * from "./card";\n',
        "components/form.tsx": '"use client";\nimport { save } from "@/app/actions";\nimport { format } from "@/lib/format";\nimport type { Row } from "@/lib/db";\nimport { type Note, title } from "@/lib/notes";\nimport { Shape } from "@/lib/shapes";\nexport function Form({ row }: { row: Row; note: Note; shape: Shape }) {\n  return <form action={save}>{format(title(row))}</form>;\n}\n',
        "components/card.tsx": 'import { price } from "@/lib/price";\nexport const Card = () => <p>{price}</p>;\n',
        "components/chart.tsx": '/* a chart */ "use client";\nimport dynamic from "next/dynamic";\nconst Axis = dynamic(() => import("./axis"));\nexport const Chart = () => <Axis />;\n',
        "components/axis.tsx": 'import scale from "@/lib/scale";\nexport default () => scale;\n',
        "components/shell.tsx": 'import { Menu } from "./menu";\nexport const Shell = ({ children }) => <Menu>{children}</Menu>;\n',
        "components/menu.tsx": "'use client'\n\nimport { items } from './items'\nexport const Menu = () => items\n",
        "components/items.ts": 'export { items } from "../lib/circle";\n',
        "components/unused.tsx": '"use server";\nexport const unused = 1;\n',
        "lib/circle.ts": 'import { again } from "./again";\nexport const items = [again];\n',
        "lib/again.ts": 'import { items } from "./circle";\nexport const again = () => items;\n',
        "lib/db.ts": 'import "server-only";\nimport { pool } from "./pool";\nexport type Row = string;\nexport const db = pool;\n',
        "lib/pool.ts": value("pool"),
        "lib/mail.ts": value("mail"),
        "lib/notes.ts": 'import { format } from "./format";\nexport type Note = string;\nexport const title = format;\n',
        "lib/shapes.ts": 'import { draw } from "./draw";\nexport interface Shape { draw: typeof draw }\nexport const shape = draw;\n',
        **dict.fromkeys(["lib/report.ts", "lib/metrics.ts", "lib/tracing.ts", "lib/session.ts", "lib/draw.ts"], value("report", "session", "draw")),
        "lib/format.ts": value("format"),
        "lib/price.ts": value("price"),
        "lib/scale.ts": "export default 1;\n",
    },
    client=("instrumentation-client.ts", "app/global-error.tsx"),
    server=("app/layout.tsx", "app/page.tsx", "app/api/notes/route.ts", "app/actions.ts", "middleware.ts", "instrumentation.ts"),
)  # fmt: skip

NEXT_PAGES = Bundled(
    {
        "package.json": manifest("next", "react"),
        "jsconfig.json": '{ "compilerOptions": { "baseUrl": "src" } }',
        "next.config.js": "module.exports = {};\n",
        "src/pages/_app.jsx": 'import { Frame } from "parts/frame";\nexport default function App({ Component }) {\n  return <Frame><Component /></Frame>;\n}\n',
        "src/pages/_document.jsx": 'import { Head } from "parts/head";\nexport default Head;\n',
        "src/pages/index.jsx": 'import { all } from "data/notes";\nimport { secret } from "data/secret";\nimport { List } from "parts/list";\nimport { both } from "data/both";\n\nconst limit = secret;\n\nexport async function getServerSideProps() {\n  return { props: { notes: all(limit, both) } };\n}\n\nexport default function Page({ notes }) {\n  return <List notes={notes} size={both} />;\n}\n',
        "src/pages/about.jsx": 'import { paths } from "data/paths";\nimport { text } from "data/text";\nexport const getStaticPaths = async () => ({ paths });\nexport const getStaticProps = async () => ({ props: { text } });\nexport default function About(props) {\n  return <p>{props.words}</p>;\n}\n',
        "src/pages/mixed.jsx": 'export { getServerSideProps } from "data/guard";\nexport { default } from "parts/mixed";\n',
        "src/pages/api/notes.js": 'import { all } from "data/notes";\nexport default (req, res) => res.json(all());\n',
        "src/parts/frame.jsx": value("Frame"),
        "src/parts/head.jsx": value("Head"),
        "src/parts/list.jsx": 'import { row } from "./row";\nexport const List = row;\n',
        "src/parts/row.jsx": value("row"),
        "src/parts/mixed.jsx": "export default () => null;\n",
        "src/data/notes.js": 'import { connect } from "./connect";\nexport const all = connect;\n',
        **{f"src/data/{name}.js": value(name) for name in ("connect", "secret", "both", "paths", "text")},
        "src/data/guard.js": value("getServerSideProps"),
    },
    client=("src/pages/_app.jsx", "src/pages/index.jsx", "src/pages/about.jsx", "src/pages/mixed.jsx"),
    split="^src/pages/",
)  # fmt: skip

VITE = Bundled(
    {
        "package.json": manifest("vite", "react", "express"),
        "vite.config.ts": 'import path from "path";\nimport "./server/vite";\nexport default { resolve: { alias: { "@": path.resolve(__dirname, "./src") } } };\n',
        "tsconfig.json": '{ "extends": "./tsconfig.base.json" }',
        "tsconfig.base.json": '{ "compilerOptions": { "paths": { "@/*": ["./src/*"], "@shared/*": ["./shared/*"] } } }',
        "index.html": '<div id="root"></div>\n<!-- <script type="module" src="/src/old.ts"></script> -->\n<script type="module" src="/src/main.tsx"></script>\n<script type="module">\n  import "./src/inline";\n</script>\n',
        "src/main.tsx": 'import { lazy } from "react";\nimport App from "@/App";\nimport "./style.css";\nconst Settings = lazy(() => import("./pages/Settings"));\nconst all = import.meta.glob("./widgets/*.tsx");\nApp(Settings, all);\n',
        "src/App.tsx": 'import { schema, type Row } from "@shared/schema";\nimport data from "./data.json";\nimport { ssr } from "./ssr";\nif (import.meta.env.SSR) {\n  await import("./render");\n}\nexport default function App(): Row {\n  return schema(data, ssr);\n}\n',
        "src/style.css": "p { color: red }",
        "src/data.json": "{}",
        "src/ssr.ts": 'export const ssr = typeof window === "undefined" ? await import("./node") : 1;\n',
        "src/pages/Settings.tsx": 'const legacy = require("../legacy");\nexport default () => legacy;\n',
        "src/widgets/one.tsx": value("one"),
        "src/widgets/two.tsx": 'import { helper } from "../lib/helper";\nexport const two = helper;\n',
        "src/lib/helper.js": 'export * as helper from "./deep";\n',
        "src/lib/deep.js": value("deep"),
        "src/inline.ts": value("inline"),
        "src/legacy.js": 'module.exports = require("./more");\n',
        "src/more.cjs": "exports.more = 1;\n",
        "src/more.js": "exports.more = 1;\n",
        "src/render.ts": value("render"),
        "src/node.ts": value("node"),
        "src/old.ts": value("old"),
        "shared/schema.ts": 'import { z } from "zod";\nimport { table } from "../server/table";\nexport type Row = typeof table;\nexport const schema = z;\n',
        "server/index.ts": 'import { schema } from "../shared/schema";\nimport "./db";\nschema();\n',
        "server/vite.ts": value("dev"),
        "server/db.ts": value("db"),
        "server/table.ts": value("table"),
        "api/hello.ts": 'import "../server/db";\n',
    },
    client=("index.html",),
)  # fmt: skip

CRA = Bundled(
    {
        "package.json": manifest("react-scripts", "react"),
        "jsconfig.json": '{ "compilerOptions": { "baseUrl": "src" } }',
        "public/index.html": '<div id="root"></div>',
        "src/index.js": 'import React from "react";\nimport App from "./App";\nimport * as worker from "./worker";\nworker.register(<App />);\n',
        "src/App.js": 'import { api } from "services/api";\nimport Header from "./components/Header";\nexport default () => <Header api={api} />;\n',
        "src/App.test.js": 'import { fake } from "./fake";\nfake();\n',
        "src/setupTests.js": 'import "./fake";\n',
        "src/fake.js": value("fake"),
        "src/worker.js": value("register"),
        "src/services/api.js": 'const { base } = require("./base");\nexport const api = base;\n',
        "src/services/base.js": "exports.base = 1;\n",
        "src/components/Header/index.jsx": 'export { default } from "./Header";\n',
        "src/components/Header/Header.jsx": "export default () => <h1 />;\n",
        "server/index.js": 'const { secret } = require("./secret");\nsecret();\n',
        "server/secret.js": "exports.secret = 1;\n",
    },
    client=("src/index.js",),
)  # fmt: skip

EXPO = Bundled(
    {
        "package.json": manifest("expo", "expo-router", "react-native", main="expo-router/entry"),
        "tsconfig.json": '{ "extends": "expo/tsconfig.base", "compilerOptions": { "paths": { "@/*": ["./*"] } } }',
        "app.config.ts": 'import { version } from "./scripts/version";\nexport default { version };\n',
        "scripts/version.ts": value("version"),
        "app/_layout.tsx": 'import { Theme } from "@/lib/theme";\nexport default () => <Theme />;\n',
        "app/(tabs)/index.tsx": 'import { Button } from "@/components/button";\nexport default () => <Button />;\n',
        "app/notes+api.ts": 'import { db } from "@/lib/db";\nexport const GET = () => db;\n',
        "components/button.tsx": 'import { press } from "../lib/press";\nexport const Button = press;\n',
        **{f"lib/{name}.ts": value(name) for name in ("press", "db")},
        "lib/theme.tsx": value("Theme"),
    },
    client=("app/_layout.tsx", "app/(tabs)/index.tsx"),
)  # fmt: skip

SVELTEKIT = Bundled(
    {
        "package.json": manifest("@sveltejs/kit", "vite", "svelte"),
        "svelte.config.js": "export default {};\n",
        "src/app.html": "<body>%sveltekit.body%</body>",
        "src/hooks.client.ts": 'import { report } from "$lib/report";\nreport();\n',
        "src/hooks.server.ts": 'import { session } from "$lib/server/session";\nexport const handle = session;\n',
        "src/routes/+layout.svelte": '<script lang="ts">\n  import Menu from "$lib/Menu.svelte";\n</script>\n<Menu />\n<slot />\n',
        "src/routes/+layout.server.ts": 'import { user } from "$lib/server/user";\nexport const load = user;\n',
        "src/routes/+page.svelte": '<script context="module" lang="ts">\n  import { title } from "$lib/title";\n</script>\n<script lang="ts">\n  import type { Row } from "$lib/server/user";\n  import { format } from "$lib";\n  export let row: Row;\n</script>\n<p>{format(title, row)}</p>\n',
        "src/routes/+page.ts": 'import { ask } from "$lib/ask";\nexport const load = ask;\n',
        "src/routes/+page.server.ts": 'import { db } from "$lib/db";\nexport const actions = { default: db };\n',
        "src/routes/api/+server.ts": 'import { db } from "$lib/db";\nexport const GET = db;\n',
        "src/routes/+error.svelte": "<p>no</p>\n",
        "src/lib/index.ts": 'export { format } from "./format";\n',
        "src/lib/Menu.svelte": '<script>\n  import { items } from "./items.js";\n</script>\n{items}\n',
        "src/lib/server/session.ts": value("session"),
        "src/lib/server/user.ts": value("user") + "export type Row = 1;\n",
        **{f"src/lib/{name}.ts": value(name) for name in ("report", "title", "format", "ask", "db", "items")},
    },
    client=(
        "src/hooks.client.ts",
        "src/routes/+layout.svelte",
        "src/routes/+page.svelte",
        "src/routes/+page.ts",
        "src/routes/+error.svelte",
    ),
    cut=r"(^|/)lib/server/|\.server\.",
    alias={"$lib": "src/lib"},
)  # fmt: skip

NUXT = Bundled(
    {
        "package.json": manifest("nuxt", "vue"),
        "nuxt.config.ts": "export default {};\n",
        "app.vue": '<script setup lang="ts">\nimport { theme } from "~/theme";\n</script>\n<template><NuxtPage :theme="theme" /></template>\n',
        "pages/index.vue": '<script setup lang="ts">\nimport { format } from "@/text/format";\nimport type { Row } from "~~/server/rows";\nconst row: Row = 1;\n</script>\n<template>{{ format(row) }}</template>\n',
        "components/Card.vue": "<template><p /></template>\n<script>\nimport { size } from '../text/size'\nexport default { size }\n</script>\n",
        "components/Box.server.vue": '<script setup>\nimport { rows } from "~~/server/rows";\n</script>\n',
        "composables/useNotes.ts": 'import { ask } from "~/text/ask";\nexport const useNotes = ask;\n',
        "plugins/chart.client.ts": 'import "~/text/chart";\n',
        "plugins/db.server.ts": 'import { pool } from "~/text/pool";\npool();\n',
        "middleware/auth.ts": 'import { check } from "~/text/check";\nexport default check;\n',
        "server/api/notes.ts": 'import { rows } from "../rows";\nexport default () => rows;\n',
        "server/rows.ts": value("rows") + "export type Row = 1;\n",
        "theme.ts": value("theme"),
        **{f"text/{name}.ts": value(name) for name in ("format", "size", "ask", "chart", "pool", "check")},
    },
    client=("app.vue", "pages/index.vue", "components/Card.vue", "composables/useNotes.ts", "plugins/chart.client.ts", "middleware/auth.ts"),
    cut=r"\.server\.",
    alias={"~~": ".", "~": ".", "@": "."},
)  # fmt: skip

NUXT_FOUR = Bundled(
    {
        "package.json": manifest("nuxt", "vue"),
        "nuxt.config.ts": "export default {};\n",
        "app/app.vue": '<script setup lang="ts">\nimport { theme } from "~/theme";\nimport { names } from "#shared/names";\n</script>\n<template>{{ theme(names) }}</template>\n',
        "app/pages/index.vue": '<script setup>\nimport { format } from "~/text/format";\n</script>\n',
        "app/layouts/default.vue": "<template><slot /></template>\n",
        "app/theme.ts": value("theme"),
        "app/text/format.ts": value("format"),
        "app/text/unused.ts": value("unused"),
        "shared/names.ts": value("names"),
        "server/api/notes.get.ts": 'import { names } from "#shared/names";\nimport { pool } from "../utils/pool";\nexport default () => pool(names);\n',
        "server/utils/pool.ts": value("pool"),
    },
    client=("app/app.vue", "app/pages/index.vue", "app/layouts/default.vue"),
    alias={"~": "app", "#shared": "shared"},
)  # fmt: skip

REACT_ROUTER = Bundled(
    {
        "package.json": manifest("@react-router/dev", "react-router", "vite"),
        "tsconfig.json": '{ "compilerOptions": { "paths": { "~/*": ["./app/*"] } } }',
        "app/routes.ts": 'import { index, route } from "@react-router/dev/routes";\nexport default [index("./home.tsx"), route("notes", "./notes/page.tsx"), route("orders", "./orders.tsx"), route("api/mail", "./api/mail.ts")];\n',
        "app/root.tsx": 'import { session } from "~/session";\nimport { Frame } from "~/ui/frame";\n\nexport async function loader({ request }) {\n  return session(request);\n}\n\nexport const meta = () => [];\n\nexport default function Root() {\n  return <Frame />;\n}\n',
        "app/entry.client.tsx": 'import { start } from "./start";\nstart();\n',
        "app/entry.server.tsx": 'import { render } from "./render";\nexport default render;\n',
        "app/home.tsx": 'import { db, rows } from "~/db";\nimport { check } from "~/check";\nimport { Card } from "~/ui/card";\nimport { shared } from "~/shared";\nimport { keys } from "~/keys.server";\nimport type { Row } from "~/db";\n\nconst order = (list: Row[]) => check(list);\n\nexport const loader = async () => order(await rows(db, shared, keys));\n\nexport async function action() {\n  return order([]);\n}\n\nexport function clientLoader() {\n  return shared;\n}\n\nexport default function Home() {\n  return <Card />;\n}\n',
        "app/notes/page.tsx": 'import { Card } from "~/ui/card";\nexport { loader } from "./query";\nexport default Card;\n',
        "app/notes/query.ts": value("loader"),
        "app/orders.tsx": 'import { useOrders } from "~/hooks";\nimport { count, list, store, total } from "~/orders-data";\nimport { tax } from "~/tax";\n\nexport async function loader() {\n  return [list(), total, count, store, tax];\n}\n\nexport default function Orders() {\n  const { list, sum: total, count = 0 } = useOrders();\n  const [store] = useOrders();\n  return [list(), total, count, store].map((one) => {\n    return one;\n  });\n}\n\nexport function ErrorBoundary() {\n  if (location.hash) {\n    const tax = useOrders();\n    return tax;\n  }\n  return tax;\n}\n',
        "app/orders-data.ts": value("count", "list", "store", "total"),
        **{f"app/{name}.ts": value(exported) for name, exported in (("hooks", "useOrders"), ("tax", "tax"))},
        "app/api/mail.ts": 'import { send } from "~/send";\nexport const action = () => send();\n',
        "app/ui/card.tsx": 'import { size } from "./size";\nexport const Card = () => size;\n',
        "app/ui/frame.tsx": value("Frame"),
        **{f"app/{name}.ts": value(name) for name in ("session", "start", "render", "check", "shared", "send")},
        "app/ui/size.ts": value("size"),
        "app/db.ts": 'import { pool } from "./pool";\nexport type Row = 1;\nexport const db = pool;\nexport const rows = pool;\n',
        "app/pool.ts": value("pool"),
        "app/keys.server.ts": value("keys"),
    },
    client=("app/root.tsx", "app/entry.client.tsx", "app/home.tsx", "app/notes/page.tsx", "app/orders.tsx"),
    split=r"^app/(?:root|home|orders|notes/page)\.tsx$",
    cut=r"\.server\.|/\.server/",
)  # fmt: skip

REMIX = Bundled(
    {
        "package.json": manifest("@remix-run/react", "@remix-run/dev"),
        "tsconfig.json": '{ "compilerOptions": { "baseUrl": ".", "paths": { "~/*": ["./app/*"] } } }',
        "app/root.jsx": "export default function Root() {\n  return null;\n}\n",
        "app/entry.client.jsx": value("start"),
        "app/routes/_index.jsx": 'import { json } from "@remix-run/node";\nimport { all } from "~/models/note.server";\nimport { cookie } from "~/cookie";\nimport { Title } from "~/ui/title";\n\nexport const loader = async () => {\n  return json(await all(cookie));\n};\n\nexport const headers = () => ({});\n\nexport default function Index() {\n  return <Title />;\n}\n',
        "app/routes/logout.js": 'import { cookie } from "~/cookie";\nexport const action = () => cookie;\n',
        "app/models/note.server.js": 'import { pool } from "./pool";\nexport const all = pool;\n',
        "app/models/pool.js": value("pool"),
        "app/cookie.js": value("cookie"),
        "app/ui/title.jsx": value("Title"),
    },
    client=("app/root.jsx", "app/entry.client.jsx", "app/routes/_index.jsx"),
    split="^app/(?:root|routes/)",
    cut=r"\.server\.|/\.server/",
)  # fmt: skip

ASTRO = Bundled(
    {
        "package.json": manifest("astro", "@astrojs/react"),
        "tsconfig.json": '{ "extends": "astro/tsconfigs/strict", "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
        "astro.config.mjs": "export default {};\n",
        "src/pages/index.astro": '---\nimport { db } from "@/db";\nimport Chart from "@/ui/Chart.tsx";\nimport Card from "../ui/Card.tsx";\nimport Frame from "@/ui/Frame.astro";\nconst rows = await db();\n---\n<Frame>\n  <Card rows={rows} />\n  <Chart client:visible rows={rows} />\n</Frame>\n<script>\n  import { menu } from "../menu";\n  menu();\n</script>\n',
        "src/pages/api/notes.ts": 'import { db } from "@/db";\nexport const GET = () => db();\n',
        "src/middleware.ts": 'import { session } from "./session";\nexport const onRequest = session;\n',
        "src/actions/index.ts": 'import { db } from "../db";\nexport const server = { db };\n',
        "src/ui/Frame.astro": '---\nimport { site } from "@/site";\n---\n<html><slot /></html>\n<script src="../track.ts"></script>\n',
        "src/ui/Card.tsx": 'import { price } from "../price";\nexport default () => price;\n',
        "src/ui/Chart.tsx": 'import { axis } from "../axis";\nexport default () => axis;\n',
        **{f"src/{name}.ts": value(name) for name in ("db", "menu", "session", "site", "price", "axis", "track")},
    },
    client=("src/pages/index.astro", "src/track.ts"),
)  # fmt: skip

TANSTACK = Bundled(
    {
        "package.json": manifest("@tanstack/react-start", "@tanstack/react-router", "vite"),
        "tsconfig.json": '{ "compilerOptions": { "paths": { "~/*": ["./src/*"] } } }',
        "src/router.tsx": 'import { routeTree } from "./routeTree.gen";\nexport const getRouter = () => routeTree;\n',
        "src/routeTree.gen.ts": 'import { Route as root } from "./routes/__root";\nimport { Route as index } from "./routes/index";\nexport const routeTree = [root, index];\n',
        "src/routes/__root.tsx": 'import { createRootRoute } from "@tanstack/react-router";\nimport { user } from "~/user";\nimport { Frame } from "~/ui/frame";\n\nexport const Route = createRootRoute({ beforeLoad: () => user(), component: Frame });\n',
        "src/routes/index.tsx": 'import { createFileRoute } from "@tanstack/react-router";\nimport { notes } from "~/notes";\nimport { cache } from "~/cache";\n\nexport const Route = createFileRoute("/")({ loader: () => cache(notes()), component: () => null });\n',
        "src/notes.ts": 'import { createServerFn } from "@tanstack/react-start";\nimport { db } from "./db";\nimport { keys } from "./keys";\nimport { rules } from "./rules";\n\nconst secret = keys;\n\nexport const notes = createServerFn({ method: "GET" })\n  .validator(rules)\n  .handler(async () => db(secret));\n',
        "src/user.ts": 'import { createServerFn, createServerOnlyFn } from "@tanstack/react-start";\nimport { session } from "./session";\nimport { token } from "./token";\n\nconst read = createServerOnlyFn(() => token());\n\nexport const user = createServerFn().handler(() => session(read()));\n',
        **{f"src/{name}.ts": value(name) for name in ("db", "keys", "rules", "session", "token", "cache")},
        "src/ui/frame.tsx": value("Frame"),
    },
    client=("src/router.tsx", "src/routes/__root.tsx", "src/routes/index.tsx"),
    functions=True,
    cut=r"\.server\.",
)  # fmt: skip

GATSBY = Bundled(
    {
        "package.json": manifest("gatsby", "react"),
        "gatsby-config.js": 'const { site } = require("./site");\nmodule.exports = { site };\n',
        "gatsby-node.js": 'const { create } = require("./src/create");\nexports.createPages = create;\n',
        "gatsby-ssr.js": 'import { wrap } from "./src/wrap-server";\nexport const wrapRootElement = wrap;\n',
        "gatsby-browser.js": 'import { wrap } from "./src/wrap";\nexport const wrapRootElement = wrap;\n',
        "site.js": "exports.site = 1;\n",
        "src/pages/index.jsx": 'import { Layout } from "../layout";\nimport { prices } from "../prices";\n\nexport async function getServerData() {\n  return { props: prices };\n}\n\nexport default function Index() {\n  return <Layout />;\n}\n',
        "src/templates/post.jsx": 'import { Layout } from "../layout";\nexport default Layout;\n',
        "src/api/mail.js": 'import { send } from "../send";\nexport default send;\n',
        "src/layout.jsx": value("Layout"),
        **{f"src/{name}.js": value(*({"wrap", name} - {"wrap-server"})) for name in ("wrap", "wrap-server", "prices", "send")},
        "src/create.js": "exports.create = 1;\n",
    },
    client=("gatsby-browser.js", "src/pages/index.jsx", "src/templates/post.jsx"),
    split="^src/(?:pages|templates)/",
)  # fmt: skip

VUE_CLI = Bundled(
    {
        "package.json": manifest("@vue/cli-service", "vue"),
        "vue.config.js": 'require("./build/env");\nmodule.exports = {};\n',
        "build/env.js": "exports.env = 1;\n",
        "public/index.html": '<div id="app"></div>',
        "src/main.js": 'import Vue from "vue";\nimport App from "./App.vue";\nimport router from "@/router";\nnew Vue({ router, App });\n',
        "src/App.vue": '<template><List /></template>\n<script>\nimport List from "@/components/List.vue";\nexport default { components: { List } };\n</script>\n<style>p {}</style>\n',
        "src/components/List.vue": '<script>\nimport { api } from "../api";\nexport default { data: api };\n</script>\n',
        "src/router/index.js": 'export default [{ component: () => import("../views/About.vue") }];\n',
        "src/views/About.vue": "<template><p /></template>\n",
        "src/api.js": value("api"),
        "server.js": 'require("./src/database");\n',
        "src/database.js": "exports.database = 1;\n",
    },
    client=("src/main.js",),
    alias={"@": "src"},
)  # fmt: skip

ANGULAR = Bundled(
    {
        "package.json": manifest("@angular/core", "@angular/ssr", "express"),
        "tsconfig.json": '{ "compilerOptions": { "baseUrl": "./", "paths": { "@env": ["src/environments/environment.ts"] } } }',
        "src/main.ts": 'import { AppComponent } from "./app/app.component";\nimport { routes } from "./app/app.routes";\nconsole.log(AppComponent, routes);\n',
        "src/main.server.ts": 'import { config } from "./app/app.config.server";\nconsole.log(config);\n',
        "server.ts": 'import { mail } from "./mail";\nmail();\n',
        "mail.ts": value("mail"),
        "src/app/app.component.ts": 'import { environment } from "@env";\nimport { NotesService } from "./notes.service";\nexport class AppComponent {\n  url = environment.url;\n  notes = new NotesService();\n}\n',
        "src/app/app.routes.ts": 'export const routes = [{ path: "", loadComponent: () => import("./lazy.component").then((m) => m.LazyComponent) }];\n',
        "src/app/lazy.component.ts": value("LazyComponent"),
        "src/app/notes.service.ts": 'import { Note } from "./note";\nexport class NotesService {\n  all: Note[] = [];\n}\n',
        "src/app/note.ts": "export interface Note { text: string }\n",
        "src/app/app.config.server.ts": value("config"),
        "src/environments/environment.ts": "export const environment = { url: 1 };\n",
        "src/environments/environment.prod.ts": "export const environment = { url: 2 };\n",
    },
    # What takes the place of another file in a build of another kind is bundled, too.
    client=("src/main.ts", "src/environments/environment.prod.ts"),
)  # fmt: skip

PLAIN = Bundled(
    {
        "index.html": '<script src="js/app.js"></script>\n<script>\n  const key = 1;\n</script>\n<script type="application/json">{ "a": 1 }</script>\n',
        "about/index.html": '<script type="module">\n  import { show } from "../js/show.js";\n  show();\n</script>\n',
        "js/app.js": 'console.log("plain");\n',
        "js/show.js": 'import { text } from "./text.js";\nexport const show = () => text;\n',
        "js/text.js": value("text"),
        "js/unused.js": value("unused"),
    },
    client=("index.html", "about/index.html"),
)  # fmt: skip

EXTENSION = Bundled(
    {
        "manifest.json": json.dumps(
            {
                "manifest_version": 3,
                "background": {"service_worker": "src/background.js", "type": "module"},
                "content_scripts": [{"matches": ["<all_urls>"], "js": ["src/content.js"]}],
                "action": {"default_popup": "popup.html"},
                "options_ui": {"page": "options/index.html"},
                "side_panel": {"default_path": "panel.html"},
                "devtools_page": "devtools.html",
                "web_accessible_resources": [{"resources": ["src/injected.js", "images/*"], "matches": ["<all_urls>"]}],
            }
        ),
        "popup.html": '<script type="module" src="src/popup.js"></script>',
        "options/index.html": '<script src="options.js"></script>',
        "panel.html": '<script src="/src/panel.js" type="module"></script>',
        "devtools.html": "<script></script>",
        "options/options.js": 'console.log("options");\n',
        "src/background.js": 'import { sync } from "./sync.js";\nsync();\n',
        "src/content.js": 'console.log("content");\n',
        "src/injected.js": 'console.log("injected");\n',
        "src/popup.js": 'import { sync } from "./sync.js";\nsync();\n',
        "src/panel.js": value("panel"),
        "src/sync.js": value("sync"),
        "scripts/release.js": 'import "../src/unused.js";\n',
        "src/unused.js": value("unused"),
    },
    client=(
        "popup.html",
        "options/index.html",
        "panel.html",
        "devtools.html",
        "src/background.js",
        "src/content.js",
        "src/injected.js",
    ),
)  # fmt: skip

MONOREPO = Bundled(
    {
        "package.json": manifest("turbo", workspaces=["apps/*", "packages/*"]),
        "apps/web/package.json": manifest("next", "@acme/ui", "@acme/db", name="web"),
        "apps/web/next.config.js": "module.exports = {};\n",
        "apps/web/app/page.tsx": 'import { Button, Card } from "@acme/ui";\nimport { rows } from "@acme/db";\nexport default async () => <Button rows={await rows()}><Card /></Button>;\n',
        "apps/admin/package.json": manifest("vite", "@acme/ui", "@acme/text", name="admin"),
        "apps/admin/index.html": '<script type="module" src="/src/main.ts"></script>',
        "apps/admin/src/main.ts": 'import { upper } from "@acme/text/upper";\nimport type { Row } from "@acme/db";\nimport { Panel } from "@acme/ui/panel";\nupper(Panel as Row);\n',
        "apps/mobile/package.json": manifest("expo", "@acme/text", name="mobile"),
        "apps/mobile/App.tsx": 'import { lower } from "@acme/text/lower";\nexport default () => lower;\n',
        "apps/api/package.json": manifest("express", "@acme/db", "@acme/text", name="api"),
        "apps/api/src/index.ts": 'import { rows } from "@acme/db";\nimport { title } from "@acme/text/title";\nrows(title);\n',
        "packages/ui/package.json": json.dumps(
            {"name": "@acme/ui", "exports": {".": "./src/index.ts", "./panel": {"types": "./src/panel.d.ts", "default": "./src/panel.tsx"}}}
        ),
        "packages/ui/src/index.ts": 'export { Button } from "./button";\nexport * from "./card";\n',
        "packages/ui/src/button.tsx": '"use client";\nimport { style } from "./style";\nexport const Button = style;\n',
        "packages/ui/src/card.tsx": value("Card"),
        "packages/ui/src/panel.tsx": 'import { style } from "./style";\nexport const Panel = style;\n',
        "packages/ui/src/style.ts": value("style"),
        "packages/ui/src/alone.tsx": '"use client";\nexport const Alone = 1;\n',
        "packages/db/package.json": json.dumps({"name": "@acme/db", "main": "src/index.ts"}),
        "packages/db/src/index.ts": 'import { pool } from "./pool";\nexport type Row = unknown;\nexport const rows = pool;\n',
        "packages/db/src/pool.ts": value("pool"),
        "packages/text/package.json": json.dumps({"name": "@acme/text", "exports": {"./*": "./src/*.ts"}}),
        **{f"packages/text/src/{name}.ts": value(name) for name in ("upper", "lower", "title")},
    },
    client=("apps/admin/index.html", "apps/mobile/App.tsx"),
    server=("apps/web/app/page.tsx",),
    linked={"@acme/ui": "packages/ui", "@acme/db": "packages/db", "@acme/text": "packages/text"},
)  # fmt: skip

WEBPACK = Bundled(
    {
        "package.json": manifest("webpack", "react"),
        "webpack.config.js": 'module.exports = { entry: { app: "./client/app.js", admin: ["./client/polyfill.js", "./client/admin.js"] } };\n',
        "client/app.js": 'import { shared } from "./shared";\nshared();\n',
        "client/admin.js": 'define(["./shared"], (shared) => shared);\nrequire.ensure([], () => require("./later"));\n',
        "client/polyfill.js": "window.x = 1;\n",
        "client/shared.js": value("shared"),
        "client/later.js": value("later"),
        "client/unused.js": value("unused"),
        "src/index.js": value("other"),
    },
    client=("client/app.js", "client/admin.js", "client/polyfill.js"),
)  # fmt: skip

APPS = {
    "next app router": NEXT_APP,
    "next pages router": NEXT_PAGES,
    "vite": VITE,
    "create react app": CRA,
    "expo": EXPO,
    "sveltekit": SVELTEKIT,
    "nuxt": NUXT,
    "nuxt 4": NUXT_FOUR,
    "react router": REACT_ROUTER,
    "remix": REMIX,
    "astro": ASTRO,
    "tanstack start": TANSTACK,
    "gatsby": GATSBY,
    "vue cli": VUE_CLI,
    "angular": ANGULAR,
    "plain pages": PLAIN,
    "browser extension": EXTENSION,
    "monorepo": MONOREPO,
    "webpack": WEBPACK,
}
