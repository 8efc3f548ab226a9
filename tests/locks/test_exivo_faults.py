# SPDX-License-Identifier: Apache-2.0
"""What the emulator can do to the driver beyond the contract, fault by fault, and a site with many keys."""

from __future__ import annotations

from typing import Any

import pytest
from tests.locks.test_contract_exivo import Emulated

from einlass.locks.contract import Vendor, an_order, plain_driver
from einlass.locks.port import LockNeedsOperator, LockOutcomeUnknown, LockRefused, LockUnavailable


@pytest.fixture
def vendor() -> Emulated:
    return Emulated()


def plan(vendor: Emulated, **fault: Any) -> None:
    vendor.control("POST", "/control/faults", [fault])


def listed(vendor: Vendor, *known: str) -> Any:
    return plain_driver(vendor).listing(vendor.site_id, known=frozenset(known), now=vendor.now)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "timeout_after"},
        {"kind": "reset_after"},
        {"kind": "status_after", "status": 502},
        {"kind": "status_after", "status": 504},
        {"kind": "drop"},
        {"kind": "error_body"},
        {"kind": "schema"},
        {"kind": "html"},
        {"kind": "late", "seconds": 5},
        {"kind": "late", "seconds": 5, "status": 504},
    ],
    ids=str,
)
def test_f02_f03_f08_creation_without_a_usable_answer(vendor: Emulated, fault: dict[str, Any]) -> None:
    driver = plain_driver(vendor)
    driver.components(vendor.site_id)
    plan(vendor, call="create", **fault)

    with pytest.raises(LockOutcomeUnknown):
        driver.issue(vendor.site_id, an_order(vendor))


@pytest.mark.parametrize(("missing", "field", "value"), [("window", "window", None), ("phone", "phone", "")])
def test_f09_half_a_key_is_told_as_it_is(vendor: Emulated, missing: str, field: str, value: object) -> None:
    plan(vendor, call="create", kind="half_key", missing=missing)
    driver = plain_driver(vendor)

    issued = driver.issue(vendor.site_id, an_order(vendor))

    assert getattr(issued, field) == value
    assert driver.read(vendor.site_id, issued.id) == issued


def test_f09_key_with_half_its_doors_is_told_as_it_is(vendor: Emulated) -> None:
    plan(vendor, call="create", kind="half_key", missing="doors")

    issued = plain_driver(vendor).issue(vendor.site_id, an_order(vendor))

    assert issued.doors < an_order(vendor).doors


def test_f10_duplicate_is_seen_in_the_list(vendor: Emulated) -> None:
    plan(vendor, call="create", kind="duplicate")
    issued = plain_driver(vendor).issue(vendor.site_id, an_order(vendor))

    assert [key.marker for key in listed(vendor, issued.id).keys] == [issued.marker] * 2


@pytest.mark.parametrize("items", [0, 1, 2, 5, 6, 100])
def test_f15_pages_that_are_cut_never_hide_a_key(vendor: Emulated, items: int) -> None:
    ids = {plain_driver(vendor).issue(vendor.site_id, an_order(vendor)).id for _ in range(12)}
    plan(vendor, call="list", kind="truncated_page", items=items)

    listing = listed(vendor, *sorted(ids)[:1])

    assert not listing.complete or {key.id for key in listing.keys} == ids


def test_f15_page_that_breaks_off_is_unavailable(vendor: Emulated) -> None:
    plain_driver(vendor).issue(vendor.site_id, an_order(vendor))
    plan(vendor, call="list", kind="truncated_page", broken=True)

    with pytest.raises(LockUnavailable):
        listed(vendor)


def test_f16_stale_list_is_incomplete_while_the_key_is_read_alone(vendor: Emulated) -> None:
    issued = plain_driver(vendor).issue(vendor.site_id, an_order(vendor))
    plan(vendor, call="list", kind="stale_read", seconds=60)

    listing = listed(vendor, issued.id)

    assert (listing.complete, listing.reason, listing.keys) == (False, "known_hidden", (issued,))


def test_f38_door_that_became_a_gateway_is_never_sent(vendor: Emulated) -> None:
    vendor.control("POST", "/control/components", {"site": vendor.site_id, "id": vendor.doors[0], "templateIdentifier": "LanGateWay"})

    with pytest.raises(LockRefused) as refused:
        plain_driver(vendor).issue(vendor.site_id, an_order(vendor))

    assert (refused.value.forbidden, vendor.creations()) == (frozenset({vendor.doors[0]}), 0)


def test_f37_removed_door_is_missing(vendor: Emulated) -> None:
    vendor.control("POST", "/control/components", {"site": vendor.site_id, "id": vendor.doors[0], "removed": True})

    with pytest.raises(LockRefused) as refused:
        plain_driver(vendor).issue(vendor.site_id, an_order(vendor))

    assert (refused.value.missing, vendor.creations()) == (frozenset({vendor.doors[0]}), 0)


@pytest.mark.parametrize(
    "type_of",
    [{"templateIdentifier": None}, {"templateIdentifier": 7}, {"templateIdentifier": ""}, {"missing": ["templateIdentifier"]}],
    ids=str,
)
def test_door_that_lost_its_type_is_never_sent(vendor: Emulated, type_of: dict[str, Any]) -> None:
    vendor.control("POST", "/control/components", {"site": vendor.site_id, "id": vendor.doors[0], **type_of})

    with pytest.raises(LockRefused) as refused:
        plain_driver(vendor).issue(vendor.site_id, an_order(vendor))

    assert (refused.value.forbidden, vendor.creations()) == (frozenset({vendor.doors[0]}), 0)


def test_site_without_the_connection_service_is_not_active(vendor: Emulated) -> None:
    vendor.control("POST", "/control/sites", {"id": vendor.site_id, "connection": False})

    with pytest.raises(LockNeedsOperator) as failed:
        plain_driver(vendor).site(vendor.site_id)

    assert (failed.value.what, failed.value.reason) == ("site", "not_active")


def test_f40_other_site_is_told_as_it_answers(vendor: Emulated) -> None:
    plan(vendor, call="info", kind="other_site")

    assert plain_driver(vendor).site(vendor.site_id).id != vendor.site_id


def test_f42_ignored_revocation_shows_when_the_key_is_read(vendor: Emulated) -> None:
    driver = plain_driver(vendor)
    issued = driver.issue(vendor.site_id, an_order(vendor))
    plan(vendor, call="revoke", kind="revoke_ignored")

    driver.revoke(vendor.site_id, issued.id)

    assert driver.read(vendor.site_id, issued.id) == issued


def test_f50_list_in_changing_order_never_hides_a_key(vendor: Emulated) -> None:
    issued = plain_driver(vendor).issue(vendor.site_id, an_order(vendor))
    vendor.crowd()
    plan(vendor, call="list", kind="shuffle")

    assert listed(vendor, issued.id).complete is False


@pytest.mark.parametrize("moves", [1, 1000], ids=["once", "for_ever"])
def test_f50_list_that_changes_between_its_pages_is_read_right_or_incomplete(vendor: Emulated, moves: int) -> None:
    """Old keys go from the front of the list and new ones come at its end, while three pages are read."""
    issued = plain_driver(vendor).issue(vendor.site_id, an_order(vendor))
    vendor.crowd()
    left = [moves]

    def somebody_tidies() -> None:
        if left[0] and vendor.calls() > reading_began:
            left[0] -= 1
            oldest = next(key for key in vendor.control("GET", "/control/keys").json() if key["id"] != issued.id)
            vendor.control("DELETE", f"/control/keys/{oldest['id']}")
            vendor.add_foreign()

    reading_began = vendor.calls()
    driver = vendor.driver(before_call=somebody_tidies, in_transaction=lambda: False)
    listing = driver.listing(vendor.site_id, known=frozenset({issued.id}), now=vendor.now)

    there = {key["id"] for key in vendor.control("GET", "/control/keys").json()}
    assert (listing.complete, {key.id for key in listing.keys} == there) == ((True, True) if moves == 1 else (False, False))
    assert issued.id in {key.id for key in listing.keys}


@pytest.mark.parametrize("retry_after", ["absent", "absurd", "date", 5])
def test_f05_every_kind_of_throttling_names_a_wait(vendor: Emulated, retry_after: object) -> None:
    plan(vendor, kind="throttle", retry_after=retry_after)

    with pytest.raises(LockUnavailable) as failed:
        plain_driver(vendor).site(vendor.site_id)

    waits: dict[object, float] = {"absent": 60.0, "absurd": 900.0, 5: 5.0}
    assert failed.value.throttled
    assert failed.value.retry_after == waits.get(retry_after, failed.value.retry_after)
    assert 0 <= (failed.value.retry_after or 0) <= 900


def test_f51_site_with_many_old_keys_is_read_whole_in_few_calls(vendor: Emulated) -> None:
    issued = plain_driver(vendor).issue(vendor.site_id, an_order(vendor))
    for _ in range(3):
        vendor.crowd()
    before = vendor.calls()

    listing = listed(vendor, issued.id)

    assert (listing.complete, len(listing.keys), vendor.calls() - before) == (True, 3301, 16)
