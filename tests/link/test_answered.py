"""Rows that handlers answer: which credentials are still in them, whose they are, and by which way they come."""

import json
from collections.abc import Mapping

import pytest
from own_rules import RULES

from batten.facts.access import RevealedRow
from batten.scan import scan_files


def revealed(files: Mapping[str, str]) -> tuple[RevealedRow, ...]:
    return scan_files({path: text.encode() for path, text in files.items()}, RULES).project.revealed_rows


MODELS = """
const mongoose = require("mongoose");
const userSchema = new mongoose.Schema({ name: String, email: String, password: String, resetToken: String, apiKey: String, pin: { type: String, select: false } });
exports.User = mongoose.models.User || mongoose.model("User", userSchema);
exports.Order = mongoose.model("Order", new mongoose.Schema({ total: Number, buyer: { type: mongoose.Schema.Types.ObjectId, ref: "User" } }));
exports.Page = mongoose.model("Page", new mongoose.Schema({ title: String }));
"""
HEAD = """
const express = require("express");
const _ = require("lodash");
const bcrypt = require("bcrypt");
const { User, Order, Page } = require("./models");
const { ok, shown, again, found } = require("./helpers");
const app = express();
"""
HELPERS = """
const { User } = require("./models");
exports.ok = (res, data) => res.status(200).json({ ok: true, data });
exports.shown = (user) => ({ id: user.id, name: user.name });
exports.again = function again(user) { return again(user); };
exports.found = async (filter) => { const users = await User.find(filter); return users.filter((user) => user.active); };
"""
ALL = ("password", "resetToken", "apiKey")
OF_ACCOUNT = ("password", "resetToken")

HANDLERS = {
    "res.json(await User.find())": ("User", ALL, False),
    "res.send({ users: await User.find({}).sort('name').limit(5) })": ("User", ALL, False),
    "ok(res, await found({ active: true }))": ("User", ALL, False),
    "const users = await User.find(); res.json(users.map((user) => ({ ...user.toObject(), fresh: true })))": ("User", ALL, False),
    "const users = await User.find(); res.json(users.map((user) => _.omit(user, ['password', 'apiKey'])))": ("User", ("resetToken",), False),
    "const user = await User.findById(req.params.id); const { password, ...rest } = user; res.json(rest)": ("User", ("resetToken", "apiKey"), False),
    "const user = await User.findById(req.params.id); delete user.password; res.json(user)": ("User", ("resetToken", "apiKey"), False),
    "res.json({ password: undefined, ...(await User.findById(req.params.id)) })": ("User", ALL, False),
    "res.json(await User.find().select('-password -resetToken'))": ("User", ("apiKey",), False),
    "res.json(await User.find().select('+pin name'))": None,
    "res.json(await User.find({}, { apiKey: 0, password: 0 }))": ("User", ("resetToken",), False),
    "res.json(await Order.find().populate('buyer'))": ("User", ALL, False),
    "res.json(await User.findById(req.user.id))": ("User", OF_ACCOUNT, True),
    "res.json(await User.create(req.body))": ("User", OF_ACCOUNT, True),
    "const user = await User.findOne({ email: req.body.email }); if (!(await bcrypt.compare(req.body.password, user.password))) return res.status(401).end(); res.json({ user })": ("User", OF_ACCOUNT, True),
    "let user = await User.findById(req.params.id); if (req.query.short) user = { name: user.name }; res.json(user)": ("User", ALL, False),
    "User.find({}, (error, users) => res.json(users))": None,
    "User.find((error, users) => { if (error) return res.status(500).end(); res.json(users); })": ("User", ALL, False),
    "User.find().then((users) => res.json({ users }))": ("User", ALL, False),
    "res.json(await Page.find())": None,
    "res.json(await Order.find())": None,
    "res.json(await Order.find().populate('buyer', 'name'))": None,
    "res.json(shown(await User.findById(req.params.id)))": None,
    "res.json(again(await User.findById(req.params.id)))": None,
    "res.json(sanitizeUser(await User.findById(req.params.id)))": None,
    "res.json({ name: (await User.findById(req.params.id)).name, set: Boolean((await User.findById(req.params.id)).password) })": None,
    "const user = await User.findById(req.params.id).lean(); for (const key of Object.keys(user)) delete user[key]; res.json(user)": None,
    "const users = await User.find(); res.json(users.length)": None,
    "const users = await User.find(); console.log(users); res.json({ ok: true })": None,
    "const user = await User.findById(req.params.id); res.status(409).json(user)": None,
    "res.json(await User.find().select(req.query.fields))": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def of_handlers() -> dict[int, RevealedRow]:
    """The rows of all handlers, by the number of each: one scan for all of them."""
    source = HEAD + "".join(f"app.get('/{number}/:id', async (req, res) => {{ {body} }});\n" for number, body in enumerate(HANDLERS))
    manifest = json.dumps({"dependencies": dict.fromkeys(("express", "mongoose", "lodash", "bcrypt"), "*")})
    found = revealed({"package.json": manifest, "models.js": MODELS, "helpers.js": HELPERS, "server.js": source})
    start = source.encode()[: source.encode().index(b"app.get(")].count(b"\n")
    return {source.encode()[: row.place.span.start].count(b"\n") - start: row for row in found if row.place.path == "server.js"}


@pytest.mark.parametrize("number", range(len(HANDLERS)), ids=list(HANDLERS))
def test_what_is_left_of_rows_that_a_handler_answers(number: int, of_handlers: dict[int, RevealedRow]) -> None:
    row = of_handlers.get(number)
    assert (None if row is None else (row.model, row.fields, row.own)) == list(HANDLERS.values())[number]


def test_the_way_leads_from_the_query_to_the_answer(of_handlers: dict[int, RevealedRow]) -> None:
    steps = [(step.place.path, step.note) for step in of_handlers[2].trail]
    assert steps == [
        ("helpers.js", "rows of User are read here with all that they hold: password, resetToken, apiKey"),
        ("server.js", "goes through `found` here"),
        ("server.js", "and become an answer here"),
    ]


PRISMA = "model User {\n  id Int @id\n  passwordHash String\n}\n"
ROUTE = "import { prisma } from '../../db';\nexport async function GET() {\n  return Response.json(await prisma.user.findMany());\n}\n"
CLIENT = "import { PrismaClient } from '@prisma/client';\nexport const prisma = new PrismaClient();\n"
NEXT = {
    "package.json": json.dumps({"dependencies": {"next": "15.5.9", "@prisma/client": "*"}}),
    "db.ts": CLIENT,
    "app/users/route.ts": ROUTE,
}


@pytest.mark.parametrize(
    ("schemas", "expected"),
    [
        ({"prisma/schema.prisma": PRISMA}, ["passwordHash"]),
        ({"prisma/schema.prisma": PRISMA.replace("String", "String @ignore")}, []),
        ({"prisma/schema.prisma": PRISMA.replace("String", "DateTime")}, []),
        ({"prisma/schema.prisma": PRISMA.replace("String", "String[]")}, ["passwordHash"]),
        (
            {"prisma/schema.prisma": PRISMA, "other/schema.prisma": PRISMA.replace("passwordHash", "name")},
            [],
        ),  # which is meant can't be told
        ({}, []),
    ],
)
def test_models_of_prisma_are_those_of_the_schema(schemas: dict[str, str], expected: list[str]) -> None:
    assert [field for row in revealed(NEXT | schemas) for field in row.fields] == expected


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("const make = () => new PrismaClient({ log: ['error'] });\nexport const prisma = make();\n", ["passwordHash"]),
        ("const make = () => new PrismaClient({ omit: { user: { passwordHash: true } } });\nexport const prisma = make();\n", []),
        (
            "import { options } from './options';\nexport const prisma = new PrismaClient(options);\n",
            [],
        ),  # what it leaves out can't be told
    ],
)
def test_clients_of_prisma_may_leave_fields_out_of_all(made: str, expected: list[str]) -> None:
    files = NEXT | {"prisma/schema.prisma": PRISMA, "db.ts": f"import {{ PrismaClient }} from '@prisma/client';\n{made}"}
    assert [field for row in revealed(files) for field in row.fields] == expected


LIKED = """model Note {
  id Int @id
  author User @relation("wrote", fields: [authorId], references: [id])
  authorId Int
  likedBy User[] @relation("likes")
}
model User {
  id Int @id
  password String
  notes Note[] @relation("wrote")
  likes Note[] @relation("likes")
}
"""


@pytest.mark.parametrize("by", ["include", "select"])
@pytest.mark.parametrize(("field", "own"), [("author", True), ("likedBy", False)])
def test_many_that_come_along_are_others_whoever_asks(field: str, own: bool, by: str) -> None:
    route = ROUTE.replace("GET()", "GET(req, user)").replace(
        "user.findMany()", f"note.findMany({{ where: {{ authorId: user.id }}, {by}: {{ {field}: true }} }})"
    )
    found = revealed(NEXT | {"prisma/schema.prisma": LIKED, "app/users/route.ts": route})
    assert [(row.model, row.fields, row.own) for row in found] == [("User", ("password",), own)]


FLASK = """
from flask import Flask, jsonify
from sqlalchemy import Column, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()
app = Flask(__name__)


class User(Base):
    password = Column(String)


@app.get("/users")
@marshal_with(shown)
def users():
    return session.query(User).all()
"""


def test_objects_of_classes_are_not_written_out_by_every_framework() -> None:
    assert revealed({"requirements.txt": "flask\nsqlalchemy\n", "app.py": FLASK}) == ()
    fast = (
        FLASK.replace("from flask import Flask, jsonify", "from fastapi import FastAPI")
        .replace("Flask(__name__)", "FastAPI()")
        .replace("@marshal_with(shown)\n", "")
    )
    assert [row.fields for row in revealed({"requirements.txt": "fastapi\nsqlalchemy\n", "app.py": fast})] == [("password",)]


def test_columns_that_only_their_annotations_make_are_of_the_model() -> None:
    mapped = FLASK.replace("from flask import Flask, jsonify", "from fastapi import FastAPI").replace("Flask(__name__)", "FastAPI()")
    mapped = mapped.replace("@marshal_with(shown)\n", "").replace(
        "import declarative_base", "import Mapped, declarative_base, mapped_column"
    )
    mapped = mapped.replace(
        "    password = Column(String)\n", "    id: Mapped[int] = mapped_column(primary_key=True)\n    password: Mapped[str]\n"
    )
    assert [row.fields for row in revealed({"requirements.txt": "fastapi\nsqlalchemy\n", "app.py": mapped})] == [("password",)]


def test_a_model_may_stand_on_what_no_file_of_the_app_makes() -> None:
    app = FLASK.replace("from flask import Flask, jsonify", "from fastapi import FastAPI").replace("Flask(__name__)", "FastAPI()")
    app = app.replace("@marshal_with(shown)\n", "").replace("Base = declarative_base()\n", "from base import Base\n")
    files = {"requirements.txt": "fastapi\nsqlalchemy\n", "app.py": app, "base.py": "def make():\n    return 1\n"}
    assert [row.fields for row in revealed(files)] == [("password",)]


SERIALIZER = """from django.contrib.auth import get_user_model
from rest_framework import serializers
from shop.models import Customer


class CustomerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Customer
        fields = "__all__"
"""
VIEWS = """from rest_framework import permissions, viewsets
from rest_framework.decorators import api_view
from rest_framework.response import Response
from shop.models import Customer
from shop.serializers import CustomerSerializer


class CustomerViewSet(viewsets.ModelViewSet):
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer


@api_view(["GET"])
def everybody(request):
    return Response(CustomerSerializer(Customer.objects.all(), many=True).data)
"""
OF_CLASS, OF_FUNCTION = ("shop/serializers.py", False, None), ("shop/views.py", False, None)


@pytest.mark.parametrize(
    ("serializer", "views", "expected"),
    [
        ((), (), [OF_CLASS, OF_FUNCTION]),
        (('fields = "__all__"', 'exclude = ("name",)'), (), [OF_CLASS, OF_FUNCTION]),
        (("model = Customer", "model = get_user_model()"), (), [OF_CLASS, OF_FUNCTION]),
        (('"__all__"', '["name", "password"]'), (), []),
        (('fields = "__all__"', 'exclude = ["password"]'), (), []),
        (("    class Meta", "    password = serializers.CharField(write_only=True)\n\n    class Meta"), (), []),
        (('"__all__"', '"__all__"\n        extra_kwargs = {"password": {"write_only": True}}'), (), []),
        (('"__all__"', '"__all__"\n\n    def to_representation(self, instance):\n        return {}'), (), []),
        (("ModelSerializer", "Serializer"), (), []),
        ((), ("    serializer_class", "    permission_classes = [permissions.IsAdminUser]\n    serializer_class"), [("shop/serializers.py", False, "privileged"), OF_FUNCTION]),
        ((), ("    serializer_class", "    def get_queryset(self):\n        return Customer.objects.filter(owner=self.request.user)\n\n    serializer_class"), [("shop/serializers.py", True, None), OF_FUNCTION]),
        ((), ("    serializer_class", "    def get_serializer_class(self):\n        return choose(self)\n\n    serializer_class"), [OF_FUNCTION]),
        ((), ("(Customer.objects.all(), many=True)", "(request.user)"), [OF_CLASS, ("shop/views.py", True, None)]),
        ((), ("CustomerSerializer(Customer.objects.all(), many=True).data", "CustomerSerializer(data=request.data).errors"), [OF_CLASS]),
    ],
)  # fmt: skip
def test_serializers_write_out_what_they_do_not_leave_out(
    serializer: tuple[str, ...], views: tuple[str, ...], expected: list[tuple[str, bool, str | None]]
) -> None:
    found = revealed({
        "requirements.txt": "django\ndjangorestframework\n",
        "shop/models.py": "from django.db import models\n\n\nclass Customer(models.Model):\n    name = models.CharField()\n    password = models.CharField()\n",
        "shop/serializers.py": SERIALIZER.replace(*serializer) if serializer else SERIALIZER,
        "shop/views.py": VIEWS.replace(*views) if views else VIEWS,
        "shop/urls.py": "from django.urls import path\nfrom shop import views\n\nurlpatterns = [path('all', views.everybody)]\n",
    })  # fmt: skip
    assert [(row.place.path, row.own, row.caller) for row in found] == expected
    assert {row.fields for row in found} <= {("password",)}


SQLMODEL = """from fastapi import Depends, FastAPI
from sqlmodel import Session, SQLModel, select

app = FastAPI()


class Person(SQLModel):
    email: str
    reset_token: str | None = None


class Hero(Person, table=True):
    id: int
    hashed_password: str


class Shown(SQLModel):
    id: int
    hashed_password: str


@app.get("/heroes")
def heroes(session: Session = Depends(get_session)):
    return session.exec(select(Hero)).all()
"""


@pytest.mark.parametrize(
    ("route", "of", "told"),
    [
        ('"/heroes"', "", True),
        ('"/heroes", response_model=list[Hero]', "", True),
        ('"/heroes"', " -> list[Hero]", True),
        ('"/heroes", response_model=list[Shown]', "", False),
        ('"/heroes"', " -> list[Shown]", False),
    ],
)
def test_a_model_of_the_answer_that_is_the_table_cuts_nothing(route: str, of: str, told: bool) -> None:
    main = SQLMODEL.replace('"/heroes"', route).replace("get_session)):", f"get_session)){of}:")
    found = revealed({"requirements.txt": "fastapi\nsqlmodel\n", "main.py": main})
    assert [(row.model, row.fields) for row in found] == [("Hero", ("hashed_password", "reset_token"))] * told


# Each of the calls leads to all of them again.
def test_a_function_that_calls_itself_many_times_is_read_once() -> None:
    body = "a[k] = b[k]; merge(a[k], b[k]); a = a[k]; " * 200
    source = f"{HEAD}function merge(a, b) {{ for (const k in b) {{ {body} }} return a }}\n"
    handler = "app.get('/x', async (req, res) => { res.json(merge({}, await User.find())) });\napp.get('/y', async (req, res) => { res.json(await User.find()) });\n"
    files = {
        "package.json": '{"dependencies": {"express": "5", "mongoose": "8"}}',
        "models.js": MODELS,
        "helpers.js": HELPERS,
        "app.js": source + handler,
    }
    found = revealed(files)
    assert {(row.model, row.fields) for row in found} == {("User", ALL)}
