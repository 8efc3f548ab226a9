# SPDX-License-Identifier: Apache-2.0
"""Settings › Integrations: the accounts, and the page of one with its guide (R1, R2). Its buttons: `exivo_actions.py`; its steps:
`exivo_steps.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.roles import May
from einlass.models import LockSystem
from einlass.operations.config_export import exported
from einlass.operations.settings import part_at, save
from einlass.operations.switching import add_account, branches_to_come_along, subject_of
from einlass.queries.set_up import SetUp, set_up
from einlass.web.context import operator_of
from einlass.web.manage.connection_result import Result, result_of
from einlass.web.manage.desk import FORM, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.exivo_steps import DONE, names_of, steps_of
from einlass.web.manage.forms import SettingsForm
from einlass.web.setting_sentences import SETTING_SENTENCES

CRUMB = _("Integrations")


class AccountForm(SettingsForm):
    """Step 2. The secret is never shown again: an empty field keeps the one that is stored (R2)."""

    paths: ClassVar[Mapping[str, str]] = {"mobile_app.name": "mobile_app_name", "mobile_app.id": "mobile_app_id"}
    api_key = forms.CharField(
        label=_("API key"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    api_secret = forms.CharField(
        label=_("API secret"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"class": "input mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    mobile_app_name = forms.CharField(label=_("Name of the mobile app"), max_length=100)
    mobile_app_id = forms.CharField(
        label=_("Id of the mobile app"),
        help_text=_("Digits only: the LEGIC id that exivo names for the app."),
        max_length=40,
        validators=[RegexValidator(r"\A[0-9]+\Z", message=SETTING_SENTENCES["not_digits"])],
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "numeric"}),
    )
    install_notification = forms.BooleanField(label=_("exivo sends guests a text message with the link to the app"), required=False)

    def __init__(self, *args: Any, has_secret: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["api_secret"].required = not has_secret

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        app = part.get("mobile_app", {})
        kept = {name: part[name] for name in ("api_key", "install_notification") if name in part}
        return kept | {"mobile_app_name": app.get("name", ""), "mobile_app_id": app.get("id", "")}

    def part_of(self, key: str) -> dict[str, Any]:
        """What was typed, as a part of the configuration file."""
        typed = self.cleaned_data
        secret = {"api_secret": typed["api_secret"]} if typed["api_secret"] else {}
        app = {"name": typed["mobile_app_name"], "id": typed["mobile_app_id"]}
        return {"key": key, "api_key": typed["api_key"], "mobile_app": app, "install_notification": typed["install_notification"], **secret}


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the list."""

    key: str
    title: str
    state: str
    done: int
    of: int


@staff_page(May.ADMINISTER, FORM)
def integrations(request: HttpRequest) -> HttpResponse:
    """The accounts; a new one is made by the button and opened."""
    now = timezone.now()
    if request.method == "POST":
        return redirect("manage_lock_system", key=add_account(actor=actor_of(request), now=now))
    systems = list(LockSystem.objects.order_by("pk"))
    accounts = [_account(system, now=now, several=len(systems) > 1) for system in systems]
    return show(request, "manage/integrations.html", {"accounts": accounts}, at="integrations", crumbs=settings_crumbs(Crumb(str(CRUMB))))


@staff_page(May.ADMINISTER, FORM)
def lock_system(request: HttpRequest, key: str) -> HttpResponse:
    """The guide. A POST saves step 2, the only form of the page; the other buttons have addresses of their own."""
    system = get_object_or_404(LockSystem, key=key)
    form = account_form(request, system)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save(
                {"lock_systems": [form.part_of(key)]},
                subject=subject_of(system),
                seen=form.cleaned_data["seen"],
                now=timezone.now(),
                actor=actor_of(request),
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(request, _what_was_saved(saved.values))
            return redirect("manage_lock_system", key=key)
    return page(request, system, form)


def account_form(request: HttpRequest, system: LockSystem) -> AccountForm:
    part = part_at(exported(), subject_of(system))
    data = request.POST if request.method == "POST" else None
    return AccountForm(data, operator=operator_of(request), part=part, has_secret=bool(system.sealed_secret))


def page(request: HttpRequest, system: LockSystem, form: AccountForm) -> HttpResponse:
    """The whole page, with what was typed into the form of step 2."""
    now = timezone.now()
    found = set_up(system, now=now)
    steps = steps_of(system, found)
    title = title_of(system, several=LockSystem.objects.count() > 1)
    context = {
        "system": system,
        "title": title,
        "form": form,
        "steps": steps,
        "done": sum(1 for step in steps if step.state == DONE),
        "keys": found.keys,
        "replace": not system.sealed_secret or "replace" in request.GET or bool(form.errors or form.conflict),
        "come_along": "" if system.enabled else names_of(branches_to_come_along(system)),
        "unattached": names_of(found.unattached),
        "without_phone": names_of(found.without_phone),
        "result": _result(request, system, found, now=now),
        "door_link": _door_link(found),
    }
    crumbs = settings_crumbs(Crumb(str(CRUMB), reverse("manage_integrations")), Crumb(title))
    status = 409 if form.conflict else 422 if form.errors else 200
    return show(request, "manage/lock_system.html", context, at="integrations", crumbs=crumbs, status=status)


def title_of(system: LockSystem, *, several: bool) -> str:
    return f"dormakaba exivo ({system.key})" if several else "dormakaba exivo"


def _account(system: LockSystem, *, now: datetime, several: bool) -> Account:
    steps = steps_of(system, set_up(system, now=now))
    closing = system.enabled and system.closing_since is not None
    state = gettext("is being switched off") if closing else gettext("switched on") if system.enabled else gettext("switched off")
    return Account(system.key, title_of(system, several=several), state, sum(1 for step in steps if step.state == DONE), len(steps))


def _result(request: HttpRequest, system: LockSystem, found: SetUp, *, now: datetime) -> Result | None:
    zone = found.branches[0].branch.time_zone if found.branches else "Europe/Zurich"
    return result_of(request, system, [each.branch for each in found.branches], zone=zone, now=now)


def _door_link(found: SetUp) -> str:
    """To the branch whose doors are still to be chosen; to the list where all are, or where there are several to look at."""
    waiting = [each.branch for each in found.branches if not each.always and not each.for_services]
    branch = waiting[0] if waiting else found.branches[0].branch if len(found.branches) == 1 else None
    return reverse("manage_branch", kwargs={"key": branch.key}) if branch else reverse("manage_branches")


def _what_was_saved(values: tuple[dict[str, Any], ...]) -> str:
    changed = {str(value["field"]).rpartition(".")[2] for value in values}
    if not changed:
        return gettext("Nothing was changed.")
    if changed & {"api_key", "api_secret"}:
        return gettext("Saved. Einlass asks exivo about all Site-IDs anew within ten seconds. Test the connection now.")
    return gettext("Saved.")
