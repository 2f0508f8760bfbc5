"""The rule pages that batten brings, read once for all tests: what a scan makes of them is kept with them, and a copy for each file of tests is half a gigabyte together."""

from batten.rules.registry import load

RULES = load(with_plugins=False)
