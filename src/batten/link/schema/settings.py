"""What is known of a database as a whole, and what every fact about one of its objects says of it."""

from typing import TypedDict

from msgspec import Struct

from batten.finding import Step
from batten.link.schema.databases import Chain
from batten.text import Place, Span

PUBLIC_MARK = "@public"


class Setting(Struct, frozen=True):
    """What is known of the database as a whole."""

    chain: Chain
    exposed: frozenset[str]
    path_class: str
    sign_up: bool | None = None
    anonymous_sign_ins: bool | None = None
    doubtful: bool = False
    """Clients reach some database of the package, and perhaps not this one."""


class Common(TypedDict):
    """The fields that all facts share."""

    database: str
    package: str
    place: Place
    origin: str
    path_class: str
    key: str
    subject: str
    trail: tuple[Step, ...]


def common(setting: Setting, kind: str, name: str, place: Place | None, trail: tuple[Step, ...] = (), discriminator: str = "") -> Common:
    """The shared fields of a fact about the object ``name``; where nothing says where it is made, the place is the start of the chain."""
    chain = setting.chain
    if place is None or not place.path:
        place = Place(chain.files[0].path if chain.files else chain.root, Span(0, 0))
    parts = [chain.package, kind, name, *([discriminator] if discriminator else []), chain.root]
    return Common(
        database=chain.root,
        package=chain.package,
        place=place,
        origin=chain.origin,
        path_class=setting.path_class,
        key="|".join(parts),
        subject=f"{kind}|{name}",
        trail=trail,
    )
