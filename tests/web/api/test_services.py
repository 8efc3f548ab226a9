# SPDX-License-Identifier: Apache-2.0
"""`GET /services` and its free times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.factories import AARE, make_booking, make_branch, make_house, make_lock_system, make_organisation, make_room, make_service
from tests.web.api.conftest import Program

from einlass.models import Question

pytestmark = pytest.mark.django_db


def test_services_say_what_a_program_needs_to_book(program: Program) -> None:
    make_house(timezone.now())

    answer = program.get("/services")

    assert answer.status_code == 200
    (service,) = answer.json()["items"]
    assert (service["key"], service["name"], service["durations"]) == ("seminar", "Seminar room Aare", [60, 120, 240])
    assert service["branch"] == {"key": "bern", "name": "Bern Bahnhof", "address": "", "time_zone": "Europe/Zurich"}
    assert [(q["key"], q["kind"], q["required"]) for q in service["questions"]] == [
        ("first_name", "text", True),
        ("last_name", "text", True),
        ("email", "email", True),
        ("mobile", "mobile", True),
    ]
    assert service["opens_doors"] is True


def test_services_without_a_required_mobile_question_are_not_bookable(program: Program) -> None:
    make_house(timezone.now())
    Question.objects.filter(key="mobile").update(required=False)

    assert program.get("/services").json() == {"items": []}


def test_services_need_the_same_number_of_queries_for_one_and_three(program: Program, django_assert_num_queries: Any) -> None:
    service = make_house(timezone.now())
    program.get("/services")
    with CaptureQueriesContext(connection) as one:
        program.get("/services")
    for n in range(2):
        make_service(service.branch, f"more-{n}", rooms=[make_room(service.branch, f"room-{n}", doors=[AARE])])

    with django_assert_num_queries(len(one)):
        assert len(program.get("/services").json()["items"]) == 3


def test_slots_carry_the_offset_of_the_branch(program: Program) -> None:
    make_house(timezone.now())

    answer = program.get("/services/seminar/slots", **{"from": "2027-01-12", "to": "2027-01-13", "duration": 240})

    assert answer.status_code == 200
    found = answer.json()
    assert (found["time_zone"], found["duration"]) == ("Europe/Zurich", 240)
    assert [day["date"] for day in found["days"]] == ["2027-01-12", "2027-01-13"]
    assert found["days"][0]["slots"][28] == {"start": "2027-01-12T14:00:00+01:00", "end": "2027-01-12T18:00:00+01:00"}


def test_slots_leave_out_what_is_booked(program: Program) -> None:
    service = make_house(timezone.now())
    before = _starts(program, "2027-01-12")

    make_booking(service, now=datetime(2027, 1, 12, 9, 0, tzinfo=UTC) - timedelta(hours=24), duration=60)

    gone = sorted(set(before) - set(_starts(program, "2027-01-12")))
    assert gone == ["2027-01-12T09:30:00+01:00", "2027-01-12T10:00:00+01:00", "2027-01-12T10:30:00+01:00"]


def _starts(program: Program, day: str) -> list[str]:
    days = program.get("/services/seminar/slots", **{"from": day, "to": day}).json()["days"]
    return [slot["start"] for found in days for slot in found["slots"]]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"from": "2027-01-01", "to": "2027-03-04"}, "invalid", "to"),
        ({"from": "2027-01-02", "to": "2027-01-01"}, "invalid", "to"),
        ({"from": "tomorrow"}, "invalid", "from"),
        ({"from": "9999-01-01"}, "invalid", "from"),
        ({"from": "2027-01-01", "duration": "0"}, "invalid", "duration"),
        ({"from": "2027-01-01", "duration": "61"}, "not_offered", "duration"),
    ],
)
def test_slots_refuse_what_cannot_be_answered(program: Program, query: dict[str, str], code: str, field: str) -> None:
    make_house(timezone.now())

    answer = program.get("/services/seminar/slots", **query)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], [f["field"] for f in problem["fields"]]) == (code, [field])


def test_slots_of_62_days_are_answered(program: Program) -> None:
    make_house(timezone.now())

    answer = program.get("/services/seminar/slots", **{"from": "2027-01-01", "to": "2027-03-03"})

    assert len(answer.json()["days"]) == 62


def test_a_wrong_method_is_a_problem_with_a_code(program: Program) -> None:
    answer = program.post("/services")

    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (405, "application/problem+json", "GET")
    assert answer.json()["code"] == "method_not_allowed"


def test_slots_of_an_unknown_service_are_not_found(program: Program) -> None:
    make_organisation()
    branch = make_branch(lock_system=make_lock_system())
    make_service(branch, "off", active=False)

    answers = [program.get(f"/services/{key}/slots") for key in ("nothing", "off", "%00")]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "not_found")] * 3


def test_slots_reach_over_the_clock_change_in_elapsed_time(program: Program) -> None:
    make_house(timezone.now() - timedelta(days=1))

    days = program.get("/services/seminar/slots", **{"from": "2027-03-28", "to": "2027-03-28", "duration": 60}).json()["days"]

    assert [slot["start"][11:] for slot in days[0]["slots"][3:6]] == ["01:30:00+01:00", "03:00:00+02:00", "03:30:00+02:00"]
    assert days[0]["slots"][3]["end"] == "2027-03-28T03:30:00+02:00"
