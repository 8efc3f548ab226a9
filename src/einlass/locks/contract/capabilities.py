# SPDX-License-Identifier: Apache-2.0
"""Where vendors differ: each test names the row of the catalogue that it holds, and is skipped where a driver claims otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from einlass.core.windows import Window
from einlass.locks.contract.vendor import Fault, LimitedVendor, UnreachedPhones, Vendor, a_phone, an_order, is_the_order, plain_driver
from einlass.locks.port import AmendingDriver, KeyOrder, LockDriver, LockOutcomeUnknown, LockRefused

HALF_AN_HOUR = timedelta(minutes=30)
# The second window of a person, in minutes after the start and the end of the first: it overlaps, follows, lies inside, lies around.
SECOND_WINDOWS = {"overlapping": (30, 30), "adjacent": (90, 90), "inside": (30, -30), "around": (-30, 30)}


class CapabilitiesContract:
    """A driver that claims more than the defaults gives its harness what the tests of that claim ask for."""

    # F27: clocks that change

    @pytest.mark.parametrize("changes_by", [timedelta(hours=1), timedelta(hours=-1)], ids=["spring", "autumn"])
    @pytest.mark.parametrize("starts", range(-120, 91, 30))
    def test_f27_window_over_a_clock_change_is_exact_or_refused(self, vendor: Vendor, changes_by: timedelta, starts: int) -> None:
        driver = plain_driver(vendor)
        change = _clock_change(ZoneInfo(driver.site(vendor.site_id).time_zone), after=vendor.now, by=changes_by)
        start = change + timedelta(minutes=starts)
        order = replace(an_order(vendor), window=Window(start, start + timedelta(minutes=90)))

        try:
            seen = driver.issue(vendor.site_id, order)
        except LockRefused:
            assert driver.capabilities.local_time, "a vendor of instants has no reason to refuse"
            assert (vendor.creations(), _opened(vendor, order, around=change)) == (0, [])
            return

        wanted = [at for at in _around(change) if at in order.window]
        assert (is_the_order(seen, order), _opened(vendor, order, around=change)) == (True, wanted)

    # F29: moved while it is in use

    def test_f29_second_key_opens_before_the_first_goes(self, vendor: Vendor) -> None:
        driver, first = plain_driver(vendor), an_order(vendor)
        _needs(driver.capabilities.holds_two, "one person holds one key for a door")
        second = _other(first, start=30, end=30)

        old = driver.issue(vendor.site_id, first)
        new = driver.issue(vendor.site_id, second)
        both = [_opens_at(vendor, first, at) for at in (first.window.start, second.window.end - HALF_AN_HOUR)]
        driver.revoke(vendor.site_id, old.id)

        assert both == [True, True]
        assert driver.read(vendor.site_id, new.id) == new
        assert (_opens_at(vendor, second, second.window.start), _opens_at(vendor, second, second.window.end)) == (True, False)

    def test_f29_second_key_is_refused_and_the_first_stays(self, vendor: Vendor) -> None:
        driver, first = plain_driver(vendor), an_order(vendor)
        _needs(not driver.capabilities.holds_two, "one person may hold two keys for a door")
        kept = driver.issue(vendor.site_id, first)

        with pytest.raises(LockRefused) as refused:
            driver.issue(vendor.site_id, _other(first, start=30, end=30))

        assert (refused.value.full, driver.read(vendor.site_id, kept.id)) == (first.doors, kept)

    def test_f29_key_is_changed_in_place(self, vendor: Vendor) -> None:
        driver, first = _amending(plain_driver(vendor)), an_order(vendor)
        issued = driver.issue(vendor.site_id, first)
        moved = replace(_other(first, start=30, end=60), marker=first.marker, label=first.label, doors=frozenset(vendor.doors[:1]))

        seen = driver.amend(vendor.site_id, issued.id, moved)

        assert (seen.id, is_the_order(seen, moved), driver.read(vendor.site_id, issued.id)) == (issued.id, True, seen)
        instants = (first.window.start, moved.window.start, moved.window.end - HALF_AN_HOUR, moved.window.end)
        assert [vendor.opens(moved.phone, vendor.doors[0], at) for at in instants] == [False, True, True, False]
        assert vendor.opens(moved.phone, vendor.doors[1], moved.window.start) is False

    def test_f29_change_in_place_is_refused_like_a_new_key(self, vendor: Vendor) -> None:
        driver, first = _amending(plain_driver(vendor)), an_order(vendor)
        issued = driver.issue(vendor.site_id, first)

        for doors in ({vendor.gateway}, {vendor.untyped}, {"no-such-door"}, set()):
            with pytest.raises(LockRefused):
                driver.amend(vendor.site_id, issued.id, replace(first, doors=frozenset(doors)))
        vendor.remove(issued.id)
        with pytest.raises(LockRefused) as unknown:
            driver.amend(vendor.site_id, issued.id, first)

        assert (unknown.value.status, vendor.creations()) == (404, 1)

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST])
    def test_f29_change_without_an_answer_has_an_unknown_outcome(self, vendor: Vendor, fault: Fault) -> None:
        driver, first = _amending(plain_driver(vendor)), an_order(vendor)
        issued = driver.issue(vendor.site_id, first)
        moved = replace(first, window=_other(first, start=30, end=30).window)
        vendor.make(fault)

        with pytest.raises(LockOutcomeUnknown):
            driver.amend(vendor.site_id, issued.id, moved)

        vendor.make(Fault.NONE)
        seen = driver.read(vendor.site_id, issued.id)
        assert seen is not None
        assert seen.window == (moved.window if fault is Fault.ANSWER_LOST else first.window)

    # F33: a phone that does not hear

    def test_f33_key_taken_back_opens_nothing(self, vendor: Vendor) -> None:
        driver, order = plain_driver(vendor), an_order(vendor)
        issued = driver.issue(vendor.site_id, order)
        before = _opens_at(vendor, order, order.window.start)

        driver.revoke(vendor.site_id, issued.id)

        assert (before, _opens_at(vendor, order, order.window.start)) == (True, False)

    def test_f33_revocation_is_accepted_and_says_until_when_it_may_open(self, vendor: Vendor) -> None:
        driver, order = plain_driver(vendor), an_order(vendor)
        _needs(not driver.capabilities.revokes_at_once, "keys are taken back at once")
        assert isinstance(vendor, UnreachedPhones), "the harness of a driver that does not revoke at once is one of UnreachedPhones"
        issued = driver.issue(vendor.site_id, order)
        vendor.lose_phones()

        driver.revoke(vendor.site_id, issued.id)

        seen = driver.read(vendor.site_id, issued.id)
        assert seen is not None
        assert (seen.revoked, seen.alive(vendor.now), seen.opens_until) == (True, False, order.window.end)
        assert _opens_at(vendor, order, order.window.start) is True
        vendor.reach_phones()
        heard = driver.read(vendor.site_id, issued.id)
        assert (heard is None or heard.opens_until is None, _opens_at(vendor, order, order.window.start)) == (True, False)

    # F34: one person, two bookings

    @pytest.mark.parametrize("second", SECOND_WINDOWS)
    @pytest.mark.parametrize("goes", [0, 1], ids=["first_goes", "second_goes"])
    def test_f34_taking_one_back_leaves_the_time_of_the_other(self, vendor: Vendor, second: str, goes: int) -> None:
        driver, first = plain_driver(vendor), an_order(vendor)
        _needs(driver.capabilities.holds_two, "one person holds one key for a door")
        start, end = SECOND_WINDOWS[second]
        orders = (first, _other(first, start=start, end=end))
        issued = [driver.issue(vendor.site_id, order) for order in orders]

        driver.revoke(vendor.site_id, issued[goes].id)

        stays = orders[1 - goes]
        listing = driver.listing(vendor.site_id, known=frozenset({issued[1 - goes].id}), now=vendor.now)
        alive = [key for key in listing.keys if key.alive(vendor.now)]
        assert (listing.complete, [is_the_order(key, stays) for key in alive]) == (True, [True])
        instants = [first.window.start + n * HALF_AN_HOUR for n in range(-2, 8)]
        assert [at for at in instants if _opens_at(vendor, stays, at)] == [at for at in instants if at in stays.window]

    def test_f34_key_of_somebody_else_stays(self, vendor: Vendor) -> None:
        driver, mine = plain_driver(vendor), an_order(vendor)
        theirs = replace(_other(mine, start=0, end=0), phone=a_phone(1))
        issued = driver.issue(vendor.site_id, mine)
        driver.issue(vendor.site_id, theirs)

        driver.revoke(vendor.site_id, issued.id)

        assert [_opens_at(vendor, order, mine.window.start) for order in (mine, theirs)] == [False, True]

    # F41: doors that hold so many keys

    def test_f41_full_doors_are_named_and_nobody_is_evicted(self, vendor: Vendor) -> None:
        driver, orders = _filled(vendor)
        vendor.move_to(orders[0].window.start + HALF_AN_HOUR)  # type: ignore[attr-defined] # `_filled` proved it to be a LimitedVendor

        with pytest.raises(LockRefused) as refused:
            driver.issue(vendor.site_id, replace(orders[0], marker="EL-00000000ZZ", label="Aare · EL-00000000ZZ", phone=a_phone(99)))

        listing = driver.listing(vendor.site_id, known=frozenset(), now=vendor.now)
        assert (refused.value.full, {key.marker for key in listing.keys}) == (orders[0].doors, {order.marker for order in orders})
        assert _opens_at(vendor, orders[0], vendor.now) is True

    def test_f41_expired_keys_of_ours_make_room_and_no_others(self, vendor: Vendor) -> None:
        driver, orders = _filled(vendor)
        vendor.move_to(orders[0].window.end)  # type: ignore[attr-defined] # `_filled` proved it to be a LimitedVendor
        later = replace(an_order(vendor, marker="EL-00000000ZZ"), phone=a_phone(99))

        driver.issue(vendor.site_id, later)

        listing = driver.listing(vendor.site_id, known=frozenset(), now=vendor.now)
        alive = {key.marker for key in listing.keys if key.alive(vendor.now)}
        assert alive == {later.marker, *(order.marker for order in orders[1:])}


def _needs(claimed: bool, otherwise: str) -> None:
    if not claimed:
        pytest.skip(f"this driver says: {otherwise}")


def _amending(driver: LockDriver) -> AmendingDriver:
    _needs(driver.capabilities.amends, "keys cannot be changed in place")
    assert isinstance(driver, AmendingDriver), "a driver that says so has the method `amend`"
    return driver


def _filled(vendor: Vendor) -> tuple[LockDriver, list[KeyOrder]]:
    """All slots of the doors taken by people of ours, one after the other."""
    driver = plain_driver(vendor)
    _needs(driver.capabilities.slots_limited, "a door holds as many keys as anybody wants")
    assert isinstance(vendor, LimitedVendor), "the harness of a driver with limited slots is a LimitedVendor"
    first = an_order(vendor)
    orders = [replace(_other(first, start=90 * n, end=90 * n, marker=f"EL-{n:010}"), phone=a_phone(n)) for n in range(vendor.slots)]
    for order in orders:
        driver.issue(vendor.site_id, order)
    return driver, orders


def _other(order: KeyOrder, *, start: int, end: int, marker: str = "EL-0000000002") -> KeyOrder:
    """Another booking of the same person, so many minutes later."""
    window = Window(order.window.start + timedelta(minutes=start), order.window.end + timedelta(minutes=end))
    return replace(order, marker=marker, label=f"Seminarraum Aare · {marker}", window=window)


def _opens_at(vendor: Vendor, order: KeyOrder, at: datetime) -> bool:
    """All doors of the order or none: anything between the two is a mistake in itself."""
    lights = {vendor.opens(order.phone, door, at) for door in order.doors}
    assert len(lights) == 1, "some doors of a key open and others do not"
    return lights.pop()


def _clock_change(zone: ZoneInfo, *, after: datetime, by: timedelta) -> datetime:
    """The next instant at which the clocks of the zone are put on or back by so much."""
    hours = (after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(24, 24 * 800))
    offsets = ((hour, hour.astimezone(zone).utcoffset(), (hour - timedelta(hours=1)).astimezone(zone).utcoffset()) for hour in hours)
    change = next((hour for hour, now, before in offsets if now is not None and before is not None and now - before == by), None)
    if change is None:
        pytest.skip("the clocks of this site do not change")
    return change


def _around(change: datetime) -> list[datetime]:
    return [change + timedelta(minutes=15 * n) for n in range(-16, 17)]


def _opened(vendor: Vendor, order: KeyOrder, *, around: datetime) -> list[datetime]:
    return [at for at in _around(around) if vendor.opens(order.phone, vendor.doors[0], at)]
