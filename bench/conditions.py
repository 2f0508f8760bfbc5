"""Compares our reading of every condition of every policy with sqlglot's, and lists where they disagree or only one of them reads it.

    python bench/conditions.py APP_DIR...

Conditions that differ only in blanks count once.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from server_expressions import agrees

from batten.discover.reading import LARGEST_SQL
from batten.parse.dialects.conditions import condition
from batten.parse.postgres import statements
from batten.parse.postgres.access_statements import AlterPolicy, CreatePolicy
from batten.parse.postgres.expressions import Expression, Opaque, walk


def main() -> None:
    counted: Counter[str] = Counter()
    for text, value in dict(pair for app in sys.argv[1:] for pair in conditions(Path(app))).items():
        second = condition(text)
        opaque = any(isinstance(each, Opaque) for each in walk(value))
        kind = "read by us alone" if second is None else "open to us" if opaque else "equal" if agrees(value, second) else "different"
        counted[kind] += 1
        if kind != "equal":
            print(f"{kind}: {text}")
    print(", ".join(f"{count} {kind}" for kind, count in counted.most_common()))


def conditions(app: Path) -> Iterator[tuple[str, Expression]]:
    """Every condition; a text of 500 characters may have been cut off, and is left out."""
    for path in sorted(app.rglob("*.sql")):
        if "node_modules" in path.parts or not path.is_file() or path.is_symlink() or path.stat().st_size > LARGEST_SQL:
            continue
        for each in statements(path.read_bytes()):
            if isinstance(each, CreatePolicy | AlterPolicy):
                for text, value in ((each.using_text, each.using), (each.check_text, each.check)):
                    if text is not None and value is not None and len(text) < 500:
                        yield text, value


if __name__ == "__main__":
    main()
