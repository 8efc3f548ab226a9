# SPDX-License-Identifier: Apache-2.0
"""A program has a key made anew: answered at once, done by a worker; and when it is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.web.api.conftest import Program

from einlass.models import Booking, EventRecord, Key
from einlass.operations.keys import reconcile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> FakeClock:
    """The API reads the real clock, so the test does as well."""
    return FakeClock(datetime.now(UTC).replace(minute=0, second=0, microsecond=0))


@pytest.fixture
def booking(clock: FakeClock, exivo: Exivo) -> Booking:
    made = make.make_booking(make.make_house(clock.now), now=clock.now)
    reconcile(made.pk, clock=clock)
    clock.now = datetime.now(UTC)
    return made


def test_reissue_is_accepted_and_replaces_the_key(program: Program, booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    answer = program.post(f"/bookings/{booking.reference}/keys/reissue")
    reconcile(booking.pk, clock=lambda: datetime.now(UTC))

    assert (answer.status_code, answer.json()["reference"], answer.json()["access"]["state"]) == (202, booking.reference, "changing")
    assert list(Key.objects.values_list("state", flat=True)) == ["revoked", "live"]
    assert len(exivo.live()) == 1
    assert EventRecord.objects.get(kind="key.reissue_asked").actor_name == "a manager program"
    assert program.get(f"/bookings/{booking.reference}").json()["access"]["state"] == "ready"


def test_reissue_of_a_cancelled_booking_is_refused(program: Program, booking: Booking) -> None:
    program.post(f"/bookings/{booking.reference}/cancel")

    answer = program.post(f"/bookings/{booking.reference}/keys/reissue")

    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_reissue")


def test_reissue_by_a_token_that_may_only_read_is_forbidden(reader: Program, booking: Booking) -> None:
    answer = reader.post(f"/bookings/{booking.reference}/keys/reissue")

    assert (answer.status_code, Key.objects.get().drifted) == (403, "")


def test_reissue_of_no_booking_is_not_found(program: Program) -> None:
    assert program.post("/bookings/NO-SUCH/keys/reissue").status_code == 404
