"""Middleware that asks whether the caller belongs to what the input names, where the input names it: procedures are about rows of that, and of nothing else."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

SERVER = """import {{ initTRPC, TRPCError }} from "@trpc/server";
import {{ has }} from "ramda";
import {{ z }} from "zod";
import {{ db, membership, scoped }} from "./db";

const t = initTRPC.context().create();
const signedIn = t.middleware(async ({{ ctx, next }}) => {{
  if (!ctx.session?.userId) throw new TRPCError({{ code: "UNAUTHORIZED" }});
  return next({{ ctx: {{ session: ctx.session }} }});
}});
const members = t.middleware(async ({{ ctx, next, type, getRawInput }}) => {{
  return scoped(ctx.session.id, async () => {{
    const rawInput = await getRawInput();
    {before}
    if ({test}) {{
      const found = await membership({{ userId: ctx.session.userId, gardenId: rawInput.gardenId }});
      if (!found) throw new TRPCError({{ code: "FORBIDDEN" }});
    }}
    return next();
  }});
}});
const procedure = t.procedure.use(signedIn).use(members);
export const router = t.router({{
  mine: procedure.query(({{ ctx }}) => db.garden.findMany({{ where: {{ userId: ctx.session.userId }} }})),
  rename: procedure.input(z.object({{ gardenId: z.string(), name: z.string() }})).mutation(({{ input }}) =>
    db.garden.update({{ where: {{ id: input.gardenId }}, data: {{ name: input.name }} }})),
  drop: procedure.input(z.object({{ id: z.string() }})).mutation(({{ input }}) => db.garden.delete({{ where: {{ id: input.id }} }})),
}});
"""
DB = """import { PrismaClient } from "@prisma/client";
export const db = new PrismaClient();
export const scoped = async (id, work) => work();
export const membership = ({ userId, gardenId }) => db.member.findFirst({ where: { userId, gardenId } });
"""
SCHEMA = "model Garden {\n  id String @id\n  userId String\n  name String\n}\n"
BY_ID, BOTH = ["router.drop"], ["router.drop", "router.rename"]


@pytest.mark.parametrize(
    ("test", "before", "open_"),
    [
        ('has("gardenId", rawInput)', "", BY_ID),
        ("rawInput.gardenId", "", BY_ID),
        ("rawInput.gardenId !== undefined", "", BY_ID),
        # It is asked only of some who send it, of who sends something else, or of those who send nothing.
        ('has("gardenId", rawInput) && type === "query"', "", BOTH),
        ("rawInput.gardenId && process.env.STRICT", "", BOTH),
        ("rawInput.gardenId || process.env.STRICT", "", BOTH),
        ('has("strict", rawInput)', "", BOTH),
        ("rawInput.strict", "", BOTH),
        ("!rawInput.gardenId", "", BOTH),
        # Some go on before they are asked.
        ('has("gardenId", rawInput)', 'if (type === "mutation") return next();', BOTH),
    ],
)
def test_a_membership_is_asked_for_wherever_it_is_named(test: str, before: str, open_: list[str]) -> None:
    files = {"server.ts": SERVER.format(test=test, before=before), "db.ts": DB, "schema.prisma": SCHEMA}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES.select(["object-without-owner-check"])).findings
    assert sorted(finding.message.split()[1] for finding in found) == open_
