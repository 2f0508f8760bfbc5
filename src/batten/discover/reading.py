"""Reads one file of the tree, bounded and without ever leaving it; does not know why it is wanted."""

import errno
import os
import stat
from pathlib import Path

from batten.finding import Note, NoteKind
from batten.text import Place, Span

LARGEST = 1_000_000
LARGEST_SQL = 25_000_000
HEAD = 8192
"""How many bytes tell what kind of file it is."""
_BEYOND = "it is not a plain file inside the tree"


class Unread(Exception):  # noqa: N818 - nothing of ours has failed
    """A file that is not read; ``note`` says why."""

    def __init__(self, note: Note) -> None:
        super().__init__(note.message)
        self.note = note


def note(kind: NoteKind, path: str, message: str) -> Note:
    """A note on one whole file."""
    return Note(kind, message, Place(path, Span(0, 0)))


def largest(path: str) -> int:
    """The size in bytes up to which a file is read: dumps and seeds among migrations are large by nature."""
    return LARGEST_SQL if path.endswith((".sql", ".SQL")) else LARGEST


def too_large(path: str, size: int) -> Note:
    """The note on a file over its limit."""
    limit = largest(path)
    return note(NoteKind.LIMIT, path, f"{path} is not read: it has {megabytes(size)}, over the limit of {megabytes(limit)}")


def megabytes(size: int) -> str:
    """A size in words."""
    return f"{size / 1_000_000:.1f} MB".replace(".0 ", " ")


def read(root: Path, path: str) -> bytes:
    """The text of one file as UTF-8 without a byte order mark (UTF-16 is converted, other bytes are left as they are).

    ``path`` is posix and relative to ``root``. No symbolic link is followed on the way. Raises Unread for what is missing, too
    large, not a plain file, or binary.
    """
    try:
        data = _bounded(root, path)
    except OSError as error:
        reason = _BEYOND if error.errno in _LINK_ERRORS else (error.strerror or str(error)).lower()
        raise Unread(note(NoteKind.NOT_READ, path, f"{path} is not read: {reason}")) from error
    return as_text(path, data)


def as_text(path: str, data: bytes) -> bytes:
    """``data`` as UTF-8 text without a byte order mark; raises Unread where it is binary."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    codec = None
    if data.startswith(b"\xff\xfe") and not data.startswith(b"\xff\xfe\0\0"):
        codec = "utf-16-le"
    elif data.startswith(b"\xfe\xff"):
        codec = "utf-16-be"
    elif b"\0" in data[:HEAD]:
        if not path.endswith((".sql", ".SQL")):
            raise Unread(note(NoteKind.SKIPPED, path, f"{path} is not read: it is not text"))
        if data[:HEAD].count(0) * 3 >= len(data[:HEAD]):  # SQL Server's tools write it without a mark
            codec = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    if codec is None:
        return data
    return data.decode(codec, "replace").removeprefix("\ufeff").encode("utf-8", "replace")


def head(root: Path, path: str) -> bytes:
    """The first 8 kB of a file as they are; raises OSError."""
    descriptor = _open(root, path)
    try:
        return os.read(descriptor, HEAD)
    finally:
        os.close(descriptor)


def _bounded(root: Path, path: str) -> bytes:
    limit = largest(path)
    descriptor = _open(root, path)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unread(note(NoteKind.NOT_READ, path, f"{path} is not read: {_BEYOND}"))
        if status.st_size > limit:
            raise Unread(too_large(path, status.st_size))
        data = os.read(descriptor, status.st_size + 1)
        if len(data) < status.st_size:  # a signal, or a file system that gives less at once
            chunks = [data]
            while len(data) and sum(map(len, chunks)) <= limit:
                data = os.read(descriptor, 1 << 20)
                chunks.append(data)
            data = b"".join(chunks)
        return data[: status.st_size]  # what grows meanwhile is not ours to chase
    finally:
        os.close(descriptor)


_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER = _FLAGS | getattr(os, "O_DIRECTORY", 0)
_BY_DESCRIPTOR = os.open in os.supports_dir_fd
_LINK_ERRORS = (errno.ELOOP, errno.ENOTDIR)  # ENOTDIR: a link where a folder is expected


def _open(root: Path, path: str) -> int:
    """A descriptor of the file, reached folder by folder without following a link."""
    parts = path.split("/")
    if not all(parts) or ".." in parts or "." in parts or "\0" in path:
        raise OSError(errno.ENOTDIR, _BEYOND)
    if not _BY_DESCRIPTOR:
        full = root.joinpath(*parts)
        if not Path(os.path.realpath(full)).is_relative_to(os.path.realpath(root)) or full.is_symlink():
            raise OSError(errno.ENOTDIR, _BEYOND)
        return os.open(full, _FLAGS | getattr(os, "O_BINARY", 0))
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
