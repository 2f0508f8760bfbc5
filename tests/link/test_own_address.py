"""The address that was asked for: its server is the app's own, and browsers write it so that no tag is in it; its parameters are the caller's."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

FLOWS = ("open-redirect", "request-data-in-html", "server-side-request-forgery")


def told(path: str, text: str, dependency: str) -> list[str]:
    files = {path: text, "package.json": f'{{"dependencies": {{"{dependency}": "4"}}}}'}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES.select(FLOWS)).findings
    return [finding.rule for finding in found if finding.confidence != "low"]


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("const url = new URL(request.url); url.pathname = `/desks/${params.slug}`; return redirect(url.toString());", []),
        ("const url = new URL(request.url); url.search = params.slug; return redirect(url.href);", []),
        ("const url = new URL(request.url); url.host = params.slug; return redirect(url.toString());", ["open-redirect"]),
        ("const url = new URL(request.url); return redirect(url.searchParams.get('next'));", ["open-redirect"]),
        ("const { searchParams: asked } = new URL(request.url); return redirect(asked.get('next') ?? '/');", ["open-redirect"]),
        ("const asked = Object.fromEntries(new URL(request.url).searchParams); return redirect(asked.next);", ["open-redirect"]),
        ("return redirect(request.url.split('next=')[1]);", ["open-redirect"]),
        (
            "return await fetch(`${new URL(request.url).protocol}${request.headers.get('x-forwarded-host')}`);",
            ["server-side-request-forgery"],
        ),
        ("return await fetch(new URL(request.url).searchParams.get('from'));", ["server-side-request-forgery"]),
    ],
)
def test_of_a_loader(body: str, rules: list[str]) -> None:
    text = f"import {{ redirect }} from '@remix-run/node';\nexport const loader = async ({{ request, params }}) => {{ {body} }};\n"
    assert told("app/routes/a.ts", text, "@remix-run/node") == rules


@pytest.mark.parametrize(
    ("page", "rules"),
    [
        ('<base href="${new URL(c.req.url).pathname}">', []),
        ("<p>${c.req.url}</p>", []),
        ("<p>${new URL(c.req.url).searchParams.get('q')}</p>", ["request-data-in-html"]),
        ("<p>${new URLSearchParams(c.req.url.split('?')[1]).get('q')}</p>", ["request-data-in-html"]),
        ("<p>${c.req.query('q')}</p>", ["request-data-in-html"]),
        ("<p>${c.req.path}${c.req.param('name')}</p>", ["request-data-in-html"]),
    ],
)
def test_of_hono(page: str, rules: list[str]) -> None:
    text = f"import {{ Hono }} from 'hono';\nconst app = new Hono();\napp.get('/a/:name', (c) => c.html(`{page}`));\nexport default app;\n"
    assert told("src/app.ts", text, "hono") == rules
