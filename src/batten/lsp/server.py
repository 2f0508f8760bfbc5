"""``batten server``: speaks the language server protocol; all that it says of code comes from another process."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from batten import __version__
from batten.lsp.edits import SOURCE, diagnostic, indentation, overlapping, range_of, workspace_edit
from batten.lsp.folder import Folder
from batten.lsp.messages import Given
from batten.lsp.reports import NOTHING, Report, Reports, path_of
from batten.lsp.typed import Document, lines_of

_SETTINGS = ("batten.toml", "pyproject.toml")
_FIX_ALL = "source.fixAll.batten"
_TOKEN = "batten/first-scan"  # noqa: S105 - a name for a bar


class Server(LanguageServer):
    """One connection to one editor, with any number of folders."""

    def __init__(self, given: Given) -> None:
        super().__init__("batten", __version__, max_workers=1)
        self._given = given
        self.inside: list[Folder] = []
        self.published: dict[str, str] = {}
        self.reports = Reports()
        self.documents: dict[str, Document] = {}
        """Those that are open, by the very names that the editor has given them."""
        self._bars: dict[Folder, str] = {}
        self._count = 0

    # What the editor can do

    def can(self, *names: str) -> bool:
        """Whether the client has a capability, named from the top down."""
        found: Any = self.client_capabilities
        for name in names:
            found = getattr(found, name, None)
            if found is None:
                return False
        return bool(found)

    @property
    def pulls(self) -> bool:
        """The editor asks for diagnostics; else they are sent to it."""
        return getattr(self.client_capabilities.text_document, "diagnostic", None) is not None

    @property
    def takes_files(self) -> bool:
        """The editor takes edits that make new files."""
        edit = getattr(self.client_capabilities.workspace, "workspace_edit", None)
        return types.ResourceOperationKind.Create in (getattr(edit, "resource_operations", None) or ())

    @property
    def encoding(self) -> str:
        """That of columns, as it was agreed upon."""
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))

    # Folders

    def open_folder(self, uri: str) -> None:
        """Begin to scan a folder. What is no folder of this machine is passed over."""
        path = path_of(uri)
        # Path.is_dir raises where a folder above is locked.
        if path is None or not os.path.isdir(path) or any(folder.path == path for folder in self.inside):  # noqa: PTH112
            return
        self.inside.append(Folder(path, self.encoding, self.tell, self.say, self.show_progress, self._given))

    def close_folder(self, uri: str) -> None:
        """Let go of a folder and of what was said about it."""
        for folder in [folder for folder in self.inside if folder.path == path_of(uri)]:
            self.inside.remove(folder)
            folder.end()
            self.reports.forget(folder)
            self._end_progress(folder)
            self._show()

    def place(self, uri: str) -> tuple[Folder, str] | None:
        """The innermost folder that a document lies in, and its path from there."""
        path = path_of(uri)
        if path is None:
            return None
        folders = [folder for folder in self.inside if path.is_relative_to(folder.path)]
        if not folders:
            return None
        folder = max(folders, key=lambda each: len(each.path.parts))
        return folder, path.relative_to(folder.path).as_posix()

    # What is said

    def say(self, message: str) -> None:
        """A sentence for the user."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    def show_progress(self, folder: Folder, done: int, total: int) -> None:
        """A bar for the first scan, where the editor has one."""
        if not self.can("window", "work_done_progress"):
            return
        token = self._bars.get(folder)
        if token is None:
            self._count += 1
            made = self._bars[folder] = f"{_TOKEN}/{self._count}"
            self.work_done_progress.create(made, lambda _: self._begin_progress(folder, made))
        elif token in self.work_done_progress.tokens:
            self.work_done_progress.report(token, types.WorkDoneProgressReport(percentage=100 * done // max(total, 1)))

    def _begin_progress(self, folder: Folder, token: str) -> None:
        begin = types.WorkDoneProgressBegin("batten", message="first scan", percentage=0, cancellable=True)
        self.work_done_progress.begin(token, begin)
        if self._bars.get(folder) != token:  # the scan was sooner done than the bar was there
            self.work_done_progress.end(token, types.WorkDoneProgressEnd())

    def _end_progress(self, folder: Folder) -> None:
        token = self._bars.pop(folder, None)
        if token in self.work_done_progress.tokens:
            self.work_done_progress.end(token, types.WorkDoneProgressEnd())

    def cancel(self, token: str | int) -> None:
        """The user does not want to wait for a first scan."""
        for folder in [folder for folder, its_own in self._bars.items() if its_own == token]:
            self._end_progress(folder)
            folder.cancel()

    def tell(self, folder: Folder) -> None:
        """Something new is known of a folder."""
        self._end_progress(folder)
        self._show()

    def _show(self) -> None:
        """Tell the editor what is other than it knows."""
        everything = self.everything()
        if not self.pulls:
            self._publish(everything)
            return
        ids = {uri: report.id for uri, report in everything.items()}
        if ids != self.published:
            self.published = ids
            if self.can("workspace", "diagnostics", "refresh_support"):
                self.workspace_diagnostic_refresh(None)
            if self.can("workspace", "code_lens", "refresh_support"):
                self.workspace_code_lens_refresh(None)

    def everything(self) -> dict[str, Report]:
        """What there is to say about each file that has something."""
        return {uri: report for folder in self.inside for uri, report in self.reports.of(folder).items()}

    def _publish(self, everything: Mapping[str, Report]) -> None:
        """Send what has changed; never what was found in a text that is not the newest."""
        for uri in sorted(self.published.keys() | everything.keys()):
            report = everything.get(uri, NOTHING)
            if self.published.get(uri, NOTHING.id) == report.id:
                continue
            where = self.place(uri)
            if where is not None and not where[0].is_current(where[1]):
                continue
            document = self.documents.get(uri)
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri, report.diagnostics, document.version if document is not None else None)
            )
            if uri in everything:
                self.published[uri] = report.id
            else:
                del self.published[uri]


def make(given: Given) -> Server:
    """A server with everything that it answers."""
    server = Server(given)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        folders = server.workspace.folders
        for uri in [*folders, *([server.workspace.root_uri] if not folders and server.workspace.root_uri else [])]:
            server.open_folder(uri)
        if server.can("workspace", "did_change_watched_files", "dynamic_registration"):
            watchers = [types.FileSystemWatcher(glob_pattern="**/*")]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registration = types.Registration("batten-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            with suppress(JsonRpcException):  # then saving a file is what tells of changes on disk
                await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.SHUTDOWN)
    def shutdown(_: None) -> None:
        for folder in server.inside:
            folder.end()
        server.inside.clear()

    @server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def cancelled(params: types.WorkDoneProgressCancelParams) -> None:
        server.cancel(params.token)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for each in params.event.removed:
            server.close_folder(each.uri)
        for each in params.event.added:
            server.open_folder(each.uri)

    _documents(server)
    _diagnostics(server)
    _actions(server)
    _extras(server)
    return server


def _documents(server: Server) -> None:
    def changed(uri: str) -> None:
        where = server.place(uri)
        document = server.documents.get(uri)
        if where is not None and document is not None:
            where[0].change({where[1]: document.source.encode("utf-8", "replace")})

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = Document(params.text_document, server.encoding)
        server.documents[document.uri] = document
        server.reports.open(document.uri)
        known = server.workspace.text_documents  # under names of the library's own
        known |= {name: document for name, each in known.items() if each.uri == document.uri}
        changed(document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def edited(params: types.DidChangeTextDocumentParams) -> None:
        changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.documents.pop(params.text_document.uri, None)
        server.reports.close(params.text_document.uri)
        where = server.place(params.text_document.uri)
        if where is not None:
            where[0].change({where[1]: None})

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        files_changed([params.text_document.uri])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        files_changed([change.uri for change in params.changes])

    def files_changed(changes: Iterable[str]) -> None:
        """One look at the disk for all of them; what lies in folders of installed packages is no reason for one."""
        from batten.discover.classes import INSTALLED

        places = [where for uri in changes if (where := server.place(uri)) is not None]
        for folder in {id(folder): folder for folder, path in places if INSTALLED.isdisjoint(path.split("/"))}.values():
            inside = tuple(sorted({path for each, path in places if each is folder}))
            names = {path.rpartition("/")[2] for path in inside}
            folder.change({}, refresh=True, reload=not names.isdisjoint(_SETTINGS), files=inside)


def _diagnostics(server: Server) -> None:
    options = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=True, identifier=SOURCE)

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def pulled(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        where = server.place(params.text_document.uri)
        found = NOTHING
        if where is not None:
            await where[0].settled()
            found = server.reports.of(where[0]).get(server.reports.uri(*where), NOTHING)
        if params.previous_result_id == found.id:
            return types.RelatedUnchangedDocumentDiagnosticReport(found.id)
        return types.RelatedFullDocumentDiagnosticReport(found.diagnostics, result_id=found.id)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def all_pulled(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        before = {each.uri: each.value for each in params.previous_result_ids}
        await asyncio.gather(*(folder.settled() for folder in server.inside))
        everything = server.everything()
        items: list[types.WorkspaceDocumentDiagnosticReport] = []
        for uri in sorted(everything.keys() | before.keys()):
            found = everything.get(uri, NOTHING)
            document = server.documents.get(uri)
            version = document.version if document is not None else None
            if before.get(uri) == found.id:
                items.append(types.WorkspaceUnchangedDocumentDiagnosticReport(uri, found.id, version))
            else:
                items.append(types.WorkspaceFullDocumentDiagnosticReport(uri, found.diagnostics, version, result_id=found.id))
        return types.WorkspaceDiagnosticReport(items)


def _actions(server: Server) -> None:
    kinds = [types.CodeActionKind.QuickFix, _FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(kinds, resolve_provider=True))
    async def offered(params: types.CodeActionParams) -> list[types.CodeAction]:
        where = server.place(params.text_document.uri)
        if where is None:
            return []
        folder, path = where
        await folder.settled()
        only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
        found: list[types.CodeAction] = []
        if _wanted(types.CodeActionKind.QuickFix.value, only):
            for seen in overlapping(folder.now.findings, path, params.range):
                shown = diagnostic(seen, lambda each: server.reports.uri(folder, each))
                if seen.fixable and server.takes_files:
                    data = {"uri": params.text_document.uri, "keys": [seen.key], "unsafe": True}
                    title = f"Fix: {seen.title[:1].lower()}{seen.title[1:]}"
                    found.append(types.CodeAction(title, types.CodeActionKind.QuickFix, [shown], is_preferred=True, data=data))
                if seen.comment:
                    found.append(_ignore(server, params.text_document.uri, seen.rule, seen.comment, seen.range[0], shown))
        if _wanted(_FIX_ALL, only) and server.takes_files and any(seen.fixable for seen in folder.now.findings):
            data = {"uri": params.text_document.uri, "keys": [], "unsafe": False}
            found.append(types.CodeAction("Fix everything that is safe to fix (batten)", _FIX_ALL, data=data))
        return found

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolved(action: types.CodeAction) -> types.CodeAction:
        data = action.data if isinstance(action.data, dict) else {}
        where = server.place(str(data.get("uri", "")))
        if where is None:
            return action
        folder = where[0]
        proposed = await folder.propose(tuple(data.get("keys", ())), unsafe=bool(data.get("unsafe")))
        if not proposed.texts:
            server.say("batten: no fix holds here: each that was tried leaves the hole open, or opens another")
            return action

        def version(path: str) -> int | None:
            document = server.documents.get(server.reports.uri(folder, path))
            return document.version if document is not None else None

        annotated = server.can("workspace", "workspace_edit", "change_annotation_support")
        action.edit = workspace_edit(proposed, lambda path: server.reports.uri(folder, path), version, annotated=annotated)
        return action


def _wanted(kind: str, only: list[str]) -> bool:
    return not only or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _ignore(server: Server, uri: str, rule: str, sign: str, line: int, shown: types.Diagnostic) -> types.CodeAction:
    """A comment on the line above; without a reason it is not heard, and the reason is for a person to write."""
    lines = lines_of((server.documents.get(uri) or server.workspace.get_text_document(uri)).source)
    text = f"{indentation(lines, line)}{sign} batten: ignore[{rule}] \n"
    edit = types.WorkspaceEdit(changes={uri: [types.TextEdit(range_of((line, 0, line, 0)), text)]})
    return types.CodeAction(f"Ignore {rule} here: write the reason after it", types.CodeActionKind.QuickFix, [shown], edit=edit)


def _extras(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        where = server.place(params.text_document.uri)
        if where is None:
            return None
        found = overlapping((await where[0].settled()).findings, where[1], types.Range(params.position, params.position))
        if not found:
            return None
        text = "\n\n---\n\n".join(seen.help for seen in found)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), range_of(found[0].range))

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        where = server.place(params.text_document.uri)
        if where is None:
            return []
        told = await where[0].settled()
        return [
            types.CodeLens(range_of((lens.line, 0, lens.line, 0)), types.Command(lens.text, ""))
            for lens in told.lenses
            if lens.path == where[1]
        ]


def start(given: Given) -> None:
    """Answer on standard input and output until the editor hangs up."""
    # Copies, as the server closes what it reads from and writes to.
    make(given).start_io(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
