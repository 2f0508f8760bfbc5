"""Nobody waits in tests of the bot."""

import pytest


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    from batten.bot.hub import Connection

    async def sleep(self: Connection, seconds: float) -> None:
        pass

    monkeypatch.setattr(Connection, "sleep", sleep)
