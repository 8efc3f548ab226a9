# SPDX-License-Identifier: Apache-2.0
"""The guest corrects his number on two pages. What the code proves is held by `tests/operations/test_numbers.py`."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.conftest import NOW, Exivo, FakeClock
from tests.factories import MOBILE, OTHER_MOBILE, make_booking
from tests.web.pages.conftest import text_of

from einlass.core.events import GUEST
from einlass.models import Booking, Message, NumberChange, Question, Service
from einlass.operations.bookings import cancel
from einlass.operations.keys import reconcile

TYPED = {"answer-mobile": "079 000 11 22", "country-mobile": "CH"}


def page_of(booking: Booking, part: str = "") -> str:
    return f"/b/{booking.link_token}/{part}"


def code_sent() -> str:
    found = re.search(r"\b(\d{3} \d{3})\b", Message.objects.filter(kind="message_code").order_by("-id")[0].text)
    assert found
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code.replace(' ', '')) + 1) % 1_000_000:06}"


@pytest.mark.django_db(transaction=True)
def test_number_whole_way_without_script(german: Client, booking: Booking, exivo: Exivo, clock: FakeClock) -> None:
    clock.now = NOW
    reconcile(booking.pk, clock=clock)
    own = german.get(page_of(booking)).content.decode()

    asked = german.get(page_of(booking, "number/"))
    sent = german.post(page_of(booking, "number/"), TYPED)
    enter = german.get(sent["Location"])
    before = Booking.objects.get().mobile
    proved = german.post(sent["Location"], {"code": code_sent()})
    done = text_of(german.get(proved["Location"]))
    reconcile(booking.pk, clock=clock)

    assert f'href="{page_of(booking, "number/")}"' in own
    assert "Bisher 078 ••• •• 67" in text_of(asked)
    assert "Wir schicken einen Code aus sechs Ziffern an l•••@example.org ." in text_of(asked)
    assert (sent.status_code, sent["Location"]) == (303, page_of(booking, "number/code"))
    assert "Wir haben ihn an l•••@example.org geschickt. Er gilt bis 10:15 ." in text_of(enter)
    assert "Neue Nummer 079 ••• •• 22" in text_of(enter)
    assert (before, Booking.objects.get().mobile) == (MOBILE, OTHER_MOBILE)
    assert (proved.status_code, proved["Location"]) == (303, page_of(booking, "?number=changed"))
    assert "Die Nummer ist geändert. Die alte Nummer verliert den Schlüssel, die neue erhält ihn." in done
    assert "Ihr Schlüssel wird gerade geändert" in done or "Wird geändert" in done
    assert "079 ••• •• 22" in done
    assert "Mobilnummer von Ihnen geändert" in done
    clock.now = booking.start
    assert exivo.tap(OTHER_MOBILE, "b0000000-0000-4000-8000-000000000004") == "open"


def test_number_preselects_the_country_and_reads_with_it(german: Client, booking: Booking) -> None:
    page = german.get(page_of(booking, "number/")).content.decode()
    german.post(page_of(booking, "number/"), {"answer-mobile": "0151 23456789", "country-mobile": "DE"})

    assert '<option value="CH" selected>' in page
    assert NumberChange.objects.get().mobile == "+4915123456789"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("031 555 04 33", "031 555 04 33 ist ein Festnetzanschluss. Ihr Schlüssel braucht eine Mobilnummer, zum Beispiel 078 123 45 67."),
        ("078 12", "Diese Nummer hat zu wenige Ziffern."),
        ("+41 78 123 45 67", "Diese Nummer hat die Buchung schon. Es muss nichts geändert werden."),
    ],
)
def test_number_that_cannot_be_is_refused_beside_the_field(german: Client, booking: Booking, typed: str, sentence: str) -> None:
    response = german.post(page_of(booking, "number/"), TYPED | {"answer-mobile": typed})

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert f'value="{typed}"' in response.content.decode()
    assert 'id="field-mobile-error"' in response.content.decode()
    assert NumberChange.objects.count() == 0


def test_number_without_a_mail_address_says_whom_to_call(german: Client, booking: Booking) -> None:
    Booking.objects.update(email="")

    page = german.get(page_of(booking, "number/"))
    sent = german.post(page_of(booking, "number/"), TYPED)

    assert "Wir haben keine E-Mail-Adresse von Ihnen" in text_of(page)
    assert "031 555 01 20 anrufen" in text_of(page)
    assert "<form" not in page.content.decode()
    assert sent.status_code == 422
    assert NumberChange.objects.count() == 0


@pytest.mark.parametrize("part", ["number/", "number/code"])
@pytest.mark.parametrize("how", ["cancelled", "over"])
def test_number_of_a_booking_that_ended_is_refused(german: Client, booking: Booking, part: str, how: str) -> None:
    if how == "cancelled":
        cancel(booking, actor=GUEST, now=NOW)
    with time_machine.travel(booking.end if how == "over" else NOW, tick=False):
        asked, sent = german.get(page_of(booking, part)), german.post(page_of(booking, part), TYPED | {"code": "123456"})
        own = german.get(page_of(booking)).content.decode()

    assert (asked.status_code, sent.status_code) == (422, 422)
    assert "Das ist nicht mehr möglich" in text_of(asked)
    assert page_of(booking, "number/") not in own
    assert NumberChange.objects.count() == 0


def test_number_is_not_offered_where_nobody_is_asked_for_it(german: Client, booking: Booking) -> None:
    Question.objects.filter(key="mobile").update(active=False)

    assert page_of(booking, "number/") not in german.get(page_of(booking)).content.decode()
    assert german.get(page_of(booking, "number/")).status_code == 404


def test_number_of_a_request_can_be_corrected_before_there_is_a_key(german: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    booking = make_booking(Service.objects.get(), now=NOW)

    page = german.get(page_of(booking)).content.decode()
    sent = german.post(page_of(booking, "number/"), TYPED)

    assert page.count(page_of(booking, "number/")) == 1
    assert sent.status_code == 303


def test_code_that_is_wrong_stays_beside_the_field(german: Client, booking: Booking) -> None:
    german.post(page_of(booking, "number/"), TYPED)

    response = german.post(page_of(booking, "number/code"), {"code": wrong(code_sent())})

    assert response.status_code == 422
    assert "Das ist nicht der Code aus der letzten E-Mail. Bitte vergleichen Sie die sechs Ziffern." in text_of(response)
    assert 'aria-describedby="code-hint code-error"' in response.content.decode()
    assert Booking.objects.get().mobile == MOBILE


def test_code_tried_too_often_says_how_to_go_on(german: Client, booking: Booking) -> None:
    german.post(page_of(booking, "number/"), TYPED)
    code = code_sent()
    for _ in range(5):
        last = german.post(page_of(booking, "number/code"), {"code": wrong(code)})

    right = german.post(page_of(booking, "number/code"), {"code": code})
    again = german.post(page_of(booking, "number/code"), {"again": "1"})
    proved = german.post(page_of(booking, "number/code"), {"code": code_sent()})

    assert "Dieser Code gilt nicht mehr. Bitte lassen Sie sich einen neuen schicken." in text_of(last)
    assert 'name="code"' not in last.content.decode()
    assert (last.status_code, right.status_code) == (422, 422)
    assert (again.status_code, again["Location"]) == (303, page_of(booking, "number/code"))
    assert (proved.status_code, Booking.objects.get().mobile) == (303, OTHER_MOBILE)


def test_code_asked_for_a_fourth_time_is_refused_in_words(german: Client, booking: Booking) -> None:
    german.post(page_of(booking, "number/"), TYPED)
    for _ in range(2):
        german.post(page_of(booking, "number/code"), {"again": "1"})

    response = german.post(page_of(booking, "number/code"), {"again": "1"})
    form = german.post(page_of(booking, "number/"), TYPED)

    assert (response.status_code, form.status_code) == (429, 429)
    assert "Mehr als drei Codes in einer Stunde gibt es nicht Es wurde nichts geändert." in text_of(response)
    assert "031 555 01 20 anrufen" in text_of(form)
    assert Message.objects.filter(kind="message_code").count() == 3


def test_code_page_without_a_wish_leads_to_the_number(german: Client, booking: Booking) -> None:
    never = german.get(page_of(booking, "number/code"))
    german.post(page_of(booking, "number/"), TYPED)
    with time_machine.travel(NOW + timedelta(minutes=15), tick=False):
        late = german.get(page_of(booking, "number/code"))

    assert (never.status_code, never["Location"]) == (late.status_code, late["Location"]) == (303, page_of(booking, "number/"))


def test_pages_show_no_whole_number_and_no_whole_address(german: Client, booking: Booking) -> None:
    german.post(page_of(booking, "number/"), TYPED)

    told = text_of(german.get(page_of(booking, "number/"))) + text_of(german.get(page_of(booking, "number/code")))

    assert [secret for secret in ("lea.baumann", "079 000", "0001122", "123 45 67", "1234567") if secret in told] == []


def test_number_pages_are_neither_kept_nor_listed(german: Client, booking: Booking) -> None:
    german.post(page_of(booking, "number/"), TYPED)

    for part in ("number/", "number/code"):
        response = german.get(page_of(booking, part))
        assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("private, no-store", "noindex")


def test_number_page_asks_no_more_of_the_database_with_more_bookings(german: Client, booking: Booking) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            german.get(page_of(booking, "number/"))
        return len(queries)

    before = counted()
    for hours in (48, 72):
        make_booking(booking.service, now=NOW, hours=hours)

    assert counted() == before
