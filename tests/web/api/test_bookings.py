# SPDX-License-Identifier: Apache-2.0
"""Booking, looking up, cancelling and moving through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.factories import AARE, CLOAKROOM, ENTRANCE, WC, answers, make_booking, make_house, make_room, make_service
from tests.web.api.conftest import Program

from einlass.core.bookings import Status
from einlass.models import Booking, EventRecord, Service
from einlass.operations.holds import hold

pytestmark = pytest.mark.django_db

START = "2027-01-12T14:00:00+01:00"


def wish(**values: Any) -> dict[str, Any]:
    return {"service": "seminar", "start": START, "duration": 240, "answers": answers(), "language": "en"} | values


@pytest.fixture
def house() -> Service:
    return make_house(timezone.now(), horizon_days=36_500)


@pytest.mark.usefixtures("house")
def test_booking_is_told_with_its_doors_and_window(program: Program) -> None:
    answer = program.post("/bookings", wish())

    assert answer.status_code == 201
    told = answer.json()
    reference, url = told.pop("reference"), told.pop("manage_url")
    assert url == f"http://testserver/b/{Booking.objects.get(reference=reference).link_token}/"
    assert [door["id"] for door in told["access"].pop("doors")] == [ENTRANCE, CLOAKROOM, WC, AARE]
    assert told == {
        "status": "confirmed",
        "service": "seminar",
        "branch": "bern",
        "room": "aare",
        "start": "2027-01-12T14:00:00+01:00",
        "end": "2027-01-12T18:00:00+01:00",
        "time_zone": "Europe/Zurich",
        "answers": answers() | {"mobile": "+41781234567"},
        "access": {
            "state": "preparing",
            "valid_from": "2027-01-12T13:45:00+01:00",
            "valid_until": "2027-01-12T18:15:00+01:00",
            "may_open_until": None,
            "problem": None,
        },
    }
    assert program.get(f"/bookings/{reference}").json()["start"] == START


@pytest.mark.usefixtures("house")
def test_booking_is_recorded_with_the_name_of_the_token(program: Program) -> None:
    program.post("/bookings", wish())

    event = EventRecord.objects.get(kind="booking.confirmed")
    assert (event.actor_kind, event.actor_name) == ("api", "a manager program")


@pytest.mark.usefixtures("house")
def test_booking_takes_a_time_with_any_offset(program: Program) -> None:
    answer = program.post("/bookings", wish(start="2027-01-12T13:00:00Z"))

    assert answer.json()["start"] == START


@pytest.mark.usefixtures("house")
def test_booking_of_a_taken_slot_is_a_conflict(program: Program) -> None:
    program.post("/bookings", wish())

    answer = program.post("/bookings", wish())

    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (409, "application/problem+json", "slot_taken")


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("values", "code", "fields"),
    [
        ({"start": "2027-01-12T14:00:00"}, "invalid", {"start": "no_time_zone"}),
        ({"start": "2027-01-12"}, "invalid", {"start": "not_a_time"}),
        ({"start": 1799759600}, "invalid", {"start": "not_a_time"}),
        ({"start": "9999-12-31T23:59:59Z"}, "invalid", {"start": "out_of_range"}),
        ({"duration": 0}, "invalid", {"duration": "too_small"}),
        ({"duration": 10**30}, "invalid", {"duration": "too_large"}),
        ({"answer": {}}, "invalid", {"answer": "unknown_field"}),
        ({"service": "nothing"}, "invalid", {"service": "unknown_service"}),
        ({"service": "nothing\x00"}, "invalid", {"service": "unknown_service"}),
        ({"language": "xx"}, "invalid", {"language": "not_a_choice"}),
        ({"answers": {}}, "invalid", dict.fromkeys(("first_name", "last_name", "email", "mobile"), "required")),
        ({"answers": answers(mobile="031 311 22 33")}, "invalid", {"mobile": "phone_landline"}),
        ({"duration": 61}, "not_offered", {"duration": "duration"}),
        ({"start": "2027-01-12T14:07:00+01:00"}, "not_offered", {"start": "step"}),
        ({"start": "2001-01-12T14:00:00+01:00"}, "not_offered", {"start": "past"}),
    ],
)
def test_booking_refuses_a_wish_with_its_fields(program: Program, values: dict[str, Any], code: str, fields: dict[str, str]) -> None:
    answer = program.post("/bookings", wish(**values))

    problem = answer.json()
    assert (answer.status_code, problem["code"], {f["field"]: f["code"] for f in problem["fields"]}) == (422, code, fields)
    assert not Booking.objects.exists()


def test_booking_of_a_service_that_is_off_is_not_bookable(program: Program, house: Service) -> None:
    Service.objects.filter(pk=house.pk).update(active=False)

    assert program.post("/bookings", wish()).json()["code"] == "service_not_bookable"


def test_body_that_is_no_json_is_malformed(program: Program) -> None:
    answers = [
        Client().post("/api/v1/bookings", body, content_type="application/json", headers={"Authorization": f"Bearer {program.token}"})
        for body in ("{", b"\xff", "[" * 100_000)
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(400, "malformed")] * 3


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nothing", "Bearer einlass_nothing", "Basic YTpi"])
@pytest.mark.django_db
def test_call_without_a_token_is_unauthorized(header: str) -> None:
    answer = Client().get("/api/v1/bookings", headers={"Authorization": header} if header else {})

    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (401, "application/problem+json", "unauthorized")


def test_token_that_was_revoked_is_unauthorized(program: Program) -> None:
    from einlass.models import ApiToken

    ApiToken.objects.update(revoked_at=timezone.now())

    assert program.get("/services").status_code == 401


def test_token_that_may_only_read_cannot_book(reader: Program, house: Service) -> None:
    reference = make_booking(house, now=_on_the_hour()).reference

    refused = [
        reader.post("/bookings", wish()),
        reader.post(f"/bookings/{reference}/cancel"),
        reader.post(f"/bookings/{reference}/reschedule", {"start": START}),
    ]

    assert [(a.status_code, a.json()["code"]) for a in refused] == [(403, "forbidden")] * 3
    assert reader.get(f"/bookings/{reference}").status_code == 200


def test_cancelling_twice_is_the_same_as_once(program: Program, house: Service) -> None:
    reference = make_booking(house, now=_on_the_hour()).reference

    first = program.post(f"/bookings/{reference}/cancel", {"reason": "ill"})
    second = program.post(f"/bookings/{reference}/cancel")

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert second.json() == first.json()
    assert EventRecord.objects.filter(kind="booking.cancelled").count() == 1


def test_guest_programs_are_bound_by_deadlines_and_others_are_not(guest: Program, program: Program, house: Service) -> None:
    Service.objects.update(cancel_until_minutes=10_000, reschedule_until_minutes=10_000)
    reference = make_booking(house, now=_on_the_hour()).reference

    refused = [guest.post(f"/bookings/{reference}/cancel"), guest.post(f"/bookings/{reference}/reschedule", {"start": START})]
    moved = program.post(f"/bookings/{reference}/reschedule", {"start": START})

    assert [(a.status_code, a.json()["code"]) for a in refused] == [(422, "deadline_passed")] * 2
    assert moved.json()["start"] == START


def test_moving_onto_a_taken_slot_leaves_all_as_it_was(program: Program, house: Service) -> None:
    program.post("/bookings", wish())
    mine = program.post("/bookings", wish(start="2027-01-13T14:00:00+01:00")).json()

    answer = program.post(f"/bookings/{mine['reference']}/reschedule", {"start": START, "duration": 60})

    assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")
    assert program.get(f"/bookings/{mine['reference']}").json() == mine


def test_moving_can_change_the_duration(program: Program, house: Service) -> None:
    mine = program.post("/bookings", wish()).json()

    moved = program.post(f"/bookings/{mine['reference']}/reschedule", {"start": "2027-01-13T08:00:00Z", "duration": 60}).json()

    assert (moved["start"], moved["end"]) == ("2027-01-13T09:00:00+01:00", "2027-01-13T10:00:00+01:00")


def test_unknown_booking_is_not_found(program: Program) -> None:
    answers = [program.get("/bookings/AAAA-AAAA"), program.get("/bookings/%00"), program.post("/bookings/AAAA-AAAA/cancel")]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "not_found")] * 3


def test_lapsed_hold_is_told_as_cancelled_and_listed_nowhere(program: Program, house: Service) -> None:
    reference = make_booking(house, now=_on_the_hour()).reference
    Booking.objects.update(status=Status.LAPSED.value)

    assert program.get(f"/bookings/{reference}").json()["status"] == "cancelled"
    assert program.get("/bookings", status="cancelled").json()["total"] == 0


def test_list_is_narrowed_by_day_branch_status_and_text(program: Program, house: Service) -> None:
    for day in (12, 13, 14):
        make_booking(house, now=datetime(2027, 1, day, 12, 0, tzinfo=UTC) - timedelta(hours=24), last_name=f"Baumann{day}")

    def found(**query: Any) -> list[str]:
        return [booking["start"][:10] for booking in program.get("/bookings", **query).json()["items"]]

    assert found() == ["2027-01-12", "2027-01-13", "2027-01-14"]
    assert found(**{"from": "2027-01-13", "to": "2027-01-13"}) == ["2027-01-13"]
    assert found(**{"from": "2027-01-13T12:00:00+01:00"}) == ["2027-01-13", "2027-01-14"]
    assert found(q="baumann14") == ["2027-01-14"]
    assert found(branch="bern", status="confirmed") == ["2027-01-12", "2027-01-13", "2027-01-14"]
    assert found(status="cancelled") == []
    assert program.get("/bookings", branch="nowhere").json()["fields"][0]["code"] == "unknown_branch"
    assert program.get("/bookings", **{"from": "2027-01-13T12:00:00"}).json()["fields"][0]["field"] == "from"


def test_list_comes_in_pages(program: Program, house: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einlass.web.api.bookings.PER_PAGE", 2)
    for day in (12, 13, 14):
        make_booking(house, now=datetime(2027, 1, day, 12, 0, tzinfo=UTC) - timedelta(hours=24))

    pages = [program.get("/bookings", page=page).json() for page in (1, 2, 3)]

    assert [(len(p["items"]), p["page"], p["pages"], p["total"]) for p in pages] == [(2, 1, 2, 3), (1, 2, 2, 3), (0, 3, 2, 3)]


def test_list_needs_the_same_number_of_queries_for_one_and_three(program: Program, house: Service) -> None:
    make_booking(house, now=_on_the_hour())
    program.get("/bookings")
    with CaptureQueriesContext(connection) as one:
        program.get("/bookings")
    other = make_service(house.branch, "other", rooms=[make_room(house.branch, "gurten")])
    make_booking(house, now=_on_the_hour(), hours=48)
    make_booking(other, now=_on_the_hour(), hours=48)

    with CaptureQueriesContext(connection) as three:
        assert program.get("/bookings").json()["total"] == 3

    assert len(three) == len(one)


@pytest.mark.usefixtures("house")
def test_problem_of_a_key_is_told_in_words(program: Program, house: Service) -> None:
    house.branch.site_confirmed_at = None
    house.branch.save()

    access = program.post("/bookings", wish()).json()["access"]

    assert access["problem"]["code"] == "site_unconfirmed"
    assert access["problem"]["text"] == "exivo has not confirmed the branch's Site-ID yet."


def test_token_that_asks_too_often_is_throttled(program: Program, settings: Any) -> None:
    settings.API_REQUESTS_PER_SECOND = 3

    answers = [program.get("/services") for _ in range(20)]

    throttled = [a for a in answers if a.status_code == 429]
    assert throttled
    assert (throttled[0].json()["code"], throttled[0]["Retry-After"]) == ("throttled", "1")


def _on_the_hour() -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def test_held_time_is_listed_only_when_asked_for_and_names_nobody(program: Program, house: Service) -> None:
    now = timezone.now()
    kept = hold(house, start=datetime.fromisoformat(START), duration=60, language="de", now=now)
    hold(house, start=datetime.fromisoformat(START) + timedelta(hours=5), duration=60, language="de", now=now - timedelta(minutes=10))

    asked, told = program.get("/bookings", status="held").json(), program.get(f"/bookings/{kept.reference}").json()

    assert [item["reference"] for item in asked["items"]] == [kept.reference]
    assert (told["status"], told["answers"], told["manage_url"], told["access"]["state"]) == ("held", {}, "", "none")
    assert program.get("/bookings").json()["total"] == 0
    assert program.get("/bookings", status="cancelled").json()["total"] == 0


def test_held_time_is_taken_and_neither_cancelled_nor_moved(program: Program, house: Service) -> None:
    kept = hold(house, start=datetime.fromisoformat(START), duration=60, language="de", now=timezone.now())

    slots = program.get("/services/seminar/slots", **{"from": "2027-01-12", "to": "2027-01-12", "duration": 60}).json()
    answers_to = [
        program.post("/bookings", wish(duration=60)),
        program.post(f"/bookings/{kept.reference}/cancel", {}),
        program.post(f"/bookings/{kept.reference}/reschedule", {"start": "2027-01-12T16:00:00+01:00"}),
        program.post(f"/bookings/{kept.reference}/keys/reissue"),
    ]

    assert START not in {slot["start"] for day in slots["days"] for slot in day["slots"]}
    assert [answer.status_code for answer in answers_to] == [409, 422, 422, 422]
    assert Booking.objects.get().status == "held"
