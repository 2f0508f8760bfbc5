"""Django's fields as PostgreSQL's columns: https://docs.djangoproject.com/en/stable/ref/models/fields/."""

from batten.extract.migrations.constants import Known, Made, Named, Value, text_of
from batten.facts.sources import ModelField

_TYPES = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "SmallAutoField": "smallint",
    "BigIntegerField": "bigint",
    "BinaryField": "bytea",
    "BooleanField": "boolean",
    "NullBooleanField": "boolean",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "DurationField": "interval",
    "FloatField": "double precision",
    "GenericIPAddressField": "inet",
    "IPAddressField": "inet",
    "IntegerField": "integer",
    "JSONField": "jsonb",
    "PositiveBigIntegerField": "bigint",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "TimeField": "time",
    "UUIDField": "uuid",
    "HStoreField": "hstore",
    "SearchVectorField": "tsvector",
}
_SHORT_TEXTS = {
    "CharField": None, "EmailField": 254, "URLField": 200, "SlugField": 50, "FileField": 100, "ImageField": 100, "FilePathField": 100, "CommaSeparatedIntegerField": None,
}  # fmt: skip
_LINKS = frozenset({"ForeignKey", "OneToOneField", "ParentalKey", "TreeForeignKey"})
_MANY = frozenset({"ManyToManyField", "ParentalManyToManyField", "SortedManyToManyField"})


def field_of(name: str, made: Made) -> ModelField:
    """The column of a field, or the table of one that leads to many."""
    nullable = made.argument(None, "null")
    chosen = text_of(made.argument(None, "db_column"))
    required = not (isinstance(nullable, Known) and nullable.value is True)
    key = made.argument(None, "primary_key")
    primary = isinstance(key, Known) and key.value is True
    if made.last in _LINKS or made.last in _MANY:
        return ModelField(
            name,
            made.span,
            column=chosen,
            link=_model(made.argument(0, "to")),
            many=made.last in _MANY,
            table=text_of(made.argument(None, "db_table")),
            through=_model(made.argument(None, "through")) or None,
            primary=primary,
            required=required,
        )
    return ModelField(
        name, made.span, type_of(made), chosen, primary=primary, required=required or primary, counted=made.last.endswith("AutoField")
    )


def type_of(made: Made) -> str:
    """The type of a column; that of a field from another package goes by its own name, in lower case."""
    if made.last in _SHORT_TEXTS:
        size = made.argument(None, "max_length")
        length = size.value if isinstance(size, Known) else _SHORT_TEXTS[made.last]
        return f"varchar({length})" if isinstance(length, int) and not isinstance(length, bool) else "varchar"
    if made.last == "DecimalField":
        digits, places = made.argument(None, "max_digits"), made.argument(None, "decimal_places")
        return f"numeric({digits.value}, {places.value})" if isinstance(digits, Known) and isinstance(places, Known) else "numeric"
    if made.last == "ArrayField":
        inner = made.argument(0, "base_field")
        return f"{type_of(inner)}[]" if isinstance(inner, Made) else "[]"
    return _TYPES.get(made.last, made.last.removesuffix("Field").lower())


def _model(value: Value | None) -> str:
    """The model that a field leads to: ``app.Model``, ``Model`` or ``self``, or what the settings name."""
    if isinstance(value, Named):
        return f"settings.{value.name.rpartition('.')[2]}" if ".settings." in f".{value.name}." else value.name
    return text_of(value) or ""
