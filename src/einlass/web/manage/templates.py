# SPDX-License-Identifier: Apache-2.0
"""Settings › Templates: the list, one template with its preview, back to its default. The form and the sample: `template_forms.py`."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from einlass.core import templates as core
from einlass.core.errors import Refusal
from einlass.core.messages import SMS_MESSAGES
from einlass.core.roles import May
from einlass.models import MessageTemplate
from einlass.operations.config_export import Exported, exported
from einlass.operations.information import confirm_information
from einlass.operations.settings import part_at, save
from einlass.web.context import NAMES, operator_of
from einlass.web.manage.desk import FORM, ONLY_POST, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.template_forms import TemplateForm, samples_of
from einlass.web.manage.template_words import INFORMATION, PLACEHOLDERS, TEMPLATES


@dataclass(frozen=True, slots=True)
class Line:
    """One template in the list. `languages` are those in which the operator wrote it; none where the default counts."""

    key: str
    name: str
    when: str
    languages: str


@staff_page(May.CONFIGURE)
def templates(request: HttpRequest) -> HttpResponse:
    rows = {row.key: row for row in MessageTemplate.objects.all()}
    lines = [Line(key, str(name), str(when), _languages_of(request, rows.get(key))) for key, (name, when) in TEMPLATES.items()]
    crumbs = settings_crumbs(Crumb(gettext("Templates")))
    return show(request, "manage/templates.html", {"lines": lines}, at="templates", crumbs=crumbs)


@staff_page(May.CONFIGURE, FORM)
def template(request: HttpRequest, key: str) -> HttpResponse:
    form = _form(request, key)
    if request.method == "POST" and "show" not in request.POST and form.is_valid():
        try:
            saved = save({"templates": [form.part_of()]}, **_how(request, key), seen=form.cleaned_data["seen"])
        except Refusal as refusal:
            form.refused(refusal)
        else:
            if key == INFORMATION:
                confirm_information(actor=actor_of(request), now=timezone.now())
            messages.success(request, gettext("The text is saved.") if saved.values else gettext("Nothing was changed."))
            return redirect("manage_template", key)
    return _shown(request, form)


@staff_page(May.CONFIGURE, ONLY_POST)
def preview(request: HttpRequest, key: str) -> HttpResponse:
    """The part of the page that shows the texts as they stand in the form."""
    return render(request, "manage/_template_preview.html", {"samples": samples_of(_form(request, key), now=timezone.now())})


@staff_page(May.CONFIGURE, FORM)
def back_to_default(request: HttpRequest, key: str) -> HttpResponse:
    """Asks once: what the operator wrote is gone afterwards."""
    name = _name(key)
    if request.method == "POST":
        saved = save({"templates": [{"key": key, "subject": "", "text": ""}]}, **_how(request, key))
        messages.success(request, gettext("The default text counts again.") if saved.values else gettext("Nothing was changed."))
        return redirect("manage_template", key)
    return show(request, "manage/template_default.html", {"key": key, "name": name}, at="templates", crumbs=_crumbs(key))


@staff_page(May.CONFIGURE, ONLY_POST)
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """The information on the booking page is fine as it is, which the set-up of the doors asks for."""
    if key != INFORMATION:
        raise Http404
    confirm_information(actor=actor_of(request), now=timezone.now())
    messages.success(request, gettext("Confirmed: guests read the text as it is."))
    return redirect("manage_template", key)


def _shown(request: HttpRequest, form: TemplateForm) -> HttpResponse:
    name, when = TEMPLATES[form.key]
    row = MessageTemplate.objects.filter(key=form.key).first()
    context = {
        "form": form,
        "key": form.key,
        "name": name,
        "when": when,
        "own": bool(row and (row.text or row.subject)),
        "is_sms": form.key in SMS_MESSAGES,
        "unconfirmed": form.key == INFORMATION and not (row and (row.text or row.confirmed_at)),
        "placeholders": [(f"{{{{ {one} }}}}", words) for one, words in PLACEHOLDERS.items() if one in core.PLACEHOLDERS[form.key]],
        "condition": next(one for one in ("doors", "reason", "problem", "phone") if one in core.PLACEHOLDERS[form.key]),
        "samples": samples_of(form, now=timezone.now()),
    }
    status = 409 if form.conflict else 422 if form.errors and "show" not in request.POST else 200
    return show(request, "manage/template.html", context, at="templates", crumbs=_crumbs(form.key), status=status)


def _form(request: HttpRequest, key: str) -> TemplateForm:
    _name(key)
    data = request.POST if request.method == "POST" else None
    return TemplateForm(data, key=key, operator=operator_of(request), part=part_at(exported(), _subject(key)))


def _name(key: str) -> str:
    if key not in TEMPLATES:
        raise Http404
    return str(TEMPLATES[key][0])


def _subject(key: str) -> str:
    return f"templates.{key}"


def _how(request: HttpRequest, key: str) -> Exported:
    return {"subject": _subject(key), "now": timezone.now(), "actor": actor_of(request)}


def _crumbs(key: str) -> tuple[Crumb, ...]:
    return settings_crumbs(Crumb(gettext("Templates"), reverse("manage_templates")), Crumb(_name(key)))


def _languages_of(request: HttpRequest, row: MessageTemplate | None) -> str:
    if row is None or not (row.text or row.subject):
        return ""
    written = row.text or row.subject
    codes = list(written) if isinstance(written, dict) else [operator_of(request).default_language]
    return ", ".join(NAMES.get(code, code) for code in codes)
