# SPDX-License-Identifier: Apache-2.0
"""Texts of the operator: which language is read, and the one form of what says the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einlass.core.texts import Text, canonical, foreign_language, in_language

LANGUAGES = ("de", "en", "fr", "it")
texts = st.one_of(st.text(max_size=5), st.dictionaries(st.sampled_from(LANGUAGES), st.text(max_size=5)))
# Without what is no part of a text: spaces around it, and the second sign of a line break.
words = st.text(st.characters(exclude_characters="\r"), max_size=5).map(str.strip)
tidy_texts = st.one_of(words, st.dictionaries(st.sampled_from(LANGUAGES), words))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Raum", "Raum"),
        ("", ""),
        ({}, ""),
        ({"de": ""}, ""),
        ({"de": "Raum"}, "Raum"),
        ({"de": "Raum", "en": ""}, "Raum"),
        ({"en": "Room", "de": "Raum"}, {"de": "Raum", "en": "Room"}),
        ({"de": "Zoom", "en": "Zoom"}, {"de": "Zoom", "en": "Zoom"}),
        ("Eins\r\nZwei\r\n", "Eins\nZwei"),
        ({"de": " Raum ", "en": " \n"}, "Raum"),
    ],
)
def test_canonical_form(text: Text, form: Text) -> None:
    assert canonical(text) == form


@given(text=tidy_texts, language=st.sampled_from(LANGUAGES), default=st.sampled_from(LANGUAGES))
def test_canonical_form_reads_the_same_in_every_language(text: Text, language: str, default: str) -> None:
    assert in_language(canonical(text), language=language, default=default) == in_language(text, language=language, default=default)


@given(text=texts)
def test_canonical_form_of_a_canonical_form_is_itself(text: Text) -> None:
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("text", "language", "foreign"),
    [
        ("Raum", "fr", ""),
        ({"de": "Raum", "en": "Room"}, "en", ""),
        ({"de": "Raum", "en": "Room"}, "en-GB", ""),
        ({"de": "Raum", "en": "Room"}, "fr", "de"),
        ({"en": "Room", "it": "Sala"}, "fr", "en"),
        ({"de": "Atelier", "fr": "Atelier"}, "fr", ""),
        ({}, "fr", ""),
    ],
)
def test_language_of_a_text_is_named_where_it_is_another(text: Text, language: str, foreign: str) -> None:
    assert foreign_language(text, language=language, default="de") == foreign
