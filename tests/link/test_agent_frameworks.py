"""What frameworks of agents make of an app: a route that runs one spends on a model, and what tools are called with is chosen by a model."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from own_rules import RULES

from batten.scan import scan_files

FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
EXPRESS = 'import express from "express";\n\nconst app = express();\napp.use(express.json());\n'


def found(files: dict[str, str], *rules: str) -> list[tuple[str, int]]:
    """The findings of some rules, with the lines they are told at."""
    texts = {path: text.encode() for path, text in files.items()}
    findings = scan_files(texts, RULES).findings
    return sorted((each.rule, texts[each.place.path].count(b"\n", 0, each.place.span.start) + 1) for each in findings if each.rule in rules)


SPENDING = {
    "langchain model": ("from langchain_openai import ChatOpenAI\nmodel = ChatOpenAI(model='gpt-5-mini')", "model.invoke(question)"),
    "langchain init": (
        "from langchain.chat_models import init_chat_model\nmodel = init_chat_model('gpt-5-mini')",
        "model.invoke(question)",
    ),
    "langchain chain": (
        "from langchain_core.prompts import ChatPromptTemplate\nfrom langchain_anthropic import ChatAnthropic\nchain = ChatPromptTemplate.from_template('{q}') | ChatAnthropic(model='claude')",
        "chain.invoke({'q': question})",
    ),
    "langchain chain with a parser": (
        "from langchain_core.output_parsers import StrOutputParser\nfrom langchain_core.prompts import ChatPromptTemplate\nfrom langchain_openai import ChatOpenAI\nchain = {'q': lambda given: given} | ChatPromptTemplate.from_template('{q}') | ChatOpenAI() | StrOutputParser()",
        "await chain.ainvoke(question)",
    ),
    "langchain agent": (
        "from langchain.agents import create_agent\nagent = create_agent('openai:gpt-5', tools=[])",
        "agent.invoke({'messages': [('user', question)]})",
    ),
    "langgraph": (
        "from langgraph.prebuilt import create_react_agent\nagent = create_react_agent('openai:gpt-5', tools=[])",
        "await agent.ainvoke({'messages': question})",
    ),
    "langgraph graph": (
        "from langchain_openai import ChatOpenAI\nfrom langgraph.graph import StateGraph\ngraph = StateGraph(dict)\ngraph.add_node('model', lambda state: ChatOpenAI().invoke(state['q']))\nbuilt = graph.compile()",
        "built.invoke({'q': question})",
    ),
    "llamaindex engine": (
        "from llama_index.core import SimpleDirectoryReader, VectorStoreIndex\nindex = VectorStoreIndex.from_documents(SimpleDirectoryReader('data').load_data())\nengine = index.as_query_engine()",
        "engine.query(question)",
    ),
    "llamaindex chat": ("from llama_index.llms.openai import OpenAI\nllm = OpenAI(model='gpt-5-mini')", "llm.complete(question)"),
    "llamaindex agent": (
        "from llama_index.core.agent.workflow import FunctionAgent\nfrom llama_index.llms.openai import OpenAI\nagent = FunctionAgent(tools=[], llm=OpenAI(model='gpt-5'))",
        "await agent.run(question)",
    ),
    "openai agents": ("from agents import Agent, Runner\nagent = Agent(name='helper')", "await Runner.run(agent, question)"),
    "openai agents in steps": (
        "from agents import Agent, Runner\nagent = Agent(name='helper')",
        "Runner.run_streamed(agent, input=question)",
    ),
    "crewai": (
        "from crewai import Agent, Crew, Task\nwriter = Agent(role='writer', goal='', backstory='')\ncrew = Crew(agents=[writer], tasks=[Task(description='{q}', expected_output='', agent=writer)])",
        "crew.kickoff(inputs={'q': question})",
    ),
    "pydantic-ai": ("from pydantic_ai import Agent\nagent = Agent('openai:gpt-5')", "await agent.run(question)"),
    "pydantic-ai stream": ("from pydantic_ai import Agent\nagent = Agent('openai:gpt-5')", "agent.run_sync(question)"),
    "claude agent sdk": (
        "from claude_agent_sdk import ClaudeAgentOptions, query\noptions = ClaudeAgentOptions(max_turns=1)",
        "[message async for message in query(prompt=question, options=options)]",
    ),
    "claude agent sdk client": (
        "from claude_agent_sdk import ClaudeSDKClient\nclient = ClaudeSDKClient()",
        "await client.query(question)",
    ),
    "smolagents": (
        "from smolagents import InferenceClientModel, ToolCallingAgent\nagent = ToolCallingAgent(tools=[], model=InferenceClientModel())",
        "agent.run(question)",
    ),
    "autogen": (
        "from autogen_agentchat.agents import AssistantAgent\nfrom autogen_ext.models.openai import OpenAIChatCompletionClient\nagent = AssistantAgent('a', model_client=OpenAIChatCompletionClient(model='gpt-5'))",
        "await agent.run(task=question)",
    ),
}


@pytest.mark.parametrize("name", SPENDING)
def test_a_route_that_runs_an_agent_spends_on_a_model(name: str) -> None:
    made, call = SPENDING[name]
    text = f"{FASTAPI}{made}\n\n\n@app.post('/ask')\nasync def ask(question: str):\n    return {call}\n"
    line = text[: text.index("@app.post")].count("\n") + 1
    assert found({"main.py": text}, "unauthenticated-llm-route") == [("unauthenticated-llm-route", line)]


@pytest.mark.parametrize(
    ("made", "call"),
    [
        ("from langchain_ollama import ChatOllama\nmodel = ChatOllama(model='small')", "model.invoke(question)"),
        (
            "from langchain_core.prompts import ChatPromptTemplate\nfrom langchain_ollama import ChatOllama\nchain = ChatPromptTemplate.from_template('{q}') | ChatOllama(model='small')",
            "chain.invoke({'q': question})",
        ),
        ("from agents import Agent\nagent = Agent(name='helper')", "agent.name"),
        ("from pydantic import BaseModel\nEither = BaseModel | None", "Either"),
    ],
)
def test_models_of_the_machine_itself_and_agents_that_are_not_run_spend_nothing(made: str, call: str) -> None:
    text = f"{FASTAPI}{made}\n\n\n@app.post('/ask')\nasync def ask(question: str):\n    return {call}\n"
    assert found({"main.py": text}, "unauthenticated-llm-route") == []


SPENDING_IN_TYPESCRIPT = {
    "langchain": ('import { ChatOpenAI } from "@langchain/openai";\nconst model = new ChatOpenAI({ model: "gpt-5" });', "await model.invoke(req.body.question)"),
    "langchain agent": ('import { createAgent } from "langchain";\nconst agent = createAgent({ model: "openai:gpt-5", tools: [] });', "await agent.invoke({ messages: req.body.question })"),
    "langgraph": (
        'import { createReactAgent } from "@langchain/langgraph/prebuilt";\nimport { ChatOpenAI } from "@langchain/openai";\nconst agent = createReactAgent({ llm: new ChatOpenAI(), tools: [] });',
        "await agent.invoke({ messages: req.body.question })",
    ),
    "llamaindex": (
        'import { VectorStoreIndex } from "llamaindex";\nconst index = await VectorStoreIndex.fromDocuments([]);\nconst engine = index.asQueryEngine();',
        "await engine.query({ query: req.body.question })",
    ),
    "openai agents": ('import { Agent, run } from "@openai/agents";\nconst agent = new Agent({ name: "helper" });', "await run(agent, req.body.question)"),
    "claude agent sdk": ('import { query } from "@anthropic-ai/claude-agent-sdk";', "query({ prompt: req.body.question, options: { maxTurns: 1 } })"),
    "ai sdk": ('import { generateText } from "ai";\nimport { openai } from "@ai-sdk/openai";', 'await generateText({ model: openai("gpt-5"), prompt: req.body.question })'),
    "ai sdk agent": (
        'import { ToolLoopAgent } from "ai";\nconst agent = new ToolLoopAgent({ model: "openai/gpt-5", tools: {} });',
        "await agent.generate({ prompt: req.body.question })",
    ),
    "mastra": ('import { Agent } from "@mastra/core/agent";\nconst agent = new Agent({ name: "a", model: "openai/gpt-5" });', "await agent.generate(req.body.question)"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPENDING_IN_TYPESCRIPT)
def test_a_route_in_typescript_that_runs_an_agent_spends_on_a_model(name: str) -> None:
    made, call = SPENDING_IN_TYPESCRIPT[name]
    text = f'{EXPRESS}{made}\n\napp.post("/ask", async (req, res) => {{\n  const answer = {call};\n  res.json({{ answer }});\n}});\napp.listen(1);\n'
    line = text[: text.index("app.post")].count("\n") + 1
    assert found({"package.json": '{ "dependencies": { "express": "5" } }', "server.ts": text}, "unauthenticated-llm-route") == [
        ("unauthenticated-llm-route", line)
    ]


BODY = "    with open(name) as file:\n        return file.read()\n"
TOOLS = {
    "langchain": "from langchain_core.tools import tool\n\n\n@tool\ndef read(name: str) -> str:\n",
    "langchain with a name": "from langchain.tools import tool\n\n\n@tool('read', return_direct=True)\ndef read(name: str) -> str:\n",
    "openai agents": "from agents import function_tool\n\n\n@function_tool\ndef read(name: str) -> str:\n",
    "openai agents with a name": "from agents import function_tool\n\n\n@function_tool(name_override='read')\nasync def read(name: str) -> str:\n",
    "crewai": "from crewai.tools import tool\n\n\n@tool('Read a file')\ndef read(name: str) -> str:\n",
    "pydantic-ai": "from pydantic_ai import Agent, RunContext\n\nagent = Agent('openai:gpt-5')\n\n\n@agent.tool\ndef read(ctx: RunContext[str], name: str) -> str:\n",
    "pydantic-ai plain": "from pydantic_ai import Agent\n\nagent = Agent('openai:gpt-5')\n\n\n@agent.tool_plain\ndef read(name: str) -> str:\n",
    "mcp": "from mcp.server.fastmcp import FastMCP\n\nserver = FastMCP('files')\n\n\n@server.tool()\ndef read(name: str) -> str:\n",
    "fastmcp": "from fastmcp import FastMCP\n\nserver = FastMCP('files')\n\n\n@server.tool\ndef read(name: str) -> str:\n",
    "smolagents": "from smolagents import tool\n\n\n@tool\ndef read(name: str) -> str:\n",
}
AFTER = {
    "langchain made": ("from langchain_core.tools import StructuredTool\n\n\ndef read(name: str) -> str:\n", "\n\ntools = [StructuredTool.from_function(read)]\n"),
    "langchain tool of a function": ("from langchain_core.tools import Tool\n\n\ndef read(name: str) -> str:\n", "\n\ntools = [Tool(name='read', func=read, description='')]\n"),
    "llamaindex": ("from llama_index.core.tools import FunctionTool\n\n\ndef read(name: str) -> str:\n", "\n\ntools = [FunctionTool.from_defaults(fn=read)]\n"),
    "llamaindex agent": (
        "from llama_index.core.agent.workflow import FunctionAgent\n\n\ndef read(name: str) -> str:\n",
        "\n\nagent = FunctionAgent(tools=[read], llm=None)\n",
    ),
    "langchain agent": ("from langchain.agents import create_agent\n\n\ndef read(name: str) -> str:\n", "\n\nagent = create_agent('openai:gpt-5', tools=[read])\n"),
    "pydantic-ai agent": ("from pydantic_ai import Agent\n\n\ndef read(name: str) -> str:\n", "\n\nagent = Agent('openai:gpt-5', tools=[read])\n"),
    "langgraph agent": ("from langgraph.prebuilt import create_react_agent\n\n\ndef read(name: str) -> str:\n", "\n\nagent = create_react_agent('openai:gpt-5', [read])\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", [*TOOLS, *AFTER])
def test_models_choose_what_tools_are_called_with(name: str) -> None:
    before, after = AFTER[name] if name in AFTER else (TOOLS[name], "")
    text = f"{before}{BODY}{after}"
    line = text[: text.index("    with open")].count("\n") + 1
    assert found({"tools.py": text}, "unrestricted-agent-tool", "path-traversal") == [("unrestricted-agent-tool", line)]


INPUT = {
    "claude agent sdk": (
        "from claude_agent_sdk import tool\n\n\n@tool('read', 'Read a file', {'name': str})\nasync def read(args):\n    name = args['name']\n" + BODY
    ),
    "crewai class": (
        "from crewai.tools import BaseTool\n\n\nclass Read(BaseTool):\n    name: str = 'read'\n    description: str = ''\n\n    def _run(self, name: str) -> str:\n"
        "        with open(name) as file:\n            return file.read()\n"
    ),
    "langchain class": (
        "from langchain_core.tools import BaseTool\n\n\nclass Read(BaseTool):\n    name: str = 'read'\n    description: str = ''\n\n    def _run(self, name: str) -> str:\n"
        "        with open(name) as file:\n            return file.read()\n"
    ),
    "smolagents class": (
        "from smolagents import Tool\n\n\nclass Read(Tool):\n    name = 'read'\n\n    def forward(self, name: str) -> str:\n"
        "        with open(name) as file:\n            return file.read()\n"
    ),
    "mcp low level": (
        "from mcp.server import Server\n\nserver = Server('files')\n\n\n@server.call_tool()\nasync def call(tool: str, arguments: dict):\n    name = arguments['name']\n" + BODY
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        f"def read(name: str) -> str:\n{BODY}\n\ntools = [read]\n",
        f"from langchain.agents import create_agent\n\n\ndef read(name: str) -> str:\n{BODY}\n\nagent = create_agent('openai:gpt-5', tools=[])\n",
        "from langchain_core.tools import BaseTool\n\n\nclass Read(BaseTool):\n    name: str = 'read'\n\n    def load(self, name: str) -> str:\n        return open(name).read()\n",
        f"from pydantic_ai import Agent\n\nagent = Agent('openai:gpt-5')\n\n\n@agent.tool_plain\ndef read(name: int) -> str:\n{BODY}",
    ],
)
def test_what_no_model_calls(text: str) -> None:
    assert found({"tools.py": text}, "unrestricted-agent-tool") == []


@pytest.mark.parametrize("name", INPUT)
def test_models_choose_what_tools_get_in_one_record_or_as_classes(name: str) -> None:
    text = INPUT[name]
    line = text[: text.index("with open")].count("\n") + 1
    assert found({"tools.py": text}, "unrestricted-agent-tool", "path-traversal") == [("unrestricted-agent-tool", line)]


READ = "await readFile(path, 'utf8')"
TOOLS_IN_TYPESCRIPT = {
    "langchain": f'import {{ tool }} from "@langchain/core/tools";\nexport const read = tool(async ({{ path }}) => {{\n  return {READ};\n}}, {{ name: "read" }});\n',
    "openai agents": f'import {{ tool }} from "@openai/agents";\nexport const read = tool({{ name: "read", parameters: {{}}, execute: async ({{ path }}) => {{\n  return {READ};\n}} }});\n',
    "claude agent sdk": f'import {{ tool }} from "@anthropic-ai/claude-agent-sdk";\nexport const read = tool("read", "", {{}}, async ({{ path }}) => {{\n  return {{ content: [{{ type: "text", text: {READ} }}] }};\n}});\n',
    "mcp": f'import {{ McpServer }} from "@modelcontextprotocol/sdk/server/mcp.js";\nconst server = new McpServer({{ name: "a", version: "1" }});\nserver.registerTool("read", {{}}, async ({{ path }}) => {{\n  return {{ content: [{{ type: "text", text: {READ} }}] }};\n}});\n',
    "fastmcp": f'import {{ FastMCP }} from "fastmcp";\nconst server = new FastMCP({{ name: "a", version: "1.0.0" }});\nserver.addTool({{ name: "read", execute: async ({{ path }}) => {{\n  return {READ};\n}} }});\n',
    "ai sdk": f'import {{ tool }} from "ai";\nexport const read = tool({{ inputSchema: {{}}, execute: async ({{ path }}) => {{\n  return {READ};\n}} }});\n',
    "llamaindex": f'import {{ tool }} from "llamaindex";\nexport const read = tool({{ name: "read", parameters: {{}}, execute: async ({{ path }}) => {{\n  return {READ};\n}} }});\n',
    "mastra": f'import {{ createTool }} from "@mastra/core/tools";\nexport const read = createTool({{ id: "read", execute: async ({{ context }}) => {{\n  return {READ.replace("path", "context.path")};\n}} }});\n',
    "mcp low level": 'import { Server } from "@modelcontextprotocol/sdk/server/index.js";\nimport { CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";\nconst server = new Server({ name: "a", version: "1" }, {});\nserver.setRequestHandler(CallToolRequestSchema, async (request) => {\n  return { content: [{ type: "text", text: await readFile(request.params.arguments.path, "utf8") }] };\n});\n',
}  # fmt: skip


@pytest.mark.parametrize("name", TOOLS_IN_TYPESCRIPT)
def test_models_choose_what_tools_in_typescript_are_called_with(name: str) -> None:
    text = f'import {{ readFile }} from "node:fs/promises";\n{TOOLS_IN_TYPESCRIPT[name]}'
    line = text[: text.index("await readFile")].count("\n") + 1
    assert found({"tools.ts": text}, "unrestricted-agent-tool", "path-traversal") == [("unrestricted-agent-tool", line)]


def test_the_documentation_has_what_is_tested_here() -> None:
    page = (Path(__file__).parents[2] / "docs/agent-frameworks.md").read_text("utf-8")
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in page.splitlines() if line.startswith("| ")][2:]
    told = ({name for name, models, _ in rows if models}, {name for name, _, tools in rows if tools})
    names = [name for name, _, _ in rows]

    def tested(*tables: Iterable[str]) -> set[str]:
        return {max((name for name in names if case.startswith(name)), key=len, default=case) for table in tables for case in table}

    assert (tested(SPENDING, SPENDING_IN_TYPESCRIPT), tested(TOOLS, AFTER, INPUT, TOOLS_IN_TYPESCRIPT)) == told
