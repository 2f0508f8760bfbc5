"""The page of the map in a real browser: it is drawn, clicked, filtered and printed, and nothing of the app in it is markup or script."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EVIL = "/</script><img src=x onerror=\"document.title='owned'\">"
SERVER = f"""
import express from "express"
import {{ PrismaClient }} from "@prisma/client"
import jwt from "jsonwebtoken"
const app = express()
const prisma = new PrismaClient()
function requireUser(req, res, next) {{
  try {{ req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET) }} catch {{ return res.status(401).end() }}
  next()
}}
app.delete({json.dumps(EVIL)}, async (req, res) => res.json(await prisma.order.delete({{ where: {{ id: req.params.id }} }})))
app.post("/invoices", requireUser, async (req, res) => res.json(await prisma.invoice.create({{ data: req.body }})))
app.get("/health", (req, res) => res.json({{}}))
"""
APP = {
    "package.json": '{"name": "shop<b>", "dependencies": {"express": "4", "@prisma/client": "5"}}',
    "server.js": SERVER,
    "supabase/migrations/20250101000000_leaks.sql": "create table public.leaks (id uuid primary key, phone text);\n",
}


def libraries() -> ModuleType:
    found = importlib.util.spec_from_file_location("page_libraries", ROOT / "scripts/page_libraries.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the app, as the command writes it."""
    module = libraries()
    try:
        module.ensure()
    except module.LibrariesError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("page")
    for path, text in APP.items():
        (folder / "app" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "app" / path).write_text(text)
    command = [sys.executable, "-m", "batten", "map", "--output-format", f"html={folder / 'map.html'}", str(folder / "app")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder / "map.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="the browser is driven by playwright: pip install --group dev")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium")
    with api.sync_playwright() as driver:
        # As root, Chromium can't build its own walls; what it opens here is ours.
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, written: Path) -> Iterator[Any]:
    """The page, opened; at the end nothing was refused, nothing was asked of anyone, and nothing failed."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, color_scheme="light")
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("request", lambda request: trouble.append(request.url) if request.url != written.as_uri() else None)
    opened.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective))"
    )
    opened.goto(written.as_uri())
    yield opened
    assert opened.evaluate("window.refused") == []
    assert trouble == []
    context.close()


def shown(page: Any) -> list[str]:
    return [row.inner_text() for row in page.locator("tr[data-id]:visible .row").all()]


def at(page: Any, label: str) -> tuple[float, float]:
    """Where a box of the picture is, on the screen."""
    place = page.evaluate(
        "(label) => { const cy = document.getElementById('graph')._cyreg.cy;"
        " const node = cy.nodes().filter((each) => each.data('label') === label); const box = cy.container().getBoundingClientRect();"
        " return [box.x + node.renderedPosition().x, box.y + node.renderedPosition().y] }",
        label,
    )
    return place[0], place[1]


def test_text_of_the_app_stays_text(page: Any) -> None:
    assert page.title() == "Map of shop<b>"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 5
    assert f"DELETE {EVIL}" in shown(page)
    page.locator("tr[data-id] .row", has_text="onerror").click()
    assert page.locator("#detail h2").inner_text() == f"DELETE {EVIL}"
    assert page.locator("img").count() == 0
    assert page.title() == "Map of shop<b>"


def test_a_route_is_clicked_in_the_picture_and_told_in_full(page: Any) -> None:
    page.mouse.click(*at(page, "POST /invoices"))
    detail = page.locator("#detail")
    assert detail.locator("h2").inner_text() == "POST /invoices"
    assert "requireUser keeps strangers out: it verifies who calls, and lets nobody else through server.js:12" in " ".join(
        detail.inner_text().split()
    )
    assert "writes invoice" in detail.inner_text()
    detail.get_by_role("button", name="invoice").click()
    assert (detail.locator("h2").inner_text(), detail.locator("li button").inner_text()) == ("invoice", "POST /invoices")
    page.mouse.click(*at(page, "leaks"))
    assert detail.locator("h2").inner_text() == "leaks"
    assert "strangers, round the app: select, insert, update, delete: every row" in detail.inner_text()
    chosen = page.evaluate("document.getElementById('graph')._cyreg.cy.nodes('.chosen').map((node) => node.data('label'))")
    assert chosen == ["leaks"]


def test_filters_hold_for_the_table_and_the_picture(page: Any) -> None:
    everything = ["DELETE " + EVIL, "GET /health", "POST /invoices"]
    drawn = "document.getElementById('graph')._cyreg.cy.nodes('.route').length"
    assert sorted(name for name in shown(page) if name != "leaks") == sorted(everything)
    page.fill("#search", "invoice")
    assert [name for name in shown(page) if name != "leaks"] == ["POST /invoices"]
    assert page.locator("#count").inner_text() == "1 of 3 routes"
    assert page.evaluate(drawn) == 1
    page.fill("#search", "")
    page.select_option("#status", "open")
    assert "POST /invoices" not in shown(page)
    page.select_option("#status", "")
    page.select_option("#effect", "database-delete")
    assert [name for name in shown(page) if name != "leaks"] == ["DELETE " + EVIL]
    page.select_option("#effect", "")
    page.uncheck("#filters input[value=high]")
    assert page.evaluate(drawn) == 2
    page.fill("#search", "nothing is called so")
    assert page.locator("#count").inner_text() == "0 of 3 routes"


def test_light_and_dark(page: Any) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.click("#theme")
    assert (page.evaluate(ground), page.locator("#theme").inner_text()) == ("rgb(20, 23, 27)", "Light")
    page.click("#theme")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    for theme in ("light", "dark"):
        assert page.evaluate(CONTRASTS) == [], theme
        page.click("#theme")


# WCAG 2: 4.5 to 1 for text. https://www.w3.org/TR/WCAG22/#contrast-minimum
CONTRASTS = """
() => {
  const bright = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((value) => value / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor
      if (!/, 0\\)$/.test(colour)) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  const poor = []
  for (const element of document.querySelectorAll('h1, h2, p, th, td span, td li, td button, .risk, label, small, footer, li')) {
    if (!element.checkVisibility() || !element.textContent.trim()) continue
    const [one, other] = [bright(getComputedStyle(element).color), bright(behind(element))].sort((a, b) => b - a)
    if ((one + 0.05) / (other + 0.05) < 4.5) poor.push(element.outerHTML.slice(0, 80))
  }
  return poor
}
"""


def test_print_has_the_tables_and_no_controls(page: Any) -> None:
    page.emulate_media(media="print")
    assert [page.locator(name).is_visible() for name in ("#filters", "#picture", "#theme", "table >> nth=0")] == [False, False, False, True]


def test_it_can_be_read_without_scripts(browser: Any, written: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(written.as_uri())
    assert "DELETE " + EVIL in [row.inner_text() for row in opened.locator("tr[data-id]:visible .row").all()]
    assert not opened.locator("#filters").is_visible()
    context.close()


def test_the_policy_names_every_script_and_style_by_its_hash_and_allows_nothing_else(written: Path) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', written.read_text())
    assert policy is not None
    rules = dict(part.strip().split(" ", 1) for part in policy[1].replace("&#x27;", "'").split(";"))
    assert {name: value for name, value in rules.items() if name not in ("script-src", "style-src")} == dict.fromkeys(
        ("default-src", "img-src", "connect-src", "form-action", "base-uri"), "'none'"
    )
    assert [len(re.findall(r"'sha256-[A-Za-z0-9+/=]{44}'", rules[name])) for name in ("script-src", "style-src")] == [3, 2]
    assert "unsafe" not in policy[1]


def test_the_licences_of_what_draws_it_are_in_it(written: Path) -> None:
    text = written.read_text()
    assert text.count("Permission is hereby granted, free of charge") >= 2
    assert "Chris Pettitt" in text
    assert "The Cytoscape Consortium" in text


# ── how the libraries get here ──


def test_libraries_that_are_there_and_right_are_kept_and_others_are_not(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = libraries()
    shutil.copytree(module.TARGET, tmp_path / "libraries")
    monkeypatch.setenv("PATH", "")
    module.ensure(tmp_path / "libraries")
    with (tmp_path / "libraries/dagre.min.js").open("a") as script:
        script.write("alert(1)")
    with pytest.raises(
        module.LibrariesError, match=r"there is no npm\. .* install Node\.js with npm .*, or build from the source distribution"
    ):
        module.ensure(tmp_path / "libraries")


def test_an_installation_without_them_says_so_and_draws_the_rest(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src/batten", tmp_path / "src/batten", ignore=shutil.ignore_patterns("__pycache__", "libraries"))
    shutil.copytree(ROOT / "rulepacks", tmp_path / "rulepacks")
    (tmp_path / "app").mkdir()
    (tmp_path / "app/server.js").write_text("export const x = 1\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    done = {
        name: subprocess.run(
            [sys.executable, "-m", "batten", "map", "--output-format", name, "app"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        for name in ("html", "mermaid")
    }
    assert (done["html"].returncode, done["mermaid"].returncode) == (2, 0)
    assert done["html"].stderr.startswith("error: this installation of batten lacks cytoscape, which the page is drawn with\n  help: ")
