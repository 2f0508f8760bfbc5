"""Raises the version of a framework to one without the hole; what is installed, and lock files, the package manager changes."""

from collections.abc import Iterator

from batten.extract.packages.versions import patched
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies.app import App, fact

LOCKS = {
    "package-lock.json": "npm install",
    "yarn.lock": "yarn install",
    "pnpm-lock.yaml": "pnpm install",
    "bun.lock": "bun install",
    "bun.lockb": "bun install",
    "uv.lock": "uv sync",
    "poetry.lock": "poetry lock",
}


def patched_version(app: App, finding: Finding) -> Iterator[Fix]:
    """The lowest version of the same line, so that as little as possible else changes."""
    setting = fact(app.project.settings, finding)
    version = patched(setting.shown) if setting is not None else None
    if setting is None or version is None:
        return
    command = next((command for lock, command in LOCKS.items() if app.unlisted(setting.place.path, lock) is not None), "npm install")
    edit = Edit(setting.place.path, setting.place.span, version)
    stop = Step(setting.place, f"run `{command}`, which also changes the lock file, and deploy: until then the old version runs")
    yield Fix(f"Raise {setting.name} to {version}", Safety.UNSAFE, (edit,), (stop,))
