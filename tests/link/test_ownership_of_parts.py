"""Rows that are part of what a caller is a member of: looked up by both ids, after a look at the membership."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
SCHEMA = b"""model User { id String @id
  teams Seat[] }
model Team { id String @id
  members Seat[]
  sheets Sheet[] }
model Seat { userId String
  teamId String
  user User @relation(fields: [userId], references: [id])
  team Team @relation(fields: [teamId], references: [id])
  @@id([userId, teamId]) }
model Sheet { id String @id
  teamId String
  ownerId String
  team Team @relation(fields: [teamId], references: [id])
  pages Page[] }
model Page { id String @id
  sheetId String
  sheet Sheet @relation(fields: [sheetId], references: [id]) }
"""
HANDLER = """import type { NextApiRequest, NextApiResponse } from 'next'
import { getServerSession } from 'next-auth/next'
import { PrismaClient } from '@prisma/client'
import { authOptions } from './auth'
const prisma = new PrismaClient()
export default async function handle(req: NextApiRequest, res: NextApiResponse) {
  const session = await getServerSession(req, res, authOptions)
  if (!session) return res.status(401).end()
  const { teamId, id } = req.query as { teamId: string; id: string }
  const { ids, name } = req.body as { ids: string[]; name: string }
  const userId = (session.user as { id: string }).id
  ASKED
  DONE
  return res.status(200).json({})
}
"""
MEMBER = "const access = await prisma.seat.findUnique({ where: { userId_teamId: { userId, teamId } } })"
REFUSED = "if (!access) return res.status(401).end()"
SHEET = "const sheet = await prisma.sheet.findUnique({ where: { id, teamId }, select: { id: true } })"
MISSING = "if (!sheet) return res.status(404).end()"
MINE = f"{MEMBER}; {REFUSED}"
FOUND = f"{MINE}; {SHEET}; {MISSING}"
BOTH = "await prisma.sheet.update({ where: { id, teamId }, data: { name } })"
BY_ID = "await prisma.sheet.update({ where: { id }, data: { name } })"
MANY = "await prisma.sheet.updateMany({ where: { id: { in: ids }, teamId }, data: { name } })"


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        # Both ids say which row.
        (MINE, BOTH),
        (MINE, MANY),
        (MINE, "await prisma.sheet.delete({ where: { teamId, id } })"),
        # The row was looked up by both, and the function goes on only where there is one.
        (FOUND, BY_ID),
        (FOUND, "await prisma.page.deleteMany({ where: { sheetId: id } })"),
        (FOUND.replace("findUnique({ where: { id, teamId }", "findFirst({ where: { teamId, id }"), BY_ID),
    ],
)
def test_rows_of_what_the_caller_is_a_member_of(asked: str, done: str) -> None:
    assert told(asked, done) == []


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        # Nobody asks whether the caller is a member, or goes on all the same.
        ("", BOTH),
        (MEMBER, BOTH),
        (f"{SHEET}; {MISSING}", BY_ID),
        # The row may be one of another team.
        (MINE, BY_ID),
        (MINE, "await prisma.sheet.update({ where: { id }, data: { name, teamId } })"),
        (MINE, "await prisma.sheet.update({ where: { id }, data: { team: { connect: { id: teamId } } } })"),
        # It is looked up, and what comes of that is not asked.
        (f"{MINE}; {SHEET}", BY_ID),
        # Of many rows some may be left out.
        (f"{MINE}; const sheets = await prisma.sheet.findMany({{ where: {{ id: {{ in: ids }}, teamId }} }}); if (!sheets.length) return res.status(404).end()",
         "await prisma.sheet.updateMany({ where: { id: { in: ids } }, data: { name } })"),
        # It is only looked up later.
        (f"{BY_ID}; {MINE}; {SHEET}; {MISSING}", ""),
    ],
)  # fmt: skip
def test_rows_of_anybody(asked: str, done: str) -> None:
    assert told(asked, done) == ["ANY /api/sheets"]


def told(asked: str, done: str) -> list[str]:
    handler = HANDLER.replace("ASKED", asked).replace("DONE", done)
    files = {
        "package.json": b'{"dependencies": {"next": "15.0.0", "@prisma/client": "6.0.0", "next-auth": "4.24.0"}}',
        "prisma/schema.prisma": SCHEMA,
        "pages/api/sheets.ts": handler.encode(),
    }
    return [row.route for row in scan_files(files, RULES).project.foreign_rows]
