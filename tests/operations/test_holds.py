# SPDX-License-Identifier: Apache-2.0
"""Holds: what they take and give back, how one becomes the booking, and that nobody takes them for bookings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from tests import factories as make
from tests.conftest import NOW, FakeClock
from tests.operations.config_files import OPERATOR

from einlass.core.bookings import Actor as ActorKind
from einlass.core.bookings import Status
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, EventRecord, Message, Question, Room, Service
from einlass.operations.access import find_forgotten, make_coming_due
from einlass.operations.bookings import Wish, book, cancel, complete_past, reschedule
from einlass.operations.config_export import digest_of, exported
from einlass.operations.holds import hold, lapse_expired
from einlass.operations.settings import part_at, remove
from einlass.queries.availability import free_days, nearest_free, next_free
from einlass.queries.bookings import booking_by_link
from einlass.queries.dashboard import dashboard
from einlass.queries.privacy import bookings_of_guest
from einlass.queries.scope import visible_bookings

TUESDAY = date(2026, 11, 24)
OVER = timedelta(minutes=10)


@pytest.fixture
def service(db: None, clock: FakeClock) -> Service:
    """One room; the tests hold it on Tuesday at 10:00 in Bern, a day from now."""
    return make.make_house(clock.now)


def held(service: Service, now: datetime, *, hours: float = 24, duration: int = 60, replacing: str = "") -> Booking:
    return hold(service, start=NOW + timedelta(hours=hours), duration=duration, language="de", now=now, replacing=replacing)


def booked(service: Service, now: datetime, *, at: datetime, token: str = "", once: str = "", **answered: object) -> Booking:
    return book(Wish(service, at, 60, make.answers(**answered), once=once), actor=GUEST, now=now, hold=token)


def second_room(service: Service) -> Room:
    room = make.make_room(service.branch, "gurten")
    service.rooms.add(room, through_defaults={"position": 1})
    return room


def test_hold_takes_the_room_for_ten_minutes_and_nothing_else(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)

    assert (kept.status, kept.held_until) == ("held", clock.now + timedelta(minutes=10))
    assert (kept.guest_name, kept.email, kept.mobile, kept.answers) == ("", "", "", {})
    with pytest.raises(Refusal, match="slot_taken"):
        make.make_booking(service, now=clock.now)
    with pytest.raises(Refusal, match="slot_taken"):
        held(service, clock.now)
    assert (Access.objects.count(), EventRecord.objects.count(), Message.objects.count()) == (0, 0, 0)


def test_hold_of_a_time_that_is_not_offered_is_refused(service: Service, clock: FakeClock) -> None:
    with pytest.raises(Refusal, match="not_offered"):
        held(service, clock.now, hours=24.1)
    with pytest.raises(Refusal, match="not_offered"):
        held(service, clock.now, duration=61)


def test_hold_of_a_service_that_cannot_be_booked_is_refused(service: Service, clock: FakeClock) -> None:
    Question.objects.filter(key="mobile").update(required=False)

    with pytest.raises(Refusal, match="service_not_bookable"):
        held(service, clock.now)


def free_hours(service: Service, now: datetime, **leave_out: Any) -> set[str]:
    days = free_days(service, duration=60, first=TUESDAY, last=TUESDAY, now=now, **leave_out)
    return {f"{slot.start:%H:%M}" for day in days for slot in day.slots}


def test_hold_is_seen_as_taken_until_it_ran_out(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)

    assert "09:00" not in free_hours(service, clock.now)
    assert "09:00" not in free_hours(service, clock.now + OVER - timedelta(seconds=1))
    assert "09:00" in free_hours(service, clock.now, leave_out=kept)
    assert "09:00" in free_hours(service, clock.now + OVER)
    slots = nearest_free(service, wanted=kept.start, duration=60, now=clock.now + OVER)
    assert kept.start in {slot.start for slot in slots}
    first = next_free(service, duration=60, first=TUESDAY, now=clock.now + OVER)
    assert first is not None


def test_expired_hold_gives_way_to_whoever_wants_its_time(service: Service, clock: FakeClock) -> None:
    held(service, clock.now)

    booking = booked(service, clock.now + OVER, at=clock.now + timedelta(hours=24))

    assert booking.status == "confirmed"
    assert sorted(Booking.objects.values_list("status", flat=True)) == ["confirmed", "lapsed"]


def test_expired_hold_gives_way_to_another_hold_and_to_a_move(service: Service, clock: FakeClock) -> None:
    first = held(service, clock.now)
    second = held(service, clock.now + OVER)
    elsewhere = booked(service, clock.now, at=clock.now + timedelta(hours=30))

    moved = reschedule(elsewhere, start=second.start, duration=None, actor=GUEST, now=clock.now + 2 * OVER)

    assert moved.start == first.start
    assert Booking.objects.filter(status="lapsed").count() == 2


def test_hold_becomes_the_booking_itself(service: Service, clock: FakeClock) -> None:
    second_room(service)
    in_the_way = booked(service, clock.now, at=clock.now + timedelta(hours=24))
    kept = held(service, clock.now)
    cancel(in_the_way, actor=GUEST, now=clock.now)

    booking = booked(service, clock.now + timedelta(minutes=5), at=kept.start, token=kept.link_token)

    assert (booking.pk, booking.reference, booking.room.key) == (kept.pk, kept.reference, "gurten")
    booking.refresh_from_db()
    assert (booking.status, booking.held_until, booking.guest_name) == ("confirmed", None, "Lea Baumann")
    assert booking.created_at == clock.now + timedelta(minutes=5)
    assert booking.link_token != kept.link_token
    assert list(booking.events.values_list("kind", flat=True)) == ["booking.confirmed"]
    assert Access.objects.filter(booking=booking).exists()


def test_hold_of_a_service_with_approval_becomes_a_request_without_a_key(service: Service, clock: FakeClock) -> None:
    Service.objects.update(approval=True)
    service.refresh_from_db()
    kept = held(service, clock.now)

    booking = booked(service, clock.now, at=kept.start, token=kept.link_token)

    assert (booking.pk, booking.status) == (kept.pk, "pending")
    assert not Access.objects.exists()


def test_expired_hold_is_booked_as_usual_where_the_time_is_free(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)

    booking = booked(service, clock.now + OVER, at=kept.start, token=kept.link_token)

    assert booking.status == "confirmed"
    assert Booking.objects.exclude(status="lapsed").count() == 1


def test_expired_and_forgotten_hold_is_booked_as_usual(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)
    lapse_expired(now=clock.now + OVER)

    assert booked(service, clock.now + OVER, at=kept.start, token=kept.link_token).status == "confirmed"


def test_expired_hold_whose_time_was_taken_is_refused(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)
    booked(service, clock.now + OVER, at=kept.start)

    with pytest.raises(Refusal, match="slot_taken"):
        booked(service, clock.now + OVER, at=kept.start, token=kept.link_token)


def test_hold_of_another_time_moves_to_the_time_that_is_booked(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)

    booking = booked(service, clock.now, at=clock.now + timedelta(hours=30), token=kept.link_token)

    assert (booking.pk, booking.start) == (kept.pk, clock.now + timedelta(hours=30))
    assert Booking.objects.count() == 1


def test_same_form_with_a_hold_sent_twice_is_one_booking(service: Service, clock: FakeClock) -> None:
    second_room(service)
    kept = held(service, clock.now)

    made = [booked(service, clock.now, at=kept.start, token=kept.link_token, once="a form").pk for _ in range(2)]

    assert made == [kept.pk, kept.pk]
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_hold", [True, False])
def test_same_form_sent_many_times_at_one_moment_is_one_booking_for_all(clock: FakeClock, with_hold: bool) -> None:
    service = make.make_house(clock.now)
    at = NOW + timedelta(hours=24)
    token = held(service, clock.now).link_token if with_hold else ""
    gate = Barrier(4)

    def send(_: int) -> int:
        gate.wait()
        try:
            return booked(service, clock.now, at=at, token=token, once="a form").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(send, range(4)))

    assert made == [Booking.objects.get().pk] * 4


def test_answers_that_are_refused_leave_the_hold_as_it_was(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)

    with pytest.raises(Refusal, match="invalid"):
        booked(service, clock.now, at=kept.start, token=kept.link_token, mobile="031 555 01 20")

    assert Booking.objects.get().status == "held"


def test_more_people_than_the_held_room_takes_get_a_larger_one(service: Service, clock: FakeClock) -> None:
    Room.objects.update(capacity=4)
    hall = second_room(service)
    Question.objects.create(key="persons", kind="persons", position=9)
    kept = held(service, clock.now)

    booking = booked(service, clock.now, at=kept.start, token=kept.link_token, persons=20)

    assert (booking.pk, booking.room_id) == (kept.pk, hall.pk)


def test_another_time_gives_the_held_one_back_at_once(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)

    other = held(service, clock.now + timedelta(minutes=1), hours=30, replacing=kept.link_token)

    assert (other.pk, other.link_token) == (kept.pk, kept.link_token)
    assert other.held_until == clock.now + timedelta(minutes=11)
    assert Booking.objects.count() == 1
    assert "09:00" in free_hours(service, clock.now)


def test_another_time_that_is_taken_leaves_the_held_one(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)
    booked(service, clock.now, at=clock.now + timedelta(hours=30))

    with pytest.raises(Refusal, match="slot_taken"):
        held(service, clock.now, hours=30, replacing=kept.link_token)

    kept.refresh_from_db()
    assert (kept.status, kept.start) == ("held", clock.now + timedelta(hours=24))


def test_link_of_a_booking_is_no_hold_that_can_be_replaced(service: Service, clock: FakeClock) -> None:
    booking = booked(service, clock.now, at=clock.now + timedelta(hours=30))

    held(service, clock.now, replacing=booking.link_token)

    booking.refresh_from_db()
    assert (booking.status, booking.start) == ("confirmed", clock.now + timedelta(hours=30))


@pytest.mark.parametrize("nonsense", ["", "over", "\0", "x" * 500])
def test_nonsense_in_place_of_a_hold_is_no_hold(service: Service, clock: FakeClock, nonsense: str) -> None:
    assert held(service, clock.now, replacing=nonsense).status == "held"
    assert booked(service, clock.now, at=clock.now + timedelta(hours=30), token=nonsense).status == "confirmed"


def test_sweep_forgets_what_ran_out_and_nothing_else(service: Service, clock: FakeClock) -> None:
    held(service, clock.now)
    later = held(service, clock.now + timedelta(minutes=5), hours=30)
    booking = booked(service, clock.now, at=clock.now + timedelta(hours=36))

    assert lapse_expired(now=clock.now + OVER - timedelta(seconds=1)) == 0
    assert lapse_expired(now=clock.now + OVER) == 1
    assert set(Booking.objects.values_list("pk", flat=True)) == {later.pk, booking.pk}


def test_hold_is_in_no_list_and_has_no_page(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now, hours=2)
    owner = make.make_user()

    assert not visible_bookings(owner).exists()
    assert not visible_bookings(make.make_user("s@example.org", role="staff", branches=[service.branch])).exists()
    assert not bookings_of_guest(kept.reference).exists()
    assert booking_by_link(kept.link_token) is None
    found = dashboard([service.branch], now=clock.now)
    assert (found.today, found.keys, found.waiting, sum(found.week.values())) == ((), (), (), 0)


def test_hold_gets_no_key_work_whatever_is_looked_through(service: Service, clock: FakeClock) -> None:
    held(service, clock.now)

    make_coming_due(branch=None, now=clock.now, reason="test")
    find_forgotten(now=clock.now)
    complete_past(now=clock.now + timedelta(days=3))

    assert not Access.objects.exists()
    assert Booking.objects.get().status == "held"


def test_hold_is_neither_moved_nor_cancelled(service: Service, clock: FakeClock) -> None:
    kept = held(service, clock.now)
    program = Actor(ActorKind.API, "shop")

    with pytest.raises(Refusal, match="not_allowed_now"):
        cancel(kept, actor=program, now=clock.now)
    with pytest.raises(Refusal, match="not_allowed_now"):
        reschedule(kept, start=clock.now + timedelta(hours=30), duration=None, actor=program, now=clock.now)


@pytest.mark.django_db(transaction=True)
def test_ten_visitors_at_one_time_end_in_one_hold(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    together = Barrier(10)

    def ask(_: int) -> str:
        together.wait()
        try:
            return held(service, clock.now).status
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        outcomes = sorted(pool.map(ask, range(10)))

    assert outcomes == ["held", *["slot_taken"] * 9]
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_expired_hold_taken_up_while_others_want_it_is_one_booking(clock: FakeClock) -> None:
    """The one who held it, one who books, one who holds, and the sweep, all at once: whoever wins, there is one, and nobody's is lost."""
    service = make.make_house(clock.now)
    later = clock.now + OVER
    for round_ in range(5):
        at = clock.now + timedelta(hours=24 + 2 * round_)
        kept = hold(service, start=at, duration=60, language="de", now=clock.now)
        together = Barrier(4)

        def run(number: int, token: str = kept.link_token, at: datetime = at, together: Barrier = together) -> str:
            together.wait()
            try:
                if number == 0:
                    return booked(service, later, at=at, token=token).status
                if number == 1:
                    return booked(service, later, at=at).status
                if number == 2:
                    return hold(service, start=at, duration=60, language="de", now=later).status
                return str(lapse_expired(now=later)) and "swept"
            except Refusal as refusal:
                return refusal.code
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            outcomes = sorted(pool.map(run, range(4)))

        assert outcomes in (["confirmed", *["slot_taken"] * 2, "swept"], ["held", *["slot_taken"] * 2, "swept"])
        rows = Booking.objects.filter(start=at).exclude(status=Status.LAPSED.value)
        assert [row.status for row in rows] == [outcomes[0]]


@pytest.mark.django_db(transaction=True)
def test_hold_hinders_nobody_from_taking_its_service_off_the_pages(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    kept = held(service, clock.now)

    outcome = remove(subject="services.seminar", seen=digest_of(part_at(exported(), "services.seminar")), now=clock.now, actor=OPERATOR)

    assert outcome == "switched_off"
    service.refresh_from_db()
    with pytest.raises(Refusal, match="service_not_bookable"):
        booked(service, clock.now, at=kept.start, token=kept.link_token)
