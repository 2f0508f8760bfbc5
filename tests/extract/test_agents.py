"""Settings of agents and the servers of tools they are given; and that no value gets into the facts."""

import json

from hypothesis import given
from hypothesis import strategies as st

from batten.extract.agents import agents
from batten.extract.containers import Words
from batten.facts.agents import Allowance, ToolServer
from batten.facts.vocabulary import Meaning, Row, Target, Vocabulary
from batten.parse.documents import read_json

WORDS = Words(Vocabulary([Row(Target.PROGRAM, "npm:acme-mcp", Meaning.WIDE_TOOL, when="--mode=unrestricted")]))


def servers(document: object, path: str = ".mcp.json") -> tuple[ToolServer, ...]:
    return agents(path, json.dumps(document).encode(), WORDS)[1]


def allowed(path: str, text: str) -> list[tuple[str, str, str]]:
    found: tuple[Allowance, ...] = agents(path, text.encode(), WORDS)[0]
    return [(each.kind.value, each.tool, each.shown) for each in found]


def test_what_servers_are_run_from() -> None:
    lines = [
        "npx -y acme-mcp@1.2.3", "npx acme-mcp", "npx -y --package=@acme/tools@1.0.0 acme-mcp", "bunx @acme/mcp@next", "uvx acme-mcp==1.0", "uvx --from acme[cli]@2.0 acme-mcp",
        "uvx --python 3.12 acme-mcp", "pipx run acme-mcp", "docker run -i --rm -e KEY -v /a:/b ghcr.io/acme/mcp:1.0", "docker run acme/mcp", "docker compose up", "npx -y github:acme/mcp",
        "npx -y github:acme/mcp#0123456789abcdef", "npx ./tools/mcp", "node server.js", "npx", "npm exec acme-mcp@1.0.0", "npx ${PACKAGE}", "",
    ]  # fmt: skip
    found = servers(
        {"mcpServers": {f"s{number}": {"command": line.partition(" ")[0], "args": line.split()[1:]} for number, line in enumerate(lines)}}
    )
    assert [(each.programs, bool(each.flaws)) for each in found] == [
        (("npm:acme-mcp",), False), (("npm:acme-mcp",), True), (("npm:@acme/tools",), False), (("npm:@acme/mcp",), True), (("pypi:acme-mcp",), False), (("pypi:acme",), False),
        (("pypi:acme-mcp",), True), (("pypi:acme-mcp",), True), (("image:acme/mcp",), False), (("image:acme/mcp",), True), ((), False), (("git",), True),
        (("git",), False), ((), False), ((), False), ((), False), (("npm:acme-mcp",), False), ((), False), ((), False),
    ]  # fmt: skip


def test_servers_in_toml_and_yaml() -> None:
    toml = b'model = "m"\n\n[mcp_servers."my notes"]\ncommand = "npx"\nargs = ["acme-mcp"]\n[mcp_servers.old]\nenabled = false\nurl = "http://a.example"\n[mcp_servers.far]\nurl = "http://a.example"\n'
    found = agents(".codex/config.toml", toml, WORDS)[1]
    assert [(each.name, each.programs, [flaw.value for flaw in each.flaws]) for each in found] == [
        ("my notes", ("npm:acme-mcp",), ["unpinned"]), ("far", ("url:a.example",), ["plain-http"]),
    ]  # fmt: skip
    assert [toml[: each.place.span.start].count(b"\n") + 1 for each in found if each.place is not None] == [3, 9]
    yaml = b"mcpServers:\n  notes:\n    command: npx\n    args: [acme-mcp]\n  near:\n    url: http://localhost:1/mcp\n"
    assert [(each.name, bool(each.flaws)) for each in agents("librechat.yaml", yaml, WORDS)[1]] == [("notes", True), ("near", False)]
    for broken in (b'[mcp_servers.a]\ncommand = "npx', b"[mcp_servers.a]\nargs = " + b"[" * 5_000, b"mcp_servers = " + b"{a=" * 300):
        assert agents(".codex/config.toml", broken, WORDS) == ((), (), ())


def test_addresses_of_servers() -> None:
    urls = [
        "https://a.example/mcp?read_only=true&token=abc",
        "http://a.example",
        "http://localhost:1/mcp",
        "http://10.0.0.2/",
        "http://user:pass@a.example/x",
        "http://${HOST}/x",
        "ws://a.example",
        "nonsense",
    ]
    found = servers({"servers": {f"s{number}": {"url": url} for number, url in enumerate(urls)}}, ".vscode/mcp.json")
    assert [(each.programs, [flaw.value for flaw in each.flaws]) for each in found] == [
        (("url:a.example",), []), (("url:a.example",), ["plain-http"]), (("url:localhost:1",), []), (("url:10.0.0.2",), []),
        (("url:a.example",), ["plain-http"]), (("url:${host}",), []), (("url:a.example",), ["plain-http"]), (("url:",), []),
    ]  # fmt: skip
    assert [(option.slot, option.text) for option in found[0].settings] == [("read_only", "true"), ("token", "(set)")]


def test_no_value_gets_into_the_facts() -> None:
    hidden = "s3cr3t-v4lue-of-somebody"
    document = {
        "mcpServers": {
            "a": {
                "command": "npx",
                "args": ["acme-mcp", "--token", hidden, f"--key={hidden}", "--mode", "unrestricted"],
                "env": {"TOKEN": hidden},
            },
            "b": {"url": f"https://a.example/?key={hidden}", "headers": {"Authorization": hidden}},
        }
    }
    found = servers(document)
    assert hidden not in repr(found)
    assert [(option.slot, option.text) for option in found[0].settings] == [
        ("TOKEN", "(set)"),
        ("--token", "(set)"),
        ("--key", "(set)"),
        ("--mode", "unrestricted"),
    ]


def test_servers_that_are_switched_off_or_no_servers() -> None:
    assert servers({"mcpServers": {"a": {"command": "npx", "args": ["acme"], "disabled": True}, "b": "text", "c": {}}}) == ()
    assert servers({"servers": {"dev": {"url": "http://a.example"}}}, "config.json") == ()
    assert servers([1, 2]) == ()


def test_what_settings_allow() -> None:
    assert allowed(
        ".claude/settings.json", '{"permissions": {"allow": ["Bash", "Bash(:*)", "Bash(ls:*)", "Bash()"], "deny": ["Bash()"]}}'
    ) == [
        ("any-command", "Claude Code", "allow: Bash"),
        ("any-command", "Claude Code", "allow: Bash(:*)"),
    ]
    assert allowed("team.code-workspace", '{"settings": {"chat.tools.global.autoApprove": true}}') == [
        ("everything", "VS Code", "chat.tools.global.autoApprove: true")
    ]
    assert allowed(".vscode/settings.json", '{"chat.tools.autoApprove": "true"}') == []
    assert allowed(".codex/config.toml", '# sandbox_mode = "danger-full-access"\nsandbox_mode = "read-only"\n') == []


def test_flags_in_comments_and_texts_are_no_launches() -> None:
    flag = "--dangerously-skip-permissions"
    assert allowed("run.sh", f"claude {flag}\n# claude {flag}\necho {flag}\nls # {flag}\n") == [("everything", "Claude Code", flag)]
    assert allowed("run.py", f"a = ['claude', '{flag}']\nb = 'claude {flag}'\n# '{flag}'\n") == [("everything", "Claude Code", flag)]
    assert allowed("notes.md", f"claude {flag}") == []
    assert len(allowed("run.sh", f"claude {flag}\n" * 1000)) == 20


def test_half_written_settings_keep_what_there_is() -> None:
    found, _, notes = agents(".claude/settings.json", b'{"permissions": {"allow": ["Bash(*)"', WORDS)
    assert [each.shown for each in found] == ["allow: Bash(*)"]
    assert [note.message for note in notes] == [
        ".claude/settings.json is not valid JSON to its end: what it allows agents may be more than is found"
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=6) | st.sampled_from(["npx", "-y", "docker", "run", "--from", "*", "Bash"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["command", "args", "url", "env", "mcpServers", "mcp", "servers", "permissions", "allow", "a"]), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["mcpServers", "mcp", "servers", "permissions", "settings"]), VALUES),
    st.sampled_from([".mcp.json", ".claude/settings.json", "a.code-workspace"]),
)
def test_no_shape_of_settings_makes_it_fail(document: dict[str, object], path: str) -> None:
    data = json.dumps(document).encode()
    assert read_json(data).whole
    agents(path, data, WORDS)
