# SPDX-License-Identifier: Apache-2.0
"""Texts of the operator: one string, or one per language. Templates with placeholders live in `templates.py`."""

from collections.abc import Mapping

Text = str | Mapping[str, str]


def in_language(text: Text, *, language: str, default: str) -> str:
    """The text in the language, else in the default one, else in any; "" where there is none."""
    if isinstance(text, str):
        return text
    for wanted in (language, language.split("-", maxsplit=1)[0], default):
        if text.get(wanted):
            return text[wanted]
    return next((value for value in text.values() if value), "")
