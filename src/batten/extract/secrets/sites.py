"""What kind of file a key stands in, by its path; looks into no file."""

import re

from batten.facts.secrets import Site
from batten.regex import regex
from batten.skim import PAGES, SCRIPTS

_CODE = frozenset(
    (".py", ".pyi", ".php", ".rb", ".go", ".java", ".kt", ".cs", ".rs", ".swift", ".dart", ".scala", ".ex", ".exs", ".pl", ".lua")
)
_ENV_FILE = regex(
    r"(?:^|/)(?:\.env(?:rc)?(?:[._-][^/]*)?|[^/]*\.env(?:\.(?:local|prod|production|staging))?|\.dev\.vars(?:\.[^/]*)?"
    r"|\.streamlit/secrets\.toml|local\.settings\.json|[^/]*\.tfvars(?:\.json)?|credentials\.json)$"
)
_SAMPLE = regex(r"example|sample|template|\bdist$|defaults?$", re.IGNORECASE)
_TOOL = regex(
    r"(?:^|/)(?:\.?mcp\.json|(?:\.cursor|\.vscode|\.windsurf|\.continue|\.claude|\.codex|\.gemini|\.roo|\.zed)/.*|claude_desktop_config\.json|"
    r"opencode\.jsonc?|\.npmrc|\.yarnrc(?:\.yml)?|\.pypirc|\.netrc|pip\.conf|"
    r"(?:docker-)?compose(?:[.-][^/]*)?\.ya?ml|(?:Dockerfile|Containerfile)(?:[.-][^/]*)?|[^/]*\.[Dd]ockerfile|"
    r"\.github/workflows/[^/]+|\.gitlab-ci\.ya?ml|\.circleci/config\.yml|bitbucket-pipelines\.yml|azure-pipelines\.yml|cloudbuild\.ya?ml|Jenkinsfile|"
    r"vercel\.json|netlify\.toml|wrangler\.(?:toml|jsonc?)|fly\.toml|render\.ya?ml|railway\.(?:json|toml)|app\.json|app\.ya?ml|eas\.json|amplify\.yml|"
    r"(?:k8s|kubernetes|helm|charts|manifests|deploy)/.*\.ya?ml|[^/]*\.ipynb|[^/]*postman_collection[^/]*\.json|[^/]*\.postman_[^/]*\.json|"
    r"readme[^/]*\.(?:md|mdx|rst|txt))$",
    re.IGNORECASE,
)
_TEXT = regex(r"\.(?:md|mdx|markdown|txt|rst|adoc|sh|bash|zsh|fish|ps1|bat|cmd)$", re.IGNORECASE)
_DEVELOPMENT = regex(
    r"(?:^|/)(?:settings|config|conf|configs|environments|env)/(?:dev|development|local|test|testing|ci)\.\w+$|[._-](?:dev|development|local|test)\.(?:py|[cm]?[jt]s)$"
)


def site(path: str) -> Site:
    """The kind of the file at ``path``."""
    suffix = path[path.rfind(".") :].lower()
    if _ENV_FILE.search(path):
        return Site.OTHER if _SAMPLE.search(path.rpartition("/")[2]) else Site.ENV_FILE
    if suffix in SCRIPTS or suffix in PAGES or suffix in _CODE:
        return Site.CODE
    if suffix == ".sql":
        return Site.MIGRATION
    return Site.TOOL_CONFIG if _TOOL.search(path) else Site.OTHER


def for_development(path: str) -> bool:
    """Whether the name of a settings file says that it is for tests or for a machine for development."""
    return _DEVELOPMENT.search(path) is not None


def is_text(path: str) -> bool:
    """Whether the file is written for people to read or to type from: prose, commands of a shell."""
    return _TEXT.search(path) is not None
