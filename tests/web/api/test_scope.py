# SPDX-License-Identifier: Apache-2.0
"""What a token that is bound to branches sees: nothing of the others, as if it did not exist."""

from __future__ import annotations

import pytest
from django.utils import timezone
from tests.factories import answers, make_booking, make_branch, make_house, make_room, make_service
from tests.web.api.conftest import Program

from einlass.core.roles import Role
from einlass.models import ApiToken, Booking, Branch

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Booking:
    """A booking of the branch that the token sees."""
    return make_booking(make_house(timezone.now()), now=timezone.now().replace(minute=0, second=0, microsecond=0))


@pytest.fixture
def there(here: Booking) -> Booking:
    """A booking of another branch."""
    branch = make_branch(key="thun", doors={})
    service = make_service(branch, "workshop", rooms=[make_room(branch, "thun-room")])
    return make_booking(service, now=timezone.now().replace(minute=0, second=0, microsecond=0))


def bound(role: Role) -> Program:
    """A program whose token sees Bern alone."""
    program = Program(role)
    ApiToken.objects.get().branches.add(Branch.objects.get(key="bern"))
    return program


@pytest.mark.parametrize("role", [Role.STAFF, Role.READ_ONLY])
def test_bound_token_lists_only_its_branches(here: Booking, there: Booking, role: Role) -> None:
    program = bound(role)

    listed = [item["reference"] for item in program.get("/bookings").json()["items"]]
    services = [item["key"] for item in program.get("/services").json()["items"]]

    assert (listed, services) == ([here.reference], ["seminar"])
    assert program.get("/bookings", branch="thun").status_code == 422


def test_bound_token_finds_nothing_of_another_branch(here: Booking, there: Booking) -> None:
    program = bound(Role.STAFF)
    address = f"/bookings/{there.reference}"
    wish = {"service": "workshop", "start": there.start.isoformat(), "duration": 60, "answers": answers()}
    later = {"start": there.end.isoformat(), "duration": 60}

    statuses = [
        program.get(address).status_code,
        program.get("/services/workshop/slots").status_code,
        program.post(f"{address}/cancel", {}).status_code,
        program.post(f"{address}/reschedule", later).status_code,
        program.post(f"{address}/keys/reissue").status_code,
    ]
    refused = program.post("/bookings", wish)

    assert statuses == [404] * 5
    assert [field["code"] for field in refused.json()["fields"]] == ["unknown_service"]
    assert Booking.objects.get(pk=there.pk).status == there.status


def test_bound_token_works_in_its_branch(here: Booking, there: Booking) -> None:
    program = bound(Role.STAFF)

    assert program.get(f"/bookings/{here.reference}").json()["branch"] == "bern"
    assert program.get("/services/seminar/slots").status_code == 200
    assert program.post(f"/bookings/{here.reference}/cancel", {}).json()["status"] == "cancelled"


@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER])
def test_token_without_branches_sees_all(here: Booking, there: Booking, role: Role) -> None:
    program = Program(role)

    assert program.get("/bookings").json()["total"] == 2
    assert program.get(f"/bookings/{there.reference}").status_code == 200


def test_branches_do_not_bind_a_manager(here: Booking, there: Booking) -> None:
    assert bound(Role.MANAGER).get("/bookings").json()["total"] == 2
