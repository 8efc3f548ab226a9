# SPDX-License-Identifier: Apache-2.0
"""The form of one template: subject and text in each language, filled with what counts now. Saved texts that say what the default
says are none; a preview for a sample booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import FieldError
from einlass.core.messages import SMS_MESSAGES
from einlass.core.sms import sms_length
from einlass.core.templates import DEFAULT_SUBJECTS, PLACEHOLDERS, TemplateRefused, check
from einlass.models import MessageTemplate, Organisation
from einlass.operations.config_export import digest_of
from einlass.operations.message_values import letter
from einlass.queries.templates import Wording, default_wording, own_wording
from einlass.web.context import NAMES
from einlass.web.manage.forms import LANGUAGE, SettingsForm
from einlass.web.manage.template_sample import sample_values
from einlass.web.refusals import field_sentence

SHORT_AREA = {"class": "input words short", "rows": "4"}
AREA = {"class": "input words", "rows": "18", "spellcheck": "true"}


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The fields of one language."""

    code: str
    name: str
    subject: BoundField | None
    text: BoundField


@dataclass(frozen=True, slots=True)
class Sample:
    """How the template reads in one language, or why it cannot be used."""

    language: str
    name: str
    subject: str
    body: SafeString
    error: str = ""
    note: str = ""


class TemplateForm(SettingsForm):
    """Each field shows what a reader of its language gets today, so that nobody begins with an empty sheet."""

    texts: ClassVar[tuple[str, ...]] = ("subject", "text")
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)
    # Django takes the field out of the class, so the method of the base stays.
    text = forms.CharField(label=_("Text"), required=False, widget=forms.Textarea(attrs=AREA))  # type: ignore[assignment] # see above

    def __init__(self, data: Any = None, *, key: str, operator: Organisation, part: Any = None) -> None:
        self.key = key
        row = MessageTemplate.objects.filter(key=key).first()
        self.operator = operator
        shown = {code: _shown(key, row, language=code, operator=operator) for code in self.languages}
        words = {"subject": {code: one.subject for code, one in shown.items()}, "text": {code: one.text for code, one in shown.items()}}
        super().__init__(data, operator=operator, part=words)
        self.fields["seen"].initial = digest_of(part)
        for code in self.languages if key not in DEFAULT_SUBJECTS else ():
            del self.fields[f"subject{LANGUAGE}{code}"]
        for code in self.languages if key in SMS_MESSAGES else ():
            self.fields[f"text{LANGUAGE}{code}"].widget.attrs |= SHORT_AREA

    @property
    def by_language(self) -> list[InLanguage]:
        return [
            InLanguage(
                code,
                NAMES.get(code, code),
                self[f"subject{LANGUAGE}{code}"] if self.key in DEFAULT_SUBJECTS else None,
                self[f"text{LANGUAGE}{code}"],
            )
            for code in self.languages
        ]

    def part_of(self) -> dict[str, Any]:
        """What was typed, as a part of the configuration file. Either every language is written down or none: an empty one would
        otherwise be read in the language of another."""
        part: dict[str, Any] = {"key": self.key}
        for name in self.texts:
            typed = {code: self.typed(name, code) for code in self.languages}
            default = {code: self._default(name, code) for code in self.languages}
            changed = any(_plain(typed[code]) != _plain(default[code]) for code in typed)
            part[name] = {code: typed[code] or default[code] for code in typed} if changed and any(typed.values()) else ""
        return part

    def typed(self, name: str, code: str) -> str:
        """What stands in a field now, whether it is right or not."""
        field = f"{name}{LANGUAGE}{code}"
        if field not in self.fields:
            return ""
        value = self.data.get(field, "") if self.is_bound else self.get_initial_for_field(self.fields[field], field)
        return str(value).replace("\r\n", "\n").strip()

    def _default(self, name: str, code: str) -> str:
        return str(getattr(default_wording(self.key, language=code, operator=self.operator), name))


def samples_of(form: TemplateForm, *, now: datetime) -> list[Sample]:
    """The texts as they stand in the form, for a sample booking, through what guests' messages and pages go through."""
    return [_sample(form, code, now=now) for code in form.languages]


def _sample(form: TemplateForm, code: str, *, now: datetime) -> Sample:
    default = default_wording(form.key, language=code, operator=form.operator)
    words = Wording(form.typed("subject", code) or default.subject, form.typed("text", code) or default.text)
    name, allowed = NAMES.get(code, code), PLACEHOLDERS[form.key]
    try:
        for text in (words.subject, words.text):
            check(text, allowed=allowed)
    except TemplateRefused as refused:
        values = {"name": refused.name, "line": str(refused.line), "names": ", ".join(sorted(allowed))}
        return Sample(code, name, "", SafeString(), field_sentence(FieldError("", f"template_{refused.code}", values)))
    made = letter(form.key, words, sample_values(form.operator, language=code, now=now), language=code, operator=form.operator)
    body = mark_safe(made.body)  # noqa: S308 - render_html lets only a few harmless tags through
    note = _cost(made.text.strip()) if form.key in SMS_MESSAGES else ""
    return Sample(code, name, made.subject if form.key in DEFAULT_SUBJECTS else "", body, note=note)


def _cost(text: str) -> str:
    """How many SMS the text is; what a guest writes may make it longer."""
    characters, count = sms_length(text)
    return gettext("%(characters)s characters, %(count)s SMS") % {"characters": characters, "count": count}


def _shown(key: str, row: MessageTemplate | None, *, language: str, operator: Organisation) -> Wording:
    own = own_wording(row, language=language, operator=operator)
    default = default_wording(key, language=language, operator=operator)
    return Wording(own.subject or default.subject, own.text or default.text)


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
