"""What NestJS files declare."""

import pytest

from batten.code.lower_javascript import lower
from batten.extract.declared import Declared
from batten.extract.nestjs import extract
from batten.extract.summaries import summarise
from batten.facts.routes import APPLICATION

COMMON = (
    "import { All, Controller, Delete, Get, Module, Post, RequestMethod, UseGuards, Version, VersioningType } from '@nestjs/common';\n"
    "import { APP_GUARD, NestFactory, RouterModule } from '@nestjs/core';\n"
    "import { AuthGuard } from '@nestjs/passport';\n"
    "import { Roles, Public } from './marks'; import { JwtGuard } from './jwt';\n"
)


def declared(source: str) -> Declared:
    summary = summarise(lower((COMMON + source).encode(), "a.ts"), lambda name: False)
    return extract("a.ts", summary.functions, summary.bindings)


def routes(source: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [("|".join(one.methods), one.path, one.handler, one.chain) for one in declared(source).endpoints]


@pytest.mark.parametrize(
    ("controller", "method", "found"),
    [
        ("'users'", "@Get()", [("GET", "/users")]),
        ("", "@Get()", [("GET", "/")]),
        ("'/users/'", "@Get('/:id')", [("GET", "/users/:id")]),
        ("['users', 'members']", "@Get('a')", [("GET", "/users/a"), ("GET", "/members/a")]),
        ("{ path: 'users', host: 'api.example.com' }", "@Get(['a', 'b'])", [("GET", "/users/a"), ("GET", "/users/b")]),
        ("{ path: ['x', 'y'] }", "@Post()", [("POST", "/x"), ("POST", "/y")]),
        ("PATH", "@Delete(`${PATH}/:id`)", [("DELETE", "/orders/orders/:id")]),
        ("'users'", "@All('*')", [("ANY", "/users/*")]),
        ("configured()", "@Get('a')", [("GET", "/*/a")]),
        ("'users'", "@Get('a') @Post('b')", [("GET", "/users/a"), ("POST", "/users/b")]),
        ("'users'", "@Public()", []),
    ],
)
def test_paths(controller: str, method: str, found: list[tuple[str, str]]) -> None:
    source = f"const PATH = 'orders'; @Controller({controller}) export class Users {{ {method} list() {{}} }}"
    assert [route[:2] for route in routes(source)] == found


@pytest.mark.parametrize(
    ("on_class", "on_method", "chain"),
    [
        ("", "", ()),
        ("@UseGuards(JwtGuard)", "", ("./jwt#JwtGuard",)),
        ("@UseGuards(AuthGuard('jwt'), JwtGuard)", "", ("@nestjs/passport#AuthGuard", "./jwt#JwtGuard")),
        ("@UseGuards(JwtGuard)", "@Roles('admin') @UseGuards(new Mine())", ("./jwt#JwtGuard", "./marks#Roles", "Mine")),
    ],
)
def test_guards(on_class: str, on_method: str, chain: tuple[str, ...]) -> None:
    assert routes(f"{on_class} @Controller('a') export class A {{ @Get() {on_method} list() {{}} }}") == [("GET", "/a", "#A.list", chain)]


def test_versions() -> None:
    source = "@Controller({ path: 'a', version: '1' }) class A { @Get() one() {} @Version('2') @Get() two() {} }"
    assert [endpoint.version for endpoint in declared(source).endpoints] == ["1", "2"]


def test_what_is_no_controller_has_no_routes() -> None:
    assert routes("class A { @Get() list() {} } @Module({}) class B { @Get() list() {} }") == []


def test_global_guards() -> None:
    module = "@Module({ providers: [Mailer, { provide: APP_GUARD, useClass: JwtGuard }, { provide: OTHER, useClass: X }] }) class A {}"
    main = "async function main() { const app = await NestFactory.create(A); app.useGlobalGuards(new JwtGuard(), app.get(Mine)); }"
    found = declared(module + main)
    assert [(entry.router, entry.name) for entry in found.middleware] == [
        (APPLICATION, "./jwt#JwtGuard"),
        (APPLICATION, "./jwt#JwtGuard"),
        (APPLICATION, "Mine"),
    ]
    assert [entry.starts for entry in found.applications] == [True]


def test_a_global_guard_at_the_end_of_many_providers() -> None:
    providers = ", ".join(f"Service{number}" for number in range(40))
    found = declared(f"@Module({{ providers: [{providers}, {{ provide: APP_GUARD, useClass: JwtGuard }}] }}) class A {{}}")
    assert [entry.name for entry in found.middleware] == ["./jwt#JwtGuard"]


def test_prefixes() -> None:
    source = (
        "async function main() { const app = await NestFactory.create(A);"
        "app.setGlobalPrefix('api', { exclude: ['health', { path: 'x', method: RequestMethod.GET }] });"
        "app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }); }"
    )
    assert [(entry.prefix, entry.unprefixed, entry.versions, entry.version) for entry in declared(source).applications] == [
        ("", (), None, None),
        ("api", ("health", "x"), None, None),
        ("", (), "v", "1"),
    ]


@pytest.mark.parametrize(
    ("options", "versions"),
    [
        ("", ["v"]),
        ("{ type: VersioningType.URI, prefix: 'version-' }", ["version-"]),
        ("{ type: VersioningType.URI, prefix: false }", [""]),
        ("{ type: VersioningType.HEADER, header: 'v' }", []),
    ],
)
def test_kinds_of_versions(options: str, versions: list[str]) -> None:
    assert [entry.versions for entry in declared(f"function set(app) {{ app.enableVersioning({options}) }}").applications] == versions


def test_modules_under_paths() -> None:
    source = (
        "@Module({ controllers: [Users], imports: [RouterModule.register("
        "[{ path: 'admin', module: Admin, children: [{ path: 'deep', module: Deep }] }])] }) class A {}"
    )
    assert [(mount.parent, mount.child, mount.prefix) for mount in declared(source).mounts] == [
        ("#A", "Users", ""),
        ("", "Admin", "/admin"),
        ("", "Deep", "/admin/deep"),
    ]


def test_middleware_of_modules() -> None:
    source = (
        "class A { configure(consumer) { consumer.apply(One, Two).exclude('a/login').forRoutes('*');"
        "consumer.apply(Three).forRoutes({ path: 'cats/*path', method: RequestMethod.GET }, Users); } }"
    )
    assert [(entry.router, entry.name, entry.prefix, entry.excluded) for entry in declared(source).middleware] == [
        (APPLICATION, "One", "", ("a/login",)),
        (APPLICATION, "Two", "", ("a/login",)),
        (APPLICATION, "Three", "/cats", ()),
        ("Users", "Three", "", ()),
    ]
