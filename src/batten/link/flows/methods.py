"""What methods of lists, texts, promises and paths do, whoever made them."""

NORMALISERS = frozenset(("resolve", "abspath", "realpath", "normpath", "normalize", "realpathSync", "join_safe"))
"""What makes one spelling of many of a path."""
ITERATORS = frozenset(
    ("map", "forEach", "filter", "flatMap", "find", "some", "every", "then", "reduce", "sort", "findIndex", "finally", "catch", "subscribe")
)
"""What calls a function that it is handed, with what it is called on or a part of it."""
LISTS = frozenset(
    ("map", "flatMap", "filter", "split", "entries", "values", "keys", "items", "splitlines", "findall", "matchAll", "partition")
)
"""What these give is no text."""
GIVES_BACK = frozenset(("map", "flatMap", "then", "reduce", "catch"))
"""Those that give what the function gives, or something of it."""
MAPS = frozenset(("map", "flatMap"))
"""Those that give what the function gives, and nothing else."""
KEEPS = frozenset((
    "append", "add", "push", "write", "writelines", "update", "extend", "insert", "put", "set", "setdefault", "appendleft", "unshift", "enqueue",
))  # fmt: skip
"""What puts its arguments into what it is called on."""
CONTAINERS = frozenset(("Map", "Set", "WeakMap", "Array", "dict", "list", "set", "collections"))
"""What the language itself has to keep values in, by the first step of the name."""
TEXTUAL = frozenset((
    "toString", "toLowerCase", "toUpperCase", "toLocaleLowerCase", "toLocaleUpperCase", "trim", "trimStart", "trimEnd", "slice", "substring", "substr", "normalize", "split",
    "replace", "replaceAll", "charAt", "padStart", "padEnd", "startsWith", "match", "lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "capitalize", "encode",
))  # fmt: skip
"""What only text can do, or gives text whatever it is asked of."""


def is_textual(way: tuple[str, ...]) -> bool:
    """What is reached by a way is text: something on it only texts can do."""
    return any(step.removesuffix("()") in TEXTUAL for step in way if step.endswith("()"))
