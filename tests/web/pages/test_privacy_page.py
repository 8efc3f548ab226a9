# SPDX-License-Identifier: Apache-2.0
"""Settings › Privacy: how long data are kept, and a guest's data found, shown, taken out and erased. Erasing itself: tests/operations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import factories as make
from tests.conftest import NOW, Exivo, FakeClock
from tests.web.pages.conftest import text_of

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.models import Booking, EventRecord, LockSystem, Organisation, Service, User
from einlass.operations.keys import reconcile
from einlass.operations.messages import queue
from einlass.operations.privacy import erase, erase_due
from einlass.operations.settings import save
from einlass.queries.services import organisation

PAGE = "/manage/settings/privacy/"
GUEST = "/manage/settings/privacy/guest/"
STAFF = Actor(ActorKind.STAFF, "Nadia Keller")


@pytest.fixture
def owner(german: Client, db: None) -> Client:
    german.force_login(make.make_user())
    return german


def seen_on(page: Any) -> str:
    return str(page.context["form"]["seen"].value())


def keep(client: Client, days: str, **more: str) -> Any:
    return client.post(PAGE, {"seen": seen_on(client.get(PAGE)), "keep_personal_days": days, **more})


def past(service: Service, days: int) -> Booking:
    """A booking that ended so many days ago."""
    booking = make.make_booking(service, now=NOW)
    end = NOW - timedelta(days=days)
    Booking.objects.filter(pk=booking.pk).update(
        start=end - timedelta(hours=1), end=end, blocked_from=end - timedelta(hours=1), blocked_until=end, status="completed"
    )
    return Booking.objects.get(pk=booking.pk)


def test_days_are_saved_and_said(owner: Client, service: Service) -> None:
    answer = keep(owner, "90")

    assert (answer.status_code, answer["Location"], organisation().keep_personal_days) == (302, PAGE, 90)
    page = text_of(owner.get(PAGE))
    assert "Gespeichert. Personendaten werden 90 Tage nach dem Ende einer Buchung gelöscht." in page
    assert [row.data for row in EventRecord.objects.filter(kind="settings.changed")] == [
        {"values": [{"field": "organisation.keep_personal_days", "old": None, "new": 90}]}
    ]


def test_empty_keeps_everything(owner: Client, service: Service) -> None:
    Organisation.objects.update(keep_personal_days=30)

    keep(owner, "")

    assert organisation().keep_personal_days is None
    assert "Personendaten bleiben, bis jemand sie löscht." in text_of(owner.get(PAGE))


def test_door_log_is_off_until_somebody_says_for_how_long(owner: Client, service: Service) -> None:
    before = organisation().door_log_days

    answer = keep(owner, "90", door_log_days="30")

    assert (before, answer.status_code, organisation().door_log_days) == (None, 302, 30)
    page = text_of(owner.get(PAGE))
    assert "Das Türprotokoll ist ein und bleibt 30 Tage." in page
    assert "Personendaten werden 90 Tage nach dem Ende einer Buchung gelöscht." in page


def test_door_log_that_is_switched_off_is_said_to_be_gone(owner: Client, service: Service) -> None:
    Organisation.objects.update(door_log_days=30)

    keep(owner, "")

    assert organisation().door_log_days is None
    assert "Es wird nicht gelesen, und was da war, wird gelöscht." in text_of(owner.get(PAGE))


def test_saving_the_same_says_that_nothing_changed(owner: Client, service: Service) -> None:
    Organisation.objects.update(keep_personal_days=30)

    keep(owner, "30")

    assert "Es wurde nichts geändert." in text_of(owner.get(PAGE))


@pytest.mark.parametrize(
    ("days", "sentence"), [("0", "mindestens 1"), ("99999", "höchstens 36500"), ("bald", "Bitte geben Sie eine Zahl an.")]
)
def test_wrong_days_are_said_beside_the_field_and_kept(owner: Client, service: Service, days: str, sentence: str) -> None:
    page = keep(owner, days)

    assert page.status_code == 422
    assert sentence in text_of(page)
    assert f'value="{days}"' in page.content.decode()


def test_what_goes_at_once_is_said_before_it_is_saved(owner: Client, service: Service) -> None:
    past(service, 40)

    asked = keep(owner, "30")
    before = organisation().keep_personal_days
    agreed = keep(owner, "30", agreed="1")

    assert (asked.status_code, before) == (422, None)
    assert "Das betrifft sofort 1 Buchung" in text_of(asked)
    assert 'name="agreed" value="1"' in asked.content.decode()
    assert (agreed.status_code, organisation().keep_personal_days) == (302, 30)


def test_agreement_counts_for_as_many_as_were_said(owner: Client, service: Service) -> None:
    past(service, 40)
    past(service, 41)

    assert "Das betrifft sofort 2 Buchungen" in text_of(keep(owner, "30", agreed="1"))


def test_second_of_two_is_told_and_nothing_is_overwritten(owner: Client, service: Service) -> None:
    seen = seen_on(owner.get(PAGE))
    save({"organisation": {"keep_personal_days": 60}}, subject="organisation", now=NOW, actor=STAFF)

    page = owner.post(PAGE, {"seen": seen, "keep_personal_days": "90"})

    assert (page.status_code, organisation().keep_personal_days) == (409, 60)
    assert "Jemand anderes hat das inzwischen gespeichert" in text_of(page)
    assert 'value="90"' in page.content.decode()
    assert owner.post(PAGE, {"seen": seen_on(page), "keep_personal_days": "90"}).status_code == 302
    assert organisation().keep_personal_days == 90


def test_guest_is_found_and_nothing_of_him_stands_in_the_address(owner: Client, booking: Booking) -> None:
    page = owner.post(GUEST, {"q": "lea.baumann@example.org"})

    assert f"Lea Baumann , lea.baumann@example.org {booking.reference}, Dienstag, 24. November 2026, 10:00–12:00" in text_of(page)
    assert 'method="get"' not in page.content.decode()


@pytest.mark.parametrize("text", ["", "lea", " a "])
def test_short_search_lists_nobody(owner: Client, booking: Booking, text: str) -> None:
    page = owner.post(GUEST, {"q": text})

    assert page.status_code == 422
    assert "Bitte geben Sie mindestens 4 Zeichen an" in text_of(page)
    assert booking.reference not in text_of(page)


def test_search_without_a_result_says_so(owner: Client, booking: Booking) -> None:
    assert "Niemand gefunden" in text_of(owner.post(GUEST, {"q": "wyss@example.org"}))


def test_nothing_ticked_is_said(owner: Client, booking: Booking) -> None:
    page = owner.post(GUEST, {"q": "baumann", "do": "erase"})

    assert (page.status_code, "Bitte kreuzen Sie mindestens eine Buchung an." in text_of(page)) == (422, True)


def test_show_tells_everything_and_is_written_down(owner: Client, booking: Booking) -> None:
    queue(kind="confirmed", to=booking.email, language="de", subject="Ihre Buchung", text="Guten Tag", booking=booking, now=NOW)

    page = text_of(owner.post(GUEST, {"q": "baumann", "do": "show", "booking": booking.reference}))

    assert "E-Mail lea.baumann@example.org" in page
    assert "Mobilnummer +41781234567" in page
    assert "Vorname Lea" in page
    assert "Ihre Buchung" in page
    assert f"Buchung {booking.reference} wurde bestätigt." in page
    assert EventRecord.objects.get(kind="guest.exported").data == {"bookings": [booking.reference]}


def test_export_is_a_file_with_everything(owner: Client, booking: Booking) -> None:
    answer = owner.post(GUEST, {"do": "export", "booking": booking.reference})

    assert answer["Content-Disposition"] == f'attachment; filename="einlass-{booking.reference}.json"'
    (told,) = answer.json()["bookings"]
    assert (told["reference"], told["email"], told["answers"]["first_name"]) == (booking.reference, "lea.baumann@example.org", "Lea")
    assert EventRecord.objects.filter(kind="guest.exported", actor_name="Nadia Keller").count() == 1


def test_erase_asks_once_and_says_what_happens(owner: Client, booking: Booking) -> None:
    page = owner.post(GUEST, {"q": "baumann", "do": "erase", "booking": booking.reference})

    assert "1 Buchung kommt noch: Sie wird storniert, und ihr Schlüssel wird zuerst zurückgenommen." in text_of(page)
    assert Booking.objects.get().erase_since is None


def test_erase_cancels_and_erases(owner: Client, booking: Booking) -> None:
    answer = owner.post(GUEST, {"do": "erase_now", "booking": booking.reference})

    assert answer["Location"] == PAGE
    assert "Die Angaben von 1 Buchung sind gelöscht." in text_of(owner.get(PAGE))
    assert (Booking.objects.get().status, Booking.objects.get().guest_name) == ("cancelled", "")


@pytest.mark.django_db(transaction=True)
def test_erase_waits_for_the_key_and_says_so(owner: Client, exivo: Exivo, clock: FakeClock) -> None:
    booking = make.make_booking(make.make_house(NOW), now=NOW)
    reconcile(booking.pk, clock=clock)

    owner.post(GUEST, {"do": "erase_now", "booking": booking.reference})
    waiting = text_of(owner.get(PAGE))
    reconcile(booking.pk, clock=clock)
    erase_due(now=NOW)
    afterwards = text_of(owner.get(PAGE))

    assert "Die Angaben von 1 Buchung werden gelöscht, sobald ihr Schlüssel zurückgenommen ist." in waiting
    assert f"wird gelöscht, sobald der Schlüssel zurückgenommen ist {booking.reference}" in waiting
    assert booking.reference not in afterwards
    assert exivo.live() == []


def test_erased_booking_is_nobodys_on_every_page(owner: Client, booking: Booking) -> None:
    link = f"/b/{booking.link_token}/"
    own = owner.get(link).status_code
    LockSystem.objects.update(enabled=False)
    erase([booking], actor=STAFF, now=NOW)
    Booking.objects.update(status="confirmed")

    listed = text_of(owner.get("/manage/bookings/"))
    one = text_of(owner.get(f"/manage/bookings/{booking.reference}/"))

    newer = f"/b/{Booking.objects.get().link_token}/"
    assert (own, owner.get(link).status_code, owner.get(newer).status_code) == (200, 404, 404)
    assert "gelöscht" in listed
    assert "Baumann" not in listed + one
    assert owner.get("/manage/").status_code == owner.get("/manage/calendar/").status_code == 200


def test_page_asks_the_database_equally_often_for_one_and_three(owner: Client, service: Service) -> None:
    def asked(*, post: bool) -> int:
        with CaptureQueriesContext(connection) as queries:
            owner.post(GUEST, {"q": "baumann"}) if post else owner.get(PAGE)
        return len(queries)

    def waiting(hours: int) -> None:
        booking = make.make_booking(service, now=NOW, hours=hours)
        booking.keys.create(
            branch=booking.branch, lock_system=LockSystem.objects.get(), site_id="s", generation=1, marker=f"EL-{hours}",
            vendor_id=f"{hours}", phone=booking.mobile, valid_from=booking.start, valid_until=booking.end, state="live", created_at=NOW,
        )  # fmt: skip
        Booking.objects.filter(pk=booking.pk).update(erase_since=NOW)

    waiting(24)
    one = asked(post=False), asked(post=True)
    waiting(30)
    waiting(36)

    assert (asked(post=False), asked(post=True)) == one


@pytest.mark.parametrize("role", ["manager", "staff", "read_only"])
@pytest.mark.parametrize("address", [PAGE, GUEST])
def test_privacy_is_the_owners(german: Client, booking: Booking, role: str, address: str) -> None:
    german.force_login(make.make_user("x@example.org", role=role, branches=[booking.branch]))

    assert german.get(address).status_code == 403
    assert german.post(address, {"do": "erase_now", "booking": booking.reference}).status_code == 403
    assert Booking.objects.get().erase_since is None


@pytest.mark.parametrize("address", [PAGE, GUEST])
def test_stranger_has_to_sign_in(german: Client, db: None, address: str) -> None:
    assert german.get(address).status_code == 302
    assert User.objects.count() == 0
