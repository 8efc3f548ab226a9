# SPDX-License-Identifier: Apache-2.0
"""The sentences and the buttons of the readiness page, one for each code of `queries/readiness.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.roles import May
from einlass.queries.readiness import ABOUT_ACCOUNT, ABOUT_BRANCH, ABOUT_SERVICE, Check
from einlass.web.manage.exivo_steps import PROBLEMS

SENTENCES = {
    "encryption_keys_fit": (
        _("The encryption keys are those of this database."),
        _("This machine has other encryption keys than the database. Secrets cannot be read, so no key is made."),
    ),
    "worker_alive": (
        _("A worker is running and makes the keys."),
        _("No worker has been running for a minute. Bookings go on, keys wait. Start it with «einlass worker» or «einlass up»."),
    ),
    "machine_clocks_agree": (
        _("The clocks of all machines agree."),
        _("The clocks of the machines or of the database differ by %(seconds)s seconds. Have them set by a time server (NTP)."),
    ),
    "mail_works": (_("Messages to guests go out."), _("No e-mail goes out. %(trouble)s")),
    "sms_works": (_("SMS to guests go out."), _("No SMS goes out. %(trouble)s")),
    "credentials_given": (_("API key and API secret are given."), _("The API key or the API secret is missing.")),
    "mobile_app_given": (_("The mobile app is named."), _("The id of the mobile app is missing. exivo refuses every key without it.")),
    "credentials_accepted": (
        _("exivo accepts the API key and the API secret."),
        _("exivo has not accepted the API key and the API secret. %(reason)s"),
    ),
    "lock_system_answers": (_("exivo answers."), _("exivo is not answering. Bookings go on, keys follow as soon as it does.")),
    "vendor_clock_agrees": (
        _("The clocks of Einlass and exivo agree."),
        _("The clocks of Einlass and exivo differ by %(seconds)s seconds. Doors would open too early or too late."),
    ),
    "branch_attached": (_("At least one branch belongs to it."), _("No branch belongs to it, so no booking gets a key.")),
    "site_confirmed": (_("exivo has confirmed the Site-ID."), _("exivo has not confirmed the Site-ID. %(problem)s")),
    "site_lists_doors": (_("exivo lists doors there."), _("exivo lists no door there, or gateways only.")),
    "site_compared": (
        _("The site was compared with exivo as a whole."),
        _(
            "Einlass compares the site with exivo first, after an upgrade or a restored backup. Until then no key is made there and none is"
            " taken back. Bookings go on."
        ),
    ),
    "keys_listed": (
        _("exivo tells all keys of the site."),
        _("For more than half an hour exivo has not told all keys, so nothing is put right there."),
    ),
    "doors_chosen": (_("Doors are chosen."), _("No door is chosen yet.")),
    "no_gateway_chosen": (
        _("No gateway is chosen."),
        _("Turned into a gateway at exivo: %(doors)s. It was chosen and is in no key any more."),
    ),
    "no_unknown_type_chosen": (
        _("Every chosen door has a type or was allowed by somebody."),
        _("Chosen without a type: %(doors)s. It stays out of every key until somebody allows it."),
    ),
    "chosen_doors_exist": (_("exivo lists every chosen door."), _("exivo no longer lists %(doors)s.")),
    "no_stray_keys": (
        _("Every key of Einlass at exivo belongs to a booking."),
        _("Keys of Einlass at exivo that belong to no booking: %(keys)s. Somebody has to decide about them."),
    ),
    "no_brake": (
        _("No key waits for a decision."),
        _("%(keys)s keys would be taken back at once, and no booking explains it. Somebody has to decide."),
    ),
    "neighbours_apart": (
        _("No two guests in a row have keys at the same time."),
        _("Bookings in a row: both keys open for up to %(minutes)s minutes at once. It concerns %(services)s."),
    ),
    "mobile_question": (
        _("Requires the mobile number."),
        _("Does not require the mobile number. Without a number there is no key, so it cannot be booked at the moment."),
    ),
}
TROUBLES = {
    "": "",
    "not_configured": _("No mail server is set; guests find everything on the page of their booking."),
    "failing": _("The mail server accepts nothing at the moment. Einlass tries again."),
    "sms_not_configured": _("No SMS gateway is set."),
    "sms_failing": _("The SMS gateway accepts nothing at the moment. Einlass tries again."),
}
REASONS = {"": "", "rejected": _("It rejects them."), "untested": _("It was not asked yet.")}


@dataclass(frozen=True, slots=True)
class Mend:
    """The button behind a red line: a page (or, with `post`, a deed) at `route`, which takes the subject's key where `keyed`."""

    label: object
    route: str
    needs: May
    keyed: bool = True
    post: bool = False


_TO_ACCOUNT = Mend(_("To the integration"), "manage_lock_system", May.ADMINISTER)
_TO_BRANCH = Mend(_("To the branch"), "manage_branch", May.CONFIGURE)
MENDS: Mapping[str, Mend] = {
    # A clock is not mended on a page.
    **{code: _TO_ACCOUNT for code in ABOUT_ACCOUNT if code != "vendor_clock_agrees"},
    # Nor is a comparison that is under way, or one that exivo does not let us make.
    **{code: _TO_BRANCH for code in ABOUT_BRANCH if code not in {"site_compared", "keys_listed"}},
    "no_brake": Mend(_("Decide"), "manage_release_brake", May.CONFIGURE),
    "no_stray_keys": Mend(_("Decide"), "manage_stray_keys", May.CONFIGURE),
    "mobile_question": Mend(_("Require the mobile number"), "manage_require_mobile", May.CONFIGURE, keyed=False, post=True),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One prerequisite as it is drawn. `state` is done, missing or warning; without `address` there is nothing to press."""

    code: str
    about: str
    sentence: str
    state: str
    label: str
    address: str
    post: bool


def line_of(check: Check, *, names: Mapping[str, str], may: Callable[[May], bool]) -> Line:
    """The line of one check, with its button where the person may press it."""
    mend = MENDS.get(check.code)
    state = "done" if check.ok else "warning" if check.warning else "missing"
    offered = mend is not None and not check.ok and may(mend.needs)
    address = _address(mend, check) if mend and offered else ""
    label = str(mend.label) if mend and offered else ""
    return Line(check.code, _about(check, names), _sentence(check, names), state, label, address, bool(mend and mend.post))


def _address(mend: Mend, check: Check) -> str:
    return reverse(mend.route, kwargs={"key": check.subject} if mend.keyed else {})


def _about(check: Check, names: Mapping[str, str]) -> str:
    """Bern Bahnhof; dormakaba exivo; the name of the service; Einlass itself."""
    if check.code in ABOUT_ACCOUNT:
        key = names.get(f"account.{check.subject}", check.subject)
        return f"dormakaba exivo ({key})" if key else "dormakaba exivo"
    kind = "branch" if check.code in ABOUT_BRANCH else "service" if check.code in ABOUT_SERVICE else ""
    return names.get(f"{kind}.{check.subject}", check.subject) if kind else gettext("This installation")


def _sentence(check: Check, names: Mapping[str, str]) -> str:
    right, wrong = SENTENCES[check.code]
    if check.ok:
        return str(right)
    services = ", ".join(names.get(f"service.{key}", key) for key in check.values.get("services", "").split(", "))
    problem, reason = check.values.get("problem", ""), check.values.get("reason", "")
    trouble = check.values.get("trouble", "")
    words = {
        "problem": PROBLEMS.get(problem, ""),
        "reason": REASONS.get(reason, ""),
        "trouble": TROUBLES.get(trouble, ""),
        "services": services,
    }
    return (str(wrong) % (check.values | {name: str(word) for name, word in words.items()})).strip()
