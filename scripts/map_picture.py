"""Draws docs/images/map.png, the picture of the page of the map, from a real run in a real browser: ``python scripts/map_picture.py``."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "map.png"
APP = "fixtures/apps/vibe-express"
SIZE = {"width": 1320, "height": 760}


def main() -> None:
    """Write the page, open it, choose the first route, and keep what is to be seen."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page = Path(folder) / "map.html"
        subprocess.run([sys.executable, "-m", "batten", "map", "--output-format", f"html={page}", APP], cwd=ROOT, check=True)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport=SIZE, color_scheme="light")
        opened.goto(page.as_uri())
        opened.locator("tr[data-id] .row").first.click()
        opened.evaluate("scrollTo(0, 0)")
        opened.screenshot(path=PICTURE, animations="disabled")
        browser.close()


if __name__ == "__main__":
    main()
