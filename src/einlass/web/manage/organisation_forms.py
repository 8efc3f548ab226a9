# SPDX-License-Identifier: Apache-2.0
"""The form of the organisation over its part of the configuration: who the operator is, how his pages look, what guests get and may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import FieldError, Refusal
from einlass.core.messages import SMS_MESSAGES
from einlass.operations.config_pictures import part_of_upload
from einlass.operations.config_types import COLOUR
from einlass.operations.pictures import LARGEST_BYTES, LARGEST_MEGABYTES
from einlass.web.context import NAMES
from einlass.web.manage.forms import Row, SettingsForm, sentence_of
from einlass.web.manage.template_words import TEMPLATES

WHO = ("name", "address", "phone", "email", "privacy_url", "imprint_url")
LANGUAGES = ("offered", "default_language")
PLAIN = (*WHO, "default_language", "accent_colour", "most_open_bookings", "sms_messages")
# As many bookings of one number as nobody can mean.
MOST_OPEN = 1_000_000
# The short form in which designers write some colours: #abc is #aabbcc.
SHORT_COLOUR = 4


class OrganisationForm(SettingsForm):
    """The languages are those in which every page is complete; a language that only a file has set is kept."""

    paths: ClassVar[Mapping[str, str]] = {"languages": "offered"}
    name = forms.CharField(label=_("Name"), help_text=_("Stands above every page and below every e-mail."), max_length=200)
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
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG or WebP, at most 8 MB, best without a margin. Stands above the guests' pages in the place of your name."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    no_logo = forms.BooleanField(label=_("Remove the logo"), required=False)
    accent_colour = forms.CharField(
        label=_("Accent colour"),
        required=False,
        max_length=7,
        help_text=_("Of the button that leads on, such as #1f5fbf. Empty is the blue of Einlass."),
        widget=forms.TextInput(attrs={"class": "input mono", "spellcheck": "false", "autocapitalize": "off", "data-colour": ""}),
    )
    offered = forms.MultipleChoiceField(
        label=_("Languages"),
        help_text=_("In these guests can read your pages, and in these you write your texts."),
        widget=forms.CheckboxSelectMultiple,
    )
    default_language = forms.ChoiceField(
        label=_("First language"), help_text=_("For guests whose browser asks for none of the others, and where a text is not translated.")
    )
    most_open_bookings = forms.IntegerField(
        label=_("Most coming bookings"),
        help_text=_("So many a guest may have with one mobile number. Empty is without limit; your staff have none."),
        min_value=1,
        max_value=MOST_OPEN,
        required=False,
    )
    sms_messages = forms.MultipleChoiceField(
        label=_("Also by SMS"),
        help_text=_("To the guest's mobile number, besides the e-mail. The link to the guest's page is in it."),
        choices=[(key, TEMPLATES[key.replace("sms_", "message_")][0]) for key in SMS_MESSAGES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        complete = dict(settings.LANGUAGES)
        self.kept = [code for code in (self.part or {}).get("languages", ()) if code not in complete]
        choices = [(code, NAMES.get(code, code)) for code in complete]
        for name in LANGUAGES:
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        plain = {name: value for name, value in super().initial_of(part).items() if name != "logo"}
        return plain | {"offered": part.get("languages", [])}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, languages = cleaned.get("default_language"), cleaned.get("offered")
        if first and languages and first not in languages:
            self.refused(Refusal("invalid", fields=(FieldError("default_language", "default_language_missing"),)))
        return cleaned

    def clean_accent_colour(self) -> str:
        colour = read_colour(self.cleaned_data["accent_colour"])
        if colour is None:
            raise forms.ValidationError(sentence_of("not_a_colour"))
        return colour

    def clean_logo(self) -> dict[str, str] | None:
        upload = self.cleaned_data["logo"]
        if not isinstance(upload, UploadedFile):
            return None
        if (upload.size or 0) > LARGEST_BYTES:
            raise forms.ValidationError(sentence_of("picture_too_large", limit=f"{LARGEST_MEGABYTES} MB"))
        return part_of_upload(upload.read())

    def part_of(self) -> dict[str, Any]:
        """What was typed, as a part of the configuration file."""
        typed: Mapping[str, Any] = self.cleaned_data
        part = {name: typed[name] for name in PLAIN} | {"languages": [*typed["offered"], *self.kept]}
        if typed["logo"] or typed["no_logo"]:
            part["logo"] = typed["logo"]
        return part

    @property
    def typed_colour(self) -> str:
        """The colour as it stands in the form, where it is one."""
        return read_colour(str(self["accent_colour"].value() or "")) or ""

    @property
    def who(self) -> list[Row]:
        return [self.row_of(name) for name in WHO]

    @property
    def spoken(self) -> list[Row]:
        return [self.row_of(name) for name in LANGUAGES]

    @property
    def most_open(self) -> Row:
        return self.row_of("most_open_bookings")

    @property
    def by_sms(self) -> Row:
        return self.row_of("sms_messages")


def read_colour(typed: str) -> str | None:
    """However people write one: with or without its sign, short or long. Empty is none, None is no colour."""
    words = typed.strip().lower()
    colour = f"#{words.removeprefix('#')}" if words else ""
    if len(colour) == SHORT_COLOUR:
        colour = "#" + "".join(sign * 2 for sign in colour[1:])
    return colour if not colour or COLOUR.fullmatch(colour) else None
