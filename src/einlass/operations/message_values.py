# SPDX-License-Identifier: Apache-2.0
"""What the placeholders of a message say for a booking, and the message made of them. Who is told what, and when: `guest_messages.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from django.conf import settings
from django.utils import dateformat, translation

from einlass.core.grants import chosen_doors, key_window, opens_doors
from einlass.core.hours import to_local
from einlass.core.templates import DEFAULT_TEXTS, PLACEHOLDERS, TemplateRefused, render_html, render_plain, render_text
from einlass.core.texts import Text, date_as_written, in_language
from einlass.models import Booking, Branch, Organisation
from einlass.operations.addresses import host, own_page
from einlass.queries.templates import Wording, default_wording

DEFAULT_APP = "dormakaba mobile access"
# Without a font of its own a mail looks like a typewriter's in many programs. No logo: most programs fetch no picture unasked.
HTML = """\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family: system-ui, sans-serif; line-height: 1.5; max-width: 38em">
<p style="margin: 0 0 1.5em; padding-bottom: .5em; border-bottom: 2px solid {line}; font-weight: 600">{operator}</p>
{body}</body></html>
"""
# The line below the operator's name where he has no colour of his own.
HAIRLINE = "#dcd9d1"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be sent; `body` is the HTML without its frame."""

    subject: str
    text: str
    body: str
    language: str
    operator: str
    line: str

    @property
    def html(self) -> str:
        frame = {"language": self.language, "subject": self.subject, "operator": self.operator, "line": self.line}
        return HTML.format(body=self.body, **{name: escape(value) for name, value in frame.items()})


def letter(key: str, words: Wording, values: Mapping[str, str], *, language: str, operator: Organisation) -> Letter:
    """The template filled; one that cannot be filled after all gives way to the default one: a guest is told in any case."""
    filling = {name: values.get(name, "") for name in PLACEHOLDERS[key]}
    try:
        return _filled(words, filling, language=language, operator=operator)
    except TemplateRefused:
        return _filled(default_wording(key, language=language, operator=operator), filling, language=language, operator=operator)


def language_of(booking: Booking, operator: Organisation) -> str:
    """The guest's language, as far as there are texts in it."""
    spoken = booking.language.split("-")[0]
    return spoken if spoken in DEFAULT_TEXTS["message_confirmed"] else operator.default_language


def booking_values(booking: Booking, operator: Organisation, *, language: str) -> dict[str, str]:
    """What can be said of any booking; times are those of the branch. Read it with `queries.bookings.with_facts`."""
    branch, zone = booking.branch, booking.branch.time_zone

    def said(text: Text) -> str:
        return in_language(text, language=language, default=operator.default_language)

    facts = booking.facts()
    window = key_window(facts)
    doors = [door.name or door.component for door in chosen_doors(facts)] if opens_doors(facts) else []
    return {
        "guest": booking.guest_name,
        "service": said(booking.service.name),
        "room": said(booking.room.name),
        "branch": said(branch.name),
        "address": branch.address,
        "day": day_of(booking.start, zone, language=language),
        "date": date_of(booking.start, zone, language=language),
        "time": clock(booking.start, zone),
        "until": clock_after(booking.end, booking.start, zone, language=language),
        "reference": booking.reference,
        "link": own_page(booking),
        "organisation": operator.name,
        "phone": branch.phone or operator.phone,
        "doors": ", ".join(doors),
        "key_from": clock_after(window.start, booking.start, zone, language=language),
        "key_until": clock_after(window.end, booking.start, zone, language=language),
        "app": app_name(branch),
        # Shorter than those of the branch where a margin ends at the neighbour's booking (F35).
        "early_minutes": str(int((booking.start - window.start).total_seconds() // 60)),
        "late_minutes": str(int((window.end - booking.end).total_seconds() // 60)),
    }


def sender_address(operator: Organisation) -> str:
    """Whom messages come from, and who invites in calendar entries."""
    return settings.MAIL_FROM or operator.email or f"einlass@{host()}"


def app_name(branch: Branch) -> str:
    """The app that holds the keys of the branch's lock system."""
    system = branch.lock_system
    return (system.mobile_app_name if system else "") or DEFAULT_APP


def day_of(instant: datetime, zone: str, *, language: str) -> str:
    """Tuesday 12 January 2027, in the language of the message."""
    with translation.override(language):
        said = dateformat.format(to_local(instant, zone).date(), "l, j. F Y" if language == "de" else "l j F Y")
    return date_as_written(said, language=language)


def date_of(instant: datetime, zone: str, *, language: str) -> str:
    """The day in as few signs as every phone can show: 12.1.2027, in English 12 Jan 2027."""
    with translation.override(language):
        return dateformat.format(to_local(instant, zone).date(), "j M Y" if language == "en" else "j.n.Y")


def clock(instant: datetime, zone: str) -> str:
    return f"{to_local(instant, zone):%H:%M}"


def clock_after(instant: datetime, other: datetime, zone: str, *, language: str) -> str:
    """The time alone, or with its day where that is not the day of the other instant."""
    if to_local(instant, zone).date() == to_local(other, zone).date():
        return clock(instant, zone)
    return f"{day_of(instant, zone, language=language)}, {clock(instant, zone)}"


def _filled(words: Wording, values: Mapping[str, str], *, language: str, operator: Organisation) -> Letter:
    return Letter(
        subject=" ".join(render_text(words.subject, values).split()),
        text=render_plain(words.text, values),
        body=render_html(words.text, values),
        language=language,
        operator=operator.name,
        line=operator.accent_colour or HAIRLINE,
    )
