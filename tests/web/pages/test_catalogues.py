# SPDX-License-Identifier: Apache-2.0
"""Every catalogue is complete, compiled, and knows every text of the templates; vendored files are what they say they are."""

from __future__ import annotations

import ast
import gettext
import gzip
import re
from pathlib import Path

import django_htmx
import pytest
from django.conf import settings

import einlass

PACKAGE = Path(einlass.__file__).parent
LANGUAGES = ["de", "en", "fr", "it"]
STATIC = PACKAGE / "static"
ENTRY = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")$', re.MULTILINE)
IN_TEMPLATE = re.compile(r"""\{%\s*translate\s+(?:"([^"]+)"|'([^']+)')""")


def entries(language: str) -> list[dict[str, str]]:
    """The entries of a catalogue. Ours are written without broken lines."""
    text = (PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    parts = text.split("\n\n")[1:]
    return [{name: ast.literal_eval(value) for name, value in ENTRY.findall(part)} for part in parts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_complete_and_nothing_is_guessed(language: str) -> None:
    text = (PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")

    assert "fuzzy" not in text
    assert [entry["msgid"] for entry in entries(language) if not all(v for k, v in entry.items() if k.startswith("msgstr"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_compiled_as_it_stands(language: str) -> None:
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for entry in entries(language):
        if "msgid_plural" in entry:
            assert compiled.ngettext(entry["msgid"], entry["msgid_plural"], 2) == entry["msgstr[1]"]
        elif "msgctxt" in entry:
            assert compiled.pgettext(entry["msgctxt"], entry["msgid"]) == entry["msgstr"]
        else:
            assert compiled.gettext(entry["msgid"]) == entry["msgstr"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_know_the_same_texts(language: str) -> None:
    assert [entry["msgid"] for entry in entries(language)] == [entry["msgid"] for entry in entries("en")]


def test_pages_are_offered_in_every_language_that_has_a_catalogue() -> None:
    assert (
        sorted(code for code, _ in settings.LANGUAGES)
        == sorted(LANGUAGES)
        == sorted(folder.name for folder in (PACKAGE / "locale").iterdir() if folder.is_dir())
    )


def test_catalogue_knows_every_text_of_the_templates() -> None:
    known = {entry["msgid"] for entry in entries("de")}
    used = {a or b for file in (PACKAGE / "templates").rglob("*.html") for a, b in IN_TEMPLATE.findall(file.read_text(encoding="utf-8"))}

    assert used - known == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same(language: str) -> None:
    for entry in entries(language):
        names = {name: set(re.findall(r"%\((\w+)\)s", text)) for name, text in entry.items()}
        original = names["msgid"] | names.get("msgid_plural", set())
        assert names.get("msgstr", names.get("msgstr[1]")) == original, entry["msgid"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ("ß", "!", "leider", "Leider", "Fehler 500")),
        ("fr", ("!", "malheureusement", "Malheureusement", "Erreur 500")),
        ("it", ("!", "purtroppo", "Purtroppo", "Errore 500")),
    ],
)
def test_translations_keep_to_the_house_style(language: str, words: tuple[str, ...]) -> None:
    said = " ".join(value for entry in entries(language) for name, value in entry.items() if name.startswith("msgstr"))

    assert [word for word in words if word in said] == []


def test_french_signs_in_two_parts_stand_apart_without_a_break() -> None:
    """A space that does not break stands before colon, semicolon and question mark; the name of a header is no French."""
    said = [value for entry in entries("fr") for key, value in entry.items() if key.startswith("msgstr")]

    close = [text for text in said if re.search(r"[^\W\d](?:[;?](?:\s|$)|: (?=%|\w))", text) and "Authorization:" not in text]
    assert close == []


@pytest.mark.parametrize("language", ["fr", "it"])
def test_nothing_longer_than_a_few_words_was_left_in_english(language: str) -> None:
    """Names stay what they are; a sentence does not."""
    texts = [entry for entry in entries(language) if entry.get("msgctxt") != "date format"]
    same = [entry["msgid"] for entry in texts if entry["msgid"] in {entry.get("msgstr"), entry.get("msgstr[1]")}]

    assert [text for text in same if len(text.split()) > 3 and "<" not in text] == []


def test_htmx_is_the_one_that_django_htmx_brings() -> None:
    brought = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"

    assert (STATIC / "htmx.min.js").read_bytes() == brought.read_bytes()


@pytest.mark.parametrize("name", ["einlass.css", "htmx.min.js"])
def test_compressed_twin_holds_the_same(name: str) -> None:
    assert gzip.decompress((STATIC / f"{name}.gz").read_bytes()) == (STATIC / name).read_bytes()


def test_stylesheet_loads_nothing_from_elsewhere() -> None:
    assert re.findall(r"url\(([^)]+)\)", (STATIC / "einlass.css").read_text()) == ["arrow.svg"]
