# SPDX-License-Identifier: Apache-2.0
"""What is known about a door and a booking at a moment, for `core/diagnosis.py`. Asks nothing beyond what `with_facts` has read."""

from __future__ import annotations

from datetime import datetime

from einlass.core.bookings import Status
from einlass.core.diagnosis import DoorQuestion, DoorSituation
from einlass.core.grants import Admissible, DoorUse, chosen_doors, key_window
from einlass.core.keys import KeyState
from einlass.core.locks import LockSystemState
from einlass.core.phones import PhoneRefused, parse_mobile
from einlass.models import Booking, Door, Key
from einlass.queries.keys import AccessView


def doors_to_ask_about(booking: Booking) -> tuple[Door, ...]:
    """Every component of the branch that is a door, those of the booking first."""
    own = {door.component for door in chosen_doors(booking.facts())}
    doors = [door for door in booking.branch.doors.all() if door.admissible is not Admissible.GATEWAY]
    return tuple(sorted(doors, key=lambda door: door.component not in own))


def question_of(
    booking: Booking, door: Door, access: AccessView, *, moment: datetime, now: datetime, opened_at: datetime | None = None
) -> DoorQuestion:
    """Everything that is known about this door at `moment`."""
    system = booking.branch.lock_system
    key = live_key(booking)
    return DoorQuestion(
        moment=moment,
        now=now,
        status=Status(booking.status),
        window=key_window(booking.facts()),
        door=_situation(booking, door),
        key_state=access.state,
        key_off=_off(booking),
        problem=access.problem.code if access.problem else "",
        key_read_at=last_reading(booking),
        phone_given=bool(booking.mobile),
        phone_is_mobile=_is_mobile(booking),
        phone_read_at=last_reading(booking) if key is not None and key.phone == booking.mobile else None,
        account=LockSystemState(system.state) if system else LockSystemState.WORKING,
        account_since=system.state_since if system else None,
        opened_at=opened_at,
    )


def live_key(booking: Booking) -> Key | None:
    """The key that was read back and counts, the newest one."""
    live = [key for key in booking.keys.all() if key.state == KeyState.LIVE.value and not key.drifted]
    return live[-1] if live else None


def last_reading(booking: Booking) -> datetime | None:
    """When the key was last seen at the vendor as it ought to be: read alone, or found in a whole list of its site afterwards."""
    key = live_key(booking)
    if key is None or key.read_at is None:
        return None
    swept = booking.branch.keys_swept_at
    return swept if swept is not None and swept > key.read_at else key.read_at


def _situation(booking: Booking, door: Door) -> DoorSituation:
    return DoorSituation(
        component=door.component,
        use=DoorUse(door.use),
        admissible=door.admissible,
        belongs=_belongs(booking, door),
        missing_since=door.missing_since,
        ready=door.ready,
        silent_since=door.silent_since,
        read_at=door.read_at,
    )


def _belongs(booking: Booking, door: Door) -> str:
    if door.use == DoorUse.ALWAYS.value:
        return "always"
    if door.use == DoorUse.NONE.value:
        return ""
    if any(own.pk == door.pk for own in booking.service.doors.all()):
        return "service"
    return "room" if any(own.pk == door.pk for own in booking.room.doors.all()) else ""


def _off(booking: Booking) -> str:
    system = booking.branch.lock_system
    if system is None or not system.enabled:
        return "off"
    return booking.branch.site_doubt


def _is_mobile(booking: Booking) -> bool:
    try:
        return parse_mobile(booking.mobile, country=booking.branch.country) == booking.mobile
    except PhoneRefused:
        return False
