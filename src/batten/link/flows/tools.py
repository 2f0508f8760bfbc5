"""Functions that a model calls, by what makes tools of them: decorators, calls that they are handed to, and classes; knows no values."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial

from msgspec.structs import replace

from batten.facts.calls import Argument, Call, Function, Origin
from batten.facts.project import FileFacts
from batten.facts.vocabulary import Meaning, Row, Vocabulary
from batten.link.callgraph import Code

_CLASS = "class"
"""The kind of rows for classes of tools, whose methods (``arg``) a model calls."""


def tools(files: Iterable[FileFacts], code: Code, vocabulary: Vocabulary) -> Iterator[tuple[str, Function]]:
    """These functions with their files: wrapped as tools, handed to what makes tools or agents, or methods of classes of tools."""
    makers, packages = vocabulary.made(_makers)
    for file, _ in code.memo.said("may make tools", files, partial(_may_make, makers, packages)):
        yield from code.memo.once(("tools", file.path), lambda file=file: [*_of_file(file, code, vocabulary, makers, packages)])


def _may_make(makers: frozenset[str], packages: frozenset[str], file: FileFacts) -> bool:
    wrappers = (wrapper for function in file.functions for wrapper in function.wrappers)
    return any(_last(wrapper.callee) in makers for wrapper in wrappers) or any(_package(entry.module) in packages for entry in file.imports)


def _makers(vocabulary: Vocabulary) -> tuple[frozenset[str], frozenset[str]]:
    """The last steps of what makes tools, and the packages that it is of."""
    rows = [row for row in vocabulary.calls.rows if row.means is Meaning.AGENT_TOOL]
    return frozenset(row.pattern.rpartition(".")[2] for row in rows), frozenset(_package(row.pattern) for row in rows)


def _of_file(
    file: FileFacts, code: Code, vocabulary: Vocabulary, makers: frozenset[str], packages: frozenset[str]
) -> Iterator[tuple[str, Function]]:
    code.memo.look(file.path)
    for function in file.functions:
        for wrapper in function.wrappers:
            made = _made(file.path, wrapper.callee, code, vocabulary, makers)
            # Of a record of tools only what stands at its place: what is called when all is done is none.
            if any(row.kind != _CLASS and "*" not in (row.arg or "") and row.applies(wrapper.arguments) for row in made):
                yield file.path, function
    if not any(_package(entry.module) in packages for entry in file.imports):
        return
    for call in (call for function in file.functions for call in function.calls):
        for row in _made(file.path, call.callee, code, vocabulary, makers):
            names = {name for each in _handed(call, row) for name in _names(each)}
            for name in sorted(names) if row.kind != _CLASS else ():
                target = code.target(file.path, name)
                if target.path is None or target.function is None or target.rest:
                    continue
                wrappers = [(wrapper, _made(target.path, wrapper.callee, code, vocabulary, makers)) for wrapper in target.function.wrappers]
                if not any(row.applies(wrapper.arguments) is False for wrapper, made in wrappers for row in made):
                    yield target.path, target.function
    for binding in file.bindings:
        bases = binding.bases if binding.is_class else ()
        methods = {
            f"{binding.local}.{method}"
            for base in bases
            for row in _made(file.path, base, code, vocabulary, makers)
            if row.kind == _CLASS
            for method in (row.arg or "").split("|")
        }
        for function in file.functions if methods else ():
            if function.name in methods:
                yield file.path, function


def _handed(call: Call, row: Row) -> Iterator[Argument]:
    """The arguments that are tools; of records of tools (``0.tools.*.execute``) those beside which nothing says that a person is asked."""
    for slot in (row.arg or "").split("|"):
        for each in call.arguments:
            if each.slot == slot:
                yield each
            elif "*" in slot and fnmatchcase(each.slot, slot):
                beside = f"{each.slot.rpartition('.')[0]}."
                tool = [replace(other, slot=other.slot.removeprefix(beside)) for other in call.arguments if other.slot.startswith(beside)]
                if row.applies(tool) is not False:
                    yield each


def _made(path: str, callee: str, code: Code, vocabulary: Vocabulary, makers: frozenset[str]) -> list[Row]:
    """The rows of what makes tools that a name stands for."""
    if _last(callee) not in makers:
        return []
    return [row for row in vocabulary.calls.lookup(code.target(path, callee).name) if row.means is Meaning.AGENT_TOOL]


def _last(callee: str) -> str:
    """The last step of a name."""
    return callee.rpartition("#")[2].rpartition(".")[2]


def _names(argument: Argument) -> list[str]:
    return [source.text for source in argument.sources if source.origin is Origin.NAME and source.text]


def _package(name: str) -> str:
    """The package that a pattern or an import is of: ``langchain_core``, ``@openai/agents``."""
    parts = name.split("/")
    return "/".join(parts[:2]).partition(".")[0] if name.startswith("@") else parts[0].partition(".")[0]
