# SPDX-License-Identifier: Apache-2.0
"""Texts of the operator: one string, or one per language. Templates with placeholders live in `templates.py`."""

import re
from collections.abc import Mapping

Text = str | Mapping[str, str]
# Languages that write days and months small.
SMALL_LETTERS = frozenset({"fr", "it"})
FIRST_OF_MONTH = re.compile(r"\b1 (?=[a-zéû])")
BREAK = re.compile(r"\r+\n")


def in_language(text: Text, *, language: str, default: str) -> str:
    """The text in the language, else in the default one, else in the first of the others by their code; "" where there is none."""
    if isinstance(text, str):
        return text
    for wanted in (language, language.split("-", maxsplit=1)[0], default):
        if text.get(wanted):
            return text[wanted]
    return next((text[code] for code in sorted(text) if text[code]), "")


def foreign_language(text: Text, *, language: str, default: str) -> str:
    """In which other language `in_language` answers, so that it is read aloud as what it is; "" for the one asked for, or nobody knows."""
    if isinstance(text, str):
        return ""
    found = in_language(text, language=language, default=default)
    own = (language, language.split("-", maxsplit=1)[0])
    if not found or found in (text.get(code) for code in own):
        return ""
    return default if text.get(default) else next(code for code in sorted(text) if text[code])


def date_as_written(said: str, *, language: str) -> str:
    """A date in words as the language writes it within a sentence: Italian and French in small letters, the French first as 1er."""
    if language not in SMALL_LETTERS:
        return said
    small = said.lower()
    return FIRST_OF_MONTH.sub("1er ", small) if language == "fr" else small


def canonical(text: Text) -> Text:
    """The one form of a text: empty languages go, and one that is filled in a single language is that string, which says the same.
    Browsers send line breaks as two signs, and a block of YAML ends with one: neither makes another text."""
    if isinstance(text, str):
        return _tidy(text)
    filled = {language: tidy for language, value in sorted(text.items()) if (tidy := _tidy(value))}
    return filled if len(filled) > 1 else next(iter(filled.values()), "")


def _tidy(text: str) -> str:
    return BREAK.sub("\n", text).strip()
