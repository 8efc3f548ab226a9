# SPDX-License-Identifier: Apache-2.0
"""F24 to F27: another number, a number that the vendor refuses, another handset, and the nights on which the clocks change."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from tests import factories as make
from tests.faults.watched import STAFF, Watched

from einlass.core.access import AccessState
from einlass.locks.exivo.words import instant_of
from einlass.models import Booking, EventRecord, Message
from einlass.operations import numbers


def test_f24_number_changed_by_staff_takes_the_old_key_and_makes_the_new_one(house: Watched) -> None:
    booking, other = house.ready(), house.ready(hours=48)
    kept = house.live(other)

    house.change_phone(booking, make.OTHER_MOBILE)
    house.ring()

    assert house.asked() == ["create", "create", "revoke", "create"]
    assert [key.phone for key in house.live(booking)] == [make.OTHER_MOBILE]
    assert (house.live(other), house.access(booking).generation) == (kept, 2)
    assert [(row.phone, row.state) for row in house.rows(booking)] == [(make.MOBILE, "revoked"), (make.OTHER_MOBILE, "live")]
    house.rest()


def test_f24_number_given_by_the_guest_counts_once_the_code_is_given_back(house: Watched) -> None:
    booking = house.ready()

    with house.step():
        numbers.ask(booking, make.OTHER_MOBILE, now=house.clock.now)
    house.ring()
    assert [key.phone for key in house.live(booking)] == [make.MOBILE]
    code = re.search(r"\b(\d{3}) (\d{3})\b", Message.objects.get(kind=numbers.KIND).text)
    assert code is not None
    with house.step():
        numbers.prove(Booking.objects.get(), "".join(code.groups()), now=house.clock.now)
    house.ring()

    assert [key.phone for key in house.live(booking)] == [make.OTHER_MOBILE]
    house.rest()


def test_f24_number_changed_while_it_runs_takes_the_old_key_first(house: Watched) -> None:
    booking = house.ready()
    house.until(booking.start)

    house.change_phone(booking, make.OTHER_MOBILE)
    house.ring()

    assert house.asked() == ["create", "revoke", "create"]
    assert (house.exivo.tap(make.MOBILE, make.AARE), house.exivo.tap(make.OTHER_MOBILE, make.AARE)) == ("revoked", "open")
    house.rest()


def test_f25_number_that_the_vendor_refuses_is_told_and_not_tried_again_blindly(house: Watched) -> None:
    refusal = {"message": f"publicRegistrationId {make.MOBILE} is not registered"}
    house.faults({"call": "create", "kind": "status", "status": 400, "body": refusal})
    booking = house.book()

    house.ring()
    house.pass_minutes(60, of=10)

    assert (house.state(booking), house.access(booking).problem) == (AccessState.TROUBLE, "phone_unusable")
    assert house.asked() == ["create"]
    house.faults()
    house.change_phone(booking, make.OTHER_MOBILE)
    house.ring()
    assert house.state(booking) is AccessState.READY
    house.rest()


def test_f26_another_handset_gets_a_new_key_that_is_told_of(house: Watched) -> None:
    booking = house.ready()

    house.reissue(booking)
    house.ring()

    sent = [call.sent["installNotification"] for call in house.seen.calls if call.kind == "create"]
    assert (house.asked(), sent) == (["create", "revoke", "create"], [True, True])
    assert EventRecord.objects.get(kind="key.reissue_asked").actor_name == STAFF.name
    assert [row.closed_reason for row in house.rows(booking)] == ["reissued", ""]
    assert house.state(booking) is AccessState.READY
    house.rest()


def test_f26_another_handset_while_it_runs_keeps_a_key_all_the_time(house: Watched) -> None:
    booking = house.ready()
    house.until(booking.start)

    house.reissue(booking)
    house.ring()

    assert house.asked() == ["create", "create", "revoke"]
    assert house.opens(booking) == "open"
    house.rest()


# 03:00 becomes 02:00 in Zurich on 2027-10-31 at 01:00 UTC, 02:00 becomes 03:00 on 2027-03-28 at 01:00 UTC.
NIGHTS = (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 1, tzinfo=UTC))


@pytest.mark.parametrize("change", NIGHTS, ids=["spring", "autumn"])
@pytest.mark.parametrize("minutes", [-120, -60, -30, 0, 30, 60])
def test_f27_window_is_exact_on_the_night_of_the_change(house: Watched, change: datetime, minutes: int) -> None:
    house.until(change - timedelta(hours=26))
    start = change + timedelta(minutes=minutes)
    booking = house.book(hours=(start - house.clock.now) / timedelta(hours=1), duration=60)

    house.ring()

    assert (booking.start, booking.end) == (start, start + timedelta(minutes=60))
    sent = next(call.sent for call in house.seen.calls if call.kind == "create")
    assert instant_of(sent["validFrom"]) == start - timedelta(minutes=15)
    assert instant_of(sent["validTo"]) == start + timedelta(minutes=75)
    said = []
    for instant in (start - timedelta(minutes=15, seconds=1), start - timedelta(minutes=15), start + timedelta(minutes=74, seconds=59)):
        house.until(instant)
        said.append(house.opens(booking))
    house.forward(seconds=1)
    assert [*said, house.opens(booking)] == ["too_early", "open", "open", "too_late"]
    house.rest()
