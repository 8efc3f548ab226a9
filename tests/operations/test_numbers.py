# SPDX-License-Identifier: Apache-2.0
"""A guest corrects his number: nothing happens without the code, the code counts once and for a while, and then the doors follow."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.models import Booking, EventRecord, Message, NumberChange, Organisation, Question
from einlass.operations.answers import answers_digest, change_answers
from einlass.operations.bookings import cancel
from einlass.operations.keys import reconcile
from einlass.operations.numbers import ask, ask_again, forget_old, prove
from einlass.operations.privacy import erase
from einlass.queries.privacy import everything_about, with_everything

OTHER = "079 000 11 22"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(clock: FakeClock, exivo: Exivo) -> Booking:
    return make.make_booking(make.make_house(clock.now), now=clock.now)


def code_sent() -> str:
    """The code of the latest mail, as the guest reads it."""
    text = Message.objects.filter(kind="message_code").order_by("-id")[0].text
    found = re.search(r"\b(\d{3} \d{3})\b", text)
    assert found
    return found[1]


def wrong(code: str) -> str:
    """Another one of six digits."""
    return f"{(int(code.replace(' ', '')) + 1) % 1_000_000:06}"


def refused(booking: Booking, code: str, clock: FakeClock) -> tuple[str, str]:
    with pytest.raises(Refusal) as refusal:
        prove(booking, code, now=clock.now)
    fields = refusal.value.fields
    return refusal.value.code, fields[0].code if fields else ""


def test_ask_sends_the_code_by_mail_and_changes_nothing(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)

    message = Message.objects.get(kind="message_code")
    assert (message.to_address, message.useful_until) == ("lea.baumann@example.org", clock.now + timedelta(minutes=15))
    assert message.subject == "Ihr Code für die neue Mobilnummer"
    assert "Er gilt 15 Minuten." in message.text
    assert Booking.objects.get().mobile == make.MOBILE
    assert EventRecord.objects.get(kind="booking.number_asked").data == {}


def test_ask_keeps_only_a_digest_of_the_code(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)

    row = NumberChange.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", row.code_digest)
    assert (row.mobile, row.valid_until, row.tries) == (make.OTHER_MOBILE, clock.now + timedelta(minutes=15), 0)


def test_prove_makes_the_doors_follow_and_not_before(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    reconcile(booking.pk, clock=clock)
    clock.now = booking.start
    ask(booking, OTHER, now=clock.now)
    reconcile(booking.pk, clock=clock)
    before = exivo.tap(make.MOBILE, make.AARE), exivo.tap(make.OTHER_MOBILE, make.AARE)

    changed = prove(booking, code_sent(), now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert before[0] == "open"
    assert before[1] != "open"
    assert exivo.tap(make.MOBILE, make.AARE) != "open"
    assert exivo.tap(make.OTHER_MOBILE, make.AARE) == "open"
    assert (changed.mobile, changed.answers["mobile"], len(exivo.live())) == (make.OTHER_MOBILE, make.OTHER_MOBILE, 1)


def test_prove_takes_the_old_key_back_before_the_new_one_is_made(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    reconcile(booking.pk, clock=clock)
    ask(booking, OTHER, now=clock.now)

    prove(booking, code_sent(), now=clock.now)
    reconcile(booking.pk, clock=clock)

    kinds = EventRecord.objects.filter(kind__startswith="key.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["key.ready", "key.revoked", "key.ready"]
    changed = EventRecord.objects.get(kind="booking.answers_changed")
    assert (changed.actor_kind, changed.data) == ("guest", {"questions": ["mobile"]})


def test_prove_leaves_other_bookings_of_the_old_number_alone(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    other = make.make_booking(booking.service, now=clock.now, hours=48)
    for each in (booking, other):
        reconcile(each.pk, clock=clock)
    ask(booking, OTHER, now=clock.now)

    prove(booking, code_sent(), now=clock.now)
    for each in (booking, other):
        reconcile(each.pk, clock=clock)

    clock.now = other.start
    assert Booking.objects.get(pk=other.pk).mobile == make.MOBILE
    assert exivo.tap(make.MOBILE, make.AARE) == "open"


def test_prove_counts_once(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)
    code = code_sent()
    prove(booking, code, now=clock.now)

    assert refused(booking, code, clock) == ("invalid", "code_over")
    assert NumberChange.objects.count() == 0


def test_prove_reads_the_code_however_it_is_grouped(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)

    prove(booking, f" {code_sent().replace(' ', '-')} ", now=clock.now)

    assert Booking.objects.get().mobile == make.OTHER_MOBILE


def test_prove_with_a_wrong_code_changes_nothing_and_ends_after_five(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)
    code = code_sent()

    found = [refused(booking, wrong(code), clock) for _ in range(5)]

    assert found == [("invalid", "wrong_code")] * 4 + [("invalid", "code_over")]
    assert refused(booking, code, clock) == ("invalid", "code_over")
    assert Booking.objects.get().mobile == make.MOBILE


@pytest.mark.parametrize(("minutes", "counts"), [(14, True), (15, False)])
def test_prove_after_a_quarter_of_an_hour_is_too_late(booking: Booking, clock: FakeClock, minutes: int, counts: bool) -> None:
    ask(booking, OTHER, now=clock.now)
    clock.now += timedelta(minutes=minutes)

    if counts:
        prove(booking, code_sent(), now=clock.now)
    else:
        assert refused(booking, code_sent(), clock) == ("invalid", "code_over")

    assert Booking.objects.get().mobile == (make.OTHER_MOBILE if counts else make.MOBILE)


def test_ask_anew_replaces_the_first_wish(booking: Booking, clock: FakeClock) -> None:
    ask(booking, "079 000 11 33", now=clock.now)
    first = code_sent()
    ask(booking, OTHER, now=clock.now)
    second = code_sent()

    if first != second:
        assert refused(booking, first, clock) == ("invalid", "wrong_code")
    prove(booking, second, now=clock.now)
    assert Booking.objects.get().mobile == make.OTHER_MOBILE


def test_code_that_went_to_another_mail_address_counts_no_longer(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)
    sent = code_sent()
    right = booking.answers | {"email": "lea@example.org"}
    staff = Actor(ActorKind.STAFF, "Nadia Keller")
    change_answers(booking, right, actor=staff, now=clock.now, seen=answers_digest(booking))

    assert refused(booking, sent, clock) == ("invalid", "code_over")
    ask_again(booking, now=clock.now)
    assert Message.objects.filter(kind="message_code").order_by("-id")[0].to_address == "lea@example.org"
    assert prove(booking, code_sent(), now=clock.now).mobile == make.OTHER_MOBILE


def test_prove_gives_no_number_more_coming_bookings_than_it_may_have(booking: Booking, clock: FakeClock) -> None:
    Organisation.objects.update(most_open_bookings=1)
    make.make_booking(booking.service, now=clock.now, hours=48, mobile=OTHER)
    ask(booking, OTHER, now=clock.now)

    assert refused(booking, code_sent(), clock) == ("too_many", "")
    assert (Booking.objects.get(pk=booking.pk).mobile, NumberChange.objects.count()) == (make.MOBILE, 1)


def test_code_of_one_booking_is_not_taken_by_another(booking: Booking, clock: FakeClock) -> None:
    other = make.make_booking(booking.service, now=clock.now, hours=48)
    ask(other, OTHER, now=clock.now)
    stranger = NumberChange.objects.get(booking=other).code_digest
    ask(booking, OTHER, now=clock.now)
    NumberChange.objects.filter(booking=other).update(code_digest=NumberChange.objects.get(booking=booking).code_digest)

    assert refused(other, code_sent(), clock) == ("invalid", "wrong_code")
    assert NumberChange.objects.get(booking=booking).code_digest != stranger


def test_ask_a_fourth_time_within_an_hour_is_refused(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)
    for _ in range(2):
        clock.now += timedelta(minutes=19)
        ask_again(booking, now=clock.now)

    with pytest.raises(Refusal) as refusal:
        ask_again(booking, now=clock.now)
    clock.now += timedelta(minutes=22)
    ask_again(booking, now=clock.now)

    assert refusal.value.code == "too_many_codes"
    assert Message.objects.filter(kind="message_code").count() == 4


def test_ask_again_without_a_wish_is_refused(booking: Booking, clock: FakeClock) -> None:
    with pytest.raises(Refusal) as refusal:
        ask_again(booking, now=clock.now)

    assert refusal.value.code == "not_allowed_now"


@pytest.mark.parametrize(
    ("number", "code"),
    [("031 555 04 33", "phone_landline"), ("078", "phone_too_short"), ("", "required"), ("+41 78 123 45 67", "same_number")],
)
def test_ask_for_a_wrong_number_is_refused_beside_the_field(booking: Booking, clock: FakeClock, number: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        ask(booking, number, now=clock.now)

    assert [(error.field, error.code) for error in refusal.value.fields] == [("mobile", code)]
    assert (NumberChange.objects.count(), Message.objects.filter(kind="message_code").count()) == (0, 0)


def test_ask_without_a_mail_address_is_refused(booking: Booking, clock: FakeClock) -> None:
    Booking.objects.update(email="")

    with pytest.raises(Refusal) as refusal:
        ask(booking, OTHER, now=clock.now)

    assert (refusal.value.code, NumberChange.objects.count()) == ("no_mail_address", 0)


@pytest.mark.parametrize("how", ["cancelled", "over"])
def test_booking_that_ended_takes_no_other_number(booking: Booking, clock: FakeClock, how: str) -> None:
    ask(booking, OTHER, now=clock.now)
    code = code_sent()
    if how == "cancelled":
        cancel(booking, actor=GUEST, now=clock.now)
    else:
        clock.now = booking.end
        NumberChange.objects.update(valid_until=clock.now + timedelta(minutes=1))

    with pytest.raises(Refusal) as refusal:
        ask(booking, OTHER, now=clock.now)

    assert refusal.value.code == "not_allowed_now"
    assert refused(booking, code, clock) == ("not_allowed_now", "")


def test_deadlines_do_not_bind_the_number(booking: Booking, clock: FakeClock) -> None:
    booking.service.cancel_until_minutes = booking.service.reschedule_until_minutes = 24 * 60
    booking.service.save()
    clock.now = booking.start + timedelta(minutes=5)
    ask(booking, OTHER, now=clock.now)

    prove(booking, code_sent(), now=clock.now)

    assert Booking.objects.get().mobile == make.OTHER_MOBILE


def test_prove_leaves_answers_alone_that_would_be_asked_otherwise_today(booking: Booking, clock: FakeClock) -> None:
    Question.objects.create(key="company", kind="text", required=True, position=9)
    Question.objects.filter(key="last_name").update(active=False)
    ask(booking, OTHER, now=clock.now)

    prove(booking, code_sent(), now=clock.now)

    row = Booking.objects.get()
    assert row.answers == {"first_name": "Lea", "last_name": "Baumann", "email": "lea.baumann@example.org", "mobile": make.OTHER_MOBILE}
    assert (row.guest_name, row.email) == ("Lea Baumann", "lea.baumann@example.org")


def test_erasing_the_guest_erases_his_wish(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)

    erased = erase([booking], actor=GUEST, now=clock.now)

    assert (erased.erased, NumberChange.objects.count(), Message.objects.count()) == (1, 0, 0)


def test_wish_that_nobody_proved_is_forgotten_after_a_while(booking: Booking, clock: FakeClock) -> None:
    ask(booking, OTHER, now=clock.now)
    clock.now += timedelta(minutes=74)
    early = forget_old(now=clock.now)

    clock.now += timedelta(minutes=1)

    assert (early, forget_old(now=clock.now), NumberChange.objects.count()) == (0, 1, 0)


def test_wish_is_handed_out_with_all_that_is_kept_of_the_guest(booking: Booking, clock: FakeClock) -> None:
    before = everything_about(with_everything(Booking.objects.all()).get())["mobile_asked_for"]

    ask(booking, OTHER, now=clock.now)

    assert before == ""
    assert everything_about(with_everything(Booking.objects.all()).get())["mobile_asked_for"] == make.OTHER_MOBILE


def test_neither_code_nor_number_stands_in_events_or_the_log(booking: Booking, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="einlass")
    ask(booking, OTHER, now=clock.now)
    code = code_sent().replace(" ", "")
    prove(booking, code, now=clock.now)

    told = caplog.text + repr(list(EventRecord.objects.values_list("data", "subject", "actor_name")))
    assert [secret for secret in (code, make.OTHER_MOBILE, "79 000 11 22") if secret in told] == []
