"""What a schema lets through that a procedure has to be sent: numbers, choices of few and texts of a form do no harm, and all else does."""

from itertools import chain

import pytest
from own_rules import RULES

from batten.code.patterns import has_plain_signs
from batten.scan import scan_files

FORMS = """import { z } from "zod";
export const SLUG = /^[a-z0-9-]+$/;
export const ANYTHING = /^[a-z]+;?.*$/;
export const page = z.object({ size: z.number().int(), name: z.string() });
"""


def harms(fields: str, used: str, *, does: str = "exec(`make ${%s}`)", chain: str = "") -> list[str]:
    """The kinds of what a procedure does with something of what it is sent."""
    text = f"""import {{ z }} from "zod";
import {{ exec }} from "node:child_process";
import {{ readFileSync }} from "node:fs";
import {{ procedure, router }} from "./trpc";
import {{ ANYTHING, SLUG, page }} from "./forms";
const made = procedure.input(z.object({{ early: z.number(), text: z.string() }}));
const base = z.object({{ id: z.string(), lines: z.number(), later: z.string().uuid() }});
export const jobs = router({{
  run: procedure{chain or f".input({fields})"}.mutation(async ({{ input }}) => {{ {does % used}; }}),
  other: made.mutation(async ({{ input }}) => {{ exec(`make ${{input.early}}`); }}),
}});
"""
    files = {"server/jobs.ts": text, "server/forms.ts": FORMS, "package.json": '{"dependencies": {"@trpc/server": "11", "zod": "4"}}'}
    found = scan_files({path: each.encode() for path, each in files.items()}, RULES).project.flows
    return [flow.kind for flow in found if flow.source == "request"]


@pytest.mark.parametrize(
    ("fields", "used"),
    [
        ("z.object({ port: z.number().int().min(1).default(80) })", "input.port"),
        ("z.object({ kind: z.enum(['a', 'b']).optional() })", "input.kind"),
        ("z.object({ id: z.string().uuid() })", "input.id"),
        ("z.object({ name: z.string().min(1).regex(/^[a-z0-9_.-]+$/, 'no') })", "input.name"),
        ("z.object({ name: z.string().regex(SLUG) })", "input.name"),
        ("page.extend({ name: z.string().regex(SLUG) })", "input.name"),
        ("page.pick({ size: true }).partial()", "input.size"),
        ("base.extend({ id: z.coerce.number() })", "input.id"),
        ("base.extend({ more: z.string() })", "input.later"),
        ("z.object({ ports: z.array(z.number()) })", "input.ports.join(' ')"),
        ("z.object({ at: z.object({ line: z.number() }) })", "input.at.line"),
        ("createInsertSchema(rows, { port: z.number() }).pick({ port: true })", "input.port"),
    ],
)
def test_what_has_a_form_does_no_harm(fields: str, used: str) -> None:
    assert harms(fields, used) == []


@pytest.mark.parametrize(
    ("fields", "used"),
    [
        ("z.object({ name: z.string().min(1) })", "input.name"),
        ("z.object({ port: z.number().or(z.string()) })", "input.port"),
        ("z.object({ port: z.union([z.number(), z.string()]) })", "input.port"),
        ("z.object({ port: z.number().transform(anything) })", "input.port"),
        ("z.object({ port: z.number() }).transform(anything)", "input.port"),
        ("z.object({ mail: z.string().email() })", "input.mail"),
        ("z.object({ name: z.string().regex(/^[^a]+$/) })", "input.name"),
        ("z.object({ name: z.string().regex(/[a-z]+/) })", "input.name"),
        ("z.object({ name: z.string().regex(ANYTHING) })", "input.name"),
        ("z.object({ name: z.string().regex(unknown) })", "input.name"),
        ("base.extend({ lines: z.string() })", "input.lines"),
        ("base.merge(z.object({ lines: z.string() }))", "input.lines"),
        ("page.pick({ name: true })", "input.name"),
        ("z.object({ names: z.array(z.string()) })", "input.names[0]"),
        ("z.object({ port: z.number(), name: z.string() })", "input.name"),
        ("unknown", "input.port"),
    ],
)
def test_what_may_be_any_text_is_told(fields: str, used: str) -> None:
    assert harms(fields, used) == ["command"]


def test_the_schema_of_the_builder_counts_and_a_form_says_nothing_of_servers() -> None:
    assert harms("", "input.early", chain=".input(page).use(check)") == ["command"]
    named = "z.object({ host: z.string().regex(/^[a-z.]+$/), port: z.number() })"
    assert harms(named, "input.host", does="await fetch(`https://${%s}/`)") == ["address"]
    assert harms(named, "input.port", does="await fetch(`https://inner:${%s}/`)") == []


@pytest.mark.parametrize(
    ("patterns", "plain"),
    [
        ((r"/^[a-z0-9]+$/", r"/^(all|\d+[smhd])$/", r"/^[a-zA-Z0-9.\-_]+$/", r"/^[\w-]+(\.[\w-]+)*$/i", r"^v\d+$"), True),
        ((r"/^[a-z ]+$/", r"/^[^;]+$/", r"/^[a-z;]+$/", r"/^[A-z]+$/", r"/^[!-~]+$/", r"/^[+-z]+$/", r"/^[a-z`]*$/"), False),
        ((r"/^[a-z]+$/m", r"/^.+$/", r"/^\S+$/", r"/[a-z]+/", r"/^a.c$/", r"/^[a-z]+$|x/", r"/^a|b$/", r"/^((a)|b)|c$/"), False),
    ],
)
def test_patterns_that_leave_nothing_but_plain_signs(patterns: tuple[str, ...], *, plain: bool) -> None:
    assert [has_plain_signs(each) for each in patterns] == list(chain([plain] * len(patterns)))
