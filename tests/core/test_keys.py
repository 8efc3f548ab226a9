# SPDX-License-Identifier: Apache-2.0
"""The key plan: a table of single decisions, and a vendor in memory that lies at random until it stops, then the plan must converge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from einlass.core.bookings import Status
from einlass.core.capabilities import PLAIN, Capabilities
from einlass.core.grants import Grant, digest_of
from einlass.core.key_steps import Abandon, Adopt, Amend, Expire, Issue, Listen, Observe, ReadBack, Reopen, Revoke, Settled, TakeIn, Wait
from einlass.core.keys import (
    LIST_LAG,
    LISTEN_AGAIN,
    READ_LAG,
    HeldKey,
    KeyState,
    Listing,
    SeenKey,
    differences,
    opens_and_has_to_go,
    plan,
    retry_at,
    urgency,
)
from einlass.core.windows import Window

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PHONE = "+41780000001"


def window(start_hours: float, hours: float = 2) -> Window:
    start = NOW + timedelta(hours=start_hours)
    return Window(start, start + timedelta(hours=hours))


def grant(start_hours: float = 24, *, phone: str = PHONE, doors: Sequence[str] = ("d1", "d2"), hours: float = 2) -> Grant:
    return Grant(lock_system=1, site_id="s", phone=phone, doors=frozenset(doors), window=window(start_hours, hours))


def key(of: Grant, state: KeyState, *, number: int = 1, sent: datetime | None = None, drifted: str = "") -> HeldKey:
    vendor_id = "" if state in {KeyState.WANTED, KeyState.SENDING, KeyState.ABANDONED} else f"v{number}"
    return HeldKey(
        number,
        f"EL-{number}",
        vendor_id,
        of.lock_system,
        of.site_id,
        of.phone,
        of.doors,
        of.window,
        state,
        1,
        sent or NOW - READ_LAG,
        drifted,
    )


def seen(of: HeldKey, vendor_id: str = "v1", *, revoked: bool = False) -> SeenKey:
    return SeenKey(vendor_id, of.marker, f"Raum · {of.marker}", of.phone, of.doors, of.window, revoked, False)


def listing(*keys: SeenKey, complete: bool = True, at: datetime = NOW) -> Listing:
    return Listing(keys, complete, at)


TOMORROW = grant()
LATER = grant(48)
RUNNING = grant(-1, hours=2)
PROLONGED = grant(-1, hours=4)
live = key(TOMORROW, KeyState.LIVE)
sending = key(TOMORROW, KeyState.SENDING)
gone = replace(key(TOMORROW, KeyState.GONE), closed_at=NOW - LIST_LAG)


@pytest.mark.parametrize(
    ("wanted", "keys", "observed", "step"),
    [
        (None, [], None, Settled()),
        (TOMORROW, [], None, Issue(TOMORROW, None)),
        (TOMORROW, [key(TOMORROW, KeyState.WANTED)], None, Issue(TOMORROW, key(TOMORROW, KeyState.WANTED))),
        (TOMORROW, [key(TOMORROW, KeyState.ISSUED)], None, ReadBack(key(TOMORROW, KeyState.ISSUED))),
        (TOMORROW, [live], None, Settled()),
        # cancelled
        (None, [live], None, Revoke(live, "no_grant")),
        (None, [key(TOMORROW, KeyState.WANTED)], None, Abandon(key(TOMORROW, KeyState.WANTED), "not_sent")),
        (None, [key(TOMORROW, KeyState.REVOKING)], None, Revoke(key(TOMORROW, KeyState.REVOKING), "no_grant")),
        # moved: revoke first
        (LATER, [live], None, Revoke(live, "replaced")),
        (LATER, [], None, Issue(LATER, None)),
        # F31: cancelled while nobody knows whether it was made
        (None, [sending], None, Observe(sending)),
        (None, [sending], listing(seen(sending)), Adopt(sending, seen(sending))),
        (None, [sending], listing(), Abandon(sending, "absent")),
        # unknown is not absent
        (TOMORROW, [sending], None, Observe(sending)),
        (TOMORROW, [sending], listing(complete=False), Wait(NOW + READ_LAG, "outcome_unknown")),
        (TOMORROW, [sending], listing(seen(sending), complete=False), Adopt(sending, seen(sending))),
        (TOMORROW, [key(TOMORROW, KeyState.SENDING, sent=NOW)], listing(), Wait(NOW + READ_LAG, "outcome_unknown")),
        # F04: given up, then applied late
        (TOMORROW, [key(TOMORROW, KeyState.ABANDONED)], listing(seen(live)), Adopt(key(TOMORROW, KeyState.ABANDONED), seen(live))),
        (None, [key(TOMORROW, KeyState.ABANDONED)], None, Settled()),
        # F10: two with one marker
        (TOMORROW, [live], listing(seen(live), seen(live, "v9")), TakeIn(live, seen(live, "v9"))),
        (TOMORROW, [live, key(TOMORROW, KeyState.ISSUED, number=2)], None, Revoke(key(TOMORROW, KeyState.ISSUED, number=2), "duplicate")),
        # closed, and there all the same: once a list no longer lags
        (TOMORROW, [gone], listing(seen(gone)), Reopen(gone, seen(gone))),
        (None, [gone], listing(seen(gone), complete=False), Reopen(gone, seen(gone))),
        (None, [replace(gone, closed_at=NOW)], listing(seen(gone)), Settled()),
        (None, [gone], listing(seen(gone, revoked=True)), Settled()),
        # a dead one with our marker is nothing
        (TOMORROW, [sending], listing(seen(sending, revoked=True)), Abandon(sending, "absent")),
        # F13: somebody widened it
        (
            TOMORROW,
            [key(TOMORROW, KeyState.LIVE, drifted="doors")],
            None,
            Revoke(key(TOMORROW, KeyState.LIVE, drifted="doors"), "drifted"),
        ),
        # I7: a guest who may be inside
        (PROLONGED, [key(RUNNING, KeyState.LIVE)], None, Issue(PROLONGED, None)),
        (
            PROLONGED,
            [key(RUNNING, KeyState.LIVE), key(PROLONGED, KeyState.ISSUED, number=2)],
            None,
            ReadBack(key(PROLONGED, KeyState.ISSUED, number=2)),
        ),
        (
            PROLONGED,
            [key(RUNNING, KeyState.LIVE), key(PROLONGED, KeyState.LIVE, number=2)],
            None,
            Revoke(key(RUNNING, KeyState.LIVE), "replaced"),
        ),
        # F30: running, moved away
        (LATER, [key(RUNNING, KeyState.LIVE)], None, Revoke(key(RUNNING, KeyState.LIVE), "replaced")),
        # F24: another phone while running
        (
            replace(RUNNING, phone="+41780000002"),
            [key(RUNNING, KeyState.LIVE)],
            None,
            Revoke(key(RUNNING, KeyState.LIVE), "replaced"),
        ),
        # over
        (grant(-5), [key(grant(-5), KeyState.LIVE)], None, Expire(key(grant(-5), KeyState.LIVE))),
        (grant(-5), [key(grant(-5), KeyState.SENDING)], None, Expire(key(grant(-5), KeyState.SENDING))),
        (grant(-5), [], None, Settled()),
    ],
)
def test_plan_decides_one_step(wanted: Grant | None, keys: list[HeldKey], observed: Listing | None, step: object) -> None:
    assert plan(wanted, keys, listings=[observed] if observed else [], now=NOW) == step


AMENDS, ONE_EACH = Capabilities(amends=True), Capabilities(holds_two=False)
live_now = key(RUNNING, KeyState.LIVE)
other_phone = replace(RUNNING, phone="+41780000002")
half_changed = replace(live_now, state=KeyState.AMENDING, window=PROLONGED.window)


@pytest.mark.parametrize(
    ("can", "wanted", "keys", "step"),
    [
        # F29: changed where it is, while it runs and before, and finished where nobody knows whether it was
        (AMENDS, PROLONGED, [live_now], Amend(live_now, PROLONGED)),
        (AMENDS, LATER, [live], Amend(live, LATER)),
        (AMENDS, LATER, [live_now], Amend(live_now, LATER)),
        (AMENDS, grant(doors=["d1"]), [live], Amend(live, grant(doors=["d1"]))),
        (AMENDS, PROLONGED, [half_changed], Amend(half_changed, PROLONGED)),
        (AMENDS, RUNNING, [half_changed], Amend(half_changed, RUNNING)),
        (AMENDS, LATER, [key(TOMORROW, KeyState.ISSUED)], Amend(key(TOMORROW, KeyState.ISSUED), LATER)),
        (
            AMENDS,
            PROLONGED,
            [live_now, key(PROLONGED, KeyState.WANTED, number=2)],
            Abandon(key(PROLONGED, KeyState.WANTED, number=2), "not_sent"),
        ),
        (AMENDS, TOMORROW, [key(TOMORROW, KeyState.ISSUED)], ReadBack(key(TOMORROW, KeyState.ISSUED))),
        (AMENDS, TOMORROW, [live], Settled()),
        # only what is right so far, of the same phone, at the same place
        (AMENDS, None, [half_changed], Revoke(half_changed, "no_grant")),
        (AMENDS, other_phone, [live_now], Revoke(live_now, "replaced")),
        (AMENDS, replace(LATER, site_id="t"), [live], Revoke(live, "replaced")),
        (AMENDS, LATER, [replace(live, drifted="doors")], Revoke(replace(live, drifted="doors"), "drifted")),
        (AMENDS, PROLONGED, [replace(live_now, drifted="reissued")], Issue(PROLONGED, None)),
        (AMENDS, LATER, [sending], Observe(sending)),
        # without, a key is replaced; with room for one only, the old one goes first
        (PLAIN, PROLONGED, [live_now], Issue(PROLONGED, None)),
        (PLAIN, PROLONGED, [half_changed], Issue(PROLONGED, None)),
        (ONE_EACH, PROLONGED, [live_now], Revoke(live_now, "replaced")),
        (ONE_EACH, PROLONGED, [], Issue(PROLONGED, None)),
        (replace(ONE_EACH, amends=True), PROLONGED, [live_now], Amend(live_now, PROLONGED)),
        (
            replace(ONE_EACH, amends=True),
            PROLONGED,
            [replace(live_now, drifted="reissued")],
            Revoke(replace(live_now, drifted="reissued"), "reissued"),
        ),
    ],
)
def test_plan_heeds_what_keys_can_do(can: Capabilities, wanted: Grant | None, keys: list[HeldKey], step: object) -> None:
    assert plan(wanted, keys, now=NOW, can=can) == step


@pytest.mark.parametrize(
    ("until", "read", "off", "step"),
    [
        (1, 0, (), Settled()),
        (1, -5, (), "listen"),
        (1, -5, ((1, "s"),), Settled()),
        (0, -5, (), Settled()),
        (None, -5, (), Settled()),
    ],
)
def test_f33_key_that_was_taken_back_is_asked_for_until_the_phone_has_heard(
    until: int | None, read: int, off: tuple[tuple[int, str], ...], step: object
) -> None:
    gone = replace(
        key(RUNNING, KeyState.REVOKED),
        opens_until=None if until is None else NOW + timedelta(minutes=until),
        read_at=NOW + read * LISTEN_AGAIN / 5,
    )

    assert plan(None, [gone], now=NOW, off=off) == (Listen(gone) if step == "listen" else step)
    # What the booking ought to have does not wait for a phone.
    assert plan(TOMORROW, [gone], now=NOW, off=off) == Issue(TOMORROW, None)


@pytest.mark.parametrize("wanted", [TOMORROW, replace(TOMORROW, site_id="t")])
def test_place_that_is_not_asked_holds_up_nothing(wanted: Grant) -> None:
    here = sending.place

    assert plan(wanted, [sending], now=NOW) == Observe(sending)
    assert plan(wanted, [sending], now=NOW, off=[here]) == Issue(wanted, None)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, ()),
        ({"revoked": True}, ("revoked",)),
        ({"expired": True}, ("expired",)),
        ({"doors": frozenset({"d1"})}, ("doors",)),
        ({"phone": ""}, ("phone",)),
        ({"window": None}, ("window",)),
        ({"window": window(25), "doors": frozenset({"d1", "d2", "d3"})}, ("doors", "window")),
    ],
)
def test_differences_are_named(change: dict[str, object], named: tuple[str, ...]) -> None:
    assert differences(live, replace(seen(live), **change)) == named  # type: ignore[arg-type] # a table of any field


def test_digest_changes_with_everything_that_needs_another_key() -> None:
    others = [
        None,
        LATER,
        grant(doors=["d1"]),
        grant(phone="+41780000002"),
        replace(TOMORROW, site_id="t"),
        replace(TOMORROW, lock_system=2),
        grant(hours=3),
    ]
    assert digest_of(grant(doors=["d2", "d1"])) == digest_of(TOMORROW)
    assert len({digest_of(TOMORROW), *(digest_of(other) for other in others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("wanted", "held", "first"),
    [
        (None, [live_now], True),
        (LATER, [live_now], True),
        (other_phone, [live_now], True),
        (RUNNING, [replace(live_now, drifted="doors")], True),
        (None, [half_changed], True),
        (None, [key(RUNNING, KeyState.REVOKING)], True),
        # the guest inside stays longer, or has what he ought to
        (PROLONGED, [live_now], False),
        (RUNNING, [live_now], False),
        # it opens nothing now, or may not even exist
        (None, [live], False),
        (None, [key(RUNNING, KeyState.SENDING), key(RUNNING, KeyState.REVOKED, number=2)], False),
        (None, [], False),
    ],
)
def test_key_that_opens_now_and_has_to_go_is_known(wanted: Grant | None, held: list[HeldKey], first: bool) -> None:
    assert opens_and_has_to_go(wanted, held, now=NOW) is first


@pytest.mark.parametrize(
    ("attempts", "hours", "seconds"),
    [(1, 1, 2), (2, 1, 4), (4, 1, 16), (5, 1, 30), (50, 24, 30), (5, 25, 32), (9, 25, 512), (10, 25, 900), (50, 25, 900)],
)
def test_retry_pauses_grow_to_half_a_minute_when_near_and_a_quarter_hour_when_far(attempts: int, hours: int, seconds: int) -> None:
    start = NOW + timedelta(hours=hours)
    assert retry_at(attempts=attempts, start=start, now=NOW, jitter=0) == NOW + timedelta(seconds=seconds)
    assert retry_at(attempts=attempts, start=start, now=NOW, jitter=1) == NOW + timedelta(seconds=seconds * 0.75)


@pytest.mark.parametrize(
    ("status", "hours", "expected"),
    [
        (Status.CANCELLED, -0.5, 1),
        (Status.CANCELLED, 1, 1),
        (Status.CANCELLED, 1.1, 3),
        (Status.CANCELLED, 200, 6),
        (Status.CONFIRMED, 0.5, 2),
        (Status.CONFIRMED, 2, 3),
        (Status.CONFIRMED, 24, 4),
        (Status.CONFIRMED, 168, 5),
        (Status.CONFIRMED, 169, 6),
    ],
)
def test_urgency_puts_taking_back_what_opens_now_first(status: Status, hours: float, expected: int) -> None:
    start = NOW + timedelta(hours=hours)
    assert urgency(start=start, end=start + timedelta(hours=1), status=status, now=NOW) == expected
