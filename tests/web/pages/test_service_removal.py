# SPDX-License-Identifier: Apache-2.0
"""Removing a service by clicking: gone where it was never booked, refused where somebody is coming."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking, make_user
from tests.web.pages.conftest import text_of

from einlass.models import Question, Service

LIST = "/manage/settings/services/"


@pytest.fixture
def desk(german: Client, service: Service) -> Client:
    german.force_login(make_user())
    return german


def told(response: Any, desk: Client) -> str:
    return text_of(desk.get(response["Location"]))


def test_remove_what_was_never_booked(desk: Client) -> None:
    answer = desk.post(f"{LIST}seminar/remove/")

    assert (answer["Location"], Service.objects.count()) == (LIST, 0)
    assert "Seminarraum Aare wurde entfernt." in told(answer, desk)


def test_remove_with_coming_bookings_is_refused(desk: Client, service: Service) -> None:
    booking = make_booking(service, now=NOW)

    answer = desk.post(f"{LIST}seminar/remove/")

    assert booking.reference in told(answer, desk)
    assert Service.objects.get().active


def test_remove_takes_its_own_questions_out_of_use(desk: Client, service: Service) -> None:
    """A question that named only this service would else be asked for every one."""
    question = Question.objects.create(key="note", kind="text", position=9)
    question.services.add(service)

    desk.post(f"{LIST}seminar/remove/")

    assert not Question.objects.get(key="note").active
