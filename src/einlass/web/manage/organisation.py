# SPDX-License-Identifier: Apache-2.0
"""Settings › Organisation: who the operator is, and the languages that guests are offered. How long data are kept: `privacy.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import FieldError, Refusal
from einlass.core.roles import May
from einlass.operations.config_export import organisation_part
from einlass.operations.settings import save
from einlass.web.context import NAMES, operator_of
from einlass.web.manage.desk import FORM, Crumb, actor_of, settings_crumbs, show, staff_page
from einlass.web.manage.forms import SettingsForm

SUBJECT = "organisation"


class OrganisationForm(SettingsForm):
    """The languages are those in which every page is complete; a language that only a file has set is kept."""

    paths: ClassVar[Mapping[str, str]] = {"languages": "offered"}
    name = forms.CharField(label=_("Name"), help_text=_("Stands above every page and below every e-mail."), max_length=200)
    offered = forms.MultipleChoiceField(
        label=_("Languages"),
        help_text=_("In these guests can read your pages, and in these you write your texts."),
        widget=forms.CheckboxSelectMultiple,
    )
    default_language = forms.ChoiceField(
        label=_("First language"), help_text=_("For guests whose browser asks for none of the others, and where a text is not translated.")
    )
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    phone = forms.CharField(
        label=_("Phone"),
        help_text=_("Guests call it when a door does not open."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "type": "tel"}),
    )
    email = forms.EmailField(label=_("E-mail"), help_text=_("Guests reply to this address."), max_length=254, required=False)
    privacy_url = forms.URLField(label=_("Address of your privacy policy"), max_length=500, required=False, assume_scheme="https")
    imprint_url = forms.URLField(label=_("Address of your imprint"), max_length=500, required=False, assume_scheme="https")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        complete = dict(settings.LANGUAGES)
        self.kept = [code for code in (self.part or {}).get("languages", ()) if code not in complete]
        choices = [(code, NAMES.get(code, code)) for code in complete]
        for name in ("offered", "default_language"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        return super().initial_of(part) | {"offered": part.get("languages", [])}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, languages = cleaned.get("default_language"), cleaned.get("offered")
        if first and languages and first not in languages:
            self.refused(Refusal("invalid", fields=(FieldError("default_language", "default_language_missing"),)))
        return cleaned

    def part_of(self) -> dict[str, Any]:
        """What was typed, as a part of the configuration file."""
        typed: Mapping[str, Any] = self.cleaned_data
        plain = ("name", "default_language", "address", "phone", "email", "privacy_url", "imprint_url")
        return {name: typed[name] for name in plain} | {"languages": [*typed["offered"], *self.kept]}


@staff_page(May.CONFIGURE, FORM)
def organisation(request: HttpRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = OrganisationForm(data, operator=operator_of(request), part=organisation_part())
    if request.method == "POST" and form.is_valid():
        try:
            saved = save(
                {SUBJECT: form.part_of()}, subject=SUBJECT, seen=form.cleaned_data["seen"], now=timezone.now(), actor=actor_of(request)
            )
        except Refusal as refusal:
            form.refused(refusal)
        else:
            messages.success(request, _what_was_saved(form, saved.values))
            return redirect("manage_organisation")
    crumbs = settings_crumbs(Crumb(gettext("Organisation")))
    status = 409 if form.conflict else 422 if form.errors else 200
    return show(request, "manage/organisation.html", {"form": form}, at="organisation", crumbs=crumbs, status=status)


def _what_was_saved(form: OrganisationForm, values: tuple[dict[str, Any], ...]) -> str:
    changed = [str(value["field"]).partition(".")[2] for value in values]
    fields = [form.paths.get(name, name) for name in changed]
    labels = [str(form.fields[name].label) for name in fields if name in form.fields]
    return gettext("Saved: %(fields)s.") % {"fields": ", ".join(labels)} if labels else gettext("Nothing was changed.")
