"""Tells which conditions show rows for how far things are, ``status = 'active'``, and not because anybody has published them, ``is_public``."""

from batten.link.schema.ownership import own_columns
from batten.link.schema.private_names import CONTACT, NETWORK, strongest, words
from batten.link.schema.sensitivity import is_about_people, sensitive
from batten.link.schema.state import Relation
from batten.parse.postgres.expressions import Constant, Expression, walk

_STATES = frozenset(
    {
        "status", "state", "stage", "active", "inactive", "enabled", "disabled", "approved", "verified", "confirmed", "completed", "available", "deleted", "archived", "blocked", "banned",
        "suspended", "onboarded", "estado", "situacao", "ativo", "ativa", "activo", "activa", "statut", "actif",
    }
)  # fmt: skip
# A state that is a publication; who sets it wants the row to be seen.
_PUBLISHED = frozenset(
    {"published", "public", "listed", "visible", "shared", "open", "live", "publicado", "publicada", "publico", "publica", "publie"}
)
_PEOPLE = frozenset({"profile", "profiles", "person", "persons", "people", "perfil", "perfis", "perfiles", "profil", "profils"})
_NAMES = frozenset({"first", "last", "full", "family", "given", "birth", "dob", "birthdate"})


def tells_the_state(relation: Relation, clause: Expression | None) -> bool:
    """Whether a condition looks at nothing of a row but how far it is, and the rows are about people: with more than how to reach them, or under their names."""
    labels = own_columns(relation, clause) if clause is not None else []
    if clause is None or not labels or not all(_STATES.intersection(words(label)) for label in labels):
        return False
    said = {word for each in walk(clause) if isinstance(each, Constant) and isinstance(each.value, str) for word in words(each.value)}
    if _PUBLISHED.intersection(said):
        return False
    private = strongest(sensitive(relation).values())
    return private not in (None, NETWORK) and (private != CONTACT or _names_people(relation))


def _names_people(relation: Relation) -> bool:
    if is_about_people(relation) or _PEOPLE.intersection(words(relation.name)):
        return True
    return any(_NAMES.intersection(words(label)) for label in relation.columns)
