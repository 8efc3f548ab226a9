# SPDX-License-Identifier: Apache-2.0
"""The suite that every lock driver must pass, shipped so that others can write drivers (needs pytest). Vendor quirks are not tested here.

class TestAcme(DriverContract):
    @pytest.fixture
    def vendor(self) -> Vendor:
        return AcmeHarness()  # a fresh world for each test: the vendor's emulator, or one of your own
"""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import pytest

from einlass.core.keys import SeenKey
from einlass.core.windows import Window
from einlass.locks.port import (
    BeforeCall,
    KeyOrder,
    LockDriver,
    LockFailure,
    LockNeedsOperator,
    LockOutcomeUnknown,
    LockRefused,
    LockUnavailable,
)

WAIT_SECONDS = 7.0


class Fault(StrEnum):
    """What a harness can make the vendor do from now on, until the world ends or `make(Fault.NONE)`."""

    NONE = "none"
    ANSWER_LOST = "answer_lost"  # what changes something is applied; its answer never comes
    REQUEST_LOST = "request_lost"  # nothing is applied; no answer comes
    DOWN = "down"  # every call is answered by an error of the vendor
    THROTTLED = "throttled"  # every call is turned away for WAIT_SECONDS
    NONSENSE = "nonsense"  # every call succeeds with something that is no answer
    LIST_CUT = "list_cut"  # a later page of the list of keys does not come
    LIST_EMPTY = "list_empty"  # the list of keys comes back empty


class Vendor(Protocol):
    """A fresh world: one account, one site that has two doors at least, a gateway, and a component without a type."""

    @property
    def site_id(self) -> str: ...
    @property
    def doors(self) -> tuple[str, ...]: ...
    @property
    def gateway(self) -> str: ...
    @property
    def untyped(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def now(self) -> datetime: ...
    @property
    def secrets(self) -> tuple[str, ...]: ...

    def driver(self, *, before_call: BeforeCall, in_transaction: Callable[[], bool]) -> LockDriver: ...

    def rejected_driver(self) -> LockDriver:
        """One whose credentials the vendor does not accept."""

    def make(self, fault: Fault) -> None: ...

    def calls(self) -> int:
        """Requests that reached the vendor, of any kind."""

    def creations(self) -> int:
        """Requests to create a key that reached the vendor, whatever came of them."""

    def openings(self) -> list[tuple[str, str]]:
        """Requests to open a door that reached the vendor, whatever came of them: the door, and the person that was named."""

    def remove(self, key_id: str) -> None:
        """Delete a key at the vendor behind the product's back."""

    def add_foreign(self) -> str:
        """Make a key that is not ours, as somebody does in the vendor's own app; gives its id."""

    def crowd(self) -> None:
        """Add keys until their list takes several pages, if the vendor's list has pages."""


def _nothing() -> None:
    return None


def _outside() -> bool:
    return False


def plain_driver(vendor: Vendor) -> LockDriver:
    return vendor.driver(before_call=_nothing, in_transaction=_outside)


def an_order(vendor: Vendor, *, marker: str = "EL-7K3M9Q2W4T") -> KeyOrder:
    """An order that a driver must be able to carry out: all doors of the harness, tomorrow for an hour and a half."""
    start = vendor.now.replace(microsecond=0) + timedelta(days=1)
    return KeyOrder(
        marker=marker,
        label=f"Seminarraum Aare · {marker}",
        phone=vendor.phone,
        doors=frozenset(vendor.doors),
        window=Window(start, start + timedelta(minutes=90)),
        notify=False,
    )


def _same(seen: SeenKey, order: KeyOrder) -> bool:
    return (seen.marker, seen.name, seen.phone, seen.doors, seen.window, seen.revoked, seen.expired) == (
        order.marker,
        order.label,
        order.phone,
        order.doors,
        order.window,
        False,
        False,
    )


class DriverContract:
    """Subclass it and give it a fixture `vendor`. Each test names what Einlass builds on."""

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

        assert _same(plain_driver(vendor).issue(vendor.site_id, order), order)

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
        _open(plain_driver(vendor), vendor, vendor.doors[0])

        assert vendor.openings() == [(vendor.doors[0], "Nadia Keller")]

    def test_gateway_and_unlisted_doors_are_never_opened(self, vendor: Vendor) -> None:
        for never in (vendor.gateway, "no-such-door"):
            with pytest.raises(LockRefused) as refused:
                _open(plain_driver(vendor), vendor, never, allow_unknown=frozenset({never}))
            assert (refused.value.forbidden | refused.value.missing, vendor.openings()) == (frozenset({never}), [])

    def test_untyped_is_opened_once_allowed(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        with pytest.raises(LockRefused) as refused:
            _open(driver, vendor, vendor.untyped)

        _open(driver, vendor, vendor.untyped, allow_unknown=frozenset({vendor.untyped}))

        assert (refused.value.forbidden, vendor.openings()) == (frozenset({vendor.untyped}), [(vendor.untyped, "Nadia Keller")])

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.DOWN, Fault.NONSENSE])
    def test_opening_without_an_answer_has_an_unknown_outcome_and_is_asked_once(self, vendor: Vendor, fault: Fault) -> None:
        driver = plain_driver(vendor)
        driver.components(vendor.site_id)
        vendor.make(fault)

        with pytest.raises(LockOutcomeUnknown):
            _open(driver, vendor, vendor.doors[0])

        assert len(vendor.openings()) == 1

    # The list

    def test_empty_listing_is_complete_where_no_key_is_known(self, vendor: Vendor) -> None:
        listing = plain_driver(vendor).listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.keys, listing.complete, listing.taken_at) == ((), True, vendor.now)

    def test_listing_shows_live_revoked_and_foreign_keys(self, vendor: Vendor) -> None:
        driver = plain_driver(vendor)
        live = driver.issue(vendor.site_id, an_order(vendor, marker="EL-0000000001"))
        revoked = driver.issue(vendor.site_id, an_order(vendor, marker="EL-0000000002"))
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
        last = driver.issue(vendor.site_id, an_order(vendor, marker="EL-0000000002"))

        listing = driver.listing(vendor.site_id, known=frozenset({first.id, last.id}), now=vendor.now)

        ours = {key.id for key in listing.keys if key.marker in {"EL-0000000001", "EL-0000000002"}}
        assert (listing.complete, ours) == (True, {first.id, last.id})

    def test_cut_listing_is_incomplete(self, vendor: Vendor) -> None:
        vendor.crowd()
        vendor.make(Fault.LIST_CUT)

        listing = plain_driver(vendor).listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.complete, bool(listing.reason)) == (False, True)

    # When it goes wrong

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.DOWN, Fault.NONSENSE])
    def test_creating_without_an_answer_has_an_unknown_outcome(self, vendor: Vendor, fault: Fault) -> None:
        driver = plain_driver(vendor)
        driver.components(vendor.site_id)
        vendor.make(fault)

        with pytest.raises(LockOutcomeUnknown):
            driver.issue(vendor.site_id, an_order(vendor))

        assert vendor.creations() == 1

    def test_lost_answer_is_found_by_its_marker(self, vendor: Vendor) -> None:
        """F02: adopted, not made a second time."""
        driver, order = plain_driver(vendor), an_order(vendor)
        driver.components(vendor.site_id)
        vendor.make(Fault.ANSWER_LOST)
        with pytest.raises(LockOutcomeUnknown):
            driver.issue(vendor.site_id, order)
        vendor.make(Fault.NONE)

        listing = driver.listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.complete, [_same(key, order) for key in listing.keys]) == (True, [True])

    def test_lost_request_is_absent_from_a_complete_listing(self, vendor: Vendor) -> None:
        """F01: only this permits a second creation."""
        driver = plain_driver(vendor)
        driver.components(vendor.site_id)
        vendor.make(Fault.REQUEST_LOST)
        with pytest.raises(LockOutcomeUnknown):
            driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(Fault.NONE)

        listing = driver.listing(vendor.site_id, known=frozenset(), now=vendor.now)

        assert (listing.complete, listing.keys) == (True, ())

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.DOWN, Fault.NONSENSE])
    def test_revoking_without_an_answer_has_an_unknown_outcome(self, vendor: Vendor, fault: Fault) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(fault)

        with pytest.raises(LockOutcomeUnknown):
            driver.revoke(vendor.site_id, issued.id)

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.NONSENSE])
    @pytest.mark.parametrize("question", range(4))
    def test_reading_without_an_answer_is_unavailable(self, vendor: Vendor, question: int, fault: Fault) -> None:
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(fault)

        with pytest.raises(LockUnavailable) as failed:
            _questions(driver, vendor, issued.id)[question]()

        assert failed.value.throttled is False

    def test_throttling_is_told_with_its_wait(self, vendor: Vendor) -> None:
        """F05, also where something was to be changed: a request that is turned away was not applied."""
        driver = plain_driver(vendor)
        issued = driver.issue(vendor.site_id, an_order(vendor))
        vendor.make(Fault.THROTTLED)

        for act in _acts(driver, vendor, issued.id):
            with pytest.raises(LockUnavailable) as failed:
                act()
            assert (failed.value.throttled, failed.value.retry_after) == (True, WAIT_SECONDS)

    def test_rejected_credentials_need_the_operator(self, vendor: Vendor) -> None:
        driver = vendor.rejected_driver()

        for act in _acts(driver, vendor, "no-such-key"):
            with pytest.raises(LockNeedsOperator) as failed:
                act()
            assert failed.value.what == "credentials"

    def test_unknown_site_needs_the_operator(self, vendor: Vendor) -> None:
        with pytest.raises(LockNeedsOperator) as failed:
            plain_driver(vendor).site("no-such-site")

        assert (failed.value.what, failed.value.reason) == ("site", "unknown_site")

    # How it behaves in our house

    def test_nothing_is_asked_inside_a_transaction(self, vendor: Vendor) -> None:
        driver = vendor.driver(before_call=_nothing, in_transaction=lambda: True)

        for act in _acts(driver, vendor, "some-key"):
            with pytest.raises(RuntimeError):
                act()

        assert vendor.calls() == 0

    def test_hook_is_called_before_every_call(self, vendor: Vendor) -> None:
        hooked: list[int] = []
        driver = vendor.driver(before_call=lambda: hooked.append(vendor.calls()), in_transaction=_outside)
        issued = driver.issue(vendor.site_id, an_order(vendor))

        for act in _acts(driver, vendor, issued.id):
            act()

        assert hooked == list(range(vendor.calls()))

    def test_hook_stops_the_call(self, vendor: Vendor) -> None:
        class LeaseLost(Exception):
            pass

        def lost() -> None:
            raise LeaseLost

        driver = vendor.driver(before_call=lost, in_transaction=_outside)

        for act in _acts(driver, vendor, "some-key"):
            with pytest.raises(LeaseLost):
                act()
        assert vendor.calls() == 0

    def test_secrets_and_phones_stay_inside(self, vendor: Vendor) -> None:
        """I10: neither the driver's repr, nor a failure, nor its traceback shows a secret or the guest's number."""
        driver, shown = plain_driver(vendor), [repr(vendor.rejected_driver())]
        issued = driver.issue(vendor.site_id, an_order(vendor))
        shown.append(repr(driver))

        for fault, act in itertools.product(Fault, _acts(driver, vendor, issued.id)):
            vendor.make(fault)
            try:
                act()
            except LockFailure as failure:
                shown += [repr(failure), failure.detail, "".join(traceback.format_exception(failure))]

        everything = "\n".join(shown)
        assert [secret for secret in (*vendor.secrets, vendor.phone) if secret in everything] == []


def _questions(driver: LockDriver, vendor: Vendor, key_id: str) -> list[Callable[[], object]]:
    return [
        lambda: driver.site(vendor.site_id),
        lambda: driver.components(vendor.site_id),
        lambda: driver.read(vendor.site_id, key_id),
        lambda: driver.listing(vendor.site_id, known=frozenset(), now=vendor.now),
    ]


def _acts(driver: LockDriver, vendor: Vendor, key_id: str) -> list[Callable[[], object]]:
    return [
        *_questions(driver, vendor, key_id),
        lambda: driver.issue(vendor.site_id, an_order(vendor)),
        lambda: driver.revoke(vendor.site_id, key_id),
        lambda: _open(driver, vendor, vendor.doors[0]),
    ]


def _open(driver: LockDriver, vendor: Vendor, component: str, *, allow_unknown: frozenset[str] = frozenset()) -> None:
    driver.open_door(vendor.site_id, component, who="Nadia Keller", allow_unknown=allow_unknown)
