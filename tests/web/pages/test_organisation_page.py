# SPDX-License-Identifier: Apache-2.0
"""Settings › Organisation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.factories import make_organisation, make_user
from tests.pictures import as_file, plain
from tests.web.pages.conftest import text_of

from einlass.models import EventRecord, Organisation, Picture

PAGE = "/manage/settings/organisation/"
TYPED: dict[str, Any] = {
    "name": "Seminarhaus Aare",
    "offered": ["de", "en"],
    "default_language": "de",
    "address": "",
    "phone": "031 555 01 20",
    "email": "",
    "privacy_url": "",
    "imprint_url": "",
    "accent_colour": "",
    "most_open_bookings": "",
}
DRAWN_IN_LINES = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(german: Client) -> Client:
    make_organisation()
    german.force_login(make_user())
    return german


def save(client: Client, **changed: Any) -> Any:
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', client.get(PAGE).content.decode())
    assert seen
    return client.post(PAGE, TYPED | {"seen": seen[1]} | changed)


def test_everything_is_saved_and_told(desk: Client) -> None:
    typed = {"address": "Aarestrasse 1, 3011 Bern", "email": "info@example.org", "privacy_url": "https://example.org/privacy"}

    answer = save(desk, name="Haus an der Aare", offered=["de"], imprint_url="https://example.org/imprint", **typed)

    row = Organisation.objects.get()
    assert answer["Location"] == PAGE
    assert "Gespeichert: Name, Sprachen, Adresse, E-Mail, Adresse Ihrer Datenschutzerklärung, Adresse Ihres Impressums." in text_of(
        desk.get(PAGE)
    )
    assert (row.name, row.languages, row.address, row.email) == (
        "Haus an der Aare",
        ["de"],
        "Aarestrasse 1, 3011 Bern",
        "info@example.org",
    )
    assert (row.privacy_url, row.imprint_url) == ("https://example.org/privacy", "https://example.org/imprint")
    assert EventRecord.objects.get().subject == "organisation"


def test_nothing_changed_says_so_and_is_no_event(desk: Client) -> None:
    save(desk)

    assert "Es wurde nichts geändert." in text_of(desk.get(PAGE))
    assert EventRecord.objects.count() == 0


def test_days_that_data_are_kept_are_not_touched(desk: Client) -> None:
    Organisation.objects.update(keep_personal_days=90)

    save(desk, name="Anders")

    assert Organisation.objects.get().keep_personal_days == 90


def test_every_language_of_the_pages_is_offered(desk: Client) -> None:
    page = desk.get(PAGE).content.decode()

    assert re.findall(r'name="offered" value="([a-z]+)"', page) == [code for code, _ in django_settings.LANGUAGES]


def test_language_that_only_a_file_has_set_is_kept(desk: Client) -> None:
    Organisation.objects.update(languages=["de", "en", "es"])

    save(desk, offered=["de"])

    assert Organisation.objects.get().languages == ["de", "es"]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": ""}, "name", "Bitte füllen Sie dieses Feld aus."),
        ({"offered": []}, "offered", "Bitte füllen Sie dieses Feld aus."),
        ({"offered": ["en"]}, "default_language", "Die erste Sprache"),
        ({"offered": ["xx"]}, "offered", "Bitte wählen Sie"),
        ({"email": "info"}, "email", "nicht vollständig"),
        ({"privacy_url": "no address"}, "privacy_url", "https://"),
        ({"accent_colour": "blau"}, "accent_colour", "Bitte geben Sie die Farbe als # und sechs Zeichen"),
        ({"most_open_bookings": "0"}, "most_open_bookings", "mindestens 1"),
        ({"most_open_bookings": "viele"}, "most_open_bookings", "Zahl"),
        ({"sms_messages": ["message_confirmed"]}, "sms_messages", "Bitte wählen Sie"),
        ({"logo": SimpleUploadedFile("logo.svg", DRAWN_IN_LINES)}, "logo", "Dieses Bild können wir nicht lesen"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    desk: Client, changed: dict[str, Any], field: str, sentence: str
) -> None:
    page = save(desk, address="Aarestrasse 1", **changed)

    html = page.content.decode()
    assert page.status_code == 422
    assert re.search(rf'id="id_{field}_error">.*?{sentence}', html, re.DOTALL)
    assert 'value="Aarestrasse 1"' in html
    assert Organisation.objects.get().address == ""


def test_second_of_two_people_is_told_and_overwrites_nothing(desk: Client) -> None:
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', desk.get(PAGE).content.decode())
    save(desk, name="Zuerst")

    assert seen
    page = desk.post(PAGE, TYPED | {"seen": seen[1], "name": "Zuletzt"})

    assert page.status_code == 409
    assert 'value="Zuletzt"' in page.content.decode()
    assert Organisation.objects.get().name == "Zuerst"


def test_managers_may_and_staff_may_not(german: Client) -> None:
    make_organisation()
    german.force_login(make_user("m@example.org", role="manager"))
    manager = german.get(PAGE).status_code
    german.force_login(make_user("s@example.org", role="staff"))

    assert (manager, german.get(PAGE).status_code) == (200, 403)


def a_logo() -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.png", as_file(plain()), content_type="image/png")


def test_logo_is_kept_shown_and_removed(desk: Client) -> None:
    save(desk, logo=a_logo())
    kept = Picture.objects.get()
    page = desk.get(PAGE).content.decode()
    told = text_of(desk.get("/manage/settings/audit/", {"who": "all"}))
    save(desk, no_logo="on")

    assert f'src="/pictures/{kept.digest}"' in page
    assert "Betrieb, Logo – → wurde zu …" in told
    assert (Organisation.objects.get().logo, Picture.objects.count()) == (None, 0)


def test_logo_stays_when_something_else_is_saved(desk: Client) -> None:
    save(desk, logo=a_logo())

    save(desk, name="Anders")

    assert Organisation.objects.get().logo == Picture.objects.get()


def test_logo_that_is_too_heavy_is_refused(desk: Client) -> None:
    page = save(desk, logo=SimpleUploadedFile("logo.png", bytes(8 * 1024 * 1024 + 1)))

    assert (page.status_code, Picture.objects.count()) == (422, 0)
    assert "höchstens 8 MB" in page.content.decode()


def test_logo_that_was_not_saved_has_to_be_chosen_again(desk: Client) -> None:
    page = save(desk, logo=a_logo(), name="")

    assert "Bitte wählen Sie das Bild noch einmal" in text_of(page)


@pytest.mark.parametrize(("typed", "kept"), [("#1F5FBF", "#1f5fbf"), ("1f5fbf", "#1f5fbf"), (" #abc ", "#aabbcc"), ("", "")])
def test_accent_colour_is_kept_however_it_is_written(desk: Client, typed: str, kept: str) -> None:
    save(desk, accent_colour=typed)

    assert Organisation.objects.get().accent_colour == kept


def test_accent_colour_is_shown_on_light_and_dark_paper(desk: Client) -> None:
    save(desk, accent_colour="#0b5d7a")

    page = desk.get(PAGE).content.decode()
    assert re.findall(r'<svg class="sample".*?<rect width="384" height="80" fill="(#[0-9a-f]+)"/><rect[^>]+fill="(#[0-9a-f]+)"', page) == [
        ("#ffffff", "#0b5d7a"),
        ("#121316", "#0c698a"),
    ]
    assert "Auf hellem Papier" in page
    assert "Auf dunklem Papier, so hell, dass man ihn sieht" in page


@pytest.mark.parametrize(("typed", "samples"), [("#ffd400", 2), ("ffd400", 2), ("", 0), ("blue", 0), ('"><script>', 0)])
def test_colour_that_is_being_chosen_is_shown(desk: Client, typed: str, samples: int) -> None:
    shown = desk.get(f"{PAGE}accent/", {"accent_colour": typed}).content.decode()

    assert (shown.count("<svg"), "script" in shown) == (samples, False)


@pytest.mark.parametrize(("typed", "kept"), [("3", 3), ("", None)])
def test_most_open_bookings_may_be_without_limit(desk: Client, typed: str, kept: int | None) -> None:
    save(desk, most_open_bookings=typed)

    assert Organisation.objects.get().most_open_bookings == kept


def test_messages_that_go_by_sms_are_chosen_and_told_in_words(desk: Client) -> None:
    save(desk, sms_messages=["sms_confirmed", "sms_reminder"])

    assert Organisation.objects.get().sms_messages == ["sms_confirmed", "sms_reminder"]
    assert "Auch per SMS – → wurde zu Buchung bestätigt, Erinnerung" in text_of(desk.get("/manage/settings/audit/", {"who": "all"}))


@pytest.mark.parametrize("configured", [True, False])
def test_missing_sms_gateway_is_said(desk: Client, settings: Any, configured: bool) -> None:
    settings.SMS_CONFIGURED = configured

    assert ("Es ist kein SMS-Gateway eingerichtet" in text_of(desk.get(PAGE))) == (not configured)
