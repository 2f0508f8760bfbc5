"""Fetches the objects of two commits, and where they meet, into an empty folder: no checkout, no hook, no filter, nothing of the repository's is run."""

import asyncio
import base64
import os
import shutil
from pathlib import Path

from batten.finding import UsageError

_DEPTHS = (50, 500, 5_000)
_SECONDS = 300.0
_SETTINGS = {
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "fetch.fsckObjects": "true",
    "transfer.unpackLimit": "1",
    "core.hooksPath": os.devnull,
    "credential.helper": "",
    "http.followRedirects": "false",
    "gc.auto": "0",
    "core.symlinks": "false",
}


class NotFetchedError(UsageError):
    """The commits can't be had: they are gone, or git fails."""


async def fetch(address: str, token: str | None, base: str, head: str, folder: Path) -> None:
    """Fetch into ``folder``, which is empty. The token is in git's environment alone: in no argument, and in no file. Raises NotFetchedError."""
    settings = dict(_SETTINGS)
    if address.startswith("file:"):  # of tests, and of mirrors
        settings["protocol.file.allow"] = "always"
    if token is not None:
        login = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        settings[f"http.{address}.extraHeader"] = f"Authorization: Basic {login}"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    git = shutil.which("git")
    if git is None:
        raise NotFetchedError("there is no git to fetch with", "install git")
    words = [git, f"--git-dir={folder / '.git'}"]
    await _run([*words, "init", "--quiet", "--bare"], environment)
    for depth in _DEPTHS:
        await _run(
            [*words, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", f"--depth={depth}", address, base, head], environment
        )
        if await _run([*words, "merge-base", base, head], environment, may_fail=True):
            return


async def _run(words: list[str], environment: dict[str, str], *, may_fail: bool = False) -> bool:
    process = await asyncio.create_subprocess_exec(
        *words, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        code = await asyncio.wait_for(process.wait(), _SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise NotFetchedError("the fetch took longer than is waited for", "try again later") from None
    if code and not may_fail:
        raise NotFetchedError("git can't fetch the commits", "they may be gone: a branch that was pushed anew, or a fork that was deleted")
    return code == 0
