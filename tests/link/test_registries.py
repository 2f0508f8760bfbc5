"""What is called out of a table, by a name that is settled while the app runs: any of the functions that are put into it, and no other."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

EXPRESS = 'import express from "express";\nconst app = express();\napp.use(express.json());\n'
FLASK = "from flask import Flask, request\n\napp = Flask(__name__)\n"


def flows(files: dict[str, str]) -> list[tuple[str, str, str, int]]:
    """What flows where, with the function and the line."""
    texts = {path: text.encode() for path, text in files.items()}
    found = scan_files(texts, RULES).project.flows
    return sorted(
        (flow.kind, flow.source, flow.function, texts[flow.place.path].count(b"\n", 0, flow.place.span.start) + 1) for flow in found
    )


TABLES_OF_PYTHON = {
    "a record": ("TOOLS = {'run': run}", "TOOLS[name](given)"),
    "a record, by get": ("TOOLS = {'run': run}", "chosen = TOOLS.get(name)\n    chosen(given)"),
    "made of pairs": ("TOOLS = dict([('run', run)])", "TOOLS[name](given)"),
    "records in a record": ("TOOLS = {'run': {'function': run, 'about': 'runs'}}", "TOOLS[name]['function'](given)"),
    "a record within another": ("KIT = {'tools': {'run': run}}", "KIT['tools'][name](given)"),
    "filled by key": ("TOOLS = {}\nTOOLS['run'] = run", "TOOLS[name](given)"),
    "filled by a function": ("TOOLS = {}\ndef register(name, made):\n    TOOLS[name] = made\nregister('run', run)", "TOOLS[name](given)"),
    "filled by a decorator": (
        "TOOLS = {}\ndef tool(made):\n    TOOLS[made.__name__] = made\n    return made\nrun = tool(run)",
        "TOOLS[name](given)",
    ),
    "given by a function": ("def tools():\n    return {'run': run}\nTOOLS = tools()", "TOOLS[name](given)"),
    "the next of a list": (
        "TOOLS = [{'name': 'run', 'function': run}]",
        "next(each for each in TOOLS if each['name'] == name)['function'](given)",
    ),
    "a record of the function": ("", "tools = {'run': run}\n    tools[name](given)"),
    "a record of the function, kept first": ("", "tools = {'run': run, 'no': print}\n    chosen = tools.get(name)\n    chosen(given)"),
    "an object that holds them": (
        "class Kit:\n    def __init__(self):\n        self.tools = {}\n    def add(self, name, made):\n        self.tools[name] = made\n    def call(self, name, given):\n        return self.tools[name](given)\nkit = Kit()\nkit.add('run', run)",
        "kit.call(name, given)",
    ),
}


@pytest.mark.parametrize("way", TABLES_OF_PYTHON)
def test_tables_of_python(way: str) -> None:
    table, call = TABLES_OF_PYTHON[way]
    text = f"{FLASK}\n\ndef run(text):\n    eval(text)\n\n\n{table}\n\n\n@app.post('/run')\ndef handler():\n    name, given = request.json['name'], request.json['given']\n    {call}\n    return {{}}\n"
    assert flows({"app.py": text}) == [("code", "request", "run", 7)]


TABLES_OF_JAVASCRIPT = {
    "a record": ("const tools = { run };", "tools[name](given)"),
    "a record, kept first": ("const tools = { run };", "const chosen = tools[name]; chosen(given)"),
    "a map of pairs": ("const tools = new Map([['run', run]]);", "const chosen = tools.get(name); if (chosen) chosen(given)"),
    "a map that is filled": ("const tools = new Map(); tools.set('run', run);", "tools.get(name)(given)"),
    "a list": ("const tools = [{ name: 'run', execute: run }];", "tools.find((each) => each.name === name)?.execute(given)"),
    "a list that is gone through": (
        "const tools = [{ name: 'run', execute: run }];",
        "for (const each of tools) if (each.name === name) each.execute(given)",
    ),
    "a record of the function": ("function no() {}", "const tools = { run, no }; tools[name](given)"),
    "objects in a field": (
        "class Runs { run(text) { return run(text); } } class Kit { constructor() { this.tools = {}; this.add(new Runs()); } add(made) { this.tools[made.name] = made; } call(name, given) { return this.tools[name].run(given); } } const kit = new Kit();",
        "kit.call(name, given)",
    ),
    "records spread into one": ("const some = { run }; const tools = { ...some };", "tools[name](given)"),
    "given by a function": ("function made() { return { run }; } const tools = made();", "tools[name](given)"),
    "an object that holds them": (
        "class Kit { constructor() { this.tools = new Map(); this.add('run', run); } add(name, made) { this.tools.set(name, made); } call(name, given) { const chosen = this.tools.get(name); return chosen(given); } } const kit = new Kit();",
        "kit.call(name, given)",
    ),
}


@pytest.mark.parametrize("way", TABLES_OF_JAVASCRIPT)
def test_tables_of_javascript(way: str) -> None:
    table, call = TABLES_OF_JAVASCRIPT[way]
    text = f'{EXPRESS}function run(text) {{\n  eval(text);\n}}\n{table}\napp.post("/run", (req, res) => {{ const {{ name, given }} = req.body; {call}; res.json({{}}); }});\n'
    assert flows({"server.js": text}) == [("code", "request", "run", 5)]


def test_what_another_table_holds_is_not_called() -> None:
    text = f"{FLASK}\n\ndef run(text):\n    eval(text)\n\n\ndef say(text):\n    return text\n\n\nOWN = {{'run': run}}\nTOOLS = {{'say': say}}\n\n\n@app.post('/run')\ndef handler():\n    TOOLS[request.json['name']](request.json['given'])\n    return {{}}\n"
    assert flows({"app.py": text}) == []


def test_what_is_only_taken_out_is_not_called() -> None:
    text = f"{FLASK}\n\ndef run(text):\n    eval(text)\n\n\nTOOLS = {{'run': run}}\n\n\n@app.post('/run')\ndef handler():\n    return {{'known': TOOLS.get(request.json['name']) is not None}}\n"
    assert flows({"app.py": text}) == []


ANSWERS = {
    "OpenAI": ("import OpenAI from 'openai'; const client = new OpenAI();", "const made = await client.chat.completions.create({ model: 'm' }); const given = JSON.parse(made.choices[0].message.tool_calls[0].function.arguments);"),
    "Anthropic": ("import Anthropic from '@anthropic-ai/sdk'; const client = new Anthropic();", "const made = await client.messages.create({ model: 'm', max_tokens: 9 }); const given = made.content.find((each) => each.type === 'tool_use').input;"),
}  # fmt: skip


@pytest.mark.parametrize("provider", ANSWERS)
def test_arguments_of_tools_are_what_a_model_chooses(provider: str) -> None:
    made, asked = ANSWERS[provider]
    text = f'{made}\nimport {{ readFileSync }} from "fs";\nconst tools = {{ read: ({{ path }}) => readFileSync(path) }};\nexport async function ask(name) {{ {asked} return tools[name](given); }}\n'
    assert flows({"agent.js": text}) == [("path", "tool-input", "tools.read", 3)]


def test_a_route_reaches_what_a_table_of_its_own_holds() -> None:
    asks = "".join(
        f"async function {name}(text) {{ return client.responses.create({{ model: '{name}', input: text }}); }}\n"
        for name in ("short", "long")
    )
    text = f"{EXPRESS}import OpenAI from 'openai';\nconst client = new OpenAI();\n{asks}app.post('/ask', async (req, res) => {{ const models = {{ short, long }}; res.json(await models[req.body.model](req.body.text)); }});\n"
    found = scan_files({"server.js": text.encode()}, RULES)
    assert [each.rule for each in found.findings if each.rule == "unauthenticated-llm-route"] == ["unauthenticated-llm-route"]


def test_a_list_of_tools_that_a_server_is_given_one_by_one() -> None:
    text = """import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
const server = new McpServer({ name: "runs", version: "1" });
const TOOLS = [{ name: "run", handler: async ({ text }) => eval(text) }];
for (const each of TOOLS) server.tool(each.name, {}, each.handler);
"""
    assert flows({"server.js": text}) == [("code", "tool-input", "TOOLS.@1", 3)]


def test_a_route_reaches_what_a_table_holds() -> None:
    models = "".join(
        f"  m{number}: async (text) => client.responses.create({{ model: 'm{number}', input: text }}),\n" for number in range(12)
    )
    text = f"{EXPRESS}import OpenAI from 'openai';\nconst client = new OpenAI();\nconst models = {{\n{models}}};\napp.post('/ask', async (req, res) => res.json(await models[req.body.model](req.body.text)));\n"
    found = scan_files({"server.js": text.encode()}, RULES)
    assert [each.rule for each in found.findings if each.rule == "unauthenticated-llm-route"] == ["unauthenticated-llm-route"]


def test_a_conversation_that_a_helper_goes_on_with() -> None:
    text = """import { GoogleGenAI } from "@google/genai";
import { execSync } from "child_process";
const models = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
async function go(talk, message) { return await talk.sendMessage({ message }); }
export async function ask(question) {
  const talk = models.chats.create({ model: "gemini-2.5-flash" });
  const made = await go(talk, question);
  for (const call of made.functionCalls ?? []) execSync(call.args.command);
  return made.text;
}
"""
    assert flows({"agent.js": text}) == [("command", "tool-input", "ask", 8)]
