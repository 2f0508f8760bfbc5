"""Lists of everybody's rows for whoever has an account, and rows of what accounts may do."""

import pytest
from fastapi_accounts import DATABASE, SIGNED_IN
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["login-only-privileged-operation"])
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    role = Column(String)
class Errand(Base):
    __tablename__ = "errands"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
class Payslip(Base):
    __tablename__ = "payslips"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
class Recipe(Base):
    __tablename__ = "recipes"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
class Payment(Base):
    __tablename__ = "payments"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
"""
AUTH = f"""{SIGNED_IN}
def staff(user: User = Depends(get_current_user)):
    if user.role != "staff":
        raise HTTPException(status_code=403)
    return user
"""
MAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from auth import get_current_user, staff
from database import get_db
from models import Errand, Payment, Payslip, Recipe, User
app = FastAPI()
def every(db, model_kind=None):
    return db.query(Errand).all()
def all_of(db, user):
    return db.query(Errand).filter(Errand.user_id == user.id).all()
{mine}
@app.get("/listed")
def listed(kind: str = "", db: Session = Depends(get_db), user: User = Depends({who})):
    {body}
"""
MINE = """
@app.get("/mine")
def mine(db: Session = Depends(get_db), user: User = Depends(get_current_user)):
    return db.query(Errand).filter(Errand.user_id == user.id).all(), db.query(Recipe).filter(Recipe.user_id == user.id).all()
"""


def told(body: str, *, mine: str = MINE, who: str = "get_current_user") -> list[tuple[str, str]]:
    files = {"models.py": MODELS, "auth.py": AUTH, "database.py": DATABASE, "main.py": MAIN.format(body=body, mine=mine, who=who)}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.privileged_deeds
    return [(deed.kind, deed.deed) for deed in found]


@pytest.mark.parametrize(
    "body",
    [
        "return db.query(Errand).all()",
        "return db.query(Errand).order_by(Errand.id.desc()).offset(0).limit(100).all()",
        "return db.execute(select(Errand).order_by(Errand.id)).scalars().all()",
        "rows = db.scalars(select(Errand)).all()\n    return [each.kind for each in rows]",
        "return every(db)",
        "who = db.get(User, user.id)\n    return {'name': who.role, 'rows': db.query(Errand).all()}",
    ],
)
def test_rows_that_are_shown_elsewhere_to_whom_they_belong(body: str) -> None:
    assert told(body) == [("rows", "shows every errand, whoever it belongs to")]


def test_rows_that_are_about_one_person_by_their_name_and_say_about_whom() -> None:
    assert told("return db.query(Payslip).all()", mine="") == [("rows-by-name", "shows every payslip, whoever it belongs to")]
    assert told("return db.query(Payment).all()", mine="") == []


@pytest.mark.parametrize(
    "body",
    [
        "return db.query(Errand).filter(Errand.user_id == user.id).all()",
        "return db.execute(select(Errand).where(Errand.user_id == user.id)).scalars().all()",
        "asked = select(Errand)\n    asked = asked.where(Errand.user_id == user.id)\n    return db.scalars(asked).all()",
        "return [each for each in db.query(Errand).all() if each.user_id == user.id]",
        "return all_of(db, user)",
        "return db.query(Errand).filter(Errand.kind == kind).all()",
        "return db.query(Errand).count()",
        "return db.query(func.count(Errand.id)).scalar()",
        "return db.query(Recipe).all()",
        "if user.role != 'staff':\n        return []\n    return db.query(Errand).all()",
    ],
)
def test_some_rows_those_of_the_caller_and_what_is_made_to_be_shown(body: str) -> None:
    assert told(body) == []


def test_a_right_that_is_asked_for_and_rows_of_nobody() -> None:
    assert told("return db.query(Errand).all()", who="staff") == []
    assert told("return db.query(Errand).all()", mine="") == []


RIGHTS = """
class Role(Base):
    __tablename__ = "roles"
    id = Column(Integer, primary_key=True)
    name = Column(String)
"""


@pytest.mark.parametrize(
    ("who", "body", "expected"),
    [
        (
            "get_current_user",
            "db.add(Role(name=name))\n    db.commit()",
            [("address", "changes rows of role, which say what accounts may do")],
        ),
        ("get_current_user", "db.add(Errand(kind=name))\n    db.commit()", []),
        ("get_current_user", "return db.query(Role).all()", []),
        ("staff", "db.add(Role(name=name))\n    db.commit()", []),
    ],
)
def test_rows_that_say_what_accounts_may_do(who: str, body: str, expected: list[tuple[str, str]]) -> None:
    route = f'@app.post("/roles")\ndef roles(name: str, db: Session = Depends(get_db), user: User = Depends({who})):\n    {body}\n'
    main = MAIN.format(body="return []", mine="", who="staff").replace("Recipe, User", "Recipe, Role, User") + route
    files = {"models.py": MODELS + RIGHTS, "auth.py": AUTH, "database.py": DATABASE, "main.py": main}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.privileged_deeds
    assert [(deed.kind, deed.deed) for deed in found] == expected
