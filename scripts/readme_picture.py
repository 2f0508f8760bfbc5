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
COMMAND = "batten check --select supabase fixtures/apps/moltbook"
WIDTH = 102
# A screenful: the rest is there for whoever runs it.
FINDINGS = 2
DOTS = "  \x1b[2m⋮\x1b[0m"
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
    return done.stdout


def shortened(text: str) -> str:
    """The first rule with its first findings and its advice, and the last line; dots stand for the rest."""
    paragraphs = text.rstrip("\n").split("\n\n")
    advice = next(number for number, paragraph in enumerate(paragraphs) if strip(paragraph).startswith("  Why"))
    kept = paragraphs[: min(advice, 1 + FINDINGS)]
    if advice > len(kept):
        kept.append(DOTS)
    kept.append(paragraphs[advice])
    if len(paragraphs) > advice + 2:
        kept.append(DOTS)
    return "\n\n".join([*kept, paragraphs[-1].strip("\n").split("\n")[-1]]) + "\n"


def strip(text: str) -> str:
    """The text without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def draw(text: str) -> str:
    """The text as SVG."""
    console = Console(width=WIDTH, record=True, file=StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)
    console.print(Text("$ ", style="dim") + Text(COMMAND, style="bold"))
    console.print(Text.from_ansi(text), soft_wrap=False)
    picture = console.export_svg(title="batten", code_format=FORMAT, unique_id="check")
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"


def timeless(picture: str) -> str:
    """The picture without the time that the run took, which is another each time."""
    return re.sub(r"\d+\.\d\d&#160;s", "", picture)


def main() -> int:
    """Draw, or compare."""
    picture = draw(shortened(output()))
    if "--check" in sys.argv[1:]:
        same = PICTURE.exists() and timeless(PICTURE.read_text(encoding="utf-8")) == timeless(picture)
        print("the picture is up to date" if same else "the picture is stale: nox -s pictures")
        return 0 if same else 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8", newline="\n")
    print(f"drew {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
