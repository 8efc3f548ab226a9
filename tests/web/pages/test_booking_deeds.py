# SPDX-License-Identifier: Apache-2.0
"""What the staff can do to one booking: nobody came, a new key, a door opened now, other answers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests import factories as make
from tests.conftest import NOW, Exivo, FakeClock
from tests.web.pages.conftest import text_of, typed
from tests.web.pages.one_booking import at, page_of

from einlass.core.events import GUEST
from einlass.models import Booking, Door, DoorOpening, EventRecord, Key, Service
from einlass.operations import openings
from einlass.operations.bookings import cancel
from einlass.operations.keys import reconcile

# No vendor is asked inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def test_no_show_is_offered_once_the_booking_is_over(desk: Client, ready: Booking) -> None:
    before = text_of(desk.get(page_of(ready)))
    with at(ready.end + timedelta(minutes=5)):
        after = text_of(desk.get(page_of(ready)))
        answer = desk.post(page_of(ready, "no_show/"))

    assert ("Niemand ist gekommen" in before, "Niemand ist gekommen" in after) == (False, True)
    assert answer["Location"] == page_of(ready)
    assert Booking.objects.get().status == "no_show"
    assert EventRecord.objects.get(kind="booking.no_show").actor_name == "Nadia Keller"


def test_no_show_before_the_end_is_refused_because_the_key_still_opens_the_room(desk: Client, booking: Booking) -> None:
    with at(booking.start + timedelta(minutes=30)):
        response = desk.post(page_of(booking, "no_show/"))

    assert (response.status_code, Booking.objects.get().status) == (422, "confirmed")


def test_no_show_keeps_the_key_for_the_late_margin(desk: Client, ready: Booking, exivo: Exivo, clock: FakeClock) -> None:
    clock.now = ready.end + timedelta(minutes=5)
    with at(clock.now):
        desk.post(page_of(ready, "no_show/"))
    reconcile(ready.pk, clock=clock)

    assert exivo.tap(make.MOBILE, make.AARE) == "open"


def test_reissue_asks_once_and_then_does(desk: Client, ready: Booking, exivo: Exivo, clock: FakeClock) -> None:
    asked = desk.get(page_of(ready, "reissue/"))
    done = desk.post(page_of(ready, "reissue/"), follow=True)
    reconcile(ready.pk, clock=clock)

    assert "Schlüssel neu ausstellen?" in text_of(asked)
    assert "Ein neuer Schlüssel entsteht." in text_of(done)
    assert list(Key.objects.values_list("state", flat=True)) == ["revoked", "live"]


def test_reissue_where_there_is_none_is_refused(desk: Client, ready: Booking) -> None:
    cancel(ready, actor=GUEST, now=NOW)

    shown, posted = desk.get(page_of(ready, "reissue/")), desk.post(page_of(ready, "reissue/"))

    assert (shown.status_code, posted.status_code) == (200, 422)
    assert "Es gibt keinen Schlüssel, der neu ausgestellt werden könnte" in text_of(posted)


def test_open_door_asks_once_and_shows_what_becomes_of_it(desk: Client, ready: Booking, exivo: Exivo, clock: FakeClock) -> None:
    asked = desk.get(page_of(ready, f"open/?door={make.ENTRANCE}"))
    sent = desk.post(page_of(ready, "open/"), {"door": make.ENTRANCE})
    waiting = desk.get(sent["Location"])
    opening = DoorOpening.objects.get()
    openings.do(opening.pk, clock=clock)
    same = desk.get(f"{sent['Location']}state/?seen=opened")
    opened = desk.get(f"{sent['Location']}state/?seen=asked")

    assert "Haupteingang H-01 jetzt öffnen?" in text_of(asked)
    assert len(exivo.calls("unlock")) == 1
    assert sent["Location"] == page_of(ready, f"openings/{opening.pk}/")
    assert "Verlangt" in text_of(waiting)
    assert 'hx-trigger="every 1s"' in waiting.content.decode()
    assert (same.status_code, "exivo hat die Öffnung angenommen." in text_of(opened), "hx-get" in opened.content.decode()) == (
        204,
        True,
        False,
    )
    assert "Haupteingang H-01: exivo hat die Öffnung angenommen" in text_of(desk.get(page_of(ready)))


def test_open_door_that_nobody_did_in_time_says_so_before_the_sweep_wrote_it(desk: Client, ready: Booking) -> None:
    sent = desk.post(page_of(ready, "open/"), {"door": make.ENTRANCE})

    with at(NOW + timedelta(seconds=31)):
        shown = desk.get(sent["Location"])

    assert "Aufgegeben" in text_of(shown)


@pytest.mark.parametrize("door", ["", "no-such-door", make.GATEWAY])
def test_open_door_that_is_none_of_the_branch_s_is_refused(desk: Client, ready: Booking, door: str) -> None:
    Door.objects.create(branch=ready.branch, component=make.GATEWAY, kind="Wireless-Gateway", use="none")

    response = desk.post(page_of(ready, "open/"), {"door": door})

    assert (response.status_code, DoorOpening.objects.count()) == (422, 0)
    assert "Diese Tür kann von hier nicht geöffnet werden" in text_of(response)
    assert make.GATEWAY not in response.content.decode()


def test_opening_of_another_booking_does_not_exist_here(desk: Client, ready: Booking, service: Service) -> None:
    other = make.make_booking(service, now=NOW, hours=48)
    sent = desk.post(page_of(ready, "open/"), {"door": make.ENTRANCE})

    assert desk.get(sent["Location"].replace(ready.reference, other.reference)).status_code == 404


def test_answers_form_shows_what_was_answered(desk: Client, booking: Booking) -> None:
    html = desk.get(page_of(booking, "answers/")).content.decode()

    assert 'value="Baumann"' in html
    assert 'value="078 123 45 67"' in html
    assert '<option value="CH" selected>' in html


def test_answers_saved_replace_the_key_and_are_told(desk: Client, ready: Booking, exivo: Exivo, clock: FakeClock) -> None:
    response = desk.post(page_of(ready, "answers/"), {**typed(mobile="079 000 11 22"), "seen": _seen(desk, ready)}, follow=True)
    reconcile(ready.pk, clock=clock)

    assert "Korrigiert: Mobilnummer. Der Schlüssel wird ersetzt: Die alte Nummer verliert ihn, die neue erhält ihn." in text_of(response)
    clock.now = ready.start
    assert (exivo.tap(make.MOBILE, make.AARE), exivo.tap(make.OTHER_MOBILE, make.AARE)) == ("revoked", "open")


def _seen(desk: Client, booking: Booking) -> str:
    found = re.search(r'name="seen" value="(\w+)"', desk.get(page_of(booking, "answers/")).content.decode())
    assert found is not None
    return found[1]


def test_answers_landline_is_refused_beside_the_field_and_nothing_typed_is_lost(desk: Client, booking: Booking) -> None:
    given = {**typed(mobile="031 555 04 33", last_name="Frei"), "seen": _seen(desk, booking)}

    response = desk.post(page_of(booking, "answers/"), given)

    html, text = response.content.decode(), text_of(response)
    assert response.status_code == 422
    assert "031 555 04 33 ist ein Festnetzanschluss." in text
    assert ('value="031 555 04 33"' in html, 'value="Frei"' in html) == (True, True)
    assert Booking.objects.get().guest_name == "Lea Baumann"


def test_answers_second_of_two_people_is_told_and_may_save_after_it(desk: Client, booking: Booking) -> None:
    seen = _seen(desk, booking)
    desk.post(page_of(booking, "answers/"), {**typed(first_name="Leah"), "seen": seen})

    told = desk.post(page_of(booking, "answers/"), {**typed(first_name="Lena"), "seen": seen})
    fresh = re.search(r'name="seen" value="(\w+)"', told.content.decode())
    assert fresh is not None
    name_then = Booking.objects.get().guest_name
    again = desk.post(page_of(booking, "answers/"), {**typed(first_name="Lena"), "seen": fresh[1]})

    assert told.status_code == 409
    assert "Jemand anderes hat das inzwischen gespeichert" in text_of(told)
    assert ("Vorname Leah" in text_of(told), 'value="Lena"' in told.content.decode()) == (True, True)
    assert (name_then, again.status_code, Booking.objects.get().guest_name) == ("Leah Baumann", 302, "Lena Baumann")


def test_answers_of_a_booking_that_is_over_cannot_be_corrected(desk: Client, booking: Booking) -> None:
    with at(booking.end + timedelta(minutes=1)):
        shown = desk.get(page_of(booking, "answers/"))
        posted = desk.post(page_of(booking, "answers/"), typed(first_name="Leah"))

    assert 'name="answer-first_name"' not in shown.content.decode()
    assert posted.status_code == 422


def test_opening_that_a_colleague_asked_for_leads_to_it(desk: Client, ready: Booking, service: Service) -> None:
    other = make.make_booking(service, now=NOW, hours=30)
    first = desk.post(page_of(ready, "open/"), {"door": make.ENTRANCE})

    second = desk.post(page_of(other, "open/"), {"door": make.ENTRANCE})

    assert second["Location"] == first["Location"]
    assert desk.get(second["Location"]).status_code == 200
