# SPDX-License-Identifier: Apache-2.0
"""Opening a door now: asked once, sent once, never late; a gateway never; and what a vendor can do in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import Actor
from einlass.models import Branch, Door, DoorOpening, EventRecord, LockSystem, Service, VendorCall
from einlass.operations import openings, wakeups
from einlass.operations.wakeups import OpeningWakeup, Wakeup

NADIA = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def branch(clock: FakeClock, exivo: Exivo) -> Branch:
    service: Service = make.make_house(clock.now)
    return service.branch


def ask(branch: Branch, clock: FakeClock, component: str = make.ENTRANCE) -> DoorOpening:
    return openings.ask(branch, component, actor=NADIA, now=clock.now)


def ended(opening: DoorOpening) -> tuple[str, str]:
    opening.refresh_from_db()
    return opening.state, opening.detail


def door_events(exivo: Exivo, component: str) -> list[tuple[str, str]]:
    """What happened at the door: event and person."""
    return [(event.name, event.details["user"]["name"]) for event in exivo.app.world.events if event.component.id == component]


def recorded() -> list[tuple[str, str, Any]]:
    return [(row.kind, row.actor_name, row.data.get("state")) for row in EventRecord.objects.filter(kind__startswith="door.")]


def test_ask_then_do_opens_the_door_and_names_the_person(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    opening = ask(branch, clock)
    before = opening.state

    openings.do(opening.pk, clock=clock)

    assert (before, *ended(opening)) == ("asked", "opened", "")
    assert door_events(exivo, make.ENTRANCE) == [("componentUnlocked", "Nadia Keller")]
    assert recorded() == [("door.opening_asked", "Nadia Keller", None), ("door.opening_ended", "", "opened")]
    assert list(VendorCall.objects.values_list("kind", "outcome")) == [("open", "ok")]


def test_ask_wakes_a_worker_after_the_commit(branch: Branch, clock: FakeClock) -> None:
    woken: list[Wakeup | OpeningWakeup] = []

    class Engine:
        def enqueue(self, wakeup: Wakeup | OpeningWakeup) -> None:
            woken.append(wakeup)

    wakeups.register(Engine())
    try:
        opening = ask(branch, clock)
    finally:
        wakeups.register(wakeups.NoEngine())

    assert woken == [OpeningWakeup(opening=opening.pk)]


def test_ask_twice_is_one_opening(branch: Branch, clock: FakeClock) -> None:
    first = ask(branch, clock)
    clock.forward(seconds=5)

    second = ask(branch, clock)

    assert (second.pk, DoorOpening.objects.count(), len(recorded())) == (first.pk, 1, 1)


def test_ask_again_once_the_first_has_ended_is_another_one(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    openings.do(ask(branch, clock).pk, clock=clock)

    openings.do(ask(branch, clock).pk, clock=clock)

    assert (DoorOpening.objects.count(), len(exivo.calls("unlock"))) == (2, 2)


def test_do_twice_sends_once(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    opening = ask(branch, clock)

    openings.do(opening.pk, clock=clock)
    openings.do(opening.pk, clock=clock)

    assert len(exivo.calls("unlock")) == 1


def test_do_after_thirty_seconds_is_dropped_unsent(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    opening = ask(branch, clock)
    clock.forward(seconds=30)

    openings.do(opening.pk, clock=clock)

    assert (*ended(opening), exivo.calls()) == ("dropped", "", [])
    assert recorded()[-1] == ("door.opening_ended", "", "dropped")


def test_do_whose_turn_comes_too_late_is_dropped_unsent(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    """The driver waits for its turn and reads the doors first; the time may be over by then."""
    opening = ask(branch, clock)
    reads = iter(range(100))

    def slow() -> Any:
        # Claimed in time; every look at the clock costs twelve seconds.
        return clock.now + timedelta(seconds=12 * next(reads))

    openings.do(opening.pk, clock=slow)

    assert (*ended(opening), exivo.calls("unlock")) == ("dropped", "", [])
    assert list(VendorCall.objects.values_list("kind", "outcome")) == [("open", "not_sent")]


def test_a_lost_wake_up_is_dropped_by_the_sweep(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    opening = ask(branch, clock)

    early = openings.drop_late(now=clock.forward(seconds=29))
    late = openings.drop_late(now=clock.forward(seconds=1))

    assert (early, late, *ended(opening), exivo.calls()) == (0, 1, "dropped", "", [])


def test_a_worker_that_died_while_sending_leaves_an_unknown_end(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    opening = ask(branch, clock)
    DoorOpening.objects.update(state="sent")

    early = openings.drop_late(now=clock.forward(seconds=89))
    late = openings.drop_late(now=clock.forward(seconds=1))

    assert (early, late, *ended(opening), exivo.calls()) == (0, 1, "unknown", "", [])


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "timeout_after"])
def test_a_lost_answer_is_unknown_and_never_repeated(branch: Branch, clock: FakeClock, exivo: Exivo, kind: str) -> None:
    exivo.faults({"kind": kind, "call": "unlock"})
    opening = ask(branch, clock)

    openings.do(opening.pk, clock=clock)
    exivo.faults()
    openings.do(opening.pk, clock=clock)
    openings.drop_late(now=clock.forward(minutes=5))

    assert (ended(opening)[0], exivo.calls_once_noted("unlock")) == ("unknown", 1)
    assert list(VendorCall.objects.values_list("kind", "outcome")) == [("open", "unknown")]


def test_a_refusal_of_the_vendor_is_told(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    exivo.faults({"kind": "status", "call": "unlock", "status": 400})
    opening = ask(branch, clock)

    openings.do(opening.pk, clock=clock)

    assert (ended(opening)[0], recorded()[-1]) == ("refused", ("door.opening_ended", "", "refused"))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Wireless-Gateway 90 41", "use": "none"},
        {"kind": "", "use": "services"},
        {"use": "none"},
        {"missing_since": "2026-11-20T00:00:00Z"},
    ],
)
def test_ask_for_what_may_never_be_named_is_refused(branch: Branch, clock: FakeClock, exivo: Exivo, change: dict[str, str]) -> None:
    Door.objects.filter(component=make.ENTRANCE).update(**change)

    with pytest.raises(Refusal) as refused:
        ask(branch, clock)

    assert (refused.value.code, DoorOpening.objects.count(), exivo.calls()) == ("door_not_openable", 0, [])


def test_ask_for_a_door_of_another_branch_is_refused(branch: Branch, clock: FakeClock) -> None:
    make.make_branch(key="thun", now=clock.now, site_id="other", doors={"elsewhere": "always"})

    with pytest.raises(Refusal) as refused:
        ask(branch, clock, "elsewhere")

    assert refused.value.code == "door_not_openable"


def test_a_door_that_became_a_gateway_after_it_was_asked_for_is_not_opened(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    opening = ask(branch, clock)
    Door.objects.filter(component=make.ENTRANCE).update(kind="gateway", use="none")

    openings.do(opening.pk, clock=clock)

    assert (*ended(opening), exivo.calls()) == ("refused", "door_not_openable", [])


def test_a_gateway_that_the_database_calls_a_door_is_not_opened(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    """R5, whatever the database says: the driver looks at exivo's own list."""
    Door.objects.create(branch=branch, component=make.GATEWAY, kind="doorFitting", use="always", name="Tür")
    opening = ask(branch, clock, make.GATEWAY)

    openings.do(opening.pk, clock=clock)

    assert (ended(opening)[0], exivo.calls("unlock")) == ("refused", [])


@pytest.mark.parametrize("change", ["off", "unconfirmed"])
def test_ask_with_the_integration_off_or_site_unconfirmed_is_refused(branch: Branch, clock: FakeClock, exivo: Exivo, change: str) -> None:
    opening = ask(branch, clock)
    if change == "off":
        LockSystem.objects.update(enabled=False)
    else:
        Branch.objects.update(site_confirmed_at=None)
    now_as_it_is = Branch.objects.select_related("lock_system").get()

    with pytest.raises(Refusal) as refused:
        ask(now_as_it_is, clock)
    openings.do(opening.pk, clock=clock)

    assert refused.value.code == "doors_off"
    assert (*ended(opening), exivo.calls()) == ("refused", "doors_off", [])


def test_an_account_that_asks_to_wait_is_not_asked(branch: Branch, clock: FakeClock, exivo: Exivo) -> None:
    opening = ask(branch, clock)
    LockSystem.objects.update(state="throttled", not_before=clock.now + timedelta(minutes=1))

    openings.do(opening.pk, clock=clock)

    assert (*ended(opening), exivo.calls()) == ("refused", "throttled", [])
