"""What the module graph sends to browsers is what esbuild bundles from the same entries, for an app of every kind of bundler."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bundled_apps import APPS, Bundled
from looked_at import looked_at
from npm import installed

from batten.link.modules import modules
from batten.link.modules.tree import is_code

BUNDLER = Path(__file__).parents[1] / "support" / "bundler"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder with esbuild and what takes server code out of modules."""
    return installed(BUNDLER, "esbuild")


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


@pytest.mark.parametrize("name", APPS)
def test_browsers_get_what_the_bundle_takes_in(name: str, bundles: dict[str, dict[str, Any]]) -> None:
    app = APPS[name]
    found = modules(looked_at(app.files))
    sent = {path for path in app.files if found.in_browser(path) and is_code(path)}
    assert bundles[name].get("error") is None
    assert sent == {path for path in bundles[name]["inputs"] if is_code(path)} | served(app)
    assert all(found.reach(path) for path in sent)


def served(app: Bundled) -> set[str]:
    """Pages that are served as they are: no bundle begins with them."""
    return {path for path in app.files if path.startswith("public/") or path == "src/app.html"}
