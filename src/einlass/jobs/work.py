# SPDX-License-Identifier: Apache-2.0
"""What the engine calls: each job one line into the operations, with the clock that they are given. No rule, no engine."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from einlass.models import Branch, Worker
from einlass.operations import access, bookings, key_sweep, keys, lock_systems, privacy

NOTHING: tuple[int, ...] = ()
WORKER_GONE = timedelta(seconds=60)
WORKER_FORGOTTEN = timedelta(days=1)


def now() -> datetime:
    """The one clock of the jobs."""
    return timezone.now()


def reconcile(booking: int) -> None:
    keys.reconcile(booking, clock=now)


def sweep_site(branch: int) -> None:
    key_sweep.sweep_site(branch, clock=now)


def minutely() -> None:
    """What is due and was lost on the way, and bookings that are over."""
    access.find_forgotten(now=now())
    access.hand_over_due(now=now())
    bookings.complete_past(now=now())
    privacy.erase_due(now=now())


def probe() -> None:
    lock_systems.probe_lock_systems(now=now())


def sites_to_sweep() -> tuple[int, ...]:
    """Every branch whose site is confirmed and whose integration is on."""
    return tuple(Branch.objects.filter(lock_system__enabled=True, site_confirmed_at__isnull=False).values_list("pk", flat=True))


def beat(name: str) -> None:
    """Say that this worker is alive, and forget those that have been gone for a day."""
    at = now()
    Worker.objects.update_or_create(name=name, defaults={"seen_at": at}, create_defaults={"seen_at": at, "started_at": at})
    Worker.objects.filter(seen_at__lt=at - WORKER_FORGOTTEN).delete()


def live_workers() -> set[str]:
    return set(Worker.objects.filter(seen_at__gt=now() - WORKER_GONE).values_list("name", flat=True))
