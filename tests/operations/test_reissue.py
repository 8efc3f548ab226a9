# SPDX-License-Identifier: Apache-2.0
"""A new key because a person asked: the doors in between, the brake, the text to the guest, and when it is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.models import Access, Booking, Branch, EventRecord, Key, LockSystem, Service
from einlass.operations.bookings import cancel
from einlass.operations.keys import reconcile
from einlass.operations.reissue import reissue
from einlass.queries.bookings import booking_by_reference
from einlass.queries.keys import access_of

NADIA = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(clock: FakeClock, exivo: Exivo) -> Booking:
    """Tomorrow, its key ready."""
    made = make.make_booking(make.make_house(clock.now), now=clock.now)
    reconcile(made.pk, clock=clock)
    return made


def state(booking: Booking, clock: FakeClock) -> AccessState:
    found = booking_by_reference(booking.reference)
    assert found is not None
    return access_of(found, now=clock.now).state


def kinds() -> list[str]:
    return list(EventRecord.objects.filter(kind__startswith="key.").order_by("id").values_list("kind", flat=True))


def notified(exivo: Exivo) -> list[bool]:
    """Whether the vendor was asked to text the guest, for each key that was made, oldest first."""
    return [visit.install_notification for visit in exivo.app.world.visits[make.BERN].values()]


def test_reissue_takes_the_old_key_back_and_makes_another(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    old = exivo.live()[0]["id"]

    reissue(booking, actor=NADIA, now=clock.now)
    between = state(booking, clock)
    reconcile(booking.pk, clock=clock)

    live = exivo.live()
    assert (between, state(booking, clock)) == (AccessState.CHANGING, AccessState.READY)
    assert (len(live), live[0]["id"] != old) == (1, True)
    assert list(Key.objects.values_list("state", "closed_reason")) == [("revoked", "reissued"), ("live", "")]
    assert kinds() == ["key.ready", "key.reissue_asked", "key.revoked", "key.ready"]
    assert EventRecord.objects.get(kind="key.reissue_asked").actor_name == "Nadia Keller"
    clock.now = booking.start
    assert exivo.tap(make.MOBILE, make.AARE) == "open"


def test_reissue_leaves_a_guest_inside_never_without_a_key(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    """The order of the calls: the new key is made and read before the old one is taken back."""
    clock.now = booking.start + timedelta(minutes=5)
    exivo.app.world.clocks.base = clock
    before = len(exivo.calls())

    reissue(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)

    made = [call["call"] for call in reversed(exivo.calls()[: len(exivo.calls()) - before]) if call["call"] in {"create", "revoke"}]
    assert made == ["create", "revoke"]
    assert (len(exivo.live()), exivo.tap(make.MOBILE, make.AARE)) == (1, "open")
    assert state(booking, clock) is AccessState.ACTIVE


def test_reissue_whose_successor_cannot_be_made_keeps_the_old_key_for_the_guest_inside(
    booking: Booking, clock: FakeClock, exivo: Exivo
) -> None:
    clock.now = booking.start + timedelta(minutes=5)
    exivo.faults({"kind": "status", "call": "create", "status": 400})

    reissue(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert exivo.tap(make.MOBILE, make.AARE) == "open"
    assert Access.objects.get().problem == "refused"


def test_reissue_tells_the_guest_again_and_later_replacements_stay_silent(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    reissue(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)
    Branch.objects.update(late_minutes=20)
    Access.objects.update(next_check_at=clock.now)
    reconcile(booking.pk, clock=clock)

    assert notified(exivo) == [True, True, False]


def test_reissue_goes_on_after_a_key_was_deleted_outside_too_often(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    Key.objects.update(state="gone", drifted="deleted")
    Key.objects.create(**{f.attname: getattr(Key.objects.get(), f.attname) for f in Key._meta.fields if f.name not in {"id", "vendor_id"}})
    exivo.ask("DELETE", f"/control/keys/{exivo.live()[0]['id']}")
    Access.objects.update(next_check_at=clock.now)
    reconcile(booking.pk, clock=clock)
    stopped = Access.objects.get().problem

    reissue(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert (stopped, state(booking, clock), len(exivo.live())) == ("changed_outside", AccessState.READY, 1)


def test_reissue_many_times_is_not_taken_for_somebody_undoing_the_key(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    for _ in range(4):
        reissue(booking, actor=NADIA, now=clock.now)
        reconcile(booking.pk, clock=clock)

    assert (state(booking, clock), len(exivo.live()), Key.objects.count()) == (AccessState.READY, 1, 5)


def test_reissue_is_not_held_by_the_brake(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    Branch.objects.update(brake_since=clock.now)

    reissue(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert list(Key.objects.values_list("state", flat=True)) == ["revoked", "live"]


def test_reissue_of_a_changed_key_takes_it_back_at_once(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    """A key whose doors somebody changed is not kept for a guest inside."""
    clock.now = booking.start + timedelta(minutes=5)
    Key.objects.update(drifted="doors")

    reissue(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert list(Key.objects.values_list("state", "drifted")) == [("revoked", "reissued,doors"), ("live", "")]


def test_reissue_before_the_first_key_was_made_makes_one(clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)

    reissue(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert (len(exivo.live()), kinds()) == (1, ["key.reissue_asked", "key.ready"])


@pytest.mark.parametrize("why", ["cancelled", "over", "off", "unconfirmed", "no_number"])
def test_reissue_where_there_is_no_key_to_make_is_refused(booking: Booking, clock: FakeClock, why: str) -> None:
    if why == "cancelled":
        cancel(booking, actor=GUEST, now=clock.now)
    elif why == "over":
        clock.now = booking.end + timedelta(minutes=15)
    elif why == "off":
        LockSystem.objects.update(enabled=False)
    elif why == "unconfirmed":
        Branch.objects.update(site_confirmed_at=None)
    else:
        Booking.objects.update(mobile="")

    with pytest.raises(Refusal) as refused:
        reissue(booking, actor=NADIA, now=clock.now)

    assert refused.value.code == "nothing_to_reissue"
    assert (Key.objects.get().drifted, EventRecord.objects.filter(kind="key.reissue_asked").count()) == ("", 0)


def test_reissue_of_a_service_without_doors_is_refused(clock: FakeClock, exivo: Exivo) -> None:
    make.make_organisation()
    branch = make.make_branch(now=clock.now, doors={})
    make.make_questions()
    service: Service = make.make_service(branch)
    booking = make.make_booking(service, now=clock.now)

    with pytest.raises(Refusal) as refused:
        reissue(booking, actor=NADIA, now=clock.now)

    assert refused.value.code == "nothing_to_reissue"
