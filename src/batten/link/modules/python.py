"""Which file a Python import means; everything outside the run is None."""

import sys
from collections.abc import Iterable

from batten.facts.services import Package
from batten.link.modules.tree import Tree
from batten.regex import regex

# What is vendored, or for tests, lies beside the app.
_ASIDE = regex(r"(?:^|/)(?:vendor|vendored|third_party|tests?|site-packages|node_modules|venv|\.\w[^/]*)/")


class PythonResolver:
    """Resolves dotted names from the folder of the importing file, its project and its source folders."""

    def __init__(self, tree: Tree, packages: Iterable[Package]) -> None:
        self._paths = tree.paths
        self._roots = {package.root for package in packages if package.ecosystem == "pypi"}
        self._outside = {dependency.lower().replace("-", "_") for package in packages for dependency in package.dependencies}
        self._ends: dict[str, list[tuple[str, str]]] | None = None
        self._memo: dict[tuple[str, str], str | None] = {}

    def resolve(self, path: str, module: str) -> str | None:
        """The file of ``module`` as the file ``path`` names it: ``a.b``, ``.b``, ``..``."""
        key = (path.rpartition("/")[0], module)
        if key not in self._memo:
            self._memo[key] = self._find(*key)
        return self._memo[key]

    def _find(self, folder: str, module: str) -> str | None:
        name = module.lstrip(".")
        dots = len(module) - len(name)
        if dots:
            parts = folder.split("/") if folder else []
            if dots - 1 > len(parts):
                return None
            start = "/".join(parts[: len(parts) - dots + 1])
            return self._file(start, name)
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        for start in self._starts(folder):
            found = self._file(start, name)
            if found is not None:
                return found
        return self._alone(folder, name)

    def _alone(self, folder: str, name: str) -> str | None:
        """The only file of the project whose path ends like the name: a folder that is put on the path when the app starts can't be told from here."""
        if "." not in name or name.partition(".")[0].lower() in self._outside:
            return None
        project = max((root for root in self._roots if not root or f"{folder}/".startswith(f"{root}/")), key=len, default=None)
        if project is None:
            return None
        if self._ends is None:
            self._ends = {}
            for path in sorted(self._paths):
                stem = path.removesuffix(".py").removesuffix("/__init__") if path.endswith(".py") and not _ASIDE.search(path) else ""
                if "/" in stem:
                    self._ends.setdefault("/".join(stem.split("/")[-2:]), []).append((stem, path))
        parts = name.split(".")
        within, end = f"{project}/" if project else "", f"/{'/'.join(parts)}"
        found = [path for stem, path in self._ends.get("/".join(parts[-2:]), ()) if stem.startswith(within) and f"/{stem}".endswith(end)]
        return found[0] if len(found) == 1 else None

    def _starts(self, folder: str) -> Iterable[str]:
        """Where absolute names begin: the outermost folder that is no package, the project, its source folder, and the folders above."""
        yield folder if self._joined(folder, "__init__.py") not in self._paths else self._above_package(folder)
        while True:
            if folder in self._roots:
                yield self._joined(folder, "src")
            yield folder
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        yield "src"

    def _above_package(self, folder: str) -> str:
        while folder and self._joined(folder, "__init__.py") in self._paths:
            folder = folder.rpartition("/")[0]
        return folder

    def _file(self, start: str, name: str) -> str | None:
        base = self._joined(start, name.replace(".", "/")) if name else start
        for path in (f"{base}.py", self._joined(base, "__init__.py"), f"{base}.pyi"):
            if path in self._paths:
                return path
        return None

    @staticmethod
    def _joined(folder: str, name: str) -> str:
        return f"{folder}/{name}" if folder else name
