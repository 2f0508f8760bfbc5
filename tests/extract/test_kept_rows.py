"""Rows that a class keeps in memory: what its methods ask of them."""

import kept_rows
import pytest

from batten.code.lower_javascript import lower

FIELDS = "private notes: Map<number, Note> = new Map(); private loans: Loan[] = []; private users: Record<string, User> = {}; private sessionCache = new Map(); "


def asked(body: str, name: str = "MemStorage") -> list[tuple[str, list[str]]]:
    source = f"class {name} {{ {FIELDS} work(id, userId, row) {{ {body} }} }}"
    return kept_rows.asked(lower(source.encode(), "storage.ts"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return this.notes.get(id)", [("notes.findUnique", ["0.where.id"])]),
        ("return Array.from(this.notes.values())", [("notes.findMany", [])]),
        ("return [...this.notes.values()].filter((n) => n.userId === userId).sort(byDate)", [("notes.findMany", ["0.where.userId"])]),
        ("return Array.from(this.notes.values()).find((n) => n.slug === id)", [("notes.findUnique", ["0.where.slug"])]),
        ("this.notes.set(this.next++, row)", [("notes.create", ["0.data"])]),
        (
            "const old = this.notes.get(id); this.notes.set(id, { ...old, ...row })",
            [("notes.findUnique", ["0.where.id"]), ("notes.update", ["0.where.id", "0.data"])],
        ),
        ("return this.notes.delete(id)", [("notes.delete", ["0.where.id"])]),
        ("return this.loans", [("loans.findMany", [])]),
        ("return this.loans.find((l) => l.id === id)", [("loans.findUnique", ["0.where.id"])]),
        ("this.loans.push(row)", [("loans.create", ["0.data"])]),
        ("this.loans = this.loans.filter((l) => l.id !== id)", [("loans.delete", ["0.where.id"])]),
        (
            "const at = this.loans.findIndex((l) => l.id === id); this.loans.splice(at, 1)",
            [("loans.findUnique", ["0.where.id"]), ("loans.delete", ["0.where.id"])],
        ),
        (
            "const at = this.loans.findIndex((l) => l.id === id); this.loans[at] = row",
            [("loans.findUnique", ["0.where.id"]), ("loans.update", ["0.where.id"])],
        ),
        ("return this.users[id]", [("users.findUnique", ["0.where.id"])]),
        ("this.users[id] = row", [("users.update", ["0.where.id"])]),
        ("delete this.users[id]", [("users.delete", ["0.where.id"])]),
        ("return this.sessionCache.get(id)", []),
        ("return this.others.get(id)", []),
    ],
)
def test_rows_in_memory(body: str, expected: list[tuple[str, list[str]]]) -> None:
    assert asked(body) == expected


def test_only_classes_that_are_called_like_stores_keep_rows() -> None:
    for name in ("MemStorage", "NoteRepository", "NotesService", "InMemoryDatabase", "UserStore"):
        assert asked("return this.notes.get(id)", name) == [("notes.findUnique", ["0.where.id"])]
    for name in ("GameRoom", "Emitter", "RateLimiter", "Parser"):
        assert asked("return this.notes.get(id)", name) == []
