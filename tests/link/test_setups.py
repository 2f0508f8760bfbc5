"""What servers are given, and who reaches them, by files beside the one that sets them up."""

import pytest

from batten.rules import registry
from batten.scan import scan_files

_RULES = ("unprotected-ai-gateway", "exposed-model-server", "ai-ui-without-login", "public-ai-demo", "unauthenticated-mcp-server")
_POD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: m}
spec: {template: {metadata: {labels: {app: m}}, spec: {containers: [{name: m, image: ollama/ollama}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: m}
spec: {selector: {app: m}, ports: [{port: 11434}]}
---
"""
_INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: m%s}\nspec: {%s}\n"
_RULED = "rules: [{http: {paths: [{path: /, backend: {service: {name: %s, port: {number: 1}}}}]}}]"
_GATEWAY = "services:\n  g:\n    image: ghcr.io/berriai/litellm:main\n    ports: ['4000:4000']\n"
_SCRIPT = "import streamlit as st\nfrom openai import OpenAI\nst.write(OpenAI().responses.create(model='m', input=st.chat_input('?')))\n"
_STREAMLIT = 'FROM python:3.12\nCMD ["streamlit", "run", "app.py"]\n'
_GRADIO = "import gradio as gr\ndemo = gr.Interface(f, 'text', 'text')\ndemo.launch({})\n"
_TOOLS = "from fastmcp import FastMCP\nmcp = FastMCP('t'{})\napp = mcp.http_app({})\n"
_SERVED = 'FROM python:3.12\nCMD ["uvicorn", "server:app", "--host", "{}"]\n'
_COMMAND = 'FROM python:3.12\nCMD ["fastmcp", "run", "server.py:mcp", "--transport", "http", "--host", "0.0.0.0"]\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"m.yaml": _POD + _INGRESS % ("", _RULED % "m")}, ["exposed-model-server m.yaml"]),
        ({"m.yaml": _POD + _INGRESS % ("", "defaultBackend: {service: {name: m, port: {number: 1}}}")}, ["exposed-model-server m.yaml"]),
        ({"m.yaml": _POD + _INGRESS % ("", _RULED % "other")}, []),
        ({"m.yaml": _POD + _INGRESS % (", annotations: {nginx.ingress.kubernetes.io/auth-url: a}", _RULED % "m")}, []),
        ({"m.yaml": _POD + _INGRESS % ("", "ingressClassName: nginx-internal, " + _RULED % "m")}, []),
        # Certificates are no login.
        ({"m.yaml": _POD + _INGRESS % (", annotations: {cert-manager.io/cluster-issuer: a}", _RULED % "m")}, ["exposed-model-server m.yaml"]),
        ({"compose.yaml": _GATEWAY + "    env_file: ./conf/g.env\n", "conf/g.env": "LITELLM_MASTER_KEY=sk-1234\n"}, ["unprotected-ai-gateway conf/g.env"]),
        ({"compose.yaml": _GATEWAY + "    env_file: [{path: g.env}]\n", "g.env": "LITELLM_MASTER_KEY='sk-1234'\n"}, ["unprotected-ai-gateway g.env"]),
        ({"compose.yaml": _GATEWAY + "    env_file: .env\n", ".env": "LITELLM_MASTER_KEY=${KEY}\n", ".env.example": "LITELLM_MASTER_KEY=sk-1234\n"}, []),
        # The file beside it fills in what the compose file leaves to it, and nothing else: the key is missing.
        ({"compose.yaml": _GATEWAY, ".env": "LITELLM_MASTER_KEY=sk-1234\n"}, ["unprotected-ai-gateway compose.yaml"]),
        ({"compose.yaml": _GATEWAY + "    environment: [LITELLM_MASTER_KEY]\n", ".env": "LITELLM_MASTER_KEY=sk-1234\n"}, ["unprotected-ai-gateway .env"]),
        ({"compose.yaml": _GATEWAY + "    env_file: ../../out.env\n"}, []),
        ({"ollama.service.d/x.conf": '[Service]\nEnvironment="A=1" "OLLAMA_HOST=0.0.0.0:11434"\n'}, ["exposed-model-server ollama.service.d/x.conf"]),
        ({"ollama.service.d/x.conf": '[Service]\nEnvironment="OLLAMA_HOST=127.0.0.1"\n'}, []),
        ({"vllm.service.d/x.conf": '[Service]\nEnvironment="VLLM_PORT=80"\n'}, []),
        ({"render.yaml": "services: [{type: web, name: m, image: {url: ollama/ollama}}]\n"}, ["exposed-model-server render.yaml"]),
        ({"render.yaml": "services: [{type: pserv, name: m, image: {url: ollama/ollama}}]\n"}, []),
        ({"render.yaml": "services: [{type: web, name: m, image: {url: vllm/vllm-openai}}]\n"}, []),
        ({"fly.toml": '[build]\nimage = "ollama/ollama"\n'}, []),
        ({"app.py": _SCRIPT, "Dockerfile": _STREAMLIT}, ["public-ai-demo Dockerfile"]),
        ({"app.py": _SCRIPT, "Procfile": "web: streamlit run app.py --server.port=$PORT\n"}, ["public-ai-demo Procfile"]),
        ({"app.py": _SCRIPT, "compose.yaml": "services: {a: {build: ., command: streamlit run app.py, ports: ['8501:8501']}}\n"}, ["public-ai-demo compose.yaml"]),
        ({"app.py": _SCRIPT, "compose.yaml": "services: {a: {build: ., command: streamlit run app.py, ports: ['127.0.0.1:8501:8501']}}\n"}, []),
        ({"app.py": _SCRIPT, "Dockerfile": _STREAMLIT, "compose.yaml": "services: {a: {build: ., expose: [8501]}}\n"}, []),
        ({"app.py": _SCRIPT, "Dockerfile": _STREAMLIT[:-3] + ', "--server.address=127.0.0.1"]\n'}, []),
        ({"app.py": _SCRIPT + "key = st.text_input('Key', type='password')\n", "Dockerfile": _STREAMLIT}, []),
        ({"app.py": _SCRIPT.replace("openai import OpenAI", "ollama import Client").replace("OpenAI()", "Client()"), "Dockerfile": _STREAMLIT}, []),
        # Somebody else's demo is another program.
        ({"app.py": "import streamlit as st\nst.write(1)\n", "other.py": _SCRIPT, "Dockerfile": _STREAMLIT}, []),
        ({"app.py": _GRADIO.format(""), "Dockerfile": "FROM a\nENV GRADIO_SERVER_NAME=0.0.0.0\n"}, ["public-ai-demo app.py"]),
        ({"app.py": _GRADIO.format(""), "compose.yaml": "services: {a: {build: ., environment: {GRADIO_SHARE: 'True'}}}\n"}, ["public-ai-demo app.py"]),
        ({"app.py": _GRADIO.format(""), "compose.yaml": "services: {a: {build: ., environment: {GRADIO_SERVER_NAME: 0.0.0.0}, ports: ['127.0.0.1:1:1']}}\n"}, []),
        ({"app.py": _GRADIO.format("auth=check"), "Dockerfile": "FROM a\nENV GRADIO_SERVER_NAME=0.0.0.0\n"}, []),
        ({"app.py": _GRADIO.format("server_name='127.0.0.1'"), "Dockerfile": "FROM a\nENV GRADIO_SERVER_NAME=0.0.0.0\n"}, []),
        ({"app.py": _GRADIO.format(""), "Dockerfile": "FROM a\nENV GRADIO_SERVER_NAME=127.0.0.1\n"}, []),
        ({"server.py": _TOOLS.format("", ""), "Dockerfile": _SERVED.format("0.0.0.0")}, ["unauthenticated-mcp-server server.py"]),
        ({"server.py": _TOOLS.format("", ""), "Dockerfile": _SERVED.format("::")}, ["unauthenticated-mcp-server server.py"]),
        ({"server.py": _TOOLS.format("", ""), "Dockerfile": _SERVED.format("127.0.0.1")}, []),
        ({"server.py": _TOOLS.format("", ""), "Dockerfile": _SERVED.format("::1")}, []),
        ({"server.py": _TOOLS.format(", auth=check", ""), "Dockerfile": _SERVED.format("0.0.0.0")}, []),
        ({"server.py": _TOOLS.format("", "middleware=[check]"), "Dockerfile": _SERVED.format("0.0.0.0")}, []),
        ({"server.py": _TOOLS.format("", "") + "app.add_middleware(Checks)\n", "Dockerfile": _SERVED.format("0.0.0.0")}, []),
        # Who may call from a browser is no question of who calls.
        ({"server.py": "from starlette.middleware.cors import CORSMiddleware\n" + _TOOLS.format("", "") + "app.add_middleware(CORSMiddleware)\n", "Dockerfile": _SERVED.format("0.0.0.0")}, ["unauthenticated-mcp-server server.py"]),
        ({"server.py": _TOOLS.format("", ""), "other.py": "app = 1\n", "Dockerfile": _SERVED.format("0.0.0.0").replace("server:", "other:")}, []),
        ({"server.py": _TOOLS.format("", "").replace("app = mcp.http_app()\n", ""), "Dockerfile": _COMMAND}, ["unauthenticated-mcp-server server.py"]),
        ({"server.py": _TOOLS.format(", auth=check", "").replace("app = mcp.http_app()\n", ""), "Dockerfile": _COMMAND}, []),
        ({"server.py": "import typer\n" + _TOOLS.format("", "") + "def main(host: str = typer.Option('0.0.0.0')):\n    mcp.run(transport='http', host=host)\n"}, ["unauthenticated-mcp-server server.py"]),
        ({"server.py": _TOOLS.format("", "") + "def main(host: str = '127.0.0.1'):\n    mcp.run(transport='http', host=host)\n"}, []),
        ({"server.py": _TOOLS.format("", "") + "def main(host: str):\n    mcp.run(transport='http', host=host)\n"}, []),
    ],
)  # fmt: skip
def test_who_is_let_in(files: dict[str, str], expected: list[str]) -> None:
    found = scan_files({path: text.encode() for path, text in files.items()}, registry.load()).findings
    assert [f"{finding.rule} {finding.place.path}" for finding in found if finding.rule in _RULES] == expected
