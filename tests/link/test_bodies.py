"""What bodies of NestJS may hold that says what an account may do, by their class and the pipe before it; and what the app's own decorators hand in."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["mass-assignment", "object-without-owner-check"])
PACKAGE = (
    b'{"dependencies": {"@nestjs/common": "10.0.0", "@nestjs/core": "10.0.0", "@nestjs/passport": "10.0.0", "@prisma/client": "6.0.0"}}'
)
MAIN = "import { ValidationPipe } from '@nestjs/common'\nimport { NestFactory } from '@nestjs/core'\nasync function run() { const app = await NestFactory.create(App); app.useGlobalPipes(new ValidationPipe(%s)) }\nrun()\n"
FIELDS = """import { IntersectionType, OmitType, PartialType, PickType } from '@nestjs/swagger'
import { IsIn, IsEmpty, IsString } from 'class-validator'
export class Plain { @IsString() email: string }
export class WithRole extends Plain { @IsString() role: string }
export class WithFew { @IsString() email: string; @IsIn(['reader', 'writer']) role: string }
export class WithMore { @IsString() email: string; @IsIn(['reader', 'admin']) role: string }
export class WithKnown { @IsIn(KNOWN) role: string }
export class WithNone { @IsEmpty() role: string }
export class Omits extends PartialType(OmitType(WithRole, ['role'] as const)) {}
export class Picks extends PickType(WithRole, ['email'] as const) {}
export class PicksRole extends PickType(WithRole, ['email', 'role'] as const) {}
export class Both extends IntersectionType(Plain, WithMore) {}
"""
CONTROLLER = """import { Body, Controller, Post, UsePipes, ValidationPipe } from '@nestjs/common'
import { PrismaClient } from '@prisma/client'
import { %(name)s } from './fields'
const prisma = new PrismaClient()
@Controller('people')
export class PeopleController {
  @Post()
  async add(%(mark)s dto: %(name)s) { return prisma.user.create({ data: { ...dto } }) }
}
"""


def flagged(name: str, pipe: str = "{ whitelist: true }", mark: str = "@Body()") -> bool:
    files = {
        "package.json": PACKAGE,
        "src/main.ts": (MAIN % pipe).encode(),
        "src/fields.ts": FIELDS.encode(),
        "src/people.controller.ts": (CONTROLLER % {"name": name, "mark": mark}).encode(),
    }
    return bool([flow for flow in scan_files(files, RULES).project.flows if flow.kind == "assignment"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Plain", False),
        ("WithRole", True),
        ("WithFew", False),
        ("WithMore", True),
        ("WithKnown", True),
        ("WithNone", False),
        ("Omits", False),
        ("Picks", False),
        ("PicksRole", True),
        ("Both", True),
    ],
)
def test_the_class_says_what_a_body_may_hold(name: str, expected: bool) -> None:
    assert flagged(name) is expected


@pytest.mark.parametrize(
    ("pipe", "expected"),
    [("", True), ("{ transform: true }", True), ("{ whitelist: false }", True), ("{ whitelist: true }", False), ("{ forbidNonWhitelisted: true, whitelist: true }", False)],
)  # fmt: skip
def test_where_no_pipe_cuts_a_body_down_its_class_says_nothing(pipe: str, expected: bool) -> None:
    assert flagged("Plain", pipe) is expected


@pytest.mark.parametrize(
    ("mark", "expected"), [("@Body()", True), ("@Body('person')", False), ("@Query()", False), ("@CurrentUser()", False)]
)
def test_the_decorator_says_what_a_parameter_is(mark: str, expected: bool) -> None:
    assert flagged("WithRole", mark=mark) is expected


LOANS = """import { Controller, Delete, Get, Param, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { PrismaClient } from '@prisma/client'
import { WhoCalls } from './who-calls'
const prisma = new PrismaClient()
@Controller('loans')
@UseGuards(AuthGuard('jwt'))
export class LoansController {
  @Get()
  mine(@WhoCalls('id') userId: string) { return prisma.loan.findMany({ where: { userId } }) }
  @Delete(':id')
  drop(@Param('id') id: string, %s) { return prisma.loan.delete({ where: { id, userId } }) }
}
"""
WHO = "import { createParamDecorator } from '@nestjs/common'\nexport const WhoCalls = createParamDecorator((key, context) => context.switchToHttp().getRequest().user[key])\n"


@pytest.mark.parametrize(
    ("handed", "found"),
    [
        ("@WhoCalls('id') userId: string", []),
        ("@WhoCalls() { id: userId }: Reader", []),
        ("@Param('userId') userId: string", ["DELETE /loans/:id"]),
    ],
)
def test_what_decorators_of_the_app_hand_in_is_not_what_was_sent(handed: str, found: list[str]) -> None:
    files = {"package.json": PACKAGE, "src/who-calls.ts": WHO.encode(), "src/loans.controller.ts": (LOANS % handed).encode()}
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == found


NOTES = """import { Body, Controller, Get, Param, Patch, Req, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { PrismaClient } from '@prisma/client'
import { NotesService } from './notes.service'
@Controller('notes')
@UseGuards(AuthGuard('jwt'))
export class NotesController {
  constructor(private readonly notes: NotesService) {}
  @Get()
  mine(@Req() req) { return this.notes.of(req.user.id) }
  @Patch(':id')
  change(@Param('id') id: string, @Body() changes: ChangesDto%(more)s) { return this.notes.change(id, changes%(given)s) }
}
"""
NOTES_SERVICE = """import { PrismaClient } from '@prisma/client'
export class NotesService {
  private readonly prisma = new PrismaClient()
  of(userId: string) { return this.prisma.note.findMany({ where: { userId } }) }
  change(id: string, changes: ChangesDto, userId?: string) { return this.prisma.note.update({ where: { id, userId }, data: changes }) }
}
"""


@pytest.mark.parametrize(("more", "given", "found"), [("", "", ["PATCH /notes/:id"]), (", @Req() req", ", req.user.id", [])])
def test_a_body_is_no_word_on_who_calls(more: str, given: str, found: list[str]) -> None:
    files = {
        "package.json": PACKAGE,
        "src/notes.service.ts": NOTES_SERVICE.encode(),
        "src/notes.controller.ts": (NOTES % {"more": more, "given": given}).encode(),
    }
    assert [row.route for row in scan_files(files, RULES).project.foreign_rows] == found


ROLES = """import { CanActivate, ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
export const For = (...who: string[]) => SetMetadata('for', who)
@Injectable()
export class ForGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext) {
    const who = this.reflector.get<string[]>('for', context.getHandler())
    const { user } = context.switchToHttp().getRequest()
    return who.includes(user.role)
  }
}
"""
PEOPLE = """import { Body, Controller, Post, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { PrismaClient } from '@prisma/client'
import { For, ForGuard } from './roles'
import { WithRole } from './fields'
const prisma = new PrismaClient()
@Controller('people')
@UseGuards(AuthGuard('jwt')%s)
export class PeopleController {
  @Post()
  %s
  async add(@Body() dto: WithRole) { return prisma.user.create({ data: { ...dto } }) }
}
"""


@pytest.mark.parametrize(("guard", "mark", "caller"), [("", "", "account"), (", ForGuard", "@For('admin')", "privileged")])
def test_decorators_say_whom_a_method_is_for(guard: str, mark: str, caller: str) -> None:
    files = {
        "package.json": PACKAGE,
        "src/main.ts": (MAIN % "{ whitelist: true }").encode(),
        "src/fields.ts": FIELDS.encode(),
        "src/roles.ts": ROLES.encode(),
        "src/people.controller.ts": (PEOPLE % (guard, mark)).encode(),
    }
    flows = scan_files(files, RULES).project.flows
    assert [flow.caller for flow in flows if flow.kind == "assignment"] == [caller]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return 'This action adds a new user'", False),
        ("return `This adds ${dto.email}`", False),
        ("return this.rows.keep(dto)", True),
        ("this.rows[dto.id] = dto; return dto", True),
        ("", True),
    ],
)
def test_a_service_that_does_nothing_yet_writes_no_account(body: str, told: bool) -> None:
    controller = """import { Body, Controller, Post } from '@nestjs/common'
import { UsersService } from './users.service'
@Controller('users')
export class UsersController {
  constructor(private readonly usersService: UsersService) {}
  @Post()
  create(@Body() dto: any) { return this.usersService.create(dto) }
}
"""
    service = (
        f"import {{ Injectable }} from '@nestjs/common'\n@Injectable()\nexport class UsersService {{\n  create(dto: any) {{ {body} }}\n}}\n"
    )
    files = {"package.json": PACKAGE, "src/users.controller.ts": controller.encode(), "src/users.service.ts": service.encode()}
    assert [each.rule for each in scan_files(files, RULES).findings] == ["mass-assignment"] * told
