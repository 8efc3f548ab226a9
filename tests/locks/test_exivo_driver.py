# SPDX-License-Identifier: Apache-2.0
"""What the exivo driver does beyond the contract: its door list, its listings, its orders."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.locks.wires import DOOR, KEY, NOW, SITE, Scripted, a_visit, driver_on, says

from einlass.core.windows import Window
from einlass.locks.exivo import driver as driver_module
from einlass.locks.port import KeyOrder, LockNeedsOperator, LockRefused, LockUnavailable

GATEWAY = "b0000000-0000-4000-8000-000000000009"
OTHER = "b0000000-0000-4000-8000-000000000002"
ORDER = KeyOrder(
    marker="EL-7K3M9Q2W4T",
    label="Seminarraum Aare · EL-7K3M9Q2W4T",
    phone="+41781234567",
    doors=frozenset({DOOR}),
    window=Window(NOW + timedelta(days=1), NOW + timedelta(days=1, minutes=90)),
    notify=False,
)


def component(key: str, kind: object = "reader") -> dict[str, object]:
    return {"id": key, "identifier": "x", "templateIdentifier": kind}


def listed(*components: dict[str, object]) -> list[Any]:
    """A list that fits one page is asked for twice: the second page says that nothing follows."""
    return [says(200, list(components)), says(200, list(components[1:]))]


def asked(wire: Scripted) -> list[str]:
    return [f"{request.method} {request.url.path.rsplit('/', 1)[1]}" for request in wire.requests]


def test_door_list_is_kept_for_the_next_key_of_any_driver() -> None:
    wire = Scripted([*listed(component(DOOR)), says(200, a_visit())])

    driver_on(wire).issue(SITE, ORDER)
    driver_on(wire).issue(SITE, ORDER)

    assert asked(wire) == ["GET component", "GET component", "POST digitalKeyVisits", "POST digitalKeyVisits"]


def test_door_list_is_read_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Scripted([*listed(component(DOOR)), says(200, a_visit()), *listed(component(DOOR, "Gateway"))])
    driver_on(wire).issue(SITE, ORDER)
    monkeypatch.setattr(driver_module, "DOORS_KEPT_SECONDS", -1.0)

    with pytest.raises(LockRefused) as refused:
        driver_on(wire).issue(SITE, ORDER)

    assert (refused.value.forbidden, asked(wire).count("POST digitalKeyVisits")) == (frozenset({DOOR}), 1)


@pytest.mark.parametrize("before", [(), (component(OTHER),), (component(DOOR, "gateway"),), (component(DOOR, None),)])
def test_door_that_a_kept_list_objects_to_is_looked_up_once_more(before: tuple[dict[str, object], ...]) -> None:
    first = listed(*before) if before else [says(200, [])]
    wire = Scripted([*first, *listed(component(DOOR)), says(200, a_visit())])
    driver = driver_on(wire)
    driver.components(SITE)

    assert driver.issue(SITE, ORDER).id == KEY


def test_door_that_is_missing_is_looked_up_only_once_more() -> None:
    wire = Scripted([*listed(component(OTHER)), *listed(component(OTHER))])
    driver = driver_on(wire)
    driver.components(SITE)

    with pytest.raises(LockRefused) as refused:
        driver.issue(SITE, ORDER)

    assert (refused.value.missing, asked(wire)) == (frozenset({DOOR}), ["GET component"] * 4)


def test_refusal_names_every_door_of_each_kind() -> None:
    wire = Scripted(listed(component(DOOR), component(GATEWAY, "wirelessGATEWAY"), component(OTHER, "")))

    with pytest.raises(LockRefused) as refused:
        driver_on(wire).issue(SITE, replace(ORDER, doors=frozenset({DOOR, GATEWAY, OTHER, "gone"}), allow_unknown=frozenset({GATEWAY})))

    assert (refused.value.forbidden, refused.value.missing) == (frozenset({GATEWAY, OTHER}), frozenset({"gone"}))


def test_unreadable_door_list_sends_no_key() -> None:
    wire = Scripted([says(200, [{"identifier": "no id"}])])

    with pytest.raises(LockUnavailable):
        driver_on(wire).issue(SITE, ORDER)

    assert asked(wire) == ["GET component"]


def test_cut_door_list_is_unavailable() -> None:
    wire = Scripted([says(200, [component(DOOR)]), says(502)])

    with pytest.raises(LockUnavailable, match="page_failed"):
        driver_on(wire).components(SITE)


def test_order_whose_label_lacks_its_marker_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="marker"):
        driver_on(Scripted([says(200)])).issue(SITE, replace(ORDER, label="Seminarraum Aare"))


def test_creation_is_sent_once_as_json() -> None:
    wire = Scripted([*listed(component(DOOR)), says(200, a_visit())])

    driver_on(wire).issue(SITE, replace(ORDER, notify=True))

    request = wire.requests[-1]
    sent = json.loads(request.content)
    assert (request.headers["content-type"], sent["components"], sent["installNotification"]) == ("application/json", [DOOR], True)
    assert sent["validFrom"] == "2026-09-02T08:00:00Z"


@pytest.mark.parametrize("end", [NOW, NOW - timedelta(seconds=1)])
def test_window_that_is_over_is_refused(end: Any) -> None:
    wire = Scripted([says(200)])

    with pytest.raises(LockRefused):
        driver_on(wire).issue(SITE, replace(ORDER, window=Window(NOW - timedelta(hours=1), end)))

    assert wire.requests == []


def test_running_window_is_sent_as_it_is() -> None:
    wire = Scripted([*listed(component(DOOR)), says(200, a_visit())])

    driver_on(wire).issue(SITE, replace(ORDER, window=Window(NOW - timedelta(hours=1), NOW + timedelta(seconds=1))))

    assert json.loads(wire.requests[-1].content)["validFrom"] == "2026-09-01T07:00:00Z"


def test_listing_names_its_limit_and_no_order() -> None:
    wire = Scripted([says(200, [])])

    driver_on(wire).listing(SITE, known=frozenset(), now=NOW)

    assert [dict(request.url.params) for request in wire.requests] == [{"skip": "0", "limit": "500"}]


EMPTY = says(200, [])


@pytest.mark.parametrize(
    ("alone", "complete", "reason", "absent", "keys"),
    [
        (says(404), True, "", {KEY}, 0),
        (says(200, a_visit(revoked=True)), True, "", set(), 1),
        (says(200, a_visit(expired=True)), True, "", set(), 1),
        (says(200, a_visit(validTo="2026-09-01T07:59:59Z", validFrom="2026-09-01T07:00:00Z")), True, "", set(), 1),
        (says(200, a_visit()), False, "known_hidden", set(), 1),
        (says(502), False, "known_unreadable", set(), 0),
        (says(400), False, "known_unreadable", set(), 0),
        (says(400, {"message": "digital key visit k1 not found"}), True, "", {KEY}, 0),
        (says(400, {"message": "validation failed"}), False, "known_unreadable", set(), 0),
        (says(200, "<html>"), False, "known_unreadable", set(), 0),
    ],
    ids=str,
)
def test_known_key_that_is_not_listed_is_read_alone(alone: Any, complete: bool, reason: str, absent: set[str], keys: int) -> None:
    listing = driver_on(Scripted([EMPTY, alone])).listing(SITE, known=frozenset({KEY}), now=NOW)

    assert (listing.complete, listing.reason, set(listing.absent), len(listing.keys)) == (complete, reason, absent, keys)


@pytest.mark.parametrize("alone", [says(429), says(401), says(404, {"message": "unknown site"})], ids=str)
def test_known_key_that_cannot_be_read_for_the_whole_account_is_told(alone: Any) -> None:
    with pytest.raises((LockUnavailable, LockNeedsOperator)):
        driver_on(Scripted([EMPTY, alone])).listing(SITE, known=frozenset({KEY}), now=NOW)


def test_hidden_key_is_not_forgotten_because_a_later_one_is_gone() -> None:
    wire = Scripted([EMPTY, says(200, a_visit(id="k1")), says(404)])

    listing = driver_on(wire).listing(SITE, known=frozenset({"k1", "k2"}), now=NOW)

    assert (listing.complete, listing.reason, listing.absent) == (False, "known_hidden", frozenset({"k2"}))


LISTED = [a_visit(id="k9")]


@pytest.mark.parametrize(
    ("control", "complete", "absent"),
    [
        # exivo answers 400 or 404 for an unknown id; that it answers so for every key says nothing about one (I11).
        (says(200, a_visit(id="k9")), True, {"k1", "k2"}),
        (says(400), False, set()),
        (says(404), False, set()),
    ],
    ids=["another is read", "400 for all", "404 for all"],
)
def test_key_that_is_answered_by_400_is_unknown_while_another_one_is_read(control: Any, complete: bool, absent: set[str]) -> None:
    wire = Scripted([says(200, LISTED), says(200, []), says(400), control, says(400)])

    listing = driver_on(wire).listing(SITE, known=frozenset({"k1", "k2"}), now=NOW)

    assert (listing.complete, set(listing.absent)) == (complete, absent)


@pytest.mark.parametrize(
    ("answers", "gone"),
    [
        ([says(200, LISTED), says(200, a_visit(id="k9"))], True),
        ([says(200, LISTED), says(400)], False),
        ([says(200, [])], False),
        ([says(200, [a_visit(id=KEY)])], False),
    ],
    ids=str,
)
def test_key_read_alone_and_answered_by_400_is_gone_only_while_another_one_is_read(answers: list[Any], gone: bool) -> None:
    driver = driver_on(Scripted([says(400), *answers]))

    if gone:
        assert driver.read(SITE, KEY) is None
    else:
        with pytest.raises(LockRefused):
            driver.read(SITE, KEY)


def test_list_that_lacks_too_much_is_not_read_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "MOST_SINGLE_READS", 2)
    wire = Scripted([EMPTY])

    listing = driver_on(wire).listing(SITE, known=frozenset({"k1", "k2", "k3"}), now=NOW)

    assert (listing.complete, listing.reason, len(wire.requests)) == (False, "known_missing", 1)


def test_key_without_an_id_makes_the_list_unreadable() -> None:
    with pytest.raises(LockUnavailable):
        driver_on(Scripted([says(200, [a_visit(), {"name": "x"}])])).listing(SITE, known=frozenset(), now=NOW)
