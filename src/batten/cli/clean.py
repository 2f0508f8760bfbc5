"""``batten clean``: forget what earlier runs found out."""

from pathlib import Path

import click


@click.command()
@click.option("--cache-dir", type=click.Path(path_type=Path), envvar="BATTEN_CACHE_DIR", metavar="DIR", help="The folder to empty.")
def clean(cache_dir: Path | None) -> int:
    """Delete what earlier runs found out about files; nothing of an app is touched."""
    from batten.cache import Cache
    from batten.report.escape import plain
    from batten.setting import cache_folder

    folder = cache_folder(cache_dir)
    free = Cache(folder).clear()
    click.echo(f"{free / 1_000_000:.1f} MB deleted in {plain(str(folder))}" if free else f"nothing is kept in {plain(str(folder))}")
    return 0
