# SPDX-License-Identifier: Apache-2.0
"""Nothing untrue on the key cards, for the guest and for the staff, where a former key is not gone yet or nobody is silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from tests.conftest import NOW
from tests.factories import make_user
from tests.web.pages.conftest import text_of
from tests.web.pages.key_rows import give_key, give_trouble, own

from einlass.core.keys import OVERDUE, KeyState
from einlass.models import Booking, Branch, User

pytestmark = pytest.mark.django_db
NOBODY_ANSWERS = "Das Schliesssystem antwortet zurzeit nicht."


def of_staff(german: Client, booking: Booking) -> str:
    german.force_login(User.objects.first() or make_user())
    return text_of(german.get(f"/manage/bookings/{booking.reference}/key/"))


@pytest.mark.parametrize(
    ("problem", "silent"), [("vendor_unreachable", True), ("outcome_unknown", True), ("throttled", False), ("not_compared", False)]
)
def test_only_who_is_silent_is_said_to_be(german: Client, booking: Booking, problem: str, silent: bool) -> None:
    give_trouble(booking, problem, next_check_at=NOW + timedelta(minutes=40))

    page = text_of(german.get(own(booking)))

    assert (NOBODY_ANSWERS in page) is silent
    assert ("Wir kümmern uns darum." in page) is not silent
    assert "Wir versuchen es weiter, das nächste Mal um 10:40" in page


def test_f43_key_that_did_not_end_is_not_said_to_open_until_a_time_that_is_over(german: Client, booking: Booking) -> None:
    give_key(booking, drifted=OVERDUE)

    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        guest, staff = text_of(german.get(own(booking))), of_staff(german, booking)

    assert "Wird zurückgenommen Ihr Schlüssel wird zurückgenommen Seine Zeit ist um." in guest
    assert "Seine Zeit ist um, und exivo führt ihn noch als gültig. Einlass nimmt ihn zurück." in staff
    assert "kann er bis" not in guest + staff


def test_f33_red_until_then_is_not_said_while_the_key_before_may_open(german: Client, booking: Booking) -> None:
    give_key(booking)
    page = text_of(german.get(own(booking)))
    give_key(booking, KeyState.REVOKED, vendor_id="before", opens_until=NOW + timedelta(hours=1))
    beside = text_of(german.get(own(booking)))

    assert "Bis dahin zeigt das Schloss Rot." in page
    assert "Bis dahin zeigt das Schloss Rot." not in beside
    assert "kann der bisherige Schlüssel bis heute, 11:00 noch öffnen." in beside


def test_ready_beside_a_key_that_does_not_go_says_which_is_which(german: Client, booking: Booking) -> None:
    give_key(booking)
    give_key(booking, KeyState.REVOKING, vendor_id="before", drifted="doubled")
    give_trouble(booking, "failed_to_revoke")

    staff, guest = of_staff(german, booking), text_of(german.get(own(booking)))

    assert "Dieser Schlüssel ist wie gebucht. Ein anderer dieser Buchung ist noch da." in staff
    assert "Der Schlüssel konnte noch nicht zurückgenommen werden." in staff
    assert "Bereit Ihr Handy ist der Schlüssel" in guest


@pytest.mark.parametrize(
    ("problem", "reason", "announced"),
    [("held_by_brake", "held_by_brake", False), ("door_missing", "window_over", False), ("refused", "refused", True)],
)
def test_no_attempt_is_announced_where_nothing_is_tried(
    german: Client, booking: Booking, problem: str, reason: str, announced: bool
) -> None:
    give_key(booking, drifted="doors")
    give_trouble(booking, problem, reason=reason, next_check_at=NOW + timedelta(minutes=15))

    assert ("Nächster Versuch" in of_staff(german, booking)) is announced


def test_f40_key_of_a_site_in_doubt_is_not_said_to_be_changed(german: Client, booking: Booking) -> None:
    give_key(booking)
    doubted = NOW - timedelta(minutes=20)
    Branch.objects.update(site_confirmed_at=None, site_problem="unknown_site", site_problem_since=doubted)
    Booking.objects.update(created_at=NOW - timedelta(days=3))

    staff, guest = of_staff(german, booking), text_of(german.get(own(booking)))

    assert "Bereit" in staff
    assert "exivo hat die Site-ID der Filiale noch nicht bestätigt." in staff
    assert "Seit heute, 09:40" in staff
    assert "Bereit Ihr Handy ist der Schlüssel" in guest
