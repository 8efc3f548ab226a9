# SPDX-License-Identifier: Apache-2.0
"""The same settings through the pages and through `einlass apply` end in the same `einlass export`; exivo is the emulator both times."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.conftest import Exivo
from tests.factories import AARE, API_KEY, API_SECRET, BERN, CLOAKROOM, CONSULTING, ENTRANCE, GURTEN, make_user
from tests.operations.config_files import applied
from tests.operations.test_config_export import emptied
from tests.pictures import as_file, plain
from tests.web.pages.conftest import text_of
from tests.web.pages.filling import press, send

from einlass.models import Branch, EventRecord
from einlass.operations.config_export import exported
from einlass.operations.config_file import Applied
from einlass.operations.config_pictures import part_of_upload

SETTINGS = "/manage/settings/"
HOURS = {"mon": "08:00-12:00, 13:30-22:00", "sat": "22:00-02:00"}
TEXT = "## Türen\n\nIhr Schlüssel gilt ab {{ early_minutes }} Minuten vor Beginn.\n\n- eins\n- zwei"
DRAWN = as_file(plain(900, 300))
LOGO = part_of_upload(DRAWN)
FILE: dict[str, Any] = {
    "organisation": {
        "name": "Seminarhaus Aare",
        "languages": ["de", "en"],
        "default_language": "de",
        "address": "Bollwerk 15, 3011 Bern",
        "phone": "031 555 01 20",
        "email": "info@example.org",
        "privacy_url": "https://example.org/datenschutz",
        "imprint_url": "https://example.org/impressum",
        "logo": LOGO,
        "accent_colour": "#0b5d7a",
        "most_open_bookings": 4,
        "sms_messages": ["sms_confirmed", "sms_reminder"],
        "keep_personal_days": 180,
        "door_log_days": 30,
    },
    "lock_systems": [
        {
            "key": "exivo",
            "enabled": True,
            "api_key": API_KEY,
            "api_secret": API_SECRET,
            "mobile_app": {"name": "dormakaba mobile access", "id": "100200"},
            "install_notification": False,
        }
    ],
    "branches": [
        {
            "key": "bern",
            "name": {"de": "Bern", "en": "Berne"},
            "address": "Bahnhofplatz 1, 3011 Bern",
            "phone": "031 555 01 21",
            "time_zone": "Europe/Zurich",
            "country": "CH",
            "holidays": "CH-BE",
            "lock_system": "exivo",
            "site_id": BERN,
            "access": {"early_minutes": 20, "late_minutes": 10, "shrink_margins": True},
            "opening_hours": {"mon": ["08:00-12:00", "13:30-22:00"], "sat": ["22:00-02:00"]},
            "exceptions": [{"date": "2027-01-02", "hours": []}, {"date": "2027-01-03", "hours": ["10:00-16:00"]}],
            "embed_origins": ["https://www.example.org", "https://example.com"],
            "doors": [
                {"component": ENTRANCE, "use": "always"},
                {"component": CLOAKROOM, "use": "always"},
                {"component": AARE, "use": "services"},
                {"component": GURTEN, "use": "services"},
                {"component": CONSULTING, "use": "services"},
            ],
            "rooms": [
                {"key": "gurten", "name": "Gurten", "doors": [GURTEN]},
                {"key": "aare", "name": {"de": "Aare", "en": "Aar"}, "capacity": 24, "floor": "1. Stock", "doors": [AARE]},
            ],
        }
    ],
    "services": [
        {
            "key": "seminar",
            "branch": "bern",
            "name": {"de": "Seminar", "en": "Course"},
            "description": "Für Kurse.\nMit Beamer.",
            "price": {"de": "ab 80 Franken", "en": "from CHF 80"},
            "rooms": ["aare", "gurten"],
            "doors": [CONSULTING],
            "durations": [60, 120],
            "step": 15,
            "buffer": {"before": 10, "after": 20},
            "notice_minutes": 120,
            "horizon_days": 90,
            "cancel_until_minutes": 1440,
            "reschedule_until_minutes": 45,
            "approval": True,
        }
    ],
    "questions": [
        {"key": "first_name", "kind": "text", "required": True},
        {"key": "last_name", "kind": "text", "required": True},
        {"key": "email", "kind": "email", "required": True},
        {"key": "mobile", "kind": "mobile", "required": True},
        {"key": "firma", "kind": "text", "label": {"de": "Firma", "en": "Company"}, "hint": "Für die Rechnung", "services": ["seminar"]},
    ],
    "templates": [{"key": "exivo_booking_page", "text": {"de": TEXT, "en": "In English."}}],
}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(german: Client) -> Client:
    cache.clear()
    german.force_login(make_user())
    return german


def click_everything_together(owner: Client) -> None:
    """In the order of the work, each page as a browser sends it."""
    _organisation(owner)
    _integration(owner)
    _branch(owner)
    _service(owner)
    send(
        owner,
        f"{SETTINGS}questions/new/",
        label__de="Firma",
        label__en="Company",
        hint__de="Für die Rechnung",
        kind="text",
        for_services="some",
        services=["seminar"],
    )
    send(owner, f"{SETTINGS}templates/exivo_booking_page/", text__de=TEXT, text__en="In English.")


def _organisation(owner: Client) -> None:
    send(
        owner,
        f"{SETTINGS}organisation/",
        name="Seminarhaus Aare",
        offered=["de", "en"],
        default_language="de",
        address="Bollwerk 15, 3011 Bern",
        phone="031 555 01 20",
        email="info@example.org",
        privacy_url="https://example.org/datenschutz",
        imprint_url="https://example.org/impressum",
        accent_colour="0B5D7A",
        most_open_bookings="4",
        sms_messages=["sms_confirmed", "sms_reminder"],
        logo=SimpleUploadedFile("logo.png", DRAWN, content_type="image/png"),
    )
    send(owner, f"{SETTINGS}privacy/", keep_personal_days="180", door_log_days="30")


def _integration(owner: Client) -> None:
    page = press(owner, f"{SETTINGS}integrations/", {})["Location"]
    press(owner, f"{page}switch/", {"to": "on"})
    send(owner, page, api_key=API_KEY, api_secret=API_SECRET, mobile_app_id="100200", install_notification=[])


def _branch(owner: Client) -> None:
    days = {"exception-0-date": "2027-01-02", "exception-1-date": "2027-01-03", "exception-1-hours": "10:00-16:00"}
    send(
        owner,
        f"{SETTINGS}branches/new/",
        name__de="Bern",
        name__en="Berne",
        address="Bahnhofplatz 1, 3011 Bern",
        phone="031 555 01 21",
        holidays="CH-BE",
        site_id=BERN,
        embed_origins="https://www.example.org/\nexample.com",
        early_minutes="20",
        late_minutes="10",
        shrink_margins="on",
        remake_running="on",
        **HOURS,
        **days,
    )
    chosen = dict.fromkeys((ENTRANCE, CLOAKROOM), "always") | dict.fromkeys((AARE, GURTEN, CONSULTING), "services")
    send(owner, f"{SETTINGS}branches/bern/", **{f"door-{component}": use for component, use in chosen.items()})
    rooms = f"{SETTINGS}branches/bern/rooms/"
    send(owner, f"{rooms}new/", name__de="Gurten", doors=[GURTEN])
    send(owner, f"{rooms}new/", name__de="Aare", name__en="Aar", capacity="24", floor="1. Stock", doors=[AARE])


def _service(owner: Client) -> None:
    send(
        owner,
        f"{SETTINGS}services/new/?branch=bern",
        name__de="Seminar",
        name__en="Course",
        description__de="Für Kurse.\nMit Beamer.",
        price__de="ab 80 Franken",
        price__en="from CHF 80",
        rooms=["gurten", "aare"],
        room_order=["aare", "gurten"],
        doors=[CONSULTING],
        durations="60, 120",
        step="15",
        buffer_before="10",
        buffer_after="20",
        notice_minutes_number="2",
        horizon_days="90",
        cancel_until_minutes_number="1",
        cancel_until_minutes_unit="1440",
        reschedule_until_minutes_number="45",
        reschedule_until_minutes_unit="1",
        approval="on",
    )


def test_pages_and_file_end_in_the_same_export(owner: Client, exivo: Exivo) -> None:
    click_everything_together(owner)
    clicked = exported()
    emptied()
    applied(FILE)

    assert clicked == exported()
    assert Branch.objects.get().site_is_confirmed


def test_file_applied_to_what_was_clicked_changes_nothing(owner: Client, exivo: Exivo) -> None:
    click_everything_together(owner)

    assert applied(FILE) == Applied((), ())


def test_every_page_that_was_saved_stands_in_the_log(owner: Client, exivo: Exivo) -> None:
    click_everything_together(owner)

    saved = EventRecord.objects.filter(kind__startswith="settings.", actor_name="Nadia Keller")
    assert {row.subject.partition(".")[0] for row in saved} == set(FILE)
    written = str([row.data for row in EventRecord.objects.all()]) + text_of(owner.get(f"{SETTINGS}audit/", {"who": "all"}))
    assert [secret for secret in (API_SECRET, "031 555 01 20", "031 555 01 21") if secret in written] == []
