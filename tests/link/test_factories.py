"""Handlers that functions make: what they are handed is known in them, what stands around them counts, and each route is told of its own rows."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check", "unauthenticated-write-route"])
PACKAGE = '{"dependencies": {"express": "4", "mongoose": "8", "jsonwebtoken": "9"}}'
MODEL = "const mongoose = require('mongoose')\nmodule.exports = mongoose.model('%s', new mongoose.Schema({ %s }))\n"
OWNED = "reader: { type: mongoose.Schema.Types.ObjectId, ref: 'User' }"
GUARD = """const jwt = require('jsonwebtoken')
module.exports = (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }
  next()
}
"""
FACTORY = """const quiet = require('./quiet')
exports.removeOne = (Model) => quiet(async (req, res) => { await Model.findByIdAndDelete(req.params.id); res.end() })
exports.getOne = (Model) => async (req, res) => {
  let asked = Model.findById(req.params.id)
  res.json(await asked)
}
"""
QUIET = "module.exports = (work) => (req, res, next) => work(req, res, next).catch(next)\n"
CLOSED = "const jwt = require('jsonwebtoken')\nmodule.exports = (work) => async (req, res, next) => {\n  try { jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.status(401).end() }\n  return work(req, res, next)\n}\n"
SERVER = """const express = require('express')
const signedIn = require('./guard')
const Shelf = require('./models/shelf')
const Hall = require('./models/hall')
%s
app.listen(3000)
"""


def found(server: str, **files: str) -> list[tuple[str, str]]:
    app = {
        "package.json": PACKAGE,
        "src/models/shelf.js": MODEL % ("Shelf", OWNED),
        "src/models/hall.js": MODEL % ("Hall", "name: String"),
        "src/guard.js": GUARD,
        "src/quiet.js": QUIET,
        "src/factory.js": FACTORY,
        "src/server.js": SERVER % server,
        **{f"src/{name}.js": text for name, text in files.items()},
    }
    said = scan_files({path: text.encode() for path, text in app.items()}, RULES).findings
    return sorted((finding.rule, finding.message.partition(" whose")[0].partition(" and change")[0]) for finding in said)


ROW, OPEN = "object-without-owner-check", "unauthenticated-write-route"
MINE = "const Shelf = require('./models/shelf')\nconst factory = require('./factory')\n"
SHELVES = MINE + "exports.remove = factory.removeOne(Shelf)\nexports.get = factory.getOne(Shelf)\n"
HALLS = SHELVES.replace("Shelf", "Hall").replace("shelf", "hall")
APP = "const app = express()\napp.use(express.json())\n"


@pytest.mark.parametrize(
    "shelves",
    [
        SHELVES,
        MINE + "module.exports = { remove: factory.removeOne(Shelf), get: factory.getOne(Shelf) }\n",
        MINE + "const remove = factory.removeOne(Shelf)\nconst get = factory.getOne(Shelf)\nmodule.exports = { remove, get }\n",
    ],
)
def test_each_route_is_told_of_the_rows_of_its_own_model(shelves: str) -> None:
    server = (
        "const shelves = require('./shelves')\nconst halls = require('./halls')\n"
        f"{APP}app.delete('/shelves/:id', signedIn, shelves.remove)\napp.delete('/halls/:id', signedIn, halls.remove)\n"
        "app.get('/shelves/:id', signedIn, shelves.get)\n"
    )
    assert found(server, shelves=shelves, halls=HALLS) == [
        (ROW, "DELETE /shelves/:id deletes any shelf"),
        (ROW, "GET /shelves/:id reads any shelf"),
    ]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("app.delete('/halls/:id', removeOne(Hall))", [(OPEN, "anyone can call DELETE /halls/:id")]),
        ("app.delete('/halls/:id', signedIn, removeOne(Hall))", []),
        ("app.route('/shelves/:id').delete(signedIn, removeOne(Shelf))", [(ROW, "DELETE /shelves/:id deletes any shelf")]),
        ("app.get('/shelves/:id', signedIn, removeOne)", []),
    ],
)
def test_a_handler_may_be_made_where_the_route_is_registered(route: str, expected: list[tuple[str, str]]) -> None:
    assert found(f"const {{ removeOne }} = require('./factory')\n{APP}{route}\n") == expected


def test_what_stands_around_a_handler_that_is_made_counts() -> None:
    server = f"const {{ removeOne }} = require('./factory')\n{APP}app.delete('/halls/:id', removeOne(Hall))\n"
    assert found(server, quiet=CLOSED) == []


def test_a_handler_that_is_made_may_look_at_whose_the_row_is() -> None:
    factory = (
        "exports.removeOne = (Model) => async (req, res) => {\n  const row = await Model.findById(req.params.id)\n"
        "  if (row.reader.toString() !== req.user.id) return res.status(403).end()\n  await Model.findByIdAndDelete(req.params.id)\n  res.end()\n}\n"
    )
    server = f"const {{ removeOne }} = require('./factory')\n{APP}app.delete('/shelves/:id', signedIn, removeOne(Shelf))\n"
    assert found(server, factory=factory) == []


DESK = """module.exports = ({ Shelf }) => ({
  remove: async (req, res) => { await Shelf.findByIdAndDelete(req.params.id); res.end() },
  mine: async (req, res) => res.json(await Shelf.find({ reader: req.user.id })),
})
"""
ROUTES = """const { Router } = require('express')
const signedIn = require('./guard')
module.exports = (desk) => {
  const router = Router()
  router.get('/', signedIn, desk.mine)
  router.delete('/:id', %s desk.remove)
  return router
}
"""


@pytest.mark.parametrize(
    "mount",
    [
        "app.use('/shelves', routes(make({ Shelf })))",
        "const desk = make({ Shelf })\napp.use('/shelves', routes(desk))",
    ],
)
@pytest.mark.parametrize(
    ("guard", "expected"),
    [("", [(OPEN, "anyone can call DELETE /shelves/:id")]), ("signedIn,", [(ROW, "DELETE /shelves/:id deletes any shelf")])],
)
def test_handlers_of_a_record_that_routes_are_handed(mount: str, guard: str, expected: list[tuple[str, str]]) -> None:
    server = f"const make = require('./desk')\nconst routes = require('./routes')\n{APP}{mount}\n"
    assert found(server, desk=DESK, routes=ROUTES % guard) == expected


def test_what_different_callers_hand_in_is_not_guessed() -> None:
    other = DESK.replace("findByIdAndDelete(req.params.id)", "countDocuments()")
    server = f"const make = require('./desk')\nconst other = require('./other')\nconst routes = require('./routes')\n{APP}app.use('/a', routes(make({{ Shelf }})))\napp.use('/b', routes(other({{ Shelf }})))\n"
    assert found(server, desk=DESK, other=other, routes=ROUTES % "") == []


@pytest.mark.parametrize(
    ("exported", "asked"),
    [
        (
            "module.exports = class Desk { static async remove(req, res) { await Shelf.findByIdAndDelete(req.params.id); res.end() } }",
            "desk.remove",
        ),
        (
            "exports.Desk = class { static async remove(req, res) { await Shelf.findByIdAndDelete(req.params.id); res.end() } }",
            "desk.Desk.remove",
        ),
        (
            "const Desk = class { async remove(req, res) { await Shelf.findByIdAndDelete(req.params.id); res.end() } }\nmodule.exports = new Desk()",
            "desk.remove",
        ),
    ],
)
def test_methods_of_a_class_that_is_given_to_a_name(exported: str, asked: str) -> None:
    server = f"const desk = require('./desk')\n{APP}app.delete('/shelves/:id', {asked})\n"
    desk = f"const Shelf = require('./models/shelf')\n{exported}\n"
    assert found(server, desk=desk) == [(OPEN, "anyone can call DELETE /shelves/:id")]


@pytest.mark.parametrize(
    "given",
    [
        "rows.map((row) => row.amount)",
        "rows.filter((row) => row.amount > 1)",
        "rows.sort((a, b) => b.at - a.at)",
        "rows.reduce((all, row) => [...all, row], [])",
        "ctx.db.query('payments').collect().then((all) => all)",
    ],
)
def test_a_list_that_is_gone_through_is_no_handler(given: str) -> None:
    code = f"import {{ query }} from './_generated/server'\nexport const all = query({{ args: {{}}, handler: async (ctx) => {{ const rows = await ctx.db.query('payments').collect()\n return {given} }} }})\n"
    project = scan_files({"package.json": b'{"dependencies": {"convex": "1"}}', "convex/payments.ts": code.encode()}, RULES).project
    assert {effect.kind.value for route in project.routes for effect in route.effects} == {"database-read"}


@pytest.mark.parametrize(("name", "public"), [("getBookedDates", True), ("list_available_slots", True), ("getBookings", False), ("getBookedDatesOfGuests", False)])  # fmt: skip
def test_when_there_is_room_is_for_everybody_to_know(name: str, public: bool) -> None:
    code = f"import {{ query }} from './_generated/server'\nexport const {name} = query({{ handler: async (ctx) => {{ const rows = await ctx.db.query('bookings').collect()\n return rows.map((row) => row.date) }} }})\n"
    project = scan_files({"package.json": b'{"dependencies": {"convex": "1"}}', "convex/bookings.ts": code.encode()}, RULES).project
    assert [route.public_by_design for route in project.routes] == [public]
