# SPDX-License-Identifier: Apache-2.0
"""Settings › Booking questions: order, one question, options that keep their keys, and the mobile number that doors need (R8)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_room, make_service, make_user
from tests.web.pages.conftest import text_of

from einlass.models import Question, Service

LIST = "/manage/settings/questions/"
NEW = f"{LIST}new/"
MOBILE = f"{LIST}mobile/"
REPAIR = f"{LIST}require-mobile/"
STANDARD = f"{LIST}standard/"
FORM: dict[str, Any] = {
    "label__de": "Bestuhlung",
    "label__en": "Seating",
    "hint__de": "",
    "hint__en": "",
    "kind": "choice",
    "option_key": ["", "", ""],
    "option_de": ["Reihen", "Kreis", ""],
    "option_en": ["Rows", "", ""],
    "active": "on",
    "for_services": "all",
}
ROWS = {"key": "reihen", "label": {"de": "Reihen", "en": "Rows"}}
CIRCLE = {"key": "kreis", "label": "Kreis"}


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    german.force_login(make_user())
    return german


def seen(page: Any) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page.content.decode())
    assert found
    return found[1]


def sent(desk: Client, address: str = NEW, **changed: Any) -> Any:
    return desk.post(address, {**FORM, "seen": seen(desk.get(address)), **changed})


def as_saved(key: str) -> dict[str, Any]:
    """A standard question as its form sends it back."""
    row = Question.objects.get(key=key)
    form = {"label__de": row.label["de"], "label__en": "", "kind": row.kind, "for_services": "all", "option_key": []}
    return form | ({"required": "on"} if row.required else {}) | ({"active": "on"} if row.active else {})


def errors(response: Any) -> list[str]:
    found = re.findall(r'<p class="error".*?<span>(.*?)</span>', response.content.decode(), re.DOTALL)
    return [re.sub(r"<[^>]+>", "", each) for each in found]


def keys() -> list[str]:
    return [question.key for question in Question.objects.all()]


def test_list_shows_questions_with_kind_and_scope(desk: Client, service: Service) -> None:
    Question.objects.get(key="email").services.set([service])
    Question.objects.filter(key="last_name").update(active=False, required=False)

    page = text_of(desk.get(LIST))

    assert "Vorname Text · verlangt · für alle Dienstleistungen" in page
    assert "Nachname Text · freiwillig · für alle Dienstleistungen · ausgeschaltet" in page
    assert "E-Mail E-Mail · verlangt · nur für Seminarraum Aare" in page


def test_list_without_any_offers_the_standard_ones(german: Client, db: None) -> None:
    german.force_login(make_user())

    asked = text_of(german.get(LIST))
    answer = german.post(STANDARD, {"next": LIST})
    again = german.post(STANDARD)

    assert "Standardfragen übernehmen" in asked
    assert (answer["Location"], again["Location"], keys()) == (LIST, LIST, ["first_name", "last_name", "email", "mobile"])
    assert "Es gibt schon Fragen." in text_of(german.get(LIST))


def test_list_asks_the_database_equally_often_for_one_and_three(desk: Client, service: Service) -> None:
    Question.objects.exclude(key="mobile").delete()
    with CaptureQueriesContext(connection) as one:
        desk.get(LIST)
    for key in ("a", "b"):
        Question.objects.create(key=key, kind="text", label=key).services.set([service])
    with CaptureQueriesContext(connection) as three:
        desk.get(LIST)

    assert len(three) == len(one)


@pytest.mark.parametrize(
    ("posted", "order"),
    [
        ({"move": "mobile:up"}, ["first_name", "last_name", "mobile", "email"]),
        ({"move": "first_name:down"}, ["last_name", "first_name", "email", "mobile"]),
        ({"move": "mobile:down"}, ["first_name", "last_name", "email", "mobile"]),
        ({"order": "mobile,email,last_name,first_name"}, ["mobile", "email", "last_name", "first_name"]),
    ],
)
def test_order_is_changed_by_buttons_and_by_drag(desk: Client, posted: dict[str, str], order: list[str]) -> None:
    answer = desk.post(LIST, posted)

    assert (answer["Location"], keys()) == (LIST, order)


def test_new_question_gets_keys_from_its_labels(desk: Client) -> None:
    answer = sent(desk)

    made = Question.objects.get(key="bestuhlung")
    assert answer["Location"] == f"{LIST}bestuhlung/"
    assert (made.label, made.kind, made.required, made.options) == ({"de": "Bestuhlung", "en": "Seating"}, "choice", False, [ROWS, CIRCLE])
    assert "Reihen" in desk.get("/book/seminar/details?start=2026-11-23T14:00:00Z&duration=60").content.decode()


def test_option_keeps_its_key_when_its_label_changes(desk: Client) -> None:
    sent(desk)
    one = f"{LIST}bestuhlung/"

    sent(desk, one, option_key=["reihen", "kreis", ""], option_de=["Stuhlreihen", "", "Kreis"], option_en=["Rows", "", ""])

    assert Question.objects.get(key="bestuhlung").options == [{"key": "reihen", "label": {"de": "Stuhlreihen", "en": "Rows"}}, CIRCLE]


def test_options_that_the_form_shows_are_saved_as_they_are(desk: Client) -> None:
    sent(desk)
    Question.objects.filter(key="bestuhlung").update(options=["U-Form", ROWS, {"key": "x", "label": "X"}])
    one = f"{LIST}bestuhlung/"
    page = desk.get(one).content.decode()

    typed = {name: re.findall(rf'name="{name}"[^>]* value="([^"]*)"', page) for name in ("option_key", "option_de", "option_en")}
    answer = sent(desk, one, **typed)

    assert typed["option_key"] == ["U-Form", "reihen", "x", "", "", ""]
    assert "Es wurde nichts geändert." in text_of(desk.get(answer["Location"]))
    assert Question.objects.get(key="bestuhlung").options == ["U-Form", ROWS, {"key": "x", "label": "X"}]


def test_more_options_keeps_what_was_typed_and_says_nothing(desk: Client) -> None:
    answer = sent(desk, label__de="", more="options")

    assert (answer.status_code, errors(answer)) == (200, [])
    assert answer.content.decode().count('name="option_key"') == 5
    assert 'name="option_de" maxlength="200" lang="de" value="Kreis"' in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"label__de": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"kind": "riddle"}, "Bitte wählen Sie eine der Möglichkeiten."),
        ({"option_de": ["", "", ""], "option_en": ["", "", ""]}, "Bitte geben Sie die Möglichkeiten an, aus denen gewählt wird."),
        ({"for_services": "some"}, "Bitte füllen Sie dieses Feld aus."),
        ({"for_services": "some", "services": ["nowhere"]}, "Bitte wählen Sie eine der Möglichkeiten."),
    ],
)
def test_form_says_beside_the_field_what_is_wrong_and_keeps_what_was_typed(desk: Client, changed: dict[str, Any], says: str) -> None:
    answer = sent(desk, hint__de="Für den Hausdienst", **changed)

    assert (answer.status_code, errors(answer)[0]) == (422, says)
    assert 'name="hint__de" value="Für den Hausdienst"' in answer.content.decode()
    assert len(keys()) == 4


def test_options_of_one_name_are_told_apart(desk: Client) -> None:
    sent(desk, option_de=["Kreis", "Kreis", ""], option_en=["", "", ""])

    assert [option["key"] for option in Question.objects.get(key="bestuhlung").options] == ["kreis", "kreis-2"]


def test_question_is_asked_only_for_the_services_that_are_ticked(desk: Client, service: Service) -> None:
    make_service(service.branch, "kurs", rooms=[service.rooms.get()])

    sent(desk, for_services="some", services=["kurs"])

    assert [row.key for row in Question.objects.get(key="bestuhlung").services.all()] == ["kurs"]


def test_two_people_the_second_is_told_and_nothing_is_overwritten(desk: Client) -> None:
    sent(desk)
    one = f"{LIST}bestuhlung/"
    typed = {"option_key": ["reihen", "kreis", ""], "label__de": "Anordnung"}
    before = seen(desk.get(one))
    sent(desk, one, option_key=["reihen", "kreis", ""], hint__de="neu")

    answer = desk.post(one, {**FORM, **typed, "seen": before})

    assert answer.status_code == 409
    assert "Jemand anderes hat das inzwischen gespeichert" in text_of(answer)
    assert Question.objects.get(key="bestuhlung").label["de"] == "Bestuhlung"
    assert desk.post(one, {**FORM, **typed, "seen": seen(answer)})["Location"] == one


@pytest.mark.parametrize("off", ["required", "active"])
def test_mobile_question_that_is_switched_off_says_at_once_what_it_means(desk: Client, off: str) -> None:
    typed = as_saved("mobile")
    del typed[off]

    answer = desk.post(MOBILE, {**typed, "seen": seen(desk.get(MOBILE))})
    page = text_of(desk.get(answer["Location"]))

    why = "Ohne Nummer gibt es keinen Schlüssel, darum kann Seminarraum Aare im Moment nicht gebucht werden."
    assert f"Seminarraum Aare verlangt keine Mobilnummer. {why}" in page
    assert why in text_of(desk.get(LIST))
    assert desk.get("/book/seminar/").status_code == 404
    desk.post(REPAIR, {"next": MOBILE})
    assert why not in text_of(desk.get(MOBILE))
    assert desk.get("/book/seminar/").status_code == 200


@pytest.mark.parametrize(("wanted", "leads"), [(MOBILE, MOBILE), ("https://example.org/", LIST), ("//example.org/", LIST), ("", LIST)])
def test_repair_leads_back_to_a_page_of_ours(desk: Client, wanted: str, leads: str) -> None:
    answer = desk.post(REPAIR, {"next": wanted})

    assert (answer.status_code, answer["Location"]) == (302, leads)
    assert "Die Mobilnummer wurde schon verlangt." in text_of(desk.get(LIST))


def test_repair_of_several_services_is_one_button(desk: Client, service: Service) -> None:
    make_service(service.branch, "kurs", name="Kurs", rooms=[service.rooms.get()])
    Question.objects.filter(key="mobile").delete()

    page = text_of(desk.get(LIST))

    assert "Diese Dienstleistungen verlangen keine Mobilnummer: Seminarraum Aare, Kurs. Ohne Nummer gibt es keinen Schlüssel" in page
    assert "Mobilnummer für alle verlangen" in page


def test_service_without_doors_needs_no_number(desk: Client) -> None:
    thun = make_branch(key="thun", name="Thun", doors={})
    make_service(thun, "buero", name="Büro", rooms=[make_room(thun, "buero")])
    Question.objects.filter(key="mobile").delete()

    page = text_of(desk.get(LIST))

    assert ("Seminarraum Aare verlangt keine Mobilnummer" in page, "Büro" in page) == (True, False)


def test_standard_question_cannot_be_removed(desk: Client) -> None:
    assert desk.post(f"{MOBILE}remove/").status_code == 404
    assert "Sie kann ausgeschaltet, aber nicht entfernt werden." in text_of(desk.get(MOBILE))
    assert len(keys()) == 4


def test_question_that_nobody_answered_is_removed(desk: Client) -> None:
    sent(desk)

    answer = desk.post(f"{LIST}bestuhlung/remove/")

    assert (answer["Location"], len(keys())) == (LIST, 4)
    assert "«Bestuhlung» wurde entfernt." in text_of(desk.get(LIST))


def test_question_with_answers_is_switched_off(desk: Client, service: Service) -> None:
    sent(desk)
    make_booking(service, now=NOW, bestuhlung="kreis")

    desk.post(f"{LIST}bestuhlung/remove/")

    assert not Question.objects.get(key="bestuhlung").active
    assert "hat Antworten" in text_of(desk.get(LIST))


@pytest.mark.parametrize("role", ["staff", "read_only"])
def test_questions_are_not_for(german: Client, service: Service, role: str) -> None:
    german.force_login(make_user("other@example.org", role=role, branches=[service.branch]))

    gets = [german.get(address).status_code for address in (LIST, NEW, MOBILE)]
    posts = [german.post(address).status_code for address in (LIST, NEW, MOBILE, f"{MOBILE}remove/", REPAIR, STANDARD)]
    assert (gets, posts) == ([403] * 3, [403] * 6)


def test_questions_stranger_has_to_sign_in(german: Client, service: Service) -> None:
    assert [german.get(address).status_code for address in (LIST, NEW, MOBILE)] == [302] * 3


def test_unknown_question_does_not_exist(desk: Client) -> None:
    assert desk.get(f"{LIST}nowhere/").status_code == 404
