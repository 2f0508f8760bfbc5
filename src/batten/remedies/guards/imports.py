"""Brings a name of one JavaScript file into another, the way that file has its imports written."""

import re
from posixpath import dirname, join, normpath, relpath

import msgspec

from batten.code.model import Assign, Import, Unit
from batten.finding import Edit
from batten.regex import regex
from batten.remedies.guards.siblings import Sources
from batten.text import Span

_ENDING = regex(r"(?:/index)?\.(?:[cm]?[jt]sx?)$")
_DIRECTIVES = regex(rb"(?:#![^\n]*\n)?(?:\s*(?:'use [a-z]+'|\"use [a-z]+\");?[ \t]*\r?\n)*")


# What Node, bundlers and TypeScript try where a module is spelled without its ending.
_ENDINGS = ("", ".js", ".ts", ".tsx", ".jsx", ".mjs", ".mts", "/index.js", "/index.ts")
_TYPED = regex(r"\.tsx?$")


class _Manifest(msgspec.Struct):
    """Of a ``package.json``."""

    type: str = ""


def brought(sources: Sources, name: str, origin: str, target: str) -> list[Edit] | None:
    """The edit that makes ``name`` mean in ``target`` what it means in ``origin``; none where it does so already, None where it can't be."""
    if origin == target:
        return []
    theirs, ours = sources.unit(origin), sources.unit(target)
    if theirs is None or ours is None:
        return None
    wanted = _imported(theirs, name)
    if wanted is None:
        exported = next((export for export in theirs.exports if export.local == name and export.module is None), None)
        if exported is None:
            return None
        relative = [entry.module for unit in (theirs, ours) for entry in unit.imports if entry.module.startswith(".")]
        file = origin.rpartition("/")[2]
        named = file if any(_ENDING.search(module) for module in relative) or file.endswith(".mjs") else _bare(file)
        wanted = Import(exported.span, f"./{named}", exported.name, name)
    module = _loadable(sources, _seen_from(wanted.module, origin, target), ours)
    if module is None:
        return None
    here = _imported(ours, name)
    if here is not None:
        return [] if (_bare(here.module), here.name) == (_bare(module), wanted.name) else None
    text = sources.text(target)
    if name in _declared(ours):
        return None
    return [_written(ours, text, Import(wanted.span, module, wanted.name, name))]


def from_package(unit: Unit, text: bytes, local: str, module: str) -> Edit | None:
    """The edit by which a name stands for what a package gives by itself; None where the name stands for something else."""
    if local in _declared(unit) or any(entry.local == local for entry in unit.imports):
        return None
    name = "*" if is_commonjs(text) else "default"
    return _written(unit, text, Import(unit.span, module, name, local))


def named(unit: Unit, text: bytes, name: str, module: str) -> Edit | None:
    """The edit that brings a name of a package; None where the name stands for something else."""
    if name in _declared(unit) or any(entry.local == name for entry in unit.imports):
        return None
    return _written(unit, text, Import(unit.span, module, name, name))


def is_commonjs(text: bytes) -> bool:
    """Whether a file takes its modules by ``require``."""
    return b"require(" in text and not re.search(rb"^\s*(?:import|export)\b", text, re.MULTILINE)


def merged(edits: list[Edit]) -> list[Edit]:
    """Imports that go to the same place, as one edit."""
    texts: dict[tuple[str, Span | None], list[str]] = {}
    for edit in edits:
        known = texts.setdefault((edit.path, edit.span), [])
        if edit.text not in known:
            known.append(edit.text)
    return [Edit(path, span, "".join(each)) for (path, span), each in texts.items()]


def _imported(unit: Unit, name: str) -> Import | None:
    return next((entry for entry in unit.imports if entry.local == name and not entry.type_only), None)


def _bare(module: str) -> str:
    return _ENDING.sub("", module)


def _declared(unit: Unit) -> set[str]:
    """The names that the module itself declares."""
    found = {export.local for export in unit.exports}
    for statement in unit.body:
        name = getattr(getattr(statement, "target", None), "id", None) or getattr(getattr(statement, "value", None), "name", None)
        if isinstance(name, str):
            found.add(name)
    return found


def _seen_from(module: str, origin: str, target: str) -> str:
    """A relative module as the other file has to name it; others are named alike everywhere in a package."""
    if not module.startswith("."):
        return module
    path = relpath(normpath(f"{dirname(origin)}/{module}"), dirname(target) or ".")
    return path if path.startswith(".") else f"./{path}"


def _loadable(sources: Sources, module: str, ours: Unit) -> str | None:
    """A module in the way that its new importer spells modules; None where that can't load it.

    Node takes each ``.js`` file of a package of type "module" for one, where ``require`` is unknown and endings are not guessed: https://nodejs.org/api/esm.html
    """
    bare = normpath(join(dirname(ours.path), module))
    file = next((bare + ending for ending in _ENDINGS if bare + ending in sources.paths), None)
    if not module.startswith(".") or file is None:
        return module
    text = sources.text(ours.path)
    of_node = (
        ours.path.endswith((".js", ".mjs")) and not is_commonjs(text) and (ours.path.endswith(".mjs") or _is_module(sources, ours.path))
    )
    if of_node and file.endswith(".js") and is_commonjs(sources.text(file)) and _is_module(sources, file):
        return None
    relative = [entry.module for entry in ours.imports if entry.module.startswith(".")]
    ends = any(_ENDING.search(each) for each in relative) if relative else of_node
    if not ends or _ENDING.search(module):
        return module
    return module + _TYPED.sub(".js", file.removeprefix(bare))


def _is_module(sources: Sources, path: str) -> bool:
    manifest = sources.app.unlisted(path, "package.json")
    try:
        return manifest is not None and msgspec.json.decode(manifest, type=_Manifest).type == "module"
    except msgspec.MsgspecError:
        return False


def _written(unit: Unit, text: bytes, wanted: Import) -> Edit:
    commonjs = is_commonjs(text)
    at = start(unit, text)
    sample = text[at : at + 400].split(b"\n")[0]
    quote = '"' if sample.count(b'"') > sample.count(b"'") else "'"
    end = ";" if not sample.strip() or sample.rstrip().endswith(b";") else ""
    line = "\r\n" if b"\r\n" in text else "\n"
    module = f"{quote}{wanted.module}{quote}"
    if commonjs:
        renamed = wanted.local if wanted.local == wanted.name else f"{wanted.name}: {wanted.local}"
        bound = wanted.local if wanted.name == "*" else f"{{ {renamed} }}"
        statement = f"const {bound} = require({module}){end}"
    elif wanted.name == "default":
        statement = f"import {wanted.local} from {module}{end}"
    elif wanted.name == "*":
        statement = f"import * as {wanted.local} from {module}{end}"
    else:
        renamed = wanted.name if wanted.local == wanted.name else f"{wanted.name} as {wanted.local}"
        statement = f"import {{ {renamed} }} from {module}{end}"
    return Edit(unit.path, Span(at, at), f"{statement}{line}")


def start(unit: Unit, text: bytes) -> int:
    """Before the first import; where there is none, after what has to stand first."""
    if unit.imports:
        first = min(unit.imports, key=lambda entry: entry.span.start).span.start
        within = next((s.span.start for s in unit.body if isinstance(s, Assign) and s.span.start <= first < s.span.end), None)
        if within is not None:
            return within
        before = text.rfind(b"import", 0, first + 1)
        line = text.rfind(b"\n", 0, max(before, 0)) + 1
        if before >= 0 and not text[line:before].strip():
            return line
    found = _DIRECTIVES.match(text)
    return found.end() if found is not None else 0
