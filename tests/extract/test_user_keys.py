"""Keys that users bring, by the names that they have on their way into rows, files, logs and addresses."""

import pytest

from batten.extract.user_keys import WORDS, user_keys


def _shown(path: str, text: str) -> list[str]:
    data = text.encode()
    return [setting.shown for setting in user_keys(path, data, {word for word in WORDS if word in data})]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.js", 'const { apiKey } = req.body;\nconsole.log("Using OpenAI with", apiKey);\n', ["apiKey is written into the log"]),
        ("a.js", "user.geminiKey = req.body.geminiKey;\nawait user.save();\n", ["geminiKey is written into a row"]),
        ("a.ts", "const { provider, apiKey: key2 } = await req.json();\nawait db.create({ data: { openaiKey: key2 } });\n", ["key2 is written into a row"]),
        ("a.ts", "const { apiKey } = await req.json(); // openai\nawait table.upsert({ key: apiKey });\n", ["apiKey is written into a row"]),
        ("a.tsx", 'const [openaiKey, setOpenaiKey] = useState("");\nawait t.update({ openai_api_key: openaiKey }).eq("id", id);\n', ["openaiKey is written into a row"]),
        ("a.ts", "persist((set) => ({ geminiApiKey: '', n: 1 }), { name: 's' });\n", ["geminiApiKey is kept in localStorage"]),
        ("a.ts", "fetch(`/api/ask?q=${openai}&apiKey=${apiKey}`);\n", ["apiKey is put into an address"]),
        ("a.py", 'key = request.json.get("openai_key")\nc.execute("INSERT INTO keys (owner, api_key) VALUES (?, ?)", (me, key))\n', ["key is written down"]),
        ("a.py", 'with open("openai.json", "w") as f:\n    json.dump({"key": body.api_key}, f)\n', ["api_key is written down"]),
        ("a.py", 'logger.info(f"asked openai with {req.api_key}")\n', ["api_key is written into the log"]),
        # encrypted, only asked whether there is one, sent on to whose it is, or the app's own
        ("a.ts", "const { apiKey } = await req.json(); // openai\nawait table.upsert({ key: encrypt(apiKey) });\n", []),
        ("a.js", 'const { apiKey } = req.body;\nconsole.log("has an OpenAI key", !!apiKey);\nconst client = new OpenAI({ apiKey });\n', []),
        ("a.ts", "const { apiKey } = await req.json();\nfetch(`https://generativelanguage.googleapis.com/v1/models?key=${apiKey}`); // gemini\n", []),
        ("a.ts", "const apiKey = `ak_${randomBytes(24)}`; // openai\nawait table.create({ data: { apiKey } });\n", []),
        ("a.ts", "const apiKey = process.env.OPENAI_API_KEY;\nawait table.create({ data: { apiKey } });\n", []),
        ("a.ts", "persist((set) => ({ geminiApiKey: '', n: 1 }), { name: 's', partialize: (s) => ({ n: s.n }) });\n", []),
        ("a.py", 'key = request.json.get("map_key")\nc.execute("INSERT INTO keys (owner, api_key) VALUES (?, ?)", (me, key))\n', []),
    ],
)  # fmt: skip
def test_what_becomes_of_the_key_of_a_user(path: str, text: str, expected: list[str]) -> None:
    assert _shown(path, text) == expected


def test_many_names_and_many_writes_are_looked_at_within_bounds() -> None:
    names = "".join(f"const {{ openaiKey{number} }} = req.body;\n" for number in range(2_000))
    assert _shown("a.js", "const { apiKey: (a+)+$ } = req.body; // openai\nconsole.log((a+)+$);\n") == []
    assert len(_shown("a.js", names + "console.log(openaiKey1);\n" * 2_000 + "t.update({ a: (((" * 2_000)) <= 10
