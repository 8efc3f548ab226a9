# SPDX-License-Identifier: Apache-2.0
"""exivo's words and ours: times, names, types, markers, the body of a creation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.locks.wires import DOOR, KEY, a_visit, account

from einlass.core.windows import Window
from einlass.locks.exivo import words
from einlass.locks.exivo.driver import MARKER, marker_in
from einlass.locks.exivo.words import WrongShape
from einlass.locks.port import Component, KeyOrder

DESCRIPTION = Path(__file__).parents[3] / "shared" / "exivo" / "exivo-api-1.1.0.swagger.json"
ORDER = KeyOrder(
    marker="EL-7K3M9Q2W4T",
    label="Seminarraum Aare · EL-7K3M9Q2W4T",
    phone="+41781234567",
    doors=frozenset({"b", "a"}),
    window=Window(datetime(2026, 10, 25, 1, 0, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 10, 25, 3, 0, tzinfo=UTC)),
    notify=True,
)


def test_creation_says_exactly_this() -> None:
    assert words.payload_of(ORDER, account=account()) == {
        "name": "Seminarraum Aare · EL-7K3M9Q2W4T",
        "validFrom": "2026-10-24T23:00:00Z",
        "validTo": "2026-10-25T03:00:00Z",
        "components": ["a", "b"],
        "formFactor": "ma-phone",
        "publicRegistrationId": "+41781234567",
        "mobileApp": {"name": "dormakaba mobile access", "id": "100200"},
        "installNotification": True,
    }


def test_creation_keeps_to_the_description() -> None:
    if not DESCRIPTION.exists():
        pytest.skip("the vendor's own description of its API lies beside a checkout, never in it")
    definitions: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["definitions"]
    described = definitions["digitalKeyVisitPayload"]
    payload = words.payload_of(ORDER, account=account())

    assert payload.keys() <= described["properties"].keys()
    assert set(described["required"]) <= payload.keys()
    assert payload["formFactor"] in described["properties"]["formFactor"]["enum"]
    assert a_visit().keys() <= definitions["digitalKeyVisit"]["properties"].keys()


@pytest.mark.parametrize(
    ("name", "marker"),
    [
        ("Seminarraum Aare · EL-7K3M9Q2W4T", "EL-7K3M9Q2W4T"),
        ("EL-7K3M9Q2W4T", "EL-7K3M9Q2W4T"),
        ("Raum EL-7K3M9Q2W4T \n", "EL-7K3M9Q2W4T"),
        ("EL-0000000000 EL-7K3M9Q2W4T", "EL-7K3M9Q2W4T"),
        ("EL-7K3M9Q2W4T Raum", ""),
        ("HOTEL-7K3M9Q2W4T", ""),
        ("EL-7K3M9Q2W4", ""),
        ("EL-7K3M9Q2W4TX", ""),
        ("EL-7K3M9Q2W4I", ""),
        ("el-7k3m9q2w4t", ""),
        ("", ""),
    ],
)
def test_marker_stands_at_the_end_of_a_name(name: str, marker: str) -> None:
    assert marker_in(name) == marker


@given(st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=10, max_size=10), st.text())
def test_every_marker_is_found_again(letters: str, room: str) -> None:
    assert marker_in(f"{room} · EL-{letters}") == f"EL-{letters}"
    assert MARKER.search(f"EL-{letters}") is not None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-25T01:00:00Z", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("2026-10-25t01:00:00z", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("2026-10-25T01:00:00.123Z", datetime(2026, 10, 25, 1, 0, 0, 123000, tzinfo=UTC)),
        ("2026-10-25T01:00:00.123456789Z", datetime(2026, 10, 25, 1, 0, 0, 123456, tzinfo=UTC)),
        ("2026-10-25T03:00:00+02:00", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("2026-10-25T01:00:00", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+02:00", None),
        ("2026-13-01T00:00:00Z", None),
        ("tomorrow", None),
        ("", None),
        (None, None),
        (1767225600, None),
    ],
)
def test_times_are_read_leniently(text: object, instant: datetime | None) -> None:
    assert words.instant_of(text) == instant


@given(st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)))
def test_times_come_back_as_they_went(instant: datetime) -> None:
    text = words.instant_text(instant)

    assert text.endswith("Z")
    assert words.instant_of(text) == instant


@pytest.mark.parametrize(
    ("said", "name", "kind", "ready"),
    [
        ({"identifier": "Haupteingang", "labelling": "H-01", "templateIdentifier": "reader"}, "Haupteingang H-01", "reader", None),
        ({"identifier": "Haupteingang", "labelling": None, "ready": True}, "Haupteingang", "", True),
        ({"identifier": "", "labelling": "H-01", "templateIdentifier": None, "ready": False}, "H-01", "", False),
        ({"templateIdentifier": 7, "ready": "yes"}, "", "", None),
        ({"templateIdentifier": ["gateway"]}, "", "", None),
        ({"identifier": "a\x00b\ud800", "templateIdentifier": " "}, "a b", "", None),
    ],
)
def test_component_needs_its_id_only(said: dict[str, object], name: str, kind: str, ready: bool | None) -> None:
    assert words.component_of({"id": DOOR, **said}) == Component(id=DOOR, name=name, kind=kind, ready=ready)


@pytest.mark.parametrize("said", [{}, {"id": None}, {"id": ""}, {"id": 3}, {"id": ".."}, {"id": "a\nb"}, [], "x", None, 3])
def test_component_without_a_usable_id_is_no_answer(said: object) -> None:
    with pytest.raises(WrongShape):
        words.component_of(said)


def test_f09_half_a_key_is_read_as_half_a_key() -> None:
    key = words.key_of({"id": KEY})

    assert (key.marker, key.name, key.phone, key.doors, key.window, key.revoked, key.expired) == (
        "",
        "",
        "",
        frozenset(),
        None,
        False,
        False,
    )
    assert key.alive(datetime(2026, 9, 1, tzinfo=UTC))


@pytest.mark.parametrize("times", [("2026-09-02T08:00:00Z", None), ("x", "y"), ("2026-09-02T08:00:00Z", "2026-09-02T08:00:00Z")])
def test_key_without_a_readable_window_has_none(times: tuple[object, object]) -> None:
    assert words.key_of(a_visit(validFrom=times[0], validTo=times[1])).window is None


@pytest.mark.parametrize("said", ["+41781234567", "+41 78 123 45 67", {"formFactor": "ma-phone", "id": "+41781234567"}])
def test_phone_is_read_flat_or_nested(said: object) -> None:
    assert words.key_of(a_visit(publicRegistrationId=said)).phone == "+41781234567"


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_any_json_is_read_or_of_the_wrong_shape(answer: object) -> None:
    for read in (words.key_of, words.component_of, words.site_of, words.items_of):
        try:
            read(answer)
        except WrongShape:
            continue


@given(st.sampled_from(sorted(a_visit())), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text() | st.integers()))
def test_any_value_in_a_key_is_read_or_of_the_wrong_shape(field: str, value: object) -> None:
    try:
        words.key_of(a_visit(**{field: value}))
    except WrongShape:
        return
