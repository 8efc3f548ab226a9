# SPDX-License-Identifier: Apache-2.0
"""What the select boxes of a branch offer: time zones, countries, regions of public holidays. What is valid is decided in core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.hours import HoursError, holiday_regions, is_known_holiday_region, known_zones, overlap
from einlass.core.phones import calling_codes
from einlass.web.manage.forms import sentence_of

Choices = list[tuple[str, Any]]
# The countries of the first market and their neighbours have names here; the others are told by their letters.
COUNTRIES = {"CH": _("Switzerland"), "DE": _("Germany"), "AT": _("Austria"), "LI": _("Liechtenstein"), "FR": _("France"), "IT": _("Italy")}
WITH_PARTS = ("CH", "DE", "AT")


def zones() -> Choices:
    return [(zone, zone.replace("_", " ")) for zone in known_zones()]


def countries() -> Choices:
    named: Choices = [(code, str(name)) for code, name in COUNTRIES.items()]
    return [*named, *((code, code) for code in sorted({known.country for known in calling_codes()} - set(COUNTRIES)))]


def regions(current: str) -> Choices:
    """None, the countries with their parts, and what is set already where it is another one."""
    offered: Choices = [("", gettext("none: open on public holidays too")), *_countries_with_parts()]
    codes = {code for _, group in offered if isinstance(group, list) for code, _ in group} | {code for code, _ in offered}
    return offered if current in codes else [*offered, (current, current)]


def _countries_with_parts() -> Iterator[tuple[str, Any]]:
    for country, name in COUNTRIES.items():
        if country in WITH_PARTS:
            whole = (country, gettext("%(country)s, everywhere") % {"country": name})
            yield str(name), [whole, *holiday_regions(country)]
        elif is_known_holiday_region(country):
            yield country, str(name)


class OriginsField(forms.CharField):
    """Websites as people write them, one a line: with or without https:// and a stroke behind. What is none is said by the schema."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = (line.strip().removesuffix("/") for line in str(super().clean(value)).splitlines())
        return list(dict.fromkeys(line if "://" in line else f"https://{line}" for line in lines if line))


class SpansField(forms.CharField):
    """Opening times of a day as people write them: "07:00-12:00, 13:30-22:00"; empty is closed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        typed = str(super().to_python(value)).replace("\N{EN DASH}", "-").replace(" ", "").replace(";", ",")
        return [span for span in typed.split(",") if span]

    def validate(self, value: Any) -> None:
        try:
            overlapping = overlap(value)
        except HoursError:
            raise forms.ValidationError(sentence_of("not_a_span")) from None
        if overlapping:
            raise forms.ValidationError(sentence_of("spans_overlap"))

    def run_validators(self, value: Any) -> None:
        """Those of a text do not apply to a list."""
