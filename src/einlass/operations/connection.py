# SPDX-License-Identifier: Apache-2.0
"""The connection test that a person asks for (R2): the sites of an account, or one typed in, and what the vendor says about each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from einlass.conf.startup import keys_belong_here
from einlass.core.events import Actor
from einlass.locks.port import LockNeedsOperator
from einlass.models import Branch, LockSystem
from einlass.models.sealed import CannotUnseal
from einlass.operations.lock_systems import WITHIN_SECONDS, SiteAnswer, ask_site, note_failure, note_success, write_site_answer

# What the test as a whole may say, beside the codes of a single site: why nothing was asked.
NOT_ASKED = ("off", "no_credentials", "no_site", "other_encryption_keys")
# One site takes two thirds of the time at most, so none is begun after this: the whole ends within 10 s.
BEGIN_WITHIN = WITHIN_SECONDS / 3
ABOUT_THE_ACCOUNT = frozenset({"credentials_rejected", "unreachable"})


@dataclass(frozen=True, slots=True)
class TriedSite:
    """One site. `branch` is its key, "" for a site that was typed in; `code` is that of a SiteAnswer, or "not_tested"."""

    branch: str
    site_id: str
    code: str
    name: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """`code` is the first that is not "confirmed"; one of NOT_ASKED where the vendor was not called at all (R1)."""

    code: str
    sites: tuple[TriedSite, ...] = ()
    seconds: float = 0.0


def try_connection(system: LockSystem, *, site_id: str = "", actor: Actor, now: datetime) -> Tried:
    """Ask the vendor about every branch's site, or about the one typed in. Takes up to 10 s; never inside a transaction.

    What it confirms is written down; a no changes nothing at a branch. The result is kept with the account.
    """
    branches = () if site_id else tuple(system.branches.filter(active=True).exclude(site_id=""))
    why_not = _why_not(system, any_site=bool(site_id or branches))
    if why_not:
        return Tried(why_not)
    began = time.monotonic()
    try:
        sites = tuple(_asked(system, branches, site_id=site_id, began=began, actor=actor, now=now))
    except CannotUnseal:
        return Tried("other_encryption_keys")
    seconds = time.monotonic() - began
    code = next((site.code for site in sites if site.code != "confirmed"), "confirmed")
    LockSystem.objects.filter(pk=system.pk).update(tested_at=now, tested_code=code, tested_seconds=round(seconds, 2))
    return Tried(code, sites, seconds)


def _why_not(system: LockSystem, *, any_site: bool) -> str:
    if not system.enabled:
        return "off"
    if not system.api_key or not system.sealed_secret:
        return "no_credentials"
    if not keys_belong_here():
        return "other_encryption_keys"
    return "" if any_site else "no_site"


def _asked(
    system: LockSystem, branches: tuple[Branch, ...], *, site_id: str, began: float, actor: Actor, now: datetime
) -> Iterator[TriedSite]:
    """An account that does not answer, or refuses us, is not asked again for its next branch."""
    stopped = ""
    for branch in branches or (None,):
        site = branch.site_id if branch else site_id
        key = branch.key if branch else ""
        if stopped or time.monotonic() - began > BEGIN_WITHIN:
            yield TriedSite(key, site, stopped or "not_tested")
            continue
        answer = ask_site(system, site, now=now)
        _write_down(system, branch, answer, actor=actor, now=now)
        stopped = answer.code if answer.code in ABOUT_THE_ACCOUNT else ""
        yield TriedSite(key, site, answer.code, answer.name, answer.detail)


def _write_down(system: LockSystem, branch: Branch | None, answer: SiteAnswer, *, actor: Actor, now: datetime) -> None:
    match answer.code:
        case "confirmed":
            note_success(system, now=now)
            if branch is not None:
                write_site_answer(branch, answer, now=now, actor=actor)
        case "credentials_rejected":
            note_failure(system, LockNeedsOperator(answer.detail, what="credentials"), now=now)
