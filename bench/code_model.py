"""Whether the code model has every node of the grammars: real files, sampled, counted on both sides.

    python bench/code_model.py FOLDER... [--files 1000] [--seed 1] [--show 5]

As many files of each suffix as there are, then any. Types are left out, as are copies of other packages; a file that its own
grammar can not read in full is counted apart. Also told: how many bytes of expressions the model has no word for.
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from node_keys import Kind
from nodes_agree import agreement

SUFFIXES = (".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".astro", ".html")
FOREIGN = frozenset({"node_modules", ".git", "site-packages", "dist", "vendor"})
LARGEST = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5, help="differences to show")
    options = parser.parse_args()
    files = sample(options.folders, options.files, random.Random(options.seed))
    asked: dict[bool, Counter[Kind]] = {False: Counter(), True: Counter()}
    lacking: dict[bool, Counter[Kind]] = {False: Counter(), True: Counter()}
    beyond: dict[bool, Counter[Kind]] = {False: Counter(), True: Counter()}
    suffixes: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    expressions = around = shown = broken = 0
    for path in files:
        data = path.read_bytes()
        found = agreement(path.name, data)
        suffixes[path.suffix] += 1
        broken += found.is_broken
        for counts, keys in ((asked, found.asked), (lacking, found.missing), (beyond, found.extra)):
            for (kind, start, end), count in keys.items():
                counts[found.is_broken][kind] += count
                if counts is not asked and shown < options.show:
                    shown += 1
                    print(f"{'lacks' if counts is lacking else 'beyond'} {kind} {path}:{start}-{end} {data[start:end][:80]!r}")
        expressions += found.share.expressions
        around += found.share.around
        unknown += found.unknown
    print(f"{len(files):,} files:", ", ".join(f"{count} {suffix}" for suffix, count in suffixes.most_common()))
    print(f"{'':12}{'grammar':>10}{'lacking':>9}{'beyond':>8}{f'in {broken} broken files':>24}{'lacking':>9}{'beyond':>8}")
    for kind in Kind:
        whole, part = (f"{asked[which][kind]:,}" for which in (False, True))
        print(
            f"{kind:12}{whole:>10}{lacking[False][kind]:>9}{beyond[False][kind]:>8}{part:>24}{lacking[True][kind]:>9}{beyond[True][kind]:>8}"
        )
    print(f"expressions: {expressions:,} bytes; without a word of their own {unknown.total() / expressions:.2%}, ", end="")
    print(f"with all that is inside {around / expressions:.2%}")
    print("of which", ", ".join(f"{kind} {count:,}" for kind, count in unknown.most_common(8)))


def sample(folders: list[Path], wanted: int, chance: random.Random) -> list[Path]:
    """Equal parts of each suffix as far as there are so many; the rest from all."""
    found: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix not in SUFFIXES or not FOREIGN.isdisjoint(path.parts) or path.name.endswith((".d.ts", ".min.js")):
                continue
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                found[path.suffix].append(path)
    each = wanted // max(1, len(found))
    taken = [path for paths in found.values() for path in chance.sample(paths, min(each, len(paths)))]
    rest = sorted({path for paths in found.values() for path in paths} - set(taken))
    return [*taken, *chance.sample(rest, min(wanted - len(taken), len(rest)))]


if __name__ == "__main__":
    main()
