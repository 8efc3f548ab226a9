# SPDX-License-Identifier: Apache-2.0
"""Vendor accounts and their sites: sealing secrets, asking what is there, keeping count of how an account answers. Keys: `keys.py`."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from einlass.core.capabilities import PLAIN, Capabilities
from einlass.core.comparing import NOT_COMPARED, NOTES_VERSION
from einlass.core.events import CLOCK, Actor, DoorsChanged, SiteConfirmed
from einlass.core.keys import NEAR
from einlass.core.locks import SITE_REFUSED, LockSystemState, clocks_differ, pause_after
from einlass.locks import registry
from einlass.locks.port import (
    Component,
    Limits,
    LockAccount,
    LockDriver,
    LockFailure,
    LockNeedsOperator,
    LockOutcomeUnknown,
    LockRefused,
    LockUnavailable,
)
from einlass.models import Access, Branch, Door, LockSystem, Worker
from einlass.models.sealed import CannotUnseal, seal, unseal
from einlass.operations.access import hand_over_due, lock_in_order
from einlass.operations.events import record
from einlass.operations.vendor_calls import Requests, traced

log = structlog.get_logger()

SiteCode = Literal["confirmed", "credentials_rejected", "unknown_site", "site_mismatch", "not_active", "unreachable", "off"]
# A person waits for these answers on a settings page or at the command line.
WITHIN_SECONDS = 10.0
WORKER_ALIVE = timedelta(seconds=60)
# Of a branch: what the last answer about its site said.
SITE_STATE = ("site_checked_at", "site_problem", "site_problem_since", "site_detail", "site_confirmed_at")
# Of a door: what its component says each time the site is read.
READ_FROM_VENDOR = ("name", "kind", "read_at", "missing_since", "ready", "silent_since", "news", "former_name")


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """What the vendor says about a site (R2, R3). `detail` is redacted; `components` only when confirmed.

    `clock_skew` is our clock minus the vendor's in whole seconds; None where its answer did not carry its time (F17).
    """

    code: SiteCode
    detail: str = ""
    name: str = ""
    components: tuple[Component, ...] = ()
    clock_skew: int | None = None
    # What it says about how the account answers.
    failure: LockFailure | None = field(default=None, compare=False)


class NotAsked(LockUnavailable):
    """We did not ask, for a reason of our own; says nothing about how the account answers."""


def seal_secret(system: LockSystem, secret: str) -> None:
    """Put the secret into the row, sealed and bound to it; the caller saves. What was held against the old one is forgotten."""
    system.sealed_secret = seal(secret, context=_context(system))
    system.secret_last4 = secret[-4:]
    credentials_changed(system)


def secret_differs(system: LockSystem, secret: str) -> bool:
    """Whether this is another secret than the one in the row. Raises CannotUnseal with the wrong encryption keys."""
    return not system.sealed_secret or unseal(system.sealed_secret, context=_context(system)) != secret


def credentials_changed(system: LockSystem) -> None:
    """New key or secret: the account may be asked again at once (F39), and no test of it counts; the caller saves."""
    system.state, system.state_detail = LockSystemState.WORKING.value, ""
    system.tested_at, system.tested_code, system.tested_seconds = None, "", None
    system.state_since = system.not_before = system.accepted_at = None
    system.failures = 0


def driver_of(
    system: LockSystem,
    *,
    clock: Callable[[], datetime],
    before_call: Callable[[], None] | None = None,
    answer_seconds: float | None = None,
) -> LockDriver:
    """The driver of an account. Raises CannotUnseal with the wrong encryption keys (F48)."""
    account = LockAccount(
        base_url=settings.EXIVO_URL,
        api_key=system.api_key,
        api_secret=unseal(system.sealed_secret, context=_context(system)) if system.sealed_secret else "",
        mobile_app_name=system.mobile_app_name,
        mobile_app_id=system.mobile_app_id,
        limits=_limits(system, answer_seconds=answer_seconds, now=clock()),
    )
    return registry.driver_for(system.vendor, account, before_call=before_call or _nothing, in_transaction=_in_transaction, clock=clock)


def capabilities_of(system: LockSystem | None, *, clock: Callable[[], datetime]) -> Capabilities:
    """What the keys of an account can do. Of one that cannot be asked (R1, F48) it does not matter."""
    if system is None or not system.enabled:
        return PLAIN
    try:
        return driver_of(system, clock=clock).capabilities
    except CannotUnseal:
        return PLAIN


def _limits(system: LockSystem, *, answer_seconds: float | None, now: datetime) -> Limits:
    """The account's limits count for all machines together, so each live worker takes its share of them."""
    limits: Limits = settings.LOCK_LIMITS
    workers = max(1, _live_workers(int(now.timestamp()) // 15))
    return replace(
        limits,
        answer_seconds=min(limits.answer_seconds, answer_seconds or limits.answer_seconds),
        calls_per_second=max(0.5, system.calls_per_second / workers),
        calls_at_once=max(1, system.calls_at_once // workers),
    )


@functools.lru_cache(maxsize=1)
def _live_workers(_quarter_minute: int) -> int:
    newest = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    return Worker.objects.filter(seen_at__gt=newest - WORKER_ALIVE).count() if newest else 1


def _context(system: LockSystem) -> str:
    return f"lock_system:{system.key}:api_secret"


def _in_transaction() -> bool:
    return connection.in_atomic_block


def _nothing() -> None:
    return None


def ask_site(system: LockSystem, site_id: str, *, now: datetime) -> SiteAnswer:
    """Ask the vendor for a site and its components, writing nothing but the trace of it (R2, R3, I9). Takes up to 10 s; never inside a
    transaction."""
    try:
        with traced(system, "site", site_id=site_id, clock=lambda: now) as requests:
            return _site_answer(system, site_id, requests, now=now)
    except (LockNeedsOperator, LockRefused) as failure:
        return said_no(failure)
    except LockFailure as failure:
        return SiteAnswer("unreachable", failure.detail, failure=failure)


def said_no(failure: LockNeedsOperator | LockRefused) -> SiteAnswer:
    """A no to the account, or to its site."""
    if isinstance(failure, LockRefused):
        return SiteAnswer("unknown_site", failure.detail)
    if failure.what == "credentials":
        return SiteAnswer("credentials_rejected", failure.detail, failure=failure)
    return SiteAnswer("not_active" if failure.reason == "not_active" else "unknown_site", failure.detail)


def another_site(site_id: str) -> SiteAnswer:
    """The vendor answered, and for this site instead of the one that it was asked about (F40)."""
    return SiteAnswer("site_mismatch", f"the vendor answered for site {site_id}"[:300])


def _site_answer(system: LockSystem, site_id: str, requests: Requests, *, now: datetime) -> SiteAnswer:
    driver = driver_of(system, clock=lambda: now, before_call=requests, answer_seconds=WITHIN_SECONDS / 3)
    began = time.monotonic()
    site = driver.site(site_id)
    waited = timedelta(seconds=time.monotonic() - began)
    skew = round((now + waited - site.answered_at).total_seconds()) if site.answered_at else None
    if site.id != site_id:
        return replace(another_site(site.id), clock_skew=skew)
    return SiteAnswer("confirmed", name=site.name, components=driver.components(site_id), clock_skew=skew)


def confirm_site(branch: Branch, *, now: datetime, actor: Actor = CLOCK) -> SiteAnswer:
    """Ask the vendor for the branch's site and write down the answer. Records SiteConfirmed and DoorsChanged."""
    system = branch.lock_system
    if system is None or not system.enabled or not branch.site_id:
        return SiteAnswer("off")
    answer = ask_site(system, branch.site_id, now=now)
    if answer.failure is not None:
        note_failure(system, answer.failure, now=now)
    elif answer.code == "confirmed":
        note_success(system, now=now)
    write_site_answer(branch, answer, now=now, actor=actor)
    return answer


def write_site_answer(branch: Branch, answer: SiteAnswer, *, now: datetime, actor: Actor) -> None:
    """Keep what the vendor said about a site. An unreachable vendor takes nothing back that was confirmed before (I11)."""
    # Before the branch is locked: whoever writes settings locks the account first and its branches after it.
    _note_clock(branch.lock_system_id, answer, now=now)
    with transaction.atomic():
        asked = Branch.objects.select_for_update(no_key=True).filter(
            pk=branch.pk, site_id=branch.site_id, lock_system_id=branch.lock_system_id
        )
        # The answer took its time: where another site was entered meanwhile, it says nothing about that one.
        row = asked.values_list("site_problem_since").first()
        if row is None:
            return
        branch.site_checked_at, branch.site_detail, branch.site_problem_since = now, answer.detail[:300], row[0]
        if answer.code == "confirmed":
            fresh = branch.site_confirmed_at is None
            branch.site_name, branch.site_problem = answer.name, ""
            branch.site_confirmed_at = branch.site_confirmed_at or now
            branch.site_problem_since = None
            branch.save(update_fields=[*SITE_STATE, "site_name"])
            if fresh:
                _begin_compared(branch)
            changed = write_components(branch, answer.components, now=now)
            if fresh:
                record(SiteConfirmed(site=answer.name), actor=actor, now=now, branch=branch)
            elif changed:
                record(DoorsChanged(components=changed, cause="vendor"), actor=actor, now=now, branch=branch)
        else:
            branch.site_problem = answer.code
            if answer.code in SITE_REFUSED:
                branch.site_confirmed_at, branch.site_problem_since = None, branch.site_problem_since or now
            branch.save(update_fields=SITE_STATE)


def _begin_compared(branch: Branch) -> None:
    """A site that is new to us can be worked at once: there is no key of which we could know too little (F54)."""
    if not branch.keys.filter(site_id=branch.site_id).exists():
        Branch.objects.filter(pk=branch.pk).exclude(compared_by=NOT_COMPARED).update(compared_by=NOTES_VERSION)


def _note_clock(system_id: int | None, answer: SiteAnswer, *, now: datetime) -> None:
    """A difference that begins or ends to matter has the keys that open within a day looked at (F17); none is changed for it."""
    if system_id is None or answer.clock_skew is None:
        return
    before = LockSystem.objects.filter(pk=system_id).values_list("clock_skew_seconds", flat=True).first()
    LockSystem.objects.filter(pk=system_id).update(clock_skew_seconds=answer.clock_skew)
    if clocks_differ(before) != clocks_differ(answer.clock_skew):
        near = Access.objects.filter(booking__branch__lock_system=system_id, booking__start__lt=now + NEAR, booking__end__gt=now)
        near.update(next_check_at=now, reason="clock_skew", handed_at=None, changes=F("changes") + 1)


@transaction.atomic
def write_components(branch: Branch, components: tuple[Component, ...], *, now: datetime) -> list[str]:
    """Bring the doors of the branch up to what the vendor lists; returns the components of which something that matters changed.

    New ones come in as *not used*; one that vanished is kept and marked (F37), never remapped by its name. An empty list where
    doors are known is not believed (I11). A chosen door that turned into a gateway is no longer chosen (F38).
    """
    # Read anew and locked: what the caller read before the call may be older than a choice that a person has made since.
    known = {door.component: door for door in Door.objects.select_for_update(no_key=True).filter(branch=branch)}
    if not components and known:
        return []
    first_reading = not any(door.read_at for door in known.values())
    changed = []
    for position, component in enumerate(components):
        door = known.pop(component.id, None) or Door(branch=branch, component=component.id, position=position)
        before = (door.admissible, door.missing_since is None)
        first_read = door.read_at is None
        if not first_reading:
            _note_news(door, component.name[:300])
        door.name, door.kind, door.read_at, door.missing_since = component.name[:300], component.kind[:200], now, None
        door.ready, door.silent_since = component.ready, (door.silent_since or now) if component.ready is False else None
        written = list(READ_FROM_VENDOR)
        if "gateway" in door.kind.casefold():
            # The choice is lost, so a person is told until he has saved the doors (F38).
            door.news = "gateway" if door.use != "none" else door.news
            door.use = "none"
            written.append("use")
        door.save(update_fields=written if door.pk else None)
        if not first_read and before != (door.admissible, True):
            changed.append(component.id)
    for door in known.values():
        if door.missing_since is None:
            door.missing_since = now
            door.save(update_fields=["missing_since"])
            changed.append(door.component)
    return changed


def _note_news(door: Door, name: str) -> None:
    """What a person has not seen yet stays until he saves the doors; a new name that is taken back is no news."""
    if door.news == "gateway":
        return
    if door.pk is None or door.read_at is None:
        door.news = "new" if door.pk is None else door.news
    elif door.news == "renamed" and name == door.former_name:
        door.news = door.former_name = ""
    elif door.news == "" and name != door.name:
        door.news, door.former_name = "renamed", door.name


def doors_seen(branch: Branch, components: Iterable[str]) -> None:
    """A person saved these doors as they are now: new and renamed ones are no news any more. No configuration, so no change of it."""
    Door.objects.filter(branch=branch, component__in=list(components)).exclude(news="").update(news="", former_name="")


def note_success(system: LockSystem, *, now: datetime) -> None:
    """The account answered. Its first answer after a silence makes all that waited for it due at once (R15)."""
    if system.state == LockSystemState.WORKING.value and not system.failures and system.accepted_at:
        return
    away = LockSystem.objects.filter(pk=system.pk).exclude(state=LockSystemState.WORKING.value)
    came_back = away.update(state=LockSystemState.WORKING.value, state_since=now, state_detail="")
    LockSystem.objects.filter(pk=system.pk).update(failures=0, not_before=None, accepted_at=now)
    system.refresh_from_db()
    if came_back:
        log.info("lock_system_answers_again", system=system.key)
        waiting = Access.objects.filter(booking__branch__lock_system=system, attempts__gt=0)
        with transaction.atomic():
            lock_in_order(waiting)
            waiting.update(next_check_at=now, attempts=0, handed_at=None)
        hand_over_due(now=now)


def note_failure(system: LockSystem, failure: LockFailure, *, now: datetime) -> None:
    """Keep count of an account that does not answer, so that nobody hammers it (F05, F06, F39). A refusal is an answer."""
    match failure:
        case NotAsked():
            return
        case LockNeedsOperator(what="credentials"):
            state, wait = LockSystemState.CREDENTIALS_REJECTED, None
        case LockUnavailable(throttled=True):
            state, wait = LockSystemState.THROTTLED, failure.retry_after
        case LockUnavailable() | LockOutcomeUnknown():
            state, wait = LockSystemState.UNREACHABLE, None
        case _:
            return
    system.refresh_from_db()
    failures = system.failures + 1
    until = pause_after(state, failures=failures, retry_after=wait, now=now)
    if until is None:
        LockSystem.objects.filter(pk=system.pk).update(failures=failures)
        return
    fields = {"state": state.value, "failures": failures, "not_before": until, "state_detail": failure.detail[:300]}
    if system.state != state.value:
        log.warning("lock_system_trouble", system=system.key, state=state.value, detail=failure.detail)
        fields["state_since"] = now
    LockSystem.objects.filter(pk=system.pk).update(**fields)
