"""What a function is handed by those who call it: a client, an agent, an object of the app. Where they do not agree nobody can tell."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

PACKAGE = '{"dependencies": {"express": "5", "openai": "5", "@langchain/langgraph": "1", "@langchain/openai": "1"}}'
ASK = "export async function ask(client, text) { return client.responses.create({ model: 'm', input: text }) }\n"
LATER = (
    "export const ask = async (client, text) => { const made = await client.responses.create({ model: 'm', input: text }); return made }\n"
)
GRAPH = """import { StateGraph, MessagesAnnotation, START } from "@langchain/langgraph"
const answer = async (state) => state
export const desk = async () => {
  const plan = new StateGraph(MessagesAnnotation).addNode("answer", answer).addEdge(START, "answer")
  return plan.compile()
}
"""


def effects(files: dict[str, str]) -> list[str]:
    routes = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return sorted({effect.kind.value for route in routes for effect in route.effects})


def of_javascript(ask: str, call: str, imports: str = "", **others: str) -> list[str]:
    """The effects of a route whose handler makes a call of what ``ask.js`` has."""
    main = (
        f"import express from 'express'\nimport OpenAI from 'openai'\nimport {{ ask }} from './ask'\n{imports}"
        f"const app = express()\nconst client = new OpenAI()\napp.post('/ask', async (req, res) => {{ res.json(await {call}) }})\n"
    )
    return effects({"package.json": PACKAGE, "ask.js": ask, "main.js": main} | {f"{name}.js": text for name, text in others.items()})


@pytest.mark.parametrize(
    ("ask", "call", "imports", "others", "expected"),
    [
        (ASK, "ask(client, req.body.text)", "", {}, ["paid-model-call"]),
        (LATER, "ask(client, req.body.text)", "", {}, ["paid-model-call"]),
        (ASK, "ask(new OpenAI(), req.body.text)", "", {}, ["paid-model-call"]),
        (
            "export async function ask(agent, text) { return agent.invoke({ messages: [text] }) }\n",
            "ask(await desk(), req.body.text)",
            "import { desk } from './desk'\n",
            {"desk": GRAPH},
            ["paid-model-call"],
        ),
        # an object of the app's own
        (
            "export async function ask(writer, text) { return writer.write(text) }\n",
            "ask(new Writer(), req.body.text)",
            "import { Writer } from './writer'\n",
            {"writer": "import OpenAI from 'openai'\nexport class Writer {\n  client = new OpenAI()\n  write(text) { return this.client.responses.create({ input: text }) }\n}\n"},
            ["paid-model-call"],
        ),
        # nobody can tell which of the two it is
        (ASK, "ask(client, req.body.text)", "import { store } from './store'\n", {"store": "import { ask } from './ask'\nimport { Ledger } from 'ledger'\nexport const store = () => ask(new Ledger(), 'x')\n"}, []),
        # nobody hands it anything
        (ASK, "ask.name", "", {}, []),
        (ASK, "ask(req.body.client, req.body.text)", "", {}, []),
    ],
)  # fmt: skip
def test_javascript(ask: str, call: str, imports: str, others: dict[str, str], expected: list[str]) -> None:
    assert of_javascript(ask, call, imports, **others) == expected


HANDED = "def ask(client, text):\n    return client.responses.create(model='m', input=text)\n"


@pytest.mark.parametrize(
    ("ask", "call", "expected"),
    [
        (HANDED, "ask(client, request.json['text'])", ["paid-model-call"]),
        (HANDED, "ask(text=request.json['text'], client=client)", ["paid-model-call"]),
        (HANDED.replace("client, text", "text, client=None"), "ask(request.json['text'], client)", ["paid-model-call"]),
        (HANDED, "ask(object(), request.json['text'])", []),
        (HANDED.replace("responses.create", "ledger.write"), "ask(client, request.json['text'])", []),
    ],
)
def test_python(ask: str, call: str, expected: list[str]) -> None:
    main = f"from flask import Flask, request\nfrom openai import OpenAI\nfrom desk import ask\n\napp = Flask(__name__)\nclient = OpenAI()\n\n\n@app.post('/ask')\ndef post():\n    return {call}\n"
    assert effects({"requirements.txt": "flask\nopenai\n", "desk.py": ask, "main.py": main}) == expected


def test_what_hands_on_what_it_was_handed() -> None:
    """A function that hands itself what it was handed ends in an answer: that nobody can tell."""
    one = "export async function ask(client, text) { return text ? ask(client, '') : client.responses.create({ input: text }) }\n"
    assert of_javascript(one, "ask(client, req.body.text)") == []
