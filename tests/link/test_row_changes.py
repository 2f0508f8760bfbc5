"""What becomes of rows that handlers of Python read by an id of the request: which of them are changed or removed, and which only looked at beside others that are kept."""

import pytest
from fastapi_accounts import DATABASE as SESSIONS
from fastapi_accounts import SIGNED_IN
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship
Base = declarative_base()
class Mixin:
    def archive(self):
        self.archived = True
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
class Note(Mixin, Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    owner_id = Column(Integer, ForeignKey("users.id"))
    tags = relationship("Tag")
    def touch(self, title):
        self.title = title
    def summary(self):
        return self.title
class Log(Base):
    __tablename__ = "logs"
    id = Column(Integer, primary_key=True)
    subject = Column(Integer)
class Folder(Base):
    __tablename__ = "folders"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    owner_id = Column(Integer, ForeignKey("users.id"))
class Task(Base):
    __tablename__ = "tasks"
    id = Column(Integer, primary_key=True)
    note_id = Column(Integer, ForeignKey("notes.id"))
    folder_id = Column(Integer, ForeignKey("folders.id"))
    done_by = Column(Integer, ForeignKey("users.id"))
"""
DATABASE = f"""{SESSIONS}
def get_unit():
    db = SessionLocal()
    yield db
    db.commit()
"""
CRUD = """
from models import Note
def get_note(db, key):
    return db.query(Note).filter(Note.id == key).first()
def fill(row, data):
    for key, value in data.items():
        setattr(row, key, value)
def label(row):
    return row.title
def outer(row, data):
    fill(row, data)
class NoteStore:
    def __init__(self, db):
        self.db = db
    def get(self, key):
        return self.db.query(Note).filter(Note.id == key).first()
    def save(self, row):
        self.db.add(row)
        self.db.commit()
"""
APP = """
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from auth import get_current_user
from crud import NoteStore, fill, get_note, label, outer
from database import get_db, get_unit
from models import Folder, Log, Note, Shelf, Task, User
app = FastAPI()
@app.post("/notes/{key}")
async def handler(key: int, data: dict, db: Session = Depends(get_db), later: AsyncSession = Depends(get_db), unit: Session = Depends(get_unit), user: User = Depends(get_current_user)):
    BODY
"""
READ = "row = db.query(Note).filter(Note.id == key).first()"


def deeds(*lines: str) -> list[tuple[str, str]]:
    files = {
        "auth.py": SIGNED_IN,
        "models.py": MODELS,
        "database.py": DATABASE,
        "crud.py": CRUD,
        "main.py": APP.replace("BODY", "\n    ".join(lines)),
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.foreign_rows
    return [(row.deed, row.model) for row in found]


@pytest.mark.parametrize(
    "lines",
    [
        (READ, "row.title = data['title']", "db.commit()"),
        (READ, "row.count += 1", "db.commit()"),
        (READ, "del row.title", "db.commit()"),
        (READ, "row.title, row.text = data['title'], data['text']", "db.commit()"),
        (READ, "for name, value in data.items():", "    setattr(row, name, value)", "db.commit()"),
        (READ, "setattr(row, 'title', data['title'])", "db.flush()"),
        (READ, "row.tags.append(data['tag'])", "db.commit()"),
        (READ, "row.touch(data['title'])", "db.commit()"),
        (READ, "row.archive()", "db.commit()"),
        (READ, "fill(row, data)", "db.commit()"),
        (READ, "outer(data=data, row=row)", "db.commit()"),
        (READ, "db.add(row)", "db.commit()"),
        (READ, "NoteStore(db).save(row)", "db.refresh(row)"),
        (READ, "row.title = 1", "with db.begin():", "    pass"),
        ("row = get_note(db, key)", "row.title = data['title']", "db.add(Log(subject=key))", "db.commit()"),
        ("row = NoteStore(db).get(key)", "row.title = data['title']", "db.commit()"),
        ("row = db.get(Note, key) or None", "if row:", "    row.title = data['title']", "db.commit()"),
        ("if (row := db.get(Note, key)):", "    row.title = data['title']", "db.commit()"),
        ("db.get(Note, key).title = data['title']", "db.commit()"),
        ("row = next((each for each in db.query(Note).filter(Note.id == key)), None)", "row.title = data['title']", "db.commit()"),
        ("for row in db.query(Note).filter(Note.id == key).all():", "    row.title = data['title']", "db.commit()"),
        ("found = await later.execute(select(Note).where(Note.id == key))", "row = found.scalar_one_or_none()", "row.title = 1", "await later.commit()"),
        ("row = unit.get(Note, key)", "row.title = data['title']", "return row"),
    ],
)  # fmt: skip
def test_row_that_is_set_and_kept_is_changed(lines: tuple[str, ...]) -> None:
    assert deeds(*lines) == [("changes", "note")]


@pytest.mark.parametrize(
    "lines",
    [
        (READ, "db.delete(row)", "db.commit()"),
        ("row = get_note(db, key)", "db.delete(row)", "db.commit()"),
        (READ, "shelf = db.query(Shelf).filter(Shelf.id == 1).first()", "shelf.title = row.title", "db.delete(row)", "db.commit()"),
    ],
)
def test_row_that_a_session_removes_is_removed(lines: tuple[str, ...]) -> None:
    assert deeds(*lines) == [("deletes", "note")]


@pytest.mark.parametrize(
    "lines",
    [
        (READ, "db.add(Log(subject=row.id))", "db.commit()"),
        (READ, "log = Log(subject=1)", "log.subject = row.id", "db.add(log)", "db.commit()", "db.refresh(log)"),
        (READ, "user.points = len(row.title)", "db.commit()"),
        (READ, "shelf = db.query(Shelf).filter(Shelf.id == 1).first()", "shelf.title = row.title", "db.commit()"),
        (READ, "shelf = db.query(Shelf).filter(Shelf.id == 1).first()", "db.delete(shelf)", "db.commit()"),
        (READ, "row.summary()", "db.add(Log())", "db.commit()"),
        (READ, "db.add(Log(subject=label(row)))", "db.commit()"),
        ("row = get_note(db, key)", "db.add(Log(subject=row.id))", "db.commit()"),
        ("found = await later.execute(select(Note).where(Note.id == key))", "row = found.scalar_one_or_none()", "later.add(Log(subject=row.id))", "await later.commit()"),
        (READ, "data['title'] = row.title", "db.add(Log(**data))", "db.commit()"),
    ],
)  # fmt: skip
def test_row_that_is_only_read_beside_what_is_kept_is_not_changed(lines: tuple[str, ...]) -> None:
    assert deeds(*lines) == []


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        # what names no maker is part of the folder, and what says who has done it is not
        ("Task(folder_id=key, title=data['title'])", [("changes", "folder")]),
        ("Task(folder=row, **data)", [("changes", "folder")]),
        ("Task(folder_id=key, done_by=user.id)", []),
        ("Task(title=row.title)", []),
        # who says something in what is for two changes it
        ("Task(note_id=key, done_by=user.id)", [("changes", "note")]),
    ],
)
def test_row_that_is_given_another_part_is_changed(made: str, expected: list[tuple[str, str]]) -> None:
    read = READ if "note" in made else READ.replace("Note", "Folder")
    assert deeds(read, f"db.add({made})", "db.commit()") == expected


SHOP = """
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import Column, ForeignKey, Float, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base, sessionmaker
from auth import get_current_user
from database import get_db
from models import Base, User
class Product(Base):
    __tablename__ = "products"
    id = Column(Integer, primary_key=True)
    price = Column(Float)
    views = Column(Integer)
app = FastAPI()
@app.get("/users")
def users(db: Session = Depends(get_db), user: User = Depends(get_current_user)):
    if user.role != "admin":
        raise HTTPException(status_code=403)
    return db.query(User).all()
@app.put("/products/{key}")
def handler(key: int, data: dict, db: Session = Depends(get_db)GUARD):
    row = db.query(Product).filter(Product.id == key).first()
    BODY
    db.commit()
"""


@pytest.mark.parametrize(
    ("guard", "body", "expected"),
    [
        (", user: User = Depends(get_current_user)", "row.price = data['price']", {"login-only-privileged-operation"}),
        ("", "row.price = data['price']", {"unauthenticated-write-route"}),
        # a look is noted, and nothing else
        ("", "row.views += 1", set()),
        (", user: User = Depends(get_current_user)", "row.views += 1", set()),
        ("", "row.views += 1; row.price = data['price']", {"unauthenticated-write-route"}),
        ("", "row.views += 1; db.add(User())", {"unauthenticated-write-route"}),
    ],
)
def test_commit_writes_what_is_set_before_it(guard: str, body: str, expected: set[str]) -> None:
    rules = ALL.select(["login-only-privileged-operation", "unauthenticated-write-route"])
    files = {
        "auth.py": SIGNED_IN,
        "models.py": MODELS,
        "database.py": DATABASE,
        "main.py": SHOP.replace("GUARD", guard).replace("BODY", body),
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, rules).findings
    assert {each.rule for each in found} == expected
