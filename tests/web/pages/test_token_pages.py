# SPDX-License-Identifier: Apache-2.0
"""Settings › Tokens: shown once, bound to a role and perhaps to branches, revoked at once."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW
from tests.factories import make_branch, make_user
from tests.web.pages.conftest import text_of

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.roles import Role
from einlass.models import ApiToken, EventRecord
from einlass.operations.users import create_token
from einlass.queries.tokens import token_for

LIST = "/manage/settings/tokens/"


@pytest.fixture
def desk(german: Client, db: None) -> Client:
    german.force_login(make_user())
    return german


def make_token(name: str = "shop") -> str:
    return create_token(name=name, role=Role.STAFF, now=NOW, actor=Actor(ActorKind.STAFF, "Nadia Keller"))


def shown_in(page: str) -> str:
    found = re.search(r'id="token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_token_is_shown_once_and_works(desk: Client) -> None:
    made = desk.post(f"{LIST}new/", {"name": "Webshop", "role": "guest"})
    plain = shown_in(made.content.decode())

    assert "no-store" in made["Cache-Control"]
    assert token_for(plain) == ApiToken.objects.get(name="Webshop", role="guest", created_by="Nadia Keller")
    assert Client().get("/api/v1/services", headers={"Authorization": f"Bearer {plain}"}).status_code == 200
    assert plain not in desk.get(LIST).content.decode()
    assert plain not in str(dict(desk.session))
    assert plain not in str(list(EventRecord.objects.values_list("data", flat=True)))


def test_token_list_tells_role_last_four_and_use(desk: Client) -> None:
    plain = make_token()

    page = text_of(desk.get(LIST))

    line = f"shop Team. Endet auf {plain[-4:]}. Erstellt: heute, 09:00, Nadia Keller. Noch nicht benutzt. Widerrufen"
    assert line in page


def test_token_can_be_bound_to_branches(desk: Client) -> None:
    make_branch()
    make_branch(key="thun", name="Thun", doors={})

    desk.post(f"{LIST}new/", {"name": "Tafel", "role": "read_only", "branches": ["thun"]})

    assert [branch.key for branch in ApiToken.objects.get().branches.all()] == ["thun"]


def test_token_that_sees_all_takes_no_branches_and_keeps_what_was_typed(desk: Client) -> None:
    make_branch()

    refused = desk.post(f"{LIST}new/", {"name": "Tafel", "role": "owner", "branches": ["bern"]})

    assert refused.status_code == 422
    assert "Nur Team und Nur lesen lassen sich an Filialen binden." in text_of(refused)
    assert 'value="Tafel"' in refused.content.decode()
    assert ApiToken.objects.count() == 0


def test_token_needs_a_name(desk: Client) -> None:
    refused = desk.post(f"{LIST}new/", {"name": "", "role": "owner"})

    assert (refused.status_code, ApiToken.objects.count()) == (422, 0)


def test_token_revoked_is_refused_at_once(desk: Client) -> None:
    plain = make_token()
    pk = ApiToken.objects.get().pk

    asked = text_of(desk.get(f"{LIST}{pk}/revoke/"))
    answer = desk.post(f"{LIST}{pk}/revoke/", follow=True)

    assert "Token widerrufen?" in asked
    assert "shop gilt nicht mehr." in text_of(answer)
    assert Client().get("/api/v1/services", headers={"Authorization": f"Bearer {plain}"}).status_code == 401
    assert desk.get(f"{LIST}{pk + 1}/revoke/").status_code == 404


def test_token_list_asks_equally_often_for_one_and_three(desk: Client) -> None:
    make_branch()
    make_token()
    with CaptureQueriesContext(connection) as one:
        desk.get(LIST)
    for name in ("a", "b"):
        make_token(name)
    with CaptureQueriesContext(connection) as three:
        desk.get(LIST)

    assert len(three) == len(one)
