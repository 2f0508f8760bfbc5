"""What the module graph sends to browsers is what esbuild bundles from the same entries, for an app of every kind of bundler."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from bundled_apps import APPS, Bundled

from batten.extract.packages import file_facts
from batten.facts.project import FileFacts
from batten.link.modules import ModuleGraph, modules
from batten.link.modules.tree import is_code
from batten.skim import skim

BUNDLER = Path(__file__).parents[1] / "support" / "bundler"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder with esbuild and what takes server code out of modules, installed once and kept in the user's cache."""
    wanted = [BUNDLER / "package.json", BUNDLER / "package-lock.json"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in wanted)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "batten-tests"
    kept = cache / f"bundler-{digest}"
    if not kept.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed, and it fetches esbuild")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            for path in wanted:
                shutil.copy(path, folder)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
            if fetched.returncode:
                pytest.skip(f"npm can't fetch esbuild: {fetched.stderr[:200]}")
            if not kept.is_dir():
                shutil.copytree(folder, kept, symlinks=True)
    return kept


@pytest.fixture(scope="session")
def bundles(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each app's bundle takes in: one process for all apps."""
    folder = tmp_path_factory.mktemp("apps").resolve()
    asked = []
    for number, app in enumerate(APPS.values()):
        root = folder / str(number)
        written(root, app)
        about = app._asdict() | {"alias": dict(app.alias)}
        asked.append({"root": str(root), **{name: about[name] for name in ("client", "server", "split", "functions", "cut", "alias")}})
    request = folder / "request.json"
    request.write_text(json.dumps({"modules": str(tools), "apps": asked}))
    done = subprocess.run(["node", str(BUNDLER / "bundle.mjs"), str(request)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(APPS, json.loads(done.stdout), strict=True))


def written(root: Path, app: Bundled) -> None:
    for path, text in app.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for name, target in app.linked.items():
        link = root / "node_modules" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(root / target)


def graph(app: Bundled) -> ModuleGraph:
    found = []
    for path, text in app.files.items():
        seen, settings = skim(path, text.encode()), file_facts(path, text.encode())
        found.append(
            FileFacts(
                path=path,
                language=None,
                parsed=False,
                directives=seen.directives,
                imports=seen.imports,
                exports=seen.exports,
                stripped=seen.stripped,
                packages=settings.packages,
                configs=settings.configs,
            )
        )
    return modules(found)


@pytest.mark.parametrize("name", APPS)
def test_browsers_get_what_the_bundle_takes_in(name: str, bundles: dict[str, dict[str, Any]]) -> None:
    app = APPS[name]
    found = graph(app)
    sent = {path for path in app.files if found.in_browser(path) and is_code(path)}
    assert bundles[name].get("error") is None
    assert sent == {path for path in bundles[name]["inputs"] if is_code(path)} | served(app)
    assert all(found.reach(path) for path in sent)


def served(app: Bundled) -> set[str]:
    """Pages that are served as they are: no bundle begins with them."""
    return {path for path in app.files if path.startswith("public/") or path == "src/app.html"}
