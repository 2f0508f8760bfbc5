"""Documents of settings, YAML, JSON or TOML, as values that know where they stand; knows nothing of what they set.

Half-written documents give what there is of them. Anchors are not unfolded past a limit, and nothing here recurses.
"""

from batten.parse.documents import json, toml, yaml
from batten.parse.documents.value import Document, Entry, Listing, Scalar, Table, Value, below

__all__ = ["Document", "Entry", "Listing", "Scalar", "Table", "Value", "below", "read_json", "read_toml", "read_yaml"]

read_json = json.read
read_toml = toml.read
read_yaml = yaml.read
