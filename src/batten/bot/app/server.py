"""The server: takes deliveries, answers at once, and leaves the work to the queue."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from batten.bot.app.queue import Queue
from batten.bot.app.webhook import LARGEST, is_genuine, wanted
from batten.bot.app.work import Identity, Worker
from batten.report.run import Rule

_LONGEST_NAME = 100


class Settings(Struct, frozen=True):
    """``secrets`` sign deliveries: one, or two while the second takes the place of the first. ``folder`` is where the queue is kept."""

    identity: Identity
    secrets: tuple[str, ...]
    folder: Path

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"Settings({self.identity!r})"


def application(settings: Settings, rules: Mapping[str, Rule]) -> Starlette:
    """The server as ASGI has it. Raises OSError where the folder can't be used."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    queue = Queue(settings.folder / "queue.sqlite")
    worker = Worker(queue, settings.identity, rules, settings.folder)

    async def deliver(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", 413)
        if not is_genuine(body, request.headers.get("x-hub-signature-256"), settings.secrets):
            return PlainTextResponse("not signed by us", 401)
        delivery = request.headers.get("x-github-delivery", "")
        if not 0 < len(delivery) <= _LONGEST_NAME:
            return PlainTextResponse("no delivery", 400)
        try:
            asked = wanted(request.headers.get("x-github-event"), body)
        except ValueError:
            return PlainTextResponse("not understood", 400)
        new = await asyncio.to_thread(queue.put, delivery, asked) if asked else False
        return PlainTextResponse("accepted" if new else "nothing to do", 202)

    async def health(request: Request) -> Response:
        if request.app.state.work.done():
            return PlainTextResponse("nothing is worked off", 500)
        return PlainTextResponse(f"ok, {queue.given_up()} given up")

    @contextlib.asynccontextmanager
    async def lifespan(server: Starlette) -> AsyncIterator[None]:
        task = server.state.work = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            queue.close()

    routes = [Route("/webhook", deliver, methods=["POST"]), Route("/health", health)]
    return Starlette(routes=routes, lifespan=lifespan)


async def _body(request: Request) -> bytes | None:
    """The bytes as they came; None where there are more than GitHub sends."""
    found = bytearray()
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > LARGEST:
                return None
    except ClientDisconnect:
        return None
    return bytes(found)


def serve(settings: Settings, rules: Mapping[str, Rule], host: str, port: int) -> None:
    """Serve until a signal ends it."""
    import uvicorn

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # What a client of HTTP logs are addresses of our own making; it is not asked for more.
    for name in ("httpx", "httpx2", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    uvicorn.run(application(settings, rules), host=host, port=port, log_level="warning", access_log=False)
