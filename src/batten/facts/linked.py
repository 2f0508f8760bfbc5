"""What every fact has in common that a rule can be about; knows no kind of fact."""

from msgspec import Struct

from batten.finding import Step
from batten.text import Place


class LinkedFact(Struct, frozen=True, kw_only=True):
    """Something of the app that a rule can be about, as it stands in the whole.

    ``package`` is the root of its package, ``path_class`` what its file is for (``product``, ``test`` …). ``key`` is ``package|kind|name|discriminator`` and holds
    no line numbers: findings are known by it from one run to the next. Findings on one ``subject`` (``kind|name``) may stand for each other. ``trail`` is how it comes about.
    """

    place: Place
    package: str = ""
    path_class: str = "product"
    key: str = ""
    subject: str = ""
    trail: tuple[Step, ...] = ()


class DatabaseFact(LinkedFact, frozen=True, kw_only=True):
    """One of a database, by the name of that.

    ``origin`` is what keeps the migrations: ``supabase``, ``prisma``, ``drizzle``, ``flyway``, ``migrations``, ``alembic``, ``django``, ``knex``, ``typeorm``,
    ``sequelize``, ``node-pg-migrate``; ``scripts`` for SQL files in no order.
    """

    database: str
    origin: str = "supabase"

    def of(self, name: str) -> str:
        """The object ``name`` of this database, as what findings of one rule are told together by."""
        return f"{self.package}|{self.database}|{name}"
