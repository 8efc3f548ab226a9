# SPDX-License-Identifier: Apache-2.0
"""The options of a choice as rows of labels, one label per language. An option keeps its key when its label changes, because answers
name it; a new one gets a key from its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from einlass.core.texts import canonical
from einlass.operations.settings import key_for

EMPTY_ROWS = 3
MOST = 100


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option; `labels` are (language, label). Without a key it is a new one, without any label it goes."""

    key: str
    labels: tuple[tuple[str, str], ...]

    @property
    def said(self) -> bool:
        return any(label for _, label in self.labels)


def saved_rows(options: Sequence[Any], *, languages: Sequence[str]) -> list[OptionRow]:
    """The options as they are saved."""
    return [_saved_row(option, languages) for option in options]


def typed_rows(posted: QueryDict, *, languages: Sequence[str]) -> list[OptionRow]:
    """The options as they were typed: lists of equal length, one for the keys and one for each language."""
    keys = posted.getlist("option_key")[:MOST]
    labels = {code: posted.getlist(f"option_{code}") for code in languages}
    return [
        OptionRow(key.strip()[:60], tuple((code, labels[code][n].strip()[:200] if n < len(labels[code]) else "") for code in languages))
        for n, key in enumerate(keys)
    ]


def with_empty_rows(rows: Sequence[OptionRow], *, languages: Sequence[str]) -> list[OptionRow]:
    """Room for more behind what is there."""
    said = [row for row in rows if row.said or row.key]
    return [*said, *(OptionRow("", tuple((code, "") for code in languages)) for _ in range(EMPTY_ROWS))]


def options_part(rows: Sequence[OptionRow]) -> list[Any]:
    """The options as the configuration file has them."""
    said = [row for row in rows if row.said]
    taken = {row.key for row in said if row.key}
    options: list[Any] = []
    for row in said:
        label = canonical(dict(row.labels))
        first = next(text for _, text in row.labels if text)
        key = row.key or key_for(first, taken=taken.__contains__, otherwise="option")
        taken.add(key)
        options.append(key if key == label else {"key": key, "label": label})
    return options


def _saved_row(option: Any, languages: Sequence[str]) -> OptionRow:
    """A label that is one text stands in the first language."""
    if not isinstance(option, Mapping):
        return OptionRow(str(option), tuple((code, str(option) if n == 0 else "") for n, code in enumerate(languages)))
    label = option["label"]
    texts = {languages[0]: label} if isinstance(label, str) else label
    return OptionRow(str(option["key"]), tuple((code, texts.get(code, "")) for code in languages))
