"""Routes of NestJS applications as they stand: full path, who guards them, and what they reach through services."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route, RouteAuth
from batten.scan import scan_files

PACKAGE = '{"dependencies": {"@nestjs/common": "11", "@nestjs/core": "11"}}'
COMMON = (
    "import { Body, CanActivate, Controller, Delete, ExecutionContext, ForbiddenException, Get, Injectable, Module, Param, Post,"
    " SetMetadata, UnauthorizedException, UseGuards, applyDecorators } from '@nestjs/common';\n"
    "import { APP_GUARD, NestFactory, Reflector, RouterModule } from '@nestjs/core';\n"
    "import { AuthGuard } from '@nestjs/passport'; import { JwtService } from '@nestjs/jwt';\n"
    "import { ThrottlerGuard } from '@nestjs/throttler';\n"
)
SERVICE = (
    "import { Injectable } from '@nestjs/common'; import { PrismaService } from './prisma.service';\n"
    "@Injectable() export class NotesService { constructor(private readonly prisma: PrismaService) {}\n"
    "  list() { return this.prisma.note.findMany(); }\n"
    "  async remove(id: string) { await this.prisma.note.delete({ where: { id } }); } }\n"
)
PRISMA = (
    "import { Injectable } from '@nestjs/common'; import { PrismaClient } from '@prisma/client';\n"
    "@Injectable() export class PrismaService extends PrismaClient { async onModuleInit() { await this.$connect(); } }\n"
)
JWT = COMMON + "@Injectable() export class JwtGuard extends AuthGuard('jwt') {}\n"
PUBLIC = COMMON + "export const IS_PUBLIC = 'isPublic';\nexport const Public = () => SetMetadata(IS_PUBLIC, true);\n"
MARKED = COMMON + (
    "import { IS_PUBLIC } from './public';\n"
    "@Injectable() export class JwtGuard extends AuthGuard('jwt') { constructor(private reflector: Reflector) { super(); }\n"
    "  canActivate(context: ExecutionContext) {\n"
    "    const open = this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()]);\n"
    "    if (open) return true;\n    return super.canActivate(context); } }\n"
)


def routes(files: dict[str, str]) -> tuple[Route, ...]:
    everything = {"package.json": PACKAGE, "src/prisma.service.ts": PRISMA, "src/notes.service.ts": SERVICE, "src/jwt.ts": JWT, **files}
    return scan_files({path: text.encode() for path, text in everything.items()}, RULES).project.routes


def remove(
    *, on_class: str = "", on_method: str = "", files: dict[str, str] | None = None, imports: str = "", arguments: str = "'notes'"
) -> Route:
    """The one route of a controller that deletes through a service."""
    source = (
        f"{COMMON}import {{ NotesService }} from './notes.service';\nimport {{ JwtGuard }} from './jwt';\n{imports}\n"
        f"{on_class} @Controller({arguments}) export class NotesController {{ constructor(private readonly notes: NotesService) {{}}\n"
        f"  {on_method} @Delete(':id') remove(@Param('id') id: string) {{ return this.notes.remove(id); }} }}\n"
    )
    (found,) = routes({"src/notes.controller.ts": source, **(files or {})})
    return found


def guarded(guard: str, *, on_method: str = "", files: dict[str, str] | None = None, imports: str = "") -> RouteAuth | None:
    """Who may call a route behind a guard of the project's own."""
    source = {"src/guard.ts": COMMON + guard, **(files or {})}
    return remove(
        on_class="@UseGuards(Mine)", on_method=on_method, files=source, imports=f"import {{ Mine }} from './guard';\n{imports}"
    ).auth


def test_a_route_without_a_guard() -> None:
    found = remove()
    assert (found.framework, found.title, found.auth) == ("nestjs", "DELETE /notes/:id", RouteAuth.UNAUTHENTICATED)
    assert [(effect.kind.value, effect.callee) for effect in found.effects] == [
        ("database-delete", "@prisma/client.PrismaClient.note.delete")
    ]
    assert [step.note for step in found.trail] == [
        "anyone can call DELETE /notes/:id here",
        "`NotesService.remove` is called here",
        "deletes from the database here",
    ]


@pytest.mark.parametrize(
    ("on_class", "on_method", "auth"),
    [
        ("@UseGuards(JwtGuard)", "", RouteAuth.AUTHENTICATED),
        ("", "@UseGuards(JwtGuard)", RouteAuth.AUTHENTICATED),
        ("", "@UseGuards(AuthGuard('jwt'))", RouteAuth.AUTHENTICATED),
        ("", "@UseGuards(new JwtGuard())", RouteAuth.AUTHENTICATED),
        ("@UseGuards(ThrottlerGuard)", "", RouteAuth.UNAUTHENTICATED),
        ("@UseGuards(ThrottlerGuard, JwtGuard)", "", RouteAuth.AUTHENTICATED),
        ("@UseGuards(AuthGuardOfAnotherPlace)", "", None),
    ],
)
def test_guards_on_classes_and_methods(on_class: str, on_method: str, auth: RouteAuth | None) -> None:
    assert remove(on_class=on_class, on_method=on_method).auth == auth


CAN = "@Injectable() export class Mine implements CanActivate { constructor(private jwt: JwtService, private reflector: Reflector) {} canActivate"


@pytest.mark.parametrize(
    ("guard", "auth"),
    [
        (CAN + "(context: ExecutionContext) { return true; } }", RouteAuth.UNAUTHENTICATED),
        (CAN + "(context) { return !!context.switchToHttp().getRequest().user; } }", RouteAuth.AUTHENTICATED),
        (
            CAN + "(context: ExecutionContext) { const { user } = context.switchToHttp().getRequest(); if (!user) return false; return true; } }",
            RouteAuth.AUTHENTICATED,
        ),
        (
            ("@Injectable() export class Mine implements CanActivate { constructor(private jwt: JwtService) {}\n"
            "async canActivate(context: ExecutionContext) { const request = context.switchToHttp().getRequest(); const token = this.token(request);\n"
            "if (!token) throw new UnauthorizedException();\n"
            "try { request['user'] = await this.jwt.verifyAsync(token, { secret: process.env.JWT_SECRET }); } catch { throw new UnauthorizedException(); }\n"
            "return true; } private token(request) { return request.headers.authorization?.split(' ')[1]; } }"),
            RouteAuth.AUTHENTICATED,
        ),
        (
            CAN + "(context: ExecutionContext) { return context.switchToHttp().getRequest().headers['x-key'] === process.env.KEY; } }",
            RouteAuth.SECRET,
        ),
        (
            CAN + "(context: ExecutionContext) { if (!context.switchToHttp().getRequest().headers.authorization) return false; return true; } }",
            RouteAuth.PRESENCE,
        ),
        (
            CAN + "(context: ExecutionContext) { const roles = this.reflector.get('roles', context.getHandler()); if (!roles) return true;\n"
            "const { user } = context.switchToHttp().getRequest(); return roles.includes(user?.role); } }",
            RouteAuth.UNAUTHENTICATED,
        ),
        (
            "@Injectable() export class Mine extends AuthGuard('jwt') { handleRequest(err, user) { return user; } }",
            RouteAuth.OPTIONAL,
        ),
        (
            ("@Injectable() export class Mine extends AuthGuard('jwt') { async canActivate(context) {"
            " try { await super.canActivate(context); } catch {} return true; } }"),
            RouteAuth.OPTIONAL,
        ),
        (
            ("@Injectable() export class Mine extends AuthGuard('jwt') {"
            " handleRequest(err, user) { if (err || !user) throw err || new UnauthorizedException(); return user; } }"),
            RouteAuth.AUTHENTICATED,
        ),
        ("@Injectable() export class Mine extends ThrottlerGuard { async getTracker(req) { return req.ip; } }", RouteAuth.UNAUTHENTICATED),
    ],
)  # fmt: skip
def test_guards_of_the_project(guard: str, auth: RouteAuth) -> None:
    assert guarded(guard) == auth


def test_a_guard_of_roles_asks_where_roles_are_named() -> None:
    guard = (
        CAN + "(context: ExecutionContext) { const roles = this.reflector.get('roles', context.getHandler()); if (!roles) return true;\n"
        "const { user } = context.switchToHttp().getRequest(); if (!user) return false; return roles.includes(user.role); } }\n"
        "export const Roles = (...roles: string[]) => SetMetadata('roles', roles);"
    )
    assert guarded(guard, on_method="@Roles('admin')", imports="import { Roles } from './guard';") == RouteAuth.AUTHENTICATED
    assert guarded(guard) == RouteAuth.UNAUTHENTICATED


@pytest.mark.parametrize(
    "decorator",
    [
        "export const Auth = (...roles: string[]) => applyDecorators(SetMetadata('roles', roles), UseGuards(JwtGuard));",
        "export function Auth(...roles: string[]) { return applyDecorators(UseGuards(JwtGuard, ThrottlerGuard)); }",
        "export const Auth = () => UseGuards(JwtGuard);",
        "const Inner = () => UseGuards(JwtGuard); export function Auth() { return applyDecorators(Inner()); }",
    ],
)
def test_decorators_that_are_made_of_guards(decorator: str) -> None:
    files = {"src/auth.ts": COMMON + "import { JwtGuard } from './jwt';\n" + decorator}
    assert remove(on_method="@Auth('admin')", files=files, imports="import { Auth } from './auth';").auth == RouteAuth.AUTHENTICATED


def test_a_decorator_without_a_guard() -> None:
    files = {"src/auth.ts": COMMON + "export const Roles = (...roles: string[]) => applyDecorators(SetMetadata('roles', roles));"}
    assert remove(on_method="@Roles('admin')", files=files, imports="import { Roles } from './auth';").auth == RouteAuth.UNAUTHENTICATED


# --- the whole application ---

MODULE = COMMON + (
    "import { JwtGuard } from './jwt';\n@Module({ providers: [{ provide: APP_GUARD, useClass: JwtGuard }] }) export class AppModule {}\n"
)
MAIN = COMMON + "import { AppModule } from './app.module';\nimport { JwtGuard } from './jwt';\n"
START = MAIN + "async function main() { const app = await NestFactory.create(AppModule); SETTING await app.listen(3000); } main();\n"


@pytest.mark.parametrize(
    "files",
    [
        {"src/app.module.ts": MODULE},
        {"src/main.ts": START.replace("SETTING", "app.useGlobalGuards(new JwtGuard());")},
        {"src/main.ts": START.replace("SETTING", "app.useGlobalGuards(app.get(JwtGuard));")},
    ],
)
def test_global_guards(files: dict[str, str]) -> None:
    assert remove(files=files).auth == RouteAuth.AUTHENTICATED


def test_a_global_guard_that_a_function_makes() -> None:
    module = MODULE.replace("useClass: JwtGuard", "useFactory: (ref) => new JwtGuard(ref), inject: [Reflector]")
    assert remove(files={"src/app.module.ts": module}).auth is None


@pytest.mark.parametrize(
    ("on_method", "public", "auth"),
    [
        ("", PUBLIC, RouteAuth.AUTHENTICATED),
        ("@Public()", PUBLIC, RouteAuth.UNAUTHENTICATED),
        ("@SetMetadata('isPublic', true)", PUBLIC, RouteAuth.UNAUTHENTICATED),
        ("@SetMetadata('other', true)", PUBLIC, RouteAuth.AUTHENTICATED),
        (
            "@Public()",
            PUBLIC.replace("SetMetadata(IS_PUBLIC, true)", "applyDecorators(SetMetadata(IS_PUBLIC, true))"),
            RouteAuth.UNAUTHENTICATED,
        ),
        (
            "@Public()",
            COMMON + "export const Public = Reflector.createDecorator<boolean>(); export const IS_PUBLIC = Public;",
            RouteAuth.UNAUTHENTICATED,
        ),
    ],
)
def test_routes_that_a_global_guard_leaves_alone(on_method: str, public: str, auth: RouteAuth) -> None:
    marked = MARKED if "createDecorator" not in public else MARKED.replace("IS_PUBLIC", "Public")
    files = {"src/app.module.ts": MODULE, "src/jwt.ts": marked, "src/public.ts": public}
    found = remove(on_method=on_method, files=files, imports="import { Public } from './public';")
    assert (found.auth, found.opened) == (auth, auth is RouteAuth.UNAUTHENTICATED)


def test_a_guard_of_roles_around_all_guards_what_names_roles() -> None:
    guard = COMMON + (
        "export const ROLES = 'roles'; export const Roles = (...names: string[]) => SetMetadata(ROLES, names);\n"
        "@Injectable() export class JwtGuard implements CanActivate { constructor(private reflector: Reflector) {}\n"
        "  canActivate(context: ExecutionContext): boolean { const needed = this.reflector.getAllAndOverride(ROLES, [context.getHandler()]);\n"
        "    if (!needed || needed.length === 0) { return true; } const request = context.switchToHttp().getRequest();\n"
        "    if (!request.user) throw new ForbiddenException(); return needed.includes(request.user.role); } }\n"
    )
    files = {"src/app.module.ts": MODULE, "src/jwt.ts": guard}
    imports = "import { Roles } from './jwt';"
    assert remove(on_method="@Roles('admin')", files=files, imports=imports).auth == RouteAuth.AUTHENTICATED
    assert remove(files=files).auth == RouteAuth.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("setting", "arguments", "path"),
    [
        ("", "'notes'", "/notes/:id"),
        ("app.setGlobalPrefix('api');", "'notes'", "/api/notes/:id"),
        ("app.setGlobalPrefix('/api/v2/');", "'notes'", "/api/v2/notes/:id"),
        ("app.setGlobalPrefix('api', { exclude: ['notes/:id'] });", "'notes'", "/notes/:id"),
        ("app.enableVersioning();", "{ path: 'notes', version: '2' }", "/v2/notes/:id"),
        ("app.setGlobalPrefix('api'); app.enableVersioning({ defaultVersion: '1' });", "'notes'", "/api/v1/notes/:id"),
        ("", "{ path: 'notes', version: '2' }", "/notes/:id"),
    ],
)
def test_full_paths(setting: str, arguments: str, path: str) -> None:
    assert remove(files={"src/main.ts": START.replace("SETTING", setting)}, arguments=arguments).path == path


def test_modules_under_a_path() -> None:
    module = COMMON + (
        "import { NotesController } from './notes.controller';\n"
        "@Module({ controllers: [NotesController] }) export class NotesModule {}\n"
        "@Module({ imports: [RouterModule.register([{ path: 'office', module: NotesModule }])] }) export class AppModule {}\n"
    )
    assert remove(files={"src/app.module.ts": module}).title == "DELETE /office/notes/:id"


def test_a_prefix_set_in_tests_is_not_the_applications() -> None:
    files = {"src/main.ts": START.replace("SETTING", ""), "test/app.e2e-spec.ts": "describe('x', () => { app.setGlobalPrefix('test'); });"}
    assert remove(files=files).path == "/notes/:id"


def test_each_application_of_a_package_has_its_own_guards() -> None:
    def app(name: str, setting: str) -> dict[str, str]:
        controller = COMMON + f"@Controller('{name}') export class C {{ @Get() list() {{ return []; }} }}\n"
        return {
            f"apps/{name}/src/main.ts": START.replace("SETTING", setting).replace("./jwt", "../../../src/jwt"),
            f"apps/{name}/src/c.controller.ts": controller,
        }

    found = routes({**app("one", "app.useGlobalGuards(new JwtGuard());"), **app("two", "app.setGlobalPrefix('api');")})
    assert [(route.title, route.auth) for route in found] == [
        ("GET /one", RouteAuth.AUTHENTICATED),
        ("GET /api/two", RouteAuth.UNAUTHENTICATED),
    ]


MIDDLEWARE = COMMON + (
    "import { NotesController } from './notes.controller'; import { MiddlewareConsumer } from '@nestjs/common';\n"
    "import * as jwt from 'jsonwebtoken';\n"
    "const MORE = [Desks, NotesController], CLOSED = [Users, ...MORE], OPEN = [Users, Desks];\n"
    "@Injectable() export class Auth { use(req, res, next) { try { req.user = jwt.verify(req.headers.authorization, process.env.SECRET); }"
    " catch { return res.status(401).json({}); } next(); } }\n"
    "export class AppModule { configure(consumer: MiddlewareConsumer) { consumer.apply(Auth)WHERE; } }\n"
)


@pytest.mark.parametrize(
    ("where", "auth"),
    [
        (".forRoutes('*')", RouteAuth.AUTHENTICATED),
        (".forRoutes(NotesController)", RouteAuth.AUTHENTICATED),
        (".forRoutes('notes')", RouteAuth.AUTHENTICATED),
        (".forRoutes('users')", RouteAuth.UNAUTHENTICATED),
        (".forRoutes(...CLOSED)", RouteAuth.AUTHENTICATED),
        (".forRoutes(...OPEN)", RouteAuth.UNAUTHENTICATED),
        (".exclude('notes/:id').forRoutes(...CLOSED)", RouteAuth.UNAUTHENTICATED),
        (".exclude('notes/:id').forRoutes('*')", RouteAuth.UNAUTHENTICATED),
    ],
)
def test_middleware(where: str, auth: RouteAuth) -> None:
    assert remove(files={"src/app.module.ts": MIDDLEWARE.replace("WHERE", where)}).auth == auth


# --- what is reached ---


@pytest.mark.parametrize(
    ("imports", "given", "body", "effects"),
    [
        ("import { Repository } from 'typeorm';", "@InjectRepository(Note) private notes: Repository<Note>", "this.notes.save(dto)", ["database-write"]),
        ("import { DataSource } from 'typeorm';", "private source: DataSource", "this.source.getRepository(Note).delete(dto.id)", ["database-delete"]),
        ("import { Model } from 'mongoose';", "@InjectModel(Note.name) private notes: Model<Note>", "new this.notes(dto).save()", ["database-write"]),
        ("import { Note } from './note.model';", "@InjectModel(Note) private notes: typeof Note", "this.notes.create(dto)", ["database-write"]),
        ("import { NodePgDatabase } from 'drizzle-orm/node-postgres';", "@Inject('DB') private db: NodePgDatabase", "this.db.insert(notes).values(dto)", ["database-write"]),
        ("import { PrismaService } from './prisma.service';", "private prisma: PrismaService", "this.prisma.note.create({ data: dto })", ["database-write"]),
        ("import { Queue } from 'bullmq';", "@InjectQueue('mail') private queue: Queue", "this.queue.add('mail', dto)", ["queue"]),
    ],
)  # fmt: skip
def test_effects_of_what_is_injected(imports: str, given: str, body: str, effects: list[str]) -> None:
    model = "import { Model, Table } from 'sequelize-typescript';\n@Table export class Note extends Model {}\n"
    for service in (
        f"export class Notes {{ constructor({given}) {{}} add(dto) {{ return {body}; }} }}",
        f"export class Notes {{ {given.replace('private', 'private readonly')}; add(dto) {{ return {body}; }} }}",
    ):
        controller = COMMON + (
            "import { Notes } from './notes';\n@Controller('notes') export class C { constructor(private notes: Notes) {}\n"
            "  @Post() add(@Body() dto: object) { return this.notes.add(dto); } }\n"
        )
        (found,) = routes({"src/note.model.ts": model, "src/notes.ts": f"{imports}\n{service}\n", "src/c.controller.ts": controller})
        assert (found.title, [effect.kind.value for effect in found.effects], found.writes) == ("POST /notes", effects, True)


def test_rows_are_called_by_the_type_of_the_repository() -> None:
    service = (
        "import { Repository } from 'typeorm';\nimport { Model } from 'mongoose';\nimport { NoteEntity, ShelfDocument } from './models';\n"
        "export class Notes { constructor(@InjectRepository(NoteEntity) private one: Repository<NoteEntity>, @InjectModel('Shelf') private other: Model<ShelfDocument>) {}\n"
        "  async add(dto) { await this.one.save(dto); return this.other.deleteOne({ _id: dto.id }); } }\n"
    )
    controller = COMMON + (
        "import { Notes } from './notes';\n@Controller('notes') export class C { constructor(private notes: Notes) {}\n"
        "  @Post() add(@Body() dto: object) { return this.notes.add(dto); } }\n"
    )
    models = "export class NoteEntity {}\nexport class ShelfDocument {}\n"
    (found,) = routes({"src/models.ts": models, "src/notes.ts": service, "src/c.controller.ts": controller})
    assert {(effect.kind.value, effect.detail) for effect in found.effects} == {("database-write", "Note"), ("database-delete", "Shelf")}
