"""Public demos of models: how much is at stake where limits, caps and bounds are found, and where one of them is not."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["unauthenticated-llm-route"])
NODE = """import { openai } from "@ai-sdk/openai";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { generateText } from "ai";
import { z } from "zod";

const limit = new Ratelimit({ redis: Redis.fromEnv(), limiter: Ratelimit.slidingWindow(3, "1 d") });
const Ask = z.object({ prompt: z.string().max(200) });

export async function POST(req: Request) {
  const { success } = await limit.limit(req.headers.get("x-real-ip") ?? "nobody");
  if (!success) return new Response("Too many requests", { status: 429 });
  const { prompt } = Ask.parse(await req.json());
  const { text } = await generateText({ model: openai("gpt-5-mini"), prompt, maxOutputTokens: 200 });
  return Response.json({ text });
}
"""
PYTHON = """from fastapi import FastAPI, Request
from openai import OpenAI
from pydantic import BaseModel, Field
from slowapi import Limiter
from slowapi.util import get_remote_address

limiter = Limiter(key_func=get_remote_address)
app = FastAPI()
client = OpenAI()


class Ask(BaseModel):
    prompt: str = Field(max_length=200)


@app.post("/demo")
@limiter.limit("5/minute")
def demo(request: Request, ask: Ask):
    return client.responses.create(model="gpt-5-mini", input=ask.prompt, max_output_tokens=300).output_text
"""


def severities(path: str, text: str) -> list[str]:
    files = {path: text, "package.json": '{ "dependencies": { "next": "16.0.0", "ai": "5.0.0" } }'}
    return [finding.severity.value for finding in scan_files({name: each.encode() for name, each in files.items()}, RULES).findings]


@pytest.mark.parametrize(
    ("taken", "put", "expected"),
    [
        ("", "", "medium"),
        (".max(200)", "", "critical"),
        (", maxOutputTokens: 200", "", "critical"),
        ('  if (!success) return new Response("Too many requests", { status: 429 });\n', "", "critical"),
        ("Ask.parse(await req.json())", "await req.json()", "critical"),
        ("Ask.parse(await req.json());", "{ prompt: (await req.json()).prompt.slice(0, 200) };", "medium"),
    ],
)
def test_a_demo_in_node(taken: str, put: str, expected: str) -> None:
    assert severities("app/api/demo/route.ts", NODE.replace(taken, put, 1)) == [expected]


@pytest.mark.parametrize(
    ("taken", "put", "expected"),
    [
        ("", "", "medium"),
        (" = Field(max_length=200)", "", "critical"),
        ("Field(max_length=200)", "Field(description='what to ask')", "critical"),
        (", max_output_tokens=300", "", "critical"),
        ('@limiter.limit("5/minute")\n', "", "critical"),
    ],
)
def test_a_demo_in_python(taken: str, put: str, expected: str) -> None:
    assert severities("main.py", PYTHON.replace(taken, put, 1)) == [expected]
