"""Whose rows handlers work on: what ties a row to the caller, and what only looks as if it did."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
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


def check_free(number):
    return Loan.query.filter_by(number=number).count() == 0


def check_held(number):
    return Loan.query.filter_by(number=number, reader=claims()["sub"]).count() == 1


def check_both(number):
    return check_free(number) and check_held(number)


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
    # a check that neither is told who calls nor asks, one that asks, and one that leaves it to others
    f"{KNOWN}if not check_free(number):\n        abort(409)\n    {ANYONES}{SHOWN}": True,
    f"{KNOWN}if not check_held(number):\n        abort(409)\n    {ANYONES}{SHOWN}": False,
    f"{KNOWN}if not check_both(number):\n        abort(409)\n    {ANYONES}{SHOWN}": False,
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


REST = """from django.shortcuts import get_object_or_404
from rest_framework import filters, generics, permissions, viewsets
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated, IsAuthenticatedOrReadOnly

from .models import Loan, Shelf, Ticket
from .serializers import LoanSerializer, ShelfSerializer, TicketSerializer


class IsReader(BasePermission):
    def has_object_permission(self, request, view, loan):
        return loan.reader == request.user


class Mine:
    def perform_create(self, serializer):
        serializer.save(reader=self.request.user)


class Lent(Mine, viewsets.ModelViewSet):
    queryset = Loan.objects.all()
    serializer_class = LoanSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]

"""
VIEW_SETS = {
    "permission_classes = [IsAuthenticated]": True,
    "permission_classes = [permissions.IsAuthenticated]": True,
    "permission_classes = (IsAuthenticated,)\n    filter_backends = [filters.SearchFilter]": True,
    "permission_classes = [IsAuthenticated]\n    queryset = Loan.objects.select_related('shelf')": True,
    "permission_classes = [IsAuthenticated]\n    def get_queryset(self):\n        return Loan.objects.filter(shelf=self.kwargs['shelf'])": True,
    "permission_classes = [IsAuthenticated]\n    def get_object(self):\n        return get_object_or_404(Loan, number=self.kwargs['number'])": True,
    "permission_classes = [IsAuthenticated]\n    def get_queryset(self):\n        return Loan.objects.filter(reader=self.request.user)": False,
    "permission_classes = [IsAuthenticated]\n    queryset = Loan.objects.filter(open=True)": False,
    "permission_classes = [IsAuthenticated]\n    def perform_destroy(self, loan):\n        self.must_be_mine(loan)\n        loan.delete()\n    def perform_update(self, serializer):\n        self.must_be_mine(serializer.instance)\n        serializer.save()": False,
    "permission_classes = [IsAuthenticated]\n    def get_permissions(self):\n        return [IsReader()]": False,
    "permission_classes = [IsAuthenticated, IsReader]": False,
    "permission_classes = [IsAuthenticated & IsReader]": False,
    "permission_classes = [IsAdminUser]": False,
    "http_method_names = ['get', 'post']\n    permission_classes = [IsAuthenticated]": False,
}


def test_what_generic_views_let_every_account_change() -> None:
    views = [f"\n\nclass Lent{n}(Lent):\n    {body}\n" for n, body in enumerate(VIEW_SETS)]
    shelves = "\n\nclass Shelves(viewsets.ModelViewSet):\n    queryset = Shelf.objects.all()\n    serializer_class = ShelfSerializer\n    permission_classes = [IsAuthenticated]\n"
    tickets = """

class Open(Mine, generics.ListCreateAPIView):
    serializer_class = TicketSerializer
    permission_classes = [IsAuthenticated]


class One(generics.RetrieveUpdateAPIView):
    queryset = Ticket.objects.all()
    serializer_class = TicketSerializer
    permission_classes = [IsAuthenticated]
"""
    urls = [f"router.register('lent{n}', views.Lent{n})\n" for n in range(len(VIEW_SETS))]
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": "ROOT_URLCONF = 'library.urls'\nMIDDLEWARE = []\n",
        "library/models.py": "from django.db import models\n"
        + "".join(f"class {name}(models.Model):\n    title = models.TextField()\n" for name in ("Loan", "Shelf", "Ticket")),
        "library/views.py": REST + "".join(views) + shelves + tickets,
        "library/urls.py": "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\nfrom . import views\nrouter = DefaultRouter()\n"
        + "".join(urls)
        + "router.register('shelves', views.Shelves)\nurlpatterns = [path('', include(router.urls)), path('tickets/', views.Open.as_view()), path('tickets/<int:pk>/', views.One.as_view())]\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.foreign_rows
    routes = {row.route for row in found}
    assert {body: f"DELETE /lent{n}/<pk>/" in routes for n, body in enumerate(VIEW_SETS)} == VIEW_SETS
    # nothing says that shelves are anybody's; new tickets are the caller's in another view
    assert sorted((row.route, row.model) for row in found if "lent" not in row.route) == [("PATCH /tickets/<int:pk>/", "ticket")]


EXPRESS = """const express = require("express");
const jwt = require("jsonwebtoken");
const mongoose = require("mongoose");
const passport = require("passport");
const Parcel = mongoose.model("Parcel", new mongoose.Schema({ sender: String, courier: String, state: String }));
const Article = mongoose.model("Article", new mongoose.Schema({ shop: String, stock: Number }));
const Account = require("./account");
const app = express();
app.use(express.json({ limit: "10mb" }));

const auth = (roles = []) => (req, res, next) => {
  try {
    req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET);
    if (roles.length && !roles.includes(req.user.role)) return res.status(403).end();
    next();
  } catch (error) {
    res.status(401).end();
  }
};
const signedIn = (req, res, next) => {
  try {
    req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET);
    next();
  } catch (error) {
    res.status(401).end();
  }
};

const locked = (req, res, next) => {
  if (!req.isAuthenticated()) return res.status(401).end();
  if (req.user?.status === "locked") {
    req.logout(() => {});
    return res.status(403).end();
  }
  next();
};
const ofStaff = (req, res, next) => {
  if (!req.isAuthenticated()) return res.status(401).end();
  if (req.user?.role === "reader") return res.status(403).end();
  next();
};

app.get("/parcels", signedIn, async (req, res) => res.json(await Parcel.find({ sender: req.user.id })));
app.get("/articles", signedIn, async (req, res) => res.json(await Article.find({ shop: req.user.id })));
"""
ACCOUNT = b'const mongoose = require("mongoose");\nmodule.exports = mongoose.model("Account", new mongoose.Schema({ state: String }));\n'
CHANGED = "await Parcel.findByIdAndUpdate(req.params.id, req.body); res.end();"
READ = "const parcel = await Parcel.findById(req.params.id); if (!parcel) return res.sendStatus(404);"
TAKES = "parcel.courier = req.user.id; await parcel.save(); res.end();"
STOCK = "for (const { articleId, number } of req.body.articles) { const article = await Article.findById(articleId); article.stock -= number; await article.save(); }"
IN_EXPRESS = {
    ("signedIn", CHANGED): True,
    # what stands before it asks for a role that it is given
    ("auth(['staff'])", CHANGED): False,
    # it asks whether the account holds, or what it may do
    ("locked", CHANGED): True,
    ("ofStaff", CHANGED): False,
    ("auth()", CHANGED): True,
    # it asks for a right of what it does not know to be the caller, and answers that the caller may not
    ("signedIn", f"const who = await lookUp(req); if (!who.admin) return res.status(403).end(); {CHANGED}"): False,
    ("signedIn", f"if (!req.body.admin) return res.status(403).end(); {CHANGED}"): True,
    # what is kept of the caller is compared with the row, or only looked at
    (
        "signedIn",
        f"const me = await Account.findById(req.user.id); {READ} if (parcel.state !== me.state) return res.sendStatus(403); {CHANGED}",
    ): False,
    ("signedIn", f"const me = await Account.findById(req.user.id); if (!me.state) return res.sendStatus(409); {CHANGED}"): True,
    # whoever comes first takes what nobody has
    ("signedIn", f"{READ} if (parcel.courier) return res.sendStatus(409); {TAKES}"): False,
    ("signedIn", f"{READ} if (parcel.state) return res.sendStatus(409); {TAKES}"): True,
    ("signedIn", f"{READ} {TAKES}"): True,
    # an order takes from the stock of each article
    ("signedIn", f"{STOCK} await Parcel.create({{ sender: req.user.id }}); res.end();"): False,
    ("signedIn", f"{STOCK} res.end();"): True,
    # a log of who did it is no order
    (
        "signedIn",
        "for (const id of req.body.ids) { await Parcel.deleteOne({ _id: id }); } await Article.create({ shop: req.user.id }); res.end();",
    ): True,
    (
        "signedIn",
        "for (const { parcelId } of req.body.rows) { await Parcel.deleteOne({ _id: parcelId }); } await Article.create({ shop: req.user.id }); res.end();",
    ): True,
    (
        "signedIn",
        "for (const row of req.body.rows) { await Parcel.updateOne({ _id: row.id }, { state: row.state }); } await Article.create({ shop: req.user.id }); res.end();",
    ): True,
    # how callers are known is told to a gate, too
    ("passport.authenticate('jwt', { session: false })", CHANGED): True,
    ("auth([])", CHANGED): True,
    ("signedIn", "await Article.deleteOne({ _id: req.body.articleId }); await Parcel.create({ sender: req.user.id }); res.end();"): True,
}


def test_what_express_asks_for() -> None:
    routes = [f"app.post('/do/{n}/:id', {gate}, async (req, res) => {{ {body} }});\n" for n, (gate, body) in enumerate(IN_EXPRESS)]
    packages = b'{"dependencies": {"express": "5", "jsonwebtoken": "9", "mongoose": "8", "passport": "0.7"}}'
    found = {
        row.route
        for row in scan_files(
            {"package.json": packages, "account.js": ACCOUNT, "server.js": (EXPRESS + "".join(routes)).encode()}, RULES
        ).project.foreign_rows
    }
    assert {case: f"POST /do/{n}/:id" in found for n, case in enumerate(IN_EXPRESS)} == IN_EXPRESS
