# SPDX-License-Identifier: Apache-2.0
"""Rows for tests, each with as little as it needs. Bookings are made through the operations, never here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from einlass.core.comparing import NOTES_VERSION
from einlass.core.events import GUEST, Actor
from einlass.models import Booking, Branch, Door, LockSystem, Organisation, Question, Room, Service, ServiceRoom, User
from einlass.operations.bookings import Wish, book
from einlass.operations.lock_systems import seal_secret

API_KEY = "a0000000-0000-4000-8000-000000000001"
API_SECRET = "a0000000-0000-4000-8000-0000000000ff"
BERN = "51000000-0000-4000-8000-000000000001"
ENTRANCE = "b0000000-0000-4000-8000-000000000001"
CLOAKROOM = "b0000000-0000-4000-8000-000000000002"
WC = "b0000000-0000-4000-8000-000000000003"
AARE = "b0000000-0000-4000-8000-000000000004"
GURTEN = "b0000000-0000-4000-8000-000000000005"
MEETING = "b0000000-0000-4000-8000-000000000006"
CONSULTING = "b0000000-0000-4000-8000-000000000008"
GATEWAY = "b0000000-0000-4000-8000-000000000009"
UNTYPED = "b0000000-0000-4000-8000-000000000010"
ALWAYS_OPEN = (ENTRANCE, CLOAKROOM, WC)
NAMES = {
    ENTRANCE: "Haupteingang H-01",
    CLOAKROOM: "Garderobe G-01",
    WC: "WC 1. Stock W-01",
    AARE: "Seminarraum Aare S-01",
    GURTEN: "Seminarraum Gurten S-02",
    MEETING: "Sitzungszimmer Marzili S-03",
    CONSULTING: "Beratungszimmer B-01",
}
MOBILE = "+41781234567"
OTHER_MOBILE = "+41790001122"
WHOLE_WEEK = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def make_organisation(**values: Any) -> Organisation:
    values = {"name": "Seminarhaus Aare", "languages": ["de", "en"], "default_language": "de", "phone": "031 555 01 20"} | values
    # Tests book as often as they need with one number; those of the limit set it.
    values = {"most_open_bookings": None} | values
    return Organisation.objects.update_or_create(id=1, defaults=values)[0]


def make_lock_system(*, enabled: bool = True, secret: str = API_SECRET, **values: Any) -> LockSystem:
    system = LockSystem(key="exivo", vendor="exivo", enabled=enabled, api_key=API_KEY, mobile_app_id="100200")
    # Tests are about what is called, not about how slowly.
    system.calls_per_second, system.calls_at_once = 1000, 50
    for name, value in values.items():
        setattr(system, name, value)
    seal_secret(system, secret)
    system.save()
    return system


def make_branch(*, now: datetime | None = None, doors: dict[str, str] | None = None, **values: Any) -> Branch:
    """A branch in Bern, open day and night. With `now` its site counts as confirmed and its doors as read."""
    values = {"key": "bern", "name": "Bern Bahnhof", "time_zone": "Europe/Zurich", "opening_hours": WHOLE_WEEK} | values
    confirmed = {"site_id": BERN, "site_name": "Bern Bahnhof", "site_confirmed_at": now, "compared_by": NOTES_VERSION} if now else {}
    branch = Branch.objects.create(**(confirmed | values))
    chosen = dict.fromkeys(ALWAYS_OPEN, "always") | dict.fromkeys((AARE, GURTEN, MEETING, CONSULTING), "services")
    for position, (component, use) in enumerate((chosen if doors is None else doors).items()):
        Door.objects.create(
            branch=branch,
            component=component,
            use=use,
            kind="doorFitting",
            position=position,
            read_at=now,
            name=NAMES.get(component, component),
        )
    return branch


def make_room(branch: Branch, key: str = "aare", *, doors: Sequence[str] = (), **values: Any) -> Room:
    room = Room.objects.create(branch=branch, key=key, **({"name": f"Raum {key}", "capacity": 24} | values))
    room.doors.set(branch.doors.filter(component__in=doors))
    return room


def make_service(branch: Branch, key: str = "seminar", *, rooms: Sequence[Room] = (), doors: Sequence[str] = (), **values: Any) -> Service:
    settings = {"name": {"de": "Seminarraum Aare", "en": "Seminar room Aare"}, "durations": [60, 120, 240], "step": 30} | values
    service = Service.objects.create(branch=branch, key=key, **settings)
    for position, room in enumerate(rooms or [make_room(branch)]):
        ServiceRoom.objects.create(service=service, room=room, position=position)
    service.doors.set(branch.doors.filter(component__in=doors))
    return service


def make_questions() -> list[Question]:
    kinds = {"first_name": "text", "last_name": "text", "email": "email", "mobile": "mobile"}
    return [
        Question.objects.create(key=key, kind=kind, required=True, position=position, label=key)
        for position, (key, kind) in enumerate(kinds.items())
    ]


def make_house(now: datetime, **service: Any) -> Service:
    """A service that opens the room's and the branch's doors, with its questions: enough for a booking to open a door."""
    make_organisation()
    branch = make_branch(now=now, lock_system=make_lock_system())
    make_questions()
    return make_service(branch, rooms=[make_room(branch, doors=[AARE])], **service)


def answers(**values: object) -> dict[str, object]:
    return {"first_name": "Lea", "last_name": "Baumann", "email": "lea.baumann@example.org", "mobile": "078 123 45 67"} | values


def make_booking(
    service: Service, *, now: datetime, hours: float = 24, duration: int = 120, actor: Actor = GUEST, **answered: object
) -> Booking:
    """Book through the operation, `hours` from now, on the next half hour."""
    start = now + timedelta(hours=hours)
    wish = Wish(service=service, start=start, duration=duration, answers=answers(**answered), language="de")
    return book(wish, actor=actor, now=now)


PASSWORD = "a long enough one"


def make_user(email: str = "owner@example.org", *, role: str = "owner", branches: Sequence[Branch] = ()) -> User:
    user = User.objects.create_user(email, PASSWORD, role=role, name="Nadia Keller")
    user.branches.set(branches)
    return user
