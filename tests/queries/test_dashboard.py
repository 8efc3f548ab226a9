# SPDX-License-Identifier: Apache-2.0
"""What the start page looks at: which keys need a person, whose bookings are of today, what a silent lock concerns."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import factories as make
from tests.conftest import NOW

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import Access, Booking, Branch, Door, LockSystem, Message, Service
from einlass.operations.bookings import cancel
from einlass.queries.dashboard import Dashboard, booked, dashboard, week_of

pytestmark = pytest.mark.django_db

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")


@pytest.fixture
def service() -> Service:
    return make.make_house(NOW)


def looked(*, now: datetime = NOW) -> Dashboard:
    return dashboard(list(Branch.objects.all()), now=now)


def trouble(booking: Booking, problem: str = "refused", **values: object) -> None:
    Access.objects.filter(booking=booking).update(problem=problem, problem_since=NOW, **values)


def test_today_has_what_reaches_into_the_local_day_and_takes_place(service: Service) -> None:
    over_midnight = make.make_booking(service, now=NOW - timedelta(days=1), hours=13.5, duration=120)  # 23:30 to 01:30 in Bern
    today = make.make_booking(service, now=NOW, hours=1)
    gone = make.make_booking(service, now=NOW, hours=4)
    cancel(gone, actor=STAFF, now=NOW)
    make.make_booking(service, now=NOW, hours=14)  # from midnight in Bern

    assert looked().today == (over_midnight, today)


def test_keys_in_trouble_come_soonest_first_and_others_do_not_come(service: Service) -> None:
    later = make.make_booking(service, now=NOW, hours=72)
    sooner = make.make_booking(service, now=NOW, hours=26)
    make.make_booking(service, now=NOW, hours=30)
    trouble(later)
    trouble(sooner)

    keys = looked().keys

    assert [(need.booking, need.is_late) for need in keys] == [(sooner, False), (later, False)]


def test_a_problem_that_mends_itself_is_no_trouble_before_it_lasts(service: Service) -> None:
    booking = make.make_booking(service, now=NOW, hours=72)
    trouble(booking, "vendor_unreachable")

    assert looked(now=NOW + timedelta(minutes=9)).keys == ()
    assert [need.booking for need in looked(now=NOW + timedelta(minutes=10)).keys] == [booking]


def test_a_key_that_is_not_confirmed_two_hours_before_is_late(service: Service) -> None:
    booking = make.make_booking(service, now=NOW, hours=4)
    opens = booking.start - timedelta(minutes=15)

    assert looked(now=opens - timedelta(minutes=121)).keys == ()
    assert [need.is_late for need in looked(now=opens - timedelta(minutes=120)).keys] == [True]


def test_a_key_that_was_asked_for_a_moment_ago_is_not_late(service: Service) -> None:
    make.make_booking(service, now=NOW, hours=1)

    assert looked(now=NOW + timedelta(seconds=119)).keys == ()
    assert len(looked(now=NOW + timedelta(seconds=120)).keys) == 1


def test_r1_with_the_integration_off_no_key_needs_anybody(service: Service) -> None:
    booking = make.make_booking(service, now=NOW, hours=1)
    trouble(booking)
    LockSystem.objects.update(enabled=False)

    assert looked(now=NOW + timedelta(minutes=30)).keys == ()


def test_silent_door_counts_the_bookings_of_today_that_it_concerns(service: Service) -> None:
    make.make_booking(service, now=NOW - timedelta(hours=4), hours=1)  # over
    make.make_booking(service, now=NOW, hours=1)
    make.make_booking(service, now=NOW, hours=5)
    make.make_booking(service, now=NOW, hours=48)
    Door.objects.filter(component__in=(make.CLOAKROOM, make.GURTEN)).update(silent_since=NOW - timedelta(minutes=5))
    Door.objects.filter(component=make.WC).update(use="none", silent_since=NOW)

    assert {silent.door.component: silent.concerned for silent in looked().silent} == {make.CLOAKROOM: 2, make.GURTEN: 0}


def test_waiting_are_requests_that_are_not_over(service: Service) -> None:
    Service.objects.update(approval=True)
    request = make.make_booking(Service.objects.get(), now=NOW, hours=24)

    assert looked().waiting == (request,)
    assert looked(now=request.end).waiting == ()


def test_failed_messages_are_those_of_coming_bookings(service: Service) -> None:
    booking = make.make_booking(service, now=NOW, hours=24)
    values = {"kind": "confirmation", "booking": booking, "to_address": "lea@example.org", "subject": "Bestätigung", "text": "…"}
    Message.objects.create(created_at=NOW, sent_at=NOW, **values)
    failed = Message.objects.create(created_at=NOW, failed_at=NOW, **values)

    assert looked(now=NOW + timedelta(minutes=1)).failed == (failed,)
    assert looked(now=booking.end).failed == ()


def test_week_counts_by_the_local_day_of_the_start(service: Service) -> None:
    make.make_booking(service, now=NOW, hours=13.5, duration=60)  # Monday 23:30
    make.make_booking(service, now=NOW, hours=14.5, duration=60)  # Tuesday 00:30
    trouble(make.make_booking(service, now=NOW, hours=38))  # Wednesday 00:00
    make.make_booking(service, now=NOW, hours=24 * 7)

    found = looked()

    assert found.week == Counter({date(2026, 11, 23): 1, date(2026, 11, 24): 1, date(2026, 11, 25): 1})
    assert found.week_trouble == Counter({date(2026, 11, 25): 1})


def test_week_begins_on_monday_of_the_first_branch(service: Service) -> None:
    sunday_night = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # already Monday in Bern

    assert week_of([service.branch], now=sunday_night)[0] == date(2026, 11, 23)
    assert week_of([], now=sunday_night)[0] == date(2026, 11, 16)


def test_without_branches_there_is_nothing(service: Service) -> None:
    make.make_booking(service, now=NOW, hours=1)

    found = dashboard([], now=NOW)

    assert (found.today, found.keys, found.waiting, found.silent, found.failed, found.week) == ((), (), (), (), (), Counter())


def test_booked_counts_the_buffers(service: Service) -> None:
    Service.objects.update(buffer_before=30, buffer_after=30)
    booking = make.make_booking(Service.objects.get(), now=NOW, hours=24)
    at, branches = booking.end + timedelta(minutes=30), [service.branch]

    assert booked(branches, at - timedelta(minutes=1), at) == [booking]
    assert booked(branches, at, at + timedelta(hours=1)) == []


def test_dashboard_asks_equally_often_for_one_and_three(service: Service) -> None:
    trouble(make.make_booking(service, now=NOW, hours=1))
    with CaptureQueriesContext(connection) as one:
        looked()
    for number in range(2):
        branch = make.make_branch(now=NOW, key=f"branch-{number}", lock_system=service.branch.lock_system, site_id=f"site-{number}")
        other = make.make_service(branch, f"service-{number}", rooms=[make.make_room(branch, f"room-{number}")])
        trouble(make.make_booking(other, now=NOW, hours=1))
    with CaptureQueriesContext(connection) as three:
        found = looked()

    assert len(found.today) == 3
    assert len(three) == len(one)
