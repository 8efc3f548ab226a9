# SPDX-License-Identifier: Apache-2.0
"""Each invariant is violated here once, by hand, so that no check passes because it looks at nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.utils import timezone
from tests import factories as make
from tests.faults.invariants import i3_at_rest_one_key_as_it_ought_to_be, i4_at_rest_none_without_a_grant
from tests.faults.watched import Watched

from einlass.core.events import CLOCK, KeyReady
from einlass.models import Access, Booking, EventRecord, Key, VendorCall
from einlass.operations.events import record


def violation(house: Watched, *, of: str, by: Callable[[], object]) -> None:
    """Nothing else may be wrong: the sentences name this invariant, and only it."""
    with pytest.raises(AssertionError) as found, house.step():
        by()
    assert {sentence.split()[0] for sentence in str(found.value).splitlines() if sentence.startswith("I")} == {of}


def ask(house: Watched, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """A call to the API as if the product had made it, past all of its own checks."""
    answer = httpx2.request(method, f"{house.exivo.address}/{make.BERN}/{path}", json=body, auth=(make.API_KEY, make.API_SECRET))
    return answer.json() if answer.content else None


def order(row: Key, **other: object) -> dict[str, Any]:
    return {
        "name": f"Raum · {row.marker}",
        "validFrom": row.valid_from.isoformat().replace("+00:00", "Z"),
        "validTo": row.valid_until.isoformat().replace("+00:00", "Z"),
        "components": row.doors,
        "publicRegistrationId": row.phone,
        "formFactor": "ma-phone",
        "mobileApp": {"name": "dormakaba mobile access", "id": "100200"},
        "installNotification": False,
    } | other


@pytest.fixture
def booking(house: Watched) -> Booking:
    return house.ready()


@pytest.fixture
def row(booking: Booking) -> Key:
    return Key.objects.get()


def audited(row: Key, kind: str) -> VendorCall:
    return VendorCall.objects.create(
        lock_system=row.lock_system, key=row, booking=row.booking, kind=kind, outcome="ok", started_at=row.created_at
    )


@pytest.mark.parametrize("door", [make.GATEWAY, make.UNTYPED, "c0000000-0000-4000-8000-000000000003"])
def test_i1_is_seen_when_a_request_names_such_a_door(house: Watched, row: Key, door: str) -> None:
    def name_it() -> None:
        audited(row, "issue")
        ask(house, "POST", "digitalKeyVisits", order(row, components=[door]))
        for key in house.exivo.live():
            if key["components"] == [door]:
                house.exivo.ask("DELETE", f"/control/keys/{key['id']}")

    violation(house, of="I1", by=name_it)


def test_i1_is_seen_when_such_a_door_is_to_be_opened_now(house: Watched) -> None:
    violation(house, of="I1", by=lambda: ask(house, "POST", f"component/{make.GATEWAY}/unlock", {}))


@pytest.mark.parametrize("minutes", [(-1, 0), (0, 1)])
def test_i2_is_seen_when_a_minute_too_much_is_asked_for(house: Watched, row: Key, minutes: tuple[int, int]) -> None:
    start, end = (instant + timedelta(minutes=more) for instant, more in zip((row.valid_from, row.valid_until), minutes, strict=True))
    times = {"validFrom": start.isoformat().replace("+00:00", "Z"), "validTo": end.isoformat().replace("+00:00", "Z")}
    audited(row, "issue")

    violation(house, of="I2", by=lambda: ask(house, "POST", "digitalKeyVisits", order(row, **times)))


def test_i2_is_seen_when_no_row_stands_for_what_is_asked(house: Watched, row: Key) -> None:
    with pytest.raises(AssertionError, match="I2 a key was asked for that no row stands for"), house.step():
        ask(house, "POST", "digitalKeyVisits", order(row, name="Raum · EL-0000000000"))


def test_i3_is_seen_when_a_key_is_missing_doubled_or_another(house: Watched, booking: Booking, row: Key) -> None:
    live = f"/control/keys/{row.vendor_id}"
    for method, path, body, told in (
        ("POST", "/control/keys", {**order(row, name=f"Raum · {row.marker}"), "phone": row.phone}, "2 live keys"),
        ("PATCH", live, {"components": [make.AARE]}, "not what it ought to be"),
        ("DELETE", live, None, "0 live keys"),
    ):
        known = ("validFrom", "validTo", "components", "phone", "name")
        house.exivo.ask(method, path, body and {name: body[name] for name in known if name in body})
        with pytest.raises(AssertionError, match=f"I3 .*{told}"):
            house.judge(i3_at_rest_one_key_as_it_ought_to_be)
        for key in house.exivo.live():
            if key["id"] != row.vendor_id:
                house.exivo.ask("DELETE", f"/control/keys/{key['id']}")


def test_i4_is_seen_when_a_cancelled_booking_keeps_its_key(house: Watched, booking: Booking) -> None:
    house.cancel(booking)

    with pytest.raises(AssertionError, match="I4"):
        house.judge(i4_at_rest_none_without_a_grant)


def test_i5_is_seen_when_a_foreign_key_is_changed_or_revoked(house: Watched, booking: Booking) -> None:
    foreign = house.add_foreign_key(booking)

    violation(house, of="I5", by=lambda: house.exivo.ask("PATCH", f"/control/keys/{foreign}", {"components": [make.WC]}))
    violation(house, of="I5", by=lambda: ask(house, "POST", f"digitalKeyVisit/{foreign}/revoke", {}))
    violation(house, of="I5", by=lambda: house.exivo.ask("DELETE", f"/control/keys/{foreign}"))


def test_i6_is_seen_when_ready_was_said_without_reading_back(house: Watched, row: Key) -> None:
    violation(house, of="I6", by=lambda: VendorCall.objects.filter(kind="read").delete())


def test_i6_is_seen_when_what_was_read_is_of_an_older_generation(house: Watched, booking: Booking) -> None:
    def raise_it() -> None:
        Access.objects.update(generation=2, ready_generation=2)
        record(KeyReady(generation=2), actor=CLOCK, now=house.clock.now, booking=booking)

    violation(house, of="I6", by=raise_it)


def test_i7_is_seen_when_a_running_booking_loses_its_key(house: Watched, booking: Booking, row: Key) -> None:
    house.until(booking.start)
    audited(row, "revoke")

    with pytest.raises(AssertionError, match="I7"), house.step():
        ask(house, "POST", f"digitalKeyVisit/{row.vendor_id}/revoke", {})


def test_i8_is_seen_when_an_unfinished_key_has_no_next_attempt(house: Watched, row: Key) -> None:
    violation(house, of="I8", by=lambda: Access.objects.update(next_check_at=None))


def test_i8_is_seen_when_a_problem_has_no_next_attempt(house: Watched) -> None:
    booking = house.book()
    house.bell.waiting.clear()

    violation(house, of="I8", by=lambda: Access.objects.filter(booking=booking).update(next_check_at=None, problem="refused"))


@pytest.mark.parametrize("kind", ["create", "revoke"])
def test_i9_is_seen_when_a_call_has_no_row(house: Watched, booking: Booking, row: Key, kind: str) -> None:
    house.cancel(booking)
    house.ring()

    violation(house, of="I9", by=lambda: VendorCall.objects.filter(kind={"create": "issue"}.get(kind, kind)).delete())


def test_i9_is_seen_when_a_decision_left_no_event(house: Watched, booking: Booking, row: Key) -> None:
    house.cancel(booking)
    house.ring()

    violation(house, of="I9", by=lambda: EventRecord.objects.filter(kind="key.revoked").delete())


def test_i10_is_seen_in_a_log_line_an_event_and_an_answer(house: Watched, booking: Booking) -> None:
    violation(house, of="I10", by=lambda: logging.getLogger("einlass").warning("secret %s", make.API_SECRET))
    violation(house, of="I10", by=lambda: VendorCall.objects.update(detail=f"answered 400: {make.MOBILE} is unknown"))
    VendorCall.objects.update(detail="")

    violation(house, of="I10", by=lambda: EventRecord.objects.update(data={"marker": booking.mobile}))


def test_i10_says_nothing_where_the_log_masks_a_number(house: Watched, booking: Booking) -> None:
    with house.step():
        logging.getLogger("einlass").warning("asked for %s", booking.mobile)

    assert "67" in "".join(house.seen.lines)


def test_i11_is_seen_when_a_key_is_revoked_without_a_reason(house: Watched, booking: Booking, row: Key) -> None:
    audited(row, "revoke")

    violation(house, of="I11", by=lambda: ask(house, "POST", f"digitalKeyVisit/{row.vendor_id}/revoke", {}))


def test_i12_is_seen_when_a_second_key_is_nobodys_work_and_at_a_third(house: Watched, booking: Booking, row: Key) -> None:
    def another() -> None:
        twin = Key.objects.get(pk=row.pk)
        twin.pk, twin.marker = None, f"EL-000000000{Key.objects.count()}"
        made = {"name": f"Raum · {twin.marker}", "phone": row.phone, "components": row.doors}
        times = {name: value for name, value in order(row).items() if name.startswith("valid")}
        twin.vendor_id = house.exivo.ask("POST", "/control/keys", made | times)["id"]
        twin.save()

    violation(house, of="I12", by=another)
    Access.objects.update(next_check_at=timezone.now())
    violation(house, of="I12", by=another)
