# SPDX-License-Identifier: Apache-2.0
"""Settings › Branches: the list and its order, a branch with its hours, its site at exivo (R3), its doors (R4, R5) and margins (R11)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import (
    ENTRANCE,
    UNTYPED,
    make_branch,
    make_lock_system,
    make_organisation,
    make_room,
    make_user,
)
from tests.operations.config_files import OPERATOR
from tests.web.pages.branch_form import LIST, PAGE, form_of
from tests.web.pages.conftest import text_of

from einlass.models import Branch, Door, EventRecord
from einlass.operations.config_export import digest_of
from einlass.operations.settings import save


@pytest.fixture
def desk(german: Client, db: None) -> Client:
    make_organisation()
    german.force_login(make_user())
    return german


@pytest.mark.parametrize("role", ["staff", "read_only"])
@pytest.mark.parametrize(
    "path", ["", "new/", "bern/", "bern/remove/", "bern/rooms/new/", "bern/rooms/aare/", f"bern/doors/{UNTYPED}/allow/", "bern/read/"]
)
def test_settings_of_branches_are_not_for_staff(german: Client, db: None, role: str, path: str) -> None:
    branch = make_branch()
    make_room(branch)
    german.force_login(make_user(role=role, branches=[branch]))

    assert german.post(LIST + path).status_code == 403


def test_list_shows_each_branch_with_its_rooms_and_its_site(desk: Client) -> None:
    make_room(make_branch(now=NOW))
    make_branch(key="thun", name="Thun", position=1, active=False)

    page = text_of(desk.get(LIST))

    assert "Bern Bahnhof 1 Raum, von exivo bestätigt: Bern Bahnhof" in page
    assert "Thun nicht aktiv 0 Räume, ohne Site-ID" in page


def test_list_without_a_branch_says_what_to_do(desk: Client) -> None:
    assert "Noch keine Filiale Beginnen Sie mit dem Ort, an dem Ihre Räume sind." in text_of(desk.get(LIST))


@pytest.mark.parametrize(
    ("posted", "order"),
    [
        ({"move": "thun:up"}, ["thun", "bern", "chur"]),
        ({"move": "bern:down"}, ["thun", "bern", "chur"]),
        ({"move": "bern:up"}, ["bern", "thun", "chur"]),
        ({"order": "chur,bern,thun"}, ["chur", "bern", "thun"]),
        ({"order": "nowhere,chur"}, ["chur", "bern", "thun"]),
    ],
)
def test_list_is_ordered_by_buttons_and_by_drag(desk: Client, posted: dict[str, str], order: list[str]) -> None:
    for position, key in enumerate(("bern", "thun", "chur")):
        make_branch(key=key, position=position)

    answer = desk.post(LIST, posted)

    assert (answer.status_code, [branch.key for branch in Branch.objects.all()]) == (302, order)


def test_list_and_page_ask_equally_often_for_one_and_three(desk: Client) -> None:
    branch = make_branch(now=NOW, lock_system=make_lock_system(), doors={ENTRANCE: "always"})
    make_room(branch)
    counted = []
    for more in ((), ("b", "c")):
        for key in more:
            make_branch(key=key, doors={})
            make_room(branch, key)
            Door.objects.create(branch=branch, component=key, kind="x", read_at=NOW, use="services", missing_since=NOW)
        for path in (LIST, PAGE):
            Door.objects.filter(branch=branch).update(news="new")
            with CaptureQueriesContext(connection) as queries:
                desk.get(path)
            counted.append(len(queries))

    assert counted[:2] == counted[2:]


def test_new_branch_gets_a_key_of_its_name(desk: Client) -> None:
    typed = {
        "name__de": "Thun Süd",
        "country": "CH",
        "time_zone": "Europe/Zurich",
        "early_minutes": "15",
        "late_minutes": "15",
        "seen": digest_of(None),
    }

    answer = desk.post(f"{LIST}new/", typed | {"mon": "07:00-22:00", "active": "on"})

    branch = Branch.objects.get()
    assert answer["Location"] == f"{LIST}thun-sued/"
    assert (branch.name, branch.opening_hours, branch.active) == ("Thun Süd", {"mon": ["07:00-22:00"]}, True)


def test_new_branch_takes_zurich_and_the_only_account_by_default(desk: Client) -> None:
    make_lock_system()

    page = desk.get(f"{LIST}new/").content.decode()

    assert '<option value="Europe/Zurich" selected>' in page
    assert '<option value="exivo" selected>' in page


def test_margins_that_end_at_the_neighbour_are_a_box_to_tick(desk: Client) -> None:
    branch = make_branch()

    ticked = desk.post(PAGE, form_of(branch, shrink_margins="on"))
    after = Branch.objects.get()
    page = desk.get(PAGE)
    desk.post(PAGE, {name: value for name, value in form_of(after).items() if name != "shrink_margins"})

    assert (ticked.status_code, after.shrink_margins, Branch.objects.get().shrink_margins) == (302, True, False)
    assert "Gespeichert: Minuten enden bei der Buchung daneben." in text_of(page)
    assert page.context["form"]["shrink_margins"].value() is True


def test_new_branch_called_new_gets_another_key(desk: Client) -> None:
    typed = {
        "name__de": "New",
        "country": "CH",
        "time_zone": "Europe/Zurich",
        "early_minutes": "15",
        "late_minutes": "15",
        "seen": digest_of(None),
    }

    assert desk.post(f"{LIST}new/", typed)["Location"] == f"{LIST}new-2/"


def test_branch_without_any_account_is_not_asked_for_one(desk: Client) -> None:
    make_branch()

    assert 'name="lock_system"' not in desk.get(PAGE).content.decode()


def test_saving_tells_what_changed_and_writes_the_log(desk: Client) -> None:
    branch = make_branch()

    answer = desk.post(PAGE, form_of(branch, late_minutes="20", address="Bollwerk 15"))

    assert answer["Location"] == PAGE
    assert Branch.objects.get().late_minutes == 20
    assert "Gespeichert:" in text_of(desk.get(PAGE))
    assert [value["field"] for value in EventRecord.objects.get().data["values"]] == [
        "branches.bern.address",
        "branches.bern.access.late_minutes",
    ]


def test_saving_what_is_shown_changes_nothing(desk: Client) -> None:
    branch = make_branch(now=NOW, lock_system=make_lock_system(), exceptions=[{"date": "2027-01-02", "hours": ["10:00-12:00"]}])

    desk.post(PAGE, form_of(branch) | {"exception-0-date": "2027-01-02", "exception-0-hours": "10:00-12:00"})

    assert EventRecord.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name__de", "", "Bitte füllen Sie dieses Feld aus."),
        ("early_minutes", "-1", "Bitte mindestens 0 angeben."),
        ("directions_url", "not an address", "Bitte eine Adresse angeben, die mit https:// oder http:// beginnt."),
        ("time_zone", "Mars/Olympus", "Bitte wählen Sie eine der Möglichkeiten."),
        ("mon", "07.00-22.00", "Bitte Öffnungszeiten als 07:00-22:00 schreiben, mehrere mit einem Komma dazwischen."),
        ("tue", "08:00-12:00, 11:00-17:00", "Diese Öffnungszeiten überschneiden sich."),
        ("exception-0-date", "gestern", "Bitte geben Sie ein Datum an, zum Beispiel 2027-01-12."),
    ],
)
def test_mistake_is_told_beside_its_field_and_what_was_typed_stays(desk: Client, field: str, typed: str, sentence: str) -> None:
    branch = make_branch()

    answer = desk.post(PAGE, form_of(branch, address="Neue Adresse 1", **{field: typed}))

    assert (answer.status_code, sentence in text_of(answer), Branch.objects.get().address) == (422, True, "")
    assert 'value="Neue Adresse 1"' in answer.content.decode()


def test_exceptions_come_and_go_by_their_date(desk: Client) -> None:
    branch = make_branch(exceptions=[{"date": "2027-01-02", "hours": ["10:00-12:00"]}])
    shown = desk.get(PAGE).content.decode()
    rows = {"exception-0-date": "", "exception-0-hours": "10:00-12:00", "exception-3-date": "2027-08-01", "exception-3-hours": ""}

    desk.post(PAGE, form_of(branch) | rows)

    assert 'name="exception-3-date"' in shown
    assert Branch.objects.get().exceptions == [{"date": "2027-08-01", "hours": []}]


def test_exception_named_twice_is_refused(desk: Client) -> None:
    branch = make_branch()

    answer = desk.post(PAGE, form_of(branch) | {"exception-0-date": "2027-08-01", "exception-1-date": "2027-08-01"})

    assert (answer.status_code, "2027-08-01 steht hier zweimal." in text_of(answer)) == (422, True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://www.example.org/\r\nexample.com\r\n", ["https://www.example.org", "https://example.com"]),
        ("HTTPS://WWW.Example.org:443\r\n http://localhost:8001 ", ["https://www.example.org", "http://localhost:8001"]),
        ("https://example.org\r\nhttps://example.org/", ["https://example.org"]),
        ("", []),
    ],
)
def test_websites_that_may_show_the_page_are_kept_as_browsers_name_them(desk: Client, typed: str, kept: list[str]) -> None:
    branch = make_branch(embed_origins=["https://before.example"])

    desk.post(PAGE, form_of(branch, embed_origins=typed))

    assert Branch.objects.get().embed_origins == kept


def test_websites_are_shown_one_a_line_and_told_in_words(desk: Client) -> None:
    desk.post(PAGE, form_of(make_branch(), embed_origins="https://a.example\r\nhttps://b.example"))

    page = desk.get(PAGE)
    assert "https://a.example\nhttps://b.example</textarea>" in page.content.decode()
    assert "Gespeichert: Websites, die die Buchungsseite zeigen dürfen." in text_of(page)


@pytest.mark.parametrize("typed", ["https://example.org/buchen", "ftp://example.org", "zwei Wörter", "https://*"])
def test_website_that_is_none_is_told_beside_its_field(desk: Client, typed: str) -> None:
    answer = desk.post(PAGE, form_of(make_branch(), embed_origins=f"https://right.example\r\n{typed}"))

    beside = answer.content.decode().partition('id="id_embed_origins_error">')[2].partition("</p>")[0]
    assert (answer.status_code, "Bitte geben Sie die Adresse einer Website ohne Pfad an" in beside) == (422, True)
    assert typed in beside
    assert (Branch.objects.get().embed_origins, typed in answer.content.decode()) == ([], True)


def test_somebody_else_was_faster_and_nothing_of_his_is_lost(desk: Client) -> None:
    branch = make_branch()
    typed = form_of(branch, late_minutes="20")
    save({"branches": [{"key": "bern", "address": "Bollwerk 15"}]}, subject="branches.bern", now=NOW, actor=OPERATOR)

    answer = desk.post(PAGE, typed)

    assert (answer.status_code, "Jemand anderes hat das inzwischen gespeichert" in text_of(answer)) == (409, True)
    assert (Branch.objects.get().late_minutes, Branch.objects.get().address) == (15, "Bollwerk 15")
    assert 'value="20"' in answer.content.decode()


# removing


def test_branch_that_was_never_booked_is_removed(desk: Client) -> None:
    make_branch()
    seen = desk.get(f"{PAGE}remove/").context["seen"]

    answer = desk.post(f"{PAGE}remove/", {"seen": seen})

    assert (answer["Location"], Branch.objects.count()) == (LIST, 0)
    assert "Bern Bahnhof wurde entfernt." in text_of(desk.get(LIST))


def test_branch_with_coming_bookings_stays_and_they_are_named(desk: Client, booking: Any) -> None:
    answer = desk.post(f"{PAGE}remove/")

    assert (answer.status_code, Branch.objects.count(), booking.reference in text_of(answer)) == (422, 1, True)
