# SPDX-License-Identifier: Apache-2.0
"""On your website: what staff copy, and where it may be shown. That it works there: `tests/e2e/test_embedding.py`."""

from __future__ import annotations

import html
import re

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.factories import make_room, make_service
from tests.web.pages.conftest import text_of

from einlass.models import Branch, Service

PAGE = "/manage/settings/branches/bern/website/"


def lines_in(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page)]


def test_website_gives_the_lines_for_each_service_and_for_all(desk: Client, service: Service) -> None:
    page = desk.get(PAGE).content.decode()

    ours = settings.BASE_URL
    assert lines_in(page) == [
        f'<script src="{ours}/embed.js" async></script>\n<einlass-booking src="{ours}" service="seminar"></einlass-booking>',
        f'<script src="{ours}/embed.js" async></script>\n<einlass-booking src="{ours}" branch="bern"></einlass-booking>',
        f"script-src {ours}\nframe-src {ours}",
    ]


def test_website_names_where_it_may_be_shown(desk: Client, service: Service) -> None:
    before = text_of(desk.get(PAGE))
    Branch.objects.update(embed_origins=["https://www.museum.example"])
    after = text_of(desk.get(PAGE))

    assert "Noch ist keine Website erlaubt" in before
    assert "https://www.museum.example" in after
    assert "Noch ist keine Website erlaubt" not in after


def test_website_leaves_out_a_service_that_is_switched_off(desk: Client, service: Service) -> None:
    Service.objects.update(active=False)

    assert 'service="seminar"' not in html.unescape(desk.get(PAGE).content.decode())


def test_website_of_an_unknown_branch_is_not_found(desk: Client, service: Service) -> None:
    assert desk.get("/manage/settings/branches/nowhere/website/").status_code == 404


def test_website_is_linked_from_the_branch(desk: Client, service: Service) -> None:
    assert f'href="{PAGE}"' in desk.get("/manage/settings/branches/bern/").content.decode()


def test_website_asks_as_often_for_three_services_as_for_one(desk: Client, service: Service) -> None:
    desk.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        desk.get(PAGE)
    for key in ("zweite", "dritte"):
        make_service(service.branch, key, rooms=[make_room(service.branch, key)])

    with CaptureQueriesContext(connection) as three:
        desk.get(PAGE)

    assert len(three) == len(one)
