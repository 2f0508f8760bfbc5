"""Functions that libraries call: tools for a model, and what hears what people write to a bot; by decorators, calls that they are handed to, and classes. Knows no values."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial

from msgspec.structs import replace

from batten.facts.calls import Argument, Call, Function, Origin, simple_name
from batten.facts.flows import ANY, Named, Object
from batten.facts.project import FileFacts
from batten.facts.vocabulary import Meaning, Row, Vocabulary
from batten.link import registries
from batten.link.callgraph import Code

_CLASS = "class"
"""The kind of rows for classes of tools, whose methods (``arg``) a model calls."""


def tools(files: Iterable[FileFacts], code: Code, vocabulary: Vocabulary) -> Iterator[tuple[str, Function]]:
    """The functions that a model calls, with their files."""
    return ((path, function) for path, function, _ in registered(files, code, vocabulary, Meaning.AGENT_TOOL))


def registered(files: Iterable[FileFacts], code: Code, vocabulary: Vocabulary, means: Meaning) -> Iterator[tuple[str, Function, Row]]:
    """The functions with their files that are wrapped, handed to what takes functions, or methods of classes, as rows of this meaning say; with the row."""
    makers, packages = vocabulary.made(_MAKERS[means])
    for file, _ in code.memo.said(("may register", means), files, partial(_may_make, makers, packages)):
        of_file = _OfFile(file, code, vocabulary, means)
        yield from code.memo.once(("registered", means, file.path), lambda of_file=of_file: [*of_file.found()])


def _may_make(makers: frozenset[str], packages: frozenset[str], file: FileFacts) -> bool:
    wrappers = (wrapper for function in file.functions for wrapper in function.wrappers)
    return any(simple_name(wrapper.callee) in makers for wrapper in wrappers) or any(
        _package(entry.module) in packages for entry in file.imports
    )


def _makers(means: Meaning, vocabulary: Vocabulary) -> tuple[frozenset[str], frozenset[str]]:
    """The last steps of what takes functions, and the packages that it is of."""
    patterns = [row.pattern for row in vocabulary.calls.rows if row.means is means]
    return frozenset(pattern.rpartition(".")[2] for pattern in patterns), frozenset(map(_package, patterns))


# Each is asked of a vocabulary once, by what it is.
_MAKERS = {means: partial(_makers, means) for means in (Meaning.AGENT_TOOL, Meaning.BOT)}


class _OfFile:
    """One file, and the rows of one meaning."""

    def __init__(self, file: FileFacts, code: Code, vocabulary: Vocabulary, means: Meaning) -> None:
        self._file = file
        self._code = code
        self._vocabulary = vocabulary
        self._means = means
        self._makers, self._packages = vocabulary.made(_MAKERS[means])

    def found(self) -> Iterator[tuple[str, Function, Row]]:
        """The functions that are registered here."""
        file = self._file
        self._code.memo.look(file.path)
        for function in file.functions:
            for wrapper in function.wrappers:
                for row in self._made(file.path, wrapper.callee):
                    # Of a record of tools only what stands at its place: what is called when all is done is none.
                    if row.kind != _CLASS and "*" not in (row.arg or "") and row.applies(wrapper.arguments):
                        yield file.path, function, row
                        break
        if any(_package(entry.module) in self._packages for entry in file.imports):
            yield from self._handed_over()
            yield from self._methods()

    def _handed_over(self) -> Iterator[tuple[str, Function, Row]]:
        for call in (call for function in self._file.functions for call in function.calls):
            for row in self._made(self._file.path, call.callee):
                names = {name for each in _handed(call, row) for name in _names(each)}
                if "*" in (row.arg or "") and row.kind != _CLASS:
                    yield from ((path, function, row) for path, function in self._of_records(call, row))
                if row.arg is None and row.kind != _CLASS:
                    yield from ((home, made, row) for home, made in self._of_list(call))
                for name in sorted(names) if row.kind != _CLASS else ():
                    target = self._code.target(self._file.path, name)
                    if target.path is None or target.function is None or target.rest:
                        continue
                    wrappers = [(wrapper, self._made(target.path, wrapper.callee)) for wrapper in target.function.wrappers]
                    if not any(row.applies(wrapper.arguments) is False for wrapper, made in wrappers for row in made):
                        yield target.path, target.function, row

    def _of_list(self, call: Call) -> Iterator[tuple[str, Function]]:
        """The functions of a list of tools that is gone through: ``for (const each of TOOLS) server.tool(each.name, each.schema, each.handler)``."""
        taken = [name for each in call.arguments for name in _names(each) if registries.is_taken(name)]
        for home, function in dict.fromkeys(each for name in taken for each in registries.registered(self._code, self._file.path, name)):
            yield home, self._code.functions(home)[function]

    def _of_records(self, call: Call, row: Row) -> Iterator[tuple[str, Function]]:
        """The functions of records of tools that are made elsewhere, or of a whole module that is handed over, but for those that a person is asked before."""
        for slot in (row.arg or "").split("|"):
            whole, _, key = slot.partition(".*.")
            given = [
                each for each in call.arguments if each.slot == whole or (each.slot == whole.rpartition(".")[0] and len(each.sources) == 1)
            ]
            names = dict.fromkeys(name for each in given for name in _names(each) if "#" in name)
            for home, function in dict.fromkeys(each for name in names for each in self._entries(name, key)):
                made = self._code.functions(home).get(function)
                if made is not None and not _asks_first(self._code.files[home], function, key, row):
                    yield home, made

    def _entries(self, name: str, key: str) -> Iterator[registries.Registered]:
        """The functions under a key of the entries of a record, or of what a module gives to others."""
        home = self._code.module(self._file.path, name.removesuffix("#")) if name.endswith("#") else None
        if home is None:
            yield from registries.registered(self._code, self._file.path, f"{name}.{ANY}.{key}")
            return
        for export in self._code.files[home].exports:
            target = self._code.target(home, f"#{export.local or export.name}.{key}") if export.module is None else None
            if target is not None and target.path is not None and target.function is not None and not target.rest:
                yield target.path, target.function.name

    def _methods(self) -> Iterator[tuple[str, Function, Row]]:
        for binding in self._file.bindings:
            methods = {
                f"{binding.local}.{method}": row
                for base in (binding.bases if binding.is_class else ())
                for row in self._made(self._file.path, base)
                if row.kind == _CLASS
                for method in (row.arg or "").split("|")
            }
            for function in self._file.functions if methods else ():
                if function.name in methods:
                    yield self._file.path, function, methods[function.name]

    def _made(self, path: str, callee: str) -> list[Row]:
        """The rows of what takes functions that a name stands for."""
        if simple_name(callee) not in self._makers:
            return []
        return [row for row in self._vocabulary.calls.lookup(self._code.target(path, callee).name) if row.means is self._means]


def _handed(call: Call, row: Row) -> Iterator[Argument]:
    """The arguments that are functions; of records of tools (``0.tools.*.execute``) those beside which nothing says that a person is asked."""
    for slot in (row.arg or "").split("|"):
        for each in call.arguments:
            if each.slot == slot:
                yield each
            elif "*" in slot and fnmatchcase(each.slot, slot):
                beside = f"{each.slot.rpartition('.')[0]}."
                tool = [replace(other, slot=other.slot.removeprefix(beside)) for other in call.arguments if other.slot.startswith(beside)]
                if row.applies(tool) is not False:
                    yield each


def _asks_first(file: FileFacts, function: str, key: str, row: Row) -> bool:
    """Beside the function in its record it says that a person is asked."""
    said = (row.unless or "").split("|")
    module = next((graph for graph in file.graphs if not graph.function), None)
    for node in module.nodes if module is not None else ():
        fields = dict(node.fields) if type(node) is Object else {}
        held = module.nodes[fields[key]] if module is not None and fields.get(key, -1) >= 0 else None
        if type(held) is Named and held.name == f"#{function}" and any(fields.get(each, -1) >= 0 for each in said):
            return True
    return False


def _names(argument: Argument) -> list[str]:
    return [source.text for source in argument.sources if source.origin is Origin.NAME and source.text]


def _package(name: str) -> str:
    """The package that a pattern or an import is of: ``langchain_core``, ``@openai/agents``."""
    parts = name.split("/")
    return "/".join(parts[:2]).partition(".")[0] if name.startswith("@") else parts[0].partition(".")[0]
