# SPDX-License-Identifier: Apache-2.0
"""How long personal data are kept, and who waits to be erased. A guest's data: `guests.py`; erasing: `operations/privacy.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import Refusal
from einlass.core.roles import May
from einlass.operations.config_export import organisation_part
from einlass.operations.settings import save
from einlass.queries.bookings import with_facts
from einlass.queries.privacy import older_than, waiting_for_their_keys
from einlass.web import refusals
from einlass.web.context import operator_of
from einlass.web.manage.booking import reader_of
from einlass.web.manage.desk import FORM, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.forms import SettingsForm
from einlass.web.manage.rows import row_of

WAITING_SHOWN = 100


class KeepForm(SettingsForm):
    """Days after the end of a booking; empty keeps everything. `agreed` is the number of bookings that whoever saves was told of."""

    keep_personal_days = forms.IntegerField(
        label=_("Erase personal data after"),
        help_text=_("Counted from the end of the booking. Empty: they are kept until somebody erases them."),
        min_value=1,
        max_value=36_500,
        required=False,
    )
    door_log_days = forms.IntegerField(
        label=_("Keep the door log for"),
        help_text=_(
            "Who came to which door when, as exivo's log says, on the page of the booking. Empty: it is not read, and what is there goes."
        ),
        min_value=1,
        max_value=36_500,
        required=False,
    )
    agreed = forms.IntegerField(widget=forms.HiddenInput, required=False)


@staff_page(May.ADMINISTER, FORM)
def privacy(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = KeepForm(request.POST or None, operator=operator_of(request), part=organisation_part())
    concerned = 0
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["keep_personal_days"]
        concerned = _newly_concerned(form, days, now=now)
        if concerned <= (form.cleaned_data["agreed"] or 0) and _saved(request, form, now=now):
            return redirect("manage_privacy")
    context = {
        "form": form,
        "concerned": 0 if form.errors or form.conflict else concerned,
        "waiting": [row_of(booking, reader=reader_of(request, now=now)) for booking in _waiting(now)],
    }
    status = refusals.STATUS["changed_meanwhile"] if form.conflict else 422 if form.errors or concerned else 200
    return show(request, "manage/privacy.html", context, at="privacy", crumbs=settings_crumbs(Crumb(gettext("Privacy"))), status=status)


def _newly_concerned(form: KeepForm, days: int | None, *, now: datetime) -> int:
    """How many bookings lose their data because of this change: whoever makes it is told before."""
    if days is None or days == (form.part or {}).get("keep_personal_days"):
        return 0
    return older_than(days, now=now).count()


def _saved(request: HttpRequest, form: KeepForm, *, now: datetime) -> bool:
    typed = {name: form.cleaned_data[name] for name in TOLD}
    part: dict[str, Any] = {"organisation": typed}
    try:
        saved = save(part, subject="organisation", seen=form.cleaned_data["seen"], now=now, actor=actor_of(request))
    except Refusal as refusal:
        form.refused(refusal)
        return False
    changed = {str(value["field"]).removeprefix("organisation.") for value in saved.values}
    for name, tell in TOLD.items():
        if name in changed:
            messages.success(request, tell(typed[name]))
    if not changed:
        messages.success(request, gettext("Nothing was changed."))
    return True


def _told(days: int | None) -> str:
    if days is None:
        return gettext("Saved. Personal data are kept until somebody erases them.")
    sentence = ngettext(
        "Saved. Personal data go %(count)s day after the end of a booking.",
        "Saved. Personal data go %(count)s days after the end of a booking.",
        days,
    )
    return sentence % {"count": days}


def _told_of_log(days: int | None) -> str:
    if days is None:
        return gettext("Saved. The door log is off: it is not read, and what was kept is deleted.")
    sentence = ngettext(
        "Saved. The door log is on and is kept for %(count)s day.",
        "Saved. The door log is on and is kept for %(count)s days.",
        days,
    )
    return sentence % {"count": days}


TOLD: dict[str, Callable[[int | None], str]] = {"keep_personal_days": _told, "door_log_days": _told_of_log}


def _waiting(now: datetime) -> Any:
    return with_facts(waiting_for_their_keys(now=now)).order_by("start")[:WAITING_SHOWN]
