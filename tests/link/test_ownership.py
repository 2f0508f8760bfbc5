"""Whose rows handlers work on: what ties a row to the caller, and what only looks as if it did."""

from batten.rules.registry import load
from batten.scan import scan_files

RULES = load(with_plugins=False).select(["object-without-owner-check"])
HEAD = """import os

import jwt
from flask import Flask, abort, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
LENDING = os.environ.get("LENDING")


class Reader(db.Model):
    name = db.Column(db.String, primary_key=True)


class Loan(db.Model):
    number = db.Column(db.Integer, primary_key=True)
    reader = db.Column(db.String)


def verify_token(token):
    try:
        jwt.decode(token, os.environ["JWT_SECRET"], algorithms=["HS256"])
        return True
    except jwt.PyJWTError:
        return False


def claims():
    return jwt.decode(request.headers["authorization"], os.environ["JWT_SECRET"], algorithms=["HS256"])


def may_lend(reader, number):
    return reader.startswith(number)


@app.get("/loans")
def loans():
    reader = Reader.query.filter_by(name=claims()["sub"]).first()
    return {"numbers": [each.number for each in Loan.query.filter_by(reader=reader.name)]}

"""
KNOWN = "reader = Reader.query.filter_by(name=claims()['sub']).first()\n    if not reader:\n        abort(401)\n    "
MINE = "loan = Loan.query.filter_by(number=number, reader=reader.name).first()"
ANYONES = "loan = Loan.query.filter_by(number=number).first()"
SHOWN = "\n    return {'number': loan.number}"
CASES = {
    f"{KNOWN}{ANYONES}{SHOWN}": True,
    f"{KNOWN}{MINE}{SHOWN}": False,
    # no caller comes to both ways of a test; what one of them asks says nothing of the other
    f"{KNOWN}if LENDING:\n        {ANYONES}\n    else:\n        {MINE}\n        if not loan:\n            abort(404){SHOWN}": True,
    f"{KNOWN}if not LENDING:\n        {MINE}\n        if not loan:\n            abort(404)\n    {ANYONES}{SHOWN}": False,
    f"{KNOWN}if may_lend(reader.name, number):\n        {ANYONES}\n    else:\n        {MINE}{SHOWN}": False,
    # that the caller was found says who it is, and nothing of the row
    f"{KNOWN}{ANYONES}\n    if not loan:\n        abort(404){SHOWN}": True,
    # a check of the credential alone, and one of more
    f"if not verify_token(request.headers.get('authorization')):\n        abort(401)\n    {ANYONES}{SHOWN}": True,
    f"{KNOWN}if not may_lend(reader.name, number):\n        abort(403)\n    {ANYONES}{SHOWN}": False,
    # what names the row stands in the body
    f"{KNOWN}loan = Loan.query.get(request.json['loan_id']){SHOWN}": True,
    f"{KNOWN}sent = request.json\n    loan = Loan.query.get(sent['loan_id']){SHOWN}": True,
    f"{KNOWN}loan = Loan.query.get(int(reader.name)){SHOWN}": False,
}


def test_what_flask_asks_for() -> None:
    handlers = [f"\n\n@app.get('/loans/of/{n}/<number>')\ndef loan_{n}(number):\n    {body}\n" for n, body in enumerate(CASES)]
    files = {"main.py": (HEAD + "".join(handlers)).encode()}
    found = {row.route for row in scan_files(files, RULES).project.foreign_rows}
    assert {body: f"GET /loans/of/{n}/<number>" in found for n, body in enumerate(CASES)} == CASES


NEST = {
    "package.json": b'{"dependencies": {"@nestjs/common": "11.0.0", "@prisma/client": "6.0.0"}}',
    "src/prisma.service.ts": b"""import { Injectable } from "@nestjs/common";
import { PrismaClient } from "@prisma/client";
@Injectable()
export class PrismaService extends PrismaClient {}
""",
    "src/loans.service.ts": b"""import { Injectable } from "@nestjs/common";
import { PrismaService } from "./prisma.service";
@Injectable()
export class LoansService {
  constructor(private readonly prisma: PrismaService) {}
  mine(reader: string) { return this.prisma.loan.findMany({ where: { reader } }); }
  one(id: string) { return this.prisma.loan.findUnique({ where: { id } }); }
}
""",
    "src/loans.controller.ts": b"""import { Controller, Get, Param, Req, UseGuards } from "@nestjs/common";
import { AuthGuard } from "@nestjs/passport";
import { LoansService } from "./loans.service";
@Controller("loans")
@UseGuards(AuthGuard("jwt"))
export class LoansController {
  constructor(private readonly loans: LoansService) {}
  @Get() all(@Req() req) { return this.loans.mine(req.user.id); }
  @Get(":id") one(@Param("id") id: string) { return this.loans.one(id); }
}
""",
}


def test_rows_have_the_name_of_their_model_where_an_app_has_a_connection_of_its_own() -> None:
    (row,) = scan_files(NEST, RULES).project.foreign_rows
    assert (row.route, row.model, row.tied) == ("GET /loans/:id", "loan", True)
