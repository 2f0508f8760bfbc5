"""Commands of scripts and workflows that deploy edge functions without the check of the gateway: https://supabase.com/docs/reference/cli/supabase-functions-deploy."""

from batten.facts.services import FunctionConfig
from batten.regex import regex
from batten.text import Place, Span

EVERY = "*"
"""The name where a command deploys all of them."""

_FLAG = b"--no-verify-jwt"
_READ = regex(
    r"(?:^|/)(?:package\.json|deno\.jsonc?|Makefile|justfile|Taskfile\.ya?ml|\.gitlab-ci\.ya?ml|[^/]+\.sh)$|(?:^|/)\.github/workflows/[^/]+\.ya?ml$"
)
_DEPLOYS = regex(rb"\bfunctions\s+deploy\b(?P<rest>(?:\\\r?\n|[^\n\"&|;])*)")
_VALUED = frozenset({"--project-ref", "--workdir", "--import-map", "--jobs", "-j", "--profile", "--network-id", "-o", "--output"})


def open_functions(path: str, data: bytes) -> tuple[FunctionConfig, ...]:
    """The functions that a file deploys so; those whose names are worked out are left out."""
    if _FLAG not in data or not _READ.search(path):
        return ()
    found: list[FunctionConfig] = []
    for match in _DEPLOYS.finditer(data):
        line = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()].lstrip()
        words = match["rest"].decode("utf-8", "replace").replace("\\\n", " ").split()
        if "--no-verify-jwt" not in words or line.startswith((b"#", b"//")):
            continue
        names = [
            word for at, word in enumerate(words) if not word.startswith("-") and words[at - 1 if at else 0] not in _VALUED and word != "\\"
        ]
        place = Place(path, Span(match.start(), match.end()))
        if not any("$" in name for name in names):
            found += (FunctionConfig(name.strip("'"), verify_jwt=False, place=place) for name in names or (EVERY,))
    return tuple(found)
