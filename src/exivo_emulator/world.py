# SPDX-License-Identifier: Apache-2.0
"""All state of the emulator and the changes it can go through. Callers hold `lock`; nothing here speaks HTTP."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any
from uuid import uuid4

from exivo_emulator.callbacks import Callback
from exivo_emulator.clock import Clock, Clocks, as_text
from exivo_emulator.faults import Plan
from exivo_emulator.inventory import Account, Building, Component, Site
from exivo_emulator.visits import Reason, Visit, judge_all


@dataclass(frozen=True, slots=True)
class Tap:
    """A phone that was held at a door. `at` is the doors' clock, `really_at` the base clock."""

    phone: str
    site_id: str
    component: Component
    reason: Reason
    at: datetime
    really_at: datetime

    @property
    def light(self) -> str:
        return "green" if self.reason == "open" else "red"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of the API as the panel's table shows it; without credentials. `status` None: it got no answer."""

    who: str
    method: str
    path: str
    call: str
    site_id: str
    status: int | None
    milliseconds: int
    at: datetime
    fault: str | None = None
    about: str = ""
    # The body as it was sent, where it was an object; a call that was refused or lost shows here what it asked for.
    sent: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """What exivo's access log knows of a door."""

    id: str
    name: str
    site_id: str
    component: Component
    at: datetime
    details: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        component = self.component
        named = {"id": component.id, "identifier": component.identifier, "labelling": component.labelling, "title": component.title}
        return {"id": self.id, "name": self.name, "occurredAt": as_text(self.at), "data": {"component": named, **self.details}}


@dataclass(slots=True)
class World:
    """The building and what happened in it. `versions` remembers each state of each visit, for reads of an old state."""

    building: Building
    clocks: Clocks
    lock: RLock = field(default_factory=RLock)
    account: Account = field(init=False)
    sites: dict[str, Site] = field(init=False)
    visits: dict[str, dict[str, Visit]] = field(init=False)
    versions: dict[str, list[tuple[datetime, Visit | None]]] = field(init=False)
    plan: Plan = field(init=False)
    entries: deque[Tap | ApiCall] = field(init=False)
    events: deque[DoorEvent] = field(init=False)
    lights: dict[str, Tap] = field(init=False)
    due: list[tuple[datetime, Callable[[], object]]] = field(init=False)
    created: int = field(init=False)
    # What is to be called once the request at hand was answered, and what was called so far.
    outgoing: list[Callback] = field(init=False)
    called: deque[Callback] = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Everything as the building file says: no keys, no log, no faults, clocks right, doors and credentials as at first."""
        self.clocks.reset()
        self.account = self.building.account
        self.sites = {site.id: site for site in self.building.sites}
        self.visits = {site.id: {} for site in self.building.sites}
        self.versions = {}
        self.plan = Plan()
        self.entries = deque(maxlen=5000)
        self.events = deque(maxlen=20000)
        self.lights = {}
        self.due = []
        self.created = 0
        self.outgoing = []
        self.called = deque(maxlen=5000)

    def add_visit(self, site_id: str, **facts: Any) -> Visit:
        self.created += 1
        return self._keep(Visit(id=str(uuid4()), number=self.created, site_id=site_id, **facts))

    def call_back(self, callback: Callback) -> None:
        """To be called as soon as the lock is free."""
        self.outgoing.append(callback)

    def take_outgoing(self) -> list[Callback]:
        taken, self.outgoing = self.outgoing, []
        self.called.extend(taken)
        return taken

    def change_visit(self, visit: Visit, **facts: Any) -> Visit:
        return self._keep(replace(visit, **facts))

    def delete_visit(self, visit: Visit) -> None:
        del self.visits[visit.site_id][visit.id]
        self.versions[visit.id].append((self.clocks.base(), None))

    def _keep(self, visit: Visit) -> Visit:
        self.visits[visit.site_id][visit.id] = visit
        self.versions.setdefault(visit.id, []).append((self.clocks.base(), visit))
        return visit

    def find_visit(self, visit_id: str) -> Visit | None:
        return next((visits[visit_id] for visits in self.visits.values() if visit_id in visits), None)

    def visits_as_of(self, site_id: str, *, seconds_ago: float) -> dict[str, Visit]:
        """The visits of a site as they were, in the order of their creation."""
        then = self.clocks.base() - timedelta(seconds=seconds_ago)
        states = (self._version(versions, then) for versions in self.versions.values())
        return {visit.id: visit for visit in states if visit is not None and visit.site_id == site_id}

    @staticmethod
    def _version(versions: list[tuple[datetime, Visit | None]], then: datetime) -> Visit | None:
        return next((visit for since, visit in reversed(versions) if since <= then), None)

    def visits_of_phone(self, phone: str) -> list[Visit]:
        return [visit for visits in self.visits.values() for visit in visits.values() if visit.registration == phone]

    def expired(self, visit: Visit) -> bool:
        """As exivo's own clock and the fault `ignores_end` have it."""
        return visit.expired(self.clocks.api()) and visit.site_id not in self.ignoring_end()

    def ignoring_end(self) -> frozenset[str]:
        return self.plan.sites_ignoring_end(tuple(self.sites))

    def find_component(self, component_id: str) -> tuple[Site, Component] | None:
        for site in self.sites.values():
            component = site.component(component_id)
            if component is not None:
                return site, component
        return None

    def tap(self, phone: str, *, site: Site, component: Component) -> Tap:
        """Hold a phone at a door: lights it, and writes the log of the emulator and of exivo."""
        now = self.clocks.doors()
        reason = judge_all(self.visits_of_phone(phone), component=component.id, now=now, ignores_end=self.ignoring_end())
        tap = Tap(phone=phone, site_id=site.id, component=component, reason=reason, at=now, really_at=self.clocks.base())
        self.entries.append(tap)
        self.lights.pop(component.id, None)  # so that the newest is the last
        self.lights[component.id] = tap
        app = self.building.mobile_apps[0]
        medium = {"formFactor": "ma-phone", "publicRegistrationId": phone, "mobileApp": {"name": app.name, "id": app.id}}
        self.note_event("accessPermitted" if reason == "open" else "accessDenied", site.id, component, medium=medium)
        return tap

    def note_event(self, name: str, site_id: str, component: Component, **details: object) -> None:
        self.events.append(DoorEvent(str(uuid4()), name, site_id, component, self.clocks.doors(), details))

    def move_doors(self, offset: timedelta) -> None:
        """Move the doors' clock. What a door showed before says nothing about the new time, so all lights go out."""
        self.clocks.doors_offset = offset
        self.lights.clear()

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        self.due.append((self.clocks.base() + timedelta(seconds=seconds), action))

    def catch_up(self) -> None:
        """Do what has become due. Called before every request, so that late effects need no thread and follow any clock."""
        now = self.clocks.base()
        ready = [action for due, action in self.due if due <= now]
        self.due = [entry for entry in self.due if entry[0] > now]
        for action in ready:
            action()


def new_world(building: Building, *, clock: Clock) -> World:
    return World(building=building, clocks=Clocks(clock))
