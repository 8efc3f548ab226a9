# SPDX-License-Identifier: Apache-2.0
"""What the connection test found, in words (R2). Its last result stands with the account; what it said about each site is kept in the
session of whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.models import Branch, LockSystem
from einlass.operations.connection import Tried
from einlass.web import formats
from einlass.web.manage.exivo_steps import name_of
from einlass.web.manage.forms import sentence_of

KEPT = "connection_test"
# Told with one decimal; no answer takes 0.0 seconds.
QUICKEST = 0.1
SENTENCES = {
    "confirmed": _("exivo answers, key and secret are right."),
    "not_tested": _("exivo answers slowly, so this site was not tested. Please test once more."),
    "off": _("The integration is switched off, so exivo was not asked. Switch it on first."),
    "no_credentials": _("Please save the API key and the API secret first."),
    "no_site": _("No branch has a Site-ID yet. Please type one for the test."),
}


@dataclass(frozen=True, slots=True)
class SiteResult:
    """What was said about one site: its branch or its id, the sentence, and exivo's own words where it said no."""

    name: str
    sentence: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Result:
    """The last test. `sites` only for whoever asked for it, `typed` is the site that was typed in."""

    ok: bool
    sentence: str
    at: str
    seconds: float
    sites: tuple[SiteResult, ...]
    typed: str


def sentence_for(code: str) -> str:
    """Why, in the language of the page."""
    return str(SENTENCES[code]) if code in SENTENCES else sentence_of(code)


def keep(request: HttpRequest, system: LockSystem, tried: Tried, *, typed: str, now: datetime) -> None:
    """Remember what was said about each site until the next test."""
    sites = [asdict(site) for site in tried.sites]
    request.session[KEPT] = {"system": system.key, "at": now.isoformat(), "sites": sites, "typed": typed}


def result_of(request: HttpRequest, system: LockSystem, branches: Iterable[Branch], *, zone: str, now: datetime) -> Result | None:
    """The last test of the account, whoever asked for it; None where there was none since key and secret were entered."""
    if system.tested_at is None:
        return None
    kept = request.session.get(KEPT) or {}
    own = kept if kept.get("system") == system.key and kept.get("at") == system.tested_at.isoformat() else {}
    names = {branch.key: name_of(branch) for branch in branches}
    sites = tuple(
        SiteResult(
            name=names.get(site["branch"], "") or site["name"] or site["site_id"],
            sentence=gettext("exivo knows this site.") if site["code"] == "confirmed" else sentence_for(site["code"]),
            ok=site["code"] == "confirmed",
            detail=site["detail"],
        )
        for site in own.get("sites", ())
    )
    return Result(
        ok=system.tested_code == "confirmed",
        sentence=sentence_for(system.tested_code),
        at=formats.recent(system.tested_at, zone, now=now),
        seconds=max(system.tested_seconds or 0.0, QUICKEST),
        sites=sites,
        typed=own.get("typed", ""),
    )
