"""New passwords that a service gives, by what the routes ask that call it: each case is a route of one app."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["password-reset-without-proof"])
PACKAGE = '{ "dependencies": { "express": "5", "mongoose": "8", "express-jwt": "8", "jsonwebtoken": "9", "bcrypt": "5" } }'
MEMBER = (
    'import mongoose from "mongoose";\nexport default mongoose.model("Member", new mongoose.Schema({ email: String, password: String }));\n'
)
WRITES = "const member = await Member.findOne({ email });\n    member.password = await bcrypt.hash(chosen, 10);\n    await member.save();"
SERVICES = """import bcrypt from "bcrypt";
import Member from "./member.js";
export class Members {
{methods}}
export const members = new Members();
"""
SERVER = """import express from "express";
import jwt from "jsonwebtoken";
import {{ members }} from "./services.js";
import Ticket from "./ticket.js";
const app = express();
const signedIn = (req, res, next) => {{
  req.member = jwt.verify(req.headers.authorization, process.env.JWT_SECRET);
  next();
}};
const requireOtp = async (req, res, next) => ((await Ticket.findOne({{ otp: req.body.otp }})) ? next() : res.status(403).end());
{routes}"""
# The way from a route to the service, and whether anybody gets there.
ROUTES = {
    "open": ("", "await members.open(req.body.email, req.body.password);", True),
    "inner": ("", "const change = async () => members.inner(req.body.email, req.body.password); await change();", True),
    "withTicket": ("", "if (!(await Ticket.findOne({ token: req.body.token }))) return res.end(); await members.withTicket(req.body.email, req.body.password);", False),
    "afterOtp": ("requireOtp, ", "await members.afterOtp(req.body.email, req.body.password);", False),
    "ofSelf": ("signedIn, ", "await members.ofSelf(req.body.email, req.body.password);", False),
}  # fmt: skip


def test_passwords_that_a_service_sets() -> None:
    names = [*ROUTES, "uncalled"]
    methods = "".join(f"  async {name}(email, chosen) {{\n    {WRITES}\n  }}\n" for name in names)
    routes = "".join(
        f'app.post("/{name}", {chain}async (req, res) => {{ {body} res.end(); }});\n' for name, (chain, body, _) in ROUTES.items()
    )
    services = SERVICES.replace("{methods}", methods)
    files = {
        "package.json": PACKAGE,
        "member.js": MEMBER,
        "ticket.js": MEMBER.replace("Member", "Ticket"),
        "services.js": services,
        "server.js": SERVER.format(routes=routes),
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    lines = services.splitlines()
    told = [lines[services.encode()[: each.place.span.start].count(b"\n") - 2].split("(")[0].split()[-1] for each in found]
    assert sorted(told) == sorted(name for name, (_, _, anybody) in ROUTES.items() if anybody)


SENT = """from flask import Flask, request
from pymongo import MongoClient
import bcrypt
app = Flask(__name__)
members = MongoClient()["desk"]["members"]
@app.post("/join")
def join():
    {row}
    {row_name}["password"] = bcrypt.hashpw(request.json["password"].encode(), bcrypt.gensalt())
    members.{keeps}
    return "", 201
"""


def test_what_a_caller_sends_is_no_account_that_was_looked_up() -> None:
    """``get_json`` gives a record for a new row; ``get`` of a collection gives a row that is there already."""
    sent = SENT.format(row="data = request.get_json()", row_name="data", keeps="insert_one(data)")
    found = SENT.format(row='data = members.find_one({"email": request.json["email"]})', row_name="data", keeps="replace_one({}, data)")
    told = [
        [
            finding.rule
            for finding in scan_files({"requirements.txt": b"flask\npymongo\nbcrypt\n", "main.py": text.encode()}, RULES).findings
        ]
        for text in (sent, found)
    ]
    assert told == [[], ["password-reset-without-proof"]]
