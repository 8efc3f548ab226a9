# SPDX-License-Identifier: Apache-2.0
"""Pictures as guests get them: kept by their browser, shown without weighing on the first page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_service
from tests.operations.config_files import OPERATOR
from tests.pictures import as_file, noisy, plain
from tests.web.api.conftest import Program

from einlass.core.roles import Role
from einlass.models import Picture, Service
from einlass.operations.config_pictures import part_of_upload
from einlass.operations.settings import save


@pytest.fixture
def picture(service: Service) -> Picture:
    part = {"services": [{"key": service.key, "picture": part_of_upload(as_file(plain(400, 200)))}]}
    save(part, subject=f"services.{service.key}", now=NOW, actor=OPERATOR)
    return Picture.objects.get()


def test_picture_is_sent_to_anybody_and_kept_for_ever(client: Client, picture: Picture) -> None:
    answer = client.get(f"/pictures/{picture.digest}")

    assert answer.content == bytes(picture.data)
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer


def test_picture_that_is_none_does_not_exist(client: Client, db: None) -> None:
    assert client.get(f"/pictures/{'0' * 64}").status_code == 404


def test_picture_is_only_read(client: Client, picture: Picture) -> None:
    assert client.post(f"/pictures/{picture.digest}").status_code == 405
    assert client.head(f"/pictures/{picture.digest}").status_code == 200


def test_first_page_says_how_large_it_is_and_loads_it_late(german: Client, service: Service, picture: Picture) -> None:
    make_service(service.branch, "zweite", rooms=[service.rooms.get()])

    page = german.get("/").content.decode()

    shown = re.findall(r"<img[^>]*>", page)
    assert shown == [f'<img class="shown" src="/pictures/{picture.digest}/card" width="400" height="200" alt="" loading="lazy">']


def test_page_of_times_stays_light_with_a_picture(german: Client, service: Service) -> None:
    part = {"services": [{"key": service.key, "picture": part_of_upload(as_file(noisy(1200, 900), "JPEG"))}]}
    save(part, subject=f"services.{service.key}", now=NOW, actor=OPERATOR)

    page = german.get(f"/book/{service.key}/").content.decode()

    files = re.findall(r'(?:src|href)="(/(?:static|pictures)/[^"]+)"', page)
    weight = len(page) + sum(_on_the_wire(german, file) for file in files)
    assert weight < 60_000


def test_first_page_stays_light_with_pictures(german: Client, service: Service) -> None:
    for number, colour in enumerate((40, 120)):
        make_service(service.branch, f"more-{number}", rooms=[service.rooms.get()])
        photograph = noisy(60, 45).resize((1600, 1200)).point(lambda value, colour=colour: (value + colour) // 2)
        part = {"services": [{"key": f"more-{number}", "picture": part_of_upload(as_file(photograph, "JPEG"))}]}
        save(part, subject=f"services.more-{number}", now=NOW, actor=OPERATOR)

    page = german.get("/").content.decode()

    files = re.findall(r'(?:src|href)="(/(?:static|pictures)/[^"]+)"', page)
    assert len([file for file in files if file.endswith("/card")]) == 2
    assert _on_the_wire(german, "/") + sum(_on_the_wire(german, file) for file in files) < 60_000


def test_picture_on_a_card_is_kept_for_ever_while_there_is_one(client: Client, picture: Picture) -> None:
    answer = client.get(f"/pictures/{picture.digest}/card")
    Picture.objects.all().delete()

    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert client.get(f"/pictures/{picture.digest}/card").status_code == 404


def test_api_names_the_picture(picture: Picture) -> None:
    (item,) = Program(Role.MANAGER).get("/services").json()["items"]

    assert item["picture"].endswith(f"/pictures/{picture.digest}")


def _on_the_wire(client: Client, address: str) -> int:
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    content = b"".join(answer) if answer.streaming else answer.content
    return len(content)
