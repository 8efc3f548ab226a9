# SPDX-License-Identifier: Apache-2.0
"""The eight steps of the page of an account, each with its tick, its sentence and its word. What they look at: `queries/set_up.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from einlass.core.locks import SITE_REFUSED, LockSystemState
from einlass.models import Branch, LockSystem, Service
from einlass.models.fields import text_in
from einlass.queries.set_up import BranchSetUp, SetUp

DONE, OPEN, MISSING = "done", "open", "missing"
WORDS = {DONE: _("done"), OPEN: _("open"), MISSING: _("missing")}
TITLES = {
    "switch": _("Switch on"),
    "credentials": _("API key and API secret"),
    "test": _("Test the connection"),
    "branches": _("Branches and Site-IDs"),
    "doors": _("Doors"),
    "services": _("Services"),
    "phone": _("Mobile number as a required question"),
    "information": _("exivo information on the booking page"),
}
PROBLEMS = {
    "": _("exivo is asked about it within ten seconds."),
    "no_site_id": _("The Site-ID is missing."),
    "unreachable": _("exivo cannot be reached; Einlass tries again."),
    "credentials_rejected": _("exivo refuses the API key or the API secret."),
    "unknown_site": _("exivo does not know this Site-ID."),
    "site_mismatch": _("exivo answers for another site. Nothing is changed there."),
    "not_active": _("exivo refuses this site. Perhaps its Connection service is not active."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `lines` are (name, sentence) about single branches; `first` marks the first that is not done: it has the blue button."""

    key: str
    number: int
    title: str
    state: str
    word: str
    say: str
    lines: tuple[tuple[str, str], ...]
    first: bool


@dataclass(frozen=True, slots=True)
class _Found:
    key: str
    state: str
    say: str = ""
    lines: tuple[tuple[str, str], ...] = ()


def steps_of(system: LockSystem, found: SetUp) -> tuple[Step, ...]:
    """All eight, in the order of the work."""
    every = [
        _switch(system, found),
        _credentials(system),
        _test(system),
        _branches(found),
        _doors(found),
        _services(found),
        _phone(found),
        _information(found),
    ]
    first = next((one.key for one in every if one.state != DONE), "")
    return tuple(
        Step(one.key, n, str(TITLES[one.key]), one.state, str(WORDS[one.state]), one.say, one.lines, first=one.key == first)
        for n, one in enumerate(every, start=1)
    )


def name_of(row: Branch | Service) -> str:
    return text_in(row.name, get_language() or "de") or row.key


def names_of(rows: Iterable[Branch | Service]) -> str:
    """Bern Bahnhof, Thun and Biel."""
    names = [name_of(row) for row in rows]
    if len(names) < 2:
        return "".join(names)
    return gettext("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def _switch(system: LockSystem, found: SetUp) -> _Found:
    say = gettext("While it is off, Einlass never calls exivo. Bookings work without keys then.")
    if system.enabled and system.closing_since is not None:
        left = ngettext("It is being switched off, still %(count)s key.", "It is being switched off, still %(count)s keys.", found.keys)
        say = left % {"count": found.keys} if found.keys else gettext("It is being switched off, no key is left.")
    return _Found("switch", DONE if system.grants else OPEN, say)


def _credentials(system: LockSystem) -> _Found:
    say = gettext("You create both in the exivo app under «API settings». The secret is shown there only once.")
    given = bool(system.api_key and system.sealed_secret and system.mobile_app_id)
    rejected = system.enabled and system.state == LockSystemState.CREDENTIALS_REJECTED.value
    return _Found("credentials", MISSING if given and rejected else DONE if given else OPEN, say)


def _test(system: LockSystem) -> _Found:
    if system.tested_code == "confirmed":
        return _Found("test", DONE)
    return _Found("test", MISSING if system.tested_code else OPEN)


def _branches(found: SetUp) -> _Found:
    rows = [each.branch for each in found.branches]
    waiting = [branch for branch in rows if not branch.site_is_confirmed]
    lines = tuple((name_of(branch), _problem(branch)) for branch in waiting)
    if not rows:
        return _Found("branches", OPEN, gettext("No branch belongs to this integration yet."))
    confirmed = [branch for branch in rows if branch.site_is_confirmed]
    say = ""
    if confirmed:
        sentence = ngettext("%(names)s is confirmed by exivo.", "%(names)s are confirmed by exivo.", len(confirmed))
        say = sentence % {"names": names_of(confirmed)}
    refused = any(branch.site_problem in {"credentials_rejected", *SITE_REFUSED} for branch in waiting)
    return _Found("branches", MISSING if refused else OPEN if waiting else DONE, say, lines)


def _problem(branch: Branch) -> str:
    code = branch.site_problem if branch.site_id else "no_site_id"
    return str(PROBLEMS.get(code, PROBLEMS[""]))


def _doors(found: SetUp) -> _Found:
    chosen = [each for each in found.branches if each.always or each.for_services]
    lines = tuple((name_of(each.branch), _counted(each)) for each in found.branches)
    state = DONE if found.branches and len(chosen) == len(found.branches) else OPEN
    say = "" if lines else gettext("Doors can be chosen as soon as a branch has its Site-ID.")
    return _Found("doors", state, say, lines)


def _counted(each: BranchSetUp) -> str:
    if not each.always and not each.for_services:
        return gettext("No door is chosen yet.")
    always = ngettext("%(count)s opens always", "%(count)s open always", each.always) % {"count": each.always}
    rest = ngettext("%(count)s for services", "%(count)s for services", each.for_services) % {"count": each.for_services}
    return f"{always}, {rest}."


def _services(found: SetUp) -> _Found:
    if not found.opening:
        return _Found("services", OPEN, gettext("No service opens a door yet."))
    if not found.without_doors:
        sentence = ngettext(
            "The only service opens at least one door.", "All %(count)s services open at least one door.", len(found.opening)
        )
        return _Found("services", DONE, sentence % {"count": len(found.opening)})
    sentence = ngettext(
        "%(count)s service opens doors. Without any door: %(names)s.",
        "%(count)s services open doors. Without any door: %(names)s.",
        len(found.opening),
    )
    return _Found("services", DONE, sentence % {"count": len(found.opening), "names": names_of(found.without_doors)})


def _phone(found: SetUp) -> _Found:
    if found.without_phone:
        sentence = ngettext(
            "%(names)s does not require a mobile number. Without a number there is no key, so it cannot be booked at the moment.",
            "%(names)s do not require a mobile number. Without a number there is no key, so they cannot be booked at the moment.",
            len(found.without_phone),
        )
        return _Found("phone", MISSING, sentence % {"names": names_of(found.without_phone)})
    if not found.opening:
        return _Found("phone", OPEN, gettext("It is looked at as soon as a service opens a door."))
    return _Found("phone", DONE, gettext("Every service that opens doors requires the mobile number."))


def _information(found: SetUp) -> _Found:
    say = gettext("Guests read it below their contact details: which app, when the key is valid, what green and red mean.")
    return _Found("information", DONE if found.information_settled else OPEN, say)
