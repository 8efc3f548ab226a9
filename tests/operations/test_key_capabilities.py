# SPDX-License-Identifier: Apache-2.0
"""What the planner makes of a vendor whose keys can do other things than exivo's: changed in place, heard of later, few to a door."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import factories as make
from tests.conftest import FakeClock
from tests.locks.memory_account import Memory, make_memory
from tests.locks.memory_house import Traits

from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.locks.contract import Fault
from einlass.models import Access, Booking, EventRecord, Key, Message, VendorCall
from einlass.operations.bookings import cancel, reschedule
from einlass.operations.key_sweep import sweep_site
from einlass.operations.reissue import reissue
from einlass.operations.revocation_alarms import raise_revocation_alarms

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Memory:
    return make_memory(monkeypatch, clock)


def prolonged(memory: Memory, *, duration: int = 240) -> Key:
    """A guest is inside and stays longer."""
    booking = memory.ready(hours=1)
    memory.clock.now = booking.start + timedelta(minutes=10)
    reschedule(booking, start=booking.start, duration=duration, actor=STAFF, now=memory.clock.now)
    return memory.rows(booking)[0]


@pytest.mark.parametrize("times", [1000, 1])
def test_f29_key_of_a_guest_inside_is_changed_where_it_is(monkeypatch: pytest.MonkeyPatch, clock: FakeClock, times: int) -> None:
    memory = make_memory(monkeypatch, clock, Traits(times_per_person=times))
    before = prolonged(memory)
    booking = before.booking

    memory.work(booking)

    after = Key.objects.get()
    assert (after.pk, after.vendor_id, after.state) == (before.pk, before.vendor_id, "live")
    assert [memory.opens(booking, minutes=minutes) for minutes in (10, 239, 256)] == [True, True, False]
    assert (memory.changes(), memory.view(booking).state) == (["put", "put"], AccessState.ACTIVE)
    assert list(VendorCall.objects.filter(key=after).values_list("kind", "outcome")) == [
        ("issue", "ok"),
        ("read", "ok"),
        ("amend", "ok"),
        ("read", "ok"),
    ]
    assert [row.data for row in EventRecord.objects.filter(kind="key.ready").order_by("pk")] == [{"generation": 1}, {"generation": 2}]


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.DOWN, Fault.THROTTLED, Fault.NONSENSE])
def test_f29_change_without_an_answer_is_asked_for_again_and_the_guest_gets_in_all_the_while(memory: Memory, fault: Fault) -> None:
    key = prolonged(memory)
    booking = key.booking
    memory.house.fault = fault
    memory.work(booking)
    inside = memory.opens(booking, minutes=10)
    state, problem = Key.objects.get().state, memory.access(booking).problem

    memory.house.fault = Fault.NONE
    memory.clock.forward(minutes=2)
    memory.settle(booking)

    sure = fault in {Fault.DOWN, Fault.THROTTLED, Fault.NONSENSE}
    assert (inside, state, bool(problem)) == (True, "live" if sure else "amending", True)
    assert [(row.pk, row.state) for row in memory.rows(booking)] == [(key.pk, "live")]
    assert (memory.opens(booking, minutes=239), memory.access(booking).problem) == (True, "")
    assert "drop" not in memory.changes()


def test_f31_cancelled_while_nobody_knows_whether_it_was_prolonged_is_watched_until_the_later_end(memory: Memory) -> None:
    key = prolonged(memory)
    booking = key.booking
    memory.house.fault = Fault.ANSWER_LOST
    memory.work(booking)
    memory.house.fault = Fault.DOWN
    cancel(booking, actor=STAFF, now=memory.clock.now)
    # The end that the key had before is over; the one that it may have got is not.
    memory.clock.now = key.valid_until + timedelta(minutes=1)
    memory.work(booking)
    waiting = [row.state for row in memory.rows(booking)]

    memory.house.fault = Fault.NONE
    memory.clock.forward(minutes=2)
    memory.settle(booking)

    assert (waiting, [row.state for row in memory.rows(booking)]) == (["revoking"], ["revoked"])
    assert memory.opens(booking, minutes=200) is False


def test_f29_key_that_is_gone_when_it_is_to_be_changed_is_made_anew(memory: Memory) -> None:
    key = prolonged(memory)
    memory.house.credentials.clear()
    memory.clock.forward(minutes=1)

    memory.settle(key.booking)

    assert [row.state for row in memory.rows(key.booking)] == ["gone", "live"]
    assert memory.opens(key.booking, minutes=239) is True


def test_f26_new_key_that_a_person_asked_for_is_another_one(memory: Memory) -> None:
    booking = memory.ready()
    reissue(booking, actor=STAFF, now=memory.clock.now)

    memory.settle(booking)

    assert [row.state for row in memory.rows(booking)] == ["revoked", "live"]


def test_f26_with_one_time_for_each_person_the_old_key_goes_first(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    memory = make_memory(monkeypatch, clock, Traits(times_per_person=1))
    booking = memory.ready(hours=1)
    clock.now = booking.start + timedelta(minutes=10)
    reissue(booking, actor=STAFF, now=clock.now)

    memory.settle(booking)

    assert ([row.state for row in memory.rows(booking)], memory.changes()) == (["revoked", "live"], ["put", "drop", "put"])
    assert memory.opens(booking, minutes=10) is True


# F33: a phone that has not heard


def test_f33_key_that_was_taken_back_is_told_until_the_phone_has_heard(memory: Memory) -> None:
    booking = memory.ready(hours=1)
    memory.house.reachable = False
    cancel(booking, actor=STAFF, now=memory.clock.now)
    memory.work(booking)
    view = memory.view(booking)

    assert (memory.rows(booking)[0].state, view.state, view.opens_until) == (
        "revoked",
        AccessState.REVOKING,
        memory.rows(booking)[0].valid_until,
    )
    assert (memory.opens(booking), memory.access(booking).next_check_at) == (True, memory.clock.now + timedelta(minutes=5))

    memory.clock.forward(minutes=5)
    memory.work(booking)
    assert memory.view(booking).state is AccessState.REVOKING
    memory.house.reachable = True
    memory.house.synchronise()
    memory.clock.forward(minutes=5)
    memory.work(booking)

    told = memory.view(booking)
    assert (told.state, told.opens_until, memory.access(booking).next_check_at) == (AccessState.CLOSED, None, None)
    assert memory.opens(booking) is False


def test_f33_phone_that_never_hears_is_told_until_the_key_ends(memory: Memory) -> None:
    booking = memory.ready(hours=1)
    memory.house.reachable = False
    cancel(booking, actor=STAFF, now=memory.clock.now)
    memory.work(booking)
    ends = memory.rows(booking)[0].valid_until

    memory.clock.now = ends
    memory.work(booking)

    assert (memory.view(booking).state, memory.access(booking).next_check_at) == (AccessState.CLOSED, None)
    assert sweep_site(booking.branch_id, clock=memory.clock) is not None
    assert [row.state for row in memory.rows(booking)] == ["revoked"]


def test_f33_new_key_does_not_wait_for_a_phone_and_the_old_one_is_told_beside_it(memory: Memory) -> None:
    booking = memory.ready(hours=1)
    old = memory.rows(booking)[0]
    memory.house.reachable = False
    reissue(booking, actor=STAFF, now=memory.clock.now)

    memory.work(booking)

    view = memory.view(booking)
    assert [row.state for row in memory.rows(booking)] == ["revoked", "live"]
    assert (view.state, view.opens_until) == (AccessState.READY, old.valid_until)


def test_f33_staff_are_warned_when_the_room_is_sold_again(memory: Memory) -> None:
    make.make_user("owner@example.org")
    booking = memory.ready(hours=3)
    memory.house.reachable = False
    cancel(booking, actor=STAFF, now=memory.clock.now)
    memory.work(booking)
    following = memory.book(hours=3, mobile="079 000 11 22")

    warned = [raise_revocation_alarms(now=following.start - timedelta(minutes=minutes)) for minutes in (61, 60, 59)]
    memory.house.reachable = True
    memory.house.synchronise()

    assert (warned, Message.objects.filter(kind="message_key_stays", booking=booking).count()) == ([0, 1, 0], 1)


# F41: doors that hold so many keys


def test_f41_full_door_is_told_and_the_sooner_start_gets_the_room_that_is_made(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    memory = make_memory(monkeypatch, clock, Traits(slots=1))
    running = memory.ready(hours=1, duration=60)
    late = memory.book(hours=30, mobile="079 000 11 22")
    memory.work(late)
    soon = memory.book(hours=5, mobile="079 000 11 33")
    memory.work(soon)
    first = [(memory.view(each).state, memory.access(each).problem) for each in (soon, late)]
    clock.now = running.start
    for each in (late, soon):
        make_due(each, clock)
        memory.work(each)
    kept = memory.opens(running)

    cancel(running, actor=STAFF, now=clock.now)
    memory.work(running)
    due = [memory.access(each).next_check_at == clock.now for each in (late, soon)]
    for each in (late, soon):
        memory.work(each)

    assert (first, kept, due) == ([(AccessState.TROUBLE, "quota_exhausted")] * 2, True, [True, True])
    assert [memory.view(each).state for each in (soon, late)] == [AccessState.READY, AccessState.TROUBLE]


def test_f41_room_is_asked_for_when_one_of_our_keys_ends(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> None:
    memory = make_memory(monkeypatch, clock, Traits(slots=1))
    running = memory.ready(hours=1, duration=60)
    ends = memory.rows(running)[0].valid_until
    waits = memory.book(hours=5, mobile="079 000 11 22")
    memory.work(waits)
    clock.now = ends - timedelta(minutes=4)
    make_due(waits, clock)
    memory.work(waits)
    again = memory.access(waits).next_check_at

    clock.now = ends
    memory.work(waits)

    assert (again, memory.view(waits).state) == (ends, AccessState.READY)


def make_due(booking: Booking, clock: FakeClock) -> None:
    Access.objects.filter(booking=booking).update(next_check_at=clock.now)
