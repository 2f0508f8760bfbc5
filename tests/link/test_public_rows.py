"""Rows that belong to one that is marked as public, and those that a stranger may choose beside it."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["unauthenticated-read-route"])
LISTED = """import { prisma } from "@acme/prisma";
export default async function listed({ userId, albumId, search }) {
  if (userId) return prisma.message.findMany({ where: { userId } });
  return prisma.message.findMany({ where: { albumId, text: { contains: search } } });
}
"""
PUBLIC = "isPublic: true"
LEAVES = "if (!album) return res.status(404).json({});"


@pytest.mark.parametrize(
    ("where", "test", "rows", "told"),
    [
        (PUBLIC, LEAVES, "prisma.message.findMany({ where: { albumId: album.id } })", False),
        (PUBLIC, LEAVES, "listed({ albumId: album.id })", False),
        (PUBLIC, LEAVES, "listed({ albumId: album.id, search: req.query.search })", False),
        (PUBLIC, LEAVES, "listed({ albumId: album.id, userId: req.query.userId })", True),
        (PUBLIC, LEAVES, "prisma.message.findMany({ where: { userId: album.ownerId } })", True),
        (PUBLIC, LEAVES, "prisma.message.findMany({ where: { albumId: req.query.other } })", True),
        (PUBLIC, LEAVES, "prisma.message.findMany()", True),
        (PUBLIC, "", "prisma.message.findMany({ where: { albumId: album.id } })", True),
        (PUBLIC, "if (album) return res.json({});", "prisma.message.findMany({ where: { albumId: album.id } })", True),
        ("name: 'x'", LEAVES, "prisma.message.findMany({ where: { albumId: album.id } })", True),
    ],
)
def test_what_belongs_to_a_public_row_is_public(where: str, test: str, rows: str, *, told: bool) -> None:
    handler = f"""import {{ prisma }} from "@acme/prisma";
import listed from "../../lib/listed";
export default async function handler(req, res) {{
  const album = await prisma.album.findFirst({{ where: {{ id: Number(req.query.id), {where} }} }});
  {test}
  res.json(await {rows});
}}
"""
    files = {
        "package.json": '{"dependencies": {"next": "15"}, "workspaces": ["packages/*"]}',
        "packages/prisma/package.json": '{"name": "@acme/prisma", "main": "index.ts"}',
        "packages/prisma/index.ts": "import { PrismaClient } from '@prisma/client';\nexport const prisma = new PrismaClient();\n",
        "lib/listed.ts": LISTED,
        "pages/api/albums.ts": handler,
    }
    assert bool(scan_files({path: text.encode() for path, text in files.items()}, RULES).findings) == told
