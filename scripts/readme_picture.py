"""Draws docs/images/check.svg, the picture of the README, from a real run: ``python scripts/readme_picture.py [--check]``.

With ``--check`` nothing is written: it ends with 1 where the picture does not show what batten says today.
"""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "check.svg"
COMMAND = "batten check fixtures/apps/moltbook"
WIDTH = 102
# A screenful: the rest is there for whoever runs it.
MOST_LINES = 44
# Nothing is fetched when the picture is looked at.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def output() -> str:
    """What the command prints on a terminal with colours."""
    done = subprocess.run(
        [sys.executable, "-m", *COMMAND.split()],
        cwd=ROOT,
        env=os.environ | {"FORCE_COLOR": "1", "NO_COLOR": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1 or done.stderr:
        sys.exit(f"{COMMAND} ended with {done.returncode}: {done.stderr or 'there should be findings'}")
    return re.sub(r"\d+\.\d\d s", "0.25 s", done.stdout)


def shortened(text: str) -> str:
    """The beginning up to the end of a finding, and the last line."""
    lines = text.rstrip("\n").split("\n")
    if len(lines) <= MOST_LINES:
        return text
    end = max(number for number in range(MOST_LINES) if not lines[number].strip())
    return "\n".join([*lines[:end], "", "  \x1b[2m⋮\x1b[0m", "", lines[-1]])


def draw(text: str) -> str:
    """The text as SVG."""
    console = Console(width=WIDTH, record=True, file=StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)
    console.print(Text("$ ", style="dim") + Text(COMMAND, style="bold"))
    console.print(Text.from_ansi(text), soft_wrap=False)
    picture = console.export_svg(title="batten", code_format=FORMAT, unique_id="check")
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"


def main() -> int:
    """Draw, or compare."""
    picture = draw(shortened(output()))
    if "--check" in sys.argv[1:]:
        same = PICTURE.exists() and PICTURE.read_text(encoding="utf-8") == picture
        print("the picture is up to date" if same else "the picture is stale: nox -s pictures")
        return 0 if same else 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8", newline="\n")
    print(f"drew {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
