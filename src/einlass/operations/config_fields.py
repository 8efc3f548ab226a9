# SPDX-License-Identifier: Apache-2.0
"""From the fields of a configuration item to the columns of its row. What becomes rows of its own: `config_write.py`."""

from __future__ import annotations

from typing import Any

from einlass.operations.config_schema import Part


def given(item: Part, *, new: bool) -> dict[str, Any]:
    """The columns that the file sets: those it names, and for a row that is new also the defaults of the others."""
    columns: dict[str, Any] = {}
    for name in type(item).model_fields:
        if name in item.related or not (new or name in item.model_fields_set):
            continue
        value = getattr(item, name)
        if isinstance(value, Part):
            columns |= {value.prefix + inner: inner_value for inner, inner_value in given(value, new=new).items()}
        else:
            columns[name] = value
    return columns
