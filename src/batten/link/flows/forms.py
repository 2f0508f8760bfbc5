"""What forms and serializers of Python give of what they are given: text as it came, or what a field has made of it; knows no graph."""

from batten.facts.calls import Binding, Origin, simple_name
from batten.facts.flows import OF_FEW
from batten.link.callgraph import Code
from batten.link.permissions import Classes
from batten.regex import regex

# Forms of Django, serializers of its REST framework, and of WTForms, which reads the request itself.
_BASES = regex(r"(?:django\.(?:contrib\.\w+\.)?forms|rest_framework|drf_|flask_wtf|wtforms)\b|(?:Form|Serializer)$")
_READS_REQUEST = regex(r"flask_wtf\b|(?:^|[.#])FlaskForm$")
_CHECKED = ("cleaned_data", "validated_data")
# Fields that give any text: https://docs.djangoproject.com/en/5.2/ref/forms/fields/, https://wtforms.readthedocs.io/en/3.2.x/fields/#basic-fields
_TEXT = frozenset(
    (
        *("CharField", "URLField", "JSONField", "FileField"),
        *("StringField", "TextAreaField", "SearchField", "HiddenField", "PasswordField"),
    )
)
_MADE = regex(
    r"^(?:Integer|Float|Decimal|Boolean|Date|Time|DateTime|Duration|UUID|Slug|IPAddress|GenericIPAddress|Choice|TypedChoice|MultipleChoice|"
    r"ModelChoice|ModelMultipleChoice|PrimaryKeyRelated|SlugRelated|HyperlinkedRelated|Select|SelectMultiple|Radio|NullBoolean|"
    r"DateTimeLocal|Month|IntegerRange|DecimalRange|QuerySetSelect)Field$"
)
# What a field is made with that leaves any text in it.
_NO_LIMIT = regex(
    r"(?:^|[.#])(?:DataRequired|InputRequired|Optional|Length|Email|EqualTo|\w*Input|Textarea|\w*LengthValidator|_|gettext\w*|ugettext\w*|lazy_gettext|_l)$"
)


def field_read(way: tuple[str, ...]) -> str | None:
    """The field that a way reads of a form: ``cleaned_data["name"]``, ``name.data``; "" where it can't be told which, None for any other way."""
    if way[:1] and way[0] in _CHECKED:
        return way[1] if len(way) > 1 and way[1].isidentifier() else ""
    return way[0] if len(way) > 1 and way[1] == "data" and way[0].isidentifier() else None


def is_text(path: str, callee: str, field: str, code: Code) -> tuple[bool | None, bool]:
    """Whether a field of a form gives text as it came, None can't tell; and whether the form reads the request by itself."""
    classes = Classes(code)
    lineage = classes.lineage(path, callee)
    if lineage is None or not any(_BASES.search(name) for name in lineage.outside):
        return None, False
    given = classes.field(lineage, field) if field else None
    return _gives_text(given.binding) if given is not None else None, any(_READS_REQUEST.search(name) for name in lineage.outside)


def offers_rights(path: str, callee: str, field: str, code: Code) -> bool:
    """What a field of a form gives is one of a list with what few may be in it: ``SelectField(choices=["reader", "admin"])``."""
    classes = Classes(code)
    lineage = classes.lineage(path, callee)
    given = classes.field(lineage, field) if lineage is not None and any(_BASES.search(name) for name in lineage.outside) else None
    if given is None:
        return False
    offered = [source for call in given.binding.calls[:1] for each in call.arguments if each.slot == "choices" for source in each.sources]
    lists = [_named(given.path, source.text, code) for source in offered if source.origin is Origin.NAME]
    texts = [*offered, *(source for each in lists if each is not None for source in each.sources)]
    return any(source.origin is Origin.LITERAL and OF_FEW.fullmatch(source.text) is not None for source in texts)


def _named(path: str, name: str, code: Code) -> Binding | None:
    """What stands for a list by its name, in a module or a class: ``User.ROLE_CHOICES``."""
    module, mark, local = name.rpartition("#")
    owner, dot, field = local.partition(".")
    home = code.home(path, f"{module}{mark}{owner}") if mark else None
    return code.bindings(home[0]).get(f"{home[1]}{dot}{field}") if home is not None else None


def _gives_text(binding: Binding) -> bool | None:
    kind = simple_name(binding.name or "")
    if _MADE.match(kind):
        return False
    made = [source.text for source in binding.sources if source.origin is Origin.CALL and source.text != binding.name]
    return True if kind in _TEXT and all(_NO_LIMIT.search(name) for name in made) else None
