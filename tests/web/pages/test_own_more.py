# SPDX-License-Identifier: Apache-2.0
"""The guest's own page beside the key: its history, the way to the app, its language, and a link that was renewed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_booking, make_organisation
from tests.web.pages.conftest import text_of

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import CLOCK, GUEST, Actor, KeyReady
from einlass.models import Booking, Message, Service
from einlass.operations.answers import answers_digest, change_answers
from einlass.operations.bookings import cancel, confirm, decline, reschedule
from einlass.operations.events import record
from einlass.operations.links import renew_link

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


def own(booking: Booking) -> str:
    return f"/b/{booking.link_token}/"


def told(client: Client, booking: Booking) -> list[tuple[str, str]]:
    """The lines of the history: when and what."""
    page = client.get(own(booking)).content.decode()
    lines = page.partition('class="told-lines"')[2].partition("</ul>")[0]
    found = re.findall(r'<li><span class="num">(.+?)</span><span class="num">(.+?)</span></li>', lines)
    return [(when.replace("\N{NO-BREAK SPACE}", " "), what.replace("\N{NO-BREAK SPACE}", " ")) for when, what in found]


def test_history_tells_what_happened_newest_first(german: Client, booking: Booking) -> None:
    reschedule(booking, start=booking.start + timedelta(hours=2), duration=None, actor=GUEST, now=NOW + timedelta(minutes=1))
    record(KeyReady(generation=1), actor=CLOCK, now=NOW + timedelta(minutes=2), booking=booking)
    changed = dict(Booking.objects.get().answers) | {"mobile": "079 000 11 22"}
    change_answers(booking, changed, actor=GUEST, now=NOW + timedelta(minutes=3), seen=answers_digest(Booking.objects.get()))
    renew_link(booking, actor=STAFF, now=NOW + timedelta(minutes=4))
    cancel(booking, actor=STAFF, now=NOW + timedelta(minutes=5))

    lines = told(german, Booking.objects.get())

    assert lines == [
        ("heute, 10:05", "Von uns storniert"),
        ("heute, 10:04", "Diese Seite hat eine neue Adresse"),
        ("heute, 10:03", "Mobilnummer von Ihnen geändert"),
        ("heute, 10:02", "Schlüssel bereit"),
        ("heute, 10:01", "Von Ihnen verschoben von Di, 24. November, 10:00–12:00 auf Di, 24. November, 12:00–14:00"),
        ("heute, 10:00", "Gebucht"),
    ]


def test_history_says_whether_it_was_the_guest_or_the_operator(german: Client, booking: Booking) -> None:
    reschedule(booking, start=booking.start + timedelta(hours=2), duration=None, actor=STAFF, now=NOW)
    changed = dict(Booking.objects.get().answers) | {"first_name": "Leah"}
    change_answers(booking, changed, actor=STAFF, now=NOW, seen=answers_digest(Booking.objects.get()))
    cancel(booking, actor=GUEST, now=NOW)

    assert [what for _, what in told(german, booking)] == [
        "Von Ihnen storniert",
        "Angaben von uns berichtigt",
        "Von uns verschoben von Di, 24. November, 10:00–12:00 auf Di, 24. November, 12:00–14:00",
        "Gebucht",
    ]


@pytest.mark.parametrize(("answer", "said"), [(confirm, "Von uns bestätigt"), (decline, "Nicht angenommen")])
def test_history_of_a_request_names_its_answer(german: Client, service: Service, answer: object, said: str) -> None:
    Service.objects.update(approval=True)
    booking = make_booking(Service.objects.get(), now=NOW)
    assert callable(answer)
    answer(booking, actor=STAFF, now=NOW)

    assert [what for _, what in told(german, booking)] == [said, "Angefragt"]


def test_history_names_no_member_of_the_staff(german: Client, service: Service) -> None:
    booking = make_booking(service, now=NOW, actor=STAFF)

    page = text_of(german.get(own(booking)))

    assert told(german, booking) == [("heute, 10:00", "Von uns gebucht")]
    assert "Nadia" not in page


def test_history_on_another_day_names_it(german: Client, booking: Booking) -> None:
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert told(german, booking) == [("Mo, 23. November, 10:00", "Gebucht")]


@pytest.mark.parametrize(
    ("agent", "leads_to"),
    [
        (IPHONE, "https://apps.apple.com/ch/iphone/search?term=dormakaba%20mobile%20access"),
        (IPHONE.replace("iPhone;", "iPad;"), "https://apps.apple.com/ch/iphone/search?term=dormakaba%20mobile%20access"),
        (PIXEL, "https://play.google.com/store/search?q=dormakaba%20mobile%20access&c=apps"),
    ],
)
def test_app_address_brings_a_phone_to_its_store(german: Client, booking: Booking, agent: str, leads_to: str) -> None:
    response = german.get(f"{own(booking)}app", headers={"User-Agent": agent})

    assert (response.status_code, response["Location"]) == (302, leads_to)
    assert "User-Agent" in response["Vary"]
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("agent", [DESKTOP, ""])
def test_app_address_on_another_screen_shows_both_stores(german: Client, booking: Booking, agent: str) -> None:
    response = german.get(f"{own(booking)}app", headers={"User-Agent": agent})
    page = german.get(own(booking)).content.decode()

    assert response["Location"] == f"{own(booking)}#app"
    assert 'id="app"' in page
    assert page.index('id="app"') < page.index("App Store") < page.index("Google Play")


def test_app_code_holds_the_address_as_lines_without_style(german: Client, booking: Booking) -> None:
    """Drawn anew from the address and compared: whoever photographs it comes where the page says."""
    import segno

    page = german.get(own(booking)).content.decode()
    drawn = re.search(r'<div class="app-code">(<svg.+?</svg>)<p>', page, re.DOTALL)
    assert drawn
    expected = segno.make(f"http://testserver{own(booking)}app", error="m")
    lines = re.search(r' d="(M2 [^"]+)"', drawn[1])

    assert lines
    assert lines[1] in expected.svg_inline(border=2)
    assert "style" not in drawn[1]
    assert 'aria-hidden="true"' in drawn[1]
    assert "Richten Sie die Kamera Ihres Handys auf den Code: Er führt zur App." in text_of(german.get(own(booking)))


def test_app_is_explained_in_one_sentence_also_while_the_key_is_valid(german: Client, booking: Booking) -> None:
    page = text_of(german.get(own(booking)))

    assert "Sie bewahrt Ihren Schlüssel auf und öffnet die Türen, wenn Sie das Handy ans Schloss halten." in page


@pytest.mark.parametrize(
    ("address", "cookie", "spoken"),
    [("", "", "en"), ("", "de", "de"), ("?lang=de", "", "de"), ("?lang=de", "en", "de"), ("?lang=xx", "", "en")],
)
def test_language_is_the_chosen_one_then_the_bookings(client: Client, booking: Booking, address: str, cookie: str, spoken: str) -> None:
    Booking.objects.update(language="en")
    if cookie:
        client.cookies["language"] = cookie

    response = client.get(own(booking) + address, headers={"Accept-Language": "de-CH"})

    assert response["Content-Language"] == spoken
    assert ('<html lang="en">' in response.content.decode()) == (spoken == "en")


def test_language_of_a_booking_that_is_not_spoken_gives_way_to_the_browsers(client: Client, booking: Booking) -> None:
    make_organisation(languages=["de", "en"], default_language="de")
    Booking.objects.update(language="nl")

    assert client.get(own(booking), headers={"Accept-Language": "en"})["Content-Language"] == "en"


@pytest.mark.parametrize("part", ["", "key", "move/", "cancel/", "number/"])
def test_language_of_the_booking_counts_on_every_page_of_it(german: Client, booking: Booking, part: str) -> None:
    Booking.objects.update(language="en")

    assert german.get(own(booking) + part)["Content-Language"] == "en"


def test_language_of_a_link_that_leads_nowhere_is_the_browsers(german: Client, booking: Booking) -> None:
    Booking.objects.update(language="en")

    assert german.get("/b/not-the-token/")["Content-Language"] == "de"


def test_language_of_one_page_does_not_stay_for_the_next(german: Client, booking: Booking) -> None:
    Booking.objects.update(language="en")
    german.get(own(booking))

    assert german.get("/")["Content-Language"] == "de"


def test_link_renewed_by_the_staff_leads_on_and_tells_the_guest(desk: Client, booking: Booking) -> None:
    page = f"/manage/bookings/{booking.reference}/"
    asked = desk.get(f"{page}link/")
    done = desk.post(f"{page}link/", {"send": "yes"}, follow=True)

    token = Booking.objects.get().link_token
    assert f'href="{page}link/"' in desk.get(page).content.decode()
    assert "Den neuen Link an lea.baumann@example.org mailen" in text_of(asked)
    assert "Der Link ist erneuert und an den Gast unterwegs. Der alte führt nirgends mehr hin." in text_of(done)
    assert f"/b/{token}/" in done.content.decode()
    assert "Die Seite des Gasts hat eine neue Adresse. Die alte führt nirgends mehr hin" in text_of(done)
    assert (desk.get(own(booking)).status_code, desk.get(f"/b/{token}/").status_code) == (404, 200)
    assert f"/b/{token}/" in Message.objects.get(kind="message_link").text


def test_link_renewed_without_sending_sends_nothing(desk: Client, booking: Booking) -> None:
    done = desk.post(f"/manage/bookings/{booking.reference}/link/", follow=True)

    assert "Der Link ist erneuert. Der alte führt nirgends mehr hin." in text_of(done)
    assert Message.objects.filter(kind="message_link").count() == 0
    assert Booking.objects.get().link_token != booking.link_token


def test_link_of_a_guest_without_an_address_cannot_be_sent(desk: Client, booking: Booking) -> None:
    Booking.objects.update(email="")

    asked = desk.get(f"/manage/bookings/{booking.reference}/link/")
    sent = desk.post(f"/manage/bookings/{booking.reference}/link/", {"send": "yes"})

    assert 'name="send"' not in asked.content.decode()
    assert "Es ist keine E-Mail-Adresse hinterlegt: Sagen Sie dem Gast den neuen Link selbst." in text_of(asked)
    assert sent.status_code == 422
    assert Booking.objects.get().link_token == booking.link_token
