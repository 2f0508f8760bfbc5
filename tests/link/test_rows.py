"""What one row of a table or model is called."""

import pytest

from batten.link.rows import singular


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("notes", "note"),
        ("Categories", "category"),
        ("UserModel", "user"),
        ("address", "address"),
        ("addresses", "address"),
        ("buses", "bus"),
        ("order_status", "orderstatus"),
        ("menus", "menu"),
        ("houses", "house"),
    ],
)
def test_one_row_is_called_after_its_table(model: str, row: str) -> None:
    assert singular(model) == row
