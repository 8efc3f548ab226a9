# SPDX-License-Identifier: Apache-2.0
"""What may be removed by clicking: what was never booked goes, what was booked is switched off, what will be booked stays."""

from __future__ import annotations

import pytest
from tests.conftest import NOW
from tests.factories import AARE, make_booking, make_branch, make_house, make_room, make_service
from tests.operations.config_files import OPERATOR

from einlass.core.errors import FieldError, Refusal
from einlass.core.roles import Role
from einlass.models import ApiToken, Booking, Branch, EventRecord, Question, Room, Service
from einlass.operations.config_export import digest_of, exported
from einlass.operations.settings import part_at, remove, save
from einlass.queries.scope import branches_of_token

pytestmark = pytest.mark.django_db(transaction=True)


def removed(subject: str) -> str:
    return remove(subject=subject, seen=digest_of(part_at(exported(), subject)), now=NOW, actor=OPERATOR)


def refused(subject: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        removed(subject)
    return caught.value


def past(booking: Booking) -> None:
    Booking.objects.filter(pk=booking.pk).update(
        start=NOW.replace(day=1),
        end=NOW.replace(day=1, hour=11),
        blocked_from=NOW.replace(day=1),
        blocked_until=NOW.replace(day=1, hour=11),
    )


def test_room_that_was_never_booked_goes_and_the_log_says_what_it_was() -> None:
    service = make_house(NOW)
    make_room(service.branch, "gurten", doors=[AARE])

    outcome = removed("branches.bern.rooms.gurten")

    event = EventRecord.objects.get(kind="settings.doors_changed")
    assert (outcome, list(Room.objects.values_list("key", flat=True))) == ("removed", ["aare"])
    assert (event.subject, event.branch, event.data["values"]) == (
        "branches.bern.rooms.gurten",
        service.branch,
        [
            {
                "field": "branches.bern.rooms.gurten",
                "old": {"key": "gurten", "name": "Raum gurten", "capacity": 24, "floor": "", "active": True, "doors": [AARE]},
                "new": None,
            }
        ],
    )


def test_room_without_which_a_service_had_none_stays() -> None:
    make_house(NOW)

    refusal = refused("branches.bern.rooms.aare")

    assert (refusal.code, refusal.fields) == ("invalid", (FieldError("", "last_room", {"names": "seminar"}),))
    assert Room.objects.count() == 1


@pytest.mark.parametrize("subject", ["branches.bern", "branches.bern.rooms.aare", "services.seminar"])
def test_what_coming_bookings_depend_on_stays_and_they_are_named(subject: str) -> None:
    booking = make_booking(make_house(NOW), now=NOW)

    refusal = refused(subject)

    assert (refusal.code, refusal.values) == ("in_use", {"references": booking.reference})
    assert (Branch.objects.get().active, Room.objects.get().active, Service.objects.get().active) == (True, True, True)


@pytest.mark.parametrize(
    ("subject", "rows"), [("branches.bern", Branch), ("branches.bern.rooms.aare", Room), ("services.seminar", Service)]
)
def test_what_past_bookings_name_is_switched_off(subject: str, rows: type[Branch | Room | Service]) -> None:
    past(make_booking(make_house(NOW), now=NOW))

    outcome = removed(subject)

    assert (outcome, rows.objects.get().active) == ("switched_off", False)
    assert [event.data["values"] for event in EventRecord.objects.filter(kind="settings.doors_changed")] == [
        [{"field": f"{subject}.active", "old": True, "new": False}]
    ]


def test_branch_that_was_never_booked_goes_with_its_rooms_and_services_but_not_with_its_log() -> None:
    branch = make_branch(key="thun")
    make_service(branch, "kurs", rooms=[make_room(branch, "kurs")])
    save({"branches": [{"key": "thun", "address": "neu"}]}, subject="branches.thun", now=NOW, actor=OPERATOR)

    outcome = removed("branches.thun")

    assert (outcome, Branch.objects.count(), Room.objects.count(), Service.objects.count()) == ("removed", 0, 0, 0)
    assert [(event.subject, event.branch) for event in EventRecord.objects.all()] == [("branches.thun", None)] * 2


def test_question_goes_unless_somebody_answered_it() -> None:
    service = make_house(NOW)
    Question.objects.create(key="company", kind="text")
    make_booking(service, now=NOW)

    assert [removed("questions.company"), removed("questions.last_name")] == ["removed", "switched_off"]
    assert dict(Question.objects.values_list("key", "active")) == {"first_name": True, "last_name": False, "email": True, "mobile": True}


def test_what_somebody_changed_meanwhile_is_not_removed() -> None:
    service = make_house(NOW)
    make_room(service.branch, "gurten")
    before = digest_of(part_at(exported(), "branches.bern.rooms.gurten"))
    Room.objects.filter(key="gurten").update(capacity=8)

    with pytest.raises(Refusal) as caught:
        remove(subject="branches.bern.rooms.gurten", seen=before, now=NOW, actor=OPERATOR)

    assert (caught.value.code, Room.objects.count()) == ("changed_meanwhile", 2)


def test_what_is_gone_already_is_said_so() -> None:
    assert refused("services.nowhere").code == "changed_meanwhile"


def test_branch_to_which_a_token_is_bound_is_switched_off_and_the_token_sees_no_other_one() -> None:
    make_house(NOW)
    thun = make_branch(key="thun", name="Thun", doors={})
    token = ApiToken.objects.create(name="x", role=Role.STAFF.value, digest="d", last4="abcd", created_at=NOW)
    token.branches.add(thun)

    assert removed("branches.thun") == "switched_off"
    assert list(branches_of_token(token)) == [thun]
