# SPDX-License-Identifier: Apache-2.0
"""The data set as rows: an operator with its branches, rooms and services, and the bookings of `dataset.py`. Django must be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count

from bench.bulk import Row, analyze, insert, instant
from bench.dataset import CLOSES, OPENS, ROOMS, ZONE, Size, Spot, booked, mobile
from bench.place import ACCOUNT, APP, component_of, entrance_of, site_of
from einlass.core.comparing import NOTES_VERSION
from einlass.models import Access, Booking, Branch, Door, Key, LockSystem, Organisation, Question, Room, Service, ServiceRoom
from einlass.operations.lock_systems import seal_secret

HOURS = {day: [f"{OPENS:02d}:00-{CLOSES:02d}:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
QUESTIONS = {"first_name": "text", "last_name": "text", "email": "email", "mobile": "mobile"}
BOOKING = (
    "id", "reference", "link_token", "status", "branch_id", "service_id", "room_id", "start", "end", "blocked_from", "blocked_until",
    "answers", "guest_name", "email", "mobile", "created_at", "ended_at", "reminded_at",
)  # fmt: skip
ACCESS = ("booking_id", "generation", "ready_generation", "checked_at", "alarmed_minutes", "next_check_at", "reason")
KEY = (
    "booking_id", "branch_id", "lock_system_id", "site_id", "generation", "marker", "vendor_id", "phone", "doors", "valid_from",
    "valid_until", "state", "created_at", "read_at",
)  # fmt: skip
MARGIN = timedelta(minutes=15)
LONG_AGO = timedelta(days=30)


def fill(size: Size, *, first: date, now: datetime, calls_per_second: int = 50, with_keys: bool) -> None:
    """Into an empty database. All key work counts as done: with keys, coming bookings have ready ones that no vendor knows; without, for
    a house in which a worker compares what is there, none."""
    system = _operator(calls_per_second)
    numbers = count(1)
    for n in range(size.branches):
        branch = _branch(n, system, now=now)
        spots = booked(size, n, first=first)
        ids = [next(numbers) for _ in spots]
        write_bookings(branch, spots, ids, now=now)
        insert(Access, ACCESS, ((pk, 1, 1, instant(now), None if with_keys else 30, None, "") for pk in ids))
        if with_keys:
            insert(Key, KEY, _keys(branch, spots, ids, now=now))
    analyze()


def write_bookings(branch: Branch, spots: list[Spot], ids: list[int], *, now: datetime) -> None:
    rooms = [room.pk for room in branch.rooms.all()]
    services = list(branch.services.values_list("pk", flat=True))
    insert(Booking, BOOKING, _bookings(branch.pk, rooms, services, spots, ids, now=now))


def due(branch: Branch, spots: list[Spot], *, now: datetime) -> None:
    """Bookings whose keys have to be made: due, and nobody was told of them."""
    last = Booking.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    ids = list(range(last + 1, last + 1 + len(spots)))
    write_bookings(branch, spots, ids, now=now)
    insert(Access, ACCESS, ((pk, 0, None, None, None, instant(now), "booked") for pk in ids))
    analyze()


def _operator(calls_per_second: int) -> LockSystem:
    operator = {"name": "Seminarhaus", "languages": ["de", "en"], "default_language": "de", "most_open_bookings": None}
    Organisation.objects.update_or_create(id=1, defaults=operator)
    for position, (key, kind) in enumerate(QUESTIONS.items()):
        Question.objects.create(key=key, kind=kind, required=True, position=position, label=key)
    system = LockSystem(key="exivo", enabled=True, api_key=ACCOUNT["api_key"], mobile_app_name=APP["name"], mobile_app_id=APP["id"])
    system.calls_per_second, system.calls_at_once = calls_per_second, 8
    seal_secret(system, ACCOUNT["api_secret"])
    system.save()
    return system


def _branch(n: int, system: LockSystem, *, now: datetime) -> Branch:
    """Ten rooms behind one entrance; a service for each room, and one that is given any of them."""
    branch = Branch.objects.create(
        key=f"branch-{n}", name=f"Haus {n}", time_zone=ZONE, opening_hours=HOURS, position=n, lock_system=system, site_id=site_of(n),
        site_name=f"Haus {n}", site_confirmed_at=now, compared_by=NOTES_VERSION,
    )  # fmt: skip
    Door.objects.create(branch=branch, component=entrance_of(n), name="Eingang", use="always", kind="remoteReader", read_at=now)
    rooms = [_room(branch, n, room, now=now) for room in range(ROOMS)]
    for room, its in enumerate(rooms):
        _service(branch, f"room-{n}-{room}", [its], position=room)
    _service(branch, f"any-{n}", rooms, position=ROOMS)
    return branch


def _room(branch: Branch, n: int, room: int, *, now: datetime) -> Room:
    made = Room.objects.create(branch=branch, key=f"room-{n}-{room}", name=f"Raum {room}", capacity=24, position=room)
    kind = {"use": "services", "kind": "doorFitting", "read_at": now, "position": room + 1}
    made.doors.add(Door.objects.create(branch=branch, component=component_of(n, room), name=f"Raum {room}", **kind))
    return made


def _service(branch: Branch, key: str, rooms: list[Room], *, position: int) -> None:
    service = Service.objects.create(branch=branch, key=key, name=key, durations=[60], step=60, position=position)
    ServiceRoom.objects.bulk_create([ServiceRoom(service=service, room=room, position=n) for n, room in enumerate(rooms)])


def _bookings(branch: int, rooms: list[int], services: list[int], spots: list[Spot], ids: list[int], *, now: datetime) -> Iterator[Row]:
    made = instant(now - LONG_AGO)
    for pk, spot in zip(ids, spots, strict=True):
        start, end = instant(spot.start), instant(spot.end)
        over = spot.end <= now
        text = f'{{"first_name": "Lea {pk}", "last_name": "Baumann", "email": "lea.{pk}@example.org", "mobile": "{mobile(pk)}"}}'
        yield (
            pk, f"{pk:08X}", f"link-{pk:027d}", "completed" if over else "confirmed", branch, services[spot.room], rooms[spot.room],
            start, end, start, end, text, f"Lea {pk} Baumann", f"lea.{pk}@example.org", mobile(pk), made, end if over else None, made,
        )  # fmt: skip


def _keys(branch: Branch, spots: list[Spot], ids: list[int], *, now: datetime) -> Iterator[Row]:
    made, n = instant(now - LONG_AGO), int(branch.key.rsplit("-", 1)[1])
    for pk, spot in zip(ids, spots, strict=True):
        if spot.end + MARGIN <= now:
            continue
        doors = f'["{entrance_of(n)}", "{component_of(n, spot.room)}"]'
        opens, closes = instant(spot.start - MARGIN), instant(spot.end + MARGIN)
        yield (
            pk, branch.pk, branch.lock_system_id, branch.site_id, 1, f"EL{pk:08X}", f"key-{pk}", mobile(pk), doors, opens, closes, "live",
            made, made,
        )  # fmt: skip


def first_day(now: datetime) -> date:
    """Tomorrow: the first day that is booked like any other."""
    return (now.astimezone(UTC) + timedelta(days=1)).date()
