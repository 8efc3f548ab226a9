# SPDX-License-Identifier: Apache-2.0
"""What the forms of the settings share: our sentences, texts per language, telling that somebody else saved meanwhile. One form a page;
what is saved, and how, is `operations/settings.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.validators import BaseValidator
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict

from einlass.core.errors import FieldError, Refusal
from einlass.core.texts import Text, canonical
from einlass.models import Organisation
from einlass.operations.config_export import digest_of
from einlass.web.context import NAMES
from einlass.web.refusals import field_sentence, sentence

LANGUAGE = "__"
LIMIT_CODES = {"max_length": "too_long", "max_value": "too_large", "min_value": "too_small"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form: a single field, or a text in each language under one label."""

    label: str
    help: str
    fields: tuple[tuple[str, BoundField], ...]
    grouped: bool

    @property
    def first(self) -> BoundField:
        return self.fields[0][1]


def sentence_of(code: str, **values: str) -> str:
    """Our sentence for a code of a field error."""
    return field_sentence(FieldError("", code, values))


class SettingsForm(forms.Form):
    """A form over one part of the configuration. `paths` maps names of the part (`access.early_minutes`) to fields where they differ.

    `texts` are the fields that have one input per language of the operator: `name` becomes `name__de`, `name__en`, ….
    """

    paths: ClassVar[Mapping[str, str]] = {}
    texts: ClassVar[tuple[str, ...]] = ()
    use_required_attribute = True
    # The digest of what was shown: another one at saving means that somebody else was faster.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, operator: Organisation, part: Any = None, files: Any = None, **kwargs: Any) -> None:
        self.operator = operator
        self.part = part
        self.conflict = ""
        initial = dict(self.initial_of(part or {}), **kwargs.pop("initial", {}))
        super().__init__(data, files, initial=initial, **kwargs)
        self._spread_languages()
        self.fields["seen"].initial = digest_of(part)
        for name, field in self.fields.items():
            self._in_our_words(field)
            self._dressed(name, field)

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """The fields as they stand in the part of the configuration; texts are spread afterwards."""
        return {name: value for name, value in part.items() if name not in self.texts}

    def text(self, name: str) -> Text:
        """What was typed for a text, in its one form."""
        return canonical({code: self.cleaned_data.get(f"{name}{LANGUAGE}{code}", "") for code in self.languages})

    @property
    def languages(self) -> list[str]:
        """The operator's languages, his first one in front."""
        first = self.operator.default_language
        return [first, *(code for code in self.operator.languages if code != first)]

    @property
    def rows(self) -> Iterator[Row]:
        """Every visible field in order, texts gathered under one label."""
        gathered: set[str] = set()
        for bound in self.visible_fields():
            base, _, language = bound.name.partition(LANGUAGE)
            if not language:
                yield Row(str(bound.label), str(bound.help_text), ((("", bound)),), grouped=bound.use_fieldset)
            elif base not in gathered:
                gathered.add(base)
                yield self.row_of(base)

    def row_of(self, name: str) -> Row:
        """One line by its name, for pages that order their lines by hand."""
        if name in self.texts:
            fields = tuple((NAMES.get(code, code), self[f"{name}{LANGUAGE}{code}"]) for code in self.languages)
            first = fields[0][1]
            return Row(str(first.label), str(first.help_text), fields, grouped=len(fields) > 1)
        bound = self[name]
        return Row(str(bound.label), str(bound.help_text), (("", bound),), grouped=bound.use_fieldset)

    def refused(self, refusal: Refusal) -> None:
        """Put each sentence beside its field; what is about no single field stands above the form."""
        if refusal.code == "changed_meanwhile":
            self.conflict = sentence(refusal)
            # Saving again is meant then: the person has been told and sees what he typed, so the form carries what is saved now.
            typed: Any = self.data
            self.data = typed.copy()
            self.data[self.add_prefix("seen")] = digest_of(self.part)  # type: ignore[index] # a QueryDict's copy can be changed
            return
        if not refusal.fields:
            self.add_error(None, sentence(refusal))
        for error in refusal.fields:
            self.add_error(self._field_of(error.field), field_sentence(error))

    def unjudged(self) -> None:
        """Show what was typed without saying what is wrong: it was not meant to be saved yet."""
        self._errors = ErrorDict()

    def _field_of(self, path: str) -> str | None:
        """The field of a path: exact, by `paths`, by its language, by its first word; None for the form as a whole."""
        first = re.split(r"[.\[]", path)[0]
        candidates = [self.paths.get(path, path), path.replace(".", LANGUAGE), first, self.paths.get(first, "")]
        candidates += [f"{path}{LANGUAGE}{self.languages[0]}"]
        return next((name for name in candidates if name in self.fields), None)

    def _spread_languages(self) -> None:
        part = self.part or {}
        for name in self.texts:
            pattern = self.fields.pop(name)
            for code in self.languages:
                assert isinstance(pattern, forms.CharField)
                field = type(pattern)(
                    label=pattern.label,
                    help_text=pattern.help_text,
                    required=pattern.required and code == self.languages[0],
                    widget=type(pattern.widget)(attrs={**pattern.widget.attrs, "lang": code}),
                    max_length=pattern.max_length,
                )
                value: Text = part.get(name, "")
                field.initial = (value if code == self.languages[0] else "") if isinstance(value, str) else value.get(code, "")
                self.fields[f"{name}{LANGUAGE}{code}"] = field
        self.order_fields(self._order())

    def _order(self) -> list[str]:
        """The order in which the class declares its fields, languages in the place of their text."""
        order: list[str] = []
        for name in type(self).base_fields:
            order += [f"{name}{LANGUAGE}{code}" for code in self.languages] if name in self.texts else [name]
        return order

    @staticmethod
    def _in_our_words(field: forms.Field) -> None:
        ours = {"required": "required", "invalid_choice": "not_a_choice", "invalid_list": "not_a_choice"}
        match field:
            case forms.IntegerField() | forms.DecimalField():
                ours["invalid"] = "not_a_number"
            case forms.DateField():
                ours["invalid"] = "not_a_date"
            case forms.EmailField():
                ours["invalid"] = "not_an_email"
            case forms.URLField():
                ours["invalid"] = "not_a_url"
        field.error_messages.update({kind: sentence_of(code) for kind, code in ours.items()})
        for validator in field.validators:
            code = LIMIT_CODES.get(getattr(validator, "code", ""))
            if code and isinstance(validator, BaseValidator):
                validator.message = sentence_of(code, limit=str(validator.limit_value))

    @staticmethod
    def _dressed(name: str, field: forms.Field) -> None:
        plain = not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple | forms.HiddenInput)
        if plain:
            field.widget.attrs.setdefault("class", "input")
        if isinstance(field, forms.IntegerField):
            field.widget.attrs.setdefault("inputmode", "numeric")
