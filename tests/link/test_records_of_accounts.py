"""Which record that a caller writes a role into is that of an account: by its table, or by what stands beside the role; a message and an application for a job have a role, too."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["mass-assignment"])
SERVER = """const express = require('express')
const jwt = require('jsonwebtoken')
const { createClient } = require('@supabase/supabase-js')
const db = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_SERVICE_ROLE_KEY)
const app = express()
app.use(express.json())
const auth = (req, res, next) => { try { req.user = jwt.verify(req.headers.authorization, process.env.S) } catch { return res.status(401).end() } next() }
"""
VIEW = """from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from django.urls import path
from rows.models import {model}
@api_view(['POST'])
@permission_classes([IsAuthenticated])
def add(request):
    {model}.objects.create({fields})
    return Response({{}})
urlpatterns = [path('rows', add)]
"""
MINE, ROLE = "user_id: req.user.sub", "role: req.body.role"


@pytest.mark.parametrize(
    ("table", "fields", "told"),
    [
        ("profiles", (ROLE,), True),
        ("profiles", (MINE, ROLE, "bio: req.body.bio"), True),
        ("organization_roles", (MINE, ROLE), True),
        ("collaborators", (MINE, ROLE, "project_id: req.body.project", "invited_at: new Date()", "status: 'open'"), True),
        ("people", ("email: req.body.email", ROLE, "notes: req.body.notes"), True),
        ("settings", (MINE, "is_admin: req.body.admin", "theme: req.body.theme"), True),
        ("chat_messages", (MINE, ROLE, "content: req.body.content"), False),
        ("applications", (MINE, ROLE, "company: req.body.company", "url: req.body.url"), False),
        ("listings", (MINE, ROLE, "price: req.body.price"), False),
    ],
)
def test_of_a_table(table: str, fields: tuple[str, ...], told: bool) -> None:
    route = f"app.post('/rows', auth, async (req, res) => {{ await db.from('{table}').insert({{ {', '.join(fields)} }}); res.end() }})\n"
    files = {
        "package.json": b'{"dependencies": {"express": "5", "jsonwebtoken": "9", "@supabase/supabase-js": "2"}}',
        "server.js": (SERVER + route).encode(),
    }
    assert [each.rule for each in scan_files(files, RULES).findings] == ["mass-assignment"] * told


@pytest.mark.parametrize(
    ("model", "fields", "told"),
    [
        ("Collaborator", "user_id=request.user.id, role=request.data['role']", True),
        ("Access", "user_id=request.user.id, room_id=1, role=request.data['role']", True),
        ("Message", "user_id=request.user.id, role=request.data['role'], content=request.data['content']", False),
    ],
)
def test_of_a_class(model: str, fields: str, told: bool) -> None:
    files = {"requirements.txt": b"djangorestframework\n", "urls.py": VIEW.format(model=model, fields=fields).encode()}
    assert [each.rule for each in scan_files(files, RULES).findings] == ["mass-assignment"] * told
