"""Whose key a model is called with, where a helper of the app's is handed it."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["unauthenticated-llm-route"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{ key: env.OPENAI_API_KEY, prompt: req.body.prompt }", True),
        ("{ key: process.env.OPENAI_API_KEY, prompt: req.body.prompt }", True),
        ("{ key: req.body.key, prompt: req.body.prompt }", False),
        ("{ key: req.headers['x-model-key'], prompt: req.body.prompt }", False),
        ("{ key: req.body.key || process.env.OPENAI_API_KEY, prompt: req.body.prompt }", True),
    ],
)
def test_a_helper_that_is_handed_the_key(given: str, *, told: bool) -> None:
    files = {
        "package.json": '{"dependencies": {"express": "5", "zod": "3"}}',
        "env.ts": 'import { z } from "zod";\nexport const env = z.object({ OPENAI_API_KEY: z.string() }).parse(process.env);\n',
        "complete.ts": """export async function complete(input: { key: string; prompt: string }) {
  return fetch("https://api.openai.com/v1/responses", { method: "POST", headers: { authorization: `Bearer ${input.key}` }, body: input.prompt });
}
""",
        "server.ts": f"""import express from "express";
import {{ env }} from "./env";
import {{ complete }} from "./complete";
const app = express();
app.post("/ask", async (req, res) => res.json(await complete({given})));
app.listen(3000);
""",
    }
    assert bool(scan_files({path: text.encode() for path, text in files.items()}, RULES).findings) == told
