# SPDX-License-Identifier: Apache-2.0
"""The sample booking of the preview of templates: of a service that there is, for a guest who is made up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from einlass.core.templates import PLACEHOLDERS
from einlass.models import Booking, Organisation, Service
from einlass.operations.message_values import booking_values, clock, date_of, day_of
from einlass.queries.services import offered_services, opens_doors

LASTS = timedelta(hours=4)
MARGIN = timedelta(minutes=15)
REFERENCE = "K7Q4-MX2R"
# As long as a real one is: an SMS has room for little more.
LINK_TOKEN = "Beispiel-Example-Exemple-Esempio"  # noqa: S105 - of a booking that is made up
GUEST = "Lea Baumann"
SAMPLES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "room": "Raum Aare",
        "doors": "Haupteingang, Raum Aare",
        "reason": "Der Raum wird gestrichen.",
        "problem": "exivo antwortet nicht.",
        "advice": "Niemand muss etwas tun.",
    },
    "en": {
        "room": "Room Aare",
        "doors": "Main entrance, Room Aare",
        "reason": "The room is being painted.",
        "problem": "exivo is not answering.",
        "advice": "Nobody has to do anything.",
    },
    "fr": {
        "room": "Salle Aare",
        "doors": "Entrée, Salle Aare",
        "reason": "La salle est repeinte.",
        "problem": "exivo ne répond pas.",
        "advice": "Personne n'a rien à faire.",
    },
    "it": {
        "room": "Sala Aare",
        "doors": "Ingresso, Sala Aare",
        "reason": "La sala viene ridipinta.",
        "problem": "exivo non risponde.",
        "advice": "Nessuno deve fare nulla.",
    },
}


def sample_values(operator: Organisation, *, language: str, now: datetime) -> dict[str, str]:
    """A value for every placeholder that any template knows. The service is one that opens doors, if there is one."""
    services = list(offered_services())
    service = next((one for one in services if opens_doors(one)), services[0] if services else None)
    start = now.replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(days=7)
    made_up = _made_up(operator, start, service.branch.time_zone if service else "Europe/Zurich", language=language)
    return made_up | (_real(service, operator, start, language=language) if service else {})


def _real(service: Service, operator: Organisation, start: datetime, *, language: str) -> dict[str, str]:
    """What the service, its room and its branch say, as far as they say anything."""
    room = service.rooms.first()
    if room is None:
        return {}
    booking = Booking(branch=service.branch, service=service, room=room, start=start, end=start + LASTS, guest_name=GUEST)
    booking.reference, booking.link_token = REFERENCE, LINK_TOKEN
    return {name: value for name, value in booking_values(booking, operator, language=language).items() if value}


def _made_up(operator: Organisation, start: datetime, zone: str, *, language: str) -> dict[str, str]:
    words = SAMPLES.get(language, SAMPLES["en"])
    values = {
        **words,
        "guest": GUEST,
        "service": words["room"],
        "branch": operator.name,
        "address": operator.address,
        "day": day_of(start, zone, language=language),
        "date": date_of(start, zone, language=language),
        "time": clock(start, zone),
        "until": clock(start + LASTS, zone),
        "old_day": day_of(start - timedelta(days=1), zone, language=language),
        "old_time": clock(start, zone),
        "reference": REFERENCE,
        "link": f"https://example.org/b/{LINK_TOKEN}/",
        "organisation": operator.name,
        "phone": operator.phone,
        "app": "dormakaba mobile access",
        "code": "402 917",
        "code_minutes": "15",
        "early_minutes": "15",
        "late_minutes": "15",
        "key_from": clock(start - MARGIN, zone),
        "key_until": clock(start + LASTS + MARGIN, zone),
        "next_attempt": clock(start - timedelta(minutes=40), zone),
        "since": clock(start - timedelta(hours=1), zone),
        "answer": "HTTP 503",
        "next_booking": f"Q7NP-3WXK, {clock(start + LASTS, zone)}",
        "next_time": clock(start + LASTS, zone),
    }
    return dict.fromkeys({name for names in PLACEHOLDERS.values() for name in names}, "") | values
