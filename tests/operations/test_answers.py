# SPDX-License-Identifier: Apache-2.0
"""Correcting answers: what is checked, what is kept, who is told, and what the doors do when the number changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import FieldError, Refusal
from einlass.core.events import GUEST, Actor
from einlass.models import Booking, EventRecord, Question, Room
from einlass.operations.answers import answers_digest, change_answers
from einlass.operations.bookings import cancel
from einlass.operations.keys import reconcile

NADIA = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(clock: FakeClock, exivo: Exivo) -> Booking:
    return make.make_booking(make.make_house(clock.now), now=clock.now)


def change(booking: Booking, clock: FakeClock, **answered: object) -> Booking:
    return change_answers(booking, make.answers(**answered), actor=NADIA, now=clock.now, seen=answers_digest(booking))


def changes() -> list[tuple[str, list[str]]]:
    rows = EventRecord.objects.filter(kind="booking.answers_changed")
    return [(row.actor_name, row.data["questions"]) for row in rows]


def test_change_writes_answers_and_the_guest_s_columns(booking: Booking, clock: FakeClock) -> None:
    change(booking, clock, last_name="Baumann-Frei", email="lea@example.org")

    row = Booking.objects.get()
    assert (row.guest_name, row.email, row.mobile) == ("Lea Baumann-Frei", "lea@example.org", make.MOBILE)
    assert row.answers == {"first_name": "Lea", "last_name": "Baumann-Frei", "email": "lea@example.org", "mobile": make.MOBILE}
    assert row.sequence == 1
    assert changes() == [("Nadia Keller", ["last_name", "email"])]


def test_change_of_the_number_makes_the_old_phone_red_and_the_new_one_green(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    reconcile(booking.pk, clock=clock)

    change(booking, clock, mobile="079 000 11 22")
    reconcile(booking.pk, clock=clock)

    clock.now = booking.start
    assert (exivo.tap(make.MOBILE, make.AARE), exivo.tap(make.OTHER_MOBILE, make.AARE)) == ("revoked", "open")
    assert len(exivo.live()) == 1
    kinds = EventRecord.objects.filter(kind__startswith="key.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["key.ready", "key.revoked", "key.ready"]


def test_change_of_another_answer_leaves_the_key_alone(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    reconcile(booking.pk, clock=clock)
    before = exivo.live()

    change(booking, clock, first_name="Leah")
    reconcile(booking.pk, clock=clock)

    assert exivo.live() == before


def test_change_of_nothing_records_nothing(booking: Booking, clock: FakeClock) -> None:
    change(booking, clock)

    assert (changes(), Booking.objects.get().sequence) == ([], 0)


def test_change_names_questions_and_never_answers(booking: Booking, clock: FakeClock) -> None:
    change(booking, clock, mobile="079 000 11 22")

    assert EventRecord.objects.get(kind="booking.answers_changed").data == {"questions": ["mobile"]}


def test_change_keeps_answers_to_questions_that_are_no_longer_asked(booking: Booking, clock: FakeClock) -> None:
    Question.objects.filter(key="mobile").update(active=False)
    asked = {key: value for key, value in make.answers(first_name="Leah").items() if key != "mobile"}

    change_answers(booking, asked, actor=NADIA, now=clock.now, seen=answers_digest(booking))

    row = Booking.objects.get()
    assert (row.answers["mobile"], row.mobile, row.guest_name) == (make.MOBILE, make.MOBILE, "Leah Baumann")


def test_change_of_an_optional_answer_to_nothing_removes_it(booking: Booking, clock: FakeClock) -> None:
    Question.objects.filter(key="email").update(required=False)

    change(booking, clock, email="")

    row = Booking.objects.get()
    assert ("email" in row.answers, row.email) == (False, "")


@pytest.mark.parametrize(("number", "code"), [("031 555 04 33", "phone_landline"), ("078", "phone_too_short"), ("", "required")])
def test_change_to_a_wrong_number_is_refused_beside_the_field(booking: Booking, clock: FakeClock, number: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        change(booking, clock, mobile=number)

    assert [(error.field, error.code) for error in refused.value.fields] == [("mobile", code)]
    assert Booking.objects.get().mobile == make.MOBILE


def test_change_to_more_people_than_the_room_holds_is_refused(clock: FakeClock, exivo: Exivo) -> None:
    house = make.make_house(clock.now)
    Question.objects.create(key="people", kind="persons", label="people", position=9)
    Room.objects.update(capacity=8)
    booking = make.make_booking(house, now=clock.now, people=8)

    with pytest.raises(Refusal) as refused:
        change(booking, clock, people=9)

    assert refused.value.fields == (FieldError("people", "room_too_small"),)


@pytest.mark.parametrize("how", ["cancelled", "over"])
def test_change_of_a_booking_that_ended_is_refused(booking: Booking, clock: FakeClock, how: str) -> None:
    if how == "cancelled":
        booking = cancel(booking, actor=GUEST, now=clock.now)
    else:
        clock.now = booking.end + timedelta(seconds=1)

    with pytest.raises(Refusal) as refused:
        change(booking, clock, first_name="Leah")

    assert (refused.value.code, changes()) == ("not_allowed_now", [])


def test_change_by_the_second_of_two_people_is_refused(booking: Booking, clock: FakeClock) -> None:
    shown = answers_digest(booking)
    change_answers(booking, make.answers(first_name="Leah"), actor=NADIA, now=clock.now, seen=shown)

    with pytest.raises(Refusal) as refused:
        change_answers(booking, make.answers(first_name="Lena"), actor=NADIA, now=clock.now, seen=shown)

    assert (refused.value.code, Booking.objects.get().guest_name) == ("changed_meanwhile", "Leah Baumann")
