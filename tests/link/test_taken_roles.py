"""What serializers of Django REST framework take for the record of an account, and from whom."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["untrusted-role-source", "mass-assignment"])
MODELS = """from django.contrib.auth.models import AbstractBaseUser, AbstractUser
from django.db import models


class Person(AbstractUser):
    RANKS = [("reader", "Reader"), ("admin", "Admin")]
    role = models.CharField(choices=RANKS)
    city = models.TextField()


class Guest(AbstractBaseUser):
    role = models.CharField(choices=[("buyer", "Buyer"), ("seller", "Seller")])


class Book(models.Model):
    role = models.TextField()
"""
FIELDS = "fields = ['email', 'role']"
SERIALIZERS = {
    f"model = Person\n        {FIELDS}": True,
    "model = Person\n        fields = '__all__'": True,
    "model = Person\n        exclude = ['city']": True,
    "model = Person\n        fields = ['email', 'is_staff']": True,
    f"model = Person\n        {FIELDS}\n\n    def create(self, validated_data):\n        return Person.objects.create_user(**validated_data)": True,
    f"model = Person\n        {FIELDS}\n\n    def create(self, validated_data):\n        return Person.objects.create_user(role=validated_data.get('role', 'reader'))": True,
    "model = Person\n        fields = ['email', 'city']": False,
    "model = Person\n        exclude = ['role', 'is_staff', 'is_superuser']": False,
    f"model = Person\n        {FIELDS}\n        read_only_fields = ['role']": False,
    f"model = Person\n        {FIELDS}\n        extra_kwargs = {{'role': {{'read_only': True}}}}": False,
    f"model = Person\n        {FIELDS}\n\n    role = serializers.CharField(read_only=True)": False,
    f"model = Person\n        {FIELDS}\n\n    def validate_role(self, role):\n        return 'reader'": False,
    f"model = Person\n        {FIELDS}\n\n    def create(self, validated_data):\n        return Person.objects.create_user(role='reader', email=validated_data['email'])": False,
    f"model = Person\n        {FIELDS}\n\n    def create(self, validated_data):\n        validated_data.pop('role', None)\n        return Person.objects.create_user(**validated_data)": False,
    f"model = Guest\n        {FIELDS}": False,  # nobody chooses more than others have
    f"model = Book\n        {FIELDS}": False,
}
SERIALIZERS |= {
    f"model = get_user_model()\n        {FIELDS}": True,
    "model = get_user_model()\n        fields = ['email', 'city']": False,
    "model = User\n        fields = ['username', 'is_staff']": True,
    "model = User\n        fields = ['username']": False,
    f"model = Person\n        {FIELDS}\n\n    def create(self, validated_data):\n        role = validated_data.pop('role', 'reader')\n        user = Person.objects.create_user(**validated_data)\n        user.role = role\n        user.save()\n        return user": True,
    f"model = Person\n        {FIELDS}\n\n    def create(self, validated_data):\n        role = validated_data.pop('role')\n        if role not in ('reader', 'writer'):\n            raise ValueError(role)\n        return make(role)": False,
    # Of the profile that lies beside the account.
    f"model = User\n        {FIELDS}\n\n    role = serializers.ChoiceField(choices=Person.RANKS)\n\n    def create(self, validated_data):\n        role = validated_data.pop('role', 'reader')\n        user = User.objects.create_user(**validated_data)\n        user.profile.role = role\n        user.profile.save()\n        return user": True,
    f"model = User\n        {FIELDS}\n\n    role = serializers.CharField()\n\n    def create(self, validated_data):\n        user = User.objects.create_user(email=validated_data['email'])\n        Profile.objects.create(user=user, role=validated_data['role'])\n        return user": True,
    f"model = User\n        {FIELDS}\n\n    role = serializers.ChoiceField(choices=Person.RANKS, read_only=True)\n\n    def create(self, validated_data):\n        return User.objects.create_user(role=validated_data.get('role'))": False,
    f"model = User\n        {FIELDS}\n\n    role = serializers.ChoiceField(choices=[('buyer', 'Buyer'), ('seller', 'Seller')])\n\n    def create(self, validated_data):\n        return make(validated_data.pop('role'))": False,
    f"model = User\n        {FIELDS}\n\n    role = serializers.CharField()\n\n    def validate_role(self, value):\n        return 'reader'\n\n    def create(self, validated_data):\n        return make(validated_data.pop('role'))": False,
    f"model = User\n        {FIELDS}\n\n    role = serializers.CharField()\n\n    def create(self, validated_data):\n        if validated_data['role'] == 'admin':\n            raise PermissionError\n        return make(validated_data.pop('role'))": False,
    f"model = User\n        {FIELDS}\n\n    role = serializers.SerializerMethodField()\n\n    def create(self, validated_data):\n        return make(validated_data.pop('role', None))": False,
    f"model = Book\n        {FIELDS}\n\n    role = serializers.CharField()\n\n    def create(self, validated_data):\n        return Book.objects.create(role=validated_data['role'])": False,
}
VIEWS = {
    "generics.CreateAPIView": ("AllowAny", "", "authority"),
    "generics.ListCreateAPIView": ("IsAuthenticated", "", "assignment"),
    "generics.RetrieveUpdateAPIView": ("IsAuthenticated", "\n    def get_object(self):\n        return self.request.user\n", "assignment"),
    "generics.UpdateAPIView": ("IsAdminUser", "", None),
    "generics.ListAPIView": ("AllowAny", "", None),
    "generics.DestroyAPIView": (
        "IsAuthenticated",
        "\n    def put(self, request, pk):\n        changed = SERIALIZER(request.user, data=request.data)\n        changed.is_valid()\n        changed.save()\n",
        "assignment",
    ),
    "generics.UpdateAPIView, viewsets.ViewSet": (
        "IsAuthenticated",
        "\n    def perform_update(self, serializer):\n        if self.request.user.role != 'admin':\n            raise PermissionDenied()\n        serializer.save()\n",
        None,
    ),
}


def taken(serializers: list[str], views: list[tuple[str, str, str, str]]) -> dict[str, str]:
    """Which serializers are told, and as what; a view is its bases, permission, body and serializer."""
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": "ROOT_URLCONF = 'people.urls'\nMIDDLEWARE = []\nAUTH_USER_MODEL = 'people.Person'\n",
        "people/models.py": MODELS,
        "people/serializers.py": "from django.contrib.auth import get_user_model\nfrom django.contrib.auth.models import User\nfrom rest_framework import serializers\nfrom .models import Book, Guest, Person, Profile\nfrom .makers import make\n"
        + "".join(
            f"\n\nclass Taken{n}(serializers.ModelSerializer):\n    class Meta:\n        {body}\n" for n, body in enumerate(serializers)
        ),
        "people/views.py": "from rest_framework import generics, viewsets\nfrom rest_framework.exceptions import PermissionDenied\nfrom rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated\n"
        f"from .models import Person\nfrom .serializers import {', '.join(name for *_, name in views)}\n"
        + "".join(
            f"\n\nclass View{n}({bases}):\n    queryset = Person.objects.all()\n    serializer_class = {name}\n    permission_classes = [{permission}]\n{body.replace('SERIALIZER', name)}"
            for n, (bases, permission, body, name) in enumerate(views)
        ),
        "people/urls.py": "from django.urls import path\nfrom . import views\nurlpatterns = ["
        + ", ".join(f"path('view{n}/<int:pk>/', views.View{n}.as_view())" for n in range(len(views)))
        + "]\n",
    }
    return {flow.sink: flow.kind for flow in scan_files({path: text.encode() for path, text in files.items()}, RULES).project.flows}


def test_what_serializers_take() -> None:
    open_to_all = [("generics.CreateAPIView", "AllowAny", "", f"Taken{n}") for n in range(len(SERIALIZERS))]
    found = taken(list(SERIALIZERS), open_to_all)
    assert {body: f"Taken{n}" in found for n, body in enumerate(SERIALIZERS)} == SERIALIZERS


def test_from_whom_they_take_it() -> None:
    first = next(iter(SERIALIZERS))
    views = [(bases, permission, body, f"Taken{n}") for n, (bases, (permission, body, _)) in enumerate(VIEWS.items())]
    found = taken([first] * len(VIEWS), views)
    assert {bases: found.get(f"Taken{n}") for n, bases in enumerate(VIEWS)} == {bases: kind for bases, (_, _, kind) in VIEWS.items()}


def test_a_role_of_what_was_signed_is_not_the_callers_to_choose() -> None:
    app = """from flask import Flask, request
import jwt
import os
from models import Role, User, db
app = Flask(__name__)
@app.post("/invited")
def invited():
    data = request.get_json()
    claims = jwt.decode(data["token"], os.environ["INVITE_KEY"], algorithms=["HS256"])
    db.session.add(User(email=data["email"], role=Role.coerce(claims["role"])))
@app.post("/chosen")
def chosen():
    data = request.get_json()
    db.session.add(User(email=data["email"], role=Role.coerce(data["role"])))
@app.post("/found")
def found():
    data = request.get_json()
    db.session.add(User(email=data["email"], role_id=Role.query.filter_by(id=data["role_id"]).first().id))
"""
    findings = scan_files({"app.py": app.encode(), "requirements.txt": b"flask\npyjwt\n"}, RULES).findings
    assert [app[finding.place.span.start :].partition("\n")[0] for finding in findings] == [
        'User(email=data["email"], role=Role.coerce(data["role"])))',
        'User(email=data["email"], role_id=Role.query.filter_by(id=data["role_id"]).first().id))',
    ]


def test_rows_of_what_an_account_has_are_not_the_account() -> None:
    app = """import express from 'express'
import jwt from 'jsonwebtoken'
import { createClient } from '@supabase/supabase-js'
const db = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_KEY)
const app = express()
const signedIn = (req, res, next) => { try { req.user = jwt.verify(req.headers.authorization, process.env.KEY) } catch { return res.status(401).end() } next() }
app.post('/a', signedIn, async (req, res) => res.json(await db.from('member_contributions').insert(req.body)))
app.post('/b', signedIn, async (req, res) => res.json(await db.from('members').insert(req.body)))
app.post('/c', signedIn, async (req, res) => res.json(await db.from('user_roles').insert(req.body)))
app.post('/d', signedIn, async (req, res) => res.json(await db.from('user_subscriptions').insert(req.body)))
"""
    files = {
        "server.js": app.encode(),
        "package.json": b'{"dependencies": {"express": "5", "jsonwebtoken": "9", "@supabase/supabase-js": "2"}}',
    }
    told = [app[finding.place.span.start :].partition("from('")[2].partition("'")[0] for finding in scan_files(files, RULES).findings]
    assert told == ["members", "user_roles", "user_subscriptions"]
