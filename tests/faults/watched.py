# SPDX-License-Identifier: Apache-2.0
"""A house under watch: the steps of a test (people, the clock, the worker, the vendor), and after each of them every invariant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.stdlib import ProcessorFormatter
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.faults import invariants
from tests.faults.sight import Sight, VendorKey, calls_of, look

from einlass.core.access import AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import GUEST, Actor
from einlass.jobs import work
from einlass.locks.exivo import driver
from einlass.models import Access, Booking, Key, Room, Service
from einlass.operations.answers import answers_digest, change_answers
from einlass.operations.bookings import cancel, reschedule
from einlass.operations.lock_systems import driver_of
from einlass.operations.reissue import reissue
from einlass.operations.settings import save
from einlass.operations.wakeups import OpeningWakeup, Wakeup
from einlass.queries.bookings import booking_by_reference
from einlass.queries.keys import AccessView, access_of

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
# More wake-ups than any honest test has at once: one that rings without end is a mistake.
MOST_WAKEUPS = 500


class Bell:
    """The engine of a test: keeps the wake-ups and rings those that are due, the most urgent first."""

    def __init__(self) -> None:
        self.waiting: list[Wakeup | OpeningWakeup] = []

    def enqueue(self, wakeup: Wakeup | OpeningWakeup) -> None:
        self.waiting.append(wakeup)

    def next(self, now: datetime) -> Wakeup | OpeningWakeup | None:
        ready = [each for each in self.waiting if isinstance(each, OpeningWakeup) or each.not_before is None or each.not_before <= now]
        first = min(ready, key=lambda each: 0 if isinstance(each, OpeningWakeup) else each.priority, default=None)
        if first is not None:
            self.waiting.remove(first)
        return first


class Watched:
    """Every method is a step or asks something. What is no method goes into `with house.step():`."""

    def __init__(self, service: Service, *, clock: FakeClock, exivo: Exivo, bell: Bell, log: pytest.LogCaptureFixture) -> None:
        self.service = service
        self.clock = clock
        self.exivo = exivo
        self.bell = bell
        self._log = log
        self._read_lines = 0
        self.seen: Sight = self._see(None)

    # Watching

    @contextmanager
    def step(self, *, by_others: bool = False) -> Iterator[None]:
        """Do anything, then judge. `by_others` for what people do in the vendor's app: foreign keys may change then."""
        yield
        self.judge(*invariants.ALWAYS, *(() if by_others else invariants.OF_OURS))

    def judge(self, *checks: invariants.Check) -> None:
        """Raises AssertionError with every violation."""
        before, self.seen = self.seen, self._see(self.seen)
        found = [sentence for check in checks for sentence in check(before, self.seen)]
        assert not found, "\n".join(found)

    def _see(self, last: Sight | None) -> Sight:
        ours = next(each for each in logging.getLogger().handlers if isinstance(each.formatter, ProcessorFormatter))
        records = self._log.records[self._read_lines :]
        self._read_lines = len(self._log.records)
        return look(self.exivo, now=self.clock.now, lines=[ours.format(record) for record in records], last=last)

    # What people do

    def book(
        self, *, hours: float = 24, duration: int = 120, actor: Actor = GUEST, service: Service | None = None, **told: object
    ) -> Booking:
        with self.step():
            return make.make_booking(service or self.service, now=self.clock.now, hours=hours, duration=duration, actor=actor, **told)

    def ready(self, *, hours: float = 24, duration: int = 120, **told: Any) -> Booking:
        """A booking whose key is there."""
        booking = self.book(hours=hours, duration=duration, **told)
        self.ring()
        assert self.state(booking) in invariants.CONFIRMED_STATES, self.view(booking)
        return booking

    def move(
        self,
        booking: Booking,
        *,
        start: datetime | None = None,
        duration: int | None = None,
        room: Room | None = None,
        actor: Actor = STAFF,
    ) -> Booking:
        with self.step():
            return reschedule(booking, start=start or booking.start, duration=duration, actor=actor, now=self.clock.now, room=room)

    def cancel(self, booking: Booking, *, actor: Actor = STAFF) -> None:
        with self.step():
            cancel(booking, actor=actor, now=self.clock.now)

    def change_phone(self, booking: Booking, mobile: str, *, actor: Actor = STAFF) -> None:
        with self.step():
            booking = Booking.objects.get(pk=booking.pk)
            told = booking.answers | {"mobile": mobile}
            change_answers(booking, told, actor=actor, now=self.clock.now, seen=answers_digest(booking))

    def reissue(self, booking: Booking, *, actor: Actor = STAFF) -> None:
        with self.step():
            reissue(booking, actor=actor, now=self.clock.now)

    def use_doors(self, **uses: str) -> None:
        """Choose what components of the branch are for: their names of `factories` in lower case, such as `wc="none"`."""
        doors = [{"component": getattr(make, name.upper()), "use": use} for name, use in uses.items()]
        self.change_branch(doors=doors)

    def change_branch(self, **values: Any) -> None:
        key = self.service.branch.key
        with self.step():
            save({"branches": [{"key": key, **values}]}, subject=f"branches.{key}", now=self.clock.now, actor=STAFF)

    # What the clock and the worker do

    def forward(self, **units: float) -> None:
        self.until(self.clock.now + timedelta(**units))

    def until(self, instant: datetime) -> None:
        with self.step():
            self.clock.now = instant
            # The process's own clock stands still meanwhile, and what it keeps for seconds would be kept for hours.
            driver._door_lists.clear()

    def work(self, booking: Booking) -> None:
        """One worker at one booking, whatever else is due."""
        with self.step():
            work.reconcile(booking.pk)

    def ring(self) -> None:
        """Every wake-up that is due, most urgent first, as the engine hands them to the workers."""
        for _ in range(MOST_WAKEUPS):
            wakeup = self.bell.next(self.clock.now)
            if wakeup is None:
                return
            with self.step():
                if isinstance(wakeup, OpeningWakeup):
                    work.open_door(wakeup.opening)
                else:
                    work.reconcile(wakeup.booking)
        raise AssertionError("wake-ups without end")

    def minute(self) -> None:
        """The net of every minute, the probe of accounts that are away, and the work that is due then."""
        self._each(work.probe, work.minutely)
        self.ring()

    def sweep(self) -> None:
        """Every site compared with the vendor's list, and the work that follows."""
        for branch in work.sites_to_sweep():
            with self.step():
                work.sweep_site(branch)
        self.ring()

    def _each(self, *jobs: Callable[[], None]) -> None:
        for job in jobs:
            with self.step():
                job()

    def round(self) -> None:
        """Ten minutes of a worker: the net, what is due, the sweep, and what that made due."""
        self.minute()
        self.sweep()
        self.minute()

    def pass_minutes(self, minutes: int, *, of: float = 1) -> None:
        """A worker alone for so long, with a look every `of` minutes and a sweep every ten."""
        end = self.clock.now + timedelta(minutes=minutes)
        since_sweep = 0.0
        while self.clock.now < end:
            self.forward(minutes=of)
            self.minute()
            since_sweep += of
            if since_sweep >= 10:
                since_sweep = 0.0
                self.sweep()

    def rest(self, *, waiting: Sequence[Booking] = ()) -> None:
        """Faults stop, the worker has two rounds: I3 and I4 hold. `waiting` are bookings that wait for a person, and say so."""
        self.faults()
        for _ in range(2):
            self.forward(minutes=10)
            self.round()
        sight = self.seen
        named = [f"booking {booking.pk} " for booking in waiting]
        found = [sentence for check in invariants.AT_REST for sentence in check(sight, sight)]
        left = [sentence for sentence in found if not any(name in sentence for name in named)]
        assert not left, "\n".join(left)
        for booking in waiting:
            assert self.access(booking).problem, f"{booking} waits for a person and does not say why"

    # What the vendor and people over there do

    def faults(self, *plan: dict[str, Any]) -> None:
        self.exivo.faults(*plan)

    def over_there(self, method: str, path: str, body: Any = None) -> Any:
        """A control call of the emulator: what somebody does in the vendor's app, or what becomes of the hardware."""
        with self.step(by_others=True):
            answer = self.exivo.ask(method, path, body)
            # Long enough ago that no worker still holds the list of doors from before.
            driver._door_lists.clear()
        return answer

    def delete_key(self, booking: Booking) -> None:
        for key in self.live(booking):
            self.over_there("DELETE", f"/control/keys/{key.id}")

    def change_key(self, booking: Booking, **values: object) -> None:
        for key in self.live(booking):
            self.over_there("PATCH", f"/control/keys/{key.id}", values)

    def add_foreign_key(self, booking: Booking, *, name: str = "Hauswart", doors: Sequence[str] = (make.AARE,)) -> str:
        """Somebody gives the guest of this booking a key by hand."""
        window = self.seen.window_of(booking.pk)
        times = {"validFrom": _text(window.start), "validTo": _text(window.end)}
        made = self.over_there("POST", "/control/keys", {"name": name, "phone": booking.mobile, "components": list(doors), **times})
        return str(made["id"])

    def change_component(self, component: str, **values: object) -> None:
        self.over_there("POST", "/control/components", {"site": self.service.branch.site_id, "id": component, **values})

    # What becomes of the process itself

    @contextmanager
    def at_request(self, kind: str, do: Callable[[], None]) -> Iterator[None]:
        """Once, when the next request of this kind is about to go out: `do` it, within the worker that sends it."""
        with self._on_the_wire("request", kind, do):
            yield

    @contextmanager
    def at_answer(self, kind: str, do: Callable[[], None]) -> Iterator[None]:
        """The same when its answer has come back and nobody has read it yet."""
        with self._on_the_wire("response", kind, do):
            yield

    @contextmanager
    def _on_the_wire(self, when: str, kind: str, do: Callable[[], None]) -> Iterator[None]:
        system = self.service.branch.lock_system
        assert system is not None
        http = driver_of(system, clock=self.clock)._client._line.http  # type: ignore[attr-defined] # the line that all drivers share
        left = [do]

        def met(what: Any) -> None:
            request = getattr(what, "request", what)
            if left and _kind_of(request.method, request.url.path) == kind:
                left.pop()()

        http.event_hooks = {**http.event_hooks, when: [met]}
        try:
            yield
        finally:
            http.event_hooks = {"request": [], "response": []}

    # What can be asked

    def live(self, booking: Booking) -> list[VendorKey]:
        """The live keys of this booking at the vendor, as they are at this moment."""
        return self._see(self.seen).live(booking.pk)

    def view(self, booking: Booking) -> AccessView:
        found = booking_by_reference(booking.reference)
        assert found is not None
        return access_of(found, now=self.clock.now)

    def state(self, booking: Booking) -> AccessState:
        return self.view(booking).state

    def access(self, booking: Booking) -> Access:
        return Access.objects.get(booking=booking)

    def rows(self, booking: Booking) -> list[Key]:
        return list(Key.objects.filter(booking=booking).order_by("pk"))

    def asked(self, *kinds: str) -> list[str]:
        """What the vendor was asked so far, oldest first; of these kinds, or to change something."""
        wanted = kinds or ("create", "revoke")
        return [call.kind for call in calls_of(self.exivo) if call.kind in wanted]

    def opens(self, booking: Booking, component: str = make.AARE) -> str:
        """What the door says when the guest holds his phone at it now."""
        return self.exivo.tap(booking.mobile, component)


def _kind_of(method: str, path: str) -> str:
    if path.endswith("/revoke"):
        return "revoke"
    if path.endswith("/digitalKeyVisits"):
        return "create" if method == "POST" else "visits"
    return "visit" if "/digitalKeyVisit/" in path else ""


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
