"""Models that are asked by their address, in loops without a bound, and at servers that callers name."""

import pytest

from batten.rules import registry
from batten.scan import scan_files

_CHOICE, _UNCAPPED, _PROMPT, _ENDPOINT = (
    "caller-chosen-model",
    "uncapped-model-call",
    "untrusted-text-in-system-prompt",
    "caller-chosen-model-endpoint",
)


def _found(path: str, text: str, *asked: str) -> set[str]:
    found = scan_files({path: text.encode(), "package.json": b'{ "dependencies": { "express": "5.0.0" } }'}, registry.load()).findings
    return {finding.rule for finding in found} & {*asked}


_EXPRESS = """import axios from "axios";
import express from "express";
const app = express();
const BASE = "https://openrouter.ai/api/v1";
app.post("/chat", async (req, res) => {{
  const {{ model, topic, question }} = req.body;
  {}
  res.json(await r.json());
}});
"""


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('const r = await fetch(`${BASE}/chat/completions`, { method: "POST", body: JSON.stringify({ model: "m", messages: [] }) });', {_UNCAPPED}),
        ('const r = await fetch("https://api.anthropic.com/v1/messages", { body: JSON.stringify({ model: "m", max_tokens: 9, system: "On " + topic, messages: [] }) });', {_PROMPT}),
        ('const r = await axios.post("https://openrouter.ai/api/v1/chat/completions", { model, max_tokens: 9, messages: [] });', {_CHOICE}),
        ('const sent = { model: "m", max_tokens: 9, messages: [{ role: "system", content: `On ${topic}` }, ...req.body.messages] };\n  const r = await fetch(`${BASE}/chat/completions`, { body: JSON.stringify(sent) });', {_PROMPT}),
        ('const r = await fetch(`${BASE}/chat/completions`, { body: JSON.stringify({ model: "m", max_tokens: 9, messages: [{ role: "system", content: "On trees" }, { role: "user", content: question }] }) });', set()),
        ('const r = await fetch(`${BASE}/chat/completions`, { body: JSON.stringify({ model: "m", messages: [], ...LIMITS }) });', set()),
        ("const r = await fetch(`${BASE}/models`, { body: JSON.stringify({ model, messages: [] }) });", set()),
        ('const r = await fetch("https://notes.example.com/v1/chat/completions", { body: JSON.stringify({ model, messages: [] }) });', set()),
    ],
)  # fmt: skip
def test_what_is_sent_to_an_address_is_what_a_library_would_be_given(statement: str, expected: set[str]) -> None:
    assert _found("server.js", _EXPRESS.format(statement), _CHOICE, _UNCAPPED, _PROMPT) == expected


_LOOP = """from anthropic import Anthropic
from fastapi import FastAPI
app = FastAPI()
client = Anthropic()
@app.post("/work")
def work(task: str):
    messages, steps = [task], 0
    {}
"""
_ASK = 'answer = client.messages.create(model="m", max_tokens=5, tools=TOOLS, messages=messages)'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f'while True:\n        {_ASK}\n        if answer.stop_reason != "tool_use":\n            return answer', {_UNCAPPED}),
        (f'{_ASK}\n    while answer.stop_reason == "tool_use":\n        {_ASK}', {_UNCAPPED}),
        (f"while True:\n        {_ASK}\n        if len(calls(answer)) > 0:\n            continue\n        return answer", {_UNCAPPED}),
        (f"while True:\n        task = input()\n        while True:\n            {_ASK}", {_UNCAPPED}),
        (f"while True:\n        task = input()\n        {_ASK}", set()),
        (f"while True:\n        steps += 1\n        if steps >= 8:\n            return answer\n        {_ASK}", set()),
        (f"while steps < 8:\n        steps += 1\n        {_ASK}", set()),
        (f"while True:\n        for _ in range(8):\n            {_ASK}\n        return answer", set()),
        (f"for each in task:\n        {_ASK}", set()),
        ('while True:\n        client.messages.create(model="m", max_tokens=5, messages=messages)', set()),
    ],
)
def test_a_loop_that_only_the_model_ends_has_no_bound(body: str, expected: set[str]) -> None:
    assert _found("app.py", _LOOP.format(body), _UNCAPPED) == expected


_SERVER = """import ipaddress, os, socket
from urllib.parse import urlparse
from fastapi import FastAPI, HTTPException
from openai import OpenAI
app = FastAPI()
HOSTS = ("api.openai.com", "api.groq.com")
@app.post("/ask")
def ask(url: str):
    {}
    return OpenAI(api_key=os.environ["OPENAI_API_KEY"], base_url=url).models.list()
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if urlparse(url).hostname not in HOSTS:\n        raise HTTPException(400)", set()),
        ("url = f'https://gateway.example.com/{url}/v1'", set()),
        # The key goes to whoever has a server that the whole world may ask.
        (
            "if ipaddress.ip_address(socket.gethostbyname(urlparse(url).hostname)).is_private:\n        raise HTTPException(400)",
            {_ENDPOINT},
        ),
        ("if urlparse(url).scheme != 'https':\n        raise HTTPException(400)", {_ENDPOINT}),
        ("if not url.startswith('https://api.openai.com'):\n        raise HTTPException(400)", {_ENDPOINT}),
    ],
)
def test_the_key_goes_where_a_list_says_or_anywhere(body: str, expected: set[str]) -> None:
    assert _found("app.py", _SERVER.format(body), _ENDPOINT) == expected
