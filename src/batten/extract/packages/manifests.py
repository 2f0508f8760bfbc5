"""Manifests of browser extensions and of Deno: the modules a browser starts with, and names for modules."""

from batten.extract.packages.reading import Settings, Unreadable, folder_of, inside, json_of, strings_of, table_of
from batten.facts.modules import Config, ConfigKind

_SCRIPTS = (".js", ".mjs", ".ts", ".tsx", ".jsx", ".html")


def reads(_path: str, name: str) -> bool:
    """Whether this module reads the file."""
    return name in ("manifest.json", "deno.json", "deno.jsonc", "import_map.json")


def read(path: str, data: bytes) -> Settings:
    """The settings. Raises Unreadable, but not for a manifest of something else."""
    extension = path.endswith("manifest.json")
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
    written = [*strings_of(background.get("service_worker")), *strings_of(background.get("scripts"))]
    content = whole.get("content_scripts")
    for script in content if isinstance(content, list) else []:
        written += strings_of(table_of(script).get("js"))
    options = table_of(whole.get("options_ui"))
    written += [*strings_of(action.get("default_popup")), *strings_of(whole.get("options_page")), *strings_of(options.get("page"))]
    entries = [entry for one in written if one.endswith(_SCRIPTS) and (entry := inside(folder, one)) is not None]
    return Settings(configs=(Config(path, ConfigKind.EXTENSION, entries=tuple(entries)),))
