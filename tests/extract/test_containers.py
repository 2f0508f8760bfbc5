"""Servers that files set up: images, variables, flags and ports; and that no value gets into the facts."""

from hypothesis import given
from hypothesis import strategies as st

from batten.extract.containers import Words, containers
from batten.extract.containers.settings import filled, flags, image_name, programs, tokens
from batten.facts.containers import Container
from batten.facts.vocabulary import Meaning, Row, Target, Vocabulary
from batten.text import Span

WORDS = Words(Vocabulary([Row(Target.PROGRAM, "image:acme/gateway", Meaning.SERVER, unless="KEY=?*", when="KEY|--key=sk-known")]))


def read(text: str, path: str = "compose.yaml") -> tuple[Container, ...]:
    return containers(path, text.encode(), WORDS)[0]


def settings(container: Container) -> list[tuple[str, str | None]]:
    return [(setting.slot, setting.text) for setting in container.settings]


def test_services_of_a_compose_file() -> None:
    (app, other) = read(
        """
services:
  app:
    image: registry.acme.example:5000/acme/gateway:1.2@sha256:0123
    command: ["serve", "--key=sk-known", "--verbose", "--port", "80"]
    environment: ["A=1", "B", "SECRET=hunter2hunter2", "C=${C:-off}", "D=${D}"]
    ports: ["80", "8080:80", "127.0.0.1:81:81/tcp", "[::1]:82:82", "${IP}:83:83", "9000-9001:9000-9001"]
    volumes: ["./config.yaml:/config.yaml", "data:/data", "../../outside:/x"]
  other:
    build: { context: ./server }
    network_mode: host
    env_file: .env
""",
        "deploy/compose.yaml",
    )
    assert (app.image, app.programs) == ("acme/gateway", ("image:acme/gateway", "command:serve"))
    assert settings(app) == [
        ("A", "1"), ("B", None), ("SECRET", "(set)"), ("C", "off"), ("D", None), ("--key", "sk-known"), ("--verbose", "true"), ("--port", "80"), ("tag", "1.2"),
    ]  # fmt: skip
    assert [(port.address, port.target) for port in app.ports] == [
        ("", "80"),
        ("", "80"),
        ("127.0.0.1", "81"),
        ("::1", "82"),
        (None, "83"),
        ("", "9000-9001"),
    ]
    assert app.mounted == ("deploy/config.yaml",)
    assert (other.build, other.on_host, other.more, other.programs) == ("deploy/server", True, True, ())


def test_an_image_runs_what_its_last_stage_says() -> None:
    (image,) = read(
        'FROM node:22 AS build\nENV KEY=lost\nFROM --platform=linux/amd64 acme/gateway:2\nENV KEY=x A="b c" \\\n    DEBUG=1\nENTRYPOINT ["python", "-m", "acme.server"]\nCMD ["--port", "80"]\n',
        "Dockerfile",
    )
    assert image.programs == ("image:acme/gateway", "command:acme")
    assert settings(image) == [("KEY", "(set)"), ("A", "(set)"), ("DEBUG", "1"), ("-m", "(set)"), ("--port", "80"), ("tag", "2")]


def test_the_configuration_of_a_gateway() -> None:
    (found,) = read(
        "model_list:\n  - litellm_params: {model: a}\ngeneral_settings:\n  master_key: os.environ/KEY\n  other: sk-known\n", "config.yaml"
    )
    assert (found.programs, settings(found)) == (("config:litellm",), [("master_key", None), ("other", "sk-known"), ("whole", "true")])


def test_files_of_other_kinds_and_half_written_ones() -> None:
    assert containers("app.py", b"services: 1", WORDS) == ((), ())
    assert containers("compose.yaml", b"just text", WORDS) == ((), ())
    found, notes = containers("compose.yaml", b"services:\n  a:\n    image: one\n  b: {image: 'two\n", WORDS)
    assert [each.image for each in found][:1] == ["one"]
    assert [note.message for note in notes] == ["compose.yaml is not valid YAML to its end: servers that it sets up may be missing"]


def test_values_filled_in_elsewhere_cannot_be_told() -> None:
    assert [filled(text) for text in ("a", "${A}", "${A:-b}", "${A:-}", "${A:?must}", "$A", "x${A:-b}y", "x${A}y", "$$A", "$(cat f)")] == [
        "a", None, "b", None, None, None, "xby", None, "$A", None,
    ]  # fmt: skip


def test_images_go_without_registry_and_version() -> None:
    assert [image_name(text) for text in ("ollama/ollama", "ghcr.io/a/b:v1", "localhost:5000/a:2", "redis:${TAG:-7}", "${R}/a")] == [
        ("ollama/ollama", ""), ("a/b", "v1"), ("a", "2"), ("redis", "7"), ("/a", ""),
    ]  # fmt: skip


def test_wrappers_of_commands_are_no_programs() -> None:
    lines = (
        "uv run litellm --config x",
        "sh -c 'exec vllm serve m'",
        "python3 -m vllm.entrypoints.openai.api_server",
        "KEY=1 /usr/bin/ollama serve",
        "--flag",
        "",
    )
    assert [list(programs(tokens(line))) for line in lines] == [
        ["command:litellm"],
        ["command:vllm"],
        ["command:vllm"],
        ["command:ollama"],
        [],
        [],
    ]


@given(st.lists(st.text(max_size=8), max_size=6), st.text(max_size=60))
def test_command_lines_never_fail(words: list[str], line: str) -> None:
    list(programs(words))
    list(programs(tokens(line)))
    # A file that may say more is no flag, and is told apart by its name.
    assert all(flag.slot.startswith("-") or flag.slot == "config-file" for flag in flags(words, Span(0, 0), WORDS))


@given(st.text("abc:{}[]-$ \n\"'=/0123456789#&*", max_size=200))
def test_no_compose_file_fails(text: str) -> None:
    containers("compose.yml", f"services:\n  a:\n{text}".encode(), WORDS)
    containers("Dockerfile", text.encode(), WORDS)


KNOWN = Words(
    Vocabulary([Row(Target.PROGRAM, pattern, Meaning.SERVER) for pattern in ("command:stored", "command:stored:serve", "image:acme/store")])
)


def started(text: str, path: str) -> list[tuple[str, tuple[str, ...], list[tuple[str, str | None]], bool | None]]:
    return [(each.name, each.programs, settings(each), each.deployed) for each in containers(path, text.encode(), KNOWN)[0]]


def test_what_scripts_and_supervisors_start() -> None:
    shell = (
        "#!/bin/bash\n# stored --all\necho 'stored --all'\nexport WHERE=0.0.0.0\nif true; then stored serve --all; fi\n"
        "cat <<-EOF > unit\nstored --inner\nEOF\nsudo docker run -d \\\n  --name one -e A=1 -p 80:81 acme/store:2 --flag\nother --all\nwait # stored --last\n"
    )
    assert started(shell, "start.sh") == [
        ("stored", ("command:stored", "command:stored:serve"), [("WHERE", "0.0.0.0"), ("--all", "true")], None),
        ("one", ("image:acme/store",), [("A", "1"), ("--flag", "true"), ("tag", "2")], None),
    ]
    supervised = '[supervisord]\nnodaemon=true\n[program:a]\ncommand=stored --all\nenvironment=WHERE="::",B=1\n[program:b]\ncommand=other\n'
    assert started(supervised, "supervisord.conf") == [("a", ("command:stored",), [("WHERE", "::"), ("B", "1"), ("--all", "true")], True)]
    unit = '[Service]\nEnvironment="WHERE=localhost"\nExecStart=-/usr/bin/stored \\\n  --all\n'
    assert started(unit, "stored.service") == [("stored", ("command:stored",), [("WHERE", "localhost"), ("--all", "true")], True)]
    assert started("[program]\n", "other.conf") == []


def test_ports_and_networks_of_containers_that_scripts_start() -> None:
    text = "docker run -p 127.0.0.1:1:2 -p $IP:3:4 --publish=5:6 acme/store\npodman run --name=two --network host --env-file e acme/store\ndocker run\n"
    one, two = containers("run.sh", text.encode(), KNOWN)[0]
    assert [(port.address, port.target) for port in one.ports] == [("127.0.0.1", "2"), (None, "4"), ("", "6")]
    assert (two.name, two.on_host, two.more, two.ports, two.process) == ("two", True, True, (), False)


def test_what_an_image_is_given_and_opens() -> None:
    (image,) = read(
        'FROM a AS b\nEXPOSE 1\nCOPY one.conf /\nFROM b\nEXPOSE 80/tcp 81\nCOPY --chown=x ["./two.conf", "three", "/"]\nADD --from=b four /\n',
        "Dockerfile",
    )
    assert (image.exposes, image.copies) == (("1", "80", "81"), ("one.conf", "two.conf", "three"))


def test_only_lines_that_let_everybody_in_without_a_password() -> None:
    lines = "host all all 0.0.0.0/0 trust\nhost all all ::/0 md5\n#host all all all trust\nhostssl shop app all trust\nhost all all 10.0.0.0/8 trust\n"
    assert [each.place.span.start for each in containers("pg_hba.conf", lines.encode(), WORDS)[0]] == [0, 75]
    assert containers("notes.conf", lines.encode(), WORDS) == ((), ())


@given(st.sampled_from(["a.sh", "a.service", "supervisord.conf", "Dockerfile", "pg_hba.conf"]), st.binary(max_size=200))
def test_files_without_sense_are_read_as_well(path: str, data: bytes) -> None:
    found, notes = containers(path, b"[program:a]\ncommand=\nExecStart=\ndocker run -p\n" + data, KNOWN)
    assert (type(found), notes) == (tuple, ())


def test_pods_of_a_cluster_and_what_opens_them() -> None:
    pod = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    metadata: {labels: {app: a}}
    spec:
      hostNetwork: true
      containers:
        - name: one
          image: acme.example/acme/gateway:1
          args: ["--key=sk-known"]
          env: [{name: KEY, valueFrom: {secretKeyRef: {name: x, key: y}}}, {name: B, value: "1"}]
          ports: [{containerPort: 80, hostPort: 8080}]
        - {name: two, image: other, envFrom: [{secretRef: {name: x}}]}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {type: LoadBalancer, selector: {app: a}, ports: [{port: 1, targetPort: 80}, {port: 2}]}
---
apiVersion: v1
kind: Service
metadata: {name: b}
spec: {type: NodePort, selector: {app: a}, ports: [{port: 1}]}
---
apiVersion: v1
kind: Service
metadata: {name: c}
spec: {selector: {app: a}, ports: [{port: 1}]}
"""
    one, two, *services = read(pod, "k8s/app.yaml")
    assert (one.image, one.programs, settings(one)) == (
        "acme/gateway",
        ("image:acme/gateway",),
        [("KEY", None), ("B", "1"), ("--key", "sk-known"), ("tag", "1")],
    )
    assert (one.labels, one.on_host, one.more, [(port.address, port.target) for port in one.ports]) == (
        ("kind: Deployment", "app=a"),
        True,
        False,
        [("", "80")],
    )
    assert (two.more, two.ports) == (True, ())
    assert [(each.name, each.labels, each.selects, [(port.address, port.target) for port in each.ports]) for each in services] == [
        ("service a", ("service: a",), ("app=a",), [("", "80"), ("", "2")]),
        ("service b", ("service: b",), ("app=a",), [("", "1")]),
        ("service c", ("service: c",), ("app=a",), []),
    ]
    assert containers("k8s/app.yaml", pod.replace("name: a", "name: {{ .Name }}").encode(), WORDS) == ((), ())
