"""The guest engine as tests have it: the version that is named here, in a virtual environment of its own in the user's cache."""

import os
import subprocess
import sys
from pathlib import Path

VERSION = "1.182.0"
_SECONDS = 900


def engine() -> Path | None:
    """The program; None where it can't be had. What the test session has installed is found by ``BATTEN_SEMGREP``."""
    if "BATTEN_SEMGREP" in os.environ:
        return Path(os.environ["BATTEN_SEMGREP"])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "batten-tests"
    kept = cache / f"semgrep-{VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
    whole = kept / "whole"
    if not whole.is_file():
        install = [str(kept / "bin" / "python"), "-m", "pip", "install", "--quiet", f"semgrep=={VERSION}"]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(kept)], check=True, capture_output=True, timeout=_SECONDS)
            subprocess.run(install, check=True, capture_output=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return None
        whole.touch()
    return kept / "bin" / "semgrep"


if __name__ == "__main__":
    found = engine()
    sys.stdout.write("" if found is None else str(found))
