"""Roles that forms of Django and WTForms, and enumerations, let whoever signs up choose."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["untrusted-role-source"])
TOLD = ["untrusted-role-source"]
DJANGO = {
    "manage.py": "import os\n",
    "shop/settings.py": "import os\nSECRET_KEY = os.environ['K']\nROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = ['people']\nAUTH_USER_MODEL = 'people.Person'\n",
    "shop/urls.py": "from django.urls import path\nfrom people import views\nurlpatterns = [path('ADDRESS/', VIEW)]\n",
    "people/models.py": """from django.contrib.auth.models import AbstractUser
from django.db import models
class Person(AbstractUser):
    RANKS = [("reader", "Reader"), ("admin", "Admin")]
    role = models.CharField(max_length=9, choices=RANKS, default="reader")
class Guest(AbstractUser):
    role = models.CharField(max_length=9, choices=[("buyer", "Buyer"), ("seller", "Seller")])
""",
}
OF_FUNCTION = """from django.shortcuts import redirect, render
from .forms import SignUpForm
def join(request):
    if request.method == "POST":
        form = SignUpForm(request.POST)
        if form.is_valid():
            BODY
            return redirect("/")
    return render(request, "join.html")
"""
OF_CLASS = """from django.views.generic import CreateView
from .forms import SignUpForm
class Join(CreateView):
    form_class = SignUpForm
    template_name = "join.html"
"""


def told(form: str, body: str = "form.save()", address: str = "register", view: str = "views.join", views: str = OF_FUNCTION) -> list[str]:
    forms = f"from django import forms\nfrom django.contrib.auth.forms import UserCreationForm\nfrom .models import Guest, Person\nclass SignUpForm(UserCreationForm):\n    {form}\n"
    files = DJANGO | {"people/forms.py": forms, "people/views.py": views.replace("BODY", body)}
    files["shop/urls.py"] = files["shop/urls.py"].replace("ADDRESS", address).replace("VIEW", view)
    return [finding.rule for finding in scan_files({path: text.encode() for path, text in files.items()}, RULES).findings]


META = "class Meta:\n        model = Person\n        fields = ['email', 'role']"
BY_HAND = "role = forms.ChoiceField(choices=Person.RANKS)\n    class Meta:\n        model = Person\n        fields = ['email']"
SETS = "user = form.save(commit=False)\n            user.role = form.cleaned_data['role']\n            user.save()"


@pytest.mark.parametrize(
    ("form", "body", "expected"),
    [
        (META, "form.save()", TOLD),
        ("class Meta:\n        model = Person\n        fields = '__all__'", "form.save()", TOLD),
        ("class Meta:\n        model = Person\n        exclude = ['email']", "form.save()", TOLD),
        ("class Meta:\n        model = Person\n        exclude = ['role', 'is_staff', 'is_superuser']", "form.save()", []),
        ("class Meta:\n        model = Person\n        fields = ['email']", "form.save()", []),
        (META.replace("Person", "Guest"), "form.save()", []),
        (f"role = forms.ChoiceField(choices=[('reader', 'Reader')])\n    {META}", "form.save()", []),
        (f"role = forms.ChoiceField(choices=Person.RANKS, disabled=True)\n    {META}", "form.save()", []),
        (f"{META}\n    def clean_role(self):\n        return 'reader'", "form.save()", []),
        (f"{META}\n    def save(self, commit=True):\n        user = super().save(commit=False)\n        user.role = 'reader'\n        user.save()\n        return user", "form.save()", []),
        (META, "user = form.save(commit=False)\n            user.role = 'reader'\n            user.save()", []),
        (BY_HAND, SETS, TOLD),
        (BY_HAND.replace("Person.RANKS", "[('reader', 'Reader'), ('writer', 'Writer')]"), SETS, []),
        (BY_HAND, "form.save()", []),
    ],
)  # fmt: skip
def test_a_form_lets_choose_what_it_lists(form: str, body: str, expected: list[str]) -> None:
    assert told(form, body) == expected


def test_a_class_for_pages_saves_its_form() -> None:
    assert told(META, view="views.Join.as_view()", views=OF_CLASS) == TOLD


def test_a_form_that_makes_no_accounts_is_left_to_what_is_known_of_its_view() -> None:
    assert told(META, address="profile") == []


FLASK = """import os
from flask import Flask, redirect
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, SelectField, StringField
app = Flask(__name__)
app.secret_key = os.environ["KEY"]
db = SQLAlchemy(app)
RANKS = ["reader", "admin"]
class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    role = db.Column(db.String)
class SignUpForm(FlaskForm):
    email = StringField("Mail")
    role = FIELD
@app.route("/register", methods=["GET", "POST"])
def register():
    form = SignUpForm()
    if form.validate_on_submit():
        db.session.add(User(email=form.email.data, role=form.role.data))
        db.session.commit()
    return redirect("/")
"""


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('SelectField("Role", choices=[("reader", "Reader"), ("admin", "Admin")])', TOLD),
        ('RadioField("Role", choices=RANKS)', TOLD),
        ('SelectField("Role", choices=RANKS)', TOLD),
        ('SelectField("Role", choices=[("reader", "Reader"), ("writer", "Writer")])', []),
    ],
)
def test_a_field_with_choices_gives_one_of_them(field: str, expected: list[str]) -> None:
    assert [finding.rule for finding in scan_files({"app.py": FLASK.replace("FIELD", field).encode()}, RULES).findings] == expected


FASTAPI = """from enum import Enum
from fastapi import FastAPI
from pydantic import BaseModel
from models import User
from database import db
app = FastAPI()
class UserRole(str, Enum):
    READER = "reader"
    ADMIN = "admin"
class SignUp(BaseModel):
    email: str
    role: str = "reader"
@app.post("/register")
def register(data: SignUp):
    db.add(User(email=data.email, role=ROLE))
    db.commit()
"""


@pytest.mark.parametrize(("role", "expected"), [("UserRole(data.role)", TOLD), ("UserRole.READER", [])])
def test_a_member_of_an_enumeration_is_what_it_was_made_of(role: str, expected: list[str]) -> None:
    assert [finding.rule for finding in scan_files({"main.py": FASTAPI.replace("ROLE)", f"{role})").encode()}, RULES).findings] == expected
