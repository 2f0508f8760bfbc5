"""Which class a value holds: made, handed to a constructor, asked of a container of services, or behind an interface; told by what a route reaches."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

PACKAGE = '{"dependencies": {"express": "4"}}'
DATABASE = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
SHELF = 'import { prisma } from "./db"\nexport class Shelf {\n  async burn(id: string) { await prisma.book.delete({ where: { id } }) }\n}\n'
ISHELF = "export interface IShelf {\n  burn(id: string): Promise<void>\n}\n"
SHELF_OF = SHELF.replace("class Shelf", "class Shelf implements IShelf").replace(
    'from "./db"\n', 'from "./db"\nimport { IShelf } from "./ishelf"\n'
)
LIBRARY = (
    'import { Shelf } from "./shelf"\nexport class Library {\n  constructor(private readonly shelf: Shelf) {}\n'
    "  async drop(id: string) { return this.shelf.burn(id) }\n}\n"
)
LIBRARY_OF = LIBRARY.replace("{ Shelf }", "{ IShelf }").replace('"./shelf"', '"./ishelf"').replace("shelf: Shelf", "shelf: IShelf")
DESK = (
    'import { Library } from "./library"\nexport class Desk {\n  constructor(private readonly library: Library) {}\n'
    "  drop = async (req, res) => { await this.library.drop(req.params.id); res.end() }\n"
    "  async lose(req, res) { await this.library.drop(req.params.id); res.end() }\n}\n"
)
WIRED = 'import { Library } from "./library"\nimport { Shelf } from "./shelf"\nexport const library = new Library(new Shelf())\n'


def app(server: str, **files: str) -> dict[str, str]:
    """An Express app whose one route is ``server``."""
    found = {"package.json": PACKAGE, "src/db.ts": DATABASE, "src/shelf.ts": SHELF, "src/library.ts": LIBRARY}
    head = 'import express from "express"\nconst app = express()\n'
    return found | {f"src/{name}.ts": text for name, text in files.items()} | {"src/server.ts": f"{head}{server}\napp.listen(3000)\n"}


def asking(value: str, imports: str = "") -> str:
    return f'{imports}app.delete("/x/:id", async (req, res) => {{ const held = {value}; await held.drop(req.params.id); res.end() }})'


def handling(handler: str, imports: str = "") -> str:
    return f'import {{ Desk }} from "./desk"\n{imports}app.delete("/x/:id", {handler})'


LIB = 'import { Library } from "./library"\n'
SHELVES = 'import { Shelf } from "./shelf"\n'
TSYRINGE = 'import { container } from "tsyringe"\n'
AWILIX = (
    'import { asClass, createContainer } from "awilix"\nimport { Library } from "./library"\nimport { Shelf } from "./shelf"\n'
    "const container = createContainer()\ncontainer.register({ library: asClass(Library).scoped(), shelf: asClass(Shelf) })\n"
)
CRADLED = "export class Library {\n  constructor({ shelf }) { this.shelf = shelf }\n  async drop(id) { return this.shelf.burn(id) }\n}\n"
TYPES = 'export const TYPES = { Library: Symbol.for("Library"), Shelf: Symbol.for("Shelf") }\n'
BINDS = (
    'import { Container } from "inversify"\nimport { TYPES } from "./types"\nimport { ILibrary } from "./ilibrary"\nimport { Library } from "./library"\n'
    'import { Shelf } from "./shelf"\nexport const container = new Container()\n'
    "container.bind<ILibrary>(TYPES.Library).to(Library)\ncontainer.bind(TYPES.Shelf).to(Shelf).inSingletonScope()\n"
)
IN_MEMORY = 'import { IShelf } from "./ishelf"\nexport class InMemoryShelf implements IShelf {\n  async burn(id: string) {\n    forget(id)\n  }\n}\n'
OTHER = IN_MEMORY.replace("InMemoryShelf", "RemoteShelf")
OF = {"ishelf": ISHELF, "shelf": SHELF_OF, "library": LIBRARY_OF}
MADE = asking("new Library(new Shelf())", LIB + SHELVES)


@pytest.mark.parametrize(
    "files",
    [
        app(MADE),
        app(MADE, library=LIBRARY.replace("private readonly shelf: Shelf) {}", "shelf: Shelf) { this.shelf = shelf }")),
        app(MADE, library=LIBRARY.replace("private readonly shelf: Shelf) {}", "shelf) { this.shelf = shelf }")),
        app(MADE, **OF),
        app(MADE, **OF | {"memory": IN_MEMORY}),
        app(
            MADE,
            **OF
            | {
                "ishelf": "export abstract class IShelf {\n  abstract burn(id: string): Promise<void>\n}\n",
                "shelf": SHELF_OF.replace("implements", "extends"),
            },
        ),
        app(asking("container.resolve(Library)", TSYRINGE + LIB)),
        app(asking("Container.get(Library)", 'import { Container } from "typedi"\n' + LIB)),
        app(asking("(await this.moduleRef.resolve(Library))", LIB)),
        app(
            asking('container.resolve<ILibrary>("Library")', TSYRINGE + 'import "./wired"\nimport { ILibrary } from "./ilibrary"\n'),
            ilibrary="export interface ILibrary { drop(id: string): Promise<void> }\n",
            library='import { ILibrary } from "./ilibrary"\n' + LIBRARY.replace("class Library", "class Library implements ILibrary"),
            wired=TSYRINGE + LIB + 'container.registerSingleton("Library", Library)\n',
        ),
        app(
            asking('container.resolve("Library")', TSYRINGE),
            wired=TSYRINGE + LIB + 'container.register("Library", { useClass: Library })\n',
        ),
        app(
            asking("container.get(TYPES.Library)", 'import { container } from "./wired"\nimport { TYPES } from "./types"\n'),
            types=TYPES,
            wired=BINDS,
            ilibrary="export interface ILibrary {}\n",
        ),
        app(asking("container.get(TYPES.Library)", 'import { TYPES } from "./types"\n'), types=TYPES, wired=BINDS, **OF | {"remote": OTHER}),
        app(asking('container.resolve("library")', AWILIX), library=CRADLED),
        app(asking("container.cradle.library", AWILIX), library=CRADLED),
        app(asking('req.container.resolve("library")', AWILIX), library=CRADLED),
        app(handling("desk.drop", 'import { library } from "./wired"\nconst desk = new Desk(library)\n'), desk=DESK, wired=WIRED),
        app(handling("desk.lose.bind(desk)", 'import { library } from "./wired"\nconst desk = new Desk(library)\n'), desk=DESK, wired=WIRED),
        app(handling("desk.drop", TSYRINGE + "const desk = container.resolve(Desk)\n"), desk=DESK),
        app(
            'import { routes } from "./routes"\nimport { Desk } from "./desk"\nimport { library } from "./wired"\napp.use(routes(new Desk(library)))',
            desk=DESK,
            wired=WIRED,
            routes='import { Router } from "express"\nimport { Desk } from "./desk"\nexport function routes(desk: Desk) {\n'
            '  const router = Router()\n  router.delete("/x/:id", desk.drop)\n  return router\n}\n',
        ),
        app(
            asking("makeLibrary({ shelf })", 'import { makeLibrary } from "./library"\nimport * as shelf from "./shelf"\n'),
            library="export const makeLibrary = ({ shelf }) => {\n  const drop = async (id) => shelf.burn(id)\n  return { drop }\n}\n",
            shelf='import { prisma } from "./db"\nexport async function burn(id) { await prisma.book.delete({ where: { id } }) }\n',
        ),
        app(
            asking("Library.getInstance()", LIB),
            library='import { Shelf } from "./shelf"\nexport class Library {\n  private static held: Library\n  private shelf = new Shelf()\n'
            "  static getInstance(): Library { return (Library.held ??= new Library()) }\n  async drop(id) { return this.shelf.burn(id) }\n}\n",
        ),
    ],
    ids=[
        "property-in-constructor", "assigned-field", "untyped-field", "interface", "not-the-stand-in", "abstract-class", "tsyringe",
        "typedi", "nest-module", "interface-under-token", "token-alone", "inversify", "inversify-chooses", "awilix", "cradle",
        "request-scope", "field-function", "bound-method", "handler-of-container", "typed-parameter", "closure-of-functions", "singleton",
    ],
)  # fmt: skip
def test_of_scripts(files: dict[str, str]) -> None:
    assert reached(files) == [["database-delete"]]


BOOK = "import mongoose from 'mongoose'\nexport default mongoose.model('Book', new mongoose.Schema({ title: String }))\n"
KEEPS = "constructor(model) { this.model = model }"
STORE = f"export default class Store {{\n  {KEEPS}\n  async drop(id) {{ return this.model.findByIdAndDelete(id) }}\n}}\n"
BASE = (
    f"export class Base {{\n  {KEEPS}\n  drop = async (req, res) => {{ res.json(await this.model.findByIdAndDelete(req.params.id)) }}\n}}\n"
)
HEIR = "import { Base } from './base'\nimport Book from './book'\nexport class Books extends Base {\n  constructor() { super(Book) }\n}\n"
ROUTED = 'import { books } from "./routes"\nimport makeClient from "knex"\nconst knex = makeClient({})\napp.use(books({ knex }))'
ROUTES = 'import { Router } from "express"\nexport function books({ knex }) {\n  const all = Router()\n  all.delete("/x/:id", async (req, res) => { await knex("books").where({ id: req.params.id }).del() })\n  return all\n}\n'


@pytest.mark.parametrize(
    "files",
    [
        app(asking("new Store(Book)", "import Store from './store'\nimport Book from './book'\n"), store=STORE, book=BOOK),
        app(
            'import { Books } from "./books"\nconst books = new Books()\napp.delete("/x/:id", books.drop)', base=BASE, books=HEIR, book=BOOK
        ),
        app(ROUTED, routes=ROUTES),
    ],
)
def test_what_a_library_makes_is_handed_over(files: dict[str, str]) -> None:
    assert reached(files) == [["database-delete"]]


def test_not_all_who_hand_something_over_hand_the_same() -> None:
    made = "import Store from './store'\nimport Book from './book'\nimport { cache } from 'some-cache'\nconst other = new Store(cache)\n"
    assert reached(app(asking("new Store(Book)", made), store=STORE, book=BOOK)) == [[]]


NEST = {
    "package.json": '{"dependencies": {"@nestjs/common": "10", "@nestjs/core": "10"}}',
    "src/main.ts": 'import { NestFactory } from "@nestjs/core"\nimport { AppModule } from "./app.module"\n'
    "async function start() { const app = await NestFactory.create(AppModule); await app.listen(3000) }\nstart()\n",
    "src/app.module.ts": 'import { Module } from "@nestjs/common"\nimport { Desk } from "./desk"\nimport { Library } from "./library"\n'
    'import { Shelf } from "./shelf"\n@Module({ controllers: [Desk], providers: [Library, { provide: "SHELF", useClass: Shelf }] })\nexport class AppModule {}\n',
    "src/desk.ts": 'import { Controller, Delete, Param } from "@nestjs/common"\nimport { Library } from "./library"\n@Controller("x")\nexport class Desk {\n'
    '  constructor(private readonly library: Library) {}\n  @Delete(":id")\n  drop(@Param("id") id: string) { return this.library.drop(id) }\n}\n',
    "src/db.ts": DATABASE,
    "src/shelf.ts": SHELF_OF,
    "src/ishelf.ts": ISHELF,
    "src/library.ts": 'import { Inject, Injectable } from "@nestjs/common"\n@Injectable()\n'
    + LIBRARY_OF.replace("private readonly", '@Inject("SHELF") private readonly'),
}
BUS = {
    "src/desk.ts": NEST["src/desk.ts"]
    .replace('import { Library } from "./library"', 'import { CommandBus } from "@nestjs/cqrs"\nimport { DropBook } from "./command"')
    .replace("library: Library", "bus: CommandBus")
    .replace("this.library.drop(id)", "this.bus.execute(new DropBook(id))"),
    "src/command.ts": "export class DropBook {\n  constructor(public readonly id: string) {}\n}\n",
    "src/handler.ts": 'import { CommandHandler } from "@nestjs/cqrs"\nimport { DropBook } from "./command"\nimport { Library } from "./library"\n'
    "@CommandHandler(DropBook)\nexport class DropBookHandler {\n  constructor(private readonly library: Library) {}\n"
    "  async execute(command: DropBook) { return this.library.drop(command.id) }\n}\n",
}


@pytest.mark.parametrize(
    "files", [NEST, NEST | {"src/remote.ts": OTHER}, NEST | BUS], ids=["under-a-token", "which-the-module-has", "over-a-bus"]
)
def test_of_nest(files: dict[str, str]) -> None:
    assert reached(files) == [["database-delete"]]


PYTHON_SHELF = "class Shelf{}:\n    def __init__(self, session: Session):\n        self.session = session\n\n    def burn(self, id: str):\n        self.session.delete(id)\n"
ABSTRACT = "from abc import ABC, abstractmethod\n\nclass AnyShelf(ABC):\n    @abstractmethod\n    def burn(self, id: str):\n        ...\n"
PYTHON_LIBRARY = (
    "from shop.shelf import Shelf\n\nclass Library:\n    def __init__(self, shelf: Shelf):\n        self.shelf = shelf\n\n"
    "    def drop(self, id: str):\n        return self.shelf.burn(id)\n"
)
RECORD = (
    "from dataclasses import dataclass\nfrom shop.any_shelf import AnyShelf\n\n@dataclass\nclass Library:\n    shelf: AnyShelf\n\n"
    "    def drop(self, id: str):\n        return self.shelf.burn(id)\n"
)
HELD = (
    "import punq\nfrom shop.any_shelf import AnyShelf\nfrom shop.library import Library\nfrom shop.shelf import Shelf\n\nclass Container:\n"
    "    @staticmethod\n    def resolve(cls):\n        return Container._made().resolve(cls)\n\n    @staticmethod\n    def _made():\n"
    "        held = punq.Container()\n        held.register(AnyShelf, Shelf)\n        held.register(Library)\n        return held\n"
)
PROVIDED = (
    "from dependency_injector import containers, providers\nfrom shop.library import Library\nfrom shop.shelf import Shelf\n\n"
    "class Container(containers.DeclarativeContainer):\n    shelf = providers.Factory(Shelf, session=None)\n    library = providers.Factory(Library, shelf=shelf)\n"
)


def shop(parameter: str, imports: str = "", before: str = "", **files: str) -> dict[str, str]:
    """A FastAPI app whose one route is handed, or takes, ``held``."""
    taken = "" if ":" in parameter or parameter.startswith("held=") else f"    held = {parameter}\n"
    given = "" if taken else f", {parameter}"
    main = (
        f"from fastapi import Depends, FastAPI\nfrom shop.library import Library\nfrom shop.shelf import Shelf\n{imports}\napp = FastAPI()\n\n{before}\n"
        f'@app.delete("/x/{{id}}")\ndef drop(id: str{given}):\n{taken}    held.drop(id)\n'
    )
    shelf = "from sqlalchemy.orm import Session\n\n" + PYTHON_SHELF.format("")
    found = {"shop/__init__.py": "", "shop/shelf.py": shelf, "shop/library.py": PYTHON_LIBRARY, "shop/main.py": main}
    return found | {f"shop/{name}.py": text for name, text in files.items()} | {"requirements.txt": "fastapi\nsqlalchemy\n"}


BY_RECORD = {
    "any_shelf": ABSTRACT,
    "library": RECORD,
    "shelf": "from sqlalchemy.orm import Session\nfrom shop.any_shelf import AnyShelf\n\n" + PYTHON_SHELF.format("(AnyShelf)"),
}
MAKER = "def get_library():\n    return Library(Shelf(None))\n"


@pytest.mark.parametrize(
    "files",
    [
        shop("held=Depends(get_library)", before=MAKER),
        shop("held=Depends(get_library)", before="def get_library():\n    made = Library(Shelf(None))\n    yield made\n"),
        shop("held: Library = Depends(get_library)", before=MAKER),
        shop("held: Library = Depends()"),
        shop("held=Depends(Library)"),
        shop("held: Annotated[Library, Depends()]", "from typing import Annotated\n"),
        shop("held: Held", "from typing import Annotated\n", before=f"{MAKER}\nHeld = Annotated[Library, Depends(get_library)]\n"),
        shop("Library(Shelf(None))", library=PYTHON_LIBRARY.replace("shelf: Shelf", "shelf")),
        shop("Container.resolve(Library)", "from shop.held import Container\n", held=HELD, **BY_RECORD),
        shop("Library(Shelf(None))", **BY_RECORD),
        shop("injector.get(Library)", "from injector import Injector\n", before="injector = Injector()\n"),
        shop("Container.library()", "from shop.held import Container\n", held=PROVIDED),
        shop(
            "held=Depends(Provide[Container.library])",
            "from dependency_injector.wiring import Provide\nfrom shop.held import Container\n",
            held=PROVIDED,
        ),
        shop(
            "Library(Shelf(None))",
            library=PYTHON_LIBRARY.replace("class Library:", "class Library(Base):")
            .replace("def drop", "def lose")
            .replace("from shop.shelf", "from shop.base import Base\nfrom shop.shelf"),
            base="class Base:\n    def drop(self, id):\n        return self.lose(id)\n\n    def lose(self, id):\n        raise NotImplementedError\n",
        ),
    ],
    ids=[
        "depends", "yielded", "depends-typed", "depends-by-type", "depends-class", "annotated", "annotated-by-name", "untyped-field", "punq",
        "dataclass", "injector", "provider", "provided", "from-the-base",
    ],
)  # fmt: skip
def test_of_python(files: dict[str, str]) -> None:
    assert reached(files) == [["database-delete"]]


@pytest.mark.parametrize(
    "files",
    [
        app(MADE, **OF | {"remote": OTHER}),
        app(
            asking('container.resolve("Nobody")', TSYRINGE), wired=TSYRINGE + LIB + 'container.register("Library", { useClass: Library })\n'
        ),
        app(asking('cache.get("Library")', 'import { cache } from "./cache"\n'), cache="export const cache = new Map()\n"),
        app(
            asking('container.resolve("Library")', TSYRINGE),
            wired=TSYRINGE + LIB + 'container.register("Library", { useClass: Library })\n',
            other=TSYRINGE + 'import { Archive } from "./archive"\ncontainer.register("Library", { useClass: Archive })\n',
            archive="export class Archive {\n  async drop(id) { return id }\n}\n",
        ),
    ],
    ids=["two-classes", "no-such-token", "no-container", "two-under-one-token"],
)
def test_nobody_can_tell(files: dict[str, str]) -> None:
    assert reached(files) == [[]]


def reached(files: dict[str, str]) -> list[list[str]]:
    """The kinds of what a stranger reaches, route by route."""
    routes = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return [[effect.kind.value for effect in route.effects] for route in routes]
