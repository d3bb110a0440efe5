"""Settings as text: what each one allows, and all of them as commented TOML.

Both come from the annotations, so that no rule is written down twice.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Collection
from typing import Any, get_type_hints

import msgspec
from msgspec import inspect as types


def allowed(hint: object) -> str:
    """What a setting of that annotated type may be, to complete "Set it to ..."."""
    return _allowed(types.type_info(hint))


def from_text(hint: object, text: str) -> object:
    """Parse an environment variable as a value of that annotated type, unchecked.

    Text stays as it is; a list is TOML or comma-separated; numbers and booleans are
    as in TOML.
    """
    kind = _plain(types.type_info(hint))
    if isinstance(kind, types.StrType):
        return text
    if isinstance(kind, types.VarTupleType | types.ListType) and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return table["value"] if len(table) == 1 else text


def as_meant(hint: object, value: object) -> object:
    """Normalise a value to the one spelling that the program uses.

    ``extra={"written": ...}`` in the annotation says which other spellings are accepted:
    "words" may have capitals and extra spaces, and "text or number" may be a number; if it is
    empty, it is not set.
    """
    return _as_meant(types.type_info(hint), value)


def as_toml(settings: Any, sections: Collection[str] | None = None) -> str:
    """A dataclass of sections as a TOML file that explains each setting.

    ``sections`` names the sections to include, all by default. A setting without a
    value is written as a comment.
    """
    paragraphs = []
    for section in dataclasses.fields(settings):
        if sections is not None and section.name not in sections:
            continue
        values = getattr(settings, section.name)
        hints = get_type_hints(type(values), include_extras=True)
        lines = [f"[{section.name}]"]
        for setting in dataclasses.fields(values):
            hint = hints[setting.name]
            lines.append(f"# {_description(hint)}Allowed: {allowed(hint)}.")
            value = getattr(values, setting.name)
            lines.append(
                f"# {setting.name} is not set"
                if value is None
                else f"{setting.name} = {_toml_value(value)}"
            )
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs) + "\n"


def _description(hint: object) -> str:
    schema = msgspec.json.schema(hint)
    description = schema.get("description", "")
    return f"{description} " if description else ""


def _toml_value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case tuple() | list():
            return f"[{', '.join(_toml_value(item) for item in value)}]"
        case _:
            # A JSON string is a TOML string, except for the one control character JSON allows.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(kind: types.Type) -> types.Type:
    """The type without its annotations and without ``| None``."""
    if isinstance(kind, types.Metadata):
        return _plain(kind.type)
    if isinstance(kind, types.UnionType):
        options = [t for t in kind.types if not isinstance(_plain(t), types.NoneType)]
        return _plain(options[0])
    return kind


def _as_meant(kind: types.Type, value: object) -> object:
    written = (kind.extra or {}).get("written") if isinstance(kind, types.Metadata) else None
    match written, value:
        case "words", str():
            return " ".join(value.lower().split())
        case "text or number", int() if not isinstance(value, bool):
            return str(value)
        case "text or number", str() if not value.strip():
            return None
    if isinstance(kind, types.Metadata):
        return _as_meant(kind.type, value)
    match _plain(kind), value:
        case types.VarTupleType(item_type=item), list():
            return [_as_meant(item, one) for one in value]
    return value


def _allowed(kind: types.Type) -> str:
    if isinstance(kind, types.Metadata):
        own = (kind.extra or {}).get("allowed")
        return str(own) if own else _allowed(kind.type)
    match _plain(kind):
        case types.BoolType():
            return "true or false"
        case types.IntType(ge=low, le=high, gt=over, lt=under):
            return "a whole number" + _range(low, high, over, under)
        case types.FloatType(ge=low, le=high, gt=over, lt=under):
            return "a number" + _range(low, high, over, under)
        case types.LiteralType(values=values):
            return "one of " + ", ".join(json.dumps(value) for value in values)
        case types.VarTupleType(item_type=item, min_length=low, max_length=high):
            return f"a list of {low or 0} to {high or 'any number of'} items, each {_allowed(item)}"
        case _:
            return "text in quotation marks"


def _range(low: float | None, high: float | None, over: float | None, under: float | None) -> str:
    bounds = [
        f"{word} {limit:g}"
        for word, limit in (("from", low), ("above", over), ("to", high), ("below", under))
        if limit is not None
    ]
    return "".join(f" {bound}" for bound in bounds)
