# SPDX-License-Identifier: Apache-2.0
"""The calendar of a branch: rooms as columns, the day in steps or the week in days, on the days of 23 and 25 hours as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_room, make_service, make_user
from tests.web.pages.conftest import start, text_of

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import Booking, Branch, Room, Service
from einlass.operations.bookings import cancel
from einlass.operations.holds import hold

CALENDAR = "/manage/calendar/"
STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
OPEN = {day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


class Table(HTMLParser):
    """The body of the table as a grid: each cell by the rows that it covers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, dict[str, str | None]]]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tbody":
            self._inside = True
        elif tag == "tr" and self._inside:
            self.rows.append([])
        elif tag in {"td", "th"} and self._inside:
            self.rows[-1].append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self._inside = False

    def widths(self) -> set[int]:
        """How many columns each row fills once the spans are counted; one number where they add up."""
        covered = [0] * len(self.rows)
        for at, row in enumerate(self.rows):
            for _, attributes in row:
                for n in range(at, at + int(attributes.get("rowspan") or 1)):
                    covered[n] += 1
        return set(covered)

    def kinds(self) -> list[tuple[str, int]]:
        """The cells of a table of one room, in order, with their rows."""
        return [(str(a.get("class")), int(a.get("rowspan") or 1)) for row in self.rows for tag, a in row if tag == "td"]


@pytest.fixture
def hall(service: Service) -> Service:
    """One room in Bern that is open from 8 to 18 on weekdays, with buffers of half an hour."""
    Branch.objects.update(opening_hours=OPEN)
    Service.objects.update(buffer_before=30, buffer_after=30)
    return Service.objects.get()


@pytest.fixture
def desk(german: Client, hall: Service) -> Client:
    german.force_login(make_user("bern@example.org", role="staff", branches=[hall.branch]))
    return german


def day(client: Client, **asked: str) -> str:
    return client.get(CALENDAR, {"day": "2026-11-24"} | asked).content.decode()


def test_calendar_anonymous_has_to_sign_in(german: Client, service: Service) -> None:
    assert german.get(CALENDAR).status_code == 302


def test_calendar_day_has_rooms_as_columns_and_the_booking_with_its_buffers(desk: Client, hall: Service) -> None:
    booking = make_booking(hall, now=NOW, hours=24)

    page = day(desk)
    table = Table(page)

    # From 8:00: three half hours are free, then buffer, two hours, buffer; then free until 18:00.
    assert table.kinds() == [*[("free", 1)] * 3, ("buffer", 1), ("booked", 4), ("buffer", 1), *[("free", 1)] * 11]
    assert table.widths() == {2}
    assert '<th scope="col">Raum aare</th>' in page
    assert re.search(
        rf'10:00–12:00</span> <a class="bk-name" href="/manage/bookings/{booking.reference}/" draggable="false">Lea Baumann</a>', page
    )
    assert "wird vorbereitet" in page
    assert "style=" not in page


def test_calendar_a_free_cell_books_with_room_and_start(desk: Client) -> None:
    page = day(desk)

    assert re.findall(r'<td class="free" data-start="([^"]+)" data-room="aare"><a class="add" tabindex="-1" href="([^"]+)">', page)[0] == (
        "2026-11-24T07:00:00Z",
        "/manage/bookings/new/?branch=bern&amp;room=aare&amp;start=2026-11-24T07%3A00%3A00Z",
    )
    assert "Raum aare buchen, 08:00" in page


def test_calendar_a_booking_can_be_dragged_and_has_a_link_that_does_the_same(desk: Client, hall: Service) -> None:
    booking = make_booking(hall, now=NOW, hours=24)

    page = day(desk)

    assert f'data-move="/manage/bookings/{booking.reference}/move/" draggable="true"' in page
    assert f'<a class="mv" href="/manage/bookings/{booking.reference}/move/"' in page
    assert "/static/calendar." in page


def test_calendar_what_is_over_is_neither_free_nor_moved(desk: Client, hall: Service) -> None:
    make_booking(hall, now=NOW - timedelta(hours=3), hours=1.0, duration=60)  # 8:00 to 9:00 in Bern

    page = day(desk, day="2026-11-23")
    kinds = [kind for kind, _ in Table(page).kinds()]

    assert kinds[:5] == ["buffer", "booked", "buffer", "past", "free"]
    assert "data-move" not in page


def test_calendar_steps_become_finer_where_a_booking_needs_it(desk: Client, hall: Service) -> None:
    Service.objects.update(buffer_before=0, buffer_after=10)
    make_booking(Service.objects.get(), now=NOW, hours=24)

    page = day(desk)
    table = Table(page)

    assert 'class="cal s10"' in page
    assert len(table.rows) == 60
    # Twenty minutes are left of the half hour in which the buffer ends.
    assert table.kinds()[4:7] == [("booked", 12), ("buffer", 1), ("free", 2)]
    assert table.widths() == {2}


def test_calendar_closed_times_are_shaded_and_books_nothing(desk: Client, hall: Service) -> None:
    Branch.objects.update(opening_hours={"tue": ["08:00-10:00", "14:00-16:00"]})

    table = Table(day(desk))

    assert table.kinds() == [*[("free", 1)] * 4, ("closed", 8), *[("free", 1)] * 4]
    assert sum("data-start" in attributes for row in table.rows for _, attributes in row) == 8


def test_calendar_shows_what_is_booked_outside_of_the_opening_hours(desk: Client, hall: Service) -> None:
    make_booking(hall, now=NOW, hours=24)
    Branch.objects.update(opening_hours={"tue": ["14:00-15:00"]})

    assert Table(day(desk)).kinds() == [("buffer", 1), ("booked", 4), ("buffer", 1), ("closed", 3), ("free", 1), ("free", 1)]


def test_calendar_closed_day_says_so(desk: Client) -> None:
    page = text_of(desk.get(CALENDAR, {"day": "2026-11-29"}))

    assert "An diesem Tag geschlossen" in page


def test_calendar_a_room_that_was_given_again_shows_both(desk: Client, hall: Service) -> None:
    first = make_booking(hall, now=NOW, hours=24)
    Booking.objects.filter(pk=first.pk).update(status="no_show")
    make_booking(hall, now=NOW, hours=25, first_name="Jonas", last_name="Aebi")

    table = Table(page := day(desk))

    assert ("booked", 6) in table.kinds()
    assert table.widths() == {2}
    assert page.index("Lea Baumann") < page.index("Jonas Aebi")


def test_calendar_cancelled_bookings_take_no_place(desk: Client, hall: Service) -> None:
    cancel(make_booking(hall, now=NOW, hours=24), actor=STAFF, now=NOW)

    assert "Lea Baumann" not in day(desk)


@pytest.fixture(params=[("2026-10-25", 50, 25), ("2027-03-28", 46, 23)], ids=["autumn", "spring"])
def change(request: pytest.FixtureRequest) -> Iterator[tuple[str, int, int]]:
    """A day on which the clocks change, seen from the day before."""
    date, rows, hours = request.param
    with time_machine.travel(datetime.fromisoformat(f"{date}T00:00:00+00:00") - timedelta(days=1), tick=False):
        yield date, rows, hours


def test_calendar_on_the_days_of_the_clock_change_has_every_hour_once(change: tuple[str, int, int], desk: Client, hall: Service) -> None:
    Branch.objects.update(opening_hours={"sun": ["00:00-24:00"]})
    date, rows, hours = change

    page = day(desk, day=date)
    starts = [datetime.fromisoformat(found) for found in re.findall(r'data-start="([^"]+)"', page)]

    assert len(Table(page).rows) == rows == len(starts)
    assert starts[-1] - starts[0] == timedelta(hours=hours) - timedelta(minutes=30)
    assert {b - a for a, b in pairwise(starts)} == {timedelta(minutes=30)}


def test_calendar_the_hour_that_comes_twice_is_named(desk: Client, hall: Service) -> None:
    Branch.objects.update(opening_hours={"sun": ["01:00-05:00"]})
    with time_machine.travel(datetime(2026, 10, 24, tzinfo=UTC), tick=False):
        page = day(desk, day="2026-10-25")

    labels = re.findall(r'<th scope="row">([^<]+)</th>', page)
    assert labels[:7] == ["01:00", "01:30", "02:00 CEST", "02:30 CEST", "02:00 CET", "02:30 CET", "03:00"]


def test_calendar_an_evening_past_midnight_stands_on_both_days(desk: Client, hall: Service) -> None:
    Branch.objects.update(opening_hours={"tue": ["20:00-02:00"]})

    evening, night = Table(day(desk)), Table(day(desk, day="2026-11-25"))

    assert (len(evening.rows), len(night.rows)) == (8, 4)


def test_calendar_week_has_days_as_rows(desk: Client, hall: Service) -> None:
    make_booking(hall, now=NOW, hours=24)
    make_booking(hall, now=NOW, hours=72, first_name="Jonas", last_name="Aebi")

    response = desk.get(CALENDAR, {"day": "2026-11-26", "view": "week"})
    page = response.content.decode()

    assert len(Table(page).rows) == 7
    assert page.index("Di, 24. November") < page.index("Lea Baumann") < page.index("Mi, 25. November") < page.index("Jonas Aebi")
    assert "/manage/calendar/?branch=bern&amp;day=2026-11-24&amp;view=day" in page
    assert "/manage/bookings/new/?branch=bern&amp;room=aare&amp;day=2026-11-25" in page
    assert "So, 29. November geschlossen" in text_of(response)


def test_calendar_leads_to_the_days_around_and_back_to_today(desk: Client) -> None:
    days, weeks = day(desk, day="2026-12-31"), day(desk, day="2026-12-31", view="week")

    assert re.findall(r'class="btn"(?: rel="\w+")? href="/manage/calendar/\?branch=bern&amp;day=([\d-]+)&amp;view=day"', days) == [
        "2026-12-30",
        "2026-11-23",
        "2027-01-01",
    ]
    assert re.findall(r'rel="\w+" href="/manage/calendar/\?branch=bern&amp;day=([\d-]+)&amp;view=week"', weeks) == [
        "2026-12-24",
        "2027-01-07",
    ]


def test_calendar_nonsense_in_the_address_is_today(desk: Client) -> None:
    assert "Montag, 23. November 2026" in text_of(desk.get(CALENDAR, {"day": "gestern", "view": "decade"}))


def test_calendar_another_branch_does_not_exist(desk: Client) -> None:
    thun = make_branch(key="thun", name="Thun", doors={})
    make_room(thun, "kurs")

    assert desk.get(CALENDAR, {"branch": "thun"}).status_code == 404
    assert "Thun" not in day(desk)


def test_calendar_offers_the_branches_of_the_person(german: Client, hall: Service) -> None:
    thun = make_branch(key="thun", name="Thun", doors={}, position=1)
    make_service(thun, "kurs", rooms=[make_room(thun, "kurs", name="Kursraum")])
    german.force_login(make_user())

    page = day(german, branch="thun")

    assert '<option value="thun" selected>Thun</option>' in page
    assert "Kursraum" in page
    assert "Raum aare" not in page


def test_calendar_read_only_sees_and_cannot_act(german: Client, hall: Service) -> None:
    make_booking(hall, now=NOW, hours=24)
    german.force_login(make_user("read@example.org", role="read_only", branches=[hall.branch]))

    page = day(german)

    assert "Lea Baumann" in page
    for offered in ("data-start", "data-move", "/manage/bookings/new/", "/static/calendar.", "/move/"):
        assert offered not in page


def test_calendar_a_room_that_is_not_used_any_more_stays_as_long_as_it_is_booked(desk: Client, hall: Service) -> None:
    make_booking(hall, now=NOW, hours=24)
    Room.objects.update(active=False)

    assert "Raum aare" in day(desk)
    assert "data-start" not in day(desk)
    assert "Noch kein Raum" in day(desk, day="2026-11-25")


@pytest.mark.parametrize("view", ["day", "week"])
def test_calendar_asks_the_database_equally_often_for_one_and_three(desk: Client, hall: Service, view: str) -> None:
    make_booking(hall, now=NOW, hours=24, duration=60)
    day(desk, view=view)
    with CaptureQueriesContext(connection) as one:
        day(desk, view=view)
    for hours in (26, 28):
        make_booking(hall, now=NOW, hours=hours, duration=60)
    with CaptureQueriesContext(connection) as three:
        page = day(desk, view=view)

    assert page.count('class="bk-name"') == 3
    assert len(three) == len(one)


def test_calendar_start_of_a_cell_is_where_a_move_begins(desk: Client, hall: Service) -> None:
    booking = make_booking(hall, now=NOW, hours=24)

    page = text_of(desk.get(f"/manage/bookings/{booking.reference}/move/", {"start": start(hours=27), "room": "aare"}))

    assert "Auf diese Zeit umbuchen?" in page
    assert "Zeit 10:00–12:00 13:00–15:00" in page


@pytest.mark.parametrize("view", ["day", "week"])
def test_calendar_shows_a_held_time_as_reserved_and_leads_nowhere(desk: Client, hall: Service, view: str) -> None:
    kept = hold(hall, start=NOW + timedelta(hours=24), duration=60, language="de", now=NOW)

    page = desk.get(CALENDAR, {"view": view, "day": "2026-11-24"})

    assert "10:00–11:00 reserviert bis 10:10" in text_of(page)
    assert kept.reference not in page.content.decode()
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        assert "reserviert" not in text_of(desk.get(CALENDAR, {"view": view, "day": "2026-11-24"}))
