# SPDX-License-Identifier: Apache-2.0
"""The template "exivo information on the booking page" (R9), filled for a branch; and where the app is found."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe

from einlass.core.templates import TemplateRefused, render_html
from einlass.models import Branch, Organisation, Service
from einlass.operations.message_values import app_name
from einlass.queries.services import organisation
from einlass.queries.templates import default_wording, wording
from einlass.web.fields import Reading

KEY = "exivo_booking_page"


@dataclass(frozen=True, slots=True)
class App:
    """The app that holds the key. The stores' own search finds it in every country."""

    name: str
    apple: str
    google: str


def app_of(branch: Branch) -> App:
    """The app of the branch's lock system."""
    name = app_name(branch)
    return App(
        name=name,
        apple=f"https://apps.apple.com/ch/iphone/search?term={quote(name)}",
        google=f"https://play.google.com/store/search?q={quote(name)}&c=apps",
    )


def door_information(service: Service, reading: Reading) -> SafeString:
    """The operator's text, or the default one where there is none or it can no longer be read; clean HTML."""
    operator = organisation()
    values = _values(service.branch, operator)
    try:
        html = render_html(wording(KEY, language=reading.language, operator=operator).text, values)
    except TemplateRefused:
        html = render_html(default_wording(KEY, language=reading.language, operator=operator).text, values)
    if phone := values["phone"]:
        # A number stays on one line. Not in the value: whoever fills a template takes every kind of space for the same.
        html = html.replace(phone, phone.replace(" ", "\N{NO-BREAK SPACE}"))
    return mark_safe(html)  # noqa: S308 - render_html lets only a few harmless tags through


def _values(branch: Branch, operator: Organisation) -> dict[str, str]:
    return {
        "app": app_name(branch),
        "early_minutes": str(branch.early_minutes),
        "late_minutes": str(branch.late_minutes),
        "organisation": operator.name,
        "phone": branch.phone or operator.phone,
    }
