"""Rows that are somebody's own by the columns of their model, whatever they and the routes are called."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

MAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

import models
from db import get_db
from models import Row

app = FastAPI()


@app.get("/things")
def things(db: Session = Depends(get_db)):
    return ASKED
"""
BASE = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlmodel import Field, SQLModel


class Base(DeclarativeBase):
    pass


"""
SERVER = """
const express = require("express");
const Row = require("./Row");
const app = express();
app.get("/things", async (req, res) => res.json(await Row.ASKED()));
app.listen(3000);
"""
DRF = {
    "shop/settings.py": "INSTALLED_APPS = ['rest_framework', 'shop']\nROOT_URLCONF = 'shop.urls'\n",
    "shop/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('things/', views.Things.as_view())]\n",
    "manage.py": "",
}


def _reads(files: dict[str, str]) -> bool:
    found = scan_files({path: text.encode() for path, text in files.items()}, rules=RULES)
    routes = [route for route in found.project.routes if route.path.rstrip("/") == "/things"]
    assert len(routes) == 1
    return routes[0].reads_private


def _python(model: str, asked: str) -> bool:
    return _reads({"main.py": MAIN.replace("ASKED", asked), "models.py": BASE + model, "requirements.txt": "fastapi\nsqlalchemy\n"})


def _script(model: str, asked: str, path: str = "Row.js") -> bool:
    manifest = '{ "dependencies": { "express": "5.0.0", "mongoose": "8.0.0", "sequelize": "6.0.0" } }'
    database = 'const { Sequelize } = require("sequelize");\nexports.sequelize = new Sequelize(process.env.DATABASE_URL);\n'
    return _reads({"server.js": SERVER.replace("ASKED", asked), path: model, "db.js": database, "package.json": manifest})


CLASS = "class Row(Base):\n    __tablename__ = 'rows'\n    id = Column(Integer, primary_key=True)\n"


@pytest.mark.parametrize(
    ("model", "private"),
    [
        (CLASS + "    name = Column(String)\n", False),
        (CLASS + "    user_id = Column(Integer, ForeignKey('users.id'))\n", True),
        (CLASS + "    holder = Column(Integer, ForeignKey('users.id'))\n", True),
        (CLASS + "    country_id = Column(Integer, ForeignKey('countries.id'))\n", False),
        (CLASS + "    author_id = Column(Integer, ForeignKey('users.id'))\n", False),
        (CLASS + "    user_email = Column(String)\n", True),
        (CLASS + "    ownerEmail = Column(String)\n", True),
        (CLASS + "    author_email = Column(String)\n", False),
        (CLASS + "    customer_email = Column(String)\n", False),
        (CLASS + "    passport_number = Column(String)\n", True),
        (CLASS + "    totp_secret = Column(String)\n", True),
        (CLASS + "    secret_answer = Column(String)\n", True),
        (CLASS + "    secret_garden = Column(Boolean)\n", False),
        (CLASS + "    phone = Column(String)\n", False),
        (CLASS + "    phone = Column(String)\n    user_id = Column(Integer)\n", True),
        (CLASS + "    phone: Mapped[str]\n    user_id: Mapped[int]\n", True),
        (CLASS + "    phone_verified = Column(Integer)\n", False),
        (
            "class Row(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    owner_id: int = Field(foreign_key='user.id')\n",
            True,
        ),
        ("class Row(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    user_id: int\n", True),
        ("class Row(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    title: str\n", False),
        (
            "class Owned(Base):\n    __abstract__ = True\n    user_id = Column(Integer)\n\nclass Row(Owned):\n    __tablename__ = 'rows'\n",
            True,
        ),
    ],
)
def test_columns_of_python_classes_say_whose_rows_are(model: str, private: bool) -> None:
    assert _python(model, "db.query(Row).all()") is private


@pytest.mark.parametrize(
    "asked",
    ["db.query(Row).all()", "db.query(models.Row).filter(Row.id > 3).all()", "db.scalars(select(Row)).all()", "db.execute(select(models.Row)).all()", "db.get(Row, 1)"],
)  # fmt: skip
def test_a_model_is_found_however_it_is_asked_for(asked: str) -> None:
    assert _python(CLASS + "    user_id = Column(Integer)\n", asked)


@pytest.mark.parametrize(
    ("name", "private"),
    [
        ("Memo", True),
        ("Post", False),
        ("Comment", False),
        ("Recipe", False),
        ("Series", False),
        ("Story", False),
        ("Clinic", False),
        ("HealthClub", False),
        ("CityTour", False),
        ("Diary", True),
    ],
)
def test_what_is_made_to_be_seen_is_not_personal_for_its_owner(name: str, private: bool) -> None:
    model = CLASS.replace("Row", name) + "    user_id = Column(Integer)\n"
    assert _python(model, f"db.query(models.{name}).all()") is private


@pytest.mark.parametrize(("name", "private"), [("Clinic", False), ("Company", False), ("Comment", True), ("Volunteer", True)])
def test_how_to_reach_whom_a_directory_lists_is_no_secret(name: str, private: bool) -> None:
    model = CLASS.replace("Row", name) + "    user_id = Column(Integer)\n    phone = Column(String)\n"
    assert _python(model, f"db.query(models.{name}).all()") is private


@pytest.mark.parametrize(
    ("asked", "private"),
    [
        ("Row.title", False),
        ("models.Row.title", False),
        ("models.Row", True),
        ("Row.title, Row.phone", True),
        ("Row, models.Row.title", True),
    ],
)
def test_a_query_for_columns_shows_no_others(asked: str, private: bool) -> None:
    model = CLASS + "    user_id = Column(Integer)\n    title = Column(String)\n    phone = Column(String)\n"
    assert _python(model, f"db.query({asked}).all()") is private


def test_only_how_many_there_are_is_nobodys_own() -> None:
    assert not _python(CLASS + "    user_id = Column(Integer)\n", "db.query(Row).count()")


def test_the_name_of_the_session_says_nothing_of_the_rows() -> None:
    assert not _python(CLASS + "    title = Column(String)\n", "db.query(Row).all()")


MONGOOSE = 'const mongoose = require("mongoose");\n'
SEQUELIZE = 'const { DataTypes, Model } = require("sequelize");\nconst { sequelize } = require("./db");\n'


@pytest.mark.parametrize(
    ("model", "asked", "private"),
    [
        (MONGOOSE + 'module.exports = mongoose.model("Row", new mongoose.Schema({ title: String }));', "find", False),
        (MONGOOSE + 'module.exports = mongoose.model("Row", new mongoose.Schema({ user: { type: String, ref: "User" } }));', "find", True),
        (MONGOOSE + 'const schema = new mongoose.Schema({ text: String, userId: String });\nmodule.exports = mongoose.model("Row", schema);', "find", True),
        (MONGOOSE + 'module.exports = mongoose.model("Row", new mongoose.Schema({ writer: { type: String, ref: "User" } }));', "find", True),
        (MONGOOSE + 'module.exports = mongoose.model("Row", new mongoose.Schema({ author: { type: String, ref: "User" } }));', "find", False),
        (SEQUELIZE + 'module.exports = sequelize.define("Row", { userId: DataTypes.INTEGER });', "findAll", True),
        (SEQUELIZE + 'module.exports = sequelize.define("Row", { title: DataTypes.STRING });', "findAll", False),
        (SEQUELIZE + "class Row extends Model {}\nRow.init({ salary: { type: DataTypes.STRING } }, { sequelize });\nmodule.exports = Row;", "findAll", True),
        (SEQUELIZE + "class Row extends Model {}\nRow.init({ title: { type: DataTypes.STRING } }, { sequelize });\nmodule.exports = Row;", "findAll", False),
    ],
)  # fmt: skip
def test_schemas_of_javascript_say_whose_rows_are(model: str, asked: str, private: bool) -> None:
    assert _script(model, asked) is private


@pytest.mark.parametrize(("name", "private"), [("Memo", True), ("Listing", False), ("listing.model", False)])
def test_what_a_module_exports_as_a_whole_goes_by_the_name_of_the_module(name: str, private: bool) -> None:
    server = SERVER.replace("./Row", f"./{name}").replace("ASKED", "find")
    model = MONGOOSE + f'module.exports = mongoose.model("{name}", new mongoose.Schema({{ owner: {{ type: String, ref: "User" }} }}));'
    manifest = '{ "dependencies": { "express": "5.0.0", "mongoose": "8.0.0" } }'
    assert _reads({"server.js": server, f"{name}.js": model, "package.json": manifest}) is private


@pytest.mark.parametrize(("column", "private"), [("owner_id integer", True), ("title text", False), ("iban text", True)])
def test_a_table_of_the_database_says_so_as_well(column: str, private: bool) -> None:
    server = SERVER.replace('const Row = require("./Row");', 'const pool = new (require("pg").Pool)();').replace(
        "Row.ASKED()", "pool.query('select * from entries')"
    )
    files = {
        "server.js": server,
        "package.json": '{ "dependencies": { "express": "5.0.0", "pg": "8.0.0" } }',
        "migrations/001_entries.sql": f"create table entries (id integer primary key, {column});",
    }
    assert _reads(files) is private


@pytest.mark.parametrize(
    ("said", "private"),
    [("    permission_classes = []\n", False), ("", True)],
    ids=["its author says that anybody may", "nobody says anything"],
)
def test_where_the_author_of_a_view_says_that_anybody_may_columns_are_no_sign(said: str, private: bool) -> None:
    views = (
        "from rest_framework.response import Response\nfrom rest_framework.views import APIView\nfrom shop.models import Row\n\n\n"
        f"class Things(APIView):\n{said}    def get(self, request):\n        return Response(list(Row.objects.filter(open=True).values()))\n"
    )
    models = (
        "from django.db import models\n\n\nclass Row(models.Model):\n    user = models.ForeignKey('auth.User', on_delete=models.CASCADE)\n"
    )
    assert _reads({**DRF, "shop/views.py": views, "shop/models.py": models, "requirements.txt": "django\ndjangorestframework\n"}) is private


@pytest.mark.parametrize(("select", "private"), [("number: true", False), ("number: true, phone: true", True)])
def test_a_request_for_columns_by_their_names_shows_no_others(select: str, private: bool) -> None:
    files = {
        "server.js": SERVER.replace('const Row = require("./Row");', 'const { PrismaClient } = require("@prisma/client");\nconst prisma = new PrismaClient();').replace(
            "Row.ASKED()", f"prisma.seat.findMany({{ select: {{ {select} }} }})"
        ),
        "package.json": '{ "dependencies": { "express": "5.0.0", "@prisma/client": "6.0.0" } }',
        "prisma/schema.prisma": "model Seat {\n  id Int @id\n  number Int\n  phone String\n  userId Int\n}\n",
    }  # fmt: skip
    assert _reads(files) is private


OF_NOBODY = CLASS + "    title = Column(String)\n"


@pytest.mark.parametrize(
    ("asked", "private"),
    [
        ("db.query(Row).filter_by(user_id=owner).all()", True),
        ("db.query(Row).filter(Row.user_id == owner).all()", True),
        ("db.query(Row).filter(Row.user_id == 7).all()", False),
        ("db.query(Row).filter(Row.country_id == owner).all()", False),
        ("db.query(Row).filter(Row.author_id == owner).all()", False),
        ("db.execute(f'select * from entries where user_id = {owner}').all()", True),
        ("db.execute('select * from entries where user_id = :owner', {'owner': owner}).all()", True),
        ("db.execute('select * from entries where country_id = :owner', {'owner': owner}).all()", False),
        ("db.execute('select * from posts where user_id = :owner', {'owner': owner}).all()", False),
    ],
)
def test_rows_of_whom_a_stranger_names_are_somebodys(asked: str, private: bool) -> None:
    main = MAIN.replace("def things(", "def things(owner: str, ").replace("ASKED", asked)
    assert _reads({"main.py": main, "models.py": BASE + OF_NOBODY, "requirements.txt": "fastapi\nsqlalchemy\n"}) is private


@pytest.mark.parametrize(
    ("asked", "private"),
    [
        ("prisma.habit.findMany({ where: { userId: req.query.userId } })", True),
        ("prisma.habit.findMany({ where: { colour: req.query.colour } })", False),
        ("prisma.habit.findMany({ where: { userId: 'demo' } })", False),
        ("prisma.post.findMany({ where: { userId: req.query.userId } })", False),
        ("service.from('habits').select('*').eq('user_id', req.query.userId)", True),
        ("getDocs(query(collection(db, 'habits'), where('userId', '==', req.query.userId)))", True),
        ("getDocs(query(collection(db, 'habits'), where('colour', '==', req.query.colour)))", False),
    ],
)
def test_so_are_they_in_javascript(asked: str, private: bool) -> None:
    top = (
        'const { PrismaClient } = require("@prisma/client");\nconst prisma = new PrismaClient();\n'
        'const { collection, getDocs, getFirestore, query, where } = require("firebase/firestore");\nconst db = getFirestore();\n'
        'const { createClient } = require("@supabase/supabase-js");\nconst service = createClient(process.env.URL, process.env.SUPABASE_SERVICE_ROLE_KEY);\n'
    )
    server = top + SERVER.replace('const Row = require("./Row");', "").replace("await Row.ASKED()", f"await {asked}")
    packages = (
        '{ "dependencies": { "express": "5.0.0", "@prisma/client": "6.0.0", "firebase": "11.0.0", "@supabase/supabase-js": "2.0.0" } }'
    )
    assert _reads({"server.js": server, "package.json": packages}) is private


PRISMA = {
    "package.json": '{"dependencies": {"express": "5", "@prisma/client": "6"}}',
    "schema.prisma": (
        'datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id String @id\n}\n\n'
        "model Trip {\n  id String @id\n  slug String\n  userId String\n  user User @relation(fields: [userId], references: [id])\n  place String\n}\n"
    ),
}
ROUTE = """
import express from "express";
import { PrismaClient } from "@prisma/client";
const prisma = new PrismaClient();
const app = express();
app.get("/things", async (req, res) => { const { id, slug } = req.query; res.json(await ASKED); });
app.listen(3000);
"""


@pytest.mark.parametrize(
    ("asked", "private"),
    [
        ("prisma.trip.findUnique({ where: { id } })", True),
        ("prisma.trip.findUniqueOrThrow({ where: { id: String(id) } })", True),
        ("prisma.trip.findMany()", True),
        ("prisma.trip.findUnique({ where: { slug } })", False),
        ('prisma.trip.findFirst({ orderBy: { id: "desc" } })', False),
        ("prisma.trip.findUnique({ where: { id }, select: { place: true } })", False),
    ],
)
def test_one_row_is_somebodys_where_its_id_chooses_it(asked: str, private: bool) -> None:
    assert _reads({**PRISMA, "app.js": ROUTE.replace("ASKED", asked)}) is private


@pytest.mark.parametrize(
    ("query", "private"),
    [
        ("SELECT * FROM trips WHERE id = ?", True),
        ("SELECT * FROM trips WHERE id = ? LIMIT 1", True),
        ("SELECT * FROM trips WHERE trips.id = ? LIMIT 1", True),
        ("SELECT * FROM trips WHERE slug = ? LIMIT 1", False),
        ("SELECT * FROM trips ORDER BY id LIMIT 1", False),
        ("SELECT place FROM trips WHERE id = ?", False),
    ],
)
def test_one_row_of_sql_is_somebodys_where_its_id_chooses_it(query: str, private: bool) -> None:
    app = 'const express = require("express");\nconst Database = require("better-sqlite3");\nconst db = new Database("app.db");\nconst app = express();\n'
    files = {
        "package.json": '{"dependencies": {"express": "5", "better-sqlite3": "12"}}',
        "schema.sql": "create table users (id integer primary key);\ncreate table trips (id integer, slug text, place text, user_id integer references users(id));\n",
        "app.js": f'{app}app.get("/things", (req, res) => res.json(db.prepare("{query}").get(req.query.id)));\napp.listen(3000);\n',
    }
    assert _reads(files) is private
