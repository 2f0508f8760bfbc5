"""The JSON Schema of front matter, its ``match`` derived from the fact types, and errors a writer can act on."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from batten.checks import Check
from batten.finding import Confidence, PackError, Severity
from batten.rules import message
from batten.rules.fields import Field, facts
from batten.rules.frontmatter import Lined
from batten.rules.page import Shape
from batten.rules.semgrep import FACT

_WIDEST = 60
_HEAD = Path(__file__).with_name("page.schema.json")
_WORDS = {"string": "a text", "boolean": "true or false", "integer": "a number", "array": "a list", "object": "a map", "null": "null"}


def page_schema(checks: Mapping[str, Check]) -> dict[str, Any]:
    """The whole schema, for editors too: matches are checked against the fact they are about."""
    schema: dict[str, Any] = json.loads(_HEAD.read_text("utf-8"))
    schema["$defs"] |= {f"fact-{name}": _match_schema(fields) for name, fields in facts().items()}
    properties = schema["properties"]
    properties["match"] |= {"required": ["fact"], "properties": {"fact": {"enum": list(facts())}}}
    properties["check"]["enum"] = list(checks)
    matched = {"properties": {"match": {"required": ["fact"]}}, "required": ["match"]}
    schema["allOf"] = [
        {
            "if": matched | {"properties": {"match": {"properties": {"fact": {"const": name}}, "required": ["fact"]}}},
            "then": {"properties": {"match": {"$ref": f"#/$defs/fact-{name}"}} | _rows(name)},
        }
        for name in facts()
    ]
    schema["allOf"] += [
        {"if": {"properties": {"check": {"const": name}}, "required": ["check"]}, "then": {"properties": _rows(check.fact)}}
        for name, check in checks.items()
    ]
    return schema


def _rows(fact: str) -> dict[str, Any]:
    return {"lower": {"items": {"properties": {"match": {"$ref": f"#/$defs/fact-{fact}"}}}}}


def _match_schema(fields: Mapping[str, Field]) -> dict[str, Any]:
    terms = {name: _one_or_more(_value(field)) for name, field in fields.items()}
    excluded = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": terms}
    return {"type": "object", "additionalProperties": False, "properties": {"fact": {"type": "string"}, **terms, "not": excluded}}


def _one_or_more(value: dict[str, Any]) -> dict[str, Any]:
    # Not anyOf: its errors do not say which branch was meant.
    return {"if": {"type": "array"}, "then": {"minItems": 1, "uniqueItems": True, "items": value}, "else": value}


def _value(field: Field) -> dict[str, Any]:
    if field.shape is Shape.RECORDS:
        terms = {inner.name: _one_or_more(_value(inner)) for inner in field.fields}
        return {"type": ["object", "null"], "additionalProperties": False, "minProperties": 1, "properties": terms}
    if field.choices:
        return {"enum": [*field.choices, *([None] if field.null else [])]}
    return {"type": [field.kind, "null"] if field.null else field.kind}


@cache
def _validator(checks: tuple[tuple[str, str], ...]) -> Draft202012Validator:
    known = {name: Check(fact, _nothing) for name, fact in checks}
    return Draft202012Validator(page_schema(known))


def _nothing() -> Any:
    raise NotImplementedError


def fact_of(head: Mapping[str, Any], checks: Mapping[str, Check]) -> str:
    """The kind of fact that valid front matter is about."""
    if "semgrep" in head:
        return FACT
    return str(head["match"]["fact"]) if "match" in head else checks[head["check"]].fact


def validate(front: Lined, allowed: Mapping[str, Check] | None) -> None:
    """Raises PackError, with the line and what may have been meant, where front matter is not valid; ``allowed`` as in ``load_page``."""
    if not isinstance(front.value, dict):
        raise front.error("the front matter is no map of keys and values")
    if allowed is None and "check" in front.value:
        raise front.error(
            "a page from a folder cannot name a check", ["check"], "Folders bring data only: say it with 'match', or install the pack."
        )
    checks = allowed or {}
    validator = _validator(tuple((name, check.fact) for name, check in checks.items()))
    errors = list(validator.iter_errors(front.value))
    if errors:
        first = min(errors, key=lambda error: (front.line(_location(error)), len(error.absolute_path), error.message))
        raise _explained(first, front)
    page = front.value
    _check_message(front, fact_of(page, checks), checks[page["check"]].words if "check" in page else ())
    _check_lower(front)


def _check_message(front: Lined, fact: str, words: Iterable[str]) -> None:
    known = [*words, *(field.name for field in facts()[fact].values() if field.printable)]
    try:
        unknown = message.unknown_fields(front.value["message"], known)
    except ValueError as error:
        raise front.error(f"the message cannot be filled in: {error}", ["message"]) from error
    if unknown:
        raise front.error(f"a {fact} has no field {unknown[0]!r} that a message can show", ["message"], _hint(unknown[0], known))


def _check_lower(front: Lined) -> None:
    page = front.value
    for index, row in enumerate(page.get("lower", ())):
        severity = Severity(row.get("severity", page["severity"]))
        confidence = Confidence(row.get("confidence", page["confidence"]))
        worse = severity.rank < Severity(page["severity"]).rank or confidence.rank < Confidence(page["confidence"]).rank
        if worse:
            raise front.error(
                "a row of 'lower' raises the severity or the confidence", ["lower", index], "Write the worst case above, and lower it here."
            )


def _location(error: ValidationError) -> list[str | int]:
    path = list(error.absolute_path)
    if error.validator == "additionalProperties":
        path.append(_surplus(error))
    return path


def _properties(error: ValidationError) -> Mapping[str, Any]:
    schema: Any = error.schema
    return schema.get("properties", {})  # type: ignore[no-any-return]


def _surplus(error: ValidationError) -> str:
    instance: Any = error.instance
    return next(str(name) for name in instance if name not in _properties(error))


def _explained(error: ValidationError, front: Lined) -> PackError:
    location = _location(error)
    where = f" of {'.'.join(map(str, error.absolute_path))!r}" if error.absolute_path else ""
    instance: Any = error.instance
    value = _short(instance)
    text, help_ = "", ""
    given: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            name, known = _surplus(error), list(_properties(error))
            text, help_ = f"unknown {'field' if error.absolute_path else 'key'} {name!r}{where}", _hint(name, known)
        case "enum":
            known = [_short(choice) for choice in given]
            text, help_ = f"{value} is no value{where}", _hint(value, known)
        case "type":
            kinds = [given] if isinstance(given, str) else given
            text = f"the value{where} is {value}, not {' or '.join(_WORDS[kind] for kind in kinds)}"
        case "required":
            name = next(name for name in given if name not in instance)
            text = f"the key {name!r}{where} is missing"
            if name == "match" and error.absolute_path:
                help_ = "The fields of a row go under it: { match: { … }, severity: …, reason: … }"
        case "oneOf":
            text, help_ = "a page has either 'match' or 'check'", "'match' for one fact and its fields, 'check' for a function."
        case "anyOf":
            text = f"a row of 'lower' gives a severity or a confidence{where}"
        case "pattern":
            text, help_ = f"the value{where} is {value}", f"It has the form {given}"
        case _:
            text = f"{error.message}{where}"
    return front.error(text, location, help_)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _hint(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, 3, 0.6)
    if close:
        return f"Did you mean {' or '.join(map(repr, close))}?"
    return f"Known are: {', '.join(names)}"
