"""Calls that are told by themselves: hashes of passwords, and ciphers whose tag nobody looks at."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["fast-password-hash", "unverified-decryption"])
HASH = """import crypto from "node:crypto";
import express from "express";
const app = express();
app.post("/register", (req, res) => res.json(parts(req.body.password)));
function parts(password) {
  const hash = crypto.createHash("sha1").update(password).digest("hex");
  return %s;
}
"""
ASKS = "export const asks = (head) => fetch(`https://api.pwnedpasswords.com/range/${head}`);\n"
STREAM = """import { createDecipheriv } from "node:crypto";
export function open(key) {
  let cipher;
  return new Transform({
    transform(chunk, _, done) {
      cipher ??= createDecipheriv("aes-256-gcm", key, chunk.subarray(0, 12));
      this.push(cipher.update(chunk));
      done();
    },
    flush(done) { %s done(); },
  });
}
"""
FILES = {
    "known.ts": HASH % "[hash.slice(0, 5), hash.slice(5)]" + ASKS,
    "kept.ts": HASH % "hash" + ASKS,  # told: it is kept as a whole, whatever else the file asks
    "short.ts": HASH % "[hash.slice(0, 5), hash.slice(5)]",  # told: nobody is asked about it
    "stream.ts": STREAM % "cipher.setAuthTag(this.last); this.push(cipher.final());",
    "unasked.ts": STREAM % "this.push(cipher.final());",  # told: nobody says which tag it is to have
    "other.ts": STREAM
    % "const other = createDecipheriv('aes-256-gcm', key, iv); other.setAuthTag(tag); this.push(other.update(x)); other.final();",  # told: the tag is another's
}


def test_what_is_looked_up_or_asked_for_beside_is_not_told() -> None:
    files = {path: text.encode() for path, text in FILES.items()} | {"package.json": b'{"dependencies": {"express": "5.0.0"}}'}
    assert sorted(finding.place.path for finding in scan_files(files, RULES).findings) == ["kept.ts", "other.ts", "short.ts", "unasked.ts"]
