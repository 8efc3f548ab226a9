# SPDX-License-Identifier: Apache-2.0
"""The configuration as a file that people read: what says nothing is left out, long texts stand as they were typed. Reading one:
`config_yaml.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

import yaml

from einlass.models import Picture
from einlass.operations import config_schema as schema
from einlass.operations.config_export import Exported
from einlass.operations.pictures import data_of

HEAD = """\
# The configuration of this installation of Einlass, written by `einlass export`.
#
# Apply it with `einlass apply FILE`, here or on an empty installation; twice is the same as once.
# `einlass apply FILE --dry-run` only says what would change, `--prune` also removes what the file leaves out.
# Secrets are not in it: {env: NAME} is read from the environment variable NAME while it is applied.
"""
# What is not longer stands on one line: `durations: [60, 120]`, `access: {early_minutes: 15, late_minutes: 15}`.
ONE_LINE = 90
FEW = 3
# What YAML takes for the end of a line although nobody types it as one: written as an escape.
BREAKS = re.compile("[\r\x85\u2028\u2029]")
# A new question without a label gets one by its key, so that having none has to be said.
SAID_EMPTY = frozenset({(schema.Question, "label")})


def file_of(whole: Exported) -> Exported:
    """The configuration without what is empty and with its pictures: applied to an empty installation both say the same."""
    shown = {picture["digest"] for picture in _pictures(whole)}
    data = {row.digest: {"data": data_of(row)} for row in Picture.objects.filter(digest__in=shown)} if shown else {}
    return _said(_with_pictures(whole, data), schema.ConfigFile)


def _pictures(whole: Exported) -> Iterator[Exported]:
    pictures = [whole.get("organisation", {}).get("logo"), *(part.get("picture") for part in whole.get("services", []))]
    yield from (picture for picture in pictures if picture)


def _with_pictures(part: Any, data: Mapping[str, Exported]) -> Any:
    """The same with each picture whole in the place of its digest."""
    if isinstance(part, list):
        return [_with_pictures(item, data) for item in part]
    if not isinstance(part, dict):
        return part
    return data[part["digest"]] if set(part) == {"digest"} else {name: _with_pictures(value, data) for name, value in part.items()}


def as_yaml(whole: Exported) -> str:
    """The whole file, comments at its top."""
    sections = [{name: value} for name, value in file_of(whole).items()]
    written = (yaml.dump(each, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000) for each in sections)
    return "\n".join([HEAD, *written])


def _said(part: Exported, kind: type[schema.Part]) -> Exported:
    return {name: _value(part[name], kind, name) for name in kind.model_fields if name in part and _says(part[name], kind, name)}


def _says(value: Any, kind: type[schema.Part], name: str) -> bool:
    """An empty value says something where a new item would get another one, or where it has to be given."""
    if value not in ("", None, [], {}):
        return True
    field = kind.model_fields[name]
    needed = name in kind.needed or field.is_required() or (kind, name) in SAID_EMPTY
    return needed or field.default not in (value, None, schema.Week())


def _value(value: Any, kind: type[schema.Part], name: str) -> Any:
    inner = _part_of(kind.model_fields[name].annotation)
    if inner is None or value is None:
        return value
    return [_said(item, inner) for item in value] if isinstance(value, list) else _said(value, inner)


def _part_of(annotation: Any) -> type[schema.Part] | None:
    """The part that a field or the items of its list are, None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, schema.Part):
        return annotation
    return next((found for one in get_args(annotation) if (found := _part_of(one))), None)


class _Dumper(yaml.SafeDumper):
    """Items stand below their list's name, indented; what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = '"' if BREAKS.search(text) else "|" if "\n" in text.strip("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=_is_short(items))


def _mapping(dumper: yaml.SafeDumper, items: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", items.items(), flow_style=len(items) <= FEW and _is_short(items.values()))


def _is_short(values: Collection[Any]) -> bool:
    plain = all(not isinstance(value, list | dict) and "\n" not in str(value) for value in values)
    return plain and sum(len(str(value)) for value in values) <= ONE_LINE


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)
