"""From bytes to the facts of a file: pure, safe to send and to keep, and never an exception."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from own_rules import RULES

from batten.extract.file import Reader, merged
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts
from batten.finding import NoteKind
from batten.scan import SECRETS
from batten.testing_keys import expand, jwt, key

PROVIDERS = from_document(RULES.documents[SECRETS])
READER = Reader(RULES.vocabulary, PROVIDERS)
THOROUGH = Reader(RULES.vocabulary, PROVIDERS, prefilter=False)
FIXTURES = Path(__file__).parents[2] / "fixtures"
SOURCES = {
    f"{path.relative_to(FIXTURES)}": expand(path.read_bytes().decode()).encode()
    for kind in ("apps", "clean")
    for path in sorted((FIXTURES / kind).rglob("*"))
    if path.is_file() and path.name != "expected.txt"
}

PLAIN = b"export function add(a, b) { return sum(a, b) }\n"
ROUTE = b"import express from 'express'\nconst app = express()\napp.get('/', (req, res) => res.send(''))\n"


def test_code_without_a_reason_is_left_alone() -> None:
    facts = READER.look("src/add.ts", PLAIN)
    assert (facts.parsed, facts.functions, facts.language) == (False, (), "typescript")
    assert [export.name for export in facts.exports] == ["add"]


@pytest.mark.parametrize(
    ("address", "is_reason"),
    [
        ("http://api.example.com/v1", True),
        ("ws://live.example.com", True),
        ("http://${host}/v1", True),
        ("http://localhost.example.com/", True),
        ("http://www.w3.org.example.com/", True),
        ("http://www.w3.org/2000/svg", False),
        ("http://localhost:3000/v1", False),
        ("http://127.0.0.1", False),
    ],
)
def test_an_address_in_the_clear_is_a_reason_where_others_are_on_the_way(address: str, is_reason: bool) -> None:
    icon = b'const svg = "http://www.w3.org/2000/svg"\n'
    assert READER.look("src/x.ts", icon + f"export const base = `{address}`\n".encode()).parsed is is_reason


def test_unless_a_name_leads_there() -> None:
    facts = READER.parse("src/add.ts", PLAIN)
    assert facts.parsed
    assert [function.name for function in facts.functions] == ["", "add"]
    assert facts.exports == ()


@pytest.mark.parametrize("path", ["app/api/x/route.ts", "pages/api/x.ts", "middleware.ts", "src/proxy.ts", "supabase/functions/x/index.ts"])
def test_or_the_path_is_a_reason(path: str) -> None:
    assert READER.look(path, PLAIN).parsed


@pytest.mark.parametrize(
    "source",
    [
        ROUTE,
        b"'use server'\nexport async function f() {}",
        b"const sb = createClient(url, key)",
        b"fetch('https://api.openai.com/v1/chat')",
        b"import OpenAI from 'openai'",
        b"import OpenAI from 'npm:openai@4'",
        b"import OpenAI from 'https://esm.sh/openai@4.20.1'",
    ],
)
def test_or_the_words_are(source: bytes) -> None:
    assert READER.look("src/x.ts", source).parsed


def test_tests_and_documents_are_read_for_keys_alone() -> None:
    secret = f"const app = express(); app.get('/', h); const k = '{key('openai')}'".encode()
    facts = READER.look("src/x.ts", secret, code=False)
    assert (facts.parsed, facts.functions, len(facts.secrets)) == (False, (), 1)


def test_the_two_looks_make_one() -> None:
    first = READER.look("src/add.ts", PLAIN)
    assert merged(first, READER.parse("src/add.ts", PLAIN)) == structs.replace(THOROUGH.look("src/add.ts", PLAIN), asked_for=True)


def test_broken_code_is_told() -> None:
    notes = READER.look("src/x.ts", ROUTE + b"const = = ;").code_notes
    assert [(note.kind, note.place.path if note.place else None) for note in notes] == [(NoteKind.NOT_PARSED, "src/x.ts")]


def test_what_does_not_matter_may_be_broken() -> None:
    assert READER.look("src/x.ts", b"const = = ;").notes == ()


@pytest.mark.parametrize("path", SOURCES)
def test_facts_are_a_function_of_the_bytes_that_can_be_sent(path: str) -> None:
    name = path.partition("/")[2].partition("/")[2]
    facts = THOROUGH.look(name, SOURCES[path])
    sent = msgspec.msgpack.encode(facts)
    assert msgspec.msgpack.decode(sent, type=FileFacts) == facts
    assert msgspec.msgpack.encode(THOROUGH.look(name, SOURCES[path])) == sent


@pytest.mark.parametrize("path", ["src/x.ts", "app.py", ".env", "README.md", "config.json", "supabase/migrations/1_x.sql", "x.html"])
@pytest.mark.parametrize("shape", ["openai", "stripe-live", "supabase-secret", "db-url", "jwt"])
def test_no_fact_holds_a_key(path: str, shape: str) -> None:
    secret = jwt("service_role") if shape == "jwt" else key(shape)
    text = f'OPENAI_API_KEY="{secret}"\nconst c = createClient("https://x.example.com", "{secret}"); app.get("/", f("{secret}"))\n'
    sent = msgspec.msgpack.encode(THOROUGH.look(path, text.encode()))
    pieces = [piece for piece in secret.replace("://", "@").replace(":", "@").replace(".", "@").split("@") if len(piece) > 15]
    assert [piece for piece in pieces if piece.encode() in sent] == []


PATHS = st.sampled_from(
    ["a.py", "a.ts", "a.tsx", "a.js", "b.vue", "index.html", ".env", "package.json", "tsconfig.json", "vite.config.ts", "pyproject.toml",
     "requirements.txt", "supabase/config.toml", "supabase/migrations/1_a.sql", "prisma/migrations/1_a/migration.sql", "a.md", "a.ipynb",
     "app/api/a/route.ts", "supabase/functions/a/index.ts", "Dockerfile", "a.yml", "deno.json", "manifest.json", "next.config.js"],
)  # fmt: skip


@given(PATHS, st.binary(max_size=200))
def test_any_bytes_at_all(path: str, data: bytes) -> None:
    facts = THOROUGH.look(path, data)
    assert facts.path == path
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=FileFacts) == facts


@given(PATHS, st.sampled_from(sorted(SOURCES)), st.data())
def test_any_part_of_any_file_under_any_name(path: str, source: str, data: st.DataObject) -> None:
    text = SOURCES[source]
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    facts = THOROUGH.look(path, part)
    assert "could not be read" not in " ".join(note.message for note in facts.notes)


@pytest.mark.parametrize(
    "nest", ["(", "[", "{", "f(", "a.b(", "if (a) {", "() => (", "`${", "<a>", "!", "not ", "a and (", "x ? y : ", "select ("]
)
@pytest.mark.parametrize("path", ["a.py", "a.tsx", "supabase/migrations/1_a.sql"])
def test_depth_is_no_danger(nest: str, path: str) -> None:
    facts = THOROUGH.look(path, (nest * 3000).encode())
    assert "could not be read" not in " ".join(note.message for note in facts.notes)
