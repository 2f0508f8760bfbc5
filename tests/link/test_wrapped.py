"""Handlers and middleware that stand in a call of a helper, in files of their own: what they do and ask is found, and what the helper asks counts."""

import pytest
from own_rules import RULES

from batten.facts.routes import EffectKind, Route, RouteAuth
from batten.scan import scan_files

PACKAGE = '{"dependencies": {"express": "5", "express-async-handler": "1", "jsonwebtoken": "9"}}'
DATABASE = "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n"
OWN = "module.exports = (fn) => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next)\n"
GUARD = """const jwt = require('jsonwebtoken')
const quiet = require('./quiet')
exports.known = quiet(async (req, res, next) => { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET); next() })
exports.noted = quiet(async (req, res, next) => { console.log(req.url); next() })
exports.forKnown = (fn) => async (req, res) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) } catch { return res.sendStatus(401) }
  return fn(req, res)
}
"""
HEAD = "const asyncHandler = require('express-async-handler')\nconst quiet = require('./quiet')\nconst { forKnown } = require('./guard')\nconst { prisma } = require('./database')\n"
BODY = "async (req, res) => { await prisma.note.deleteMany() }"


def remove(controller: str, before: str = "", guard: str = GUARD) -> Route:
    files = {
        "package.json": PACKAGE,
        "src/database.js": DATABASE,
        "src/quiet.js": OWN,
        "src/guard.js": guard,
        "src/notes.js": HEAD + controller,
        "src/app.js": (
            "const express = require('express')\nconst notes = require('./notes')\nconst { known, noted } = require('./guard')\n"
            f"const app = express()\napp.delete('/notes', {before} notes.clear)\napp.listen(3000)\n"
        ),
    }
    (found,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return found


@pytest.mark.parametrize(
    "controller",
    [
        f"exports.clear = asyncHandler({BODY})",
        f"exports.clear = quiet({BODY})",
        f"const clear = quiet({BODY})\nmodule.exports = {{ clear }}",
        f"const desk = {{ list: quiet(async (req, res) => res.end()), clear: asyncHandler({BODY}) }}\nmodule.exports = desk",
        f"const list = quiet(async (req, res) => res.end())\nconst clear = quiet({BODY})\nconst desk = {{ list, clear }}\nmodule.exports = desk",
        f"module.exports = {{ list: quiet(async (req, res) => res.end()), clear: quiet({BODY}) }}",
        f"module.exports = {{ clear: quiet({BODY}), list: async (req, res) => res.end() }}",
        f"const clear = {BODY}\nconst list = async (req, res) => res.end()\nmodule.exports = {{ clear: asyncHandler(clear), list }}",
        f"class Notes {{ clear = asyncHandler({BODY}) }}\nmodule.exports = new Notes()",
        f"class Notes {{ clear = {BODY} }}\nmodule.exports = new Notes()",
    ],
)
def test_what_a_wrapped_handler_does(controller: str) -> None:
    found = remove(controller)
    assert (found.auth, [effect.kind.value for effect in found.effects]) == (RouteAuth.UNAUTHENTICATED, ["database-delete"])
    assert remove(controller, "known,").auth is RouteAuth.AUTHENTICATED
    assert remove(controller, "noted,").auth is RouteAuth.UNAUTHENTICATED


def test_what_a_helper_around_a_handler_asks() -> None:
    assert remove(f"exports.clear = forKnown({BODY})").auth is RouteAuth.AUTHENTICATED
    assert remove(f"const desk = {{ clear: forKnown({BODY}) }}\nmodule.exports = desk").auth is RouteAuth.AUTHENTICATED
    assert remove(f"const clear = forKnown({BODY})\nconst desk = {{ clear }}\nmodule.exports = desk").auth is RouteAuth.AUTHENTICATED


@pytest.mark.parametrize("controller", [f"exports.clear = make({BODY})", f"exports.clear = quiet.of({BODY})"])
def test_a_helper_that_is_not_known(controller: str) -> None:
    # One that is made by something unknown may ask for anything: nothing is told, and nothing is said to be guarded.
    assert remove(controller).auth is not RouteAuth.AUTHENTICATED


def test_what_a_handler_is_not() -> None:
    # A function without a request is no handler: what the call makes of it counts.
    clear = "const clear = %s(async () => { await prisma.note.deleteMany() })\nmodule.exports = { clear }"
    assert list(remove(clear % "asyncHandler").effects) == []
    assert [effect.kind for effect in remove(clear % "quiet").effects] == [EffectKind.DATABASE_DELETE]
    assert remove(clear % "forKnown").auth is RouteAuth.AUTHENTICATED


PASSPORT = """const passport = require('passport')
const answer = (req, resolve, reject) => async (err, user) => {
  REFUSES
  req.user = user
  resolve()
}
exports.known = (req, res, next) => new Promise((resolve, reject) => {
  passport.authenticate('jwt', { session: false }, answer(req, resolve, reject))(req, res, next)
}).then(() => next()).catch((err) => next(err))
exports.noted = (req, res, next) => next()
exports.forKnown = (fn) => fn
"""


@pytest.mark.parametrize(
    ("refuses", "auth"),
    [
        # What a library calls back is not followed to where it leads: whether it lets strangers through can't be told.
        ("if (err || !user) { return reject(new ApiError(401, 'no')) }", None),
        ("console.log(err)", RouteAuth.UNAUTHENTICATED),
    ],
)
def test_a_library_calls_back_what_refuses(refuses: str, auth: RouteAuth | None) -> None:
    assert remove(f"exports.clear = quiet({BODY})", "known,", PASSPORT.replace("REFUSES", refuses)).auth is auth


@pytest.mark.parametrize(
    ("guard", "found"),
    [
        ("exports.user = async (req) => jwt.verify(req.headers.authorization, process.env.JWT_SECRET)\n", RouteAuth.AUTHENTICATED),
        ("exports.user = async (req) => req.headers.authorization\n", RouteAuth.UNAUTHENTICATED),
    ],
)
@pytest.mark.parametrize("own", ["exports", "module.exports"])
def test_a_file_calls_what_it_exports_by_that_name(guard: str, found: RouteAuth, own: str) -> None:
    asks = (
        f"exports.known = async (req, res, next) => {{ try {{ await {own}.user(req) }} catch {{ return res.sendStatus(401) }} next() }}\n"
    )
    head = "const jwt = require('jsonwebtoken')\nexports.noted = (req, res, next) => next()\nexports.forKnown = (fn) => fn\n"
    assert remove(f"exports.clear = {BODY}", "known,", head + guard + asks).auth is found
