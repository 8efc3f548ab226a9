# SPDX-License-Identifier: Apache-2.0
"""`einlass export`: what it writes, applied to an empty installation, gives the same again; no field can be forgotten."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any, get_args

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.conftest import Exivo
from tests.factories import AARE, API_KEY, API_SECRET, BERN, ENTRANCE, UNTYPED
from tests.operations.config_files import applied, house

from einlass.core.templates import PLACEHOLDERS
from einlass.demo.loader import demo_file
from einlass.models import Branch, EventRecord, LockSystem, MessageTemplate, Organisation, Picture, Question, Service
from einlass.operations import config_schema as schema
from einlass.operations.config_dump import as_yaml, file_of
from einlass.operations.config_export import exported
from einlass.operations.config_file import Applied
from einlass.operations.config_yaml import read
from einlass.operations.pictures import data_of, made_small

pytestmark = pytest.mark.django_db(transaction=True)


def _picture(colour: str = "red") -> str:
    """One pixel, in the form in which pictures are kept."""
    drawn = io.BytesIO()
    Image.new("RGB", (1, 1), colour).save(drawn, "PNG")
    made = made_small(drawn.getvalue())
    return data_of(Picture(media_type=made.media_type, data=made.data))


# One value for every field that is no plain switch or number, other than what counts without it. A new field needs a line here.
VALUES: dict[type[schema.Part], dict[str, Any]] = {
    schema.Organisation: {
        "name": "Häuser & Söhne",
        "languages": ["fr", "de"],
        "default_language": "fr",
        "address": "Bollwerk 15, 3011 Bern",
        "phone": "031 555 01 20",
        "email": "info@example.org",
        "privacy_url": "https://example.org/datenschutz",
        "imprint_url": "https://example.org/impressum",
        "logo": {"data": _picture("blue")},
        "accent_colour": "#1f5fbf",
        "sms_messages": ["sms_reminder", "sms_confirmed"],
    },
    schema.MobileApp: {"name": "eine andere App", "id": "100200"},
    schema.LockSystem: {"key": "exivo", "vendor": "exivo", "api_key": API_KEY, "api_secret": {"env": "EXIVO_SECRET"}},
    schema.Week: {day: ["08:00-12:00", "13:30-24:00"] for day in schema.Week.model_fields},
    schema.ExceptionDay: {"date": "2027-01-02", "hours": []},
    schema.Door: {"component": UNTYPED, "use": "always"},
    schema.Room: {"key": "aare", "name": {"de": "Aare", "fr": "L'Aar"}, "floor": "1. Stock", "doors": [AARE]},
    schema.Branch: {
        "key": "bern",
        "name": {"de": "Bern", "fr": "Berne"},
        "address": "Bahnhofplatz 1",
        "directions_url": "https://example.org/weg",
        "phone": "031 555 01 21",
        "time_zone": "Europe/Vienna",
        "country": "AT",
        "holidays": "AT",
        "lock_system": "exivo",
        "site_id": BERN,
        "embed_origins": ["https://www.example.org", "http://localhost:8000"],
    },
    schema.Service: {
        "key": "seminar",
        "branch": "bern",
        "name": {"de": "Seminar", "fr": "Séminaire"},
        "description": {"de": "Erste Zeile\n\nZweite: mit *Stern*", "fr": "Une ligne"},
        "price": "ab 80 Franken",
        "rooms": ["gurten", "aare"],
        "doors": [AARE],
        "durations": [120, 60],
        "picture": {"data": _picture()},
    },
    schema.Question: {
        "key": "essen",
        "kind": "choice",
        "label": {"de": "Essen", "fr": "Repas"},
        "hint": "Was Sie mögen",
        "options": ["ja", {"key": "nein", "label": {"de": "Nein", "fr": "Non"}}],
        "services": ["seminar"],
    },
    schema.Template: {
        "key": "exivo_booking_page",
        "subject": {"de": "Betreff", "fr": "Objet"},
        "text": {"de": "# Guten Tag\n\n- eins", "fr": "Oui"},
    },
}
PARTS = [found for found in vars(schema).values() if isinstance(found, type) and issubclass(found, schema.Part)]
PARTS.remove(schema.Part)


@pytest.fixture(autouse=True)
def _secret_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXIVO_SECRET", API_SECRET)


def emptied() -> None:
    """An installation that nobody has configured."""
    for model in (Question, MessageTemplate, Service, Branch, LockSystem, Organisation, Picture, EventRecord):
        model.objects.all().delete()


def carried_over() -> dict[str, Any]:
    """The configuration, exported and applied to an empty installation."""
    written = as_yaml(exported())
    emptied()
    applied(written)
    return exported()


def whole(kind: type[schema.Part]) -> dict[str, Any]:
    """A part with a value in every field."""
    return {name: _filled(kind, name) for name in kind.model_fields}


def _filled(kind: type[schema.Part], name: str) -> Any:
    """By the table, else what the type allows beside the default; fails for a field that nobody thought of."""
    field = kind.model_fields[name]
    inner = next((part for part in (field.annotation, *get_args(field.annotation)) if part in PARTS), None)
    if name in VALUES.get(kind, {}):
        return VALUES[kind][name]
    if inner is not None:
        return [whole(inner)] if "list" in str(field.annotation) else whole(inner)
    if field.default is False or field.default is True:
        return not field.default
    if isinstance(field.default, int) or "int" in str(field.annotation):
        return (field.default or 0) + 6
    raise AssertionError(f"VALUES names nothing for {kind.__name__}.{name}")


def everything() -> dict[str, Any]:
    """A file that says something in every field of every part; every template that there is."""
    file = whole(schema.ConfigFile) | {"templates": [whole(schema.Template) | {"key": key} for key in sorted(PLACEHOLDERS)]}
    branch = file["branches"][0]
    branch["doors"] += [{"component": ENTRANCE, "use": "none", "allow_unknown": True}]
    branch["doors"] += [{"component": AARE, "use": "services", "allow_unknown": False}]
    branch["rooms"] += [{"key": "gurten", "name": "Gurten", "active": True}]
    return file


def test_every_field_of_the_file_is_exported_as_it_was_given(exivo: Exivo) -> None:
    file = everything()

    applied(file)

    assert file_of(exported()) == file


def test_every_field_says_something_in_that_test() -> None:
    same = [
        f"{kind.__name__}.{name}"
        for kind in PARTS
        if kind not in {schema.ConfigFile, schema.ExceptionDay}
        for name, field in kind.model_fields.items()
        if name != "vendor" and _filled(kind, name) == field.default
    ]

    assert same == []


def test_demo_file_is_the_same_after_a_way_through_an_empty_installation(exivo: Exivo) -> None:
    applied(demo_file())
    before = exported()

    assert carried_over() == before


def test_everything_is_the_same_after_a_way_through_an_empty_installation(exivo: Exivo) -> None:
    applied(everything())
    before = exported()

    assert carried_over() == before


def test_export_applied_to_its_own_installation_changes_nothing(exivo: Exivo) -> None:
    for file in (demo_file(), everything()):
        emptied()
        applied(file)

        assert applied(as_yaml(exported())) == Applied((), ())


def test_secret_is_not_in_it_and_names_the_variable_it_is_read_from(exivo: Exivo) -> None:
    applied(house())

    text = as_yaml(exported())

    assert API_SECRET not in text
    assert "    api_secret: {env: EXIVO_SECRET}\n" in text


def test_key_with_signs_that_no_variable_has_is_turned_into_one(db: None) -> None:
    LockSystem.objects.create(key="2nd-house", sealed_secret="sealed")

    (system,) = exported()["lock_systems"]

    assert system["api_secret"] == {"env": "_2ND_HOUSE_SECRET"}


def test_order_survives(exivo: Exivo) -> None:
    file = house()
    file["branches"].insert(0, {"key": "zug", "name": "Zug", "time_zone": "Europe/Zurich", "rooms": [{"key": "z", "name": "Z"}]})
    file["branches"][1]["doors"].reverse()
    file["branches"][1]["rooms"].reverse()
    file["services"].insert(0, {"key": "zuerst", "branch": "zug", "name": "Zuerst", "rooms": ["z"], "durations": [30]})
    file["questions"].reverse()
    applied(file)

    after = carried_over()

    assert [branch["key"] for branch in after["branches"]] == ["zug", "bern"]
    assert [door["component"] for door in after["branches"][1]["doors"]] == [AARE, ENTRANCE]
    assert [room["key"] for room in after["branches"][1]["rooms"]] == ["gurten", "aare"]
    assert [service["key"] for service in after["services"]] == ["zuerst", "seminar"]
    assert [question["key"] for question in after["questions"]] == ["mobile", "email", "last_name", "first_name"]


def test_value_that_was_emptied_stays_empty(exivo: Exivo) -> None:
    applied(house())
    system = {"key": "exivo", "mobile_app": {"name": ""}, "install_notification": False}
    question = {"key": "mobile", "label": "", "hint": {"de": ""}}
    applied({"lock_systems": [system], "questions": [question]})

    after = carried_over()

    assert after["lock_systems"][0]["mobile_app"]["name"] == ""
    assert after["questions"][-1]["label"] == ""


def test_no_limit_of_open_bookings_survives(exivo: Exivo) -> None:
    applied(house())
    applied({"organisation": {"most_open_bookings": None}})

    assert carried_over()["organisation"]["most_open_bookings"] is None


def test_template_with_a_subject_alone_survives(exivo: Exivo) -> None:
    MessageTemplate.objects.create(key="exivo_booking_page", subject="Nur ein Betreff")

    assert carried_over()["templates"] == [{"key": "exivo_booking_page", "subject": "Nur ein Betreff", "text": ""}]


def test_text_in_one_language_is_that_text(exivo: Exivo) -> None:
    applied(house("services", 0, "name", value={"de": "Saal", "en": "Hall"}))
    applied({"services": [{"key": "seminar", "description": {"de": "Gross"}}]})

    assert exported()["services"][0]["description"] == "Gross"
    assert applied({"services": [{"key": "seminar", "description": {"de": "Gross"}}]}) == Applied((), ())


@pytest.mark.parametrize("text", ["Eins\nZwei", "Eins\r\nZwei", "Eins\nZwei\n", " \nEins\nZwei \n\n"])
def test_text_is_the_same_however_its_lines_end(exivo: Exivo, text: str) -> None:
    applied(house("services", 0, "description", value=text))

    assert exported()["services"][0]["description"] == "Eins\nZwei"
    assert applied({"services": [{"key": "seminar", "description": {"de": "Eins\nZwei"}}]}) == Applied((), ())


def test_long_text_stands_as_it_was_typed_and_short_things_on_one_line(exivo: Exivo) -> None:
    applied(everything())

    lines = as_yaml(exported()).splitlines()

    assert lines[0].startswith("# ")
    assert [line.rstrip(":") for line in lines if line[:1].isalpha()] == list(schema.ConfigFile.model_fields)
    assert "    durations: [120, 60]" in lines
    margins = ["      early_minutes: 21", "      late_minutes: 21", "      shrink_margins: true", "      remake_running: false"]
    assert lines[lines.index("    access:") + 1 :][:4] == margins
    assert lines[lines.index("      de: |-") + 1 :][:3] == ["        Erste Zeile", "", "        Zweite: mit *Stern*"]
    assert "  name: Häuser & Söhne" in lines


AWKWARD = [
    "|",
    "- a",
    "a: b",
    "# x",
    "'",
    '"',
    " vorn",
    "hinten ",
    "\n",
    "a\n",
    "\na\n\n b\n",
    "a \nb",
    "ja",
    "null",
    "12:30",
    "1e3",
    "\u2028x",
    "🗝️\t",
    "é",
    "{{ x }}",
    "%",
    "&a",
    "*a",
    "!t",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_text_is_read_as_it_was_written(text: str) -> None:
    organisation = {"name": "x", "address": text, "languages": ["de"]}

    assert read(as_yaml({"organisation": organisation}), source="x").data == {"organisation": organisation}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    service = {"key": "a", "description": {"de": text, "en": "x"}, "rooms": [text], "durations": [60]}

    assert read(as_yaml({"services": [service]}), source="x").data == {"services": [service]}


def test_it_is_plain_yaml_for_other_programs(exivo: Exivo) -> None:
    applied(everything())

    assert yaml.safe_load(as_yaml(exported())) == file_of(exported())
    assert dt.date.fromisoformat(file_of(exported())["branches"][0]["exceptions"][0]["date"])
