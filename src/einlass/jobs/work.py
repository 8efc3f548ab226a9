# SPDX-License-Identifier: Apache-2.0
"""What the engine calls: each job one line into the operations, with the clock that they are given. No rule, no engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from einlass.core.comparing import NOTES_VERSION
from einlass.core.locks import clocks_differ
from einlass.models import Branch, Worker
from einlass.operations import (
    access,
    account_alarms,
    alarms,
    bookings,
    bounces,
    door_log,
    guest_messages,
    holds,
    key_sweep,
    keys,
    limits,
    numbers,
    openings,
    outbox,
    privacy,
    probes,
    revocation_alarms,
    strays,
    switching,
    vendor_calls,
)
from einlass.queries.installation import database_clock_skew

log = structlog.get_logger()

NOTHING: tuple[int, ...] = ()
WORKER_GONE = timedelta(seconds=60)
WORKER_FORGOTTEN = timedelta(days=1)


def now() -> datetime:
    """The one clock of the jobs."""
    return timezone.now()


@dataclass(slots=True)
class Host:
    """What is known of this machine: its clock minus the database's, in seconds, as the last beat found it."""

    skew: int | None = None


host = Host()


def is_out_of_time() -> bool:
    """F47: a machine whose clock jumped takes no key, makes none and changes nothing; it leaves the work to the others, or to itself
    once its clock is right. Readiness says so, and what is due stays due."""
    if not clocks_differ(host.skew):
        return False
    log.error("machine_clock_wrong", seconds=host.skew)
    return True


def reconcile(booking: int) -> None:
    if not is_out_of_time():
        keys.reconcile(booking, clock=now)


def open_door(opening: int) -> None:
    if not is_out_of_time():
        openings.do(opening, clock=now)


def sweep_site(branch: int) -> None:
    if not is_out_of_time():
        key_sweep.sweep_site(branch, clock=now)


def minutely() -> None:
    """What is due and was lost on the way, bookings and holds that are over, and what is kept for a while only."""
    access.find_forgotten(now=now())
    access.hand_over_due(now=now())
    bookings.complete_past(now=now())
    holds.lapse_expired(now=now())
    guest_messages.remind_due(now=now())
    alarms.raise_alarms(now=now())
    account_alarms.raise_account_alarms(now=now())
    revocation_alarms.raise_revocation_alarms(now=now())
    privacy.erase_due(now=now())
    limits.forget_old(now=now())
    numbers.forget_old(now=now())
    door_log.forget_old(now=now())
    vendor_calls.forget_old(now=now())
    compare_sites()


def compare_sites() -> None:
    """Sites of which nothing is changed until they were compared as a whole (F54): not left to the sweep of every ten minutes."""
    for branch in _sites().exclude(compared_by=NOTES_VERSION).values_list("pk", flat=True):
        key_sweep.sweep_site(branch, clock=now)


def send_messages() -> None:
    outbox.send_due(clock=now)


def read_mailbox() -> None:
    """Mail that came back."""
    bounces.read_mailbox(clock=now)


def read_door_logs() -> None:
    """Who came to which door, where the operator wants to know."""
    door_log.read_due(clock=now)


def probe() -> None:
    """Accounts that are away, sites that wait for an answer, accounts that are being switched off, doors that nobody opened in time."""
    openings.drop_late(now=now())
    strays.take_back_due(clock=now)
    probes.probe_lock_systems(now=now())
    switching.finish_switching_off(now=now())


def sites_to_sweep() -> tuple[int, ...]:
    """Every branch whose site is confirmed and whose integration is on."""
    return tuple(_sites().values_list("pk", flat=True))


def _sites() -> QuerySet[Branch]:
    return Branch.objects.filter(lock_system__enabled=True, site_confirmed_at__isnull=False)


def beat(name: str) -> None:
    """Say that this worker is alive, and forget those that have been gone for a day."""
    at = now()
    host.skew = database_clock_skew(now=at)
    seen = {"seen_at": at, "clock_skew_seconds": host.skew}
    Worker.objects.update_or_create(name=name, defaults=seen, create_defaults=seen | {"started_at": at})
    Worker.objects.filter(seen_at__lt=at - WORKER_FORGOTTEN).delete()


def live_workers() -> set[str]:
    return set(Worker.objects.filter(seen_at__gt=now() - WORKER_GONE).values_list("name", flat=True))
