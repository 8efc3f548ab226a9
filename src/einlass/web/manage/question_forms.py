# SPDX-License-Identifier: Apache-2.0
"""The form of one booking question, as a part of the configuration. Its options: `question_options.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from einlass.core.questions import KINDS
from einlass.models import Service
from einlass.models.fields import text_in
from einlass.web.manage.forms import SettingsForm, sentence_of
from einlass.web.manage.question_options import OptionRow, options_part, saved_rows, typed_rows, with_empty_rows

KIND_WORDS = {
    "text": _("Text"),
    "long_text": _("Long text"),
    "number": _("Number"),
    "choice": _("Choice"),
    "several": _("Several of a choice"),
    "yes_no": _("Yes or no"),
    "date": _("Date"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "mobile": _("Mobile number"),
    "persons": _("Number of people"),
}
WITH_OPTIONS = frozenset({"choice", "several"})
FOR = (("all", _("for all services")), ("some", _("only for some")))


class QuestionForm(SettingsForm):
    """One booking question. `for_services` says whether it is for all of them or for those that are ticked."""

    texts = ("label", "hint")
    paths = {"options": "kind"}

    label = forms.CharField(label=_("Question"), max_length=200, help_text=_("What guests read above the field."))
    hint = forms.CharField(label=_("Hint"), required=False, max_length=500, help_text=_("A sentence below it: why you ask, or an example."))
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind, KIND_WORDS[kind]) for kind in KINDS])
    required = forms.BooleanField(label=_("Required"), required=False, help_text=_("Without an answer nothing can be booked."))
    active = forms.BooleanField(label=_("Active"), required=False, help_text=_("Only what is active is asked."))
    for_services = forms.ChoiceField(label=_("Which services"), choices=FOR, widget=forms.RadioSelect)
    services = forms.MultipleChoiceField(label=_("Services"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: QueryDict | None = None, *, services: Sequence[Service], language: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        named = [(service.key, text_in(service.name, language) or service.key) for service in services]
        self.fields["services"].choices = named  # type: ignore[attr-defined] # a field of choices
        self.typed_options = typed_rows(data, languages=self.languages) if data is not None else self._saved_options()

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        some = "some" if part.get("services") else "all"
        return {**{name: part[name] for name in ("kind", "required", "active", "services") if name in part}, "for_services": some}

    @property
    def option_rows(self) -> list[OptionRow]:
        return with_empty_rows(self.typed_options, languages=self.languages)

    @property
    def has_options(self) -> bool:
        return (self["kind"].value() or "") in WITH_OPTIONS

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("kind") in WITH_OPTIONS and not options_part(self.typed_options):
            self.add_error("kind", sentence_of("options_missing"))
        if data.get("for_services") == "some" and not data.get("services"):
            self.add_error("services", sentence_of("required"))
        return data

    def as_part(self, key: str) -> dict[str, Any]:
        """What was typed as a part of the configuration file."""
        data = self.cleaned_data
        part = {
            "key": key,
            **{name: data[name] for name in ("kind", "required", "active")},
            **{name: self.text(name) for name in self.texts},
            "options": options_part(self.typed_options) if data["kind"] in WITH_OPTIONS else [],
            "services": data["services"] if data["for_services"] == "some" else [],
        }
        return {"questions": [part]}

    def _saved_options(self) -> list[OptionRow]:
        return saved_rows((self.part or {}).get("options", []), languages=self.languages)
