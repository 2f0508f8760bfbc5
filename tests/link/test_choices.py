"""Calls of what is chosen while the app runs: by a factory, from a table, into a field. All that they may be counts, and nothing else."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

PYTHON = """import os
from abc import ABC, abstractmethod
from openai import OpenAI


class Writer(ABC):
    @abstractmethod
    def write(self, text):
        pass


class Fixed(Writer):
    def write(self, text):
        return "always: " + text.upper()


class Paid(Writer):
    def __init__(self):
        self.client = OpenAI()

    def write(self, text):
        return self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])

    def price(self):
        return "nothing".upper()


class Plain(Writer):
    def write(self, text):
        return text.strip()


"""
TYPESCRIPT = """import OpenAI from "openai";

export interface Writer { write(text: string): Promise<unknown> }

export class Fixed implements Writer {
  async write(text: string) { return "always: " + text.trim(); }
}

export class Paid implements Writer {
  private client = new OpenAI();
  async write(text: string) { return this.client.chat.completions.create({ model: "m", messages: [{ role: "user", content: text }] }); }
  async price() { return "nothing".trim(); }
}

"""


def effects(files: dict[str, str]) -> list[str]:
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return sorted({effect.kind.value for route in found for effect in route.effects})


def of_python(writers: str, call: str) -> list[str]:
    """The effects of a route that makes a call of what another module has."""
    main = (
        f"from flask import Flask, request\nimport writers\n\napp = Flask(__name__)\n\n\n@app.post('/ask')\ndef ask():\n    return {call}\n"
    )
    return effects({"requirements.txt": "flask\nopenai\n", "writers.py": PYTHON + writers, "main.py": main})


def of_typescript(writers: str, call: str) -> list[str]:
    main = f"import express from 'express';\nimport * as writers from './writers';\nconst app = express();\napp.post('/ask', async (req, res) => {{ res.json(await {call}); }});\n"
    return effects({"package.json": '{"dependencies":{"express":"5","openai":"5"}}', "writers.ts": TYPESCRIPT + writers, "main.ts": main})


BY_TEST = "def chosen(name):\n    if name == 'fixed':\n        return Fixed()\n    elif name == 'paid':\n        return Paid()\n    return Plain()\n"
BY_TABLE = "WRITERS = {'fixed': Fixed, 'paid': Paid}\n\n\ndef chosen(name):\n    if name not in WRITERS:\n        raise ValueError(name)\n    return WRITERS[name]()\n"
OF_OBJECTS = "WRITERS = {'fixed': Fixed(), 'paid': Paid()}\n\n\ndef chosen(name):\n    return WRITERS.get(name)\n"
FACTORY = "class Factory:\n    @staticmethod\n    def create(name) -> Writer:\n        if name == 'fixed':\n            return Fixed()\n        return Paid()\n"
FILLED = """class Registry:
    def __init__(self):
        self.writers = {}
        self.writers["fixed"] = Fixed()
        self.writers["paid"] = Paid()

    def get(self, name):
        return self.writers[name]


registry = Registry()
"""
FIELD = """class Desk:
    def __init__(self, name="fixed"):
        if name == "fixed":
            self.writer = Fixed()
        else:
            self.writer = Paid()

    def ask(self, text):
        return self.writer.write(text)

    def close(self):
        return self.writer.price()


desk = Desk()
"""


@pytest.mark.parametrize(
    ("writers", "call", "expected"),
    [
        (BY_TEST, "writers.chosen(request.json['by']).write(request.json['text'])", ["paid-model-call"]),
        (BY_TABLE, "writers.chosen(request.json['by']).write(request.json['text'])", ["paid-model-call"]),
        (OF_OBJECTS, "writers.chosen(request.json['by']).write(request.json['text'])", ["paid-model-call"]),
        (BY_TABLE, "writers.WRITERS[request.json['by']]().write(request.json['text'])", ["paid-model-call"]),
        (FACTORY, "writers.Factory.create(request.json['by']).write(request.json['text'])", ["paid-model-call"]),
        (FILLED, "writers.registry.get(request.json['by']).write(request.json['text'])", ["paid-model-call"]),
        (FIELD, "writers.desk.ask(request.json['text'])", ["paid-model-call"]),
        # what is asked of them spends nothing
        (BY_TEST, "writers.chosen(request.json['by']).price()", []),
        (FIELD, "writers.desk.close()", []),
        # no choice: it is one of them for sure
        (BY_TEST, "writers.Fixed().write(request.json['text'])", []),
        (BY_TABLE, "writers.WRITERS['fixed']().write(request.json['text'])", []),
        ("def chosen(name):\n    if name:\n        return Fixed()\n    return Plain()\n", "writers.chosen(1).write(request.json['text'])", []),
    ],
)  # fmt: skip
def test_python(writers: str, call: str, expected: list[str]) -> None:
    assert of_python(writers, call) == expected


SWITCH = "export function chosen(name: string): Writer {\n  switch (name) {\n    case 'fixed': return new Fixed();\n    default: return new Paid();\n  }\n}\n"
OBJECTS = "const table: Record<string, Writer> = { fixed: new Fixed(), paid: new Paid() };\nexport const chosen = (name: string): Writer => table[name] ?? table.fixed;\n"
CLASSES = "const table = { fixed: Fixed, paid: Paid };\nexport function chosen(name: keyof typeof table): Writer { const Chosen = table[name]; return new Chosen(); }\n"
JS_FIELD = "class Desk {\n  private writer: Writer;\n  constructor(name = 'fixed') { this.writer = name === 'fixed' ? new Fixed() : new Paid(); }\n  ask(text: string) { return this.writer.write(text); }\n}\nexport const desk = new Desk();\n"
FUNCTIONS = "const client = new OpenAI();\nasync function paid(text: string) { return client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: text }] }); }\nasync function fixed(text: string) { return text; }\nconst table: Record<string, (text: string) => Promise<unknown>> = { fixed, paid };\nexport async function answer(name: string, text: string) { const handler = table[name]; return handler(text); }\n"


@pytest.mark.parametrize(
    ("writers", "call", "expected"),
    [
        (SWITCH, "writers.chosen(req.body.by).write(req.body.text)", ["paid-model-call"]),
        (OBJECTS, "writers.chosen(req.body.by).write(req.body.text)", ["paid-model-call"]),
        (CLASSES, "writers.chosen(req.body.by).write(req.body.text)", ["paid-model-call"]),
        (JS_FIELD, "writers.desk.ask(req.body.text)", ["paid-model-call"]),
        (FUNCTIONS, "writers.answer(req.body.by, req.body.text)", ["paid-model-call"]),
        (SWITCH, "writers.chosen(req.body.by).price()", []),
        (SWITCH, "new writers.Fixed().write(req.body.text)", []),
    ],
)
def test_typescript(writers: str, call: str, expected: list[str]) -> None:
    assert of_typescript(writers, call) == expected


def test_too_many_choices_are_none() -> None:
    """What may be any of a dozen says nothing of what one call does."""
    several = "".join(
        f"class Heir{number}(Writer):\n    def write(self, text):\n        return Paid().write(text)\n\n\n" for number in range(14)
    )
    table = "TABLE = {" + ", ".join(f"'{number}': Heir{number}" for number in range(14)) + "}\n"
    assert of_python(several + table, "writers.TABLE[request.json['by']]().write(request.json['text'])") == []


def test_which_heir_it_is_nobody_can_tell() -> None:
    typed = "def compose(writer: Writer, text):\n    return writer.write(text)\n"
    assert of_python(typed, "writers.compose(writers.Fixed(), request.json['text'])") == []


def test_circles_end() -> None:
    circle = "def one(name):\n    if name:\n        return two(name)\n    return Fixed()\n\n\ndef two(name):\n    if name:\n        return one(name)\n    return Plain()\n"
    assert of_python(circle, "writers.one(1).write(request.json['text'])") == []
