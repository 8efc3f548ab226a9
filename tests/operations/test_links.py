# SPDX-License-Identifier: Apache-2.0
"""A new link to the guest's own page: the old one leads nowhere, mails name the new one, and the key does not notice."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar, Component
from tests import factories as make
from tests.conftest import Exivo, FakeClock

from einlass.core.bookings import Actor as ActorKind
from einlass.core.errors import Refusal
from einlass.core.events import GUEST, Actor
from einlass.core.roles import Role
from einlass.models import Booking, EventRecord, Message
from einlass.operations.keys import reconcile
from einlass.operations.links import renew_and_send_link, renew_link
from einlass.operations.messages import queue
from einlass.operations.privacy import erase
from einlass.operations.users import create_token

NADIA = Actor(ActorKind.STAFF, "Nadia Keller")
PARTS = ("", "key", "app", "calendar.ics", "move/", "move/confirm", "cancel/", "number/", "number/code")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def booking(clock: FakeClock, exivo: Exivo) -> Booking:
    return make.make_booking(make.make_house(clock.now), now=clock.now)


def test_renew_leads_the_old_link_nowhere_and_the_new_one_everywhere(booking: Booking, clock: FakeClock) -> None:
    renewed = renew_link(booking, actor=NADIA, now=clock.now)

    client = Client()
    with time_machine.travel(clock.now, tick=False):
        old = {part: client.get(f"/b/{booking.link_token}/{part}").status_code for part in PARTS}
        posted = {part: client.post(f"/b/{booking.link_token}/{part}").status_code for part in ("move/confirm", "cancel/", "number/")}
        new = {part: client.get(f"/b/{renewed.link_token}/{part}").status_code for part in PARTS}
    assert old == dict.fromkeys(PARTS, 404)
    assert posted == dict.fromkeys(posted, 404)
    assert new == dict.fromkeys(PARTS, 200) | {"app": 302, "move/confirm": 302, "number/code": 303}
    assert Booking.objects.get().status == "confirmed"


def test_renew_leaves_the_key_alone(booking: Booking, clock: FakeClock, exivo: Exivo) -> None:
    reconcile(booking.pk, clock=clock)
    before = exivo.live()

    renew_link(booking, actor=NADIA, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert exivo.live() == before
    row = EventRecord.objects.get(kind="booking.link_renewed")
    assert (row.actor_name, row.data) == ("Nadia Keller", {})


def test_renew_mends_what_waits_for_the_guest_and_nothing_else(booking: Booking, clock: FakeClock) -> None:
    old = booking.link_token
    other = Message.objects.get(kind="message_confirmed")
    other.pk, other.once, other.to_address = None, None, "somebody@example.org"
    other.save()

    renewed = renew_link(booking, actor=NADIA, now=clock.now)

    texts = dict(Message.objects.values_list("to_address", "text"))
    assert renewed.link_token in texts["lea.baumann@example.org"]
    assert old not in texts["lea.baumann@example.org"]
    assert old in texts["somebody@example.org"]


def test_renew_mends_the_sms_and_the_calendar_file_that_wait(booking: Booking, clock: FakeClock) -> None:
    old = booking.link_token
    mail = Message.objects.get(kind="message_confirmed")
    queue(kind="sms_confirmed", to=booking.mobile, language="de", text=f"/b/{old}/", channel="sms", booking=booking, now=clock.now)

    renewed = renew_link(booking, actor=NADIA, now=clock.now)

    sms, mended = Message.objects.get(channel="sms"), Message.objects.get(pk=mail.pk).calendar
    assert sms.text == f"/b/{renewed.link_token}/"
    before, after = Calendar.from_ical(mail.calendar), Calendar.from_ical(mended)
    assert str(after.walk("VEVENT")[0]["url"]).endswith(f"/b/{renewed.link_token}/")
    assert max(len(line.encode()) for line in mended.split("\r\n")) <= 75
    assert unfolded(after) == unfolded(before).replace(old, renewed.link_token)


def unfolded(calendar: Component) -> str:
    return "\n".join(str(line) for line in calendar.content_lines())


def test_renew_and_send_tells_the_guest_the_new_address(booking: Booking, clock: FakeClock) -> None:
    renewed = renew_and_send_link(booking, actor=NADIA, now=clock.now)

    message = Message.objects.get(kind="message_link")
    assert message.to_address == "lea.baumann@example.org"
    assert message.subject == "Neue Adresse Ihrer Buchung: Seminarraum Aare, Dienstag, 24. November 2026"
    assert f"/b/{renewed.link_token}/" in message.text
    assert booking.link_token not in message.text


def test_renew_and_send_without_an_address_renews_nothing(booking: Booking, clock: FakeClock) -> None:
    Booking.objects.update(email="")

    with pytest.raises(Refusal) as refusal:
        renew_and_send_link(booking, actor=NADIA, now=clock.now)

    assert (refusal.value.code, Booking.objects.get().link_token) == ("no_mail_address", booking.link_token)


def test_renew_of_an_erased_booking_is_refused(booking: Booking, clock: FakeClock) -> None:
    erase([booking], actor=GUEST, now=clock.now)

    with pytest.raises(Refusal) as refusal:
        renew_link(booking, actor=NADIA, now=clock.now)

    assert refusal.value.code == "not_allowed_now"


def test_renew_is_told_by_the_api(booking: Booking, clock: FakeClock) -> None:
    token = create_token(name="shop", role=Role.OWNER, now=clock.now, actor=NADIA)

    renewed = renew_link(booking, actor=NADIA, now=clock.now)

    answer = Client().get(f"/api/v1/bookings/{booking.reference}", headers={"Authorization": f"Bearer {token}"}).json()
    assert answer["manage_url"].endswith(f"/b/{renewed.link_token}/")
