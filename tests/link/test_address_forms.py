"""Helpers that ask of an address no more than whether it is one settle nothing; those that look at the server may."""

import pytest

from batten.finding import Confidence
from batten.rules import registry
from batten.scan import scan_files

_PYTHON = """import ipaddress, re, socket
import requests
from urllib.parse import urlparse
from fastapi import FastAPI, HTTPException
app = FastAPI()
{}
@app.post("/a")
def a(url: str):
    if not is_valid_url(url):
        raise HTTPException(400)
    return requests.get(url).text
"""
_SCRIPT = """import express from "express";
import {{ isLocalUrl }} from "./net.js";
const app = express();
const HOSTS = ["api.example.com"];
{}
app.post("/a", async (req, res) => {{
  const {{ url }} = req.body;
  if (!isValidUrl(url){}) return res.status(400).end();
  const r = await fetch(url);
  res.send(await r.text());
}});
"""
_TOLD, _PERHAPS = [Confidence.MEDIUM], [Confidence.LOW]


def _found(files: dict[str, str]) -> list[Confidence]:
    found = scan_files({path: text.encode() for path, text in files.items()}, registry.load()).findings
    return [finding.confidence for finding in found if finding.rule == "server-side-request-forgery"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    parsed = urlparse(url)\n    return bool(parsed.scheme and parsed.netloc)", _TOLD),
        ("    try:\n        return all([urlparse(url).scheme, urlparse(url).netloc])\n    except ValueError:\n        return False", _TOLD),
        ("    return urlparse(url).scheme in ('http', 'https')", _TOLD),
        ("    return url.startswith(('http://', 'https://'))", _TOLD),
        ("    return url.startswith('https://api.example.com/')", _PERHAPS),
        ("    return urlparse(url).netloc in ('api.example.com',)", _PERHAPS),
        ("    parsed = urlparse(url)\n    return bool(parsed.scheme) and parsed.hostname != 'localhost'", _PERHAPS),
        ("    return not ipaddress.ip_address(socket.gethostbyname(urlparse(url).hostname)).is_private", _PERHAPS),
        ("    return bool(urlparse(url).netloc) and re.match('x', url) is not None", _PERHAPS),
        ("    return bool(urlparse(url).netloc) and known(url)", _PERHAPS),
    ],
)
def test_helpers_of_python(body: str, expected: list[Confidence]) -> None:
    assert _found({"app.py": _PYTHON.format(f"def is_valid_url(url):\n{body}")}) == expected


@pytest.mark.parametrize(
    ("body", "also", "expected"),
    [
        ("try { new URL(s); return true; } catch { return false; }", "", _TOLD),
        ("try { const u = new URL(s); return u.protocol === 'http:' || u.protocol === 'https:'; } catch { return false; }", "", _TOLD),
        ("try { return ['http:', 'https:'].includes(new URL(s).protocol); } catch { return false; }", "", _TOLD),
        ("return URL.canParse(s);", "", _TOLD),
        ("return HOSTS.includes(new URL(s).hostname);", "", _PERHAPS),
        ("return new URL(s).hostname.endsWith('.example.com');", "", _PERHAPS),
        ("return new URL(s).host === HOSTS[0];", "", _PERHAPS),
        # Something else looks at it as well.
        ("return URL.canParse(s);", " || isLocalUrl(url)", _PERHAPS),
        ("return URL.canParse(s);", r" || !/^https:\/\/(a|b)\.example\.com\//.test(url)", _PERHAPS),
    ],
)
def test_helpers_of_javascript(body: str, also: str, expected: list[Confidence]) -> None:
    assert _found({"server.js": _SCRIPT.format(f"function isValidUrl(s) {{ {body} }}", also)}) == expected


def test_a_helper_of_another_file() -> None:
    helper = "export const isValidUrl = (s) => { try { new URL(s); return true; } catch { return false; } };"
    app = _SCRIPT.format("import { isValidUrl } from './valid.js';", "")
    assert _found({"server.js": app, "valid.js": helper}) == _TOLD
