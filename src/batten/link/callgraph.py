"""Names resolved across files: which function, binding or outside thing a qualified name of one file denotes."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from batten.code.names import HELD, MAX_ROOTS
from batten.facts.calls import Argument, Binding, Call, Function, Origin, Source, is_callers, parted
from batten.facts.project import FileFacts
from batten.facts.vocabulary import canonical
from batten.link.barrels import Barrels
from batten.link.by_place import CallsByPlace, functions_inside
from batten.link.heads import Heads
from batten.link.instances import behind, held_under, is_empty, of_object
from batten.link.memo import Memo
from batten.link.model_folders import read_from_folder
from batten.link.on_app import kept_on_app
from batten.link.submodules import imported, qualified, submodule
from batten.link.wrapped import handed_on, wrapped_in
from batten.regex import regex
from batten.text import Span

if TYPE_CHECKING:
    from batten.facts.modules import Export

# Barrels re-export barrels; more hops than this is a cycle.
_MOST_HOPS = 12
# https://www.prisma.io/docs/orm/prisma-schema/overview/generators#prisma-client: code that is made of the schema, in the app and kept out of its repository.
_OF_PRISMA, _PRISMA = "PrismaClient", "@prisma/client"
_GENERATED = regex(r"(?:^|[/@~])\.?(?:generated|prisma)(?:/|-client|$)")
# No package is asked for by the file of its source; the library of Deno is, by a name that an import map gives it.
_OF_APP = regex(r"(?!@?std/)[^:]*\.tsx?$")

Resolve = Callable[[str, str], str | None]
"""(path of a file, module as written in it) -> path of the file it denotes, or None for what lies outside the tree."""


class Target(NamedTuple):
    """What a name denotes.

    ``path`` is the file that defines it, or None for an outside name, a parameter or a global; then ``name`` is the canonical dotted
    name (``openai.OpenAI.chat``) or the parameter's (``@req.headers``). In a file, ``name`` is the longest known prefix (a function or binding) and ``rest`` the steps after it.
    ``known`` is False where the file has not been parsed or holds no such name.
    """

    path: str | None
    name: str
    rest: str = ""
    known: bool = True
    function: Function | None = None
    binding: Binding | None = None


def _functions_by_name(file: FileFacts) -> dict[str, Function]:
    return {function.name: function for function in file.functions}


def _bindings_by_name(file: FileFacts) -> dict[str, Binding]:
    return {binding.local: binding for binding in file.bindings}


class Code:
    """The functions and bindings of all parsed files, by file and name.

    ``asked`` are the files that a name led into, ``needs`` those of them that have not been parsed yet; ``ahead`` is told of these at once.
    """

    def __init__(
        self,
        files: Iterable[FileFacts],
        resolve: Resolve,
        memo: Memo | None = None,
        is_test: Callable[[str], bool] = lambda _: False,
        ahead: Callable[[str], None] | None = None,
    ) -> None:
        self.files = {file.path: file for file in files}
        self.memo = memo if memo is not None else Memo()
        self.is_test = is_test
        self._ahead = ahead
        self._resolve = resolve
        self._exports: dict[str, dict[str, Export]] = {}
        self.heads = Heads(self.files, self.memo, is_test)
        self._barrels = Barrels(self.memo, self.head, resolve)

    @property
    def asked(self) -> set[str]:
        """The files that a name led into."""
        return self.memo.asked()

    @property
    def needs(self) -> set[str]:
        """Those that have not been parsed yet."""
        return {path for path in self.memo.asked() if not self.files[path].parsed}

    def file(self, path: str) -> FileFacts | None:
        """The facts of one file; None where it is not part of the app."""
        self.memo.look(path)
        return self.files.get(path)

    def head(self, path: str) -> FileFacts | None:
        """The same, where nothing but its language, imports and exports counts."""
        self.memo.look_at_head(path)
        return self.files.get(path)

    def ask(self, path: str) -> None:
        """A name leads into the file: its code is needed."""
        file = self.head(path)
        if file is not None and file.language:
            self.memo.ask(path)
            if self._ahead is not None and not file.parsed:
                self._ahead(path)

    def module(self, path: str, module: str) -> str | None:
        """The file that a module is, as it is written in a file; None for one outside the app."""
        self.memo.look(path)
        return self._resolve(path, module)

    def functions(self, path: str) -> dict[str, Function]:
        """The functions of one file by name."""
        file = self.file(path)
        return {} if file is None else self.memo.told("functions", file, _functions_by_name)

    def bindings(self, path: str) -> dict[str, Binding]:
        """The module-level bindings of one file by name."""
        file = self.file(path)
        return {} if file is None else self.memo.told("bindings", file, _bindings_by_name)

    def inner(self, path: str, name: str) -> list[Function]:
        """The functions written inside a function, at any depth."""
        file = self.file(path)
        return [] if file is None else self.memo.told("inner functions", file, functions_inside).get(name, [])

    def calls_within(self, path: str, span: Span) -> list[tuple[Function, Call]]:
        """The calls that are written in a range of a file, with the functions that make them: by function, in the order of its calls."""
        file = self.file(path)
        return [] if file is None else self.memo.told("calls by place", file, CallsByPlace).within(span)

    def target(self, path: str, name: str, hops: int = _MOST_HOPS) -> Target:
        """What a qualified name of a file denotes."""
        if "#" not in name:
            kept = kept_on_app(self, path, name, hops) if is_callers(name) and "." in name else None
            if kept is not None:
                return self.target(*kept, hops // 2)
            return self._starred(path, name, hops) or self._lent(path, name, hops) or Target(None, name)
        target: Target = self.memo.within(("target", path, name), hops, self._find)
        return target

    def giver(self, path: str, name: str) -> tuple[str, Function] | None:
        """The own function that gives a record, with its file, where a name is what stands under a key of that; None for all others."""
        base, _, key = name.rpartition(".")
        target = self.target(path, base) if "#" in base else None
        if target is None or target.path is None or target.function is None or target.rest:
            return None
        has = any(key == each for result in target.function.results for each, _ in result.fields)
        return (target.path, target.function) if has else None

    def canonical(self, path: str, name: str) -> str | None:
        """The canonical outside name that a name comes down to, or None for one of the app's own."""
        target = self.target(path, name)
        return target.name if target.path is None else None

    def _find(self, path: str, name: str, hops: int) -> Target:
        self.memo.look(path)
        module, rest = parted(name)
        if hops <= 0:
            return Target(None, f"{module}.{rest}", known=False)
        if module == "":
            return self._inside(path, rest, hops)
        if "." in rest and (kept := kept_on_app(self, path, name, hops)) is not None:
            return self.target(*kept, hops // 2)
        if module == HELD:
            token, _, tail = rest.partition(".")
            held = held_under(self, token)
            return Target(None, name) if held is None else self._inside(held[0], _join(held[1], tail), hops - 1)
        target = self._resolve(path, module)
        if rest.partition(".")[0] == _OF_PRISMA and (target is None or _GENERATED.search(module)):
            return Target(None, canonical(f"{_PRISMA}#{rest}"))
        if target is None:
            beneath = self._submodule(path, module, rest)
            if beneath is not None:
                return self._exported(*beneath, hops)
            if module.startswith((".", "@/", "~/")) or _OF_APP.match(module):
                return Target(None, f"{module}.{rest}", known=False)
            return Target(None, canonical(name))
        return self._exported(target, rest, hops, origin=(path, module))

    def _starred(self, path: str, name: str, hops: int) -> Target | None:
        """What Python's ``from module import *`` gives a name that nothing in the file binds; None where no module of the app has it."""
        file = self.head(path) if path.endswith(".py") and not is_callers(name) else None
        for entry in file.imports if file is not None and hops > 0 else ():
            if entry.name == "*" and not entry.local and self._gives(path, entry.module, name.partition(".")[0]):
                found = self.target(path, f"{entry.module}#{name}", hops - 1)
                if found.path is not None and found.known:
                    return found
        return None

    def _lent(self, path: str, name: str, hops: int) -> Target | None:
        """What a server of Nitro gives a name that nothing in the file binds."""
        lender = self.lender(path, name)
        return self._exported(lender, name, hops - 1) if lender is not None and hops > 0 else None

    def lender(self, path: str, name: str) -> str | None:
        """The file of Nitro's ``utils`` that exports a name which nothing in the file binds."""
        if path.endswith(".py") or "server/" not in path or "#" in name or is_callers(name):
            return None
        found = self.heads.lent(path, name.partition(".")[0])
        return found if found != path else None

    def _gives(self, path: str, module: str, name: str) -> bool:
        """Whether ``from module import *`` may bind a name: what ``__all__`` lists, else what has no underscore before it."""
        target = self._resolve(path, module)
        listed = self.bindings(target).get("__all__") if target is not None and self.files[target].parsed else None
        if listed is None:
            return not name.startswith("_")
        constant = 0 < len(listed.sources) < MAX_ROOTS and all(source.origin is Origin.LITERAL for source in listed.sources)
        return not constant or any(source.text == name for source in listed.sources)

    def _submodule(self, path: str, module: str, rest: str) -> tuple[str, str] | None:
        return submodule(self.head, self._resolve, path, module, rest)

    def _exported(self, path: str, rest: str, hops: int, origin: tuple[str, str] | None = None) -> Target:
        self.memo.spend(hops)
        file = self.head(path)
        if file is None:
            return Target(path, rest, known=False)
        first, _, tail = rest.partition(".")
        if path.endswith(".py"):
            self.ask(path)
            if first in self.functions(path) or first in self.bindings(path):
                return self._entered(path, rest, hops)
            beneath = self._submodule(*origin, rest) if origin is not None else None
            if beneath is not None and beneath[0] != path:
                return self._exported(*beneath, hops - 1)
            taken = imported(file, first)
            if taken is not None:
                return self.target(path, _join(taken, tail), hops - 1)
            return self._starred(path, rest, hops - 1) or self._entered(path, rest, hops)
        exports = self._exports.get(path)
        if exports is None:
            exports = self._exports[path] = {export.name: export for export in reversed(file.exports)}
        if not first:
            rest = first = "default"  # what `require` gives is what the module exports as a whole
        export = exports.get(first)
        if export is not None:
            if export.module is not None:
                return self.target(path, _join(qualified(export.module, export.local), tail), hops - 1)
            taken = imported(file, export.local)
            if taken is not None:
                return self.target(path, _join(taken, tail), hops - 1)
            return self._entered(path, _join(export.local or first, tail), hops)
        for module in self._barrels.of(path, first):
            found = self.target(path, _join(f"{module}#{first}", tail), hops - 1)
            if found.known:
                return found
        if "default" in exports and first != "default" and hops > 0:
            # CommonJS: what `require` gives is the default, and the name is a step on it.
            found = self._exported(path, f"default.{rest}", hops - 1)
            if found.known:
                return found
        return self._entered(path, rest, hops)

    def _entered(self, path: str, rest: str, hops: int) -> Target:
        """A name of another file leads here."""
        self.ask(path)
        return self._inside(path, rest, hops)

    def _inside(self, path: str, rest: str, hops: int) -> Target:
        file = self.file(path)
        if file is None or not file.parsed:
            self.ask(path)
            return Target(path, rest, known=False)
        functions, bindings = self.functions(path), self.bindings(path)
        steps = rest.split(".")
        for count in range(len(steps), 0, -1):
            head, tail = ".".join(steps[:count]), ".".join(steps[count:])
            function = functions.get(head)
            if function is not None:
                if count > 1 and not tail and is_empty(function):
                    doing = self._behind(path, ".".join(steps[: count - 1]), steps[count - 1])
                    if doing is not None:
                        return doing
                on = handed_on(function) if not tail else None
                handler = self.target(path, on, hops - 1) if on is not None else None
                if handler is not None and handler.function is not None and not handler.rest:
                    return handler
                if tail and hops > 0 and (through := self._through(path, function, tail, hops)) is not None:
                    return through
                return Target(path, head, tail, function=function)
            binding = bindings.get(head)
            if binding is not None:
                if binding.is_class and tail and "." not in tail:
                    inherited = self.inherited(path, binding, tail)
                    if inherited is None or is_empty(inherited[1]):
                        doing = self._behind(path, head, tail)
                        if doing is None and inherited is not None:
                            doing = Target(inherited[0], inherited[1].name, function=inherited[1])
                        if doing is not None:
                            return doing
                if not tail and (wrapped := wrapped_in(functions, binding)) is not None:
                    return Target(path, wrapped.name, function=wrapped)
                if (tail or not binding.is_class) and binding.name is not None and binding.name != f"#{head}" and hops > 0:
                    found = self.target(path, _join(binding.name, tail), hops - 1)
                    if found.known:
                        return found
                return Target(None, each) if (each := read_from_folder(file, binding, tail)) else Target(path, head, tail, binding=binding)
        return (self._behind(path, *steps) if len(steps) == len(("interface", "member")) else None) or Target(path, rest, known=False)

    def inherited(self, path: str, binding: Binding, member: str) -> tuple[str, Function] | None:
        """The method that a class has of the nearest class that it derives from."""
        for _ in range(_MOST_HOPS):
            home = self.home(path, binding.bases[0]) if binding.bases else None
            if home is None:
                return None
            self.ask(home[0])
            function = self.functions(home[0]).get(f"{home[1]}.{member}")
            if function is not None:
                return home[0], function
            above = self.bindings(home[0]).get(home[1])
            if above is None or not above.is_class:
                return None
            path, binding = home[0], above
        return None

    def _behind(self, path: str, name: str, member: str) -> Target | None:
        """The method that does what a member of an interface says."""
        home = behind(self, path, name, member)
        return None if home is None else Target(home[0], f"{home[1]}.{member}", function=self.functions(home[0])[f"{home[1]}.{member}"])

    def _through(self, path: str, function: Function, tail: str, hops: int) -> Target | None:
        """What a step on the result of a function denotes, by what the function returns."""
        first, _, rest = tail.partition(".")
        given = [(of_object(name, function), tail) for result in function.results if not result.empty for name in result.names]
        given += [(name, rest) for result in function.results for key, name in result.fields if key == first]
        for name, step in (*given, *((name, tail) for name in function.yields)):
            if name not in (f"#{function.name}", f"#{function.name}.{first}"):
                found = self.target(path, meant := _join(name, step), hops - 1)
                if found.known and (found.function is not None or (found.path is None and not (is_callers(name) and found.name == meant))):
                    return found
        return None

    def text(self, path: str, argument: Argument) -> str | None:
        """The constant text of an argument in a file, also where other files tell parts of it."""
        return argument.text if argument.text is not None or not argument.pieces else self._folded(path, argument.pieces, _MOST_HOPS)

    def _folded(self, path: str, pieces: tuple[Source, ...], hops: int) -> str | None:
        self.memo.look(path)
        found = [piece.text if piece.origin is Origin.LITERAL else self._constant(path, piece.text, hops) for piece in pieces]
        known = [text for text in found if text is not None]
        return "".join(known) if len(known) == len(found) else None

    def _constant(self, path: str, name: str, hops: int) -> str | None:
        target = self.target(path, name)
        if target.path is None or target.binding is None or hops == 0:
            return None
        if target.rest:
            return next((text for place, text in target.binding.texts if place == target.rest), None)
        if target.binding.text is not None or not target.binding.pieces:
            return target.binding.text
        return self._folded(target.path, target.binding.pieces, hops - 1)

    def home(self, path: str, name: str, hops: int = _MOST_HOPS) -> tuple[str, str] | None:
        """The file and the name in it that first define a name, without following what it is bound to; None for outside names."""
        home: tuple[str, str] | None = self.memo.within(("home", path, name), hops, self._find_home)
        return home

    def _find_home(self, path: str, name: str, hops: int) -> tuple[str, str] | None:
        self.memo.look(path)
        module, rest = parted(name)
        if "#" not in name or hops <= 0:
            lender = self.lender(path, name) if hops > 0 else None
            return (lender, rest) if lender is not None else None
        if module == "":
            return path, rest
        beneath = self._submodule(path, module, rest)
        if beneath is not None and beneath[1]:
            return beneath
        target = self._resolve(path, module)
        file = self.head(target) if target is not None else None
        if file is None or target is None:
            return None
        first, _, tail = rest.partition(".")
        first = first or "default"
        export = next((export for export in file.exports if export.name == first), None)
        if export is not None and export.module is not None:
            return self.home(target, f"{export.module}#{export.local}", hops - 1)
        local = first if export is None else export.local or first
        taken = imported(file, local)
        if taken is not None and (export is not None or target.endswith(".py")):
            return self.home(target, _join(taken, tail), hops - 1) or (target, local)
        if export is not None:
            return target, local
        for module in self._barrels.of(target, first):
            found = self.home(target, f"{module}#{rest}", hops - 1)
            if found is not None and found[1] in self.bindings(found[0]) | self.functions(found[0]):
                return found
        return target, first


def _join(name: str, tail: str) -> str:
    if not tail:
        return name
    return f"{name}{tail}" if name.endswith("#") else f"{name}.{tail}"
