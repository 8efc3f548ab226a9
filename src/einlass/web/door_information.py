# SPDX-License-Identifier: Apache-2.0
"""The template "exivo information on the booking page" (R9), filled for a branch; and where the app is found."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe

from einlass.core.templates import DEFAULT_TEXTS, TemplateRefused, render_html
from einlass.core.texts import in_language
from einlass.models import Branch, MessageTemplate, Service
from einlass.queries.services import organisation
from einlass.web.fields import Reading

KEY = "exivo_booking_page"
DEFAULT_APP = "dormakaba mobile access"


@dataclass(frozen=True, slots=True)
class App:
    """The app that holds the key. The stores' own search finds it in every country."""

    name: str
    apple: str
    google: str


def app_of(branch: Branch) -> App:
    """The app of the branch's lock system."""
    system = branch.lock_system
    name = (system.mobile_app_name if system else "") or DEFAULT_APP
    return App(
        name=name,
        apple=f"https://apps.apple.com/ch/iphone/search?term={quote(name)}",
        google=f"https://play.google.com/store/search?q={quote(name)}&c=apps",
    )


def door_information(service: Service, reading: Reading) -> SafeString:
    """The operator's text, or the default one where there is none or it can no longer be read; clean HTML."""
    values = _values(service.branch)
    written = MessageTemplate.objects.filter(key=KEY).first()
    text = in_language(written.text, language=reading.language, default=reading.default) if written else ""
    try:
        html = render_html(text, values) if text.strip() else ""
    except TemplateRefused:
        html = ""
    if not html:
        default = in_language(DEFAULT_TEXTS[KEY], language=reading.language, default=reading.default)
        html = render_html(default, values)
    return mark_safe(html)  # noqa: S308 - render_html lets only a few harmless tags through


def _values(branch: Branch) -> dict[str, str]:
    operator = organisation()
    return {
        "app": app_of(branch).name,
        "early_minutes": str(branch.early_minutes),
        "late_minutes": str(branch.late_minutes),
        "organisation": operator.name,
        "phone": branch.phone or operator.phone,
    }
