"""Messages of any window: what a page that asks for no origin does with them."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

COMPONENT = """import {{ useEffect, useState }} from "react";
import {{ io }} from "socket.io-client";
export function Shown() {{
  const [html, setHtml] = useState("");
  const put = (text) => setHtml(text.trim());
  useEffect(() => {{ {effect} }}, []);
  return <div dangerouslySetInnerHTML={{{{ __html: html }}}} />;
}}
"""


def _told(path: str, text: str) -> list[str]:
    found = scan_files({path: text.encode()}, RULES).findings
    return sorted({each.rule for each in found} - {"unchecked-message-origin"})


@pytest.mark.parametrize(
    ("script", "rules"),
    [
        ("addEventListener('message', (event) => { document.body.innerHTML = event.data.html; });", ["untrusted-html"]),
        ("window.addEventListener('message', ({ data }) => { eval(data.code); });", ["code-injection"]),
        ("window.onmessage = function (event) { document.write(event.data); };", ["untrusted-html"]),
        (
            (
                "function hear(event) { const said = JSON.parse(event.data); if (said.kind === 'go') window.location.href = said.to; }\n"
                "window.addEventListener('message', hear, false);"
            ),
            ["untrusted-link-target"],
        ),
        # whoever speaks is asked for, or is no window of others
        (
            "addEventListener('message', (event) => { if (event.origin !== 'https://a.example') return; document.body.innerHTML = event.data; });",
            [],
        ),
        ("addEventListener('message', (event) => { if (event.source === parent) document.body.innerHTML = event.data; });", []),
        ("new Worker('/count.js').addEventListener('message', (event) => { document.body.innerHTML = event.data; });", []),
        ("addEventListener('message', (event) => { document.body.textContent = event.data; });", []),
        ("addEventListener('message', (event) => { document.body.innerHTML = event.type; });", []),
    ],
)
def test_what_any_window_sends(script: str, rules: list[str]) -> None:
    assert _told("public/app.js", script) == rules


@pytest.mark.parametrize(
    ("effect", "rules"),
    [
        ("window.addEventListener('message', (event) => setHtml(event.data.html));", ["untrusted-html"]),
        ("const hear = (event) => { if (event.data.kind === 'x') put(event.data.html); }; window.addEventListener('message', hear);", ["untrusted-html"]),
        ("const socket = io('/'); socket.on('said', (row) => setHtml(row.html));", ["untrusted-html"]),
        ("const socket = io('/'); socket.on('said', (row) => setHtml((before) => before + row.html));", ["untrusted-html"]),
        ("const hear = (event) => { if (event.origin !== location.origin) return; put(event.data.html); }; window.addEventListener('message', hear);", []),
        ("window.addEventListener('scroll', (event) => setHtml(event.data.html));", []),
        ("put('<b>here</b>');", []),
    ],
)  # fmt: skip
def test_what_a_component_keeps_of_it(effect: str, rules: list[str]) -> None:
    assert _told("src/shown.jsx", COMPONENT.format(effect=effect)) == rules
