"""Reads folders of pages and vocabulary, and keeps what the built-in ones say in a form that loads fast; does not choose rules.

The compiled form is plain data. A wheel ships it. A source tree keeps it under the digest of everything it was made of, so that
it cannot be stale.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from batten import __version__, kept
from batten.checks import BUILT_IN, Check
from batten.facts.vocabulary import Row
from batten.finding import PackError
from batten.rules.page import Page, load_page
from batten.rules.vocabulary import load_vocabulary

COMPILED = "compiled.msgpack"
_KEYS = ("name", "title", "summary")


class Pack(Struct, frozen=True):
    """One pack: ``folder`` is where it was read from, "" for batten's own."""

    name: str
    title: str
    summary: str = ""
    folder: str = ""


class Packs(Struct, frozen=True):
    """What some packs hold; ``digest`` stands for all of it.

    ``documents`` are the vocabulary files that are maps (``secrets/secrets`` is ``secrets/vocabulary/secrets.yml``), as MessagePack.
    """

    digest: str
    packs: tuple[Pack, ...]
    pages: tuple[Page, ...]
    rows: tuple[Row, ...]
    documents: tuple[tuple[str, bytes], ...] = ()


def builtin_folder() -> Path:
    """Where batten's own packs are: inside an installed package, beside ``src`` in a source tree."""
    package = Path(__file__).parents[1]
    for folder in (package / "rulepacks", package.parents[1] / "rulepacks"):
        if folder.is_dir():
            return folder
    raise PackError("batten's own rule packs are missing", "Install batten again: its package is not complete.")


def builtin() -> Packs:
    """Batten's own packs. Raises PackError where a page of a source tree is not valid."""
    folder = builtin_folder()
    if (shipped := _decode(folder / COMPILED)) is not None and shipped.digest == f"batten {__version__}":
        return shipped
    digest = _digest_of(folder)
    if (data := kept.load("rulepacks", digest.encode())) is not None:
        return msgspec.msgpack.decode(data, type=Packs)
    packs = _own(folder, digest)
    kept.store("rulepacks", digest.encode(), msgspec.msgpack.encode(packs))
    return packs


def compiled(folder: Path) -> bytes:
    """What a wheel ships for the packs of ``folder``. Raises PackError."""
    return msgspec.msgpack.encode(_own(folder, f"batten {__version__}"))


def folder_of(pack: Pack) -> Path:
    """Where the pages of a pack are."""
    return Path(pack.folder) if pack.folder else builtin_folder() / pack.name


def _own(folder: Path, digest: str) -> Packs:
    """Batten's own packs, without the paths of the machine that reads them."""
    found = read(folder, BUILT_IN)
    return structs.replace(
        found,
        digest=digest,
        packs=tuple(structs.replace(pack, folder="") for pack in found.packs),
        pages=tuple(structs.replace(page, path=f"{page.pack}/{page.id}.md") for page in found.pages),
    )


def read(folder: Path, checks: Mapping[str, Check] | None) -> Packs:
    """The pack in ``folder``, or the packs in its folders; ``checks`` as in ``load_page``. Raises PackError where one is not valid."""
    folders = [folder] if (folder / "pack.yml").is_file() else sorted(path.parent for path in folder.glob("*/pack.yml"))
    if not folders:
        raise PackError(f"{folder} holds no rule pack", "A pack is a folder with a pack.yml and pages (*.md).")
    packs: list[Pack] = []
    pages: list[Page] = []
    rows: list[Row] = []
    documents: list[tuple[str, bytes]] = []
    for one in folders:
        pack = _pack(one)
        packs.append(pack)
        pages += (_page(path, pack, checks) for path in sorted(one.glob("*.md")) if path.name != "README.md")
        for path in sorted(one.glob("vocabulary/*.yml")):
            match load_vocabulary(_text(path), str(path), pack.name):
                case dict() as document:
                    documents.append((f"{pack.name}/{path.stem}", msgspec.msgpack.encode(document)))
                case found:
                    rows += found
    digest = blake2b(msgspec.msgpack.encode((pages, rows, documents)), digest_size=16).hexdigest()
    return merged([Packs(digest, tuple(packs), tuple(pages), tuple(rows), tuple(documents))])


def _pack(folder: Path) -> Pack:
    from batten.rules import frontmatter  # yaml: not on the way of a scan

    path = folder / "pack.yml"
    lined = frontmatter.read(_text(path), str(path))
    data = lined.value
    if not isinstance(data, dict):
        raise lined.error("a pack is described by a map with name and title")
    for key, value in data.items():
        if key not in _KEYS or not isinstance(value, str):
            raise lined.error(f"{key!r} is unknown or no text", (key,), f"Known are: {', '.join(_KEYS)}")
    if "title" not in data or data.get("name") != folder.resolve().name:
        raise lined.error("a pack needs a title, and the name of its folder as name", ("name",))
    return Pack(data["name"], data["title"], data.get("summary", "").strip(), str(folder))


def _page(path: Path, pack: Pack, checks: Mapping[str, Check] | None) -> Page:
    page = load_page(_text(path), str(path), pack.name, checks)
    if page.id != path.stem:
        raise PackError(f"{path}: the page has the id {page.id!r}", "A page's file has the name of its id.")
    return page


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise PackError(f"{path} cannot be read: {why}") from error


def _sources(folder: Path) -> Iterator[Path]:
    """All that the compiled form is made of: the packs, and the modules that read them and decide what a fact is."""
    yield from folder.rglob("*.md")
    yield from folder.rglob("*.yml")
    package = Path(__file__).parents[1]
    yield from (package / "finding.py", package / "text.py", package / "checks" / "__init__.py")
    yield from (package / "facts").glob("*.py")
    yield from (package / "rules").glob("*.py")
    yield from (package / "rules").glob("*.json")


def _digest_of(folder: Path) -> str:
    digest = blake2b(digest_size=16)
    for path in sorted(_sources(folder)):
        data = path.read_bytes()
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def _decode(path: Path) -> Packs | None:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.msgpack.decode(path.read_bytes(), type=Packs)
    return None


def merged(parts: Iterable[Packs]) -> Packs:
    """Several as one. Raises PackError where two have the same pack or the same rule."""
    together = list(parts)
    packs = [pack for part in together for pack in part.packs]
    pages = [page for part in together for page in part.pages]
    names: dict[str, Pack] = {}
    for pack in packs:
        if (known := names.setdefault(pack.name, pack)) is not pack:
            raise PackError(f"two packs have the name {pack.name!r}: {known.folder} and {pack.folder}", "Rename one, with its folder.")
    ids: dict[str, Page] = {}
    for page in pages:
        if (other := ids.setdefault(page.id, page)) is not page:
            raise PackError(f"{page.path}: there is a rule {page.id!r} already, in {other.path}", "Give it another id.")
        if page.id in names:
            raise PackError(f"{page.path}: {page.id!r} is the name of a pack, too", "Give it another id.")
    digest = blake2b(" ".join(part.digest for part in together).encode(), digest_size=16).hexdigest()
    rows = tuple(row for part in together for row in part.rows)
    documents = tuple(document for part in together for document in part.documents)
    return Packs(digest, tuple(packs), tuple(pages), rows, documents)
