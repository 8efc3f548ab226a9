# SPDX-License-Identifier: Apache-2.0
"""Words of the operator that he did not write in the language of the page say in which they are, so that they are read aloud rightly."""

from __future__ import annotations

from django.test import Client
from tests.factories import make_room, make_service
from tests.web.pages.conftest import start

from einlass.models import Question, Service


def test_description_in_another_language_says_so(client: Client, service: Service) -> None:
    about = {"de": "Hell und ruhig.", "it": "Luminosa."}
    make_service(service.branch, "zweite", rooms=[make_room(service.branch, "zwei")], description=about)

    pages = {language: client.get("/", headers={"Accept-Language": language}).content.decode() for language in ("de", "en")}

    assert '<p class="about">Hell und ruhig.</p>' in pages["de"]
    assert '<p class="about" lang="de">Hell und ruhig.</p>' in pages["en"]


def test_question_in_another_language_says_so(client: Client, service: Service) -> None:
    Question.objects.filter(key="first_name").update(
        label={"de": "Vorname", "it": "Nome"}, hint={"de": "Wie im Ausweis", "en": "As in your passport"}
    )
    address = f"/book/{service.key}/details?start={start(hours=4)}&duration=60"

    pages = {language: client.get(address, headers={"Accept-Language": language}).content.decode() for language in ("de", "en")}

    assert '<label for="field-first_name">Vorname</label>' in pages["de"]
    assert '<label for="field-first_name"><span lang="de">Vorname</span></label>' in pages["en"]
    assert '<p class="hint" id="field-first_name-hint">As in your passport</p>' in pages["en"]
