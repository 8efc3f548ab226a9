# SPDX-License-Identifier: Apache-2.0
"""Settings › Organisation: who the operator is, how the guests' pages look, what guests get and may. Its form: `organisation_forms.py`;
how long data are kept: `privacy.py`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core.errors import Refusal
from einlass.core.roles import May
from einlass.operations.config_export import organisation_part
from einlass.operations.settings import Saved, save
from einlass.web.context import operator_of
from einlass.web.manage.accent_sample import samples_of
from einlass.web.manage.desk import FORM, LOOK, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.organisation_forms import OrganisationForm, read_colour

SUBJECT = "organisation"


@staff_page(May.CONFIGURE, FORM)
def organisation(request: HttpRequest) -> HttpResponse:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = OrganisationForm(data, files=files, operator=operator_of(request), part=organisation_part())
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, form)
        if saved is not None:
            messages.success(request, _what_was_saved(form, saved))
            return redirect("manage_organisation")
    status = 409 if form.conflict else 422 if form.errors else 200
    context = {
        "form": form,
        "samples": samples_of(form.typed_colour),
        "sms_configured": settings.SMS_CONFIGURED,
        "picture_lost": status != 200 and "logo" in request.FILES,
    }
    crumbs = settings_crumbs(Crumb(gettext("Organisation")))
    return show(request, "manage/organisation.html", context, at="organisation", crumbs=crumbs, status=status)


@staff_page(May.CONFIGURE, LOOK)
def accent(request: HttpRequest) -> HttpResponse:
    """How the button would look in a colour that is being chosen."""
    return render(request, "manage/_accent.html", {"samples": samples_of(read_colour(request.GET.get("accent_colour", "")) or "")})


def _saved(request: HttpRequest, form: OrganisationForm) -> Saved | None:
    """None where it was refused; the form then says why."""
    part = {SUBJECT: form.part_of()}
    try:
        return save(part, subject=SUBJECT, seen=form.cleaned_data["seen"], now=timezone.now(), actor=actor_of(request))
    except Refusal as refusal:
        form.refused(refusal)
        return None


def _what_was_saved(form: OrganisationForm, saved: Saved) -> str:
    changed = [str(value["field"]).partition(".")[2] for value in saved.values]
    fields = [form.paths.get(name, name) for name in changed]
    labels = [str(form.fields[name].label) for name in fields if name in form.fields]
    return gettext("Saved: %(fields)s.") % {"fields": ", ".join(labels)} if labels else gettext("Nothing was changed.")
