# SPDX-License-Identifier: Apache-2.0
"""A guest's data go, and his key goes first: shown by the doors of the emulator. What remains is an anonymous fact."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.operations.config_files import away

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.core.keys import SeenKey
from einlass.jobs import work as jobs
from einlass.models import Access, Booking, DoorOpening, EventRecord, Key, LockSystem, Message, Organisation, Service, VendorCall
from einlass.operations.bookings import cancel, complete_past, no_show
from einlass.operations.claims import claim_booking
from einlass.operations.key_rows import take_in
from einlass.operations.keys import reconcile
from einlass.operations.messages import queue
from einlass.operations.privacy import Erased, erase, erase_due, hand_out
from einlass.queries.privacy import bookings_of_guest, everything_about, waiting_for_their_keys, with_everything

OWNER = Actor(ActorKind.STAFF, "Nadia Keller")
PERSONAL = ("Lea", "Baumann", "lea.baumann@example.org", "781234567", "Rollstuhl", "krank")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(service: Service, clock: FakeClock) -> Booking:
    """Tomorrow, with a key at the vendor, a message, a lost call and a door that somebody opened."""
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    queue(kind="confirmed", to=booking.email, language="de", subject="Lea", text="Baumann", booking=booking, now=clock.now)
    VendorCall.objects.filter(booking=booking).update(detail="Lea Baumann")
    Access.objects.filter(booking=booking).update(problem_text="of 781234567")
    DoorOpening.objects.create(
        branch=booking.branch, booking=booking, component="x", asked_by="Nadia", asked_at=clock.now, expires_at=clock.now, detail="Lea"
    )
    return booking


def kept(booking: Booking) -> str:
    """Every value of every row that says anything of the booking."""
    rows: list[Model] = [Booking.objects.get(pk=booking.pk)]
    for model in (Access, Key, VendorCall, Message, DoorOpening, EventRecord):
        rows += model.objects.filter(booking=booking)
    return json.dumps([{field.name: str(field.value_from_object(row)) for field in row._meta.concrete_fields} for row in rows])


def told_in(text: str) -> list[str]:
    return [word for word in PERSONAL if word in text]


def test_f45_the_key_is_taken_back_before_the_data_go(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    asked = erase([booking], actor=OWNER, now=clock.now)
    before = (erase_due(now=clock.now), Booking.objects.get().guest_name, exivo.live() != [])
    reconcile(booking.pk, clock=clock)
    taken_back = (exivo.live(), Booking.objects.get().guest_name)
    after = erase_due(now=clock.now)

    assert asked == Erased(erased=0, waiting=1)
    assert before == (0, "Lea Baumann", True)
    assert taken_back == ([], "Lea Baumann")
    assert (after, told_in(kept(booking))) == (1, [])
    clock.now = booking.start
    assert exivo.tap(make.MOBILE, make.AARE) == "revoked"


def test_f45_nothing_goes_while_exivo_is_away_and_everything_afterwards(
    booking: Booking, clock: FakeClock, exivo: Exivo, settings: Any
) -> None:
    address = settings.EXIVO_URL
    away(settings)
    erase([booking], actor=OWNER, now=clock.now)
    reconcile(booking.pk, clock=clock)

    meanwhile = (erase_due(now=clock.now), Booking.objects.get().mobile, list(waiting_for_their_keys(now=clock.now)))
    settings.EXIVO_URL = address
    clock.forward(hours=1)
    LockSystem.objects.update(state="working", not_before=None, failures=0)
    reconcile(booking.pk, clock=clock)
    afterwards = erase_due(now=clock.now)

    assert meanwhile == (0, make.MOBILE, [booking])
    assert (afterwards, told_in(kept(booking)), exivo.live()) == (1, [], [])
    assert list(waiting_for_their_keys(now=clock.now)) == []


def test_key_that_nobody_takes_back_is_waited_for_until_its_window_is_over(booking: Booking, clock: FakeClock) -> None:
    LockSystem.objects.update(enabled=False)
    erase([booking], actor=OWNER, now=clock.now)
    clock.now = booking.end + timedelta(minutes=14, seconds=59)

    before = erase_due(now=clock.now)
    after = erase_due(now=clock.forward(seconds=1))

    assert (before, after, Key.objects.get().state, Key.objects.get().phone) == (0, 1, "expired", "")


@pytest.mark.parametrize("ended", [no_show, None])
def test_key_that_still_opens_after_the_end_is_taken_back_however_it_ended(
    booking: Booking, clock: FakeClock, exivo: Exivo, ended: Callable[..., Booking] | None
) -> None:
    clock.now = booking.end + timedelta(minutes=5)
    if ended:
        ended(booking, actor=OWNER, now=clock.now)
    asked = erase([Booking.objects.get()], actor=OWNER, now=clock.now)
    opened_before = exivo.tap(make.MOBILE, make.AARE)
    reconcile(booking.pk, clock=clock)

    assert (asked, opened_before) == (Erased(erased=0, waiting=1), "open")
    assert (exivo.tap(make.MOBILE, make.AARE), erase_due(now=clock.now)) == ("revoked", 1)
    assert Booking.objects.get().status == ("no_show" if ended else "confirmed")


def test_erasing_says_who_asked_and_what_followed(booking: Booking, clock: FakeClock) -> None:
    erase([booking], actor=OWNER, now=clock.now)
    erase([booking], actor=OWNER, now=clock.now)
    reconcile(booking.pk, clock=clock)
    erase_due(now=clock.now)
    erase_due(now=clock.now)

    told = list(EventRecord.objects.order_by("id").values_list("kind", "actor_kind", "actor_name"))
    assert [line for line in told if line[0].startswith(("booking.can", "guest."))] == [
        ("booking.cancelled", "staff", "Nadia Keller"),
        ("guest.erasure_asked", "staff", "Nadia Keller"),
        ("guest.erased", "clock", ""),
    ]


def test_booking_without_a_key_goes_at_once(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now)

    erased = erase([booking], actor=OWNER, now=clock.now)

    assert erased == Erased(erased=1, waiting=0)
    assert told_in(kept(booking)) == []


def test_what_remains_is_an_anonymous_fact(booking: Booking, clock: FakeClock) -> None:
    erase([booking], actor=OWNER, now=clock.now)
    reconcile(booking.pk, clock=clock)
    erase_due(now=clock.now)

    left = Booking.objects.get()
    assert (left.reference, left.start, left.room_id, left.service_id) == (
        booking.reference,
        booking.start,
        booking.room_id,
        booking.service_id,
    )
    assert (left.status, left.answers, left.erased_at, left.erase_since) == ("cancelled", {}, clock.now, clock.now)
    assert left.link_token != booking.link_token
    assert Message.objects.count() == 0


def test_reasons_that_somebody_wrote_go_too(booking: Booking, clock: FakeClock) -> None:
    cancel(booking, actor=GUEST, now=clock.now, reason="Lea Baumann ist krank")
    reconcile(booking.pk, clock=clock)
    erase([booking], actor=OWNER, now=clock.now)

    assert told_in(kept(booking)) == []
    assert EventRecord.objects.get(kind="booking.cancelled").data == {"reason": ""}


@pytest.mark.parametrize("status", ["pending", "confirmed"])
def test_whatever_takes_a_room_for_a_guest_is_cancelled_first(service: Service, clock: FakeClock, status: str) -> None:
    booking = make.make_booking(service, now=clock.now)
    Booking.objects.update(status=status)

    erase([Booking.objects.get()], actor=OWNER, now=clock.now)

    assert Booking.objects.get().status == "cancelled"
    assert Booking.objects.get(pk=booking.pk).erased_at == clock.now


def test_booking_that_is_over_keeps_its_state(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now)
    clock.now = booking.end + timedelta(hours=1)
    complete_past(now=clock.now)

    erase([Booking.objects.get()], actor=OWNER, now=clock.now)

    assert (Booking.objects.get().status, Booking.objects.get().guest_name) == ("completed", "")


def test_worker_that_is_at_it_is_waited_for(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now)
    claim = claim_booking(booking.pk, clock=clock)

    assert claim is not None
    assert erase([booking], actor=OWNER, now=clock.now) == Erased(erased=0, waiting=1)
    assert erase_due(now=clock.forward(seconds=31)) == 1


def test_worker_that_lost_its_lease_writes_nothing_any_more(service: Service, clock: FakeClock) -> None:
    from einlass.operations.claims import LeaseLost

    booking = make.make_booking(service, now=clock.now)
    claim = claim_booking(booking.pk, clock=clock)
    assert claim is not None
    erase([booking], actor=OWNER, now=clock.forward(seconds=31))

    with pytest.raises(LeaseLost):
        claim.hold()


def test_key_that_turns_up_later_brings_no_number_back(booking: Booking, clock: FakeClock) -> None:
    cancel(booking, actor=GUEST, now=clock.now)
    reconcile(booking.pk, clock=clock)
    erase([booking], actor=OWNER, now=clock.now)
    row = Key.objects.get()
    doubled = SeenKey("late", row.marker, "x", make.MOBILE, frozenset([make.AARE]), row.facts().window, revoked=False, expired=False)

    take_in(row, doubled, now=clock.now)

    assert told_in(kept(booking)) == []
    assert Key.objects.get(vendor_id="late").drifted == "doubled"


def test_kept_long_enough_is_erased_and_a_day_less_is_not(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now)
    Organisation.objects.update(keep_personal_days=30)
    clock.now = booking.end + timedelta(days=30)
    complete_past(now=clock.now)

    before = erase_due(now=clock.now)
    after = erase_due(now=clock.forward(seconds=1))

    assert (before, after, told_in(kept(booking))) == (0, 1, [])
    assert EventRecord.objects.get(kind="guest.erased").data == {"why": "kept_long_enough"}


def test_kept_for_ever_where_no_days_are_set(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now)

    assert erase_due(now=booking.end + timedelta(days=9999)) == 0


def test_kept_long_enough_goes_in_batches_and_never_with_an_open_key(service: Service, clock: FakeClock) -> None:
    bookings = [make.make_booking(service, now=clock.now, hours=24 + 2 * n) for n in range(5)]
    Organisation.objects.update(keep_personal_days=1)
    clock.now = bookings[-1].end + timedelta(days=2)
    _left_open(bookings[0], until=clock.now + timedelta(hours=1))

    done = [erase_due(now=clock.now, at_most=3), erase_due(now=clock.now, at_most=3), erase_due(now=clock.now, at_most=3)]

    assert done == [3, 1, 0]
    assert list(Booking.objects.filter(erased_at=None)) == [bookings[0]]


def _left_open(booking: Booking, *, until: datetime) -> None:
    system = LockSystem.objects.get()
    Key.objects.create(
        booking=booking, branch=booking.branch, lock_system=system, site_id="s", generation=1, marker="EL-X", vendor_id="v",
        phone=booking.mobile, doors=[], valid_from=booking.start, valid_until=until, state="live", created_at=booking.start,
    )  # fmt: skip


def test_job_of_the_minute_erases(booking: Booking, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    erase([booking], actor=OWNER, now=clock.now)
    reconcile(booking.pk, clock=clock)
    monkeypatch.setattr(jobs, "now", clock)

    jobs.minutely()

    assert Booking.objects.get().erased_at == clock.now


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lea.baumann@example.org", True),
        ("LEA.BAUMANN@example.org", True),
        ("baumann", True),
        ("lea b", True),
        ("078 123 45 67", True),
        ("+41 78 123 45 67", True),
        ("0041 78 123 45 67", True),
        ("example.org", False),
        ("lea", False),
        ("   lea   ", False),
        ("", False),
        ("4567", False),
        ("%%%%", False),
        ("____", False),
        ("078 999 99 99", False),
    ],
)
def test_guest_is_found_by_what_he_says_of_himself(service: Service, clock: FakeClock, text: str, found: bool) -> None:
    make.make_booking(service, now=clock.now)

    assert bookings_of_guest(text).exists() is found


def test_guest_is_found_by_reference(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now)

    assert list(bookings_of_guest(booking.reference.lower())) == [booking]


def test_all_that_is_kept_is_handed_out(booking: Booking, clock: FakeClock) -> None:
    told = everything_about(with_everything(Booking.objects.all()).get())

    assert (told["name"], told["email"], told["mobile"], told["answers"]) == (
        booking.guest_name,
        booking.email,
        make.MOBILE,
        booking.answers,
    )
    assert [(key["state"], key["mobile"], len(key["doors"])) for key in told["keys"]] == [("live", make.MOBILE, 4)]
    assert [(message["to"], message["text"]) for message in told["messages"] if message["subject"] == "Lea"] == [(booking.email, "Baumann")]
    assert [event["kind"] for event in told["events"]][:1] == ["booking.confirmed"]
    assert json.loads(json.dumps(told)) == told


def test_handing_out_asks_the_database_equally_often_for_one_and_three(service: Service, clock: FakeClock) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            [everything_about(booking) for booking in with_everything(Booking.objects.all())]
        return len(queries)

    make.make_booking(service, now=clock.now)
    one = asked()
    for hours in (30, 40):
        make.make_booking(service, now=clock.now, hours=hours)

    assert asked() == one


def test_handing_out_is_written_down_without_a_name(booking: Booking, clock: FakeClock) -> None:
    hand_out([booking], actor=OWNER, now=clock.now)

    row = EventRecord.objects.get(kind="guest.exported")
    assert (row.data, row.actor_name) == ({"bookings": [booking.reference]}, "Nadia Keller")
