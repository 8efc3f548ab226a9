# SPDX-License-Identifier: Apache-2.0
"""Dates, times and lengths in every language, in the branch's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from einlass.core.windows import Window
from einlass.models import Branch
from einlass.web import formats
from einlass.web.bands import band

ZURICH = "Europe/Zurich"
AT = datetime(2027, 1, 12, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "with_year", "moment"),
    [
        ("de", "Dienstag, 12. Januar", "Dienstag, 12. Januar 2027", "Di, 12. Januar, 14:00"),
        ("en", "Tuesday 12 January", "Tuesday 12 January 2027", "Tue 12 January, 14:00"),
        ("fr", "mardi 12 janvier", "mardi 12 janvier 2027", "mar 12 janvier, 14:00"),
        ("it", "martedì 12 gennaio", "martedì 12 gennaio 2027", "mar 12 gennaio, 14:00"),
    ],
)
def test_dates_in_words(language: str, day: str, with_year: str, moment: str) -> None:
    with translation.override(language):
        assert formats.day_in_words(date(2027, 1, 12)) == day
        assert formats.day_with_year(date(2027, 1, 12)) == with_year
        assert formats.moment(AT, ZURICH).replace("\N{NO-BREAK SPACE}", " ") == moment


def test_first_of_a_month_in_french_is_the_first() -> None:
    with translation.override("fr"):
        assert formats.day_in_words(date(2027, 1, 1)) == "vendredi 1er janvier"
        assert formats.day_in_words(date(2027, 1, 11)) == "lundi 11 janvier"
        assert formats.month_in_words(date(2027, 1, 1)) == "janvier 2027"


def test_span_names_another_day() -> None:
    with translation.override("de"):
        assert formats.span(AT, AT + timedelta(hours=4), ZURICH) == "14:00–18:00"
        assert formats.span(AT, AT + timedelta(hours=10), ZURICH) == "14:00–00:00"
        assert formats.span(AT, AT + timedelta(hours=12), ZURICH) == "14:00 – Mi, 13. Januar, 02:00"


@pytest.mark.parametrize(
    ("minutes", "german", "english"), [(30, "30 Min.", "30 min"), (60, "1 Std.", "1 h"), (90, "1 Std. 30 Min.", "1 h 30 min")]
)
def test_length_short(minutes: int, german: str, english: str) -> None:
    with translation.override("de"):
        assert formats.length_short(minutes) == german
    with translation.override("en"):
        assert formats.length_short(minutes) == english


def test_length_in_words_counts_begun_minutes() -> None:
    with translation.override("de"):
        assert formats.length_in_words(timedelta(hours=3, minutes=42, seconds=1)) == "3 Stunden 43 Minuten"
        assert formats.length_in_words(timedelta(hours=1)) == "1 Stunde"
        assert formats.length_in_words(timedelta(seconds=1)) == "1 Minute"


@pytest.mark.parametrize(
    ("address", "town"),
    [("Aaregässli 7, 3011 Bern", "Bern"), ("Weg 1, 10115 Berlin", "Berlin"), ("Dorfplatz", "Filiale"), ("", "Filiale")],
)
def test_town_of(address: str, town: str) -> None:
    assert formats.town_of(Branch(address=address), name="Filiale") == town


def test_recent_names_today_or_the_day() -> None:
    with translation.override("de"):
        assert formats.recent(AT, ZURICH, now=AT + timedelta(hours=1)) == "heute, 14:00"
        assert formats.recent(AT, ZURICH, now=AT + timedelta(days=1)).startswith("Di,")


def test_dialled_is_international_or_as_written() -> None:
    assert formats.dialled("031 555 01 20", country="CH") == "+41315550120"
    assert formats.dialled("117 / 3", country="CH") == "1173"


def test_band_places_booking_and_now_in_the_window() -> None:
    booked = Window(AT, AT + timedelta(hours=4))
    window = booked.widened(before_minutes=15, after_minutes=15)

    drawn = band(window=window, booked=booked, now=AT + timedelta(minutes=32))

    assert (drawn.book_x, drawn.book_width, drawn.book_end, drawn.now) == ("5.56%", "88.89%", "94.44%", "17.41%")


@pytest.mark.parametrize(("minutes", "anchor"), [(-14, "start"), (120, "middle"), (250, "end")])
def test_band_word_for_now_stays_inside(minutes: int, anchor: str) -> None:
    booked = Window(AT, AT + timedelta(hours=4))
    window = booked.widened(before_minutes=15, after_minutes=15)

    assert band(window=window, booked=booked, now=AT + timedelta(minutes=minutes)).now_anchor == anchor


def test_band_says_nothing_of_now_outside() -> None:
    booked = Window(AT, AT + timedelta(hours=4))

    assert band(window=booked, booked=booked, now=AT - timedelta(minutes=1)).now == ""
