"""Applications that are mounted, or made by packages: whether they are routes, and who guards them."""

from batten.rules import registry
from batten.scan import scan_files

_RULES = registry.load()


def routes(**files: str) -> list[tuple[str, str, bool]]:
    found = scan_files({f"{name}.py": text.encode() for name, text in files.items()}, _RULES).project.routes
    return [(each.title, str(each.auth), each.serves_tools) for each in found]


_INNER = """
api = FastAPI()

@api.post("/notes")
def add(body: dict):
    db.execute("insert into notes (text) values (?)", (body["text"],))
"""
_CHECK = """
@app.middleware("http")
async def check(request: Request, call_next):
    if not hmac.compare_digest(request.headers.get("authorization", ""), os.environ["TOKEN"]):
        return JSONResponse({}, status_code=401)
    return await call_next(request)
"""
_START = "import hmac, os\nfrom fastapi import FastAPI, Request\nfrom fastapi.responses import JSONResponse\nfrom db import db\napp = FastAPI()\n"


def test_an_application_inside_another_of_fastapi_has_its_path_and_its_middleware() -> None:
    assert routes(main=f"{_START}{_INNER}\napp.mount('/api', api)\n") == [("POST /api/notes", "unauthenticated", False)]
    assert routes(main=f"{_START}{_CHECK}{_INNER}\napp.mount('/api', api)\n") == [("POST /api/notes", "secret", False)]


def test_what_is_mounted_is_a_route_where_it_serves_tools_only() -> None:
    start = "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\nfrom fastmcp import FastMCP\napp = FastAPI()\n"
    assert routes(main=f"{start}app.mount('/static', StaticFiles(directory='s'))\n") == []
    assert routes(main=f"{start}mcp = FastMCP('a')\napp.mount('/x', mcp.http_app())\n") == [("ANY /x", "unauthenticated", True)]
    assert routes(main=f"{start}mcp = FastMCP('a', auth=verifier)\napp.mount('/x', mcp.http_app())\n") == []


def test_a_function_that_is_mounted_is_a_route() -> None:
    start = "from mcp.server.streamable_http_manager import StreamableHTTPSessionManager\nfrom starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
    rest = "manager = StreamableHTTPSessionManager(app=server)\nasync def handle(scope, receive, send):\n    await manager.handle_request(scope, receive, send)\n"
    assert routes(main=f"{start}{rest}app = Starlette(routes=[Mount('/mcp', app=handle)])\n") == [("ANY /mcp", "unauthenticated", True)]
