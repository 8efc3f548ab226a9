# SPDX-License-Identifier: Apache-2.0
"""Styles and scripts: addresses that name their content, kept for good. Guests' pages go compressed, those of the staff not."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking, make_house, make_user

from einlass.web.static_files import named

NAMES = sorted(path.name for path in (settings.PACKAGE / "static").iterdir() if path.suffix != ".gz")
TEMPLATES = sorted((settings.PACKAGE / "templates").rglob("*.html"))


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("name", NAMES)
def test_file_is_kept_for_good_under_the_name_of_its_content(client: Client, name: str) -> None:
    answer = client.get(f"/static/{named(name)}")

    assert named(name) != name
    assert body(answer) == (settings.PACKAGE / "static" / name).read_bytes()
    assert answer["Cache-Control"] == "max-age=315360000, public, immutable"


@pytest.mark.parametrize("name", NAMES)
def test_file_under_its_plain_name_is_asked_for_again(client: Client, name: str) -> None:
    assert client.head(f"/static/{name}")["Cache-Control"] == "max-age=3600, public"


@pytest.mark.parametrize("name", ["einlass.css", "htmx.min.js"])
def test_file_is_compressed_under_both_names(client: Client, name: str) -> None:
    for address in (name, named(name)):
        answer = client.get(f"/static/{address}", headers={"Accept-Encoding": "gzip"})

        assert answer["Content-Encoding"] == "gzip"
        assert gzip.decompress(body(answer)) == (settings.PACKAGE / "static" / name).read_bytes()


def test_content_of_another_version_is_answered_by_ours_for_a_while(client: Client) -> None:
    answer = client.get("/static/einlass.000000000000.css")

    assert body(answer) == (settings.PACKAGE / "static" / "einlass.css").read_bytes()
    assert answer["Cache-Control"] == "max-age=3600, public"


def test_file_that_never_was_is_not_there(client: Client, db: None) -> None:
    assert [client.get(f"/static/nowhere{part}.css").status_code for part in ("", ".000000000000")] == [404, 404]


def test_every_file_that_a_template_names_is_there() -> None:
    named_in = {name for path in TEMPLATES for name in re.findall(r"{% static '([^']+)' %}", Path(path).read_text(encoding="utf-8"))}

    assert named_in - set(NAMES) == set()
    assert "einlass.css" in named_in


@pytest.fixture
def everything(db: None, client: Client) -> Client:
    make_booking(make_house(NOW), now=NOW)
    return client


@pytest.mark.parametrize("address", ["/book/seminar/", "/nowhere"])
def test_page_of_a_guest_is_compressed(everything: Client, address: str) -> None:
    plain = everything.get(address)
    answer = everything.get(address, headers={"Accept-Encoding": "gzip"})

    assert (plain.get("Content-Encoding"), answer["Content-Encoding"]) == (None, "gzip")
    assert "Accept-Encoding" in plain["Vary"]
    assert "Accept-Encoding" in answer["Vary"]
    assert len(answer.content) < len(plain.content)


def test_page_of_the_staff_is_not_compressed(everything: Client) -> None:
    everything.force_login(make_user())

    for address in ("/manage/", "/manage/login/", "/api/v1/openapi.json"):
        assert "Content-Encoding" not in everything.get(address, headers={"Accept-Encoding": "gzip"}, follow=True), address


def test_file_that_is_not_there_keeps_its_name() -> None:
    assert named("nowhere.css") == "nowhere.css"
