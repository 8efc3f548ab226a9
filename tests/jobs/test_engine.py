# SPDX-License-Identifier: Apache-2.0
"""The engine for real: a booking's wake-up reaches a worker thread, a lost one is found by the sweep, no engine loses no booking."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy
from django.db import connection
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.conf.database import engine_url
from einlass.conf.environment import environment
from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.jobs import engine, work
from einlass.models import Access, Booking, DoorOpening, Service, Worker
from einlass.operations import openings, wakeups
from einlass.operations.wakeups import OpeningWakeup, Wakeup
from einlass.queries.bookings import booking_by_reference
from einlass.queries.keys import access_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> FakeClock:
    """The engine's threads read the real clock, so the test does as well."""
    return FakeClock(datetime.now(UTC).replace(minute=0, second=0, microsecond=0))


@pytest.fixture
def running(clock: FakeClock) -> Iterator[None]:
    engine.migrate()
    work.beat(engine.executor_id())
    engine.launch()
    alarm = engine.DbosEngine()
    wakeups.register(alarm)
    yield
    wakeups.register(wakeups.NoEngine())
    alarm.close()
    engine.stop()


def until(true: Callable[[], bool], *, seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.05)
    return False


def is_ready(booking: Booking) -> bool:
    found = booking_by_reference(booking.reference)
    return found is not None and access_of(found, now=datetime.now(UTC)).state is AccessState.READY


def test_a_booking_wakes_a_worker_after_its_commit(clock: FakeClock, exivo: Exivo, running: None) -> None:
    booking = _tomorrow(clock)

    assert until(lambda: is_ready(booking), seconds=20)
    assert len(exivo.live()) == 1


def _tomorrow(clock: FakeClock) -> Booking:
    return make.make_booking(make.make_house(clock.now), now=clock.now)


def test_a_wake_up_that_was_lost_is_found_by_the_sweep(clock: FakeClock, exivo: Exivo, running: None) -> None:
    booking = _tomorrow(clock)
    assert until(lambda: is_ready(booking) and not Access.objects.filter(lease_until__isnull=False).exists(), seconds=20)
    # As after a crash between commit and hand-over: due, told long ago, nobody at it.
    long_ago = clock.now - timedelta(hours=1)
    exivo.ask("DELETE", f"/control/keys/{exivo.live()[0]['id']}")
    booking.keys.update(state="gone")
    Access.objects.update(next_check_at=long_ago, handed_at=long_ago)

    work.minutely()

    assert until(lambda: len(exivo.live()) == 1, seconds=20)


def test_work_of_a_worker_that_is_gone_is_done_by_another(clock: FakeClock, exivo: Exivo, running: None) -> None:
    wakeups.register(wakeups.NoEngine())
    booking = _tomorrow(clock)
    alarm = engine.DbosEngine()
    alarm.enqueue(Wakeup(booking=booking.pk, system="1", not_before=datetime.now(UTC) + timedelta(hours=1)))
    alarm.close()
    # As a worker leaves it that was killed while it worked: begun by somebody who beats no more.
    table = "dbos.workflow_status" if connection.vendor == "postgresql" else "workflow_status"
    tables = sqlalchemy.create_engine(engine_url(environment()))
    with tables.begin() as rows:
        begun = f"UPDATE {table} SET status = 'PENDING', executor_id = 'gone-0' WHERE status = 'DELAYED'"
        assert rows.execute(sqlalchemy.text(begun)).rowcount == 1
    tables.dispose()

    assert engine.revive_lost_work() == 1

    assert until(lambda: is_ready(booking), seconds=20)


def test_a_door_is_opened_by_a_worker_at_once(clock: FakeClock, exivo: Exivo, running: None) -> None:
    branch = make.make_house(clock.now).branch

    opening = openings.ask(branch, make.ENTRANCE, actor=Actor(ActorKind.STAFF, "Nadia Keller"), now=datetime.now(UTC))

    assert until(lambda: DoorOpening.objects.get(pk=opening.pk).state == "opened", seconds=20)
    assert len(exivo.calls("unlock")) == 1


def test_without_an_engine_a_booking_stands_and_waits_for_the_sweep(clock: FakeClock, settings: object) -> None:
    class Broken:
        def enqueue(self, wakeup: Wakeup | OpeningWakeup) -> None:
            raise ConnectionError("the engine is away")

    wakeups.register(Broken())
    try:
        booking = _tomorrow(clock)
    finally:
        wakeups.register(wakeups.NoEngine())

    assert (Booking.objects.get().status, Access.objects.get().next_check_at) == ("confirmed", clock.now)
    assert Service.objects.get() == booking.service


def test_delayed_wake_ups_carry_their_delay_and_order_of_work() -> None:
    later = datetime.now(UTC) + timedelta(seconds=30)
    options = engine._options(Wakeup(booking=1, system="7", urgency=2, not_before=later))

    assert (options["queue_partition_key"], options["priority"]) == ("7", 200_000_000)
    assert 29 < options["delay_seconds"] <= 30
    assert "delay_seconds" not in engine._options(Wakeup(booking=1, system="7", not_before=later - timedelta(hours=1)))


def test_f06_of_two_wakeups_as_urgent_the_sooner_start_goes_first() -> None:
    start = datetime(2027, 3, 1, 9, tzinfo=UTC)
    soon, late = (Wakeup(booking=1, system="7", urgency=4, start=at) for at in (start, start + timedelta(minutes=1)))
    pressing = Wakeup(booking=1, system="7", urgency=3, start=start + timedelta(days=3650))

    assert pressing.priority < soon.priority < late.priority < 2**31


def test_a_job_that_breaks_ends_no_worker(running: None) -> None:
    assert engine._run(lambda: 1 / 0) == work.NOTHING


def test_heartbeats_tell_who_is_alive() -> None:
    work.beat("here-0")
    Worker.objects.create(name="gone-0", started_at=work.now(), seen_at=work.now() - timedelta(seconds=61))
    Worker.objects.create(name="long-gone-0", started_at=work.now(), seen_at=work.now() - timedelta(days=2))

    work.beat("here-0")

    assert work.live_workers() == {"here-0"}
    assert set(Worker.objects.values_list("name", flat=True)) == {"here-0", "gone-0"}
