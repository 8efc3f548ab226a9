# SPDX-License-Identifier: Apache-2.0
"""Everything that can happen, mixed at random by Hypothesis; after each step and at rest the invariants hold. `make chaos` mixes more."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from tests import factories as make
from tests.chaos.promises import Promises, booking_of
from tests.chaos.seams import Seams, open_seams
from tests.conftest import NOW, Exivo, FakeClock
from tests.environment import DATABASE

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import Actor
from einlass.core.keys import AT_VENDOR
from einlass.models import Access, Booking, Branch, Key, Question, Service
from einlass.operations import access, claims, probes
from einlass.operations.answers import change_answer
from einlass.operations.bookings import Wish, book, cancel, complete_past, reschedule
from einlass.operations.brake import release_brake
from einlass.operations.key_sweep import sweep_site
from einlass.operations.keys import reconcile
from einlass.operations.reissue import reissue
from einlass.operations.settings import save

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
PHONES = {make.MOBILE: "078 123 45 67", make.OTHER_MOBILE: "079 000 11 22"}
MANY = os.environ.get("EINLASS_TEST_CHAOS") == "many"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(DATABASE == "postgres" and not MANY, reason="PostgreSQL has its turn with `make chaos`, where it runs much longer"),
]
RUNS, STEPS = (300, 50) if MANY else (40, 30)
# Rounds of a quarter of an hour, in which each pause ends once; the last of them finds nothing to do.
MOST_ROUNDS = 8

VENDOR_FAULTS: dict[str, dict[str, Any]] = {
    "lost before it happens": {"kind": "reset_before"},
    "key not made, no answer": {"kind": "reset_before", "call": "create"},
    "key made, answer lost": {"kind": "reset_after", "call": "create"},
    "key made, gateway fails": {"kind": "status_after", "call": "create", "status": 502},
    "taken back, answer lost": {"kind": "reset_after", "call": "revoke"},
    "unavailable": {"kind": "status", "status": 503},
    "no key to be read": {"kind": "status", "call": "read", "status": 503},
    "throttled": {"kind": "throttle", "retry_after": 30},
    "a web page": {"kind": "html"},
    "made in part": {"kind": "half_key", "call": "create"},
    "made twice": {"kind": "duplicate", "call": "create"},
    "made later": {"kind": "late", "call": "create", "seconds": 5, "status": 504},
    "taken back later": {"kind": "late", "call": "revoke", "seconds": 5, "status": 504},
    "taken back in words": {"kind": "revoke_ignored", "call": "revoke"},
    "list cut short": {"kind": "truncated_page", "call": "list", "items": 1},
    "list empty": {"kind": "empty_list", "call": "list"},
    "old state": {"kind": "stale_read", "seconds": 20},
}
which = st.integers(0, 4)
# 0 keeps the start: then it is prolonged or shortened, perhaps while it runs.
half_hours = st.sampled_from([0, 1, 2, 3, 5, 8, 50, 60])
durations = st.sampled_from([60, 120])
WISHES = ("book", "move", "cancel", "phone", "new key")
wishes = st.sampled_from(WISHES)
phones = st.sampled_from(sorted(PHONES))


class Machine(RuleBasedStateMachine):
    """One house, two rooms, two phones, one vendor. A step that the product refuses (a time that is taken) changes nothing."""

    def __init__(self, exivo: Exivo, clock: FakeClock) -> None:
        super().__init__()
        self.exivo, self.clock = exivo, clock
        clock.now = NOW
        exivo.ask("POST", "/control/reset", {})
        forget_everything()
        self.service = make_house()
        self.promises = Promises(exivo, clock)
        self.seams = Seams(clock, watch=self.promises.at_request)
        self.settled_after = 0
        self._opened = open_seams(self.seams)
        self._opened.__enter__()

    # People

    @initialize(first=half_hours, second=half_hours)
    def open_the_house(self, first: int, second: int) -> None:
        self.ask("book", 0, half_hours=first, phone=make.MOBILE)
        self.ask("book", 0, half_hours=second, phone=make.OTHER_MOBILE, duration=120)
        self.work()

    @rule(what=wishes, which=which, half_hours=half_hours, phone=phones, duration=durations, work=st.booleans())
    def somebody_asks(self, what: str, which: int, half_hours: int, phone: str, duration: int, *, work: bool) -> None:
        """For a booking, another time, to be let off, for another number, another key; a worker is at it at once or later."""
        self.ask(what, which, half_hours=half_hours, phone=phone, duration=duration)
        if work:
            self.work()

    @rule(doors=st.sets(st.sampled_from([make.MEETING, make.CONSULTING])), cloakroom=st.sampled_from(["none", "always"]))
    def somebody_chooses_doors(self, doors: set[str], cloakroom: str) -> None:
        part = {"key": "bern", "doors": [{"component": make.CLOAKROOM, "use": cloakroom}]}
        self.set_up({"services": [{"key": "seminar", "doors": sorted(doors)}]}, subject="services.seminar")
        self.set_up({"branches": [part]}, subject="branches.bern")

    # Workers

    @rule(seconds=st.sampled_from([1, 4, 31, 91, 601, 3600]), sweep=st.booleans())
    def time_passes(self, seconds: int, *, sweep: bool) -> None:
        self.clock.forward(seconds=seconds)
        self.minute()
        if sweep:
            self.sweep()
        self.work()

    @rule(at=st.integers(0, 11), of=st.sampled_from(["call", "write"]), who=st.sampled_from(["worker", "sweep", "web"]), what=wishes)
    def process_dies(self, at: int, of: str, who: str, what: str) -> None:
        """At any call and at any write, of a worker, of a sweep, or of the web while somebody asks for something."""
        doing: dict[str, Callable[[], None]] = {"worker": self.work, "sweep": self.sweep, "web": lambda: self.ask(what, at)}
        with self.seams.process(), self.seams.cut(at=at, of=of, do=self.seams.die):
            doing[who]()

    @rule(at=st.sampled_from([1, 3, 5, 7]), wish=wishes, which=which)
    def worker_sleeps_past_its_lease(self, at: int, wish: str, which: int) -> None:
        """It wakes up with an old claim when another one has done the work (F22). Not between its last look at the lease and the request,
        where nothing of ours could hold it back."""
        first = self.something_to_do(wish, which)
        if first is None:
            return

        def overtaken() -> None:
            self.clock.forward(seconds=31)
            reconcile(first, clock=self.clock)

        # Its own clock tells it that it slept; here nobody really did.
        with pytest.MonkeyPatch.context() as patch, self.seams.cut(at=at, of="call", do=overtaken):
            patch.setattr(claims, "RENEW_AFTER_SECONDS", 0.0)
            reconcile(first, clock=self.clock)

    @rule(at=st.integers(0, 7), what=st.sampled_from([*WISHES, "sweep", "worker"]), half_hours=half_hours, wish=wishes, which=which)
    def something_comes_between(self, at: int, what: str, half_hours: int, wish: str, which: int) -> None:
        """A person, the sweep or another worker is quicker than the worker, who is at a call (F22, F28, F31)."""
        first = self.something_to_do(wish, which)
        if first is None:
            return
        place = self.pks().index(first)

        def first_of_all() -> None:
            if what == "sweep":
                self.sweep()
            elif what == "worker":
                reconcile(first, clock=self.clock)
            else:
                self.ask(what, place, half_hours=half_hours, phone=make.OTHER_MOBILE)

        with self.seams.cut(at=at, of="call", do=first_of_all):
            reconcile(first, clock=self.clock)

    # The vendor, and who else is at it

    @precondition(lambda self: self.ours_alive())
    @rule(which=which, how=st.sampled_from(["delete", "widen", "shorten", "take back", "other phone", "double"]))
    def somebody_meddles(self, which: int, how: str) -> None:
        ours = self.ours_alive()
        key = ours[which % len(ours)]
        self.promises.meddled.add(key["id"])
        address = f"/control/keys/{key['id']}"
        match how:
            case "delete":
                self.exivo.ask("DELETE", address)
            case "widen":
                self.exivo.ask("PATCH", address, {"components": [*key["components"], make.WC, make.GURTEN]})
            case "shorten":
                self.exivo.ask("PATCH", address, {"validFrom": _z(_half(key))})
            case "take back":
                self.exivo.ask("PATCH", address, {"revoked": True})
            case "other phone":
                self.exivo.ask("PATCH", address, {"phone": "+41791112233"})
            case "double":
                self.promises.extra += 1
                copy = {name: key[name] for name in ("validFrom", "validTo", "components", "name")}
                self.exivo.ask("POST", "/control/keys", copy | {"phone": key["publicRegistrationId"], "site": make.BERN})

    @rule(phone=phones, marked=st.booleans())
    def somebody_makes_a_key(self, phone: str, *, marked: bool) -> None:
        """For the same phone and door; also one with a mark like ours, which no row knows."""
        until = self.clock.now + timedelta(days=1)
        body = {"validFrom": _z(self.clock.now), "validTo": _z(until), "components": [make.AARE], "phone": phone, "site": make.BERN}
        name = f"Seminarraum · EL-{len(self.promises.foreign):010}" if marked else "Hauswart"
        made = self.exivo.ask("POST", "/control/keys", body | {"name": name})
        self.promises.foreign[made["id"]] = made

    @rule(
        fault=st.sampled_from(sorted(VENDOR_FAULTS)),
        times=st.sampled_from([1, 2, 5]),
        after=st.sampled_from([0, 0, 1]),
        beside=st.sampled_from(["", "list empty", "list empty"]),
        wish=st.sampled_from([*WISHES, ""]),
        which=which,
        later=st.sampled_from([0, 4, 31, 31]),
    )
    def vendor_fails(self, *, fault: str, times: int, after: int, beside: str, wish: str, which: int, later: int) -> None:
        """In one way, and perhaps its lists lie as well, while somebody asks for something; a worker looks again a little later."""
        if fault == "made twice":
            self.promises.extra += times
        self.promises.lists_lie |= bool({fault, beside} & {"list empty", "old state"})
        lists = [{**VENDOR_FAULTS[beside], "times": 2}] if beside else []
        self.exivo.faults({**VENDOR_FAULTS[fault], "times": times, "after": after}, *lists)
        if wish:
            self.ask(wish, which, half_hours=5)
            self.work()
            self.clock.forward(seconds=later)
            self.work()

    @rule()
    def vendor_works(self) -> None:
        self.exivo.faults()

    # What holds

    @invariant()
    def promises_hold(self) -> None:
        self.promises.after_step()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.come_to_rest()
        finally:
            self._opened.__exit__(None, None, None)

    def come_to_rest(self) -> None:
        """The faults have stopped; a person answers what the product asks of him. Then everything is in order, and soon; also a key that
        somebody widened over there last of all."""
        self.exivo.faults()
        for key in self.ours_alive()[-1:]:
            self.promises.meddled.add(key["id"])
            self.exivo.ask("PATCH", f"/control/keys/{key['id']}", {"components": [*key["components"], make.WC, make.GURTEN]})
        for rounds in range(MOST_ROUNDS):
            self.clock.forward(minutes=16)
            self.minute()
            self.sweep()
            self.work()
            self.promises.after_step()
            unrest = self.promises.unrest()
            if not unrest and not self.due():
                self.promises.at_rest()
                event(f"at rest after round {rounds + 1}")
                return
            self._answer_as_staff()
        raise AssertionError("\n".join(["not at rest:", *unrest]))

    def _answer_as_staff(self) -> None:
        branch = Branch.objects.get()
        if branch.brake_since:
            release_brake(branch, actor=STAFF, now=self.clock.now)
        for booking in Booking.objects.filter(access__problem="changed_outside"):
            self.allowed(lambda booking=booking: reissue(booking, actor=STAFF, now=self.clock.now))  # type: ignore[misc] # of this one

    def something_to_do(self, wish: str, which: int) -> int | None:
        """The booking at which a worker is next, after somebody asked for something; the vendor works."""
        self.exivo.faults()
        self.ask(wish, which)
        return next(iter(self.due()), None)

    def work(self) -> None:
        for pk in self.due():
            reconcile(pk, clock=self.clock)

    def sweep(self) -> None:
        sweep_site(self.service.branch_id, clock=self.clock)

    def minute(self) -> None:
        access.find_forgotten(now=self.clock.now)
        access.hand_over_due(now=self.clock.now)
        complete_past(now=self.clock.now)
        probes.probe_lock_systems(now=self.clock.now)

    def ask(self, what: str, which: int, *, half_hours: int = 2, phone: str = make.MOBILE, duration: int = 60) -> None:
        """What the product refuses changes nothing."""
        now = self.clock.now
        start = now.replace(minute=0, second=0) + timedelta(minutes=30 * half_hours)
        if what == "book":
            wish = Wish(self.service, start, duration, {"last_name": "Baumann", "mobile": PHONES[phone]}, "de")
            self.allowed(lambda: self.promises.note(book(wish, actor=STAFF, now=now)))
        elif self.pks():
            booking, mobile = self.booking(which), Question.objects.get(key="mobile")
            kept = booking.start if not half_hours else start
            doing: dict[str, Callable[[], object]] = {
                "move": lambda: self.promises.note(reschedule(booking, start=kept, duration=duration, actor=STAFF, now=now)),
                "cancel": lambda: cancel(booking, actor=STAFF, now=now),
                "phone": lambda: change_answer(booking, mobile, PHONES[phone], actor=STAFF, now=now),
                "new key": lambda: reissue(booking, actor=STAFF, now=now),
            }
            self.allowed(doing[what])

    def pks(self) -> list[int]:
        return list(Booking.objects.order_by("pk").values_list("pk", flat=True))

    def booking(self, which: int) -> Booking:
        pks = self.pks()
        return booking_of(pks[which % len(pks)])

    def due(self) -> list[int]:
        """Whoever would be woken now, the most urgent first; a wake-up may come twice, so those that were handed over count too."""
        due = Access.objects.filter(next_check_at__lte=self.clock.now).exclude(lease_until__gt=self.clock.now)
        return list(due.order_by("urgency", "next_check_at", "pk").values_list("pk", flat=True))

    def ours_alive(self) -> list[dict[str, Any]]:
        """What is alive at the vendor and whole: half a key is the vendor's own doing."""
        ours = set(Key.objects.filter(state__in=[state.value for state in AT_VENDOR]).values_list("vendor_id", flat=True))
        return [key for key in self.exivo.live() if key["id"] in ours and "validTo" in key and "publicRegistrationId" in key]

    def allowed(self, do: Callable[[], object]) -> None:
        with suppress(Refusal):
            do()

    def set_up(self, part: dict[str, Any], *, subject: str) -> None:
        self.allowed(lambda: save(part, subject=subject, now=self.clock.now, actor=STAFF))


def make_house() -> Service:
    make.make_organisation()
    branch = make.make_branch(now=NOW, lock_system=make.make_lock_system())
    # Nobody is asked for an address: letters are not what is tried here, and writing them takes its time.
    Question.objects.bulk_create([Question(key="last_name", kind="text"), Question(key="mobile", kind="mobile", required=True)])
    rooms = [make.make_room(branch, "aare", doors=[make.AARE]), make.make_room(branch, "gurten", doors=[make.GURTEN])]
    return make.make_service(branch, rooms=rooms, doors=[make.CONSULTING])


def forget_everything() -> None:
    """Quicker than to flush every table of the project; what stands in ours is checked only at the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model in apps.get_app_config("einlass").get_models(include_auto_created=True):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")


def _half(key: dict[str, Any]) -> datetime:
    start, end = (datetime.fromisoformat(key[name]) for name in ("validFrom", "validTo"))
    return start + (end - start) / 2


def _z(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_whatever_happens_the_invariants_hold_and_every_key_comes_to_rest(exivo: Exivo, clock: FakeClock) -> None:
    # In CI the same runs each time, `make chaos` draws new ones and prints how to repeat one that fails.
    how = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        derandomize=not MANY,
        database=None,
        print_blob=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    machine = cast("type[Machine]", partial(Machine, exivo, clock))
    run_state_machine_as_test(machine, settings=how)
