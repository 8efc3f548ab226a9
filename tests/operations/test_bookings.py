# SPDX-License-Identifier: Apache-2.0
"""Booking, moving, cancelling, deciding: what is written, and what is refused and leaves all as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, EventRecord, LockSystem, Question, Room, Service
from einlass.operations.bookings import Wish, book, cancel, complete_past, confirm, decline, reschedule

pytestmark = pytest.mark.django_db

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")


def test_book_writes_booking_answers_event_and_key_work(clock: FakeClock) -> None:
    booking = make.make_booking(make.make_house(clock.now, buffer_before=10, buffer_after=20), now=clock.now)

    assert booking.status == "confirmed"
    assert (booking.guest_name, booking.email, booking.mobile) == ("Lea Baumann", "lea.baumann@example.org", make.MOBILE)
    assert (booking.start - booking.blocked_from, booking.blocked_until - booking.end) == (timedelta(minutes=10), timedelta(minutes=20))
    assert booking.answers["mobile"] == make.MOBILE
    assert list(EventRecord.objects.values_list("kind", "actor_kind")) == [("booking.confirmed", "guest")]
    assert Access.objects.get(booking=booking).next_check_at == clock.now


def test_book_gives_the_first_free_room_in_order(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    second = make.make_room(service.branch, "gurten")
    service.rooms.add(second, through_defaults={"position": 1})

    rooms = [make.make_booking(service, now=clock.now).room.key for _ in range(2)]

    assert rooms == ["aare", "gurten"]
    with pytest.raises(Refusal, match="slot_taken"):
        make.make_booking(service, now=clock.now)


def test_the_same_form_sent_twice_is_one_booking(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    service.rooms.add(make.make_room(service.branch, "gurten"), through_defaults={"position": 1})

    def send(once: str, **answered: object) -> Booking:
        start = clock.now + timedelta(hours=24)
        return book(Wish(service, start, 60, make.answers(**answered), once=once), actor=GUEST, now=clock.now)

    first = send("a form")
    assert send("a form").pk == first.pk
    assert send("another form").pk != first.pk
    with pytest.raises(Refusal, match="slot_taken"):
        send("a form", first_name="Luca")


def test_book_leaves_out_rooms_that_are_too_small(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    service.rooms.add(make.make_room(service.branch, "hall", capacity=100), through_defaults={"position": 1})
    Question.objects.create(key="persons", kind="persons", position=9)

    assert make.make_booking(service, now=clock.now, persons=60).room.key == "hall"
    with pytest.raises(Refusal) as refused:
        make.make_booking(service, now=clock.now, hours=48, persons=101)
    assert (refused.value.code, refused.value.fields[0].field) == ("invalid", "persons")


@pytest.mark.parametrize(
    ("hours", "duration", "code", "reason"),
    [
        (24, 90, "not_offered", "duration"),
        (24.25, 60, "not_offered", "step"),
        (-24, 60, "not_offered", "past"),
        (24 * 400, 60, "not_offered", "horizon"),
    ],
)
def test_book_refuses_what_is_not_offered(clock: FakeClock, hours: float, duration: int, code: str, reason: str) -> None:
    service = make.make_house(clock.now)

    with pytest.raises(Refusal) as refused:
        make.make_booking(service, now=clock.now, hours=hours, duration=duration)

    assert (refused.value.code, refused.value.fields[0].code) == (code, reason)
    assert (Booking.objects.count(), EventRecord.objects.count()) == (0, 0)


def test_r10_a_landline_is_refused_beside_its_field(clock: FakeClock) -> None:
    with pytest.raises(Refusal) as refused:
        make.make_booking(make.make_house(clock.now), now=clock.now, mobile="031 555 04 33")

    assert [(error.field, error.code) for error in refused.value.fields] == [("mobile", "phone_landline")]


@pytest.mark.parametrize("change", [{"required": False}, {"active": False}, {"kind": "phone"}])
def test_r8_without_a_required_mobile_number_a_service_with_doors_cannot_be_booked(clock: FakeClock, change: dict[str, object]) -> None:
    service = make.make_house(clock.now)
    Question.objects.filter(key="mobile").update(**change)

    with pytest.raises(Refusal, match="service_not_bookable"):
        make.make_booking(service, now=clock.now)


def test_r1_with_the_integration_off_no_number_is_needed(clock: FakeClock) -> None:
    make.make_house(clock.now)
    LockSystem.objects.update(enabled=False)
    Question.objects.filter(key="mobile").delete()
    answers = {key: value for key, value in make.answers().items() if key != "mobile"}

    wish = Wish(service=Service.objects.get(), start=clock.now + timedelta(hours=24), duration=60, answers=answers)
    assert book(wish, actor=GUEST, now=clock.now).mobile == ""


def test_r17_a_booking_that_waits_takes_the_room_and_gets_no_key_until_it_is_confirmed(clock: FakeClock) -> None:
    service = make.make_house(clock.now, approval=True)
    booking = make.make_booking(service, now=clock.now)
    assert (booking.status, Access.objects.count()) == ("pending", 0)
    with pytest.raises(Refusal, match="slot_taken"):
        make.make_booking(service, now=clock.now)

    confirmed = confirm(booking, actor=STAFF, now=clock.now)

    assert (confirmed.status, Access.objects.count()) == ("confirmed", 1)
    assert confirm(booking, actor=STAFF, now=clock.now).sequence == confirmed.sequence


def test_staff_book_without_notice_and_approve_by_booking(clock: FakeClock) -> None:
    service = make.make_house(clock.now, approval=True, notice_minutes=24 * 60)

    with pytest.raises(Refusal) as refused:
        make.make_booking(service, now=clock.now, hours=1)
    booking = make.make_booking(service, now=clock.now, hours=1, actor=STAFF)

    assert (refused.value.code, refused.value.fields[0].code) == ("not_offered", "notice")
    assert (booking.status, Access.objects.get().reason) == ("confirmed", "booking.confirmed")
    assert list(EventRecord.objects.values_list("kind", "actor_name")) == [("booking.confirmed", "Nadia Keller")]


def test_a_program_of_the_staff_is_bound_by_notice_and_approval(clock: FakeClock) -> None:
    service = make.make_house(clock.now, approval=True, notice_minutes=24 * 60)
    program = Actor(ActorKind.API, "till")

    with pytest.raises(Refusal, match="not_offered"):
        make.make_booking(service, now=clock.now, hours=1, actor=program)
    assert make.make_booking(service, now=clock.now, hours=48, actor=program).status == "pending"


def test_staff_move_without_notice(clock: FakeClock) -> None:
    service = make.make_house(clock.now, notice_minutes=24 * 60)
    booking = make.make_booking(service, now=clock.now, hours=48)
    soon = clock.now + timedelta(hours=1)

    with pytest.raises(Refusal, match="not_offered"):
        reschedule(booking, start=soon, duration=None, actor=GUEST, now=clock.now)
    assert reschedule(booking, start=soon, duration=None, actor=STAFF, now=clock.now).start == soon


def test_book_gives_the_room_that_is_wanted_or_none(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    second = make.make_room(service.branch, "gurten", capacity=4)
    service.rooms.add(second, through_defaults={"position": 1})
    other = make.make_room(service.branch, "elsewhere")
    Question.objects.create(key="persons", kind="persons", position=9)

    def wish(room: Room, **answered: object) -> Booking:
        start = clock.now + timedelta(hours=24)
        return book(Wish(service, start, 60, make.answers(**answered), room=room), actor=STAFF, now=clock.now)

    assert wish(second).room == second
    with pytest.raises(Refusal, match="slot_taken"):
        wish(second)
    with pytest.raises(Refusal) as not_ours:
        wish(other)
    with pytest.raises(Refusal) as too_small:
        wish(second, persons=5)
    assert [(e.field, e.code) for e in (*not_ours.value.fields, *too_small.value.fields)] == [
        ("room", "not_a_choice"),
        ("room", "room_too_small"),
    ]
    assert Booking.objects.count() == 1


def test_decline_frees_the_room(clock: FakeClock) -> None:
    service = make.make_house(clock.now, approval=True)
    decline(make.make_booking(service, now=clock.now), actor=STAFF, now=clock.now, reason="Umbau")

    assert make.make_booking(service, now=clock.now).status == "pending"
    with pytest.raises(Refusal, match="not_allowed_now"):
        confirm(Booking.objects.get(status="declined"), actor=STAFF, now=clock.now)


def test_cancel_twice_is_the_same_as_once(clock: FakeClock) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)

    first = cancel(booking, actor=GUEST, now=clock.now, reason="krank")
    second = cancel(booking, actor=GUEST, now=clock.now + timedelta(hours=1))

    assert (first.status, second.ended_at, second.ended_reason) == ("cancelled", clock.now, "krank")
    assert EventRecord.objects.filter(kind="booking.cancelled").count() == 1


def test_deadlines_bind_guests_and_not_the_staff(clock: FakeClock) -> None:
    service = make.make_house(clock.now, cancel_until_minutes=24 * 60, reschedule_until_minutes=24 * 60)
    booking = make.make_booking(service, now=clock.now, hours=48)
    late = booking.start - timedelta(hours=23)
    wanted = booking.start + timedelta(hours=24)

    with pytest.raises(Refusal, match="deadline_passed"):
        cancel(booking, actor=GUEST, now=late)
    with pytest.raises(Refusal, match="deadline_passed"):
        reschedule(booking, start=wanted, duration=None, actor=GUEST, now=late)
    assert reschedule(booking, start=wanted, duration=None, actor=STAFF, now=late).start == wanted
    assert cancel(booking, actor=STAFF, now=late).status == "cancelled"


def test_move_to_a_taken_time_leaves_all_as_it_was(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    booking = make.make_booking(service, now=clock.now)
    other = make.make_booking(service, now=clock.now, hours=48)

    with pytest.raises(Refusal, match="slot_taken"):
        reschedule(booking, start=other.start, duration=None, actor=GUEST, now=clock.now)

    again = Booking.objects.get(pk=booking.pk)
    assert (again.start, again.sequence, EventRecord.objects.filter(kind="booking.moved").count()) == (booking.start, 0, 0)


def test_move_may_overlap_its_own_old_time(clock: FakeClock) -> None:
    booking = make.make_booking(make.make_house(clock.now, buffer_before=30), now=clock.now)

    moved = reschedule(booking, start=booking.start + timedelta(minutes=30), duration=240, actor=GUEST, now=clock.now)

    assert (moved.start - booking.start, moved.window.minutes, moved.sequence) == (timedelta(minutes=30), 240, 1)
    assert moved.blocked_from == moved.start - timedelta(minutes=30)


def test_move_keeps_the_room_where_it_is_free(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    service.rooms.add(make.make_room(service.branch, "gurten"), through_defaults={"position": 1})
    make.make_booking(service, now=clock.now)
    second = make.make_booking(service, now=clock.now)

    assert reschedule(second, start=second.start + timedelta(days=1), duration=None, actor=GUEST, now=clock.now).room.key == "gurten"


def test_move_to_another_room_keeps_the_time_and_is_refused_where_it_is_taken(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    second = make.make_room(service.branch, "gurten")
    service.rooms.add(second, through_defaults={"position": 1})
    booking = make.make_booking(service, now=clock.now)

    moved = reschedule(booking, start=booking.start, duration=None, actor=STAFF, now=clock.now, room=second)
    make.make_booking(service, now=clock.now)

    assert (moved.room.key, moved.start, moved.sequence) == ("gurten", booking.start, 1)
    assert EventRecord.objects.get(kind="booking.moved").data["new_room"] == "gurten"
    with pytest.raises(Refusal, match="slot_taken"):
        reschedule(moved, start=booking.start, duration=None, actor=STAFF, now=clock.now, room=Room.objects.get(key="aare"))
    assert Booking.objects.get(pk=booking.pk).room == second


@pytest.mark.parametrize("minutes", [0, -60, 61])
def test_move_refuses_a_duration_that_is_not_offered(clock: FakeClock, minutes: int) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)

    with pytest.raises(Refusal, match="not_offered"):
        reschedule(booking, start=booking.start, duration=minutes, actor=STAFF, now=clock.now)


def test_what_is_over_cannot_be_moved_or_cancelled(clock: FakeClock) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)
    over = booking.end

    with pytest.raises(Refusal, match="not_allowed_now"):
        cancel(booking, actor=STAFF, now=over)
    with pytest.raises(Refusal, match="not_allowed_now"):
        reschedule(booking, start=over + timedelta(days=1), duration=None, actor=STAFF, now=over)


def test_complete_past_waits_for_the_late_margin_and_ends_what_nobody_approved(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    booking = make.make_booking(service, now=clock.now)
    service.approval = True
    service.save()
    waiting = make.make_booking(service, now=clock.now, hours=12)

    assert complete_past(now=booking.end + timedelta(minutes=14)) == 1
    assert complete_past(now=booking.end + timedelta(minutes=15)) == 1
    assert complete_past(now=booking.end + timedelta(days=1)) == 0

    found = dict(Booking.objects.values_list("pk", "status"))
    assert found == {booking.pk: "completed", waiting.pk: "declined"}
