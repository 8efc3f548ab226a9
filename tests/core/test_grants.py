# SPDX-License-Identifier: Apache-2.0
"""Who may open what, when: R5, R7, R11, R17."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einlass.core.bookings import Status
from einlass.core.grants import (
    GRANTING,
    Admissible,
    BookingFacts,
    DoorFacts,
    DoorUse,
    Entitlement,
    Grant,
    admissible,
    chosen_doors,
    grant_for,
    in_walking_order,
    key_window,
    opens_doors,
)
from einlass.core.windows import Window

START = datetime(2027, 1, 12, 13, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(hours=4))
KEY_WINDOW = Window(START - timedelta(minutes=15), START + timedelta(hours=4, minutes=15))

ENTRANCE = DoorFacts("entrance", "Haupteingang", "c-lever", DoorUse.ALWAYS)
CLOAKROOM = DoorFacts("cloakroom", "Garderobe/WC", "cylinder", DoorUse.ALWAYS)
CONSULTING = DoorFacts("consulting", "Sprechzimmer", "c-lever", DoorUse.SERVICES)
OFFICE = DoorFacts("office", "Büro", "c-lever", DoorUse.SERVICES)
STORE = DoorFacts("store", "Lager", "c-lever", DoorUse.NONE)
GATEWAY = DoorFacts("gateway", "Gateway", "Wireless Gateway", DoorUse.NONE)

MEETING_ROOM = BookingFacts(
    status=Status.CONFIRMED,
    window=WINDOW,
    phone="+41781234567",
    branch_doors=(ENTRANCE, CLOAKROOM, CONSULTING, OFFICE, STORE, GATEWAY),
    service_doors=frozenset({"consulting"}),
    room_doors=frozenset(),
    early_minutes=15,
    late_minutes=15,
    lock_system=1,
    lock_system_enabled=True,
    site_id="site",
    site_confirmed=True,
)


def with_door(door: DoorFacts) -> BookingFacts:
    return replace(MEETING_ROOM, branch_doors=(ENTRANCE, door), service_doors=frozenset({door.component}))


@pytest.mark.parametrize(
    ("kind", "expected", "when_allowed"),
    [
        ("gateway", Admissible.GATEWAY, Admissible.GATEWAY),
        ("GATEWAY", Admissible.GATEWAY, Admissible.GATEWAY),
        ("Wireless-GateWay 90 40", Admissible.GATEWAY, Admissible.GATEWAY),
        ("  gateway ", Admissible.GATEWAY, Admissible.GATEWAY),
        ("", Admissible.UNKNOWN_TYPE, Admissible.YES),
        ("   ", Admissible.UNKNOWN_TYPE, Admissible.YES),
        ("\t\n", Admissible.UNKNOWN_TYPE, Admissible.YES),
        (None, Admissible.UNKNOWN_TYPE, Admissible.YES),
        (7, Admissible.UNKNOWN_TYPE, Admissible.YES),
        (True, Admissible.UNKNOWN_TYPE, Admissible.YES),
        (["gateway"], Admissible.UNKNOWN_TYPE, Admissible.YES),
        ({"type": "gateway"}, Admissible.UNKNOWN_TYPE, Admissible.YES),
        (b"c-lever", Admissible.UNKNOWN_TYPE, Admissible.YES),
        ("c-lever", Admissible.YES, Admissible.YES),
        ("gate way", Admissible.YES, Admissible.YES),
        ("something new", Admissible.YES, Admissible.YES),
    ],
)
def test_r5_admissible(kind: object, expected: Admissible, when_allowed: Admissible) -> None:
    assert admissible(kind=kind, allow_unknown=False) is expected
    assert admissible(kind=kind, allow_unknown=True) is when_allowed


@settings(max_examples=50)
@given(ahead=st.text(), behind=st.text(), allow=st.booleans(), big=st.booleans())
def test_r5_no_text_around_it_makes_a_gateway_a_door(ahead: str, behind: str, allow: bool, big: bool) -> None:
    word = "GATEWAY" if big else "gateway"

    assert admissible(kind=f"{ahead}{word}{behind}", allow_unknown=allow) is Admissible.GATEWAY


def test_r7_the_meeting_room_opens_exactly_these_doors() -> None:
    grant = Grant(1, "site", "+41781234567", frozenset({"entrance", "cloakroom", "consulting"}), KEY_WINDOW)

    assert grant_for(MEETING_ROOM) == Entitlement(grant, "")


def test_r7_only_the_doors_of_the_room_that_was_given() -> None:
    allotted = replace(MEETING_ROOM, service_doors=frozenset(), room_doors=frozenset({"office"}))

    assert [door.component for door in chosen_doors(allotted)] == ["entrance", "cloakroom", "office"]


def test_r7_door_not_chosen_for_the_branch_never_opens() -> None:
    facts = replace(MEETING_ROOM, service_doors=frozenset({"store", "gateway", "elsewhere"}), room_doors=frozenset({"store"}))

    assert [door.component for door in chosen_doors(facts)] == ["entrance", "cloakroom"]


def test_r5_gateway_that_the_database_says_to_open_is_left_out() -> None:
    granted = grant_for(with_door(replace(GATEWAY, use=DoorUse.ALWAYS, allow_unknown=True)))

    assert granted.grant is not None
    assert granted.grant.doors == {"entrance"}
    assert granted.problem == "door_forbidden"


def test_r5_unknown_type_opens_only_once_it_was_allowed() -> None:
    unknown = replace(OFFICE, kind="")

    assert grant_for(with_door(unknown)).problem == "door_forbidden"
    allowed = grant_for(with_door(replace(unknown, allow_unknown=True)))
    assert allowed.grant is not None
    assert (allowed.grant.doors, allowed.problem) == (frozenset({"entrance", "office"}), "")


def test_door_missing_at_the_vendor_is_left_out_and_named() -> None:
    granted = grant_for(with_door(replace(OFFICE, missing=True)))

    assert granted.grant is not None
    assert (granted.grant.doors, granted.problem) == (frozenset({"entrance"}), "door_missing")


def test_forbidden_door_outweighs_a_missing_one() -> None:
    doors = (ENTRANCE, replace(OFFICE, missing=True, use=DoorUse.ALWAYS), replace(GATEWAY, use=DoorUse.ALWAYS))

    assert grant_for(replace(MEETING_ROOM, branch_doors=doors)).problem == "door_forbidden"


@pytest.mark.parametrize(
    ("door", "problem"), [(replace(ENTRANCE, missing=True), "door_missing"), (replace(GATEWAY, use=DoorUse.ALWAYS), "door_forbidden")]
)
def test_no_door_left_means_no_grant_but_a_reason(door: DoorFacts, problem: str) -> None:
    assert grant_for(replace(MEETING_ROOM, branch_doors=(door,))) == Entitlement(None, problem)


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("night", [datetime(2026, 10, 25), datetime(2027, 3, 28)])
def test_r11_key_window_is_elapsed_time_at_every_minute_of_the_night(night: datetime, fold: int) -> None:
    for minute in range(360):
        start = (night + timedelta(minutes=minute)).replace(tzinfo=ZoneInfo("Europe/Zurich"), fold=fold).astimezone(UTC)
        facts = replace(MEETING_ROOM, window=Window(start, start + timedelta(minutes=60)), early_minutes=15, late_minutes=20)

        assert key_window(facts) == Window(start - timedelta(minutes=15), start + timedelta(minutes=80))


def test_f35_neighbours_overlap_by_both_margins() -> None:
    next_guest = replace(MEETING_ROOM, window=Window(WINDOW.end, WINDOW.end + timedelta(hours=1)))

    mine, theirs = key_window(MEETING_ROOM), key_window(next_guest)

    assert mine.end - theirs.start == timedelta(minutes=30)
    assert not MEETING_ROOM.window.collides(next_guest.window)


def at(minutes: int) -> datetime:
    """So many minutes after the booking of these tests starts; it lasts 60."""
    return WINDOW.start + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("last_ended", "next_begins", "start", "end"),
    [
        (None, None, -15, 75),
        (0, None, 0, 75),
        (-5, None, -5, 75),
        (-15, None, -15, 75),
        (-16, None, -15, 75),
        (None, 60, -15, 60),
        (None, 70, -15, 70),
        (None, 75, -15, 75),
        (None, 90, -15, 75),
        (0, 60, 0, 60),
        # Told of somebody who comes while it runs, which no room allows: its own time stays whole.
        (20, 40, 0, 60),
    ],
)
def test_f35_margins_end_at_the_neighbours_booking(last_ended: int | None, next_begins: int | None, start: int, end: int) -> None:
    facts = replace(
        MEETING_ROOM,
        window=Window(at(0), at(60)),
        last_ended=None if last_ended is None else at(last_ended),
        next_begins=None if next_begins is None else at(next_begins),
    )

    assert key_window(facts) == Window(at(start), at(end))


NEIGHBOUR = st.none() | st.integers(-200, 200)


@given(st.integers(0, 120), st.integers(0, 120), NEIGHBOUR, NEIGHBOUR)
def test_f35_key_is_never_shorter_than_the_booking_nor_longer_than_its_margins(
    early: int, late: int, last_ended: int | None, next_begins: int | None
) -> None:
    facts = replace(MEETING_ROOM, window=Window(at(0), at(60)), early_minutes=early, late_minutes=late)
    before, after = (None if minutes is None else at(minutes) for minutes in (last_ended, next_begins))

    cut = key_window(replace(facts, last_ended=before, next_begins=after))

    assert cut.covers(facts.window)
    assert key_window(facts).covers(cut)


@given(st.integers(0, 120), st.integers(0, 120), st.integers(0, 60))
def test_f35_two_guests_in_a_row_share_at_most_the_time_between_them(early: int, late: int, gap: int) -> None:
    first = replace(MEETING_ROOM, window=Window(at(0), at(60)), early_minutes=early, late_minutes=late, next_begins=at(60 + gap))
    second = replace(first, window=Window(at(60 + gap), at(120 + gap)), last_ended=at(60), next_begins=None)

    mine, theirs = key_window(first), key_window(second)

    assert not mine.collides(second.window)
    assert not theirs.collides(first.window)
    assert mine.collides(theirs) is (early + late > gap and bool(gap) and min(early, gap) + min(late, gap) > gap)


@pytest.mark.parametrize("status", Status)
def test_r17_only_what_counts_has_a_grant(status: Status) -> None:
    granted = grant_for(replace(MEETING_ROOM, status=status))

    assert (granted.grant is not None) is (status in {Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW})
    assert granted.problem == ""
    assert {Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW} == GRANTING


@pytest.mark.parametrize(
    ("facts", "expected", "opens"),
    [
        (replace(MEETING_ROOM, lock_system_enabled=False), Entitlement(None), False),
        (replace(MEETING_ROOM, lock_system=None), Entitlement(None), False),
        (replace(MEETING_ROOM, branch_doors=(STORE, OFFICE)), Entitlement(None), False),
        (replace(MEETING_ROOM, branch_doors=()), Entitlement(None), False),
        (replace(MEETING_ROOM, site_confirmed=False), Entitlement(None, "site_unconfirmed"), True),
        (replace(MEETING_ROOM, site_id=""), Entitlement(None, "site_unconfirmed"), True),
        (replace(MEETING_ROOM, phone=""), Entitlement(None, "phone_unusable"), True),
        (replace(MEETING_ROOM, phone="", site_confirmed=False), Entitlement(None, "site_unconfirmed"), True),
        (replace(MEETING_ROOM, phone="", status=Status.CANCELLED), Entitlement(None), True),
    ],
)
def test_no_grant_and_why(facts: BookingFacts, expected: Entitlement, opens: bool) -> None:
    assert grant_for(facts) == expected
    assert opens_doors(facts) is opens


DOORS = st.builds(
    DoorFacts,
    component=st.sampled_from("abcdef"),
    name=st.just("door"),
    kind=st.sampled_from(["c-lever", "Gateway", "", "my-gateway-2"]),
    use=st.sampled_from(DoorUse),
    allow_unknown=st.booleans(),
    missing=st.booleans(),
)


@settings(max_examples=50)
@given(
    doors=st.lists(DOORS, unique_by=lambda door: door.component),
    service=st.frozensets(st.sampled_from("abcdefg")),
    room=st.frozensets(st.sampled_from("abcdefg")),
)
def test_i1_a_grant_names_only_doors_that_were_chosen_and_may_be(
    doors: list[DoorFacts], service: frozenset[str], room: frozenset[str]
) -> None:
    grant = grant_for(replace(MEETING_ROOM, branch_doors=tuple(doors), service_doors=service, room_doors=room)).grant

    expected = {
        door.component
        for door in doors
        if not door.missing
        and (door.use is DoorUse.ALWAYS or (door.use is DoorUse.SERVICES and door.component in service | room))
        and "gateway" not in door.kind.lower()
        and (door.kind or door.allow_unknown)
    }
    assert (grant.doors if grant else frozenset()) == expected


def test_doors_come_in_the_order_of_the_way() -> None:
    """First what everybody passes, then the service's, then the room's own; among them as the operator put them."""
    room = DoorFacts("room", "Sitzungszimmer", "c-lever", DoorUse.SERVICES)
    facts = replace(
        MEETING_ROOM,
        branch_doors=(room, OFFICE, STORE, CONSULTING, CLOAKROOM, ENTRANCE),
        service_doors=frozenset({"consulting", "office"}),
        room_doors=frozenset({"room", "office"}),
    )

    assert chosen_doors(facts) == (CLOAKROOM, ENTRANCE, OFFICE, CONSULTING, room)
    assert in_walking_order(facts) == (CLOAKROOM, ENTRANCE, OFFICE, CONSULTING, room, STORE)
