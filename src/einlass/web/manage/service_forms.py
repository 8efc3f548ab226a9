# SPDX-License-Identifier: Apache-2.0
"""The form of one service, as a part of the configuration. What a booking of it opens: `service_preview.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from einlass.core.grants import DoorUse
from einlass.models import Branch, Door, Room
from einlass.operations.config_pictures import part_of_upload
from einlass.operations.pictures import LARGEST_BYTES, LARGEST_MEGABYTES
from einlass.web.manage.forms import SettingsForm, sentence_of

UNITS = (("1", _("minutes")), ("60", _("hours")), ("1440", _("days")))
PLAIN = ("step", "horizon_days", "approval", "active")
SPANS = ("notice_minutes", "cancel_until_minutes", "reschedule_until_minutes")
LONGEST_MINUTES = 31 * 1440
FURTHEST_MINUTES = 525_600


class SpanWidget(forms.MultiWidget):
    """A number and its unit. What is stored are minutes, shown in the largest unit that fits."""

    def __init__(self, label: Any) -> None:
        number = forms.NumberInput(attrs={"min": "0", "inputmode": "numeric", "aria-label": label})
        unit = forms.Select(choices=UNITS, attrs={"aria-label": _("Unit")})
        super().__init__({"number": number, "unit": unit}, attrs={"class": "input span"})

    def decompress(self, value: Any) -> list[Any]:
        if not isinstance(value, int):
            return [None, "60"]
        unit = next(unit for unit in (1440, 60, 1) if value % unit == 0) if value else 60
        return [value // unit, str(unit)]


class SpanField(forms.MultiValueField):
    """Minutes, given in minutes, hours or days."""

    def __init__(self, *, label: Any, **how: Any) -> None:
        not_a_number = {"invalid": sentence_of("not_a_number"), "min_value": sentence_of("too_small", limit="0")}
        number = forms.IntegerField(required=False, min_value=0, max_value=FURTHEST_MINUTES, error_messages=not_a_number)
        super().__init__(
            (number, forms.ChoiceField(required=False, choices=UNITS)),
            widget=SpanWidget(label),
            require_all_fields=False,
            label=label,
            **how,
        )

    def compress(self, data_list: Sequence[Any]) -> int:
        number, unit = (*data_list, None, None)[:2]
        minutes = (number or 0) * int(unit or 60)
        if minutes > FURTHEST_MINUTES:
            raise forms.ValidationError(sentence_of("too_large", limit=str(_("365 days"))))
        return minutes


class ServiceForm(SettingsForm):
    """One service of a branch. Rooms come in the order in which they are given: `room_order` names all of them."""

    texts = ("name", "description", "price")
    paths = {"buffer.before": "buffer_before", "buffer.after": "buffer_after"}

    name = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    price = forms.CharField(label=_("Price"), required=False, max_length=200, help_text=_("As a text, such as CHF 60 an hour."))
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("JPEG, PNG or WebP, at most 8 MB. It is made small; where it was taken is not kept."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    no_picture = forms.BooleanField(label=_("Remove the picture"), required=False)
    rooms = forms.MultipleChoiceField(label=_("Rooms"), widget=forms.CheckboxSelectMultiple)
    doors = forms.MultipleChoiceField(label=_("Doors"), required=False, widget=forms.CheckboxSelectMultiple)
    durations = forms.CharField(
        label=_("Durations"), max_length=200, help_text=_("In minutes, several with a comma between them: guests choose one.")
    )
    step = forms.IntegerField(label=_("Step"), min_value=1, max_value=1440, help_text=_("Bookings start every so many minutes."))
    buffer_before = forms.IntegerField(label=_("Buffer before"), min_value=0, max_value=1440, help_text=_("The room is kept free."))
    buffer_after = forms.IntegerField(label=_("Buffer after"), min_value=0, max_value=1440, help_text=_("For cleaning, for example."))
    notice_minutes = SpanField(
        label=_("Earliest notice"), required=False, help_text=_("At least so long before the start guests have to book.")
    )
    horizon_days = forms.IntegerField(
        label=_("Furthest horizon"), min_value=0, max_value=36_500, help_text=_("So many days ahead guests can book.")
    )
    cancel_until_minutes = SpanField(
        label=_("Cancelling"), required=False, help_text=_("Until so long before the start guests can cancel by themselves.")
    )
    reschedule_until_minutes = SpanField(
        label=_("Moving"), required=False, help_text=_("Until so long before the start guests can move by themselves.")
    )
    approval = forms.BooleanField(
        label=_("Approval"),
        required=False,
        help_text=_("A booking waits until somebody of the staff confirms it. Until then there is no key."),
    )
    active = forms.BooleanField(label=_("Active"), required=False, help_text=_("Only what is active can be booked."))

    def __init__(
        self, data: QueryDict | None = None, *, branch: Branch, rooms: Sequence[Room], doors: Sequence[Door], **kwargs: Any
    ) -> None:
        self.sent = data
        self.branch = branch
        self.room_rows = {room.key: room for room in rooms}
        self.always = [door for door in doors if door.use == DoorUse.ALWAYS.value]
        self.for_services = [door for door in doors if door.use == DoorUse.SERVICES.value]
        super().__init__(data, **kwargs)
        self.fields["rooms"].choices = [(room.key, room.key) for room in rooms]  # type: ignore[attr-defined] # a field of choices
        self.fields["doors"].choices = [(door.component, str(door)) for door in self.for_services]  # type: ignore[attr-defined] # as above

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        buffer = part.get("buffer", {})
        return {
            **{name: part[name] for name in (*PLAIN, *SPANS, "rooms", "doors") if name in part},
            "durations": ", ".join(str(minutes) for minutes in part.get("durations", [])),
            "buffer_before": buffer.get("before", 0),
            "buffer_after": buffer.get("after", 0),
        }

    @property
    def has_picture(self) -> bool:
        return bool((self.part or {}).get("picture"))

    @property
    def typed_rooms(self) -> list[str]:
        """The chosen rooms in the order in which they are given, as typed or as saved."""
        chosen = self._typed("rooms")
        return [key for key in self.room_order if key in chosen]

    @property
    def typed_doors(self) -> list[str]:
        known = {door.component for door in self.for_services}
        return [component for component in self._typed("doors") if component in known]

    @property
    def room_order(self) -> list[str]:
        """All rooms of the branch: the chosen ones come first, in their order, unless somebody arranged them."""
        typed = self.sent.getlist("room_order") if self.sent is not None else self._typed("rooms")
        named = [key for key in dict.fromkeys(typed) if key in self.room_rows]
        return [*named, *(key for key in self.room_rows if key not in named)]

    def _typed(self, name: str) -> list[str]:
        return list(self.sent.getlist(name)) if self.sent is not None else list(self.initial.get(name, []))

    def clean_durations(self) -> list[int]:
        words = [word for word in re.split(r"[,;\s]+", self.cleaned_data["durations"]) if word]
        if not words or not all(re.fullmatch(r"[0-9]{1,5}", word) for word in words):
            raise forms.ValidationError(sentence_of("not_minutes"))
        minutes = [int(word) for word in words]
        if twice := next((n for n in minutes if minutes.count(n) > 1), None):
            raise forms.ValidationError(sentence_of("twice", value=str(twice)))
        if not 1 <= min(minutes) <= max(minutes) <= LONGEST_MINUTES:
            limit = "1" if min(minutes) < 1 else str(LONGEST_MINUTES)
            raise forms.ValidationError(sentence_of("too_small" if limit == "1" else "too_large", limit=limit))
        return minutes

    def clean_picture(self) -> dict[str, str] | None:
        upload = self.cleaned_data["picture"]
        if not isinstance(upload, UploadedFile):
            return None
        if (upload.size or 0) > LARGEST_BYTES:
            raise forms.ValidationError(sentence_of("picture_too_large", limit=f"{LARGEST_MEGABYTES} MB"))
        return part_of_upload(upload.read())

    def as_part(self, key: str) -> dict[str, Any]:
        """What was typed as a part of the configuration file."""
        data = self.cleaned_data
        part = {
            "key": key,
            "branch": self.branch.key,
            **{name: self.text(name) for name in self.texts},
            **{name: data[name] for name in PLAIN},
            **{name: data[name] or 0 for name in SPANS},
            "rooms": self.typed_rooms,
            "doors": self.typed_doors,
            "durations": data["durations"],
            "buffer": {"before": data["buffer_before"], "after": data["buffer_after"]},
        }
        if data["picture"] or data["no_picture"]:
            part["picture"] = data["picture"]
        return {"services": [part]}
