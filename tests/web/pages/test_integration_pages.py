# SPDX-License-Identifier: Apache-2.0
"""Settings › Integrations: the guide from an empty account to the last tick, the connection test in words, switching off (R1, R2, R8)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import factories as make
from tests.conftest import NOW, Exivo
from tests.web.pages.conftest import text_of

from einlass.models import Branch, EventRecord, Installation, LockSystem, MessageTemplate, Question, Service
from einlass.operations.keys import reconcile
from einlass.operations.lock_systems import secret_differs

LIST = "/manage/settings/integrations/"
PAGE = f"{LIST}exivo/"
UNKNOWN_SITE = "51000000-0000-4000-8000-00000000dead"
TYPED = {
    "api_key": make.API_KEY,
    "api_secret": make.API_SECRET,
    "mobile_app_name": "dormakaba mobile access",
    "mobile_app_id": "100200",
    "install_notification": "on",
}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(german: Client) -> Client:
    german.force_login(make.make_user())
    return german


@pytest.fixture
def house() -> Service:
    return make.make_house(NOW)


def words(client: Client) -> list[str]:
    """The word of each step, in order."""
    return re.findall(r'<span class="word[^"]*">([^<]+)</span></div></li>', client.get(PAGE).content.decode())


def save(client: Client, **changed: str) -> Any:
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', client.get(PAGE).content.decode())
    assert seen
    return client.post(PAGE, TYPED | {"seen": seen[1]} | changed)


def test_empty_installation_is_offered_the_account_by_one_click(desk: Client) -> None:
    make.make_organisation()

    offered = text_of(desk.get(LIST))
    answer = desk.post(LIST)

    assert "dormakaba exivo einrichten" in offered
    assert answer["Location"] == PAGE
    assert LockSystem.objects.get().enabled is False
    assert words(desk) == ["offen"] * 8


def test_list_several_accounts_are_told_apart_by_their_key(desk: Client, house: Service) -> None:
    desk.post(LIST)

    page = text_of(desk.get(LIST))

    assert "dormakaba exivo (exivo) eingeschaltet. 6 von 8 Schritten erledigt." in page
    assert "dormakaba exivo (exivo-2) ausgeschaltet. 1 von 8 Schritten erledigt." not in page
    assert "dormakaba exivo (exivo-2) ausgeschaltet. 0 von 8 Schritten erledigt." in page


def test_whole_guide_ends_with_eight_ticks(desk: Client, house: Service, exivo: Exivo) -> None:
    desk.post(f"{PAGE}test/")
    desk.post(f"{PAGE}text/")

    page = desk.get(PAGE)

    assert words(desk) == ["erledigt"] * 8
    assert "8 von 8 Schritten erledigt" in text_of(page)
    assert "btn next" not in page.content.decode()


def test_only_the_first_open_step_has_the_blue_button(desk: Client, house: Service) -> None:
    page = desk.get(PAGE).content.decode()

    assert re.findall(r'class="btn next"[^>]*>([^<]+)<', page) == ["Verbindung testen"]


def test_r1_switching_on_takes_branches_along_and_says_so_before_and_after(desk: Client, exivo: Exivo) -> None:
    make.make_organisation()
    make.make_branch(doors={}, site_id=make.BERN)
    desk.post(LIST)

    before = text_of(desk.get(PAGE))
    desk.post(f"{PAGE}switch/", {"to": "on"})

    assert "Beim Einschalten gilt es für: Bern Bahnhof." in before
    assert "Eingeschaltet. Bern Bahnhof gehört jetzt dazu." in text_of(desk.get(PAGE))
    assert exivo.calls() == []


def test_r1_the_test_is_not_offered_and_calls_nothing_while_it_is_off(desk: Client, house: Service, exivo: Exivo) -> None:
    LockSystem.objects.update(enabled=False)

    page = text_of(desk.get(PAGE))
    desk.post(f"{PAGE}test/", {"site_id": make.BERN})

    assert "Testen können Sie, sobald eingeschaltet ist." in page
    assert "Die Anbindung ist ausgeschaltet, darum wurde exivo nicht gefragt." in text_of(desk.get(PAGE))
    assert exivo.calls() == []


def test_r2_key_is_shown_and_of_the_secret_the_last_four_only(desk: Client, house: Service) -> None:
    saved = save(desk, api_secret="b0000000-0000-4000-8000-00000000b41c")

    page = desk.get(PAGE).content.decode()
    assert saved.status_code == 302
    assert f'value="{make.API_KEY}"' in page
    assert 'endet auf <strong class="mono">b41c</strong>' in page
    assert "00000000b41c" not in page
    assert not secret_differs(LockSystem.objects.get(), "b0000000-0000-4000-8000-00000000b41c")
    event = EventRecord.objects.get(kind="settings.doors_changed")
    assert event.data["values"] == [{"field": "lock_systems.exivo.api_secret", "old": "…", "new": "…"}]


def test_r2_an_empty_secret_keeps_the_one_that_is_stored(desk: Client, house: Service) -> None:
    save(desk, api_secret="", mobile_app_id="100201")

    system = LockSystem.objects.get()
    assert not secret_differs(system, make.API_SECRET)
    assert system.mobile_app_id == "100201"
    assert Branch.objects.get().site_is_confirmed


def test_r2_another_key_doubts_the_sites_and_forgets_the_test(desk: Client, house: Service, exivo: Exivo) -> None:
    desk.post(f"{PAGE}test/")

    save(desk, api_key="a0000000-0000-4000-8000-000000000002")

    assert "Einlass fragt exivo innert zehn Sekunden nach allen Site-IDs neu." in text_of(desk.get(PAGE))
    assert (Branch.objects.get().site_is_confirmed, LockSystem.objects.get().tested_code) == (False, "")


def test_r2_what_is_missing_is_said_beside_the_field_and_nothing_typed_is_lost(desk: Client) -> None:
    make.make_organisation()
    desk.post(LIST)
    desk.post(f"{PAGE}switch/", {"to": "on"})

    page = save(desk, api_secret="", mobile_app_id="abc")

    assert page.status_code == 422
    assert 'id="id_api_secret_error"' in page.content.decode()
    assert f'value="{make.API_KEY}"' in page.content.decode()
    assert LockSystem.objects.get().api_key == ""


def test_r2_app_id_that_is_no_number_is_refused_beside_the_field(desk: Client, house: Service) -> None:
    page = save(desk, mobile_app_id="abc")

    assert page.status_code == 422
    assert re.search(r'id="id_mobile_app_id_error">.*?Ziffern', page.content.decode(), re.DOTALL)
    assert LockSystem.objects.get().mobile_app_id == "100200"


def test_f48_other_encryption_keys_store_no_secret(desk: Client, house: Service) -> None:
    Installation.objects.update_or_create(id=1, defaults={"key_fingerprint": "another"})

    page = save(desk, api_secret="another secret")

    assert page.status_code == 422
    assert "andere Verschlüsselungs-Schlüssel als die Datenbank und kann kein Secret speichern" in text_of(page)
    assert LockSystem.objects.get().secret_last4 == make.API_SECRET[-4:]


def test_second_of_two_people_is_told_and_overwrites_nothing(desk: Client, house: Service) -> None:
    old = re.search(r'name="seen" value="([0-9a-f]+)"', desk.get(PAGE).content.decode())
    save(desk, api_secret="", mobile_app_id="100201")

    assert old
    page = desk.post(PAGE, TYPED | {"seen": old[1], "mobile_app_id": "100202"})

    assert page.status_code == 409
    assert "Jemand anderes hat das inzwischen gespeichert" in text_of(page)
    assert LockSystem.objects.get().mobile_app_id == "100201"


@pytest.mark.parametrize(
    ("secret", "faults", "sentence", "word"),
    [
        (make.API_SECRET, [], "exivo antwortet, Schlüssel und Secret stimmen.", "erledigt"),
        ("wrong", [], "API-Schlüssel oder Secret stimmt nicht. Prüfen Sie beide in der exivo-App.", "fehlt"),
        (make.API_SECRET, [{"kind": "connection_inactive"}], "Vielleicht ist der Connection Service nicht aktiv.", "fehlt"),
        (make.API_SECRET, [{"kind": "status", "status": 503}], "exivo ist nicht erreichbar.", "fehlt"),
    ],
)
def test_r2_connection_test_says_what_is_wrong_in_words(
    desk: Client, exivo: Exivo, *, secret: str, faults: list[dict[str, Any]], sentence: str, word: str
) -> None:
    make.make_organisation()
    make.make_branch(now=NOW, lock_system=make.make_lock_system(secret=secret))
    exivo.faults(*({"call": "*"} | fault for fault in faults))

    answer = desk.post(f"{PAGE}test/")

    page = text_of(desk.get(PAGE))
    assert answer["Location"] == f"{PAGE}#test"
    assert sentence in page
    assert "Getestet heute, 10:00, Antwort in" in page
    assert words(desk)[2] == word


def test_r2_a_wrong_site_typed_in_for_the_test_changes_nothing(desk: Client, house: Service, exivo: Exivo) -> None:
    desk.post(f"{PAGE}test/", {"site_id": UNKNOWN_SITE})

    page = desk.get(PAGE)
    assert "exivo kennt diese Site-ID nicht. An der Filiale wurde nichts geändert." in text_of(page)
    assert f'value="{UNKNOWN_SITE}"' in page.content.decode()
    assert Branch.objects.get().site_is_confirmed


def test_r2_every_branch_is_tested_and_a_confirmed_one_has_its_name_at_once(desk: Client, exivo: Exivo) -> None:
    make.make_organisation()
    system = make.make_lock_system()
    make.make_branch(lock_system=system, site_id=make.BERN, doors={})
    make.make_branch(key="thun", name="Thun", lock_system=system, site_id=UNKNOWN_SITE, doors={})

    desk.post(f"{PAGE}test/")

    page = text_of(desk.get(PAGE))
    assert "Bern Bahnhof: exivo kennt diese Site." in page
    assert "Thun: exivo kennt diese Site-ID nicht." in page
    assert list(Branch.objects.values_list("site_name", flat=True)) == ["Bern Bahnhof", ""]


def test_r2_without_key_or_site_the_test_says_what_comes_first(desk: Client, exivo: Exivo) -> None:
    make.make_organisation()
    make.make_lock_system()

    desk.post(f"{PAGE}test/")
    without_site = text_of(desk.get(PAGE))
    LockSystem.objects.update(sealed_secret="")
    desk.post(f"{PAGE}test/", {"site_id": make.BERN})

    assert "Noch hat keine Filiale eine Site-ID. Geben Sie für den Test eine ein." in without_site
    assert "Speichern Sie zuerst API-Schlüssel und API-Secret." in text_of(desk.get(PAGE))
    assert exivo.calls() == []


def test_r8_phone_question_is_missing_and_repaired_by_one_click(desk: Client, house: Service) -> None:
    Question.objects.filter(key="mobile").update(required=False)

    page = text_of(desk.get(PAGE))
    desk.post("/manage/settings/questions/require-mobile/", {"next": PAGE})

    assert "Seminarraum Aare verlangt keine Mobilnummer. Ohne Nummer gibt es keinen Schlüssel" in page
    assert "Mobilnummer für Seminarraum Aare verlangen" in page
    assert words(desk)[6] == "erledigt"


def test_information_is_settled_by_saving_it_or_by_saying_that_it_is_fine(desk: Client, house: Service) -> None:
    before = words(desk)[7]
    desk.post(f"{PAGE}text/")
    confirmed = words(desk)[7]
    MessageTemplate.objects.update(confirmed_at=None, text="Meine Worte")

    assert (before, confirmed, words(desk)[7]) == ("offen", "erledigt", "erledigt")


def test_switching_off_without_keys_is_done_at_once(desk: Client, house: Service) -> None:
    answer = desk.post(f"{PAGE}switch/", {"to": "off"})

    assert answer["Location"] == PAGE
    assert LockSystem.objects.get().enabled is False
    assert "Ausgeschaltet. Einlass ruft exivo nicht mehr auf." in text_of(desk.get(PAGE))


def test_switching_off_with_keys_asks_what_becomes_of_them(desk: Client, house: Service, exivo: Exivo) -> None:
    booking = make.make_booking(house, now=NOW)
    reconcile(booking.pk, clock=lambda: NOW)

    asked = desk.post(f"{PAGE}switch/", {"to": "off"})
    page = text_of(desk.get(asked["Location"]))
    unchosen = desk.post(asked["Location"])

    assert "Bei exivo gibt es 1 Schlüssel." in page
    assert "Zurücknehmen" in page
    assert "Auslaufen lassen" in page
    assert (unchosen.status_code, LockSystem.objects.get().grants) == (422, True)


def test_switching_off_taking_back_shows_how_many_are_left(desk: Client, house: Service, exivo: Exivo) -> None:
    booking = make.make_booking(house, now=NOW)
    reconcile(booking.pk, clock=lambda: NOW)

    desk.post(f"{PAGE}off/", {"keys": "take_back"})
    closing = text_of(desk.get(PAGE))
    desk.post(f"{PAGE}off/", {"keys": "leave"})

    assert "Sie wird ausgeschaltet, noch 1 Schlüssel." in closing
    assert "Den Rest auslaufen lassen und jetzt ausschalten" in closing
    assert (LockSystem.objects.get().enabled, LockSystem.objects.get().closing_since, len(exivo.live())) == (False, None, 1)


def test_switching_on_again_while_keys_are_taken_back_keeps_it_on(desk: Client, house: Service) -> None:
    LockSystem.objects.update(closing_since=NOW - timedelta(minutes=1))

    desk.post(f"{PAGE}switch/", {"to": "on"})

    assert LockSystem.objects.get().grants


def test_branches_of_a_second_account_are_attached_by_a_button(desk: Client, house: Service) -> None:
    make.make_branch(key="thun", name="Thun", doors={})

    page = text_of(desk.get(PAGE))
    desk.post(f"{PAGE}attach/")

    assert "Ohne Anbindung: Thun." in page
    assert Branch.objects.get(key="thun").lock_system == LockSystem.objects.get()


@pytest.mark.parametrize("role", ["manager", "staff", "read_only"])
def test_only_owners_may_touch_the_integration(german: Client, house: Service, role: str) -> None:
    german.force_login(make.make_user(role=role, branches=[house.branch]))

    paths = [LIST, PAGE, f"{PAGE}off/"]
    posts = [f"{PAGE}{what}/" for what in ("switch", "test", "attach", "text", "off")]

    assert [german.get(path).status_code for path in paths] == [403] * 3
    assert [german.post(path).status_code for path in posts] == [403] * 5


def test_account_that_does_not_exist_is_not_found(desk: Client) -> None:
    assert desk.get(f"{LIST}nowhere/").status_code == 404


def test_page_asks_the_database_equally_often_for_one_and_three(desk: Client, house: Service) -> None:
    with CaptureQueriesContext(connection) as one:
        desk.get(PAGE)
    for key in ("thun", "biel"):
        branch = make.make_branch(key=key, name=key, now=NOW, lock_system=LockSystem.objects.get())
        make.make_service(branch, key, rooms=[make.make_room(branch, key)])
    with CaptureQueriesContext(connection) as three:
        desk.get(PAGE)

    assert len(three) == len(one)
