# SPDX-License-Identifier: Apache-2.0
"""I1 to I12 as checks over two sights, before and after a step. Each gives a sentence for every violation, and none where all is well."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from tests import factories as make
from tests.faults.sight import Call, Sight, VendorKey

from einlass.core.access import AccessState
from einlass.core.grants import GRANTING, Admissible, admissible
from einlass.core.keys import OPEN, KeyState
from einlass.core.windows import Window
from einlass.locks.exivo.words import instant_of
from einlass.models import Door, Key
from einlass.queries.keys import access_of

Check = Callable[[Sight, Sight], Iterator[str]]
# Why a booking that keeps its status has no grant, where that may take a key back: no door of it may be opened (R5).
TAKES_BACK = frozenset({"", "door_forbidden", "phone_unusable"})
CONFIRMED_STATES = frozenset({AccessState.READY, AccessState.ACTIVE})


def i1_only_doors_that_may_be_granted(before: Sight, after: Sight) -> Iterator[str]:
    """What was forbidden before and after the step was so when it was asked for."""
    allowed = set(Door.objects.filter(allow_unknown=True).values_list("component", flat=True))
    for call in after.fresh:
        named = call.sent.get("components", []) if call.kind == "create" else [call.item] if call.kind == "unlock" else []
        for door in named:
            if all(_forbidden(door, call, sight, allowed=door in allowed) for sight in (before, after)):
                yield f"I1 a request ({call.kind}) names {door}, which may not be granted"


def _forbidden(door: str, call: Call, sight: Sight, *, allowed: bool) -> bool:
    site, kind = sight.components.get(door, (call.site, "removed"))
    return site != call.site or admissible(kind=kind, allow_unknown=allowed) != Admissible.YES


def i2_never_more_time_than_booked(before: Sight, after: Sight) -> Iterator[str]:
    for call in after.fresh:
        if call.kind != "create":
            continue
        row = after.row_of_marker(call.marker)
        start, end = instant_of(call.sent["validFrom"]), instant_of(call.sent["validTo"])
        if row is None or start is None or end is None:
            yield f"I2 a key was asked for that no row stands for: {call.marker}"
            continue
        allowed = [sight.window_of(row.booking_id) for sight in (before, after) if row.booking_id in sight.bookings]
        if not any(window.covers(Window(start, end)) for window in allowed):
            yield f"I2 {call.marker} was asked for from {start} to {end}, more than {allowed}"


def i3_at_rest_one_key_as_it_ought_to_be(before: Sight, after: Sight) -> Iterator[str]:
    for booking_id in after.bookings:
        grant = after.entitlement(booking_id).grant
        if grant is None or grant.window.end <= after.now:
            continue
        live = after.live(booking_id)
        if len(live) != 1:
            yield f"I3 booking {booking_id} has {len(live)} live keys at rest"
        for key in live:
            fits = (key.phone, key.window) == (grant.phone, grant.window) and grant.doors <= key.doors <= grant.doors | grant.missing
            if not fits:
                yield f"I3 the key of booking {booking_id} is not what it ought to be: {key}"


def i4_at_rest_none_without_a_grant(before: Sight, after: Sight) -> Iterator[str]:
    for booking_id in after.bookings:
        entitlement = after.entitlement(booking_id)
        over = after.window_of(booking_id).end <= after.now
        if over or (entitlement.grant is None and not entitlement.problem):
            for key in after.live(booking_id):
                yield f"I4 booking {booking_id} grants nothing and has a live key at rest: {key.id}"


def i5_foreign_keys_are_never_changed(before: Sight, after: Sight) -> Iterator[str]:
    foreign = before.foreign()
    now_there = {key.id: key for key in after.keys}
    for key_id, key in foreign.items():
        found = now_there.get(key_id)
        if found is None:
            yield f"I5 {key.name!r}, which is not ours, is gone"
        elif (found.phone, found.doors, found.window, found.revoked) != (key.phone, key.doors, key.window, key.revoked):
            yield f"I5 {key.name!r}, which is not ours, was changed"
    for call in after.fresh:
        if call.kind == "revoke" and call.item in foreign:
            yield f"I5 {foreign[call.item].name!r}, which is not ours, was to be revoked"


def i6_ready_means_read_back(before: Sight, after: Sight) -> Iterator[str]:
    read = {call.item for call in after.calls if call.kind == "visit" and call.status == 200}
    recorded = {call.key_id for call in after.audit if call.kind == "read" and call.outcome == "ok"}
    for booking_id, booking in after.bookings.items():
        if access_of(booking, now=after.now).state not in CONFIRMED_STATES:
            continue
        access = after.accesses[booking_id]
        live = [row for row in after.rows_of(booking_id) if row.state == KeyState.LIVE.value and not row.drifted]
        good = [row for row in live if row.vendor_id in read and row.pk in recorded and row.generation == access.generation]
        if booking.branch.lock_system is not None and booking.branch.lock_system.enabled and not good:
            yield f"I6 booking {booking_id} is called ready, but no key was read back at generation {access.generation}"


def i7_nobody_inside_loses_his_key(before: Sight, after: Sight) -> Iterator[str]:
    """Whenever a key that opens now goes although its booking still opens now, another one has been made before."""
    made: set[str] = {call.marker for call in after.calls[: len(after.calls) - len(after.fresh)] if _made(call)}
    for call in after.fresh:
        if _made(call):
            made.add(call.marker)
        row = next((row for row in after.rows if row.vendor_id == call.item), None)
        if call.kind != "revoke" or call.status != 204 or row is None or row.booking_id not in before.bookings:
            continue
        grant = after.entitlement(row.booking_id).grant
        if grant is None or after.now not in grant.window or row.phone != grant.phone or not _was_right(row, before):
            continue
        others = {key.marker for key in after.ours(row.booking_id) if key.id != row.vendor_id and key.opens(after.now)}
        if not others & made:
            yield f"I7 booking {row.booking_id} runs, and its key was taken back before there was another"


def _made(call: Call) -> bool:
    return call.kind == "create" and call.status == 200


def _was_right(row: Key, before: Sight) -> bool:
    """Whether the key opened and was as we made it: what somebody changed over there goes first, for safety."""
    key = before.key(row.vendor_id)
    return key is not None and key.opens(before.now) and not _differs(row, key)


def _differs(row: Key, key: VendorKey) -> bool:
    return (key.phone, key.doors, key.window) != (row.phone, frozenset(row.doors), Window(row.valid_from, row.valid_until))


def i8_nothing_unfinished_without_a_next_attempt(before: Sight, after: Sight) -> Iterator[str]:
    unfinished = {row.booking_id for row in after.rows if KeyState(row.state) in OPEN}
    troubled = {booking_id for booking_id, access in after.accesses.items() if access.problem and access.problem != "door_missing"}
    for booking_id in unfinished | troubled:
        access = after.accesses.get(booking_id)
        if access is None or access.next_check_at is None or not access.reason:
            yield f"I8 booking {booking_id} is unfinished and has no next attempt with a reason"


def i9_every_call_and_decision_has_its_row(before: Sight, after: Sight) -> Iterator[str]:
    rows = {row.vendor_id: row.pk for row in after.rows if row.vendor_id}
    written = Counter((call.kind, call.key_id) for call in after.audit)
    asked = Counter(after.row_of_marker(call.marker) for call in after.calls if call.kind == "create")
    for row, times in asked.items():
        if row is None or written["issue", row.pk] < times:
            yield f"I9 {times} creations of {row} without so many rows"
    for key_id, times in Counter(call.item for call in after.calls if call.kind == "revoke").items():
        if key_id in rows and written["revoke", rows[key_id]] < times:
            yield f"I9 {times} revocations of {key_id} without so many rows"
    lists = [call for call in after.calls if call.kind == "visits"]
    if lists and not any(call.kind == "list" for call in after.audit):
        yield "I9 the keys were listed without a row"
    yield from _decisions(after)


def _decisions(after: Sight) -> Iterator[str]:
    told = Counter((event.kind, event.data.get("marker", "")) for event in after.events)
    for row in after.rows:
        if KeyState(row.state) in OPEN:
            continue
        if row.closed_at is None or not row.closed_reason:
            yield f"I9 {row.marker} is closed without a time and a reason"
        kinds = {KeyState.REVOKED.value: "key.revoked", KeyState.GONE.value: "key.drifted"}
        if row.state in kinds and not told[kinds[row.state], row.marker]:
            yield f"I9 {row.marker} is {row.state}, and no event says so"


def i10_no_secret_and_no_whole_number(before: Sight, after: Sight) -> Iterator[str]:
    pair = base64.b64encode(f"{make.API_KEY}:{make.API_SECRET}".encode()).decode()
    phones = {booking.mobile for booking in after.bookings.values()} | {row.phone for row in after.rows} | {key.phone for key in after.keys}
    secrets = [make.API_SECRET, pair, *(phone[3:] for phone in phones if len(phone) > 8)]
    texts = [
        *after.lines,
        *(str(event.data) for event in after.events),
        *(call.detail for call in after.audit),
        *(access.problem_text for access in after.accesses.values()),
        *(system.state_detail for system in after.systems),
        *(branch.site_problem for branch in after.branches),
    ]
    for text in texts:
        if any(secret in text for secret in secrets):
            yield f"I10 a secret or a whole number stands in: {text[:60]}…"


def i11_nothing_unknown_revokes(before: Sight, after: Sight) -> Iterator[str]:
    for call in after.fresh:
        row = next((row for row in after.rows if row.vendor_id == call.item), None)
        if call.kind == "revoke" and row is not None and not any(_explained(row, sight) for sight in (before, after)):
            yield f"I11 {row.marker} was to be revoked, and nothing certain explains it"


def _explained(row: Key, sight: Sight) -> bool:
    """What may take a key back: its booking, a person, or the vendor's own copy being another than was asked for."""
    if row.booking_id not in sight.bookings:
        return False
    entitlement = sight.entitlement(row.booking_id)
    copy = sight.key(row.vendor_id)
    asked = any(event.kind == "key.reissue_asked" and event.booking_id == row.booking_id for event in sight.events)
    if entitlement.grant is None:
        by_booking = entitlement.problem in TAKES_BACK or sight.bookings[row.booking_id].facts().status not in GRANTING
    else:
        by_booking = not row.facts().serves(entitlement.grant) and not row.drifted
    doubled = len(sight.live(row.booking_id)) > 1 or sum(key.id != row.vendor_id for key in sight.live(row.booking_id)) > 0
    # F43: its time is over, and the vendor lets it open all the same.
    overdue = copy is not None and copy.live and row.valid_until <= sight.now
    return (
        by_booking or asked or doubled or overdue or row.lock_system.closing_since is not None or (copy is not None and _differs(row, copy))
    )


def i12_two_keys_only_while_replacing(before: Sight, after: Sight) -> Iterator[str]:
    """A key that the vendor doubled or applied late is its own doing until a sweep has found it; then its row stands for it."""
    for booking_id in after.bookings:
        ids = {row.vendor_id: row for row in after.rows_of(booking_id) if row.vendor_id}
        known = [ids[key.id] for key in after.live(booking_id) if key.id in ids]
        if len([row for row in known if row.drifted != "doubled"]) > 2:
            yield f"I12 booking {booking_id} has {len(known)} live keys"
        access = after.accesses.get(booking_id)
        due = access is not None and access.next_check_at is not None and access.next_check_at <= after.now + timedelta(minutes=15)
        if len(known) > 1 and not due:
            yield f"I12 booking {booking_id} has {len(known)} live keys, and none of them is being replaced"


ALWAYS: tuple[Check, ...] = (
    i1_only_doors_that_may_be_granted,
    i2_never_more_time_than_booked,
    i6_ready_means_read_back,
    i7_nobody_inside_loses_his_key,
    i8_nothing_unfinished_without_a_next_attempt,
    i9_every_call_and_decision_has_its_row,
    i10_no_secret_and_no_whole_number,
    i11_nothing_unknown_revokes,
    i12_two_keys_only_while_replacing,
)
# What somebody does over there changes foreign keys; what we do must not.
OF_OURS: tuple[Check, ...] = (i5_foreign_keys_are_never_changed,)
AT_REST: tuple[Check, ...] = (i3_at_rest_one_key_as_it_ought_to_be, i4_at_rest_none_without_a_grant)
