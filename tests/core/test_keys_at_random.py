# SPDX-License-Identifier: Apache-2.0
"""The key plan against a vendor in memory that lies at random until it stops: then the plan must converge. Single decisions are in
`test_keys.py`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.test_keys import AMENDS, LATER, NOW, ONE_EACH, PROLONGED, RUNNING, TOMORROW, grant, key, listing

from einlass.core.capabilities import PLAIN, Capabilities
from einlass.core.grants import Grant
from einlass.core.key_steps import Abandon, Adopt, Amend, Expire, Issue, Observe, ReadBack, Reopen, Revoke, Settled, TakeIn, Wait
from einlass.core.keys import AT_VENDOR, OPEN, HeldKey, KeyState, Listing, SeenKey, plan
from einlass.core.windows import Window


@dataclass
class Vendor:
    """Keys in memory, and the rows that a worker would keep. Each call may go wrong in one of the ways that a network has."""

    rows: dict[int, HeldKey] = field(default_factory=dict)
    keys: dict[str, SeenKey] = field(default_factory=dict)
    late: list[SeenKey] = field(default_factory=list)
    observed: Listing | None = None
    now: datetime = NOW
    can: Capabilities = PLAIN
    most_alive: int = 0

    def put(self, row: HeldKey, **changes: object) -> HeldKey:
        self.rows[row.id] = replace(row, **changes)  # type: ignore[arg-type] # any field of the row
        return self.rows[row.id]

    def alive(self) -> list[SeenKey]:
        return [k for k in self.keys.values() if k.alive(self.now)]

    def work(self, wanted: Grant | None, fault: str) -> bool:  # noqa: C901 - one case for each step there is
        """One step; True when there is nothing more to do now."""
        step = plan(wanted, list(self.rows.values()), listings=[self.observed] if self.observed else [], now=self.now, can=self.can)
        match step:
            case Settled():
                return True
            case Wait(until, _):
                self.now, self.observed = until, None
            case Expire(k):
                self.put(k, state=KeyState.EXPIRED)
            case Abandon(k, _):
                assert not any(s.marker == k.marker for s in self.alive() if self.observed and s in self.observed.keys)
                self.put(k, state=KeyState.ABANDONED)
            case Adopt(k, s):
                self.put(k, vendor_id=s.id, state=KeyState.ISSUED)
            case Reopen(k, s):
                self.put(k, state=KeyState.ISSUED, closed_at=None)
            case TakeIn(like, s):
                number = len(self.rows) + 1
                self.rows[number] = replace(like, id=number, vendor_id=s.id, state=KeyState.ISSUED, drifted="doubled")
            case Observe(_):
                keys = tuple(self.keys.values())
                cut = fault == "incomplete"
                self.observed = Listing(keys[: len(keys) // 2] if cut else keys, not cut, self.now)
            case ReadBack(k):
                self.put(k, state=KeyState.LIVE)
            case Amend(k, g):
                self.amend(k, g, fault)
            case Revoke(k, _):
                self.revoke(k, wanted, fault)
            case Issue(g, row):
                self.issue(g, row, fault)
        self.most_alive = max(self.most_alive, len(self.alive()))
        return False

    def issue(self, wanted: Grant, row: HeldKey | None, fault: str) -> None:
        number = len(self.rows) + 1
        new = row or HeldKey(number, f"EL-{number}", "", 1, "s", wanted.phone, wanted.doors, wanted.window, KeyState.WANTED, 1, None)
        new = self.put(new, state=KeyState.SENDING, sent_at=self.now)
        made = SeenKey(f"v{len(self.keys) + len(self.late) + 1}", new.marker, "", new.phone, new.doors, new.window, False, False)
        if fault == "late":
            self.late.append(made)
        elif fault != "never_applied":
            self.keys[made.id] = made
        if fault == "":
            self.put(new, vendor_id=made.id, state=KeyState.ISSUED)
        self.observed = None

    def amend(self, held: HeldKey, wanted: Grant, fault: str) -> None:
        both = Window(min(held.window.start, wanted.window.start), max(held.window.end, wanted.window.end))
        row = self.put(held, state=KeyState.AMENDING, doors=held.doors | wanted.doors, window=both)
        if fault != "never_applied":
            self.keys[row.vendor_id] = replace(self.keys[row.vendor_id], doors=wanted.doors, window=wanted.window)
        if fault == "":
            self.put(row, state=KeyState.ISSUED, doors=wanted.doors, window=wanted.window, sent_at=self.now)

    def revoke(self, held: HeldKey, wanted: Grant | None, fault: str) -> None:
        inside = wanted is not None and self.now in wanted.window and self.now in held.window and wanted.phone == held.phone
        if inside and held.state is not KeyState.REVOKING and not held.drifted and (self.can.amends or self.can.holds_two):
            others = [k for k in self.rows.values() if k.state is KeyState.LIVE and k.id != held.id and self.now in k.window]
            assert others, "I7: the only key of a guest inside is taken back"
        self.put(held, state=KeyState.REVOKING)
        if fault != "never_applied":
            self.keys[held.vendor_id] = replace(self.keys[held.vendor_id], revoked=True)
        if fault == "":
            self.put(held, state=KeyState.REVOKED)

    def sweep(self) -> None:
        """The late ones come to light, and a sweep gives them to the rows whose marker they carry."""
        for made in self.late:
            self.keys[made.id] = made
        self.late = []
        self.observed = Listing(tuple(self.keys.values()), True, self.now)


FAULTS = st.sampled_from(["", "", "lost", "never_applied", "late", "incomplete"])
WANTED = st.sampled_from([None, TOMORROW, LATER, RUNNING, PROLONGED, grant(doors=["d1"]), grant(phone="+41780000002")])


HISTORY = st.lists(st.tuples(WANTED, st.lists(FAULTS, max_size=6)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([PLAIN, AMENDS, ONE_EACH, replace(ONE_EACH, amends=True)]), HISTORY)
def test_whatever_goes_wrong_it_ends_in_exactly_the_key_of_the_grant(
    can: Capabilities, history: list[tuple[Grant | None, list[str]]]
) -> None:
    vendor = Vendor(can=can)
    for wanted, faults in history:
        vendor.observed = None
        for fault in faults:
            if vendor.work(wanted, fault):
                break
    final = history[-1][0]
    vendor.sweep()

    steps = 0
    while not vendor.work(final, ""):
        steps += 1
        assert steps < 60

    expected = final if final is not None and final.window.end > vendor.now else None
    alive = [(k.phone, k.doors, k.window) for k in vendor.alive()]
    assert alive == ([(expected.phone, expected.doors, expected.window)] if expected else [])
    assert [r.state for r in vendor.rows.values() if r.state in OPEN] == ([KeyState.LIVE] if expected else [])


@given(WANTED, st.lists(st.sampled_from(sorted(AT_VENDOR)), max_size=4), st.booleans())
def test_i11_nothing_incomplete_makes_the_plan_create_or_revoke(wanted: Grant | None, states: list[KeyState], known: bool) -> None:
    keys = [key(TOMORROW, state, number=n) for n, state in enumerate(states, 1)]
    partly = listing(complete=False) if known else None

    without = plan(wanted, keys, now=NOW)
    with_hint = plan(wanted, keys, listings=[partly] if partly else [], now=NOW)

    assert with_hint == without
