"""The line itself: from a folder, or files in memory, to findings."""

from pathlib import Path

import pytest
from msgspec import structs
from own_rules import RULES

from batten.config import Config
from batten.config import load as load_config
from batten.discover import discover
from batten.finding import Finding, NoteKind
from batten.link.flows import OF_VALUES
from batten.scan import Scan, scan, scan_files
from batten.testing_keys import expand, key

FIXTURES = Path(__file__).parents[1] / "fixtures" / "apps"
APPS = sorted(path.name for path in FIXTURES.iterdir())
NEXT = '{"dependencies": {"next": "15"}}'
PRISMA = 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'
OPEN = 'import { prisma } from "../../../lib/prisma"\nexport async function POST() { await prisma.user.update({}) }\n'
APP = {"package.json": NEXT, "lib/prisma.ts": PRISMA, "app/api/x/route.ts": OPEN}


def in_memory(files: dict[str, str]) -> Scan:
    return scan_files({path: text.encode() for path, text in files.items()}, RULES)


def in_folder(folder: Path, files: dict[str, str | bytes], config: Config | None = None) -> Scan:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
    return scan(discover([folder], config or Config()), config or Config(), RULES, jobs=1)


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return sorted((finding.rule, finding.place.path) for finding in findings)


@pytest.mark.parametrize("name", APPS)
def test_files_in_memory_give_what_a_folder_gives(name: str, tmp_path: Path) -> None:
    paths = [path for path in (FIXTURES / name).rglob("*") if path.is_file() and path.name != "expected.txt"]
    files = {path.relative_to(FIXTURES / name).as_posix(): expand(path.read_text()) for path in paths}
    kept = {path: text for path, text in files.items() if not path.rpartition("/")[2].startswith(".env")}  # whether git has these matters
    assert told(in_folder(tmp_path, dict(kept)).findings) == told(in_memory(kept).findings)


@pytest.mark.parametrize("name", APPS)
def test_rules_find_the_same_where_no_values_are_followed_for_others(name: str) -> None:
    without = RULES.select([page.id for page in RULES.pages if page.fact not in OF_VALUES])
    ids = {page.id for page in without.pages}
    paths = [path for path in (FIXTURES / name).rglob("*") if path.is_file() and path.name != "expected.txt"]
    files = {path.relative_to(FIXTURES / name).as_posix(): expand(path.read_text()).encode() for path in paths}
    every, alone = scan_files(files, RULES), scan_files(files, without)
    assert (alone.findings, alone.project.flows) == (tuple(each for each in every.findings if each.rule in ids), ())


# --- rounds ---


SECRET_SHOP = {
    "package.json": '{"dependencies": {"next": "15.5.9", "express": "5"}}',
    ".env": f"STRIPE_SECRET_KEY={key('stripe-live')}\nOPENAI_API_KEY={key('openai')}\n",
    "app/api/pay/route.ts": f"export async function POST() {{\n  return fetch('https://api.openai.com', {{ headers: {{ key: '{key('openai')}' }} }});\n}}\n",
    "server.js": "const app = require('express')();\napp.get('/x', (req, res) => {\n  console.log(process.env.STRIPE_SECRET_KEY);\n  res.json({});\n});\nconst secret = process.env.SESSION_SECRET || 'kitten-harbour-51-lamp';\n",
    "auth.py": "import os\nSECRET_KEY = os.getenv('SECRET_KEY', 'marble-otter-772-rain')\nprint(os.environ)\n",
    "docs/setup.md": f"OPENAI_API_KEY={key('openai')}\n",
}  # fmt: skip


def test_keys_are_found_without_a_look_at_code() -> None:
    keys = tuple(page for page in RULES.pages if page.pack == "secrets")
    of_code = tuple(page for page in RULES.pages if page.id == "unauthenticated-write-route")
    files = {path: text.encode() for path, text in SECRET_SHOP.items()}
    alone = scan_files(files, structs.replace(RULES, pages=keys))
    among = scan_files(files, structs.replace(RULES, pages=(*keys, *of_code)))
    assert (alone.parsed, among.parsed) == (0, 3)
    assert alone.findings == tuple(finding for finding in among.findings if finding.rule != "unauthenticated-write-route")
    assert {finding.rule for finding in alone.findings} == {
        "ai-key-in-source",
        "env-file-in-git",
        "hardcoded-fallback-secret",
        "secret-in-logs-or-response",
    }


def test_only_files_that_matter_are_parsed() -> None:
    unused = {f"lib/unused{number}.ts": "export function unused() { return 1 }\n" for number in range(5)}
    helper = {"lib/helper.ts": "import { prisma } from './prisma'\nexport const save = () => prisma.user.update({})\n"}
    route = {"app/api/x/route.ts": 'import { save } from "../../../lib/helper"\nexport async function POST() { await save() }\n'}
    found = in_memory({**APP, **unused, **helper, **route})
    assert (found.files, found.parsed) == (9, 3)
    assert told(found.findings) == [("unauthenticated-write-route", "app/api/x/route.ts")]


def chain(length: int) -> dict[str, str]:
    files = {
        f"lib/h{n}.ts": f"import {{ h{n + 1} }} from './h{n + 1}'\nexport async function h{n}() {{ await h{n + 1}() }}\n"
        for n in range(length)
    }
    files[f"lib/h{length}.ts"] = (
        f"import {{ prisma }} from './prisma'\nexport async function h{length}() {{ await prisma.user.update({{}}) }}\n"
    )
    route = 'import { h0 } from "../../../lib/h0"\nexport async function POST() { await h0() }\n'
    return {**APP, **files, "app/api/x/route.ts": route}


@pytest.mark.parametrize(("length", "found"), [(0, 1), (4, 1), (60, 0)])
def test_names_are_followed_from_file_to_file(length: int, found: int) -> None:
    result = in_memory(chain(length))
    assert len(result.findings) == found
    assert [(note.kind, note.place.path if note.place else "") for note in result.notes] == [(NoteKind.LIMIT, "lib/h48.ts")][found:]


def test_what_else_flows_is_told_where_a_chain_is_cut_off() -> None:
    search = "import { exec } from 'node:child_process'\nexport async function GET(request: Request) {\n  exec('ls ' + new URL(request.url).searchParams.get('folder'));\n}\n"
    found = in_memory({**chain(60), "app/api/search/route.ts": search})
    assert [each for each in told(found.findings) if each[0] == "command-injection"] == [("command-injection", "app/api/search/route.ts")]
    assert [note.kind for note in found.notes] == [NoteKind.LIMIT]


def test_what_a_page_only_shows_is_not_read() -> None:
    page = "import { redirect } from 'next/navigation'\nimport { Card } from '@/components/card'\nexport default async function Page({ searchParams }) {\n  if (searchParams.to) redirect(searchParams.to);\n  return <Card name={searchParams.name} />\n}\n"
    alone = "import { Icon } from './icon'\nexport function Card({ name }) { return <p><Icon />{name}</p> }\n"
    markup = "export function Card({ name }) { return <p dangerouslySetInnerHTML={{ __html: name }} /> }\n"
    around = {"tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}', "package.json": NEXT, "app/page.tsx": page}
    plain, shown = (
        {**around, "components/card.tsx": card, "components/icon.tsx": "export const Icon = () => <i />\n"} for card in (alone, markup)
    )
    sent_on = ("open-redirect", "app/page.tsx")
    assert (in_memory(plain).parsed, told(in_memory(plain).findings)) == (1, [sent_on])
    assert told(in_memory(shown).findings) == [sent_on, ("request-data-in-html", "components/card.tsx")]


def test_files_that_import_each_other() -> None:
    one = "import { two } from './two'\nexport async function one() { await two() }\n"
    two = "import { one } from './one'\nimport { prisma } from './prisma'\nexport async function two() { await one(); await prisma.user.update({}) }\n"
    route = 'import { one } from "../../../lib/one"\nexport async function POST() { await one() }\n'
    found = in_memory({**APP, "lib/one.ts": one, "lib/two.ts": two, "app/api/x/route.ts": route})
    assert told(found.findings) == [("unauthenticated-write-route", "app/api/x/route.ts")]


def test_nothing() -> None:
    found = in_memory({})
    assert (found.findings, found.notes, found.files, found.parsed) == ((), (), 0, 0)


# --- notes ---


def test_what_discovery_leaves_out_is_told(tmp_path: Path) -> None:
    found = in_folder(tmp_path, {**APP, "package-lock.json": "{}"})
    assert [note.kind for note in found.notes] == [NoteKind.SKIPPED]


def test_a_file_that_goes_away_meanwhile_is_told(tmp_path: Path) -> None:
    for path, text in APP.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = discover([tmp_path], Config())
    (tmp_path / "lib" / "prisma.ts").unlink()
    result = scan(found, Config(), RULES, jobs=1)
    assert [(note.kind, note.place.path if note.place else "") for note in result.notes] == [(NoteKind.NOT_READ, "lib/prisma.ts")]
    assert result.files == 3


def test_code_that_can_not_be_parsed_is_told_where_it_matters() -> None:
    broken = "export async function POST() { await save( }\n"
    notes = in_memory({**APP, "app/api/y/route.ts": broken, "lib/unused.ts": "export const = 1"}).notes
    assert [(note.kind, note.place.path if note.place else "") for note in notes] == [(NoteKind.NOT_PARSED, "app/api/y/route.ts")]


# --- texts ---


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_of_byte_order_change_nothing(tmp_path: Path, encoding: str) -> None:
    plain = in_folder(tmp_path / "plain", dict(APP)).findings
    marked = in_folder(tmp_path / "marked", {path: text.encode(encoding) for path, text in APP.items()}).findings
    assert plain == marked
    assert len(plain) == 1


# --- what a path says ---


def test_keys_in_tests_and_documents_are_found_and_routes_there_are_not() -> None:
    secret = f'const key = "{key("openai")}"\n'
    server = "import express from 'express'\nimport { prisma } from '../lib/prisma'\nconst app = express()\napp.post('/x', async () => { await prisma.user.update({}) })\n"
    found = in_memory({"package.json": "{}", "lib/prisma.ts": PRISMA, "tests/server.ts": server + secret})
    assert told(found.findings) == [("ai-key-in-source", "tests/server.ts")]
    assert found.project.routes == ()


def test_generated_files_are_not_read() -> None:
    found = in_memory({"package.json": "{}", "src/generated/api.ts": f'const key = "{key("openai")}"\n'})
    assert (found.findings, found.files) == ((), 1)


# --- ignores ---


def test_what_a_comment_accepts_is_kept_apart() -> None:
    accepted = OPEN.replace("export async", "// batten: ignore[unauthenticated-write-route] behind the firewall\nexport async")
    found = in_memory({**APP, "app/api/x/route.ts": accepted})
    assert told(found.findings) == []
    assert [(one.finding.rule, one.reason, one.in_source) for one in found.ignored] == [
        ("unauthenticated-write-route", "behind the firewall", True)
    ]


def test_a_comment_that_accepts_nothing_is_told() -> None:
    found = in_memory({**APP, "lib/other.ts": "// batten: ignore[unauthenticated-write-route] long gone\nexport const x = 1\n"})
    assert [note.kind for note in found.notes] == [NoteKind.IGNORE]
    assert len(found.findings) == 1


# --- configuration ---


def test_own_names_of_guards(tmp_path: Path) -> None:
    guarded = 'import { gate } from "@acme/door"\n' + OPEN.replace("{ await", "{ await gate(); await")
    files = {**APP, "app/api/x/route.ts": guarded}
    assert told(in_folder(tmp_path / "plain", dict(files)).findings) == [("unauthenticated-write-route", "app/api/x/route.ts")]
    (tmp_path / "batten.toml").write_text('[[vocabulary.rows]]\ncall = "@acme/door.gate"\nmeans = "identity-raises"\n')
    config = load_config(tmp_path)
    assert told(in_folder(tmp_path / "known", dict(files), config).findings) == []


def test_the_era_of_the_default_grants(tmp_path: Path) -> None:
    table = "create table public.notes (id int primary key, owner uuid, body text);\n"
    files: dict[str, str | bytes] = {"supabase/config.toml": 'project_id = "x"\n', "supabase/migrations/20260901000000_notes.sql": table}
    severities: dict[str, list[tuple[str, str]]] = {}
    for era in ("legacy", "revoked"):
        found = in_folder(tmp_path / era, files, Config(data_api_defaults=era))
        severities[era] = [(finding.rule, finding.severity) for finding in found.findings]
    assert severities["legacy"] == [("table-without-rls", "high")]
    assert severities["revoked"] == [("table-without-rls", "medium")]


# --- progress ---


def test_progress_is_told(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"src/a{number}.ts": "export const x = 1\n" for number in range(120)}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(str(text))
    seen: list[tuple[int, int]] = []
    scan(discover([tmp_path], Config()), Config(), RULES, 1, lambda done, total: seen.append((done, total)))
    assert seen == [(50, 120), (100, 120)]
