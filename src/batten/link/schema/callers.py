"""Who asks: a stranger, a fresh account, or any account, and what the platform's functions tell of them."""

from msgspec import Struct

from batten.link.schema.values import NULL, Json, Known, Need, Value, opened


class Caller(Struct, frozen=True):
    """``role`` is what PostgREST switches to. ``any`` stands for every account there may ever be, also one with claims that only the server gives.

    ``rights``: the owner of the view they come through, whose privileges and policies count in the place of their own.
    """

    role: str
    any: bool = False
    rights: str | None = None
    guest: bool = False
    """Signed in without telling who they are: https://supabase.com/docs/guides/auth/auth-anonymous."""

    @property
    def holder(self) -> str:
        """The role whose privileges and policies count."""
        return self.role if self.rights is None else self.rights


ANON = Caller("anon")
FRESH = Caller("authenticated")
GUEST = Caller("authenticated", guest=True)
ANYONE_SIGNED_IN = Caller("authenticated", any=True)
NOBODY = Caller("postgres")
"""The migration itself, which no request asks for."""


def user_id(caller: Caller) -> Value:
    """``auth.uid()``."""
    return NULL if caller.role != "authenticated" else opened({Need.CALLER}, required=True, source="auth.uid")


def email(caller: Caller) -> Value:
    """``auth.email()``."""
    return NULL if caller.role != "authenticated" else opened({Need.CALLER}, required=True, source="auth.email")


def claimed_role(caller: Caller) -> Value:
    """``auth.role()``."""
    return NULL if caller.role == NOBODY.role else Known(caller.role)


def claims(caller: Caller) -> Json:
    """``auth.jwt()``, as far as it is known; ``claim`` tells what is behind a name that is not here."""
    found: Json = {"role": Known(caller.role)}
    if caller.role != "authenticated":
        return found
    own: Json = {}
    return found | {
        "aud": Known("authenticated"),
        "sub": user_id(caller),
        "email": email(caller),
        "phone": opened({Need.CALLER}),
        "is_anonymous": Known("true" if caller.guest else "false"),
        "session_id": opened({Need.CALLER}, required=True),
        "app_metadata": opened({Need.CALLER}) if caller.any else Known(own),
        "user_metadata": opened({Need.META}),
    }


def claim(caller: Caller, found: Json, name: str) -> Value:
    """One claim: null for a caller who lacks it."""
    value = found.get(name)
    if value is not None:
        return value
    return opened({Need.CALLER}) if caller.any else NULL
