# SPDX-License-Identifier: Apache-2.0
"""F35: two guests in a row. What both keys open together is shown, and the margins may end at the neighbour's booking."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import factories as make
from tests.faults.watched import STAFF, Watched

from einlass.core.access import AccessState
from einlass.core.windows import Window
from einlass.models import Access, Booking, Message, Service
from einlass.operations.holds import hold
from einlass.queries.bookings import with_facts
from einlass.queries.keys import access_of
from einlass.queries.neighbours import Overlap, overlaps_of

MINUTES = timedelta(minutes=15)


@pytest.fixture
def shrunk(house: Watched) -> Watched:
    house.change_branch(access={"shrink_margins": True})
    return house


def two_in_a_row(house: Watched) -> tuple[Booking, Booking]:
    """Tomorrow, two hours each, by two guests, their keys ready."""
    first = house.ready(hours=24)
    second = house.ready(hours=26, mobile="079 000 11 22")
    house.ring()
    return first, second


def window_of(house: Watched, booking: Booking) -> Window:
    """What the one live key at the vendor says."""
    (key,) = house.live(booking)
    assert key.window is not None
    return key.window


def told(booking: Booking) -> Window:
    return booking.window.widened(before_minutes=15, after_minutes=15)


def read(booking: Booking) -> Booking:
    return with_facts(Booking.objects.filter(pk=booking.pk)).get()


def test_f35_two_guests_in_a_row_open_together_by_both_margins_and_it_is_said(house: Watched) -> None:
    first, second = two_in_a_row(house)

    together = Window(second.start - MINUTES, first.end + MINUTES)
    assert (window_of(house, first), window_of(house, second)) == (told(first), told(second))
    assert overlaps_of(read(first)) == (Overlap(second, together),)
    assert overlaps_of(read(second)) == (Overlap(first, together),)
    house.rest()


def test_f35_margins_end_where_the_neighbours_booking_does(shrunk: Watched) -> None:
    first, second = two_in_a_row(shrunk)

    assert window_of(shrunk, first) == Window(first.start - MINUTES, first.end)
    assert window_of(shrunk, second) == Window(second.start, second.end + MINUTES)
    assert (overlaps_of(read(first)), overlaps_of(read(second))) == ((), ())
    shrunk.rest()
    shrunk.until(second.start - timedelta(seconds=1))
    assert (shrunk.opens(first), shrunk.opens(second)) == ("open", "too_early")
    shrunk.until(second.start)
    assert (shrunk.opens(first), shrunk.opens(second)) == ("too_late", "open")


def test_f35_margins_come_back_when_the_neighbour_cancels(shrunk: Watched) -> None:
    first, second = two_in_a_row(shrunk)

    shrunk.cancel(second)
    shrunk.ring()

    assert (window_of(shrunk, first), shrunk.live(second)) == (told(first), [])
    shrunk.rest()


def test_f35_margins_follow_a_neighbour_who_moves_away_and_back(shrunk: Watched) -> None:
    first, second = two_in_a_row(shrunk)
    at = second.start

    shrunk.move(second, start=at + timedelta(minutes=30))
    shrunk.ring()
    away = window_of(shrunk, first)
    shrunk.move(second, start=at)
    shrunk.ring()

    assert (away, window_of(shrunk, first)) == (told(first), Window(first.start - MINUTES, first.end))
    assert window_of(shrunk, second) == Window(second.start, second.end + MINUTES)
    shrunk.rest()


def test_f35_setting_changes_the_keys_that_are_there(house: Watched) -> None:
    first, second = two_in_a_row(house)

    house.change_branch(access={"shrink_margins": True})
    house.minute()
    short = window_of(house, first), window_of(house, second)
    house.change_branch(access={"shrink_margins": False})
    house.minute()

    assert short == (Window(first.start - MINUTES, first.end), Window(second.start, second.end + MINUTES))
    assert (window_of(house, first), window_of(house, second)) == (told(first), told(second))
    house.rest()


def test_f35_guest_who_is_inside_keeps_a_key_while_his_late_margin_goes(shrunk: Watched) -> None:
    first = shrunk.ready(hours=1)
    shrunk.until(first.start + timedelta(minutes=30))

    second = shrunk.ready(hours=1.5, mobile="079 000 11 22")
    shrunk.ring()

    assert shrunk.asked() == ["create", "create", "revoke", "create"]
    assert second.start == first.end
    assert (window_of(shrunk, first), shrunk.opens(first)) == (Window(first.start - MINUTES, first.end), "open")
    assert shrunk.state(first) is AccessState.ACTIVE
    shrunk.rest()


def test_f35_same_guest_twice_in_a_row_keeps_his_margins(shrunk: Watched) -> None:
    first, second = shrunk.ready(hours=24), shrunk.ready(hours=26)
    shrunk.ring()

    assert (window_of(shrunk, first), window_of(shrunk, second)) == (told(first), told(second))
    assert overlaps_of(read(first)) == ()


def test_f35_another_number_makes_another_guest(shrunk: Watched) -> None:
    first, second = shrunk.ready(hours=24), shrunk.ready(hours=26)

    shrunk.change_phone(second, make.OTHER_MOBILE)
    shrunk.ring()

    assert window_of(shrunk, first) == Window(first.start - MINUTES, first.end)
    assert window_of(shrunk, second) == Window(second.start, second.end + MINUTES)
    shrunk.rest()


def test_f35_time_between_two_bookings_belongs_to_both_margins(shrunk: Watched) -> None:
    first = shrunk.ready(hours=24, duration=60)
    second = shrunk.book(hours=25, duration=60, mobile="079 000 11 22")
    Booking.objects.filter(pk=second.pk).update(start=second.start + timedelta(minutes=10))

    near = read(first)

    assert access_of(near, now=shrunk.clock.now).valid_until == first.end + timedelta(minutes=10)
    assert overlaps_of(near) == (Overlap(second, Window(first.end, first.end + timedelta(minutes=10))),)


def _another_room(house: Watched, *, doors: list[str]) -> Service:
    branch = house.service.branch
    return make.make_service(branch, "other", rooms=[make.make_room(branch, "other", doors=doors)])


@pytest.mark.parametrize(("doors", "beside"), [([make.AARE, make.GURTEN], True), ([make.GURTEN], False), ([], False)])
def test_f35_neighbour_is_who_has_a_door_of_the_room_not_who_passes_the_entrance(shrunk: Watched, doors: list[str], beside: bool) -> None:
    other = _another_room(shrunk, doors=doors)
    first = shrunk.ready(hours=24)

    second = shrunk.book(hours=26, service=other, mobile="079 000 11 22")
    shrunk.ring()

    assert shrunk.live(second)
    assert window_of(shrunk, first).end == (first.end if beside else first.end + MINUTES)
    shrunk.rest()


def test_f35_held_time_is_nobodys_booking(shrunk: Watched) -> None:
    first = shrunk.ready(hours=24)
    with shrunk.step():
        held = hold(shrunk.service, start=first.end, duration=120, language="de", now=shrunk.clock.now)
    shrunk.ring()

    assert (held.start, window_of(shrunk, first)) == (first.end, told(first))


def test_f35_request_that_waits_takes_no_margin_until_it_is_approved(shrunk: Watched) -> None:
    with shrunk.step():
        Service.objects.update(approval=True)
        shrunk.service.approval = True
    first = shrunk.book(hours=24, actor=STAFF)
    shrunk.ring()

    waiting = shrunk.book(hours=26, mobile="079 000 11 22")
    shrunk.ring()

    assert (waiting.status, window_of(shrunk, first)) == ("pending", told(first))


def test_f35_messages_and_page_tell_the_real_window(shrunk: Watched) -> None:
    first, _ = two_in_a_row(shrunk)

    (last,) = Message.objects.filter(booking=first, kind="message_key_ready").order_by("-id")[:1]

    # In Bern: booked from 10 to 12 o'clock.
    assert "09:45" in last.text
    assert "12:00" in last.text
    assert "12:15" not in last.text
    view = shrunk.view(first)
    assert (view.valid_from, view.valid_until) == (first.start - MINUTES, first.end)


def test_f35_booking_that_just_moved_tells_its_real_window_at_once(shrunk: Watched) -> None:
    first, second = two_in_a_row(shrunk)
    apart = shrunk.move(second, start=second.start + timedelta(hours=4))

    back = shrunk.move(apart, start=first.end)

    assert access_of(apart, now=shrunk.clock.now).valid_from == apart.start - MINUTES
    assert access_of(back, now=shrunk.clock.now).valid_from == first.end


def test_neighbours_cost_no_further_query(shrunk: Watched) -> None:
    first, _ = two_in_a_row(shrunk)

    with CaptureQueriesContext(connection) as one:
        windows = [access_of(booking, now=shrunk.clock.now).valid_until for booking in with_facts(Booking.objects.filter(pk=first.pk))]
    with CaptureQueriesContext(connection) as both:
        windows += [access_of(booking, now=shrunk.clock.now).valid_until for booking in with_facts(Booking.objects.order_by("start"))]

    assert len(one) == len(both)
    assert windows[:2] == [first.end, first.end]


def test_without_the_setting_nobody_else_is_made_due(house: Watched) -> None:
    first = house.ready(hours=24)
    house.minute()
    before = Access.objects.get(booking=first).changes

    house.ready(hours=26, mobile="079 000 11 22")

    assert Access.objects.get(booking=first).changes == before


def test_booking_made_beside_the_facts_reads_its_neighbours_itself(shrunk: Watched) -> None:
    first, second = two_in_a_row(shrunk)

    plain = Booking.objects.get(pk=first.pk)

    assert plain.facts().next_begins == second.start
