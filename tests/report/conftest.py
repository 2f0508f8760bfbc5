"""One run to report, with everything in it that a report has to say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from batten.finding import Confidence, Finding, Note, NoteKind, Severity, Step
from batten.report import Accepted, Origin, Run
from batten.rules.page import Page
from batten.text import Place, Span

SOURCES = {
    "supabase/migrations/0001_init.sql": b"-- shop\ncreate table orders (\n  id uuid primary key,\n  email text\n);\n",
    "src/lib/client.ts": b"import { createClient } from '@supabase/supabase-js';\n\nexport const db = createClient(URL, KEY);\n",
    "api/chat.py": "from fastapi import FastAPI\n\napp = FastAPI()  # caf\u00e9\n\n@app.post('/chat')\ndef chat(): ...\n".encode(),
    ".env": b"# shared\nSERVICE_KEY=not-a-real-key-0123456789\nDEBUG=1\n",
}


def place(path: str, text: str) -> Place:
    start = SOURCES[path].index(text.encode())
    return Place(path, Span(start, start + len(text.encode())))


TABLE = place("supabase/migrations/0001_init.sql", "create table orders (\n  id uuid primary key,\n  email text\n);")
CLIENT = place("src/lib/client.ts", "createClient(URL, KEY)")
ROUTE = place("api/chat.py", "chat(): ...")
KEY = place(".env", "not-a-real-key-0123456789")


def page(name: str, severity: Severity, title: str, **more: object) -> Page:
    return structs.replace(
        Page(
            id=name,
            title=title,
            severity=severity,
            confidence=Confidence.HIGH,
            since="0.1.0",
            message="{name}",
            fact="table",
            cwe=(862,),
            owasp=("A01:2025",),
            summary=f"{title}, in a paragraph.",
            why="Anyone who opens the app gets the key,\nand with the key **all rows**.\n\nMore.",
            mend="```sql\nalter table x;\n```\n\nSwitch `row level security` on.",
            pack="supabase",
        ),
        **more,
    )


RULES = {
    rule.id: rule
    for rule in (
        page("table-without-rls", Severity.CRITICAL, "Table without row level security", aliases=("splinter:0013",)),
        page("route-without-auth", Severity.HIGH, "Route that anyone may call", cwe=(306,), why="", mend=""),
        page("secret-in-repository", Severity.MEDIUM, "Key in the repository", cwe=(798, 540), confidence=Confidence.MEDIUM),
    )
}

FINDINGS = (
    Finding(
        rule="secret-in-repository",
        message="the key SERVICE_KEY can be read by everyone who can read the repository",
        place=KEY,
        key="secret-in-repository||secret|acme|1f00",
        subject="secret|1f00",
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
    ),
    Finding(
        rule="route-without-auth",
        message="anyone can call POST /chat, which spends the owner's money",
        place=ROUTE,
        key="route-without-auth|api|route|POST /chat",
        subject="route|POST /chat",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        reason="the app has no accounts",
    ),
    Finding(
        rule="table-without-rls",
        message="table 'public.orders' can be read and written by anyone who has the public key",
        place=TABLE,
        key="table-without-rls||table|public.orders",
        subject="table|public.orders",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        trail=(Step(TABLE, "created here"), Step(CLIENT, "read by the browser here")),
        remedy="enable-rls",
    ),
)
ACCEPTED = Accepted(
    structs.replace(FINDINGS[2], key="table-without-rls||table|public.countries", place=CLIENT, trail=()),
    Origin.COMMENT,
    "a public lookup table",
)
NOTES = (
    Note(NoteKind.NOT_READ, "src/old.ts is not read: permission denied", Place("src/old.ts", Span(0, 0))),
    Note(NoteKind.NOT_UNDERSTOOD, "this statement is not understood", place("supabase/migrations/0001_init.sql", "email")),
    Note(NoteKind.SKIPPED, "1 lockfile is not read: package-lock.json"),
    Note(NoteKind.IGNORE, "this ignore of table-without-rls ignores nothing: remove it", CLIENT),
)


@pytest.fixture
def sample() -> Callable[..., Run]:
    """Makes the run, with some of it changed."""

    def make(**changes: object) -> Run:
        run = Run(
            root=Path("/shop"),
            findings=FINDINGS,
            rules=RULES,
            sources=SOURCES.__getitem__,
            accepted=(ACCEPTED,),
            notes=NOTES,
            files=4,
            seconds=0.25,
            hidden=2,
            secrets=(KEY,),
        )
        return structs.replace(run, **changes)

    return make
