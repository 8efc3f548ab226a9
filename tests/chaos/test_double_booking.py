# SPDX-License-Identifier: Apache-2.0
"""No room is booked twice, whoever asks at once: threads of one process, and processes of their own."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from tests import factories as make
from tests.conftest import FakeClock

from einlass.core.errors import Refusal
from einlass.core.events import CLOCK, GUEST, KeyReady
from einlass.models import Access, Booking, Room
from einlass.models.overlap import STATES
from einlass.operations.bookings import cancel
from einlass.operations.claims import claim_booking
from einlass.operations.events import record

pytestmark = pytest.mark.django_db(transaction=True)

OVERLAPS = f"""SELECT count(*) FROM einlass_booking a JOIN einlass_booking b ON a.room_id = b.room_id AND a.id < b.id
  AND a.blocked_from < b.blocked_until AND b.blocked_from < a.blocked_until WHERE a.status IN {STATES} AND b.status IN {STATES}"""


def overlaps() -> int:
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        return int(cursor.fetchone()[0])


def database_url() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def test_fifty_at_one_slot_end_in_one_booking(clock: FakeClock) -> None:
    service = make.make_house(clock.now)
    together = Barrier(50)

    def ask(_: int) -> str:
        together.wait()
        try:
            make.make_booking(service, now=clock.now)
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(pool.map(ask, range(50)))

    assert outcomes == {"booked": 1, "slot_taken": 49}
    assert Booking.objects.count() == 1


def wishes_of_one_process(asked: str) -> list[str]:
    env = {**os.environ, "EINLASS_DATABASE_URL": database_url()}
    command = [sys.executable, "-m", "tests.chaos.wishes"]
    done = subprocess.run(command, env=env, input=asked, capture_output=True, text=True, check=True, timeout=120)
    found: list[str] = json.loads(done.stdout)
    return found


def test_eight_processes_over_two_hundred_overlapping_wishes_leave_no_overlap(clock: FakeClock) -> None:
    service = make.make_house(clock.now, buffer_before=15, buffer_after=15)
    second = make.make_room(service.branch, "gurten", doors=[make.GURTEN])
    service.rooms.add(second, through_defaults={"position": 1})
    chance = random.Random(7)
    wishes = [(30 * chance.randrange(2, 96), chance.choice([60, 120, 240])) for _ in range(200)]
    asked = [json.dumps({"now": clock.now.isoformat(), "wishes": wishes[number::8]}) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(wishes_of_one_process, asked))

    outcomes = Counter(outcome for answer in answered for outcome in answer)
    assert outcomes["booked"] == Booking.objects.count() > 10
    assert outcomes["booked"] + outcomes["slot_taken"] == 200
    assert overlaps() == 0
    assert Room.objects.filter(bookings__isnull=False).distinct().count() == 2


def test_the_database_itself_refuses_an_overlap_of_blocked_times(clock: FakeClock) -> None:
    service = make.make_house(clock.now, buffer_after=30)
    booking = make.make_booking(service, now=clock.now)
    copy = Booking.objects.get(pk=booking.pk)
    copy.pk, copy.reference, copy.link_token = None, "AAAA-BBBB", "another"
    copy.start = copy.blocked_from = booking.end + timedelta(minutes=15)
    copy.end = copy.blocked_until = booking.end + timedelta(minutes=75)

    with pytest.raises(Exception, match="no_overlap"):
        copy.save()

    copy.start = copy.blocked_from = booking.end + timedelta(minutes=30)
    copy.save()
    assert overlaps() == 0
    with pytest.raises(Exception, match="no_overlap"):
        Booking.objects.filter(pk=copy.pk).update(blocked_from=booking.start, start=booking.start)


def test_a_guest_and_a_worker_at_one_booking_never_wait_for_each_other(clock: FakeClock) -> None:
    """The worker holds the access row and writes an event; the guest holds the booking and makes the access row due."""
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)
    together = Barrier(2)

    def as_worker(_: int) -> None:
        with transaction.atomic():
            Access.objects.filter(booking=booking).update(fence=7)
            together.wait()
            time.sleep(0.3)
            record(KeyReady(generation=1), actor=CLOCK, now=clock.now, booking=booking)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(as_worker, 0)
        together.wait()
        cancelled = cancel(booking, actor=GUEST, now=clock.now)
        worker.result(timeout=20)

    assert cancelled.status == "cancelled"


def test_f22_of_three_workers_that_claim_at_once_one_gets_the_booking(clock: FakeClock) -> None:
    booking = make.make_booking(make.make_house(clock.now), now=clock.now)

    def claim(together: Barrier) -> bool:
        together.wait()
        try:
            return claim_booking(booking.pk, clock=clock) is not None
        finally:
            connection.close()

    won = []
    with ThreadPoolExecutor(3) as pool:
        for _ in range(40):
            Access.objects.update(lease_until=None)
            won.append(sum(pool.map(claim, [Barrier(3)] * 3)))

    assert set(won) == {1}
