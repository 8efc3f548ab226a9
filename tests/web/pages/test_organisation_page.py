# SPDX-License-Identifier: Apache-2.0
"""Settings › Organisation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from tests.factories import make_organisation, make_user
from tests.web.pages.conftest import text_of

from einlass.models import EventRecord, Organisation

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
}
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


def test_language_that_only_a_file_has_set_is_kept(desk: Client) -> None:
    Organisation.objects.update(languages=["de", "en", "fr"])

    page = desk.get(PAGE).content.decode()
    save(desk, offered=["de"])

    assert re.findall(r'name="offered" value="([a-z]+)"', page) == ["de", "en"]
    assert Organisation.objects.get().languages == ["de", "fr"]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": ""}, "name", "Bitte füllen Sie dieses Feld aus."),
        ({"offered": []}, "offered", "Bitte füllen Sie dieses Feld aus."),
        ({"offered": ["en"]}, "default_language", "Die erste Sprache"),
        ({"offered": ["xx"]}, "offered", "Bitte wählen Sie"),
        ({"email": "info"}, "email", "nicht vollständig"),
        ({"privacy_url": "no address"}, "privacy_url", "https://"),
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
