"""Manifests of browser extensions and of Deno: the modules a browser starts with, and names for modules."""

from batten.extract.packages.reading import Settings, Unreadable, folder_of, inside, json_of, strings_of, table_of
from batten.facts.modules import Config, ConfigKind
from batten.regex import regex

# ``manifest.json``, and what builds choose among: ``manifest.v3.json``, ``manifest-firefox.json``.
_MANIFEST = regex(r"manifest(?:[._-][\w-]{1,40})?\.json")
_SCRIPTS = (".js", ".mjs", ".ts", ".tsx", ".jsx", ".html")


def reads(_path: str, name: str) -> bool:
    """Whether this module reads the file."""
    return name in ("deno.json", "deno.jsonc", "import_map.json") or _MANIFEST.fullmatch(name) is not None


def read(path: str, data: bytes) -> Settings:
    """The settings. Raises Unreadable, but not for a manifest of something else."""
    extension = _MANIFEST.fullmatch(path.rpartition("/")[2]) is not None
    try:
        whole = json_of(data)
    except Unreadable:
        if extension:
            return Settings()
        raise
    folder = folder_of(path)
    if extension:
        return _extension(path, folder, whole) if "manifest_version" in whole else Settings()
    aliases = [
        (f"{name}*" if name.endswith("/") else name, f"{target}/*" if name.endswith("/") else target)
        for name, written in table_of(whole.get("imports")).items()
        if isinstance(written, str) and written.startswith(".") and (target := inside(folder, written)) is not None
    ]
    return Settings(configs=(Config(path, ConfigKind.DENO, aliases=tuple(aliases)),)) if aliases else Settings()


def _extension(path: str, folder: str, whole: dict[str, object]) -> Settings:
    background, action = table_of(whole.get("background")), table_of(whole.get("action") or whole.get("browser_action"))
    written = [*strings_of(background.get("service_worker")), *strings_of(background.get("scripts")), *strings_of(background.get("page"))]
    for script in _tables(whole.get("content_scripts")):
        written += strings_of(script.get("js"))
    written += [*strings_of(action.get("default_popup")), *strings_of(whole.get("options_page")), *strings_of(whole.get("devtools_page"))]
    for name, key in (("options_ui", "page"), ("side_panel", "default_path"), ("sidebar_action", "default_panel"), ("sandbox", "pages")):
        written += strings_of(table_of(whole.get(name)).get(key))
    for page in table_of(whole.get("chrome_url_overrides")).values():
        written += strings_of(page)
    # What pages may load is sent to them as it is; manifests of the second version list it without saying which pages.
    open_to_pages = whole.get("web_accessible_resources")
    written += strings_of(open_to_pages)
    for resource in _tables(open_to_pages):
        written += strings_of(resource.get("resources"))
    entries = [entry for one in written if one.endswith(_SCRIPTS) and "*" not in one and (entry := inside(folder, one)) is not None]
    return Settings(configs=(Config(path, ConfigKind.EXTENSION, entries=tuple(dict.fromkeys(entries))),))


def _tables(value: object) -> list[dict[str, object]]:
    return [table_of(item) for item in value] if isinstance(value, list) else []
