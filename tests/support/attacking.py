"""Starts apps of the fixtures as they are, asks them as strangers and as members, and sees that they live on."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from batten.testing_keys import expand

APPS = Path(__file__).parents[2] / "fixtures" / "apps"
STAND_INS = Path(__file__).parent / "stand_ins"
SECRET = "a-secret-of-these-tests-that-opens-nothing"


class Request(NamedTuple):
    method: str
    path: str
    body: object = None


def laid_out(app: str, folder: Path) -> Path:
    shutil.copytree(APPS / app, folder, ignore=shutil.ignore_patterns("expected.txt"))
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_text(expand(path.read_text()))
    return folder


def said(port: int, request: Request, headers: Mapping[str, str]) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        body = json.dumps(request.body) if request.body is not None else None
        connection.request(request.method, request.path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@contextmanager
def serving(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """The port that a server prints on its first line."""
    told = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    with subprocess.Popen(command, cwd=folder, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stderr is not None
            line = server.stdout.readline()
            assert line, server.stderr.read().decode()[-2000:]
            yield int(line)
            assert server.poll() is None, "the server has died"
        finally:
            server.terminate()
