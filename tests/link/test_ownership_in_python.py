"""Whose rows handlers of FastAPI and Flask work on: sessions of SQLAlchemy, statements that these run, and classes that ask for rows of any model."""

import pytest
from fastapi_accounts import DATABASE, SIGNED_IN
from own_rules import RULES as ALL

from batten.rules.registry import load
from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    role = Column(String)
class Invoice(Base):
    __tablename__ = "invoices"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    owner_id = Column(Integer, ForeignKey("users.id"))
"""
STORES = """
from typing import Generic, TypeVar
from fastapi import Depends
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from database import get_db
from models import Invoice
T = TypeVar("T")
class Store(Generic[T]):
    def __init__(self, db: Session):
        self.db = db
    def get(self, key: int):
        return self.db.query(self.model).filter(self.model.id == key).first()
    def drop(self, key: int):
        row = self.get(key)
        self.db.delete(row)
        self.db.commit()
class ByField(Store[Invoice]):
    model = Invoice
class ByBrackets(Store[Invoice]):
    pass
class Given:
    def __init__(self, model, db: AsyncSession):
        self.model = model
        self.db = db
    async def get(self, key: int):
        found = await self.db.execute(select(self.model).where(self.model.id == key))
        return found.scalar_one_or_none()
class ByMaker(Given):
    def __init__(self, db: AsyncSession):
        super().__init__(Invoice, db)
class Any:
    model = None
    @classmethod
    async def drop(cls, db: AsyncSession, key: int):
        await db.execute(delete(cls.model).where(cls.model.id == key))
        await db.commit()
class OfClass(Any):
    model = Invoice
class Desk:
    def __init__(self, store: ByField):
        self.store = store
    def drop(self, key: int):
        return self.store.drop(key)
def get_desk(db: Session = Depends(get_db)):
    return Desk(ByField(db))
"""
FASTAPI = """
from typing import Annotated
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from auth import get_current_user
from database import get_db
from models import Invoice, User
from stores import ByBrackets, ByField, ByMaker, Desk, Given, OfClass, get_desk
app = FastAPI()
Signed = Annotated[User, Depends(get_current_user)]
Database = Annotated[Session, Depends(get_db)]
def current_user_id(user: User = Depends(get_current_user)):
    return user.id
def known_user_id(user_id: int, db: Session = Depends(get_db)):
    if db.get(User, user_id) is None:
        raise HTTPException(404)
    return user_id
def look_up(db: Session, key):
    row = db.get(Invoice, key)
    if row is None:
        raise HTTPException(404)
    return row
def look_up_mine(db, key, user):
    row = look_up(db, key)
    if row.owner_id != user.id:
        raise HTTPException(404)
    return row
@app.get("/mine")
def mine(db: Session = Depends(get_db), user: User = Depends(get_current_user)):
    return db.query(Invoice).filter(Invoice.owner_id == user.id).all()
@app.post("/invoices/{invoice_id}")
async def handler(invoice_id: int, %s, user: User = Depends(get_current_user)):
    %s
"""
SYNC = "db: Session = Depends(get_db)"
ASYNC = "db: AsyncSession = Depends(get_db)"


def deeds(files: dict[str, str]) -> list[tuple[str, str]]:
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.foreign_rows
    return [(row.deed, row.model) for row in found]


@pytest.mark.parametrize(
    ("given", "body", "deed"),
    [
        (SYNC, "row = db.get(Invoice, invoice_id); row.title = ''; db.commit()", "changes"),
        (SYNC, "db.delete(db.query(Invoice).filter(Invoice.id == invoice_id).one()); db.commit()", "deletes"),
        (ASYNC, "row = (await db.execute(select(Invoice).where(Invoice.id == invoice_id))).scalar_one(); await db.delete(row)", "deletes"),
        (ASYNC, "asked = select(Invoice).where(Invoice.id == invoice_id); row = await db.scalar(asked); await db.delete(row)", "deletes"),
        (ASYNC, "await db.execute(delete(Invoice).where(Invoice.id == invoice_id))", "deletes"),
        (ASYNC, "await db.execute(update(Invoice).where(Invoice.id == invoice_id).values(title=''))", "changes"),
        (SYNC, "row = look_up(db, invoice_id); db.delete(row); db.commit()", "deletes"),
        (SYNC, "ByField(db).drop(invoice_id)", "deletes"),
        (SYNC, "store = ByBrackets(db); store.drop(invoice_id)", "deletes"),
        (ASYNC, "store = ByMaker(db); row = await store.get(invoice_id); await db.delete(row)", "deletes"),
        (ASYNC, "store = Given(Invoice, db); row = await store.get(invoice_id); await db.delete(row)", "deletes"),
        (ASYNC, "await OfClass.drop(db, invoice_id)", "deletes"),
        ("desk: Desk = Depends(get_desk)", "desk.drop(invoice_id)", "deletes"),
        # what is handed in is an id that was looked up, and none of the caller's
        (f"owner_id: int = Depends(known_user_id), {SYNC}", "row = db.query(Invoice).filter(Invoice.id == invoice_id, Invoice.owner_id == owner_id).first(); db.delete(row)", "deletes"),
    ],
)  # fmt: skip
def test_a_row_is_taken_by_its_id(given: str, body: str, deed: str) -> None:
    files = {"models.py": MODELS, "database.py": DATABASE, "auth.py": SIGNED_IN, "stores.py": STORES}
    assert deeds({**files, "main.py": FASTAPI % (given, body)}) == [(deed, "invoice")]


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (SYNC, "row = look_up_mine(db, invoice_id, user); db.delete(row); db.commit()"),
        (ASYNC, "await db.execute(delete(Invoice).where(Invoice.id == invoice_id, Invoice.owner_id == user.id))"),
        (SYNC, "row = db.get(Invoice, invoice_id)\n    if row.owner_id != user.id: raise HTTPException(404)\n    db.delete(row)"),
        (SYNC, "if user.role != 'admin': raise HTTPException(403)\n    db.delete(db.get(Invoice, invoice_id))"),
        (SYNC, "row = db.get(User, user.id); row.role = ''; db.commit()"),
        (
            f"owner_id: int = Depends(current_user_id), {SYNC}",
            "row = db.query(Invoice).filter(Invoice.id == invoice_id, Invoice.owner_id == owner_id).first(); row.title = ''; db.commit()",
        ),
    ],
)
def test_the_row_is_the_callers_or_the_caller_has_a_right(given: str, body: str) -> None:
    files = {"models.py": MODELS, "database.py": DATABASE, "auth.py": SIGNED_IN, "stores.py": STORES}
    assert deeds({**files, "main.py": FASTAPI % (given, body)}) == []


@pytest.mark.parametrize("who", ["user: Signed", "user: User = Depends(get_current_user)"])
@pytest.mark.parametrize("base", ["db: Database", SYNC])
def test_a_name_that_the_file_gives_a_type_stands_for_it(who: str, base: str) -> None:
    ordered = f"{who}, invoice_id: int, {base}" if "=" not in who else f"invoice_id: int, {base}, {who}" if "=" in base else None
    if ordered is None:
        ordered = f"invoice_id: int, {base}, {who}"
    main = FASTAPI.replace("invoice_id: int, %s, user: User = Depends(get_current_user)", ordered).replace(
        "%s", "db.delete(db.get(Invoice, invoice_id))"
    )
    files = {"models.py": MODELS, "database.py": DATABASE, "auth.py": SIGNED_IN, "stores.py": STORES, "main.py": main}
    assert deeds(files) == [("deletes", "invoice")]


SHARED = """
class Share(Base):
    __tablename__ = "shares"
    id = Column(Integer, primary_key=True)
    invoice_id = Column(Integer, ForeignKey("invoices.id"))
    user_id = Column(Integer, ForeignKey("users.id"))
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # whose row it is said to be stands in the address: the column that is compared with that says nothing of the caller
        ("db.delete(db.query(Share).filter(Share.invoice_id == invoice_id, Share.user_id == user_id).first())", [("deletes", "share")]),
        ("db.delete(db.query(Share).filter(Share.invoice_id == invoice_id, Share.user_id == user.id).first())", []),
        ("if user_id != user.id: raise HTTPException(403)\n    db.delete(db.query(Share).filter(Share.invoice_id == invoice_id, Share.user_id == user_id).first())", []),
    ],
)  # fmt: skip
def test_a_column_that_is_compared_with_the_address_is_none_of_the_callers(body: str, expected: list[tuple[str, str]]) -> None:
    main = FASTAPI.replace("import Invoice, User", "import Invoice, Share, User").replace(
        '"/invoices/{invoice_id}"', '"/invoices/{invoice_id}/shares/{user_id}"'
    )
    main = main.replace("invoice_id: int, %s", "invoice_id: int, user_id: int, %s") % (SYNC, f"{body}; db.commit()")
    files = {"models.py": MODELS + SHARED, "database.py": DATABASE, "auth.py": SIGNED_IN, "stores.py": STORES, "main.py": main}
    assert deeds(files) == expected


FLASK_MODELS = """
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    is_admin = db.Column(db.Boolean)
class Invoice(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    owner_id = db.Column(db.Integer, db.ForeignKey("user.id"))
"""
FLASK = """
from flask import Flask, abort, request, session
from models import Invoice, User, db
app = Flask(__name__)
@app.post("/invoices/<number>")
def handler(number):
    if "user_id" not in session:
        abort(401)
    %s
    db.session.delete(row)
    db.session.commit()
    return {}
"""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("row = db.session.get(Invoice, number)", True),
        ("row = db.session.execute(db.select(Invoice).filter_by(id=number)).scalar_one()", True),
        ("user = db.session.get(User, session['user_id']); row = db.session.get(Invoice, number)", True),
        (
            "user = db.session.get(User, session['user_id']); row = db.session.get(Invoice, number)\n    if row.owner_id != user.id: abort(404)",
            False,
        ),
        (
            "user = db.session.get(User, session['user_id']); row = db.session.get(Invoice, number)\n    if not user.is_admin: abort(403)",
            False,
        ),
        ("row = Invoice.query.filter_by(id=number, owner_id=session['user_id']).one()", False),
        ("if session.get('role') != 'admin': return {'error': 'no'}\n    row = db.session.get(Invoice, number)", False),
        # Who calls, in another spelling; and what only sounds like one.
        ("me = str(session['user_id']); row = db.session.get(Invoice, number)\n    if str(row.owner_id) != me: abort(404)", False),
        ("row = db.session.get(Invoice, number)\n    if row.owner_id != int(session['user_id']): abort(404)", False),
        ("me = str(number); row = db.session.get(Invoice, number)\n    if str(row.owner_id) != me: abort(404)", True),
        ("me = hashed(session['user_id']); row = db.session.get(Invoice, number)\n    if row.title != str(number): abort(404)", True),
        ("if session.get('theme') != 'dark': return {'error': 'no'}\n    row = db.session.get(Invoice, number)", True),
        ("if request.form.get('role') != 'admin': return {'error': 'no'}\n    row = db.session.get(Invoice, number)", True),
    ],
)
def test_a_session_of_the_database_is_none_of_the_callers(body: str, found: bool) -> None:
    expected = [("deletes", "invoice")] if found else []
    assert deeds({"models.py": FLASK_MODELS, "app.py": FLASK % body}) == expected


def test_a_function_that_is_registered_by_a_call_asks_who_calls_by_its_parameters() -> None:
    views = """
from fastapi import Depends
from sqlalchemy.orm import Session
from auth import get_current_user
from database import get_db
from models import Invoice, User
def show(invoice_id: int, db: Session = Depends(get_db), user: User = Depends(get_current_user)):
    return db.get(Invoice, invoice_id)
def wipe(invoice_id: int, db: Session = Depends(get_db)):
    db.delete(db.get(Invoice, invoice_id))
"""
    main = """
from fastapi import FastAPI
from views import show, wipe
app = FastAPI()
app.add_api_route("/invoices/{invoice_id}", show, methods=["GET"])
app.add_api_route("/invoices/{invoice_id}", wipe, methods=["DELETE"])
"""
    files = {"models.py": MODELS, "database.py": DATABASE, "auth.py": SIGNED_IN, "views.py": views, "main.py": main}
    project = scan_files({path: text.encode() for path, text in files.items()}, RULES).project
    assert [(route.title, route.auth) for route in project.routes] == [
        ("GET /invoices/{invoice_id}", "authenticated"),
        ("DELETE /invoices/{invoice_id}", "unauthenticated"),
    ]
    assert [row.route for row in project.foreign_rows] == ["GET /invoices/{invoice_id}"]


HANDED = """
from functools import wraps
import os
import jwt
from flask import jsonify, request
def signed_in(view):
    @wraps(view)
    def asking(*args, **kwargs):
        try:
            claims = jwt.decode(request.headers["Authorization"], os.environ["KEY"], algorithms=["HS256"])
        except Exception:
            return jsonify({"error": "no"}), 401
        return view(claims["user_id"], *args, **kwargs)
    return asking
"""
OF_DECORATOR = """
from flask import Flask, jsonify
from sqlalchemy import create_engine, text
from gate import signed_in
app = Flask(__name__)
engine = create_engine("sqlite:///shop.db")
@app.get("/mine")
@signed_in
def mine(current_user_id):
    with engine.connect() as connection:
        return jsonify(connection.execute(text("SELECT title FROM invoices WHERE owner_id = :me"), {"me": current_user_id}).fetchall())
@app.delete("/invoices/<int:number>")
@signed_in
def drop(current_user_id, number):
    with engine.connect() as connection:
        row = connection.execute(text("SELECT owner_id FROM invoices WHERE id = :id"), {"id": number}).fetchone()
        %s
        connection.execute(text("DELETE FROM invoices WHERE id = :id"), {"id": number})
        connection.commit()
        return jsonify({})
"""


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("if not row: return jsonify({}), 404", [("deletes", "invoice")]),
        ("if row.owner_id != current_user_id: return jsonify({}), 403", []),
        ("if row.owner_id and row.owner_id != current_user_id: return jsonify({}), 403", []),
        ("if row.owner_id and row.owner_id != 7: return jsonify({}), 404", [("deletes", "invoice")]),
    ],
)
def test_a_decorator_of_the_apps_own_hands_in_who_calls(check: str, expected: list[tuple[str, str]]) -> None:
    files = {"gate.py": HANDED, "app.py": OF_DECORATOR % check}
    found = scan_files({path: text.encode() for path, text in files.items()}, load(with_plugins=False)).project
    assert [(row.deed, row.model) for row in found.foreign_rows] == expected
    assert found.claimed_identities == ()


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ("Star.query.filter_by(invoice_id=key, user_id=current_user.id).first()", []),
        ("Star.query.filter_by(invoice_id=key).first()", [("deletes", "star")]),
    ],
)
def test_a_function_of_the_apps_own_asks_in_the_name_of_who_calls(narrowed: str, expected: list[tuple[str, str]]) -> None:
    stars = """
from flask_login import current_user
from models import Star, db
def drop(key):
    star = NARROWED
    db.session.delete(star)
    db.session.commit()
"""
    app = """
from flask import Flask
from flask_login import login_required
from stars import drop
app = Flask(__name__)
@app.post("/invoices/<int:invoice_id>/star")
@login_required
def star(invoice_id):
    drop(invoice_id)
    return {}
"""
    models = f"{FLASK_MODELS}class Star(db.Model):\n    invoice_id = db.Column(db.Integer, db.ForeignKey('invoice.id'))\n    user_id = db.Column(db.Integer, db.ForeignKey('user.id'))\n"
    assert deeds({"models.py": models, "stars.py": stars.replace("NARROWED", narrowed), "app.py": app}) == expected
