# SPDX-License-Identifier: Apache-2.0
"""What `einlass apply` refuses: every error with its line and its field, and nothing changed. The vendor is the emulator."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.conftest import Exivo
from tests.factories import AARE, ENTRANCE, GATEWAY, UNTYPED, WC
from tests.operations.config_files import applied, door, house, refused

from einlass.models import Branch, Door, LockSystem
from einlass.operations.config_file import ConfigFileError

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_error_is_told_at_once_with_its_line(exivo: Exivo) -> None:
    text = """\
organisation: {name: Haus, languages: [de], default_language: fr}
branches:
  - key: bern
    name: Bern
    time_zone: Europe/Zurihc
    opening_hors: {}
    opening_hours: {mon: ["7-9"]}
    rooms:
      - {key: aare, name: Aare, capacity: many}
      - {key: aare, name: Aare}
services:
  - {key: seminar, branch: bern, name: S, rooms: [aare, gurten], durations: [60, 60]}
  - {key: seminar, branch: thun, name: S, rooms: [aare], durations: [60]}
questions:
  - {key: colour, kind: choice}
  - {key: mobile, kind: mobil}
opening: 1
opening: 2
"""
    with pytest.raises(ConfigFileError) as caught:
        applied(text, source="house.yaml")

    assert [f"{error.line} {error.path}" for error in caught.value.errors] == [
        "1 organisation.default_language",
        "5 branches.bern.time_zone",
        "6 branches.bern.opening_hors",
        "7 branches.bern.opening_hours.mon[1]",
        "9 branches.bern.rooms.aare.capacity",
        "10 branches.bern.rooms.aare.key",
        "12 services.seminar.durations",
        "12 services.seminar.rooms[2]",
        "13 services.seminar.branch",
        "13 services.seminar.key",
        "15 questions.colour.options",
        "16 questions.mobile.kind",
        "18 opening",
        "18 opening",
    ]
    assert not Branch.objects.exists()


@pytest.mark.parametrize(
    ("path", "value", "field", "sentence"),
    [
        (("lock_systems", 0, "mobile_app"), {"id": "abc"}, "lock_systems.exivo.mobile_app.id", "must be digits only"),
        (("organisation", "default_language"), "fr", "organisation.default_language", "fr is not among the languages de, en"),
        (
            ("organisation", "languages"),
            ["de", "xx"],
            "organisation.languages[2]",
            "is no known language",
        ),
        (("branches", 0, "time_zone"), "Europe/Bern", "branches.bern.time_zone", "is no known time zone"),
        (("branches", 0, "time_zone"), None, "branches.bern.time_zone", "is missing"),
        (
            ("branches", 0, "rooms", 1, "key"),
            "Bern 1",
            "branches.bern.rooms.Bern 1.key",
            "must be a short name",
        ),
        (("branches", 0, "country"), "XX", "branches.bern.country", "is no known country"),
        (
            ("branches", 0, "holidays"),
            "CH-XX",
            "branches.bern.holidays",
            "is no known holiday region",
        ),
        (("branches", 0, "lock_system"), "exvio", "branches.bern.lock_system", "there is no lock system exvio: there are exivo"),
        (("branches", 0, "capacity"), 3, "branches.bern.capacity", None),
        (
            ("branches", 0, "opening_hours", "mon"),
            ["7-9"],
            "branches.bern.opening_hours.mon[1]",
            "'7-9' is no opening time",
        ),
        (("branches", 0, "rooms", 0, "capacity"), "many", "branches.bern.rooms.aare.capacity", "must be a whole number"),
        (("branches", 0, "rooms", 0, "doors"), [WC], "branches.bern.rooms.aare.doors[1]", "is not listed among the doors of branch bern"),
        (
            ("branches", 0, "doors", 1, "use"),
            "none",
            "branches.bern.rooms.aare.doors[1]",
            "is not used at branch bern",
        ),
        (("branches", 0, "doors", 1, "use"), "often", "branches.bern.doors." + AARE + ".use", "must be one of none, always or services"),
        (("branches", 0, "doors", 1, "component"), ENTRANCE, None, None),
        (("branches", 0, "rooms", 1, "key"), "aare", None, None),
        (("services", 0, "branch"), "thun", "services.seminar.branch", "there is no branch thun: there are bern"),
        (("services", 0, "rooms"), ["mill"], "services.seminar.rooms[1]", "is no room of branch bern: there are aare, gurten"),
        (("services", 0, "rooms"), [], "services.seminar.rooms", "must not be empty"),
        (("services", 0, "durations"), [60, 60], "services.seminar.durations", "names 60 twice"),
        (("services", 0, "durations"), [0], "services.seminar.durations[1]", "must be at least 1"),
        (("services", 0, "durations"), None, "services.seminar.durations", "is missing"),
        (("services", 0, "doors"), [WC], "services.seminar.doors[1]", "is not listed among the doors of branch bern"),
        (("services", 0, "name"), {"de": "Seminar", "xx": "S"}, "services.seminar.name", None),
        (("services", 0, "stepp"), 30, "services.seminar.stepp", "is no field here: did you mean step?"),
        (("questions", 0, "kind"), "txt", "questions.first_name.kind", "is no kind of question: did you mean text?"),
        (("questions", 0, "kind"), "choice", "questions.first_name.options", None),
        (("questions", 0, "services"), ["yoga"], "questions.first_name.services[1]", "there is no service yoga: there are seminar"),
        (("lock_systems", 0, "api_secret"), None, "lock_systems.exivo.api_secret", None),
        (
            ("lock_systems", 0, "api_secret"),
            {"env": "NOT_SET"},
            "lock_systems.exivo.api_secret",
            "the environment variable NOT_SET",
        ),
        (
            ("lock_systems", 0, "api_secret"),
            {"file": "no-file"},
            "lock_systems.exivo.api_secret",
            "no-file cannot be read",
        ),
        (("templates",), [{"key": "exivo_booking_page", "text": "{{ nmae }}"}], "templates.exivo_booking_page.text", None),
    ],
)
@pytest.mark.usefixtures("exivo")
def test_wrong_value_names_its_field_and_changes_nothing(
    path: tuple[Any, ...], value: Any, field: str | None, sentence: str | None
) -> None:
    errors = refused(house(*path, value=value))

    if field is not None:
        assert [name for name, _ in errors] == [field]
    if sentence is not None:
        assert [said.startswith(sentence) for _, said in errors] == [True]
    assert not Branch.objects.exists()
    assert not LockSystem.objects.exists()


def test_gateway_is_an_error_at_its_line(exivo: Exivo) -> None:
    text = yaml.safe_dump(door(9), sort_keys=False)
    with pytest.raises(ConfigFileError) as caught:
        applied(text)

    (error,) = caught.value.errors
    assert GATEWAY in text.splitlines()[error.line - 1]
    assert error.sentence == "is a gateway, which is no door and cannot be chosen: write use: none"
    assert not Branch.objects.exists()


def test_gateway_cannot_be_allowed_by_a_person(exivo: Exivo) -> None:
    assert len(refused(door(9, allow_unknown=True))) == 1


def test_component_without_a_type_needs_a_persons_permission(exivo: Exivo) -> None:
    assert refused(door(10)) == [
        (f"branches.bern.doors.{UNTYPED}.component", "has no readable type: if it is a door, write allow_unknown: true")
    ]

    applied(door(10, allow_unknown=True))

    assert Door.objects.get(component=UNTYPED).allow_unknown is True


def test_component_that_exivo_does_not_list_is_an_error(exivo: Exivo) -> None:
    assert [said for _, said in refused(door(77))] == ["exivo does not list this component at site Bern Bahnhof"]


def test_wrong_site_and_wrong_secret_are_errors_at_their_lines(exivo: Exivo) -> None:
    site = refused(house("branches", 0, "site_id", value="51000000-0000-4000-8000-000000000009"))
    secret = refused(house("lock_systems", 0, "api_secret", value="b0000000-0000-4000-8000-0000000000ff"))

    assert [path for path, _ in site] == ["branches.bern.site_id"]
    assert site[0][1].startswith("exivo does not know this site")
    assert [path for path, _ in secret] == ["lock_systems.exivo.api_secret"]
    assert secret[0][1].startswith("exivo does not accept the API key or the API secret")
    assert not Branch.objects.exists()


@pytest.mark.parametrize("text", ["branches: [", "- a\n- b", "a: &a [*a]", "\t", "branches: {a: b}", "? [1]\n: 2"])
def test_what_is_no_configuration_is_refused_with_a_line(exivo: Exivo, text: str) -> None:
    with pytest.raises(ConfigFileError) as caught:
        applied(text)

    assert all(error.line >= 1 and error.file == "house.yaml" for error in caught.value.errors)


def test_one_door_of_a_site_belongs_to_one_branch(exivo: Exivo) -> None:
    made = house()
    made["branches"].append(made["branches"][0] | {"key": "two", "rooms": [], "doors": [{"component": ENTRANCE, "use": "always"}]})

    assert refused(made) == [(f"branches.two.doors.{ENTRANCE}.component", "is used at branch bern already, which has the same site")]
