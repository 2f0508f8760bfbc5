"""What an app gets to begin with: settings, a workflow, a hook for commits. Makes the texts, and writes nothing."""

from collections.abc import Iterator
from pathlib import Path

from batten import __version__
from batten.config import Config
from batten.fix import Change

PARTS = ("config", "workflow", "pre-commit")
_SETTINGS = """# Settings of batten. What is not said here has its default; `batten rules` lists the rules.
fail-on = "high"

# Findings that are known and accepted, each with its reason:
# [[ignores]]
# rules = ["table-without-rls"]
# paths = ["supabase/migrations/*_countries.sql"]
# reason = "a public lookup table"
"""
_WORKFLOW = f"""name: batten
on: pull_request
permissions:
  contents: read
  pull-requests: write
jobs:
  batten:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with: {{ fetch-depth: 0, persist-credentials: false }}
      - run: pipx install "batten[github]=={__version__}"
      - name: What this change opens
        env:
          BASE: ${{{{ github.event.pull_request.base.sha }}}}
          HEAD: ${{{{ github.event.pull_request.head.sha }}}}
        run: >-
          batten diff "$BASE" "$HEAD" --with-fixes --output-format github
          --output-format "markdown=$GITHUB_STEP_SUMMARY" --output-format "json=$RUNNER_TEMP/batten.json"
      - name: Say it on the pull request
        if: always() && github.event.pull_request.head.repo.full_name == github.repository
        env:
          GITHUB_TOKEN: ${{{{ github.token }}}}
        run: batten github "$RUNNER_TEMP/batten.json"
"""
_HOOK = f"""  - repo: local
    hooks:
      - id: batten
        name: batten (what this commit opens)
        entry: batten diff HEAD
        language: python
        additional_dependencies: [batten=={__version__}]
        pass_filenames: false
"""


class Start:
    """The changes that are to be made, and what is left as it is, each with the reason."""

    def __init__(self, root: Path, config: Config, parts: tuple[str, ...] = PARTS) -> None:
        self.changes: list[Change] = []
        self.left: list[str] = []
        self._root = root
        self._settings = config.source
        makers = dict(zip(PARTS, (self._config, self._workflow, self._pre_commit), strict=True))
        self.changes += [Change(path, before, after.encode()) for part in parts for path, before, after in makers[part]()]

    def _config(self) -> Iterator[tuple[str, bytes | None, str]]:
        if self._settings is not None:
            self.left.append(f"settings are in {self._settings.name} already")
        else:
            yield "batten.toml", None, _SETTINGS

    def _workflow(self) -> Iterator[tuple[str, bytes | None, str]]:
        path = ".github/workflows/batten.yml"
        if (self._root / path).exists():
            self.left.append(f"{path} is there already")
        elif (self._root / ".gitlab-ci.yml").exists() and not (self._root / ".github").exists():
            self.left.append("no workflow for GitHub, as this project is GitLab's: batten diff --output-format gitlab=FILE is for it")
        else:
            yield path, None, _WORKFLOW

    def _pre_commit(self) -> Iterator[tuple[str, bytes | None, str]]:
        path = ".pre-commit-config.yaml"
        try:
            before = (self._root / path).read_bytes()
            text = before.decode()
        except FileNotFoundError:
            yield path, None, f"repos:\n{_HOOK}"
            return
        except (OSError, UnicodeDecodeError):
            self.left.append(f"{path} can't be read")
            return
        if "batten" in text:
            self.left.append(f"{path} has batten already")
        elif (after := _with_hook(text)) is None:
            self.left.append(f"{path} has a form that is not known, so the hook is left to you: its entry is `batten diff HEAD`")
        else:
            yield path, before, after


def _with_hook(text: str) -> str | None:
    """The configuration with the hook as the last of ``repos``; None where that is not the last key, or not a list in lines of its own."""
    import yaml

    lines = text.rstrip("\n").split("\n")
    keys = [line for line in lines if line[:1].isalpha()]
    if not keys or keys[-1].rstrip() != "repos:":
        return None
    items = [line for line in lines[lines.index(keys[-1]) + 1 :] if line.lstrip().startswith("- ")]
    indent = len(items[0]) - len(items[0].lstrip()) if items else 2
    hook = "".join(f"{' ' * indent}{line[2:]}\n" for line in _HOOK.splitlines())
    after = "\n".join(lines) + f"\n{hook}"
    try:
        old, new = yaml.safe_load(text), yaml.safe_load(after)
        right = new == {**old, "repos": [*(old["repos"] or []), *yaml.safe_load(f"repos:\n{_HOOK}")["repos"]]}
    except (yaml.YAMLError, TypeError, KeyError):
        return None
    return after if right else None
