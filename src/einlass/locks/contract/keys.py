# SPDX-License-Identifier: Apache-2.0
"""Keys made, read and taken back, what must never leave the house, and doors that are opened now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from einlass.core.windows import Window
from einlass.locks.contract.vendor import Fault, Vendor, an_order, is_the_order, open_door, plain_driver
from einlass.locks.port import LockOutcomeUnknown, LockRefused


class KeysContract:
    """Each test names what Einlass builds on."""

    def test_site_is_proven(self, vendor: Vendor) -> None:
        assert plain_driver(vendor).site(vendor.site_id).id == vendor.site_id

    def test_components_list_doors_gateway_and_untyped(self, vendor: Vendor) -> None:
        listed = {component.id: component for component in plain_driver(vendor).components(vendor.site_id)}

        assert {*vendor.doors, vendor.gateway, vendor.untyped} <= listed.keys()
        assert "gateway" in listed[vendor.gateway].kind.casefold()
        assert listed[vendor.untyped].kind == ""
        assert all(listed[door].kind for door in vendor.doors)

    def test_issued_key_is_the_order(self, vendor: Vendor) -> None:
        order = an_order(vendor)

        assert is_the_order(plain_driver(vendor).issue(vendor.site_id, order), order)

    def test_issued_key_is_read_back_equal(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))

        assert driver.read(vendor.site_id, issued.id) == issued

    def test_issuing_twice_makes_two_keys_or_the_same(self, vendor: Vendor) -> None:
        """Einlass observes before it asks again; a driver must not hide from it that a second key was made."""
        driver = plain_driver(vendor)
        ids = {driver.issue(vendor.site_id, an_order(vendor)).id for _ in range(2)}

        assert {key.id for key in driver.listing(vendor.site_id, known=frozenset(), now=vendor.now).keys} == ids

    def test_unknown_key_is_read_as_none(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.remove(issued.id)

        assert driver.read(vendor.site_id, issued.id) is None

    def test_revoked_key_is_no_longer_alive(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))

        driver.revoke(vendor.site_id, issued.id)

        seen = driver.read(vendor.site_id, issued.id)
        assert seen is None or seen.revoked

    def test_revoking_twice_succeeds(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))

        driver.revoke(vendor.site_id, issued.id)
        driver.revoke(vendor.site_id, issued.id)

    def test_revoking_an_unknown_key_succeeds(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.remove(issued.id)

        driver.revoke(vendor.site_id, issued.id)

    # What must never leave the house (R5, I1)

    def test_gateway_is_refused_before_sending(self, vendor: Vendor) -> None:
        order = replace(an_order(vendor), doors=frozenset({vendor.doors[0], vendor.gateway}))

        with pytest.raises(LockRefused) as refused:
            plain_driver(vendor).issue(vendor.site_id, order)

        assert (refused.value.forbidden, refused.value.missing, vendor.creations()) == (frozenset({vendor.gateway}), frozenset(), 0)

    def test_gateway_is_refused_though_allowed(self, vendor: Vendor) -> None:
        order = replace(an_order(vendor), doors=frozenset({vendor.gateway}), allow_unknown=frozenset({vendor.gateway}))

        with pytest.raises(LockRefused):
            plain_driver(vendor).issue(vendor.site_id, order)

        assert vendor.creations() == 0

    def test_untyped_is_refused_before_sending(self, vendor: Vendor) -> None:
        order = replace(an_order(vendor), doors=frozenset({vendor.untyped}))

        with pytest.raises(LockRefused) as refused:
            plain_driver(vendor).issue(vendor.site_id, order)

        assert (refused.value.forbidden, vendor.creations()) == (frozenset({vendor.untyped}), 0)

    def test_untyped_is_issued_once_allowed(self, vendor: Vendor) -> None:
        order = replace(an_order(vendor), doors=frozenset({vendor.untyped}), allow_unknown=frozenset({vendor.untyped}))

        assert plain_driver(vendor).issue(vendor.site_id, order).doors == {vendor.untyped}

    def test_unlisted_door_is_refused_before_sending(self, vendor: Vendor) -> None:
        order = replace(an_order(vendor), doors=frozenset({vendor.doors[0], "no-such-door"}))

        with pytest.raises(LockRefused) as refused:
            plain_driver(vendor).issue(vendor.site_id, order)

        assert (refused.value.missing, vendor.creations()) == (frozenset({"no-such-door"}), 0)

    @pytest.mark.parametrize("phone", ["", "0781234567", "+41 78 123 45 67", "0041781234567", "+0781234567"])
    def test_unusable_phone_is_refused_before_sending(self, vendor: Vendor, phone: str) -> None:
        with pytest.raises(LockRefused):
            plain_driver(vendor).issue(vendor.site_id, replace(an_order(vendor), phone=phone))

        assert vendor.creations() == 0

    def test_no_doors_are_refused_before_sending(self, vendor: Vendor) -> None:
        with pytest.raises(LockRefused):
            plain_driver(vendor).issue(vendor.site_id, replace(an_order(vendor), doors=frozenset()))

        assert vendor.creations() == 0

    def test_past_window_is_refused_before_sending(self, vendor: Vendor) -> None:
        over = Window(vendor.now - timedelta(hours=2), vendor.now - timedelta(minutes=1))

        with pytest.raises(LockRefused):
            plain_driver(vendor).issue(vendor.site_id, replace(an_order(vendor), window=over))

        assert vendor.creations() == 0

    # A door that is opened now

    def test_opening_names_the_door_and_the_person(self, vendor: Vendor) -> None:
        open_door(plain_driver(vendor), vendor, vendor.doors[0])

        assert vendor.openings() == [(vendor.doors[0], "Nadia Keller")]

    def test_gateway_and_unlisted_doors_are_never_opened(self, vendor: Vendor) -> None:
        for never in (vendor.gateway, "no-such-door"):
            with pytest.raises(LockRefused) as refused:
                open_door(plain_driver(vendor), vendor, never, allow_unknown=frozenset({never}))
            assert (refused.value.forbidden | refused.value.missing, vendor.openings()) == (frozenset({never}), [])

    def test_untyped_is_opened_once_allowed(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        with pytest.raises(LockRefused) as refused:
            open_door(driver, vendor, vendor.untyped)

        open_door(driver, vendor, vendor.untyped, allow_unknown=frozenset({vendor.untyped}))

        assert (refused.value.forbidden, vendor.openings()) == (frozenset({vendor.untyped}), [(vendor.untyped, "Nadia Keller")])

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.DOWN, Fault.NONSENSE])
    def test_opening_without_an_answer_has_an_unknown_outcome_and_is_asked_once(self, vendor: Vendor, fault: Fault) -> None:
        driver = plain_driver(vendor)
        driver.components(vendor.site_id)
        vendor.make(fault)

        with pytest.raises(LockOutcomeUnknown):
            open_door(driver, vendor, vendor.doors[0])

        assert len(vendor.openings()) == 1
