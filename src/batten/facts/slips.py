"""Checks that may stop nobody, as far as one file tells; says nothing of who they are for."""

from enum import StrEnum

from msgspec import Struct

from batten.text import Place, Span


class SlipKind(StrEnum):
    """How a check fails to stop anybody."""

    GOES_ON = "goes-on"
    """It answers that the caller may not, and the function goes on."""
    UNAWAITED = "unawaited"
    """What is tested is a promise, perhaps, and no promise is false."""
    BY_DEFAULT = "by-default"
    """It is left out where a setting is not made."""
    BY_MODE = "by-mode"
    """It is left out where nothing says that the app runs for everybody: ``NODE_ENV``."""
    BY_SETTING = "by-setting"
    """A setting leaves it out, where it is made."""
    UNSET = "unset"
    """A secret is only compared where it is set: ``if (secret && given !== secret)``."""
    BACKDOOR = "backdoor"
    """Something of the request that is written in the code opens it."""
    SELF_SAID = "self-said"
    """It goes by what accounts say of themselves."""
    FOR_DEVELOPERS = "for-developers"
    """No check: what it covers only runs where a setting says that this is a developer's machine, and no default says so."""


class Slip(Struct, frozen=True, array_like=True, gc=False):
    """A test that may stop nobody, and what runs after it; ``name`` and ``given``: the call whose answer is tested as it is, and how many arguments it has.

    Of a check that can be left out ``name`` is the setting, or says what opens it. Of a way for developers it is the setting as other files tell of it, with what it
    has to be (``settings#settings.mode=dev``, ``!=production``; without: any truth), and empty where this file tells that it is off.
    """

    kind: SlipKind
    place: Place
    reach: Span
    name: str = ""
    given: int = 0
