"""Turns findings and fixes into what the language server protocol has for them; decides nothing."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

from lsprotocol import types

from batten.lsp.messages import NewText, Proposed, Range, Seen

SOURCE = "batten"
_SEVERITIES = {
    "critical": types.DiagnosticSeverity.Error,
    "high": types.DiagnosticSeverity.Error,
    "medium": types.DiagnosticSeverity.Warning,
    "low": types.DiagnosticSeverity.Information,
    "info": types.DiagnosticSeverity.Hint,
}
_UNSAFE = "unsafe"


def range_of(found: Range) -> types.Range:
    """A range of the protocol."""
    return types.Range(types.Position(found[0], found[1]), types.Position(found[2], found[3]))


def diagnostic(seen: Seen, uri: Callable[[str], str]) -> types.Diagnostic:
    """One finding, with each step of its story."""
    return types.Diagnostic(
        range=range_of(seen.range),
        message=f"{seen.message[:1].upper()}{seen.message[1:]}",
        severity=_SEVERITIES[seen.severity],
        code=seen.rule,
        code_description=types.CodeDescription(Path(seen.page).as_uri()) if seen.page else None,
        source=SOURCE,
        related_information=[
            types.DiagnosticRelatedInformation(types.Location(uri(step.path), range_of(step.range)), step.note) for step in seen.related
        ],
        data={"key": seen.key},
    )


def result_id(diagnostics: Iterable[types.Diagnostic]) -> str:
    """The same for the same diagnostics, and for no others."""
    return blake2b(repr(list(diagnostics)).encode(), digest_size=12).hexdigest()


def workspace_edit(
    proposed: Proposed, uri: Callable[[str], str], version: Callable[[str], int | None], *, annotated: bool
) -> types.WorkspaceEdit:
    """All edits of a fix. Where it may stop something and the editor can ask, it is asked to."""
    ask = annotated and not proposed.safe
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for text in proposed.texts:
        target = uri(text.path)
        if text.range is None:
            changes.append(types.CreateFile(target, options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False)))
        document = types.OptionalVersionedTextDocumentIdentifier(target, version(text.path) if text.range is not None else None)
        changes.append(types.TextDocumentEdit(document, [_edit(text, ask=ask)]))
    label = "; ".join(proposed.stops[:3]) or "this may stop something that works today"
    annotations = {_UNSAFE: types.ChangeAnnotation("Close the hole", needs_confirmation=True, description=label)} if ask else None
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)


def _edit(text: NewText, *, ask: bool) -> types.TextEdit | types.AnnotatedTextEdit:
    where = range_of(text.range or (0, 0, 0, 0))
    return types.AnnotatedTextEdit(_UNSAFE, where, text.text) if ask else types.TextEdit(where, text.text)


def overlapping(found: Iterable[Seen], path: str, wanted: types.Range) -> list[Seen]:
    """The findings of a document that a range touches."""
    return [seen for seen in found if seen.path == path and _touch(seen.range, wanted)]


def _touch(one: Range, other: types.Range) -> bool:
    start, end = (other.start.line, other.start.character), (other.end.line, other.end.character)
    return (one[0], one[1]) <= end and start <= (one[2], one[3])


def indentation(lines: Sequence[str], line: int) -> str:
    """The white space that a line begins with."""
    text = lines[line] if line < len(lines) else ""
    return text[: len(text) - len(text.lstrip())].rstrip("\r\n")
