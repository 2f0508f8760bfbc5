"""The pack `checked` comes with Python: as a folder, which is how pytest would take it, it is refused."""

collect_ignore_glob = ["packs/checked/*"]
