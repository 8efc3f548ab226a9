# SPDX-License-Identifier: Apache-2.0
"""The deadlines before a key has to open, at their edges: moved between two marks, marks that were missed, two workers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.jobs import work
from einlass.models import Access, Booking, Branch, Key, Message, Service
from einlass.operations.alarms import raise_alarms
from einlass.operations.bookings import cancel, reschedule
from einlass.operations.keys import reconcile
from einlass.queries.bookings import booking_by_reference
from einlass.queries.dashboard import dashboard
from einlass.queries.keys import access_of

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(clock: FakeClock) -> Service:
    """A house whose vendor nobody asks: no key is ever confirmed."""
    make.make_user("owner@example.org")
    return make.make_house(clock.now)


def opens_at(booking: Booking) -> datetime:
    return booking.start - timedelta(minutes=15)


def told() -> list[str]:
    """The mark of each mail, in order."""
    sent = Message.objects.filter(kind="message_key_trouble").order_by("id").values_list("once", flat=True)
    return [(once or "").split(".")[-2] for once in sent]


def needs(service: Service, now: datetime) -> list[Booking]:
    return [need.booking for need in dashboard([service.branch], now=now).keys]


def raised(booking: Booking, *minutes_left: float) -> list[int]:
    return [raise_alarms(now=opens_at(booking) - timedelta(minutes=left)) for left in minutes_left]


@pytest.mark.parametrize(
    ("at_minutes", "moved_by", "marks"),
    [
        # Told a day ahead; where it is moved to the day is past and the two hours are not, so the day is told anew for that time.
        (1440, timedelta(hours=-20), ["1440", "1440", "120", "30"]),
        (1440, timedelta(hours=-23), ["1440", "120", "30"]),
        (120, timedelta(hours=3), ["120", "1440", "120", "30"]),
        (30, timedelta(days=7), ["30", "1440", "120", "30"]),
        # Past every mark: one at once, and no more.
        (120, timedelta(hours=-1.5), ["120", "30"]),
    ],
    ids=["nearer", "past-a-mark", "further", "a-week", "past-all"],
)
def test_booking_moved_between_two_marks_counts_anew(
    service: Service, clock: FakeClock, at_minutes: int, moved_by: timedelta, marks: list[str]
) -> None:
    booking = make.make_booking(service, now=clock.now, hours=72)
    now = opens_at(booking) - timedelta(minutes=at_minutes)
    assert raise_alarms(now=now) == 1

    booking = reschedule(booking, start=booking.start + moved_by, duration=None, actor=STAFF, now=now)
    assert raise_alarms(now=now + timedelta(seconds=119)) == 0
    while now < booking.start:
        now += timedelta(minutes=10)
        raise_alarms(now=now)

    assert told() == marks


def test_marks_that_were_missed_while_no_worker_ran_are_one_alarm_at_once(service: Service, clock: FakeClock) -> None:
    booking = make.make_booking(service, now=clock.now, hours=72)

    assert (raised(booking, 100, 99, 31, 30, 29, -10), told()) == ([1, 0, 0, 1, 0, 0], ["120", "30"])


def test_key_that_was_confirmed_at_the_marks_and_is_lost_is_one_alarm_at_once(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now, hours=72)
    reconcile(booking.pk, clock=clock)
    assert raised(booking, 1440, 120) == [0, 0]

    Key.objects.update(state="gone", closed_reason="deleted")
    Access.objects.update(problem="vendor_unreachable", problem_since=opens_at(booking) - timedelta(minutes=90))

    assert (raised(booking, 80, 79, 30), told()) == ([1, 0, 1], ["120", "30"])


def test_what_was_told_by_mail_stands_on_the_start_page_until_the_key_is_there(service: Service, clock: FakeClock, exivo: Exivo) -> None:
    booking = make.make_booking(service, now=clock.now, hours=72)
    day_before = opens_at(booking) - timedelta(days=1)
    assert needs(service, day_before - timedelta(minutes=1)) == []

    raise_alarms(now=day_before)
    assert needs(service, day_before) == [booking]

    reconcile(booking.pk, clock=clock)
    assert needs(service, day_before) == []


def test_none_of_many_crowds_out_another(service: Service, clock: FakeClock) -> None:
    bookings = [make.make_booking(service, now=clock.now, hours=24 + 3 * n) for n in range(5)]

    assert raise_alarms(now=clock.now + timedelta(hours=20), at_once=2) == 5
    assert raise_alarms(now=clock.now + timedelta(hours=20), at_once=2) == 0
    assert {booking.pk for booking in bookings} == set(Message.objects.values_list("booking_id", flat=True).distinct())


def test_two_workers_at_the_same_mark_write_once(service: Service, clock: FakeClock) -> None:
    bookings = [make.make_booking(service, now=clock.now, hours=24 + 3 * n) for n in range(4)]
    now = opens_at(bookings[0]) - timedelta(hours=2)
    start, found = threading.Barrier(2), []

    def work_once() -> None:
        try:
            start.wait(timeout=10)
            found.append(raise_alarms(now=now))
        finally:
            connection.close()

    workers = [threading.Thread(target=work_once) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert (sum(found), len(found), sorted(told())) == (4, 2, ["120", "1440", "1440", "1440"])


@pytest.mark.parametrize("moved", [True, False], ids=["moved", "cancelled"])
def test_booking_that_goes_while_its_alarm_is_written_is_not_told_of_as_it_was(service: Service, clock: FakeClock, moved: bool) -> None:
    """Somebody is faster between the reading and the writing of a worker: his mark must not silence those of the new time."""
    booking = make.make_booking(service, now=clock.now, hours=72)
    now = opens_at(booking) - timedelta(minutes=20)
    left = [True]

    def meanwhile(execute: Callable[..., object], sql: str, *rest: object) -> object:
        # The booking itself has been read; its keys are about to be.
        if left and 'FROM "einlass_key"' in sql:
            left.pop()
            if moved:
                reschedule(booking, start=booking.start + timedelta(days=7), duration=None, actor=STAFF, now=now)
            else:
                cancel(booking, actor=STAFF, now=now)
        return execute(sql, *rest)

    with connection.execute_wrapper(meanwhile):
        assert raise_alarms(now=now) == 0

    assert (left, told(), Access.objects.get().alarmed_minutes) == ([], [], None)


@pytest.mark.parametrize(
    "fault", [{"call": "*", "kind": "status", "status": 503}, {"call": "info", "kind": "other_site"}], ids=["away", "another-site"]
)
def test_next_attempt_of_an_unconfirmed_site_is_when_the_site_is_asked(
    service: Service, clock: FakeClock, exivo: Exivo, monkeypatch: pytest.MonkeyPatch, fault: dict[str, object]
) -> None:
    monkeypatch.setattr(work, "now", clock)
    Branch.objects.update(site_confirmed_at=None)
    exivo.faults(fault)
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    promised, asked = [], []

    # The worker looks every ten seconds; what it promises after one look is when it asks the next time.
    for _ in range(70):
        before = len(exivo.calls())
        work.probe()
        if len(exivo.calls()) > before:
            asked.append(clock.now)
            promised.append(next_attempt(booking, now=clock.now + timedelta(seconds=1)))
        clock.forward(seconds=10)

    assert len(asked) > 2
    assert promised[:-1] == asked[1:]


def next_attempt(booking: Booking, *, now: datetime) -> datetime | None:
    found = booking_by_reference(booking.reference)
    problem = access_of(found, now=now).problem if found else None
    return problem.next_attempt_at if problem else None
