"""What docs/editors.md says, tried with the editor itself where Debian has it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

DOCS = (Path(__file__).parents[2] / "docs" / "editors.md").read_text()
MIGRATION = "supabase/migrations/20250101000000_notes.sql"
LOOK = """
vim.cmd('edit ' .. os.getenv('FILE'))
local seen = vim.wait(90000, function() return #vim.diagnostic.get(0) == 1 end, 50)
local file = io.open(os.getenv('OUT'), 'w')
file:write(vim.fn.json_encode({ seen = seen, code = seen and vim.diagnostic.get(0)[1].code, clients = #vim.lsp.get_active_clients() }))
file:close()
vim.cmd('qall!')
"""


def snippets(editor: str, language: str) -> list[str]:
    section = re.search(rf"^## {editor}\n(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert section
    return re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


def test_neovim_shows_a_finding_by_the_snippet(tmp_path: Path) -> None:
    _, snippet = snippets("Neovim", "lua")
    app = tmp_path / "app"
    (app / ".git").mkdir(parents=True)
    (app / MIGRATION).parent.mkdir(parents=True)
    (app / MIGRATION).write_text("create table public.notes (id uuid primary key, email text);\n")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "batten"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m batten "$@"\n')
    command.chmod(0o755)
    (tmp_path / "init.lua").write_text(snippet)
    (tmp_path / "look.lua").write_text(LOOK)
    given = {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "FILE": str(app / MIGRATION), "OUT": str(tmp_path / "out.json")}
    given |= {name: str(tmp_path) for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "BATTEN_CACHE_DIR")}
    given |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        ["nvim", "--headless", "--clean", "-c", f"luafile {tmp_path / 'init.lua'}", "-c", f"luafile {tmp_path / 'look.lua'}", "-c", "qall!"],
        env=os.environ | given, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (tmp_path / "out.json").exists(), done.stderr
    assert json.loads((tmp_path / "out.json").read_text()) == {"seen": True, "code": "table-without-rls", "clients": 1}


@pytest.mark.parametrize(("editor", "language"), [("Helix", "toml"), ("Zed", "json")])
def test_settings_of_editors_can_be_read(editor: str, language: str) -> None:
    (snippet,) = snippets(editor, language)
    found = tomllib.loads(snippet) if language == "toml" else json.loads(snippet)
    assert "server" in json.dumps(found)


@pytest.mark.parametrize(("editor", "language", "count"), [("Neovim", "lua", 2), ("Emacs", "elisp", 2)])
def test_snippets_are_closed(editor: str, language: str, count: int) -> None:
    found = snippets(editor, language)
    assert [each.count("(") - each.count(")") for each in found] == [0] * count
    assert [each.count("{") - each.count("}") for each in found] == [0] * count
