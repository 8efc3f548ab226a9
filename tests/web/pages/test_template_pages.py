# SPDX-License-Identifier: Apache-2.0
"""Settings › Templates: the list, one template, its preview, two people, back to the default."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking, make_branch, make_house, make_organisation, make_questions, make_service, make_user
from tests.web.pages.conftest import text_of

from einlass.core.events import CLOCK
from einlass.core.templates import DEFAULT_TEXTS
from einlass.models import EventRecord, Message, MessageTemplate
from einlass.operations.config_export import exported
from einlass.operations.settings import save as save_part
from einlass.web.manage.template_words import TEMPLATES

LIST = "/manage/settings/templates/"
PAGE = f"{LIST}message_confirmed/"
INFORMATION = f"{LIST}exivo_booking_page/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(german: Client) -> Client:
    make_organisation()
    german.force_login(make_user())
    return german


def fields_of(client: Client, page: str = PAGE) -> dict[str, str]:
    """The form as a browser would send it back."""
    form = client.get(page).context["form"]
    return {name: str(form[name].value() or "") for name in form.fields}


def save(client: Client, page: str = PAGE, **changed: str) -> Any:
    return client.post(page, fields_of(client, page) | changed)


def own() -> MessageTemplate:
    return MessageTemplate.objects.get(key="message_confirmed")


def test_the_list_says_what_each_is_for_and_whose_text_counts(desk: Client) -> None:
    save(desk, text__de="Ihre Buchung gilt.", text__en="It counts.")

    text = text_of(desk.get(LIST))

    # All but one, and once in the sentence above the list.
    assert text.count("Standardtext") == len(TEMPLATES) - 1 + 1
    assert "Buchung bestätigt An den Gast, sobald seine Buchung gilt. eigener Text: Deutsch, English" in text
    assert "Erinnerung An den Gast, 24 Stunden vor Beginn, ausser wenn er später gebucht hat. Standardtext" in text


def test_the_list_asks_the_database_as_often_with_more_templates(desk: Client, django_assert_max_num_queries: Any) -> None:
    desk.get(LIST)
    with django_assert_max_num_queries(100) as one:
        desk.get(LIST)
    for key in ("message_moved", "message_reminder", "message_cancelled"):
        MessageTemplate.objects.create(key=key, text={"de": "a", "en": "b"})
    with django_assert_max_num_queries(100) as three:
        desk.get(LIST)

    assert len(one) == len(three)


def test_a_template_shows_the_default_text_until_somebody_writes(desk: Client) -> None:
    fields = fields_of(desk)

    assert fields["text__de"] == DEFAULT_TEXTS["message_confirmed"]["de"]
    assert fields["subject__en"] == "Your booking: {{ service }}, {{ day }}"
    assert "Zurück zum Standardtext" not in text_of(desk.get(PAGE))


def test_a_template_that_is_saved_as_it_is_stays_the_default(desk: Client) -> None:
    answer = save(desk)

    assert (answer.status_code, exported()["templates"]) == (302, [])
    assert "Es wurde nichts geändert." in text_of(desk.get(PAGE))
    assert EventRecord.objects.count() == 0


def test_what_is_written_in_one_language_leaves_the_default_in_the_others(desk: Client) -> None:
    answer = save(desk, text__de="Hallo {{ guest }}", subject__en="Yours: {{ day }}")

    default = DEFAULT_TEXTS["message_confirmed"]["en"].strip()
    assert answer["Location"] == PAGE
    assert "Der Text ist gespeichert." in text_of(desk.get(PAGE))
    assert own().text == {"de": "Hallo {{ guest }}", "en": default}
    assert own().subject == {"de": "Ihre Buchung: {{ service }}, {{ day }}", "en": "Yours: {{ day }}"}
    assert fields_of(desk)["text__de"] == "Hallo {{ guest }}"
    event = EventRecord.objects.get()
    assert (event.kind, event.subject) == ("settings.changed", "templates.message_confirmed")


def test_what_is_written_is_what_the_guest_gets(desk: Client) -> None:
    save(desk, text__de="**Willkommen** {{ guest }}", subject__de="Hallo {{ guest }}")
    make_questions()

    make_booking(make_service(make_branch()), now=NOW)

    message = Message.objects.get()
    assert (message.subject, message.text) == ("Hallo Lea Baumann", "Willkommen Lea Baumann\n")
    assert "<strong>Willkommen</strong> Lea Baumann" in message.html


def test_an_emptied_field_becomes_the_default_again(desk: Client) -> None:
    save(desk, text__de="Hallo", text__en="Hello")

    save(desk, text__de="", text__en="", subject__de="", subject__en="")

    assert exported()["templates"] == []
    assert fields_of(desk)["text__de"] == DEFAULT_TEXTS["message_confirmed"]["de"]


def test_a_wrong_placeholder_is_refused_beside_its_language_and_what_was_typed_stays(desk: Client) -> None:
    answer = save(desk, text__en="Hello {{ gast }}", text__de="Hallo {{ guest }}")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"text__en"}
    assert "Den Platzhalter {{ gast }} gibt es hier nicht (Zeile 1)." in text_of(answer)
    assert "Hello {{ gast }}</textarea>" in page
    assert "Hallo {{ guest }}</textarea>" in page
    assert not MessageTemplate.objects.exists()


def test_a_wrong_placeholder_in_the_subject_is_refused_there(desk: Client) -> None:
    answer = save(desk, subject__de="{{ doors }} {{ wrong }}")

    assert (answer.status_code, answer.context["form"].errors.keys()) == (422, {"subject__de"})


def test_two_people_the_second_is_told_and_nothing_is_overwritten(desk: Client) -> None:
    old = fields_of(desk)
    save(desk, text__de="Die Erste")

    answer = desk.post(PAGE, old | {"text__de": "Der Zweite"})

    assert answer.status_code == 409
    assert "Jemand anderes hat das inzwischen gespeichert" in text_of(answer)
    assert "Der Zweite</textarea>" in answer.content.decode()
    assert own().text["de"] == "Die Erste"


def test_the_preview_shows_a_sample_booking_as_it_is_typed(desk: Client) -> None:
    typed = fields_of(desk) | {"text__de": "**Hallo** {{ guest }}, {{ reference }}", "text__en": "{{ nothing }}"}

    fragment = desk.post(f"{PAGE}preview/", typed)
    page = desk.post(PAGE, typed | {"show": "preview"})

    for answer in (fragment, page):
        assert "<strong>Hallo</strong> Lea Baumann, K7Q4-MX2R" in answer.content.decode()
        assert "Den Platzhalter {{ nothing }} gibt es hier nicht (Zeile 1)." in text_of(answer)
    assert (fragment.status_code, page.status_code) == (200, 200)
    assert "<h1" not in fragment.content.decode()
    assert not MessageTemplate.objects.exists()


def test_the_preview_takes_a_service_that_opens_doors(german: Client) -> None:
    make_house(NOW)
    german.force_login(make_user())

    text = text_of(german.get(PAGE))

    assert "Seminarraum Aare, Raum aare" in text
    assert "öffnet: Haupteingang H-01, Garderobe G-01, WC 1. Stock W-01" in text


def test_the_information_of_the_booking_page_reads_in_the_preview_as_on_the_page(german: Client) -> None:
    make_house(NOW)
    german.force_login(make_user())

    preview = german.get(INFORMATION).content.decode()

    assert "<p>Ihr Handy wird zum Schlüssel, mit der kostenlosen App <strong>dormakaba mobile access</strong>." in preview
    assert "subject" not in fields_of(german, INFORMATION)


def test_every_placeholder_stands_there_with_what_it_means(desk: Client) -> None:
    text = text_of(desk.get(f"{LIST}message_key_trouble/"))

    assert "{{ problem }} warum der Schlüssel nicht bestätigt ist; kann leer sein" in text
    assert "{{ old_day }}" not in text


def test_back_to_the_default_asks_once(desk: Client) -> None:
    save(desk, text__de="Hallo")
    assert "Zurück zum Standardtext" in text_of(desk.get(PAGE))

    asked = desk.get(f"{PAGE}default/")
    before = exported()["templates"]
    answer = desk.post(f"{PAGE}default/")

    assert "Was Sie für «Buchung bestätigt» geschrieben haben, ist dann weg" in text_of(asked)
    assert (len(before), answer["Location"], exported()["templates"]) == (1, PAGE, [])
    assert "Es gilt wieder der Standardtext." in text_of(desk.get(PAGE))


def test_the_information_is_confirmed_as_it_is(desk: Client) -> None:
    assert "In Ordnung, wie er ist" in text_of(desk.get(INFORMATION))

    answer = desk.post(f"{INFORMATION}confirm/")

    assert answer["Location"] == INFORMATION
    assert MessageTemplate.objects.get().confirmed_at is not None
    assert "In Ordnung, wie er ist" not in text_of(desk.get(INFORMATION))


def test_saving_the_information_counts_as_confirming_it(desk: Client) -> None:
    save(desk, INFORMATION)

    assert MessageTemplate.objects.get().confirmed_at is not None


@pytest.mark.parametrize("path", ["nothing/", "nothing/default/", "nothing/preview/", "message_moved/confirm/"])
def test_a_template_that_is_none_is_not_found(desk: Client, path: str) -> None:
    method = desk.post if path.endswith(("preview/", "confirm/")) else desk.get

    assert method(LIST + path).status_code == 404


@pytest.mark.parametrize("role", ["staff", "read_only"])
def test_staff_may_not_write_templates(desk: Client, role: str) -> None:
    desk.force_login(make_user(f"{role}@example.org", role=role))

    gets = [desk.get(page).status_code for page in (LIST, PAGE, f"{PAGE}default/")]
    posts = [desk.post(page, {}).status_code for page in (PAGE, f"{PAGE}default/", f"{PAGE}preview/", f"{INFORMATION}confirm/")]

    assert (gets, posts) == ([403] * 3, [403] * 4)


def test_a_manager_may_write_templates(desk: Client) -> None:
    desk.force_login(make_user("manager@example.org", role="manager"))

    assert save(desk, text__de="Hallo").status_code == 302


def test_what_the_page_saves_is_what_a_file_says(desk: Client) -> None:
    save(desk, text__de="Hallo", text__en="Hello", subject__de="Da")
    part = exported()["templates"]
    MessageTemplate.objects.all().delete()

    save_part({"templates": part}, subject="templates.message_confirmed", now=NOW, actor=CLOCK)

    assert exported()["templates"] == part


def test_a_text_for_all_languages_from_a_file_is_shown_in_each(desk: Client) -> None:
    MessageTemplate.objects.create(key="message_confirmed", text="Hallo")

    fields = fields_of(desk)

    assert (fields["text__de"], fields["text__en"]) == ("Hallo", "Hallo")
    assert re.search(r"^[0-9a-f]+$", fields["seen"])


def test_the_preview_of_an_sms_says_what_it_costs(desk: Client) -> None:
    page = desk.get("/manage/settings/templates/sms_confirmed/")

    text = text_of(page)
    assert "Betreff" not in text
    assert re.findall(r"(\d+) Zeichen, (\d+) SMS", text) == [("122", "1"), ("112", "1")]
    assert len(re.findall(r"<textarea[^>]* rows=\"4\"", page.content.decode())) == 2
