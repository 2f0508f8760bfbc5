"""Where Flask is told to take forms of other sites, and where that is said of tests alone."""

import pytest

from batten.extract.packages.origins import switched_off


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("app.config['WTF_CSRF_ENABLED'] = False\n", 1),
        ("app.config.update(SECRET_KEY=key(), WTF_CSRF_ENABLED=False, TESTING=False)\n", 1),
        ("app.config.update(\n    SECRET_KEY=key(),\n    WTF_CSRF_ENABLED=False,\n    TESTING=True,\n)\n", 0),
        ("app.config.from_mapping({\n    'TESTING': True,\n    'WTF_CSRF_ENABLED': False,\n})\n", 0),
        # said elsewhere, it is not said of this
        ("app.config.update(TESTING=True)\napp.config.update(WTF_CSRF_ENABLED=False)\n", 1),
        ("app.config['TESTING'] = True\nWTF_CSRF_ENABLED = False\n", 1),
        ("client(\n    TESTING=True,\n    made=dict(WTF_CSRF_ENABLED=False),\n)\n", 1),
    ],
)
def test_forms_of_other_sites(written: str, told: int) -> None:
    assert len(list(switched_off("shop/app.py", written.encode()))) == told
