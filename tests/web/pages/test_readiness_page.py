# SPDX-License-Identifier: Apache-2.0
"""The readiness page: each prerequisite with its mark, its word, and the button that mends it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import make_branch, make_house, make_room, make_service, make_user
from tests.web.pages.conftest import text_of

from einlass.cli.configuration import SENTENCES as FOR_THE_COMMAND_LINE
from einlass.models import Branch, Door, LockSystem, Question, Service, Worker
from einlass.queries.readiness import CODES
from einlass.web.manage.readiness_words import SENTENCES

PAGE = "/manage/readiness/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def house(settings: Any) -> Service:
    settings.MAIL_CONFIGURED = True
    Worker.objects.create(name="one", started_at=NOW, seen_at=NOW - timedelta(seconds=10))
    return make_house(NOW, buffer_before=15, buffer_after=15)


@pytest.fixture
def desk(german: Client, house: Service) -> Client:
    german.force_login(make_user())
    return german


def words(client: Client) -> list[str]:
    return re.findall(r'<span class="word[^"]*">([^<]+)</span>', client.get(PAGE).content.decode())


def test_every_code_has_its_sentences_here_and_on_the_command_line() -> None:
    assert set(SENTENCES) == set(CODES)
    assert set(FOR_THE_COMMAND_LINE) == set(CODES)


def test_all_is_well_says_so_with_a_word_each(desk: Client) -> None:
    page = desk.get(PAGE)

    assert "Alles ist da, was eine Tür braucht, um aufzugehen." in text_of(page)
    # All but one: where no SMS are wanted, nobody is told of them.
    assert words(desk) == ["in Ordnung"] * (len(CODES) - 1)
    assert "btn next" not in page.content.decode()


def test_what_is_missing_comes_first_with_the_button_that_mends_it(desk: Client) -> None:
    Question.objects.filter(key="mobile").update(required=False)
    Door.objects.update(use="none")
    Door.objects.filter(name__startswith="Haupteingang").update(use="always", missing_since=NOW)

    page = desk.get(PAGE)
    html = page.content.decode()

    assert "2 Voraussetzungen für eine Tür, die aufgeht, fehlen." in text_of(page)
    assert "Bern Bahnhof exivo führt Haupteingang H-01 nicht mehr." in text_of(page)
    assert 'href="/manage/settings/branches/bern/"' in html
    assert html.count("btn next") == 1


def test_r8_phone_question_is_repaired_from_here(desk: Client) -> None:
    Question.objects.filter(key="mobile").update(required=False)

    page = desk.get(PAGE).content.decode()
    answer = desk.post("/manage/settings/questions/require-mobile/", {"next": PAGE})

    assert 'action="/manage/settings/questions/require-mobile/"' in page
    assert answer["Location"] == PAGE
    assert "fehlt" not in words(desk)


def test_neighbours_are_worth_knowing_and_hinder_nothing(desk: Client) -> None:
    Service.objects.update(buffer_before=0)

    page = text_of(desk.get(PAGE))

    assert "Alles ist da" in page
    assert "öffnen bis zu 15 Minuten lang beide Schlüssel. Das betrifft Seminarraum Aare." in page
    assert words(desk)[0] == "Hinweis"


def test_brake_is_told_with_the_way_to_the_decision(desk: Client) -> None:
    Branch.objects.update(brake_since=NOW, brake_count=9)

    page = desk.get(PAGE)

    assert "9 Schlüssel würden auf einmal zurückgenommen" in text_of(page)
    assert f'href="{PAGE}bern/release/"' in page.content.decode()


def test_buttons_are_only_for_those_who_may_press_them(german: Client, house: Service) -> None:
    LockSystem.objects.update(state="credentials_rejected")
    Branch.objects.update(brake_since=NOW, brake_count=9)
    german.force_login(make_user(role="staff", branches=[house.branch]))

    page = german.get(PAGE)

    assert "exivo hat API-Schlüssel und API-Secret nicht angenommen." in text_of(page)
    assert 'class="btn' not in page.content.decode()
    assert german.post(f"{PAGE}bern/release/").status_code == 403


def test_staff_are_told_of_their_branches_only(german: Client, house: Service) -> None:
    make_branch(key="thun", name="Thun Bahnhof", lock_system=LockSystem.objects.get(), doors={})
    german.force_login(make_user(role="staff", branches=[house.branch]))

    page = german.get(PAGE)

    assert "Thun Bahnhof" not in text_of(page)
    assert 'class="count"' not in page.content.decode()


def test_branch_that_does_not_exist_is_not_found(desk: Client) -> None:
    assert desk.get(f"{PAGE}nowhere/release/").status_code == 404


def test_asks_the_database_equally_often_for_one_and_three(desk: Client) -> None:
    with CaptureQueriesContext(connection) as one:
        desk.get(PAGE)
    for key in ("thun", "biel"):
        branch = make_branch(key=key, name=key, now=NOW, lock_system=LockSystem.objects.get())
        make_service(branch, key, rooms=[make_room(branch, key)])
    with CaptureQueriesContext(connection) as three:
        desk.get(PAGE)

    assert len(three) == len(one)
