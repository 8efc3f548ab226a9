# SPDX-License-Identifier: Apache-2.0
"""How the database finds what is asked for most, among a hundred thousand bookings: by an index, never by reading all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from bench import fill
from bench.dataset import MIDDLE, answers, later, month_of
from django.db import connection, transaction
from tests.conftest import NOW

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.hours import day_window
from einlass.models import Booking, Branch, Service
from einlass.operations.bookings import Wish, book
from einlass.operations.claims import claim_booking
from einlass.queries.availability import free_days, free_starts
from einlass.queries.bookings import BookingFilter, matching, real
from einlass.queries.dashboard import booked, dashboard, reserved
from einlass.queries.keys import due_work

# What is read from an index alone is known only of rows that were committed and tidied up.
pytestmark = pytest.mark.django_db(transaction=True)
FIRST = fill.first_day(NOW)
DUE = 300
LARGE_TABLES = ("einlass_booking", "einlass_access")
# A table with the name by which the statement speaks of it, if it gives one.
NAMED = re.compile(rf'"({"|".join(LARGE_TABLES)})"(?: "?([A-Z]\w*)"?(?![.(\w]))?')
READS_ALL = {"postgresql": re.compile(r"Seq Scan on (\w+)(?: (\w+))?"), "sqlite": re.compile(r"^SCAN (\w+)")}


@contextmanager
def scans() -> Iterator[list[str]]:
    """Which large tables the statements within read from end to end, as the database itself explains them. What they write is undone."""
    found: list[str] = []

    def explained(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( ").startswith(("SELECT", "UPDATE", "DELETE")):
            execute(EXPLAIN[connection.vendor] + sql, params, many, context)
            found.extend(scanned(sql, [str(row[-1]) for row in context["cursor"].fetchall()]))
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(explained):
            yield found
        transaction.set_rollback(True)


EXPLAIN = {"postgresql": "EXPLAIN ", "sqlite": "EXPLAIN QUERY PLAN "}


def scanned(sql: str, plan: list[str]) -> Iterator[str]:
    meant = {table: table for table in LARGE_TABLES} | {alias: table for table, alias in NAMED.findall(sql) if alias}
    for line in plan:
        read = READS_ALL[connection.vendor].search(line)
        if read and (read[1] in meant or read[1] in LARGE_TABLES):
            yield f"{line.strip()} IN {sql}"


def first_branch() -> Branch:
    return Branch.objects.order_by("position")[0]


def free_month(service: str) -> None:
    first, last = month_of(FIRST)
    assert free_days(Service.objects.get(key=service), duration=60, first=first, last=last, now=NOW)
    assert free_starts(Service.objects.get(key=service), duration=60, first=first, last=last, now=NOW)


def book_an_hour(service: str) -> None:
    spot = next(later(1, first=FIRST, after=MIDDLE.days + 30))
    wish = Wish(service=Service.objects.get(key=service), start=spot.start, duration=60, answers=answers(1))
    assert book(wish, actor=Actor(ActorKind.API, "plans"), now=NOW).pk


def claim_what_is_due() -> None:
    due = list(due_work(now=NOW)[:50])
    assert len(due) == 50
    assert claim_booking(due[0].pk, clock=lambda: NOW)


def list_of_the_staff(wanted: BookingFilter) -> None:
    found = matching(real(Booking.objects.all()), wanted)
    assert found.count() >= len(found[:50]) > 0


def week_of_the_calendar() -> None:
    branch, day = first_branch(), day_window("Europe/Zurich", FIRST)
    end = day.start + timedelta(days=7)
    assert booked([branch], day.start, end)
    assert reserved(branch, day.start, end, now=NOW) == []


def start_page() -> None:
    assert dashboard(list(Branch.objects.all()), now=NOW).today


def by_name() -> None:
    assert Booking.objects.filter(guest_name="Lea 1 Baumann").exists()


def read_by(question: Callable[[], None]) -> list[str]:
    with scans() as found:
        question()
    return found


# The proof that a scan would be seen.
WITHOUT_INDEX = "by the name, for which there is no index"
DAY = day_window("Europe/Zurich", FIRST)
QUESTIONS: dict[str, Callable[[], None]] = {
    "month of one room": lambda: free_month("room-0-0"),
    "month of any of ten rooms": lambda: free_month("any-0"),
    "booking one room": lambda: book_an_hour("room-0-0"),
    "booking any of ten rooms": lambda: book_an_hour("any-0"),
    "due keys and claims": claim_what_is_due,
    "list of the staff from today": lambda: list_of_the_staff(BookingFilter(start=NOW)),
    "list of the staff, a day of a branch": lambda: list_of_the_staff(BookingFilter(start=DAY.start, end=DAY.end, branch="branch-3")),
    "list of the staff, one room": lambda: list_of_the_staff(BookingFilter(start=NOW, room="room-3-1")),
    "calendar": week_of_the_calendar,
    "today": start_page,
}


def without_leftovers() -> None:
    """Whoever plans sees how many pages an index has, also those of rows that other tests made and deleted a moment ago."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(LARGE_TABLES)} CASCADE")


def test_no_question_reads_all_bookings() -> None:
    without_leftovers()
    fill.fill(MIDDLE, first=FIRST, now=NOW, with_keys=True)
    fill.due(first_branch(), list(later(DUE, first=FIRST, after=MIDDLE.days)), now=NOW)

    found = {name: read_by(question) for name, question in {**QUESTIONS, WITHOUT_INDEX: by_name}.items()}

    assert found.pop(WITHOUT_INDEX)
    assert {name: scans for name, scans in found.items() if scans} == {}
