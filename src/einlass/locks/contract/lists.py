# SPDX-License-Identifier: Apache-2.0
"""The list of keys: what is in it, and when it is complete."""

from __future__ import annotations

from dataclasses import replace

from einlass.locks.contract.vendor import Fault, Vendor, a_phone, an_order, plain_driver


class ListsContract:
    """Only a complete list proves that a key does not exist."""

    def test_empty_listing_is_complete_where_no_key_is_known(self, vendor: Vendor) -> None:
        listing = plain_driver(vendor).listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.keys, listing.complete, listing.taken_at) == ((), True, vendor.now)

    def test_listing_shows_live_revoked_and_foreign_keys(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        live = driver.issue(vendor.site_id, an_order(vendor, marker="EL-0000000001"))
        revoked = driver.issue(vendor.site_id, replace(an_order(vendor, marker="EL-0000000002"), phone=a_phone(2)))
        driver.revoke(vendor.site_id, revoked.id)
        foreign = vendor.add_foreign()

        listing = driver.listing(vendor.site_id, known=frozenset({live.id}), now=vendor.now)

        markers = {key.id: key.marker for key in listing.keys if key.alive(vendor.now)}
        assert (listing.complete, markers) == (True, {live.id: "EL-0000000001", foreign: ""})

    def test_removed_key_is_absent_from_a_complete_listing(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.remove(issued.id)

        listing = driver.listing(vendor.site_id, known=frozenset({issued.id}), now=vendor.now)

        assert (listing.keys, listing.complete, listing.absent) == ((), True, frozenset({issued.id}))

    def test_empty_listing_is_incomplete_while_a_known_key_lives(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(Fault.LIST_EMPTY)

        listing = driver.listing(vendor.site_id, known=frozenset({issued.id}), now=vendor.now)

        assert (listing.complete, bool(listing.reason), listing.absent) == (False, True, frozenset())

    def test_long_listing_shows_every_key(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        first = driver.issue(vendor.site_id, an_order(vendor, marker="EL-0000000001"))
        vendor.crowd()
        last = driver.issue(vendor.site_id, replace(an_order(vendor, marker="EL-0000000002"), phone=a_phone(2)))

        listing = driver.listing(vendor.site_id, known=frozenset({first.id, last.id}), now=vendor.now)

        ours = {key.id for key in listing.keys if key.marker in {"EL-0000000001", "EL-0000000002"}}
        assert (listing.complete, ours) == (True, {first.id, last.id})

    def test_cut_listing_is_incomplete(self, vendor: Vendor) -> None:
        vendor.crowd()
        vendor.make(Fault.LIST_CUT)

        listing = plain_driver(vendor).listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.complete, bool(listing.reason)) == (False, True)
