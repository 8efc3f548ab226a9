# SPDX-License-Identifier: Apache-2.0
"""Until when a guest may move or cancel, written out. The rule itself is `core/bookings.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from einlass.core.bookings import deadline, within_deadline
from einlass.models import Service
from einlass.web import formats


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What is still possible, and the sentence that says until when, or until when it was."""

    may_move: bool
    may_cancel: bool
    sentence: str


def deadlines_of(service: Service, *, start: datetime, now: datetime) -> Deadlines:
    """Both deadlines of a booking that starts then; one sentence where they are the same."""
    zone = service.branch.time_zone
    move_until, cancel_until = service.reschedule_until_minutes, service.cancel_until_minutes
    may_move = within_deadline(start, until_minutes=move_until, now=now)
    may_cancel = within_deadline(start, until_minutes=cancel_until, now=now)
    times = {
        "move": formats.moment(deadline(start, until_minutes=move_until), zone),
        "cancel": formats.moment(deadline(start, until_minutes=cancel_until), zone),
    }
    return Deadlines(may_move, may_cancel, _sentence(may_move, may_cancel, same=move_until == cancel_until) % times)


def _sentence(may_move: bool, may_cancel: bool, *, same: bool) -> str:
    if may_move and may_cancel:
        if same:
            return gettext("You can move or cancel this booking until %(cancel)s.")
        return gettext("You can move this booking until %(move)s and cancel it until %(cancel)s.")
    if may_move:
        return gettext("You can move this booking until %(move)s. Cancelling was possible until %(cancel)s.")
    if may_cancel:
        return gettext("You can cancel this booking until %(cancel)s. Moving was possible until %(move)s.")
    if same:
        return gettext("Moving and cancelling was possible until %(cancel)s.")
    return gettext("Moving was possible until %(move)s, cancelling until %(cancel)s.")
