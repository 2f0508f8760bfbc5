"""The language server through real clients: what they show and apply is what a fresh check would tell."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from batten.testing_keys import expand

ROOT = Path(__file__).parents[2]
EDITORS = ("visual-studio-code", "neovim", "emacs")
OPEN = "create table public.notes (id uuid primary key, user_id uuid references auth.users (id), body text);\n"
LOCKED = OPEN + "alter table public.notes enable row level security;\n"
MIGRATION = "supabase/migrations/20250101000000_notes.sql"


def lay_out(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def copied(folder: Path) -> None:
    app = ROOT / "fixtures" / "apps" / "moltbook"
    lay_out(
        folder,
        {
            path.relative_to(app).as_posix(): expand(path.read_text())
            for path in app.rglob("*")
            if path.is_file() and path.name != "expected.txt"
        },
    )


def checked(folder: Path) -> set[tuple[str, str, int]]:
    """Path, rule and zero-based line of what ``batten check`` finds."""
    done = subprocess.run(
        [sys.executable, "-m", "batten", "check", "--output-format", "json", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    return {(found["place"]["path"], found["rule"], found["place"]["start"]["line"] - 1) for found in json.loads(done.stdout)["findings"]}


class Editor:
    """A client with the capabilities of an editor, and a few of its gestures."""

    def __init__(self, client: LanguageClient, folder: Path, capabilities: types.ClientCapabilities) -> None:
        self.client = client
        self.folder = folder
        self.pulls = capabilities.text_document is not None and capabilities.text_document.diagnostic is not None
        self.version = 0
        self.anywhere = ("any.sql",)
        """A document in each folder."""

    def uri(self, path: str) -> str:
        return (self.folder / path).as_uri()

    def open(self, path: str) -> None:
        text = (self.folder / path).read_text()
        self.version += 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(self.uri(path), "sql", self.version, text))
        )

    def type(self, path: str, text: str) -> None:
        self.version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri(path)), [types.TextDocumentContentChangeWholeDocument(text)]
            )
        )

    def save(self, path: str) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(self.uri(path))))

    def published(self) -> list[tuple[int, tuple[int, ...]]]:
        """What the server sends from now on without being asked, for versions of documents: the version, and the lines of what was found."""
        sent: list[tuple[int, tuple[int, ...]]] = []
        features = self.client.protocol.fm.features
        heard = features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]

        def hear(params: types.PublishDiagnosticsParams) -> None:
            heard(params)
            if params.version is not None:
                sent.append((params.version, tuple(each.range.start.line for each in params.diagnostics)))

        features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = hear
        return sent

    async def shown(self) -> set[tuple[str, str, int]]:
        """What the user sees, once it holds still."""
        if self.pulls:
            report = await self.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
            everything = {item.uri: item.items for item in report.items if isinstance(item, types.WorkspaceFullDocumentDiagnosticReport)}
        else:
            # Any answer about a document comes after the scan of all that was typed before it.
            for path in self.anywhere:
                await self.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(self.uri(path))))
            everything = dict(self.client.diagnostics)
        lead = len(self.folder.as_uri()) + 1
        return {(uri[lead:], str(each.code), each.range.start.line) for uri, found in everything.items() for each in found}

    async def actions(self, path: str, line: int) -> list[types.CodeAction]:
        where = types.Range(types.Position(line, 0), types.Position(line, 999))
        params = types.CodeActionParams(types.TextDocumentIdentifier(self.uri(path)), where, types.CodeActionContext([]))
        return [
            action for action in await self.client.text_document_code_action_async(params) or [] if isinstance(action, types.CodeAction)
        ]


Scenario = Callable[[Editor], Awaitable[None]]


def play(
    folder: Path,
    editor: str,
    scenario: Scenario,
    *,
    start: tuple[str, ...] = ("-m", "batten"),
    beside: tuple[Path, ...] = (),
    **changes: Any,
) -> None:
    """One session from initialize to exit; the server must end by itself. ``beside``: folders that are open as well."""

    async def session() -> None:
        client = make_test_lsp_client()
        capabilities = client_capabilities(editor)
        for name, value in changes.items():
            setattr(capabilities.general, name, value)
        await client.start_io(sys.executable, *start, "server")
        folders = [types.WorkspaceFolder(path.as_uri(), path.name) for path in (*beside, folder)]
        await client.initialize_session(
            types.InitializeParams(capabilities=capabilities, workspace_folders=folders, root_uri=folder.as_uri())
        )
        try:
            await asyncio.wait_for(scenario(Editor(client, folder, capabilities)), 120)
        finally:
            await client.shutdown_session()

    asyncio.run(session())


@pytest.mark.parametrize("editor", EDITORS)
def test_an_editor_shows_what_check_tells(tmp_path: Path, editor: str) -> None:
    copied(tmp_path)
    expected = checked(tmp_path)

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION.replace("20250101000000_notes", "20260127221940_messages"))
        assert await ed.shown() == expected

    play(tmp_path, editor, scenario)


def test_each_place_of_a_hole_is_shown_where_it_is(tmp_path: Path) -> None:
    start = "from fastapi import APIRouter\nfrom app.db import session\n\nrouter = APIRouter()\n"
    route = "\n\n@router.delete('/{0}/{{id}}')\ndef delete(id: int):\n    session.query({0}).filter_by(id=id).delete()\n"
    names = ("orders", "carts", "prices", "stocks", "customers", "invoices")
    included = "".join(f"from app.{name} import router as {name}\n" for name in names)
    mounted = "".join(f"app.include_router({name})\n" for name in names)
    lay_out(
        tmp_path,
        {
            "app/main.py": f"from fastapi import FastAPI\n{included}\napp = FastAPI()\n{mounted}",
            "app/db.py": "from sqlalchemy.orm import Session\nsession = Session()\n",
            **{f"app/{name}.py": start + route.format(name) for name in names},
        },
    )
    assert {rule for _, rule, _ in checked(tmp_path)} == {"app-without-authentication"}

    async def scenario(ed: Editor) -> None:
        ed.open("app/main.py")
        assert await ed.shown() == {(f"app/{name}.py", "app-without-authentication", 6) for name in names}
        assert await ed.actions("app/stocks.py", 6) == []

    play(tmp_path, "neovim", scenario)


@pytest.mark.parametrize("editor", ["neovim", "emacs"])
def test_unsaved_text_is_what_counts(tmp_path: Path, editor: str) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN})

    async def scenario(ed: Editor) -> None:
        published = ed.published()
        ed.open(MIGRATION)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}
        ed.type(MIGRATION, LOCKED)
        assert await ed.shown() == set()
        ed.type(MIGRATION, "\n\n" + OPEN)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 2)}
        del published[:]
        first = ed.version
        for added in range(1, 25):  # faster than anything is scanned
            ed.type(MIGRATION, added * "\n" + OPEN)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 24)}
        # What is sent is of the text whose version it names; what was found in an older one is not sent any more.
        assert [lines for _, lines in published] == [(version - first,) for version, _ in published]
        ed.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(ed.uri(MIGRATION))))
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}
        assert bool(published) is not ed.pulls

    play(tmp_path, editor, scenario)


def test_a_fix_makes_a_migration_that_ends_the_finding(tmp_path: Path) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        fix, ignore, fix_all = await ed.actions(MIGRATION, 0)
        assert [fix.title, ignore.title, fix_all.title] == [
            "Fix: table in an exposed schema without row level security",
            "Ignore table-without-rls here: write the reason after it",
            "Fix everything that is safe to fix (batten)",
        ]
        resolved = await ed.client.code_action_resolve_async(fix)
        assert resolved.edit is not None
        assert resolved.edit.document_changes is not None
        create, change = resolved.edit.document_changes
        assert isinstance(create, types.CreateFile)
        assert isinstance(change, types.TextDocumentEdit)
        assert (create.uri, [edit.new_text for edit in change.edits]) == (
            change.text_document.uri,
            ['alter table "public"."notes" enable row level security;\n'],
        )
        path = create.uri.removeprefix(tmp_path.as_uri() + "/")
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}  # a proposal changes nothing
        lay_out(tmp_path, {path: change.edits[0].new_text})
        ed.save(path)
        assert await ed.shown() == set()

    play(tmp_path, "visual-studio-code", scenario)


def test_a_fix_that_may_stop_something_asks_first(tmp_path: Path) -> None:
    copied(tmp_path)
    path = "supabase/migrations/20260127221940_messages.sql"

    async def scenario(ed: Editor) -> None:
        ed.open(path)
        (fix,) = [action for action in await ed.actions(path, 1) if action.title.startswith("Fix: ")]
        resolved = await ed.client.code_action_resolve_async(fix)
        assert resolved.edit is not None
        assert resolved.edit.change_annotations is not None
        (annotation,) = resolved.edit.change_annotations.values()
        assert (annotation.needs_confirmation, "with the public key" in (annotation.description or "")) == (True, True)

    play(tmp_path, "visual-studio-code", scenario)


def test_an_ignore_comment_is_put_above_and_heard_with_a_reason(tmp_path: Path) -> None:
    lay_out(tmp_path, {MIGRATION: "  " + OPEN})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        (ignore,) = [action for action in await ed.actions(MIGRATION, 0) if action.title.startswith("Ignore")]
        assert ignore.edit is not None
        assert ignore.edit.changes is not None
        ((edit,),) = ignore.edit.changes.values()
        assert (edit.range.start.line, edit.new_text) == (0, "  -- batten: ignore[table-without-rls] \n")
        ed.type(MIGRATION, edit.new_text + "  " + OPEN)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 1)}
        ed.type(MIGRATION, edit.new_text.rstrip() + " a public list\n  " + OPEN)
        assert await ed.shown() == set()

    play(tmp_path, "visual-studio-code", scenario)


@pytest.mark.parametrize(
    ("encoding", "column"),
    [(types.PositionEncodingKind.Utf8, 11), (types.PositionEncodingKind.Utf16, 9), (types.PositionEncodingKind.Utf32, 8)],
)
def test_columns_are_counted_as_the_editor_counts(tmp_path: Path, encoding: types.PositionEncodingKind, column: int) -> None:
    lay_out(tmp_path, {MIGRATION: "/* \U0001f512 */ " + OPEN})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        report = await ed.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(types.TextDocumentIdentifier(ed.uri(MIGRATION)))
        )
        assert [item.range.start.character for item in report.items] == [column]

    play(tmp_path, "neovim", scenario, position_encodings=[encoding])


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [(types.PositionEncodingKind.Utf8, (4, 11)), (types.PositionEncodingKind.Utf16, (4, 9)), (types.PositionEncodingKind.Utf32, (4, 8))],
)
def test_edits_of_ranges_lead_to_what_the_whole_text_would(
    tmp_path: Path, encoding: types.PositionEncodingKind, columns: tuple[int, int]
) -> None:
    lay_out(tmp_path, {MIGRATION: "-- a page ends\x0c here, and\u2028 a line does not\n/* \U0001f512 */ " + LOCKED})
    text = "-- a page ends\x0c here, and\u2028 a line does not\n/* \u2192 */ " + OPEN.replace("notes", "letters")

    async def pulled(ed: Editor) -> list[tuple[str, types.Range]]:
        report = await ed.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(types.TextDocumentIdentifier(ed.uri(MIGRATION)))
        )
        return [(item.message, item.range) for item in report.items]

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        assert await pulled(ed) == []
        start, end = columns
        named = end + len("create table public.")
        for line, first, last, new in ((2, 0, 999, ""), (1, named, named + len("notes"), "letters"), (1, start - 1, end - 4, "\u2192")):
            ed.version += 1
            where = types.Range(types.Position(line, first), types.Position(line, last))
            ed.client.text_document_did_change(
                types.DidChangeTextDocumentParams(
                    types.VersionedTextDocumentIdentifier(ed.version, ed.uri(MIGRATION)),
                    [types.TextDocumentContentChangePartial(where, new)],
                )
            )
        found = await pulled(ed)
        ed.type(MIGRATION, text)
        assert found == await pulled(ed)
        assert [message for message, _ in found if "letters" in message]

    play(tmp_path, "neovim", scenario, position_encodings=[encoding])


@pytest.mark.parametrize("editor", EDITORS)
def test_what_is_typed_counts_where_the_name_of_the_file_is_quoted(tmp_path: Path, editor: str) -> None:
    folder = tmp_path / "my app [1]"
    lay_out(folder, {MIGRATION: OPEN})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}
        ed.type(MIGRATION, LOCKED)
        assert await ed.shown() == set()
        ed.type(MIGRATION, "\n" + OPEN)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 1)}

    play(folder, editor, scenario)


def test_a_report_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        document = types.TextDocumentIdentifier(ed.uri(MIGRATION))
        first = await ed.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document))
        again = await ed.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document, previous_result_id=first.result_id))
        assert (again.kind, again.result_id) == ("unchanged", first.result_id)
        ed.type(MIGRATION, LOCKED)
        other = await ed.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document, previous_result_id=first.result_id))
        assert (other.kind, other.items) == ("full", ())

    play(tmp_path, "neovim", scenario)


def test_hover_and_lenses_tell_of_findings_tables_and_routes(tmp_path: Path) -> None:
    route = "from fastapi import FastAPI\nfrom openai import OpenAI\n\napp = FastAPI()\nclient = OpenAI()\n\n\n@app.post('/chat')\ndef chat(text: str):\n    return client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])\n"
    lay_out(tmp_path, {MIGRATION: OPEN, "main.py": route, "requirements.txt": "fastapi\nopenai\n"})

    async def scenario(ed: Editor) -> None:
        hover = await ed.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(ed.uri(MIGRATION)), types.Position(0, 3))
        )
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert hover.contents.value.startswith("**Table in an exposed schema without row level security** (high, `table-without-rls`)")
        assert "**Here:**" in hover.contents.value
        lenses = {
            path: [(lens.range.start.line, lens.command.title) for lens in found if lens.command]
            for path in (MIGRATION, "main.py")
            if (found := await ed.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(ed.uri(path)))))
        }
        assert lenses == {
            MIGRATION: [(0, "anyone who has the public key can read, add, change and delete every row")],
            "main.py": [(7, "no auth · reaches openai")],
        }

    play(tmp_path, "visual-studio-code", scenario)


def test_a_broken_configuration_is_told_and_mended_without_a_restart(tmp_path: Path) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN, "batten.toml": "no-such-key = 1\n"})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        assert await ed.shown() == set()
        ed.type(MIGRATION, OPEN)
        assert await ed.shown() == set()
        assert ["no-such-key" in message.message for message in ed.client.messages] == [True]
        lay_out(tmp_path, {"batten.toml": 'ignore = ["supabase"]\n'})
        ed.save("batten.toml")
        assert await ed.shown() == set()
        lay_out(tmp_path, {"batten.toml": ""})
        ed.save("batten.toml")
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}

    play(tmp_path, "neovim", scenario)


def test_a_finding_links_to_the_page_of_its_rule(tmp_path: Path) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        await ed.shown()
        ((_, (diagnostic,)),) = ed.client.diagnostics.items()
        assert diagnostic.code_description is not None
        assert diagnostic.code_description.href == (ROOT / "rulepacks" / "supabase" / "table-without-rls.md").as_uri()

    play(tmp_path, "emacs", scenario)


def test_rules_of_ones_own_are_read_again_when_they_change(tmp_path: Path) -> None:
    page = (
        "---\nid: {0}\ntitle: A table that is here\nseverity: high\nconfidence: high\nsince: 0.1.0\ncwe: [862]\nowasp: [A01:2025]\n"
        "message: 'table {{name!r}} is here'\nmatch: {{ fact: table }}\n---\n\nIt is here.\n\n## Why it matters\n\nIt does.\n\n## How to mend it\n\nDrop it.\n\n"
        "## Examples\n\n### Flagged: it is here\n\n`supabase/migrations/0001_a.sql`:\n\n```sql\ncreate table a (id int);  -- finding\n```\n\n"
        "### Clean: it is not\n\n`supabase/migrations/0001_a.sql`:\n\n```sql\nselect 1;\n```\n"
    )
    lay_out(
        tmp_path,
        {
            MIGRATION: LOCKED,
            "batten.toml": 'rulepacks = ["rules/own"]\nselect = ["own"]\n',
            "rules/own/pack.yml": "name: own\ntitle: Our own\n",
            "rules/own/table-is-here.md": page.format("table-is-here"),
        },
    )

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        assert await ed.shown() == {(MIGRATION, "table-is-here", 0)}
        (tmp_path / "rules/own/table-is-here.md").unlink()
        lay_out(tmp_path, {"rules/own/table-was-here.md": page.format("table-was-here")})
        ed.save("rules/own/table-was-here.md")
        assert await ed.shown() == {(MIGRATION, "table-was-here", 0)}

    play(tmp_path, "neovim", scenario)


@pytest.mark.parametrize("editor", ["neovim", "emacs"])
def test_clients_that_make_mistakes_are_put_up_with(tmp_path: Path, editor: str) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN, "app.py": "import os\n"})

    async def scenario(ed: Editor) -> None:
        ed.type("app.py", "import sys\n")  # which was never opened
        closing = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(ed.uri("app.py")))
        ed.client.text_document_did_close(closing)
        ed.client.text_document_did_close(closing)
        for uri in ("", "untitled:Untitled-1", "file://", "file:///%00", "https://example.com/a.sql", "file:///nowhere/else.sql", ":::"):
            ed.client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "sql", 1, OPEN)))
            ed.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
        ed.open(MIGRATION)
        ed.version = 90
        ed.type(MIGRATION, LOCKED)
        ed.version = 3
        ed.type(MIGRATION, "\n" + OPEN)  # what came last counts, whatever its number says
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 1)}
        ed.type(MIGRATION, OPEN + "-- " + 5_000_000 * "x" + "\n")
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}
        ed.type(MIGRATION, OPEN + "-- " + 30_000_000 * "x" + "\n")  # more than is ever read
        assert await ed.shown() == set()
        ed.type(MIGRATION, OPEN)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}

    play(tmp_path, editor, scenario)


def test_folders_are_scanned_each_by_itself_as_they_come_and_go(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    lay_out(one, {MIGRATION: OPEN})
    lay_out(two, {MIGRATION: "\n" + OPEN})

    async def scenario(ed: Editor) -> None:
        def folders(added: list[Path], removed: list[Path]) -> None:
            event = types.WorkspaceFoldersChangeEvent(
                *([types.WorkspaceFolder(path.as_uri(), path.name) for path in each] for each in (added, removed))
            )
            ed.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))

        in_one, in_two = (f"one/{MIGRATION}", "table-without-rls", 0), (f"two/{MIGRATION}", "table-without-rls", 1)
        ed.folder, ed.anywhere = tmp_path, ("one/any.sql", "two/any.sql")
        assert await ed.shown() == {in_one}
        folders([two], [])
        assert await ed.shown() == {in_one, in_two}
        ed.open(f"two/{MIGRATION}")
        ed.type(f"two/{MIGRATION}", LOCKED)
        assert await ed.shown() == {in_one}
        folders([], [two])
        assert await ed.shown() == {in_one}  # and the other folder's findings are still there
        folders([two], [one])
        ed.type(f"two/{MIGRATION}", "\n" + OPEN)
        assert await ed.shown() == {in_two}

    for editor in ("neovim", "emacs"):
        play(one, editor, scenario)


def test_folders_that_may_not_be_read_stop_no_other(tmp_path: Path) -> None:
    app, locked, below = tmp_path / "app", tmp_path / "locked", tmp_path / "above" / "below"
    lay_out(
        tmp_path, {f"app/{MIGRATION}": OPEN, f"app/web/{MIGRATION}": OPEN, f"locked/{MIGRATION}": OPEN, f"above/below/{MIGRATION}": OPEN}
    )
    for folder in (locked, below.parent, app / "web"):
        folder.chmod(0)
    # Root can read anything, unless it gives that right away: https://man7.org/linux/man-pages/man7/capabilities.7.html
    script = (
        "import ctypes, os, sys\n"
        "for right in (1, 2) if os.geteuid() == 0 else (): ctypes.CDLL(None).prctl(24, right)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'batten', *sys.argv[1:]])"
    )

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}

    play(app, "neovim", scenario, start=("-c", script), beside=(locked, below))


def test_a_first_scan_that_is_cancelled_ends_at_once_and_begins_again_with_a_save(tmp_path: Path) -> None:
    # Files that matter by what they import: to scan them takes ten seconds.
    code = (
        "import OpenAI from 'openai'\nexport function run(given: string) {\n"
        + 700 * "  const text = JSON.parse(given); eval(text.code);\n"
        + "}\n"
    )
    lay_out(tmp_path, {MIGRATION: OPEN, **{f"web/part{number}.ts": code for number in range(60)}})

    async def scenario(ed: Editor) -> None:
        server = ed.client._server
        assert server is not None
        for _ in range(3000):
            await asyncio.sleep(0.02)
            if any(ed.client.progress_reports.values()):
                break
        ((token, reports),) = ed.client.progress_reports.items()
        groups = _children(server.pid)
        ed.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        assert await ed.shown() == set()
        assert [type(report) for report in (reports[0], reports[-1])] == [types.WorkDoneProgressBegin, types.WorkDoneProgressEnd]
        assert [_members(group) for group in groups] == [[]]
        for path in (tmp_path / "web").iterdir():
            path.unlink()
        ed.open(MIGRATION)
        ed.type(MIGRATION, "\n" + OPEN)
        assert await ed.shown() == set()
        ed.save(MIGRATION)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 1)}
        assert [message.message for message in ed.client.messages] == [
            "batten: the scan was stopped; it is started again when a file is saved"
        ]

    play(tmp_path, "visual-studio-code", scenario)


def _members(group: int) -> list[int]:
    """The processes of a group that live."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid, of, state in (line.split() for line in listed.splitlines()) if int(of) == group and state[0] != "Z"]


def test_two_servers_on_one_folder_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tmp_path / "app"
    copied(app)
    monkeypatch.delenv("BATTEN_NO_CACHE")
    monkeypatch.setenv("BATTEN_CACHE_DIR", str(tmp_path / "kept"))
    expected = checked(app)
    path = "supabase/migrations/20260127221940_messages.sql"

    async def both(first: Editor) -> None:
        client = make_test_lsp_client()
        capabilities = client_capabilities("emacs")
        await client.start_io(sys.executable, "-m", "batten", "server")
        folders = [types.WorkspaceFolder(app.as_uri(), app.name)]
        await client.initialize_session(types.InitializeParams(capabilities=capabilities, workspace_folders=folders, root_uri=app.as_uri()))
        second = Editor(client, app, capabilities)
        first.open(path)
        second.open(path)
        assert await first.shown() == await second.shown() == expected  # both answer from what the check has found
        first.type(path, "")
        second.type(path, "-- typed\n" + (app / path).read_text())
        assert await first.shown() != expected
        moved = {(name, rule, line + (name == path)) for name, rule, line in expected}
        assert await second.shown() == moved
        await client.shutdown_session()

    play(app, "neovim", both)
    assert checked(app) == expected


def test_a_scan_that_dies_is_started_again_and_said_once(tmp_path: Path) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN})

    async def scenario(ed: Editor) -> None:
        ed.open(MIGRATION)
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}
        server = ed.client._server
        assert server is not None
        for child in _children(server.pid):
            os.kill(child, signal.SIGKILL)
        for _ in range(100):
            await asyncio.sleep(0.1)
            if ed.client.messages:
                break
        ed.type(MIGRATION, LOCKED)
        assert await ed.shown() == set()
        assert [message.message for message in ed.client.messages] == [
            "batten: the scan has died or hung and is started again; what was typed last is scanned when it is saved"
        ]

    play(tmp_path, "neovim", scenario)


def _children(parent: int) -> list[int]:
    """The processes that scan, not those that Python has for itself. Whole lines, however few columns the environment speaks of."""
    listed = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "resource_tracker" not in line]


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "file:///%00", "http://example.test/x.sql", "file://[", "not a uri"])
def test_documents_that_are_no_files_are_passed_over(tmp_path: Path, uri: str) -> None:
    lay_out(tmp_path, {MIGRATION: OPEN})

    async def scenario(ed: Editor) -> None:
        ed.client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "sql", 1, OPEN)))
        assert await ed.shown() == {(MIGRATION, "table-without-rls", 0)}

    play(tmp_path, "neovim", scenario)


NVIM = """
local messages = {}
vim.o.hidden = true
vim.cmd('edit ' .. os.getenv('APP') .. '/' .. os.getenv('FILE'))
local root = os.getenv('APP')
local folders = { { uri = vim.uri_from_fname(root), name = 'app' } }
local id = vim.lsp.start_client({ name = 'batten', cmd = { os.getenv('PYTHON'), '-m', 'batten', 'server' }, root_dir = root, workspace_folders = folders })
vim.lsp.buf_attach_client(0, id)
local function seen(wanted)
  return vim.wait(60000, function() return #vim.diagnostic.get(0) == wanted end, 50)
end
assert(seen(1), 'no diagnostic')
local out = { first = vim.diagnostic.get(0)[1].code }
local client = vim.lsp.get_client_by_id(id)
local params = vim.lsp.util.make_given_range_params({1, 0}, {1, 1}, 0, client.offset_encoding)
params.context = { diagnostics = {} }
local actions = client.request_sync('textDocument/codeAction', params, 60000, 0).result
for _, action in ipairs(actions) do
  if action.title:find('^Fix: ') then
    local resolved = client.request_sync('codeAction/resolve', action, 60000, 0).result
    vim.lsp.util.apply_workspace_edit(resolved.edit, client.offset_encoding)
  end
end
for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
  vim.lsp.buf_attach_client(buffer, id)
end
vim.cmd('silent! wall')
out.after = seen(0)
local file = io.open(os.getenv('OUT'), 'w')
file:write(vim.fn.json_encode(out))
file:close()
vim.cmd('qall!')
"""


def test_neovim_shows_a_finding_applies_the_fix_and_sees_it_gone(tmp_path: Path) -> None:
    app = tmp_path / "app"
    lay_out(app, {MIGRATION: OPEN})
    lay_out(tmp_path, {"session.lua": NVIM})
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "APP": str(app),
        "FILE": MIGRATION,
        "OUT": str(tmp_path / "out.json"),
        "XDG_STATE_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["nvim", "--headless", "--clean", "-c", f"luafile {tmp_path / 'session.lua'}", "-c", "qall!"],
        env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (tmp_path / "out.json").exists(), done.stderr
    assert json.loads((tmp_path / "out.json").read_text()) == {"first": "table-without-rls", "after": True}
    assert len(list((app / "supabase" / "migrations").iterdir())) == 2
