"""Documents of settings, YAML or JSON, as values that know where they stand; knows nothing of what they set.

Half-written documents give what there is of them. Anchors are not unfolded past a limit, and nothing here recurses.
"""

from batten.parse.documents import json, yaml
from batten.parse.documents.value import Document, Entry, Listing, Scalar, Table, Value, below

__all__ = ["Document", "Entry", "Listing", "Scalar", "Table", "Value", "below", "read_json", "read_yaml"]

read_json = json.read
read_yaml = yaml.read
