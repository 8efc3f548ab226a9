# SPDX-License-Identifier: Apache-2.0
"""The page on which a person decides about keys that no booking knows (F21)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import AARE, make_branch, make_house, make_user
from tests.web.pages.conftest import text_of

from einlass.models import Branch, EventRecord, StrayKey

PAGE = "/manage/readiness/bern/strays/"
pytestmark = pytest.mark.django_db


def stray(number: int, branch: Branch | None = None) -> StrayKey:
    start = NOW + timedelta(days=number)
    return StrayKey.objects.create(
        branch=branch or Branch.objects.get(key="bern"),
        vendor_id=f"v{number}",
        marker=f"EL-000000000{number}",
        label="Seminarraum Aare",
        doors=[AARE],
        valid_from=start,
        valid_until=start + timedelta(hours=2),
        found_at=NOW,
    )


@pytest.fixture
def desk(german: Client) -> Client:
    make_house(NOW)
    german.force_login(make_user(role="manager"))
    return german


def test_readiness_is_red_and_leads_to_the_decision(desk: Client) -> None:
    stray(1)

    page = desk.get("/manage/readiness/")

    assert "Schlüssel von Einlass bei exivo, die zu keiner Buchung gehören: 1." in text_of(page)
    assert PAGE in page.content.decode()


def test_each_key_says_when_where_and_which(desk: Client) -> None:
    stray(1)

    page = text_of(desk.get(PAGE))

    assert "24. November 2026, 10:00–12:00" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Seminarraum Aare S-01" in page
    assert "EL-0000000001" in page


@pytest.mark.parametrize(("decision", "told"), [("revoke", "Einlass nimmt 1 Schlüssel gleich zurück."), ("kept", "1 Schlüssel bleibt.")])
def test_a_person_decides_about_the_ticked_ones(desk: Client, decision: str, told: str) -> None:
    first, second = stray(1), stray(2)

    page = desk.post(PAGE, {"key": [first.pk], "decision": decision}, follow=True)

    assert told in text_of(page)
    assert [StrayKey.objects.get(pk=each.pk).decision for each in (first, second)] == [decision, ""]
    event = EventRecord.objects.get(kind="stray_key.decided")
    assert (event.actor_name, event.data) == ("Nadia Keller", {"marker": first.marker, "decision": decision})


def test_nothing_ticked_decides_nothing(desk: Client) -> None:
    stray(1)

    page = desk.post(PAGE, {"decision": "revoke"})

    assert (page.status_code, StrayKey.objects.get().decision) == (422, "")
    assert "Wählen Sie mindestens einen Schlüssel." in text_of(page)


def test_whoever_is_second_is_told(desk: Client) -> None:
    one = stray(1)
    StrayKey.objects.update(decision="kept")

    page = desk.post(PAGE, {"key": [one.pk], "decision": "revoke"}, follow=True)

    assert "Über diese Schlüssel hat schon jemand entschieden." in text_of(page)
    assert StrayKey.objects.get().decision == "kept"


def test_a_key_of_another_branch_is_not_decided_here(desk: Client) -> None:
    thun = make_branch(key="thun", name="Thun", doors={})
    theirs = stray(1, thun)

    desk.post(PAGE, {"key": [theirs.pk], "decision": "revoke"})

    assert StrayKey.objects.get().decision == ""


def test_asks_the_database_equally_often_for_one_and_three(desk: Client) -> None:
    stray(1)
    desk.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as one:
        desk.get(PAGE)
    stray(2)
    stray(3)
    with CaptureQueriesContext(connection) as three:
        desk.get(PAGE)

    assert len(three) == len(one)
