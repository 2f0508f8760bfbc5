"""What the process that scans says of each change: no more than is new, and nothing else than one would say that knows no earlier text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.lsp.analysis import Analysis
from batten.lsp.messages import Answer, Begin, Change, Given, Same, Told, decode_answer

TABLE = "create table notes (id int primary key, owner_id uuid, body text);\n"
CLIENT = """import { createClient } from "@supabase/supabase-js";
const supabase = createClient("https://abcdefghijklmnopqrst.supabase.co", "sb_publishable_abcdefghijklmnopqrstuv_abcdefgh");
export const notes = () => supabase.from("notes").select("*");
"""
SERVER = """import express from "express";
import { notes } from "./client";
const app = express();
app.get("/notes", async (req, res) => res.json(await notes()));
app.listen(3000);
"""
FILES = {"supabase/migrations/1.sql": TABLE, "src/client.ts": CLIENT, "src/server.ts": SERVER}
EDITS = {
    "supabase/migrations/1.sql": ("", "\n\n", "-- who writes what\n", "alter table notes enable row level security;\n"),
    "src/client.ts": ("", "\n", "// as they are\n", "export const none = 1;\n", "const eval_ = (text: string) => eval(text);\n"),
    "src/server.ts": ("", "\n\n\n", "/* é */ ", "import { exec } from 'child_process';\n"),
}


class _Pipe:
    """The end of a connection that answers go into."""

    def __init__(self) -> None:
        self.said: list[Answer] = []

    def send_bytes(self, data: bytes) -> None:
        self.said.append(decode_answer(data))


def _begun(folder: Path, texts: dict[str, bytes] | None = None) -> tuple[Analysis, _Pipe]:
    pipe = _Pipe()
    return Analysis(Begin(0, str(folder), "utf-16", texts or {}, Given(no_cache=True)), pipe), pipe  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("app")
    for path, text in FILES.items():
        (found / path).parent.mkdir(parents=True, exist_ok=True)
        (found / path).write_text(text)
    return found


def test_a_remark_below_all_code_is_answered_by_same(folder: Path) -> None:
    analysis, pipe = _begun(folder)
    migration = "supabase/migrations/1.sql"
    analysis.answer(Change(1, {migration: f"{TABLE}-- as they are\n".encode()}))
    analysis.answer(Change(2, {migration: f"-- as they are\n{TABLE}".encode()}))
    said = [each for each in pipe.said if isinstance(each, Told | Same)]
    assert [(type(each), each.number) for each in said] == [(Told, 0), (Same, 1), (Told, 2)]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from([(path, before) for path, edits in EDITS.items() for before in edits]), min_size=1, max_size=6))
def test_after_any_edits_there_is_what_a_new_process_would_tell(folder: Path, edits: list[tuple[str, str]]) -> None:
    analysis, pipe = _begun(folder)
    texts: dict[str, bytes] = {}
    for number, (path, before) in enumerate(edits, 1):
        texts[path] = f"{before}{FILES[path]}".encode()
        analysis.answer(Change(number, {path: texts[path]}))
    last = [each for each in pipe.said if isinstance(each, Told)][-1]
    fresh = [each for each in _begun(folder, texts)[1].said if isinstance(each, Told)][-1]
    assert fresh.findings
    assert (last.findings, last.lenses, last.missing) == (fresh.findings, fresh.lenses, fresh.missing)
