"""Rows of TypeORM's entities that handlers answer: which repository reads which entity, what a query leaves of it, and what comes along."""

import json
from collections.abc import Mapping

import pytest
from own_rules import RULES

from batten.scan import scan_files

ENTITIES = {
    "src/user.ts": """
import { BaseEntity, Column, Entity, OneToMany, PrimaryGeneratedColumn } from "typeorm";
import { Note } from "./note";

export abstract class Kept extends BaseEntity {
  @Column() apiKey: string;
}

@Entity("users")
export class User extends Kept {
  @PrimaryGeneratedColumn("uuid") id: string;
  @Column({ unique: true })
  email: string;
  @Column() passwordHash: string;
  @Column({ nullable: true, select: false })
  resetToken?: string;
  @OneToMany(() => Note, (note) => note.author) notes: Note[];
}
""",
    "src/note.ts": """
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from "typeorm";
import { User } from "./user";

@Entity()
export class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @ManyToOne(() => User, (user) => user.notes) author: User;
}

@Entity()
export class Pin {
  @ManyToOne(() => User, { eager: true }) owner: User;
}
""",
    "src/shown.ts": """
import { AfterLoad, Column, Entity } from "typeorm";

@Entity()
export class Rider {
  @Column() password: string;
  toJSON() { return { id: 1 }; }
}

@Entity()
export class Cook {
  @Column() password: string;
  @AfterLoad() clear() { delete this.password; }
}

export class Form {
  @Column() password: string;
}
""",
    "src/source.ts": """
import { DataSource } from "typeorm";
import { Note } from "./note";
import { User } from "./user";

export const source = new DataSource({ type: "postgres" });
export const users = source.getRepository(User);
export const notes = source.getRepository(Note).extend({ newest() { return this.find(); } });
""",
}
ALL = ("apiKey", "passwordHash")
HANDLERS = {
    "res.json(await User.find())": ("User", ALL),
    "res.json(await users.findOneBy({ id: req.params.id }))": ("User", ALL),
    "res.json(await users.findOne(req.params.id))": ("User", ALL),
    "res.json(await source.getRepository(User).find({ where: { id: 1 } }))": ("User", ALL),
    "res.json(await source.manager.find(User, { order: { id: 'ASC' } }))": ("User", ALL),
    "const [found, total] = await users.findAndCount(); res.json({ found, total })": ("User", ALL),
    "const user = await users.findOneBy({ id: 1 }); const { passwordHash, ...rest } = user; res.json(rest)": ("User", ("apiKey",)),
    "res.json(await notes.find({ relations: ['author', 'author.notes'] }))": ("User", ALL),
    "res.json(await notes.find({ relations: { author: true } }))": ("User", ALL),
    "res.json(await source.getRepository(Pin).find())": ("User", ALL),
    "res.json(await users.createQueryBuilder('u').where('u.id = :id', { id: 1 }).orderBy('u.id').getMany())": ("User", ALL),
    "res.json(await source.manager.createQueryBuilder(Note, 'n').leftJoinAndSelect('n.author', 'a').getOne())": ("User", ALL),
    "res.json(await users.save(req.body))": ("User", ("passwordHash",)),
    "res.json(await users.find({ select: ['id', 'email'] }))": None,
    "res.json(await users.find({ select: { id: true } }))": None,
    "res.json(await users.find(options))": None,
    "res.json(await users.createQueryBuilder('u').select(['u.id']).getMany())": None,
    "res.json(await users.count())": None,
    "res.json(await notes.find())": None,
    "res.json(await notes.find({ relations: { author: false } }))": None,
    "res.json(await source.manager.createQueryBuilder(Note, 'n').leftJoin('n.author', 'a').getMany())": None,
    "res.json(await source.getRepository(Rider).find())": None,
    "res.json(await source.getRepository(Cook).find())": None,
    "res.json(await source.getRepository(Form).find())": None,
    "res.json([1, 2].find((each) => each === users))": None,
    "const user = await users.findOneBy({ id: 1 }); delete user.passwordHash; delete user.apiKey; res.json(user)": None,
}
HEAD = """
import express from "express";
import { options } from "./options";
import { source, users, notes } from "./source";
import { User } from "./user";
import { Note, Pin } from "./note";
import { Cook, Form, Rider } from "./shown";
const app = express();
"""


def revealed(files: Mapping[str, str], **packages: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """The function that answers, the entity, and what is in it."""
    manifest = json.dumps({"dependencies": packages | {"typeorm": "0.3.20"}})
    whole = ENTITIES | files | {"package.json": manifest}
    found = scan_files({path: text.encode() for path, text in whole.items()}, RULES).project.revealed_rows
    return [(row.key.split("|")[2].partition("#")[2], row.model, row.fields) for row in found]


@pytest.fixture(scope="module")
def of_handlers() -> dict[str, tuple[str, tuple[str, ...]]]:
    """What each handler answers, by its function: one scan for all of them."""
    source = HEAD + "".join(f"app.get('/{n}/:id', async (req, res) => {{ {body} }});\n" for n, body in enumerate(HANDLERS, 1))
    return {function: (model, fields) for function, model, fields in revealed({"src/server.ts": source}, express="5.0.0")}


@pytest.mark.parametrize("number", range(len(HANDLERS)), ids=list(HANDLERS))
def test_what_is_left_of_entities_that_a_handler_answers(number: int, of_handlers: dict[str, tuple[str, tuple[str, ...]]]) -> None:
    found = of_handlers.get(f"@{number + 1}")
    assert (found and (found[0], tuple(sorted(found[1])))) == list(HANDLERS.values())[number]


SERVICE = """
import { Injectable } from "@nestjs/common";
import { InjectRepository } from "@nestjs/typeorm";
import { DataSource, Repository } from "typeorm";
import { User } from "./user";

@Injectable()
export class UsersService {
  @InjectRepository(User) private readonly others: Repository<User>;
  constructor(@InjectRepository(User) private readonly users: Repository<User>, private readonly source: DataSource) {}
  all(): Promise<User[]> { return this.users.find(); }
  second() { return this.others.find(); }
  async page() { const [items, total] = await this.users.createQueryBuilder("u").take(5).getManyAndCount(); return { items, total }; }
  by() { return this.source.getRepository(User).findOne({ where: { id: "1" } }); }
  short() { return this.users.find({ select: { id: true } }); }
}
"""
CONTROLLER = """
import { Controller, Get } from "@nestjs/common";
import { UsersService } from "./users.service";

@Controller("users")
export class UsersController {
  constructor(private readonly service: UsersService) {}
  @Get() all() { return this.service.all(); }
  @Get("second") second() { return this.service.second(); }
  @Get("page") async page() { return await this.service.page(); }
  @Get("by") by() { return this.service.by(); }
  @Get("short") short() { return this.service.short(); }
}
"""
NEST = {"src/users.service.ts": SERVICE, "src/users.controller.ts": CONTROLLER}
TOLD = ["all", "by", "page", "second"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, TOLD),
        ({"src/dto.ts": 'import { Exclude, Type } from "class-transformer";\nexport class Dto { @Exclude() tenant: string; }\n'}, TOLD),
        ({"src/main.ts": 'import { ClassSerializerInterceptor } from "@nestjs/common";\napp.useGlobalInterceptors(ClassSerializerInterceptor);\n'}, []),
        ({"src/serialize.ts": 'import { plainToInstance } from "class-transformer";\nexport const shown = (dto, data) => plainToInstance(dto, data);\n'}, []),
        ({"src/user.ts": 'import { Exclude } from "class-transformer";\n' + ENTITIES["src/user.ts"]}, []),
    ],
)  # fmt: skip
def test_repositories_that_a_container_puts_in(more: dict[str, str], expected: list[str]) -> None:
    found = revealed(NEST | more, **{"@nestjs/common": "11.0.0", "@nestjs/core": "11.0.0"})
    assert sorted(found) == [(f"UsersController.{name}", "User", ("passwordHash", "apiKey")) for name in expected]
