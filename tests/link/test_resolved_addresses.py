"""Whoever looks up where the name of a server leads, and refuses numbers of its own network, has looked at the address: that is no sure way to other servers any more."""

import pytest
from own_rules import RULES as ALL

from batten.finding import Confidence
from batten.scan import scan_files

RULES = ALL.select(["server-side-request-forgery"])
SERVER = """import express from 'express'
import dns from 'node:dns/promises'
import { lookup } from 'node:dns/promises'
const app = express()
const isPrivate = (ip) => /^(10\\.|127\\.|192\\.168\\.|169\\.254\\.)/.test(ip)
const rows = new Map()
async function publicUrl(raw) {
  const u = new URL(raw)
  const found = await lookup(u.hostname, { all: true })
  if (found.some((one) => isPrivate(one.address))) throw new Error('private')
  return u
}
"""
PYTHON = """import ipaddress
import socket
from urllib.parse import urlparse
import requests
from fastapi import FastAPI, HTTPException
app = FastAPI()
def refuse_private(url):
    number = socket.gethostbyname(urlparse(url).hostname)
    if ipaddress.ip_address(number).is_private:
        raise HTTPException(400)
def count(url):
    return len(socket.getaddrinfo(urlparse(url).hostname, None))
"""


def _sure(path: str, text: str) -> bool:
    """Whether the request is told as one that leads anywhere, at the default gate."""
    files = {
        path: text.encode(),
        "package.json": b'{"type": "module", "dependencies": {"express": "5"}}',
        "requirements.txt": b"fastapi\nrequests\n",
    }
    found = scan_files(files, RULES).findings
    assert len(found) == 1
    return found[0].confidence > Confidence.LOW


@pytest.mark.parametrize(
    ("body", "sure"),
    [
        ("await fetch(req.query.u)", True),
        ("const [one] = await dns.lookup(new URL(req.query.u).hostname, { all: true })\n  if (isPrivate(one.address)) return res.end()\n  await fetch(req.query.u)", False),
        ("const u = new URL(req.query.u)\n  const { address } = await lookup(u.hostname)\n  if (isPrivate(address)) return res.end()\n  await fetch(u)", False),
        ("const u = new URL(req.query.u)\n  for (const one of await lookup(u.hostname, { all: true })) {\n    if (isPrivate(one.address)) return res.end()\n  }\n  await fetch(u)", False),
        ("await publicUrl(req.query.u)\n  await fetch(req.query.u)", False),
        ("await fetch(await publicUrl(req.query.u))", False),
        # that there are some says nothing of which
        ("const found = await lookup(new URL(req.query.u).hostname, { all: true })\n  if (found.length === 0) return res.end()\n  await fetch(req.query.u)", True),
        # of another server
        ("const { address } = await lookup(new URL(req.query.other).hostname)\n  if (isPrivate(address)) return res.end()\n  await fetch(req.query.u)", True),
        ("const { address } = await lookup(process.env.HOST)\n  if (isPrivate(address)) return res.end()\n  await fetch(req.query.u)", True),
        # of a map of the app's own
        ("const one = rows.lookup(new URL(req.query.u).hostname)\n  if (one.isPrivate) return res.end()\n  await fetch(req.query.u)", True),
        # nobody leaves
        ("const { address } = await lookup(new URL(req.query.u).hostname)\n  if (isPrivate(address)) console.warn(address)\n  await fetch(req.query.u)", True),
    ],
)  # fmt: skip
def test_in_javascript(body: str, sure: bool) -> None:
    assert _sure("server.js", f"{SERVER}app.get('/a', async (req, res) => {{\n  {body}\n  res.end()\n}})\n") is sure


@pytest.mark.parametrize(
    ("body", "sure"),
    [
        ("return requests.get(url).text", True),
        ("refuse_private(url)\n    return requests.get(url).text", False),
        ("number = socket.gethostbyname(urlparse(url).hostname)\n    if ipaddress.ip_address(number).is_private:\n        raise HTTPException(400)\n    return requests.get(url).text", False),
        ("for each in socket.getaddrinfo(urlparse(url).hostname, None):\n        if ipaddress.ip_address(each[4][0]).is_private:\n            raise HTTPException(400)\n    return requests.get(url).text", False),
        ("if any(ipaddress.ip_address(each[4][0]).is_private for each in socket.getaddrinfo(urlparse(url).hostname, None)):\n        raise HTTPException(400)\n    return requests.get(url).text", False),
        ("count(url)\n    return requests.get(url).text", True),
        ("number = socket.gethostbyname('example.com')\n    if ipaddress.ip_address(number).is_private:\n        raise HTTPException(400)\n    return requests.get(url).text", True),
    ],
)  # fmt: skip
def test_in_python(body: str, sure: bool) -> None:
    assert _sure("main.py", f"{PYTHON}@app.get('/a')\ndef a(url: str):\n    {body}\n") is sure
