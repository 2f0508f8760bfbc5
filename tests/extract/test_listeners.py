"""Servers without a framework: what answers every request, and what only goes by the same name."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

FETCH = "async fetch(request, env) { await env.DB.prepare('delete from notes').run(); return new Response(''); }"


@pytest.mark.parametrize(
    ("text", "routes"),
    [
        (f"export default {{ {FETCH} }};", 1),
        (f"const worker = {{ {FETCH} }};\nexport default worker;", 1),
        (f'import {{ WorkerEntrypoint }} from "cloudflare:workers";\nexport default class extends WorkerEntrypoint {{ {FETCH} }}', 1),
        (f'import {{ WorkerEntrypoint }} from "cloudflare:workers";\nexport default class Notes extends WorkerEntrypoint {{ {FETCH} }}', 1),
        (f"export default class NotesStore extends Store {{ {FETCH} }}", 0),
        (f"class NotesStore {{ {FETCH} }}\nexport default NotesStore;", 0),
    ],
)
def test_what_has_a_method_fetch_is_a_worker_unless_it_is_a_class_of_the_app(text: str, routes: int) -> None:
    project = scan_files({"src/notes.js": text.encode(), "package.json": b"{}"}, RULES).project
    assert [route.framework for route in project.routes] == ["workers"] * routes
