"""Builds that publish source maps."""

import json

import pytest

from batten.extract.packages import file_facts


def names(path: str, text: str) -> list[str]:
    return [setting.name for setting in file_facts(path, text.encode()).settings]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("next.config.js", "module.exports = { productionBrowserSourceMaps: true }", ["productionBrowserSourceMaps"]),
        ("next.config.js", "module.exports = { // productionBrowserSourceMaps: true\n}", []),
        ("next.config.js", "module.exports = { productionBrowserSourceMaps: process.env.CI }", []),
        ("vite.config.ts", "export default { build: { rollupOptions: { output: {} }, sourcemap: true } }", ["sourcemap"]),
        ("vite.config.ts", "export default { build: { minify: false }, css: { sourcemap: true } }", []),
        ("vite.config.ts", "export default { plugins: [sentryVitePlugin()], build: { sourcemap: true } }", []),
        ("webpack.config.js", "module.exports = { build: { sourcemap: true } }", []),
        ("angular.json", "{", []),
        ("angular.json", "[]", []),
    ],
)
def test_what_publishes_maps(path: str, text: str, expected: list[str]) -> None:
    assert names(path, text) == expected


@pytest.mark.parametrize(
    ("options", "production", "expected"),
    [
        (None, True, 1),
        (True, None, 1),
        (True, False, 0),
        (None, None, 0),
        (None, {"scripts": True, "hidden": True}, 0),
        (None, {"scripts": True}, 1),
        (None, {"scripts": False, "styles": True}, 0),
    ],
)
def test_the_builds_of_angular(options: object, production: object, expected: int) -> None:
    build = {
        "options": {} if options is None else {"sourceMap": options},
        "configurations": {"production": {} if production is None else {"sourceMap": production}},
    }
    text = json.dumps({"projects": {"shop": {"architect": {"build": build}}}})
    assert len(names("angular.json", text)) == expected
