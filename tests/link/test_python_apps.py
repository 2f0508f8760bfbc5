"""What stands before routes of Python apps, and what they are about: rights that a library asks for, what was sent, content that anybody may read."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["login-only-privileged-operation", "object-without-owner-check", "unauthenticated-read-route"])
USERS = """
from fastapi_users import FastAPIUsers
from models import User
users = FastAPIUsers[User, int](get_manager, [backend])
account = users.current_user(active=True)
boss = users.current_user(active=True, superuser=%s)
"""
ADMIN = """
from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from database import get_db
from models import User
from people import account, boss
app = FastAPI()
@app.get("/me")
async def me(user: User = Depends(account)):
    return {"id": user.id}
@app.delete("/admin/users/{user_id}")
async def drop(user_id: int, db: AsyncSession = Depends(get_db), user: User = Depends(boss)):
    await db.delete(await db.get(User, user_id))
    await db.commit()
"""
MODELS = """
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Text
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    is_superuser = Column(Boolean)
class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    text = Column(Text)
    user_id = Column(Integer, ForeignKey("users.id"))
class Invoice(Base):
    __tablename__ = "invoices"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
"""
DATABASE = """
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
make = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/app"))
async def get_db():
    async with make() as db:
        yield db
"""


def scanned(files: dict[str, str]) -> list[str]:
    outcome = scan_files({path: text.encode() for path, text in files.items()}, RULES)
    return sorted(finding.rule for finding in outcome.findings)


@pytest.mark.parametrize(("asked", "rules"), [("True", []), ("False", ["login-only-privileged-operation"])])
def test_a_library_is_told_to_ask_for_a_right(asked: str, rules: list[str]) -> None:
    files = {"models.py": MODELS, "database.py": DATABASE, "people.py": USERS % asked, "main.py": ADMIN}
    assert scanned(files) == rules


READS = """
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from database import get_db
from models import Comment, Invoice, User
app = FastAPI()
@app.get("/user/{user_id}/%s")
async def show(user_id: int, db: AsyncSession = Depends(get_db)):
    return (await db.scalars(select(%s).where(%s.user_id == user_id))).all()
"""


@pytest.mark.parametrize(("named", "model", "rules"), [("said", "Comment", []), ("owed", "Invoice", ["unauthenticated-read-route"])])
def test_what_somebody_wrote_for_all_is_not_private_by_its_address(named: str, model: str, rules: list[str]) -> None:
    files = {"models.py": MODELS, "database.py": DATABASE, "main.py": READS % (named, model, model)}
    assert scanned(files) == rules


RESTX = """
from flask import Flask
from flask_jwt_extended import get_jwt_identity, jwt_required
from flask_restx import Api, Namespace, Resource
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
class Machine(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
class Ticket(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    employee_id = db.Column(db.Integer)
ns = Namespace("parts")
@ns.route("/machines")
class Machines(Resource):
    @jwt_required()
    def post(self):
        if Machine.query.filter_by(name=ns.payload["name"]).first():
            return {}, 400
        book(ns.payload, get_jwt_identity())
        return {}, 201
@ns.route("/%s/<int:key_id>")
class One(Resource):
    @jwt_required()
    def delete(self, key_id):
        row = %s.query.get_or_404(key_id)
        db.session.delete(row)
        db.session.commit()
        return {}, 200
def book(data, employee):
    machine = Machine.query.filter_by(name=data["machine"]).first()
    return Ticket.query.filter_by(employee_id=employee).all(), machine
api = Api(app)
api.add_namespace(ns)
"""


@pytest.mark.parametrize(("named", "model", "rules"), [("machines", "Machine", []), ("tickets", "Ticket", ["object-without-owner-check"])])
def test_rows_are_tied_to_callers_by_what_says_who_calls(named: str, model: str, rules: list[str]) -> None:
    assert scanned({"app.py": RESTX % (named, model)}) == rules


WRAPPED = """
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from flask_jwt_extended import get_jwt_identity
from guards import signed_in_required, verified_required
app = Flask(__name__)
db = SQLAlchemy(app)
class Ticket(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer)
class Desk:
    @staticmethod
    def mine():
        return [row.id for row in Ticket.query.filter_by(user_id=get_jwt_identity()["id"])]
    @staticmethod
    def drop(ticket_id):
        db.session.delete(Ticket.query.get(ticket_id))
        db.session.commit()
        return {}
app.add_url_rule("/tickets", view_func=signed_in_required(Desk.mine))
app.add_url_rule("/tickets/<int:ticket_id>", view_func=%s, methods=["DELETE"])
"""
GUARDS = """
from functools import wraps
from flask_jwt_extended import verify_jwt_in_request
def signed_in_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        verify_jwt_in_request()
        return view(*args, **kwargs)
    return wrapper
def verified_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        return view(*args, **kwargs)
    return wrapper
"""


@pytest.mark.parametrize(
    ("view", "auth"),
    [
        ("signed_in_required(verified_required(Desk.drop))", "authenticated"),
        ("verified_required(Desk.drop)", "unauthenticated"),
        ("Desk.drop", "unauthenticated"),
    ],
)
def test_what_is_called_around_a_view_runs_before_it(view: str, auth: str) -> None:
    project = scan_files({"app.py": (WRAPPED % view).encode(), "guards.py": GUARDS.encode()}, RULES).project
    assert [route.auth for route in project.routes] == ["authenticated", auth]
    assert [row.model for row in project.foreign_rows] == (["ticket"] if auth == "authenticated" else [])


@pytest.mark.parametrize(
    ("file", "told"),
    [("static/admin.html", False), ("static/admin.js", False), ("data/users.json", True), ("logs/admin.log", True)],
)
def test_a_page_that_is_sent_as_it_is_tells_strangers_nothing(file: str, told: bool) -> None:
    app = f'from fastapi import FastAPI\napp = FastAPI()\n@app.get("/admin/users")\ndef page():\n    with open("{file}") as f:\n        return f.read()\n'
    found = scan_files({"main.py": app.encode()}, ALL.select(["unauthenticated-admin-route"])).findings
    assert bool(found) is told
