# SPDX-License-Identifier: Apache-2.0
"""From the data of a file to its values, with every error at its line. What the fields may hold: `config_schema.py`."""

from __future__ import annotations

import copy
import difflib
import types
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from einlass.operations.config_schema import ConfigFile, Part
from einlass.operations.config_yaml import Document, Path

SENTENCES = {
    "missing": "is missing",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be a text: put it in quotes",
    "list_type": "must be a list",
    "model_type": "must have fields of its own",
    "model_attributes_type": "must have fields of its own",
    "date_type": "must be a date such as 2027-01-02",
    "string_pattern_mismatch": "must be an address that starts with https:// or http://",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "is too long: at most {max_length} characters",
    "not_an_origin": "must be the origin of a website without a path, such as https://www.example.org",
}
# The codes of the same mistakes for pages; see `core/errors.py:SETTING_ERRORS`.
CODES = {
    "missing": "required",
    "string_too_short": "required",
    "too_short": "required",
    "int_type": "not_a_number",
    "string_too_long": "too_long",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "string_pattern_mismatch": "not_a_url",
    "not_a_colour": "not_a_colour",
    "not_an_origin": "not_an_origin",
}
LIMITS = frozenset({"ge", "le", "max_length"})
# Every round mends at least one error, and a file has a finite number of them; this only stops a bug.
ROUNDS = 1000


def validated(document: Document) -> ConfigFile:
    """The values of the file. Errors are noted in the document; what is wrong is left out, so that the rest can be checked too."""
    data = copy.deepcopy(document.data)
    if not isinstance(data, dict):
        document.fault((), "the file must have fields such as branches: and services:")
        return ConfigFile()
    noted: set[Path] = set()
    for _ in range(ROUNDS):
        try:
            return ConfigFile.model_validate(data)
        except ValidationError as error:
            # Only the first round sees the places of the file: leaving out an item of a list moves those behind it.
            details = error.errors(include_url=False)
            for detail in details if not noted else []:
                noted.add(detail["loc"])
                if detail["loc"] not in document.unreadable:
                    document.fault(detail["loc"], _sentence(detail), code=CODES.get(detail["type"], ""), values=_filling(detail))
            for loc in sorted({_culprit(detail) for detail in details}, key=_from_behind, reverse=True):
                _leave_out(data, loc)
    return ConfigFile()


def _sentence(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_field(detail["loc"])
    if kind == "literal_error":
        return f"must be one of {context['expected'].replace(chr(39), '')}"
    if kind == "value_error":
        return str(context["error"])
    return SENTENCES.get(kind, detail["msg"]).format(**context)


def _filling(detail: ErrorDetails) -> dict[str, str]:
    """What fills the sentence of a page: the limit, or the value where a field has several."""
    context = detail.get("ctx", {})
    limit = next((str(limit) for name, limit in context.items() if name in LIMITS), "")
    return {"limit": limit} if limit else {"value": str(context["value"])} if "value" in context else {}


def _unknown_field(loc: Path) -> str:
    fields = sorted(_model_at(loc[:-1]).model_fields)
    close = difflib.get_close_matches(str(loc[-1]), fields, n=1, cutoff=0.5)
    return "is no field here: " + (f"did you mean {close[0]}?" if close else f"there are {', '.join(fields)}")


def _model_at(loc: Path) -> type[BaseModel]:
    """The part of the schema that a path leads to."""
    found: type[BaseModel] = ConfigFile
    for part in loc:
        if isinstance(part, str):
            found = _model_in(found.model_fields[part].annotation)
    return found


def _model_in(annotation: Any) -> type[BaseModel]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    if get_origin(annotation) in {list, Union, types.UnionType}:
        return next(_model_in(inner) for inner in get_args(annotation) if inner is not type(None))
    raise TypeError(annotation)


def _culprit(detail: ErrorDetails) -> Path:
    """What has to go so that the rest is right: the value, or the whole item where a field is missing from it."""
    return detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"]


def _from_behind(loc: Path) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in loc)


def _leave_out(data: Any, loc: Path) -> None:
    """Remove one value. Does nothing where something around it is gone already."""
    at = data
    for part in loc[:-1]:
        at = (
            at.get(part)
            if isinstance(at, dict)
            else at[part]
            if isinstance(at, list) and isinstance(part, int) and part < len(at)
            else None
        )
    if isinstance(at, dict):
        at.pop(loc[-1], None)
    elif isinstance(at, list) and isinstance(loc[-1], int) and loc[-1] < len(at):
        del at[loc[-1]]
