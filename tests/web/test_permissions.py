# SPDX-License-Identifier: Apache-2.0
"""Every page of the staff and every call of the API, for everybody who might come: one table each. A new address has to be entered here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver, reverse
from tests.conftest import NOW, Exivo
from tests.factories import UNTYPED, make_booking, make_branch, make_house, make_room, make_service

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.roles import May, Role
from einlass.models import ApiToken, Booking, Branch, Door, DoorOpening, Question, User
from einlass.operations.users import create_token
from einlass.web.api.routes import api

OWNER, MANAGER, STAFF, ELSEWHERE, READER, STRANGER = "owner", "manager", "staff", "staff of another branch", "read only", "stranger"
PEOPLE = (STRANGER, READER, ELSEWHERE, STAFF, MANAGER, OWNER)
ALLOWED: Mapping[May, frozenset[str]] = {
    May.LOOK: frozenset({OWNER, MANAGER, STAFF, ELSEWHERE, READER}),
    May.WORK: frozenset({OWNER, MANAGER, STAFF, ELSEWHERE}),
    May.CONFIGURE: frozenset({OWNER, MANAGER}),
    May.ADMINISTER: frozenset({OWNER}),
}
# Whoever is not of the booking's branch is told that there is no such booking, not that it is somebody else's.
OF_A_BOOKING = "of a booking"


def needing(what: May, of: str, names: str) -> dict[str, tuple[May, str]]:
    return {f"manage_{name}": (what, of) for name in names.split()}


PAGES = {
    **needing(May.LOOK, "", "today calendar bookings readiness settings account password"),
    **needing(May.LOOK, OF_A_BOOKING, "booking booking_key"),
    **needing(May.WORK, "", "new bookings_csv"),
    **needing(May.WORK, OF_A_BOOKING, "decide move answers reissue link open_door opening opening_state"),
    **needing(May.CONFIGURE, "", "organisation accent release_brake stray_keys branches branch_new branch branch_read"),
    **needing(May.CONFIGURE, "", "branch_remove branch_website door_allow"),
    **needing(May.CONFIGURE, "", "rooms_order room_new room room_remove"),
    **needing(May.CONFIGURE, "", "services service_new service_preview service service_remove"),
    **needing(May.CONFIGURE, "", "questions require_mobile standard_questions question_new question question_remove"),
    **needing(May.CONFIGURE, "", "templates template template_preview template_default template_confirm"),
    **needing(May.ADMINISTER, "", "integrations lock_system lock_system_switch lock_system_off"),
    **needing(May.ADMINISTER, "", "lock_system_test lock_system_attach lock_system_text"),
    **needing(May.ADMINISTER, "", "team_new member member_invite member_factors"),
    **needing(May.ADMINISTER, "", "team tokens token_new token_revoke privacy guest audit"),
}
# Everybody's own: passwords and second factors. Whoever is signed in finds his and nobody else's.
OWN = {
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
}
# For everybody: they lead in or out. The link of an invitation or of a new password is its own proof.
OPEN = {
    "account_login",
    "account_logout",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "manage_welcome",
    "mfa_authenticate",
    "mfa_login_webauthn",
}


@dataclass(frozen=True, slots=True)
class House:
    booking: Booking
    values: dict[str, Any]
    people: dict[str, User]


def somebody(role: str, *branches: Branch) -> User:
    """Without a password: nobody types one here, and making one is slow on purpose."""
    user = User.objects.create_user(f"{role}-{User.objects.count()}@example.org", None, role=role, name="Nadia Keller")
    user.branches.set(branches)
    return user


@pytest.fixture
def house(transactional_db: None, exivo: Exivo) -> Iterator[House]:
    with time_machine.travel(NOW, tick=False):
        service = make_house(NOW)
        bern = service.branch
        thun = make_branch(key="thun", name="Thun", doors={})
        make_service(thun, "kurs", rooms=[make_room(thun, "kurs")])
        Question.objects.create(key="note", kind="text", position=9)
        Door.objects.create(branch=bern, component=UNTYPED, name="Lieferanten", read_at=NOW)
        booking = make_booking(service, now=NOW, hours=24)
        opening = DoorOpening.objects.create(branch=bern, booking=booking, component="x", asked_by="Nadia", asked_at=NOW, expires_at=NOW)
        create_token(name="shop", role=Role.STAFF, now=NOW, actor=Actor(ActorKind.STAFF, "Nadia"))
        people = {
            OWNER: somebody("owner"),
            MANAGER: somebody("manager"),
            STAFF: somebody("staff", bern),
            ELSEWHERE: somebody("staff", thun),
            READER: somebody("read_only", bern),
        }
        values = {
            "reference": booking.reference,
            "pk": opening.pk,
            "component": UNTYPED,
            "room": "aare",
            "branch": "bern",
            "action": "cancel",
        }
        yield House(booking, values, people)


def keys_of(name: str, house: House) -> dict[str, Any]:
    """The key or number that an address of this name speaks of."""
    if name.startswith("manage_template"):
        return {"key": "exivo_booking_page"}
    if name.startswith("manage_token"):
        return {"pk": ApiToken.objects.get().pk}
    if name.startswith(("manage_member", "manage_team")):
        return {"pk": house.people[STAFF].pk}
    keys = {"manage_lock_system": "exivo", "manage_service": "seminar", "manage_question": "note"}
    return {"key": next((key for prefix, key in keys.items() if name.startswith(prefix)), "bern")}


def address_of(name: str, house: House) -> str:
    wanted = get_resolver().reverse_dict.getlist(name)[0][0][0][1]
    values = {**house.values, **keys_of(name, house)}
    return reverse(name, kwargs={argument: values[argument] for argument in wanted})


def staff_names() -> set[str]:
    """Every name of an address below /manage/."""
    found = get_resolver().reverse_dict
    return {name for name in found if isinstance(name, str) and found.getlist(name)[0][0][0][0].startswith("manage/")}


def expected(needs: May, of: str, person: str) -> int:
    """302 to the sign-in, 403, 404, or 200 for whatever the page answers."""
    if person == STRANGER:
        return 302
    if person not in ALLOWED[needs]:
        return 403
    return 404 if of == OF_A_BOOKING and person == ELSEWHERE else 200


def answered(client: Client, address: str, method: str) -> int:
    answer = client.generic(method, address)
    if answer.status_code == 302 and answer["Location"].startswith("/manage/login/"):
        return 302
    return answer.status_code if answer.status_code in {403, 404, 405} else 200


def test_every_address_of_the_staff_stands_in_the_table() -> None:
    assert staff_names() == set(PAGES) | OPEN | OWN


@pytest.mark.parametrize("name", sorted(OWN))
def test_own_account_is_for_whoever_is_signed_in(name: str, house: House) -> None:
    address = address_of(name, house)
    reader = house.people[READER]
    reader.set_password("a long enough one")  # somebody without one cannot be asked for it again
    reader.save()

    assert answered(signed_in(house, STRANGER), address, "GET") == 302
    assert answered(signed_in(house, READER), address, "GET") != 403


@pytest.mark.parametrize("person", PEOPLE)
def test_pages_for_whoever_might_come(person: str, house: House) -> None:
    client, found = signed_in(house, person), {}

    for name in sorted(PAGES):
        status = answered(client, address_of(name, house), "GET")
        found[name] = answered(client, address_of(name, house), "POST") if status == 405 else status

    assert found == {name: expected(*PAGES[name], person) for name in sorted(PAGES)}


@pytest.mark.parametrize("person", [person for person in PEOPLE if person != OWNER])
def test_sending_a_form_needs_the_same_right_as_seeing_it(person: str, house: House) -> None:
    client = signed_in(house, person)
    kept_out = [name for name in sorted(PAGES) if expected(*PAGES[name], person) != 200]

    found = {name: answered(client, address_of(name, house), "POST") for name in kept_out}

    # Of a booking that is not there for somebody, a page without a form may say so first.
    wrong = {name: status for name, status in found.items() if status not in {expected(*PAGES[name], person), 405}}
    assert wrong == {}
    assert 405 not in {found[name] for name in kept_out if expected(*PAGES[name], person) == 403}
    assert (Booking.objects.get().status, Branch.objects.count(), Question.objects.count()) == ("confirmed", 2, 5)


def signed_in(house: House, person: str) -> Client:
    client = Client(headers={"Accept-Language": "de"})
    if person != STRANGER:
        client.force_login(house.people[person])
    return client


START = "2026-11-27T10:00:00+01:00"
CALLS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "list_services": ("GET", "/services", None),
    "list_slots": ("GET", "/services/seminar/slots", None),
    "list_bookings": ("GET", "/bookings", None),
    "get_booking": ("GET", "/bookings/{reference}", None),
    "create_booking": ("POST", "/bookings", {"service": "seminar", "start": START, "duration": 60}),
    "reschedule_booking": ("POST", "/bookings/{reference}/reschedule", {"start": START}),
    "reissue_key": ("POST", "/bookings/{reference}/keys/reissue", None),
    "cancel_booking": ("POST", "/bookings/{reference}/cancel", {}),
}
READS = {"list_services", "list_slots", "list_bookings", "get_booking"}
# Of another branch: a booking and a service are not there; a list is simply without them.
NOT_THERE = dict.fromkeys(("list_slots", "get_booking", "reschedule_booking", "reissue_key", "cancel_booking"), 404) | {
    "create_booking": 422
}
GUEST = "program for guests"
PROGRAMS = (STRANGER, READER, ELSEWHERE, GUEST, STAFF, MANAGER, OWNER)


def test_every_call_of_the_api_stands_in_the_table() -> None:
    described = api.get_openapi_schema()["paths"]

    assert {call["operationId"] for path in described.values() for call in path.values()} == set(CALLS)


def token_for(program: str) -> str:
    """The token of a program of this kind; those of the staff are bound to a branch."""
    kinds: dict[str, tuple[Role, list[str]]] = {
        OWNER: (Role.OWNER, []),
        MANAGER: (Role.MANAGER, []),
        STAFF: (Role.STAFF, ["bern"]),
        ELSEWHERE: (Role.STAFF, ["thun"]),
        READER: (Role.READ_ONLY, ["bern"]),
        GUEST: (Role.GUEST, []),
    }
    if program == STRANGER:
        return "einlass_nobody"
    role, branches = kinds[program]
    bound = list(Branch.objects.filter(key__in=branches))
    return create_token(name=program, role=role, branches=bound, now=NOW, actor=Actor(ActorKind.STAFF, "test"))


def api_answer(program: str, call: str) -> int:
    if program == STRANGER:
        return 401
    if program == READER and call not in READS:
        return 403
    if program == ELSEWHERE and call in NOT_THERE:
        return NOT_THERE[call]
    # Nothing is answered that was not asked: the booking in the table names no guest.
    return {"create_booking": 422, "reissue_key": 202}.get(call, 200)


@pytest.mark.parametrize("program", PROGRAMS)
def test_calls_for_every_program_that_might_come(program: str, house: House) -> None:
    headers = {"Authorization": f"Bearer {token_for(program)}"}
    found = {}

    for call, (method, path, body) in CALLS.items():
        address = f"/api/v1{path.format(reference=house.booking.reference)}"
        sent = "" if body is None else json.dumps(body)
        found[call] = Client().generic(method, address, sent, content_type="application/json", headers=headers).status_code

    assert found == {call: api_answer(program, call) for call in CALLS}
