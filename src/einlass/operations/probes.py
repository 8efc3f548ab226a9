# SPDX-License-Identifier: Apache-2.0
"""Asking by ourselves whether an account is back and whether a site is confirmed by now. What the answers mean: `lock_systems.py`."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from einlass.core.events import CLOCK
from einlass.core.locks import ASK_AGAIN, LockSystemState
from einlass.locks.port import LockFailure, LockNeedsOperator, LockRefused
from einlass.models import Branch, LockSystem
from einlass.operations.lock_systems import (
    WITHIN_SECONDS,
    another_site,
    confirm_site,
    driver_of,
    note_failure,
    note_success,
    said_no,
    write_site_answer,
)
from einlass.operations.vendor_calls import traced


def probe_lock_systems(*, now: datetime) -> int:
    """Ask each account that is away whether it is back, one call at a time (F06), and each unconfirmed site. Returns how many."""
    asked = 0
    away = _with_credentials().filter(not_before__lte=now).exclude(state=LockSystemState.WORKING.value)
    for system in away:
        branch = system.branches.exclude(site_id="").first()
        # Whoever moves not_before first asks; the other workers see it moved.
        claimed = away.filter(pk=system.pk, not_before=system.not_before).update(not_before=now + timedelta(seconds=20))
        if branch is not None and claimed:
            _probe(system, branch, now=now)
            asked += 1
    return asked + _confirm_waiting_sites(now=now)


def _with_credentials() -> QuerySet[LockSystem]:
    """The accounts that are switched on and can be asked: the page switches on first and asks for key and secret then (R2)."""
    return LockSystem.objects.filter(enabled=True).exclude(api_key="").exclude(sealed_secret="")


def _probe(system: LockSystem, branch: Branch, *, now: datetime) -> None:
    """One call. What it says of the site counts before anything is asked of it again (F40); its doors are read by the next sweep."""
    answer = None
    try:
        with traced(system, "site", site_id=branch.site_id, clock=lambda: now) as requests:
            driver = driver_of(system, clock=lambda: now, before_call=requests, answer_seconds=WITHIN_SECONDS / 3)
            site = driver.site(branch.site_id)
        if site.id != branch.site_id:
            answer = another_site(site.id)
    except (LockNeedsOperator, LockRefused) as failure:
        answer = said_no(failure)
        if answer.failure is not None:
            note_failure(system, answer.failure, now=now)
            return
    except LockFailure as failure:
        note_failure(system, failure, now=now)
        return
    if answer is not None:
        write_site_answer(branch, answer, now=now, actor=CLOCK)
    system.refresh_from_db()
    note_success(system, now=now)


def _confirm_waiting_sites(*, now: datetime) -> int:
    """Sites that were saved while the vendor was away, or that it said no to (R3); those again after 5 minutes."""
    answering = _with_credentials().filter(state=LockSystemState.WORKING.value)
    working = Branch.objects.filter(site_confirmed_at__isnull=True, lock_system__in=answering).exclude(site_id="")
    due = Q(site_checked_at__isnull=True) | Q(site_problem__in=["", "unreachable"]) | Q(site_checked_at__lte=now - ASK_AGAIN)
    asked, began = 0, time.monotonic()
    for branch in working.filter(due).select_related("lock_system"):
        claimed = working.filter(pk=branch.pk, site_checked_at=branch.site_checked_at).update(site_checked_at=now)
        if claimed:
            # The sites before it took their time, and the vendor's clock is compared with ours.
            confirm_site(branch, now=now + timedelta(seconds=int(time.monotonic() - began)))
            asked += 1
    return asked
