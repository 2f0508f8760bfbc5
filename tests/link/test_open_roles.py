"""A role that whoever signs up chooses is no right: who asks for that alone asks for an account."""

import pytest
from fastapi_accounts import DATABASE, SIGNED_IN
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    password = Column(String)
    role = Column(String, default="user")
class Lesson(Base):
    __tablename__ = "lessons"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    teacher_id = Column(Integer, ForeignKey("users.id"))
"""
MAIN = """
from enum import Enum
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy.orm import Session
from accounts import get_current_user
from database import get_db
from models import Lesson, User
app = FastAPI()
class Kind(str, Enum):
    PUPIL = "pupil"
    TEACHER = "teacher"
TEACHING = ("teacher", "admin")
class SignUp(BaseModel):
    email: str
    password: str
    role: {kind}
class Told(BaseModel):
    title: str
def require_role(role: str):
    def check(user: User = Depends(get_current_user)):
        if user.role != role:
            raise HTTPException(status_code=403)
        return user
    return check
def get_current_teacher(user: User = Depends(get_current_user)):
    if user.role != "teacher":
        raise HTTPException(status_code=403)
    return user
def those_who_teach(user: User = Depends(get_current_user)):
    if user.role not in TEACHING:
        raise HTTPException(status_code=403)
    return user
class RoleChecker:
    def __init__(self, allowed: list[str]):
        self.allowed = allowed
    def __call__(self, user: User = Depends(get_current_user)):
        if user.role not in self.allowed:
            raise HTTPException(status_code=403)
        return user
def make_user(db, sent):
    row = User(email=sent.email, password=sent.password, role=sent.role)
    db.add(row)
    db.commit()
@app.post("/{address}")
def register(data: SignUp, db: Session = Depends(get_db)):
    {join}
    db.commit()
@app.post("/lessons")
def add(told: Told, db: Session = Depends(get_db), user: User = Depends(get_current_user)):
    db.add(Lesson(title=told.title, teacher_id=user.id))
    db.commit()
@app.put("/lessons/{{lesson_id}}")
def change(lesson_id: int, told: Told, db: Session = Depends(get_db), user: User = Depends({gate})):
    {asks}
    lesson = db.query(Lesson).filter(Lesson.id == lesson_id).first()
    lesson.title = told.title
    db.commit()
"""
WRITES = "db.add(User(email=data.email, password=data.password, role=data.role))"
OF_TEACHERS = 'require_role("teacher")'


def told(
    gate: str = "get_current_user", asks: str = "pass", join: str = WRITES, kind: str = 'str = "user"', address: str = "register"
) -> list[str]:
    main = MAIN.format(gate=gate, asks=asks, join=join, kind=kind, address=address)
    files = {"main.py": main, "accounts.py": SIGNED_IN, "database.py": DATABASE, "models.py": MODELS}
    return [finding.rule for finding in scan_files({path: text.encode() for path, text in files.items()}, RULES).findings]


TOLD = ["object-without-owner-check"]
INSIDE = "if user.role != 'teacher': raise HTTPException(status_code=403)"


@pytest.mark.parametrize(
    ("gate", "asks"),
    [
        (OF_TEACHERS, "pass"),
        ("require_role(Kind.TEACHER)", "pass"),
        ("get_current_teacher", "pass"),
        ("those_who_teach", "pass"),
        ('RoleChecker(["teacher", "admin"])', "pass"),
        ("get_current_user", INSIDE),
        ("get_current_user", "if user.role not in ('teacher', 'admin'): raise HTTPException(status_code=403)"),
        ("get_current_user", "if user.role.lower() not in TEACHING: raise HTTPException(status_code=403)"),
        ("get_current_user", "if user.role != Kind.TEACHER.value: raise HTTPException(status_code=403)"),
    ],
)
def test_a_role_that_whoever_signs_up_chooses_keeps_nobody_out(gate: str, asks: str) -> None:
    assert told(gate, asks) == TOLD
    assert told(gate, asks, join="db.add(User(email=data.email, password=data.password))") == []


@pytest.mark.parametrize(
    ("join", "kind", "expected"),
    [
        ("make_user(db, data)", "str", TOLD),
        (WRITES, "Kind = Kind.PUPIL", TOLD),
        (WRITES.replace("data.role", "Kind(data.role)"), "str", TOLD),
        (f"if data.role not in ('pupil', 'teacher'): raise HTTPException(status_code=400)\n    {WRITES}", "str", TOLD),
        (f"if data.role not in TEACHING: raise HTTPException(status_code=400)\n    {WRITES}", "str", TOLD),
        (f"if data.role not in ('pupil', 'parent'): raise HTTPException(status_code=400)\n    {WRITES}", "str", []),
        (WRITES.replace("data.role", "'teacher'"), "str", []),
    ],
)
def test_what_may_be_chosen_decides(join: str, kind: str, expected: list[str]) -> None:
    assert told(OF_TEACHERS, join=join, kind=kind) == expected


@pytest.mark.parametrize(
    ("gate", "asks"),
    [
        ('require_role("admin")', "pass"),
        ('require_role("manager")', "pass"),
        ("get_current_user", "if user.role != 'admin': raise HTTPException(status_code=403)"),
        ("get_current_user", "if user.role != 'teacher' or user.id != lesson_id: raise HTTPException(status_code=403)"),
    ],
)
def test_what_is_for_those_who_run_the_app_or_asks_for_more_stays_a_right(gate: str, asks: str) -> None:
    """That people may choose that, too, is told where they do."""
    assert told(gate, asks) == []


def test_a_role_that_those_with_a_right_give_is_one() -> None:
    assert told(OF_TEACHERS, address="staff-list") == []


FLASK = """
import os
from functools import wraps
from flask import Flask, abort, redirect, request, session
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
app.secret_key = os.environ["KEY"]
db = SQLAlchemy(app)
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80))
    role = db.Column(db.String(20))
class Lesson(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(80))
    teacher_id = db.Column(db.Integer, db.ForeignKey("user.id"))
def teacher_required(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if "user_id" not in session or session.get("role") != "teacher":
            return redirect("/login")
        return view(*args, **kwargs)
    return inner
def role_required(*roles):
    def outer(view):
        @wraps(view)
        def inner(*args, **kwargs):
            if session.get("role") not in roles:
                abort(403)
            return view(*args, **kwargs)
        return inner
    return outer
@app.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "POST":
        db.session.add(User(username=request.form["username"], role={role}))
        db.session.commit()
    return redirect("/")
@app.post("/lessons/<int:lesson_id>/delete")
{mark}
def drop(lesson_id):
    {asks}
    db.session.delete(Lesson.query.get_or_404(lesson_id))
    db.session.commit()
    return redirect("/")
"""


@pytest.mark.parametrize(
    ("mark", "asks"),
    [
        ("@teacher_required", "pass"),
        ('@role_required("teacher", "admin")', "pass"),
        ("", 'if session.get("role") != "teacher": return redirect("/login")'),
        ("", 'if "user_id" not in session or session["role"] != "teacher": abort(403)'),
    ],
)
def test_forms_of_flask_choose_roles(mark: str, asks: str) -> None:
    def found(role: str) -> list[str]:
        source = FLASK.format(mark=mark, asks=asks, role=role)
        return [finding.rule for finding in scan_files({"app.py": source.encode()}, RULES).findings]

    assert found('request.form["role"]') == found('request.form.get("role", "pupil")') == TOLD
    assert found('"pupil"') == []
