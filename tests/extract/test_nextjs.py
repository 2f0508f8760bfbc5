"""What Next.js files declare, by path, export and directive."""

import pytest

from batten.code.lower_javascript import lower
from batten.extract.nextjs import extract, is_route_file
from batten.extract.summaries import summarise
from batten.facts.routes import Endpoint, RouteKind
from batten.skim import skim


def endpoints(source: str, path: str = "app/api/x/route.ts") -> list[Endpoint]:
    data = source.encode()
    summary = summarise(lower(data, path), lambda name: False)
    seen = skim(path, data)
    return list(extract(path, summary.functions, summary.bindings, seen.exports, seen.directives).endpoints)


def told(source: str, path: str = "app/api/x/route.ts") -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [("|".join(one.methods), one.path, one.handler, one.chain) for one in endpoints(source, path)]


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("app/api/x/route.ts", "/api/x"),
        ("src/app/api/x/route.js", "/api/x"),
        ("apps/web/app/api/[id]/x/route.tsx", "/api/[id]/x"),
        ("app/(shop)/api/x/route.mts", "/api/x"),
        ("app/@modal/api/x/route.ts", "/api/x"),
        ("app/route.ts", "/"),
        ("app/api/[...rest]/route.ts", "/api/[...rest]"),
    ],
)
def test_paths_of_route_handlers(path: str, route: str) -> None:
    assert is_route_file(path)
    assert [one.path for one in endpoints("export async function POST() {}", path)] == [route]


@pytest.mark.parametrize(
    ("path", "route"),
    [("pages/api/x.ts", "/api/x"), ("src/pages/api/x/index.js", "/api/x"), ("pages/api/[id].tsx", "/api/[id]")],
)
def test_paths_of_the_pages_router(path: str, route: str) -> None:
    assert is_route_file(path)
    assert told("export default function handler(req, res) {}", path) == [("ANY", route, "#handler", ())]


@pytest.mark.parametrize("path", ["app/api/x/routes.ts", "lib/route.ts", "app/api/x/page.tsx", "pages/x.ts", "routes/app.ts", "api/x.ts"])
def test_other_paths(path: str) -> None:
    assert not is_route_file(path)
    assert endpoints("export async function POST() {}\nexport default function f() {}", path) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("export async function POST() {}\nexport const GET = () => {}", [("POST", "#POST", ()), ("GET", "#GET", ())]),
        ("async function f() {}\nexport { f as PUT }", [("PUT", "#f", ())]),
        ("export const DELETE = withUser(async () => {})", [("DELETE", "#DELETE.@1", ("withUser",))]),
        ("export const POST = withUser(limit(async () => {}))", [("POST", "#POST.@1", ("withUser", "limit"))]),
        ("async function f() {}\nexport const POST = withUser(f)", [("POST", "#f", ("withUser",))]),
        ("async function f() {}\nexport const POST = withUser(limit(f), { role: g })", [("POST", "#f", ("withUser", "limit"))]),
        ("import { f } from './f'\nexport const POST = withUser(f)", [("POST", "./f#f", ("withUser",))]),
        ("export { POST } from './f'", [("POST", "./f#POST", ())]),
        ("export { default as POST } from './f'", [("POST", "./f#default", ())]),
        ("export const PATCH = async () => {}\nexport const PUT = PATCH", [("PATCH", "#PATCH", ()), ("PUT", "#PATCH", ())]),
        ("const h = NextAuth({})\nexport { h as GET, h as POST }", [("GET", "#h", ()), ("POST", "#h", ())]),
        ("export const { GET, POST } = handlers", [("GET", "#GET", ()), ("POST", "#POST", ())]),
        ("export type POST = string\nexport const dynamic = 'x'\nexport function helper() {}", []),
    ],
)
def test_exports(source: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert [(method, handler, chain) for method, _, handler, chain in told(source)] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const h = async (req, res) => {}\nexport default h", ("#h", ())),
        ("export default async (req, res) => {}", ("#default", ())),
        ("export default withUser(h)\nfunction h(req, res) {}", ("#h", ("withUser",))),
        ("export default withUser(async (req, res) => {})", ("#default.@1", ("withUser",))),
        ("module.exports = (req, res) => {}", ("#default", ())),
    ],
)
def test_the_default_of_the_pages_router(source: str, expected: tuple[str, tuple[str, ...]]) -> None:
    assert [(handler, chain) for _, _, handler, chain in told(source, "pages/api/x.ts")] == [expected]


def test_the_place_of_a_wrapped_handler_begins_where_it_is_exported() -> None:
    source = "const a = 1\nexport const POST = withUser(async (req) => {})"
    place = endpoints(source)[0].place
    assert source[place.span.start : place.span.end] == "export const POST = withUser(async (req)"


def test_actions_of_a_file() -> None:
    source = (
        "'use server'\nexport async function save() {}\nexport const drop = checked(async () => {})\nfunction own() {}\nexport type T = 1"
    )
    found = endpoints(source, "app/actions.ts")
    assert [(one.kind, one.path, one.handler, one.chain) for one in found] == [
        (RouteKind.SERVER_ACTION, "save", "#save", ()),
        (RouteKind.SERVER_ACTION, "drop", "#drop.@1", ("checked",)),
    ]


def test_actions_inside_components() -> None:
    source = """
export default function Page() {
  async function save() { 'use server'; await write() }
  return <form action={async () => { 'use server'; await drop() }} />
}"""
    assert told(source, "app/page.tsx") == [("POST", "Page.save", "#Page.save", ()), ("POST", "Page.@1", "#Page.@1", ())]


def test_a_file_without_the_directive_declares_no_action() -> None:
    assert endpoints("export async function save() {}", "app/actions.ts") == []
