"""supabase/config.toml: which schemas the Data API serves, and which edge functions check a token at the gateway."""

import re

from batten.extract.packages.reading import Settings, folder_of, strings_of, table_of, toml_of
from batten.extract.packages.supabase_settings import settings
from batten.facts.services import FunctionConfig, SupabaseConfig
from batten.text import Place, Span


def reads(path: str, name: str) -> bool:
    """Whether this module reads the file."""
    return name == "config.toml" and f"/{path}".endswith("/supabase/config.toml")


def read(path: str, data: bytes) -> Settings:
    """The settings. Raises Unreadable."""
    whole = toml_of(data)
    api = table_of(whole.get("api"))
    project = whole.get("project_id")
    enabled, expose = api.get("enabled"), api.get("auto_expose_new_tables")
    schemas = api.get("schemas")
    paths = table_of(table_of(whole.get("db")).get("migrations")).get("schema_paths")
    auth = table_of(whole.get("auth"))
    sign_up, anonymous = auth.get("enable_signup"), auth.get("enable_anonymous_sign_ins")
    # Such a hook is where an app turns away those it does not know.
    screened = table_of(table_of(auth.get("hook")).get("before_user_created")).get("enabled") is True
    functions = [
        FunctionConfig(
            name, verify if isinstance(verify := table_of(table).get("verify_jwt"), bool) else None, Place(path, _header(data, name))
        )
        for name, table in table_of(whole.get("functions")).items()
    ]
    config = SupabaseConfig(
        root=folder_of(folder_of(path)),
        place=Place(path, Span(0, 0)),
        project=project if isinstance(project, str) else None,
        api_enabled=enabled if isinstance(enabled, bool) else None,
        schemas=strings_of(schemas) if isinstance(schemas, list) else None,
        auto_expose_new_tables=expose if isinstance(expose, bool) else None,
        schema_paths=strings_of(paths) if isinstance(paths, list) else (),
        sign_up=False if screened else sign_up if isinstance(sign_up, bool) else None,
        anonymous_sign_ins=anonymous if isinstance(anonymous, bool) else None,
        functions=tuple(functions),
    )
    return Settings(supabase=(config,), settings=tuple(settings(path, data, whole)))


def _header(data: bytes, name: str) -> Span:
    """The line that opens the table of a function; the start of the file where it is written another way."""
    quoted = re.escape(name.encode())
    found = re.search(rb"^[ \t]*+\[functions\.[\"']?" + quoted + rb"[\"']?\]", data, re.MULTILINE)
    return Span(found.start(), found.end()) if found else Span(0, 0)
