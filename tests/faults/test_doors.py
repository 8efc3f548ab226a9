# SPDX-License-Identifier: Apache-2.0
"""F36 to F38: doors that are chosen anew, vanish, or turn out to be none."""

from __future__ import annotations

from datetime import timedelta

from tests import factories as make
from tests.faults.watched import STAFF, Watched

from einlass.core.access import AccessState
from einlass.models import Booking, Door, EventRecord
from einlass.operations.settings import save
from einlass.queries.readiness import readiness

REPLACEMENT = "b0000000-0000-4000-8000-000000000099"
DOORS = frozenset({make.AARE, *make.ALWAYS_OPEN})


def opened(house: Watched, booking: Booking) -> list[frozenset[str]]:
    return [key.doors for key in house.live(booking)]


def test_f36_door_that_no_longer_opens_always_leaves_the_keys_of_coming_and_running_bookings(house: Watched) -> None:
    running, coming = house.ready(hours=1), house.ready(hours=48)
    house.until(running.start)

    house.use_doors(wc="none")
    house.ring()
    house.minute()

    assert opened(house, running) == opened(house, coming) == [DOORS - {make.WC}]
    # The guest inside keeps his other doors all the time: the new key came first.
    assert [house.opens(running, door) for door in (make.AARE, make.ENTRANCE, make.WC)] == ["open", "open", "wrong_door"]
    house.rest()


def test_f36_door_that_is_added_comes_into_the_keys(house: Watched) -> None:
    booking = house.ready(hours=1)
    house.until(booking.start)

    house.use_doors(gurten="always")
    house.ring()
    house.minute()

    assert opened(house, booking) == [DOORS | {make.GURTEN}]
    house.rest()


def test_f36_service_whose_doors_change_has_its_bookings_planned_anew(house: Watched) -> None:
    booking = house.ready()
    with house.step():
        changed = {"services": [{"key": "seminar", "branch": "bern", "doors": [make.CONSULTING]}]}
        save(changed, subject="services.seminar", now=house.clock.now, actor=STAFF)
    house.minute()

    assert opened(house, booking) == [DOORS | {make.CONSULTING}]
    house.rest()


def test_f37_component_that_vanishes_is_left_out_and_told_and_nothing_is_matched_by_its_name(house: Watched) -> None:
    before = house.ready()
    house.change_component(make.WC, removed=True)

    house.sweep()
    after = house.book(hours=48)
    house.ring()

    assert (opened(house, before), opened(house, after)) == ([DOORS], [DOORS - {make.WC}])
    assert (house.state(after), house.access(after).problem) == (AccessState.READY, "door_missing")
    assert EventRecord.objects.get(kind="doors.changed").data == {"components": [make.WC], "cause": "vendor"}
    assert [check.ok for check in readiness(now=house.clock.now) if check.code == "chosen_doors_exist"] == [False]
    house.rest()


def test_f37_component_in_whose_place_another_one_of_the_same_name_is_put_is_not_taken_for_it(house: Watched) -> None:
    before = house.ready()
    house.sweep()
    name = Door.objects.get(component=make.WC).name
    house.change_component(make.WC, removed=True)
    house.change_component(REPLACEMENT, identifier=name, templateIdentifier="digitalCylinder")

    house.sweep()
    house.minute()
    after = house.book(hours=48)
    house.ring()

    assert [(each.component, each.use, each.news, each.missing_since is not None) for each in Door.objects.filter(name=name)] == [
        (make.WC, "always", "", True),
        (REPLACEMENT, "none", "new", False),
    ]
    assert (opened(house, before), opened(house, after)) == ([DOORS], [DOORS - {make.WC}])
    assert (house.access(after).problem, EventRecord.objects.filter(kind="doors.changed").count()) == ("door_missing", 1)

    # A person puts it in, and takes the other one out: then all keys have it.
    with house.step():
        doors = [{"component": make.WC, "use": "none"}, {"component": REPLACEMENT, "use": "always"}]
        save({"branches": [{"key": "bern", "doors": doors}]}, subject="branches.bern", now=house.clock.now, actor=STAFF)
    house.minute()
    with_it = (DOORS - {make.WC}) | {REPLACEMENT}
    assert (opened(house, before), opened(house, after), house.access(after).problem) == ([with_it], [with_it], "")
    house.rest()


def test_f37_component_that_comes_back_is_in_the_keys_again(house: Watched) -> None:
    house.change_component(make.WC, removed=True)
    house.sweep()
    booking = house.book(hours=48)
    house.ring()

    house.change_component(make.WC, removed=False, templateIdentifier="digitalCylinder")
    # What the sweep finds is handed over with it: nobody waits for the next minute.
    house.sweep()

    assert (opened(house, booking), house.access(booking).problem) == ([DOORS], "")
    house.rest()


def test_f38_door_that_turns_into_a_gateway_leaves_every_key_and_is_never_asked_for_again(house: Watched) -> None:
    booking = house.ready()
    house.change_component(make.WC, templateIdentifier="wirelessGateway")

    house.sweep()
    house.minute()
    other = house.book(hours=48)
    house.ring()

    assert opened(house, booking) == opened(house, other) == [DOORS - {make.WC}]
    assert Door.objects.get(component=make.WC).use == "none"
    assert [(check.ok, check.values["doors"]) for check in readiness(now=house.clock.now) if check.code == "no_gateway_chosen"] == [
        (False, str(Door.objects.get(component=make.WC)))
    ]
    assert EventRecord.objects.filter(kind="doors.changed").count() == 1
    house.rest()


def test_f38_room_whose_only_door_is_no_door_any_more_says_so(house: Watched) -> None:
    booking = house.ready()
    house.change_component(make.AARE, templateIdentifier=None)

    house.sweep()
    house.minute()

    assert opened(house, booking) == [DOORS - {make.AARE}]
    assert house.access(booking).problem == "door_forbidden"
    house.until(booking.start + timedelta(minutes=1))
    assert house.opens(booking) == "wrong_door"
    house.rest()
