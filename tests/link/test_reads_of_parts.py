"""Parts of what is somebody's, read by their own id or by that of the whole: told where the app shows callers only wholes of their own."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
MODELS = """
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
class {whole}(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    {owner} = db.Column(db.Integer, db.ForeignKey("user.id"))
class Step(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    {key} = db.Column(db.Integer, db.ForeignKey("{table}.id"))
"""
APP = """
from flask import Flask, abort, jsonify
from flask_login import current_user, login_required
from models import {whole}, Step, db
app = Flask(__name__)
@app.get("/wholes")
@login_required
def wholes():
    {asked}
@app.get("/wholes/<int:number>/steps")
@login_required
def steps(number):
    {read}
"""
ASKED = "return jsonify([each.id for each in Campaign.query.filter_by(owner_id=current_user.id)])"
READ = "return jsonify([each.id for each in Step.query.filter_by(campaign_id=number).all()])"


def told(read: str, asked: str = ASKED, *, whole: str = "Campaign", owner: str = "owner_id") -> list[tuple[str, str, bool]]:
    names = {"whole": whole, "owner": owner, "table": whole.lower(), "key": f"{whole.lower()}_id"}
    files = {"models.py": MODELS.format(**names), "app.py": APP.format(read=read, asked=asked, **names)}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.foreign_rows
    return [(row.deed, row.model, row.private) for row in found]


@pytest.mark.parametrize(
    "read",
    [
        READ,
        "return jsonify(Step.query.get(number).id)",
        "return jsonify(db.session.get(Step, number).id)",
        "return jsonify([each.id for each in db.session.execute(db.select(Step).where(Step.campaign_id == number)).scalars()])",
    ],
)
def test_a_part_is_read_by_an_id(read: str) -> None:
    assert told(read) == [("reads", "step", True)]


@pytest.mark.parametrize(
    "read",
    [
        "Campaign.query.filter_by(id=number, owner_id=current_user.id).first_or_404()\n    " + READ,
        "whole = Campaign.query.get(number)\n    if whole.owner_id != current_user.id: abort(404)\n    " + READ,
        "if not current_user.is_admin: abort(403)\n    " + READ,
        "return jsonify([each.id for each in Step.query.join(Campaign).filter(Campaign.owner_id == current_user.id, Campaign.id == number)])",
    ],
)
def test_a_part_of_the_callers(read: str) -> None:
    assert told(read) == []


@pytest.mark.parametrize(
    ("whole", "owner", "asked"),
    [
        # who gives a course shows it to others, and so does who writes a post
        ("Training", "instructor_id", "return jsonify([each.id for each in Training.query.filter_by(instructor_id=current_user.id)])"),
        ("Post", "owner_id", "return jsonify([each.id for each in Post.query.filter_by(owner_id=current_user.id)])"),
        # the app makes them in the caller's name, and shows all of them to everybody
        ("Campaign", "owner_id", "db.session.add(Campaign(owner_id=current_user.id))\n    return jsonify([each.id for each in Campaign.query.all()])"),
    ],
)  # fmt: skip
def test_a_part_of_what_is_shown_to_others(whole: str, owner: str, asked: str) -> None:
    read = f"return jsonify([each.id for each in Step.query.filter_by({whole.lower()}_id=number).all()])"
    assert told(read, asked, whole=whole, owner=owner) == []
