"""Fields of GraphQL that are built of objects (``new GraphQLObjectType``): what they are, what they do, and who may ask for them."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route, RouteAuth
from batten.scan import scan_files

PACKAGE = '{"dependencies": {"express": "5", "express-graphql": "0.12", "graphql": "16", "jsonwebtoken": "9"}}'
DATABASE = "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n"
HEAD = (
    "import { GraphQLID, GraphQLObjectType, GraphQLSchema } from 'graphql'\nimport { graphqlHTTP } from 'express-graphql'\nimport express from 'express'\n"
    "import jwt from 'jsonwebtoken'\nimport { prisma } from './db'\nconst app = express()\n"
    "const known = (req, res, next) => { try { req.user = jwt.verify(req.headers.authorization, KEY) } catch { return res.sendStatus(401) } next() }\n"
)
SERVED = "app.use('/graphql', GATE graphqlHTTP({ schema: new GraphQLSchema({ mutation }) }))\napp.listen(3000)\n"
DROP = "drop: { type: GraphQLID, args: { id: { type: GraphQLID } }, resolve RESOLVES }"
PLAIN = "(parent, args) { return prisma.note.delete({ where: { id: args.id } }) }"
ASKING = "(parent, args, context) { if (!context.user) throw new Error('no'); return prisma.note.delete({ where: { id: args.id } }) }"


def only(files: dict[str, str]) -> Route:
    (found,) = scan_files(
        {path: text.encode() for path, text in {"package.json": PACKAGE, "db.ts": DATABASE, **files}.items()}, RULES
    ).project.routes
    return found


def served(fields: str, gate: str = "") -> Route:
    mutation = f"const mutation = new GraphQLObjectType({{ name: 'MutationType', fields: {fields} }})\n"
    return only({"server.ts": HEAD + mutation + SERVED.replace("GATE", gate)})


@pytest.mark.parametrize("fields", [f"{{ {DROP} }}", f"() => ({{ {DROP} }})"])
@pytest.mark.parametrize(
    ("resolves", "gate", "auth"),
    [
        (PLAIN, "", RouteAuth.UNAUTHENTICATED),
        (f": async {PLAIN.replace(') {', ') => {')}", "", RouteAuth.UNAUTHENTICATED),
        (ASKING, "", RouteAuth.AUTHENTICATED),
        # A package may have several servers: what stands before one is told of all, and proves nothing of each.
        (PLAIN, "known,", None),
        (PLAIN, "express.json(),", RouteAuth.UNAUTHENTICATED),
    ],
)
def test_fields_of_a_root_type(fields: str, resolves: str, gate: str, auth: RouteAuth | None) -> None:
    found = served(fields.replace(" RESOLVES", resolves), gate)
    assert (found.path, found.auth) == ("Mutation.drop", auth)


def test_a_field_in_a_file_of_its_own() -> None:
    drop = f"import {{ GraphQLID, GraphQLNonNull }} from 'graphql'\nimport {{ prisma }} from '../db'\nexport const drop = {{ type: new GraphQLNonNull(GraphQLID), resolve: {PLAIN.replace(') {', ') => {')} }}\n"
    found = only({"mutations/drop.ts": drop})
    assert (found.path, found.auth, [effect.kind.value for effect in found.effects]) == (
        "Mutation.drop",
        RouteAuth.UNAUTHENTICATED,
        ["database-delete"],
    )


def test_types_that_nobody_asks_for_alone() -> None:
    note = "const note = new GraphQLObjectType({ name: 'Note', fields: { text: { type: GraphQLID, resolve: (note) => note.text } } })\n"
    files = {"server.ts": HEAD + note, "db.ts": DATABASE, "package.json": PACKAGE}
    assert scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes == ()
