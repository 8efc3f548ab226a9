# SPDX-License-Identifier: Apache-2.0
"""The form of a branch over its part of the configuration: place, hours, site, margins, what its doors are used for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.grants import DoorUse
from einlass.core.hours import WEEKDAYS
from einlass.models import LockSystem
from einlass.web.manage.forms import Row, SettingsForm, sentence_of
from einlass.web.manage.place_choices import OriginsField, SpansField, countries, regions, zones

DOOR = "door-"
USES = ((DoorUse.NONE.value, _("not used")), (DoorUse.ALWAYS.value, _("always opens")), (DoorUse.SERVICES.value, _("for services")))
# Free rows for exceptions below those that there are; saving brings new ones.
FREE_ROWS = 3
MOST_ROWS = 400
DATED = re.compile(r"exception-([0-9]{1,3})-date")
PLACE = ("name", "address", "directions_url", "phone", "country", "time_zone")


class BranchForm(SettingsForm):
    texts = ("name",)
    paths: ClassVar[Mapping[str, str]] = {
        "access.early_minutes": "early_minutes",
        "access.late_minutes": "late_minutes",
        "access.shrink_margins": "shrink_margins",
        "access.remake_running": "remake_running",
        **{f"opening_hours.{day}": day for day in WEEKDAYS},
    }
    name = forms.CharField(label=_("Name"), max_length=200)
    address = forms.CharField(
        label=_("Address"), help_text=_("In the confirmation and for the directions."), max_length=300, required=False
    )
    directions_url = forms.URLField(
        label=_("Address of the directions"),
        help_text=_("A page or a map that shows the way."),
        max_length=500,
        required=False,
        assume_scheme="https",
    )
    phone = forms.CharField(
        label=_("Phone"),
        help_text=_("Guests call it when a door does not open."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "type": "tel"}),
    )
    country = forms.ChoiceField(label=_("Country"), help_text=_("Mobile numbers without a country code are read with it."))
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("All times of this branch are told in it."))
    holidays = forms.ChoiceField(
        label=_("Public holidays"), help_text=_("The branch is closed on them, unless an exception opens it."), required=False
    )
    mon = SpansField(label=_("Monday"))
    tue = SpansField(label=_("Tuesday"))
    wed = SpansField(label=_("Wednesday"))
    thu = SpansField(label=_("Thursday"))
    fri = SpansField(label=_("Friday"))
    sat = SpansField(label=_("Saturday"))
    sun = SpansField(label=_("Sunday"))
    lock_system = forms.ChoiceField(label=_("Integration"), help_text=_("The account at exivo that the site belongs to."), required=False)
    site_id = forms.CharField(
        label=_("Site-ID"),
        help_text=_("In the exivo app under “API settings”."),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"class": "input mono", "spellcheck": "false", "autocapitalize": "off"}),
    )
    early_minutes = forms.IntegerField(label=_("Before"), min_value=0, max_value=1440)
    late_minutes = forms.IntegerField(label=_("Afterwards"), min_value=0, max_value=1440)
    shrink_margins = forms.BooleanField(
        label=_("Two guests in a row"),
        help_text=_(
            "These minutes end where the booking of another guest in the same room, or in a room with one of its doors, ends or begins:"
            " then no key opens during somebody else's booking."
        ),
        required=False,
    )
    remake_running = forms.BooleanField(
        label=_("Key deleted while the booking runs"),
        help_text=_(
            "It is made again at once, and staff get a mail. Without the tick Einlass waits for a person: perhaps the guest was to be kept"
            " out."
        ),
        required=False,
    )
    embed_origins = OriginsField(
        label=_("Websites that may show the booking page"),
        help_text=_("One a line, such as https://www.example.org. Pages of all others may not show it within theirs."),
    )
    active = forms.BooleanField(label=_("Active"), help_text=_("A branch that is not active is not offered."), required=False)

    def __init__(self, *args: Any, systems: Sequence[LockSystem], components: Sequence[str] = (), **kwargs: Any) -> None:
        self.systems = tuple(systems)
        super().__init__(*args, **kwargs)
        self._offer("time_zone", zones())
        self._offer("country", countries())
        self._offer("holidays", regions(self.initial.get("holidays", "")))
        self._offer("lock_system", [("", gettext("none")), *((system.key, self._title_of(system)) for system in self.systems)])
        if not self.systems:
            del self.fields["lock_system"]
        for n in range(self._rows_of_exceptions()):
            self._add_exception(n)
        self.uses = {str(door["component"]): str(door["use"]) for door in (self.part or {}).get("doors", ())}
        for component in components:
            self._add_door(component)
        rows = {f"doors.{component}.component": DOOR + component for component in components}
        self.paths = {**type(self).paths, **rows}  # type: ignore[misc] # the rows of this branch

    def initial_of(self, part: Mapping[str, Any]) -> dict[str, Any]:
        if not part:
            only = self.systems[0].key if len(self.systems) == 1 else ""
            margins = {"early_minutes": 15, "late_minutes": 15, "remake_running": True}
            return margins | {"time_zone": "Europe/Zurich", "country": "CH", "active": True, "lock_system": only}
        return {**super().initial_of(part), **part["access"], **part["opening_hours"]}

    def clean(self) -> dict[str, Any]:
        """Whoever enters the first Site-ID means the only account that there is."""
        cleaned: dict[str, Any] = super().clean() or {}
        first_site = cleaned.get("site_id") and not (self.part or {}).get("site_id")
        if first_site and len(self.systems) == 1:
            cleaned["lock_system"] = cleaned.get("lock_system") or self.systems[0].key
        self._refuse_days_named_twice(cleaned)
        return cleaned

    def _refuse_days_named_twice(self, cleaned: Mapping[str, Any]) -> None:
        days: set[dt.date] = set()
        for n in range(self._rows_of_exceptions()):
            day: dt.date | None = cleaned.get(f"exception-{n}-date")
            if day in days and day is not None:
                self.add_error(f"exception-{n}-date", sentence_of("twice", value=day.isoformat()))
            days |= {day} if day else set()

    def part_of(self, key: str) -> dict[str, Any]:
        """What was typed, as a part of the configuration file."""
        typed: Mapping[str, Any] = self.cleaned_data
        plain = ("address", "directions_url", "phone", "country", "time_zone", "holidays", "embed_origins", "active")
        part = {name: typed[name] for name in plain} | {"key": key, "name": self.text("name"), "site_id": typed["site_id"].strip()}
        part["access"] = {name: typed[name] for name in ("early_minutes", "late_minutes", "shrink_margins", "remake_running")}
        part["opening_hours"] = {day: typed[day] for day in WEEKDAYS}
        part["exceptions"] = self._exceptions()
        if self.systems:
            part["lock_system"] = typed["lock_system"] or None
        # The doors of the former site are not those of another one.
        same_site = part["site_id"] == (self.part or {}).get("site_id")
        return part | {"doors": self._changed_doors() if same_site else []}

    def asks_vendor(self, *, confirmed: bool) -> bool:
        """Whether exivo has something to say about what was typed (R3)."""
        before = self.part or {}
        named = ("site_id", "lock_system")
        same = all((self.cleaned_data.get(name, before.get(name)) or "") == (before.get(name) or "") for name in named)
        return bool(self.cleaned_data["site_id"]) and not (same and confirmed)

    @property
    def place(self) -> list[Row]:
        return [self.row_of(name) for name in PLACE]

    @property
    def margins(self) -> list[BoundField]:
        return [self["early_minutes"], self["late_minutes"]]

    @property
    def embedding(self) -> Row:
        return self.row_of("embed_origins")

    @property
    def holiday_row(self) -> Row:
        return self.row_of("holidays")

    @property
    def week(self) -> list[BoundField]:
        return [self[day] for day in WEEKDAYS]

    @property
    def exceptions(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"exception-{n}-date"], self[f"exception-{n}-hours"]) for n in range(self._rows_of_exceptions())]

    def _offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _title_of(self, system: LockSystem) -> str:
        return f"dormakaba exivo ({system.key})" if len(self.systems) > 1 else "dormakaba exivo"

    @cached_property
    def _posted_rows(self) -> int:
        found = (DATED.fullmatch(name) for name in self.data)
        return min(MOST_ROWS, max((int(match[1]) + 1 for match in found if match), default=0))

    def _rows_of_exceptions(self) -> int:
        there = len((self.part or {}).get("exceptions", ()))
        return max(self._posted_rows, there if self.is_bound else there + FREE_ROWS)

    def _add_exception(self, n: int) -> None:
        days = (self.part or {}).get("exceptions", ())
        day = days[n] if n < len(days) else {}
        date = forms.DateField(
            label=gettext("Date"),
            required=False,
            initial=day.get("date"),
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )
        self._add(f"exception-{n}-date", date)
        self._add(f"exception-{n}-hours", SpansField(label=gettext("Opening times"), initial=day.get("hours", [])))

    def _add_door(self, component: str) -> None:
        use = self.uses.get(component, DoorUse.NONE.value)
        self._add(DOOR + component, forms.ChoiceField(choices=USES, initial=use, required=False, widget=forms.RadioSelect))

    def _add(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field
        self._in_our_words(field)
        self._dressed(name, field)

    def _exceptions(self) -> list[dict[str, Any]]:
        """A row whose date was emptied is no exception any more."""
        rows = (
            (self.cleaned_data[f"exception-{n}-date"], self.cleaned_data[f"exception-{n}-hours"]) for n in range(self._rows_of_exceptions())
        )
        return [{"date": day.isoformat(), "hours": hours} for day, hours in rows if day]

    def _changed_doors(self) -> list[dict[str, str]]:
        """Only what was chosen anew: a door that exivo does not list any more keeps its choice."""
        typed = {name.removeprefix(DOOR): use for name, use in self.cleaned_data.items() if name.startswith(DOOR) and use}
        return [{"component": door, "use": use} for door, use in typed.items() if use != self.uses.get(door, DoorUse.NONE.value)]
