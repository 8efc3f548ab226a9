# SPDX-License-Identifier: Apache-2.0
"""Every page of the staff that can be looked at, for one house: what holds for all of them is tested over this list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from tests.factories import AARE, UNTYPED
from tests.web.pages.key_rows import give_key

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.roles import Role
from einlass.models import ApiToken, Booking, Branch, Door, DoorEntry, DoorOpening, Organisation, StrayKey, User
from einlass.operations.users import create_token

WITHOUT_KEY = (
    "today calendar bookings new readiness settings organisation branches branch_new services service_new questions question_new"
    " templates integrations team team_new tokens token_new privacy audit account password"
)
OF_THE_BOOKING = "booking move answers reissue link open_door"
OF_THE_BRANCH = "branch branch_remove branch_website room_new stray_keys release_brake"
SECOND_FACTORS = "mfa_activate_totp mfa_view_recovery_codes mfa_list_webauthn mfa_add_webauthn"


def furnish(booking: Booking, *, now: datetime) -> None:
    """What a house needs besides, so that every page has something to show."""
    Door.objects.get_or_create(branch=booking.branch, component=UNTYPED, defaults={"name": "Lieferanteneingang", "read_at": now})
    DoorOpening.objects.create(
        branch=booking.branch, booking=booking, component="x", door_name="Haupteingang", asked_by="Nadia", asked_at=now, expires_at=now
    )
    StrayKey.objects.create(
        branch=booking.branch, vendor_id="s", marker="EL-7K3M9Q2W4T", label="Seminarraum Aare", doors=["x"], valid_from=now, found_at=now
    )
    Branch.objects.filter(pk=booking.branch_id).update(brake_since=now, brake_count=1)
    give_key(booking, drifted="doors")
    Organisation.objects.update(door_log_days=30)
    for number, opened in enumerate((True, False)):
        tap = {"component": AARE, "at": now, "opened": opened, "vendor_id": f"tap-{number}"}
        DoorEntry.objects.create(branch=booking.branch, booking=booking, **tap)
    create_token(name="Webshop", role=Role.STAFF, now=now, actor=Actor(ActorKind.STAFF, "Nadia Keller"))


def staff_addresses(booking: Booking) -> Iterator[str]:
    """Their addresses, each once."""
    branch, system = booking.branch, booking.branch.lock_system
    assert system is not None
    yield from (reverse(f"manage_{name}") for name in WITHOUT_KEY.split())
    yield from (reverse(f"manage_{name}", args=[booking.reference]) for name in OF_THE_BOOKING.split())
    yield from (reverse("manage_decide", args=[booking.reference, action]) for action in ("cancel", "decline", "confirm", "no_show"))
    yield reverse("manage_opening", args=[booking.reference, DoorOpening.objects.get().pk])
    yield from (reverse(f"manage_{name}", args=[branch.key]) for name in OF_THE_BRANCH.split())
    yield reverse("manage_room", args=[branch.key, booking.room.key])
    yield reverse("manage_room_remove", args=[branch.key, booking.room.key])
    yield reverse("manage_door_allow", args=[branch.key, UNTYPED])
    yield reverse("manage_service", args=[booking.service.key])
    yield reverse("manage_question", args=["mobile"])
    yield from (reverse("manage_template", args=[key]) for key in ("exivo_booking_page", "message_confirmed"))
    yield reverse("manage_template_default", args=["message_confirmed"])
    yield from (reverse(name, args=[system.key]) for name in ("manage_lock_system", "manage_lock_system_off"))
    yield reverse("manage_token_revoke", args=[ApiToken.objects.get().pk])
    yield reverse("manage_member", args=[User.objects.order_by("pk")[0].pk])
    yield from (reverse(name) for name in SECOND_FACTORS.split())
    yield f"{reverse('manage_calendar')}?view=week"
    yield f"{reverse('manage_bookings')}?q=nobody"
    yield f"{reverse('manage_lock_system', args=[system.key])}?replace=1"


SIGN_IN = ("/manage/login/", "/manage/password/reset/", "/manage/password/reset/sent/", "/manage/password/reset/done/")
