"""supabase/config.toml: which schemas the Data API serves, and which edge functions check a token at the gateway."""

import re

from batten.extract.packages.reading import Settings, folder_of, strings_of, table_of, toml_of
from batten.extract.packages.supabase_settings import settings
from batten.facts.services import ConfiguredBucket, FunctionConfig, SupabaseConfig
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
            name,
            verify if isinstance(verify := table_of(table).get("verify_jwt"), bool) else None,
            Place(path, _header(data, "functions", name)),
        )
        for name, table in table_of(whole.get("functions")).items()
    ]
    buckets = [
        ConfiguredBucket(
            name,
            public=table.get("public") is True,
            limited=bool(table.get("file_size_limit")) and bool(table.get("allowed_mime_types")),
            place=Place(path, _header(data, "storage.buckets", name)),
        )
        for name, found in table_of(table_of(whole.get("storage")).get("buckets")).items()
        for table in (table_of(found),)
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
        buckets=tuple(buckets),
    )
    return Settings(supabase=(config,), settings=tuple(settings(path, data, whole)))


def _header(data: bytes, table: str, name: str) -> Span:
    """The line that opens a table in another; the start of the file where it is written another way."""
    before, quoted = re.escape(table.encode()), re.escape(name.encode())
    found = re.search(rb"^[ \t]*+\[" + before + rb"\.[\"']?" + quoted + rb"[\"']?\]", data, re.MULTILINE)
    return Span(found.start(), found.end()) if found else Span(0, 0)
