# SPDX-License-Identifier: Apache-2.0
"""The log of changes: every kind of event is a sentence, every change says before and after, and no secret is ever in it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from tests import factories as make
from tests.conftest import NOW
from tests.docs.test_events import CLASSES
from tests.web.pages.conftest import text_of
from tests.web.pages.filling import send

from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import CLOCK, GUEST, Actor, DoorOpeningEnded, KeyTrouble, SettingsChanged, TokenCreated, UserChanged, UserSecured
from einlass.models import Booking, EventRecord, LockSystem, Service
from einlass.operations.bookings import cancel, reschedule
from einlass.operations.config_file import apply
from einlass.operations.config_schema import ConfigFile, Part
from einlass.operations.events import record
from einlass.operations.settings import save
from einlass.web.manage import audit
from einlass.web.manage.event_words import SENTENCES
from einlass.web.manage.setting_words import FIELDS, Names, changes_of, label_of

LOG = "/manage/settings/audit/"
STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
FILE = Actor(ActorKind.STAFF, "einlass apply")


@pytest.fixture
def owner(german: Client, db: None) -> Client:
    german.force_login(make.make_user())
    return german


def put(part: dict[str, Any], subject: str, *, actor: Actor = STAFF) -> None:
    save(part, subject=subject, now=NOW, actor=actor)


def test_change_says_who_when_what_before_and_after(owner: Client, service: Service) -> None:
    put({"branches": [{"key": "bern", "access": {"early_minutes": 20}}]}, "branches.bern")

    page = text_of(owner.get(LOG))

    assert "heute, 10:00 Nadia Keller Einstellungen wurden gespeichert, von denen Türen und Schlüssel abhängen." in page
    assert "Filiale Bern Bahnhof, Minuten vor Beginn 15 → wurde zu 20" in page


def test_text_is_told_per_language_and_long_ones_line_by_line(owner: Client, service: Service) -> None:
    put({"services": [{"key": "seminar", "name": {"de": "Saal Aare", "en": "Seminar room Aare"}}]}, "services.seminar")
    put({"services": [{"key": "seminar", "description": "Erste Zeile\nZweite Zeile\nDritte Zeile"}]}, "services.seminar")
    put({"services": [{"key": "seminar", "description": "Erste Zeile\nAndere Zeile\nDritte Zeile"}]}, "services.seminar")

    page = text_of(owner.get(LOG))

    assert "Dienstleistung Saal Aare, Name, Deutsch Seminarraum Aare → wurde zu Saal Aare" in page
    assert "Dienstleistung Saal Aare, Beschreibung Entfernt: Zweite Zeile Hinzugefügt: Andere Zeile" in page
    assert "{" not in page


def test_what_came_and_went_is_told_field_by_field(owner: Client, service: Service) -> None:
    put({"branches": [{"key": "bern", "rooms": [{"key": "marzili", "name": "Marzili", "capacity": 8}]}]}, "branches.bern")

    page = text_of(owner.get(LOG))

    assert "Filiale Bern Bahnhof, Raum Marzili, Name – → wurde zu Marzili" in page
    assert "Filiale Bern Bahnhof, Raum Marzili, Plätze – → wurde zu 8" in page


def test_order_is_told_by_names(owner: Client, service: Service) -> None:
    make.make_service(service.branch, "kurs", name="Kurs", rooms=list(service.rooms.all()), position=1)
    put({"services": [{"key": "kurs"}, {"key": "seminar"}]}, "services")

    assert "Dienstleistungen Seminarraum Aare, Kurs → wurde zu Kurs, Seminarraum Aare" in text_of(owner.get(LOG))


def test_doors_and_their_use_are_told_in_words(owner: Client, service: Service) -> None:
    put({"branches": [{"key": "bern", "doors": [{"component": make.WC, "use": "none"}]}]}, "branches.bern")
    put({"services": [{"key": "seminar", "doors": [make.CONSULTING]}]}, "services.seminar")

    page = text_of(owner.get(LOG))

    assert "Filiale Bern Bahnhof, Tür WC 1. Stock W-01, Verwendung öffnet immer → wurde zu –" in page
    assert "Dienstleistung Seminarraum Aare, Türen – → wurde zu Beratungszimmer B-01" in page


def test_moved_and_cancelled_bookings_say_when_and_why(owner: Client, booking: Booking) -> None:
    reschedule(booking, start=booking.start + timedelta(hours=4), duration=None, actor=STAFF, now=NOW)
    cancel(booking, actor=STAFF, now=NOW, reason="Umbau")

    page = text_of(owner.get(LOG)).replace("\N{NO-BREAK SPACE}", " ")

    assert f"Buchung {booking.reference} wurde storniert. Grund: Umbau" in page
    assert f"Buchung {booking.reference} wurde umgebucht. Beginn Di, 24. November, 10:00 → wurde zu Di, 24. November, 14:00" in page


def test_corrected_answers_are_named_by_their_questions(owner: Client, booking: Booking) -> None:
    send(owner, f"/manage/bookings/{booking.reference}/answers/", **{"answer-last_name": "Muster", "answer-mobile": "079 000 11 22"})

    page = text_of(owner.get(LOG))

    assert f"Antworten von Buchung {booking.reference} wurden berichtigt: Nachname, Mobilnummer." in page
    assert "Muster" not in page


def test_changes_by_people_are_shown_and_the_others_on_demand(owner: Client, booking: Booking) -> None:
    record(KeyTrouble("vendor_unreachable"), actor=CLOCK, now=NOW, booking=booking)
    cancel(booking, actor=STAFF, now=NOW)

    def told(**filters: str) -> list[bool]:
        page = text_of(owner.get(LOG, filters))
        return [words in page for words in ("wurde bestätigt", "hat ein Problem", "wurde storniert")]

    assert told() == [False, False, True]
    assert told(who="all") == [True, True, True]
    assert told(who="guest") == [True, False, False]
    assert told(who="clock") == [False, True, False]
    assert told(who="api") == [False, False, False]
    assert told(who="Nadia Keller") == [False, False, True]
    assert told(who="Niemand") == [False, False, False]


EVERYTHING = ["Minuten vor Beginn 15 →", "Konfigurationsdatei", "Das Konto", "Der Zugang", "exivo hat sie geöffnet"]
SETTING, FILED, ACCOUNT, TOKEN, OPENED = EVERYTHING


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"area": "branches"}, [SETTING, FILED]),
        ({"area": "organisation"}, [FILED]),
        ({"area": "team"}, [ACCOUNT]),
        ({"area": "tokens"}, [TOKEN]),
        ({"area": "doors"}, [OPENED]),
        ({"area": "nothing that there is"}, EVERYTHING),
        ({"branch": "bern"}, [SETTING, OPENED]),
        ({"from": "2026-11-23", "to": "2026-11-23"}, EVERYTHING),
        ({"from": "2026-11-24"}, []),
        ({"to": "2026-11-22"}, []),
        ({"q": "Schlüsselkasten"}, [TOKEN]),
        ({"q": "einlass apply"}, [FILED]),
        ({"q": "early_minutes"}, [SETTING, FILED]),
        ({"q": "\0"}, EVERYTHING),
        ({"from": "gestern", "to": "morgen", "before": "x", "branch": "nowhere"}, EVERYTHING),
    ],
)
def test_filters_stand_in_the_address(owner: Client, service: Service, filters: dict[str, str], found: list[str]) -> None:
    put({"branches": [{"key": "bern", "access": {"early_minutes": 20}}]}, "branches.bern")
    text = "organisation: {name: Neu}\nbranches: [{key: bern, access: {early_minutes: 30}}]"
    apply(text, source="x", now=NOW, actor=FILE, ask_vendor=False)
    record(UserChanged("a@example.org", [{"field": "role", "old": "staff", "new": "owner"}]), actor=STAFF, now=NOW)
    record(TokenCreated("Schlüsselkasten", "owner"), actor=STAFF, now=NOW)
    record(DoorOpeningEnded("c", "Eingang", "opened"), actor=STAFF, now=NOW, branch=service.branch)

    page = text_of(owner.get(LOG, filters))
    assert [words for words in EVERYTHING if words in page] == found


def test_older_events_are_read_on(owner: Client, service: Service) -> None:
    for n in range(audit.PER_PAGE + 1):
        record(TokenCreated(f"Nummer {n}.", "owner"), actor=STAFF, now=NOW)

    first = owner.get(LOG, {"area": "tokens"})
    older = first.context["older"]
    second = owner.get(LOG, {"area": "tokens", "before": older})

    assert [len(page.context["entries"]) for page in (first, second)] == [audit.PER_PAGE, 1]
    assert f"before={older}" in first.content.decode()
    assert "Der Zugang Nummer 0. wurde angelegt." in text_of(second)
    assert (second.context["older"], "Neueste" in text_of(second)) == (None, True)


def test_empty_log_says_what_will_stand_here(owner: Client) -> None:
    assert "Sobald jemand eine Einstellung ändert, steht es hier" in text_of(owner.get(LOG))


@pytest.mark.parametrize("kind", [found.kind for found in CLASSES])
def test_every_kind_of_event_is_a_sentence(kind: str) -> None:
    with translation.override("de"):
        assert str(SENTENCES[kind]) != ""


def test_every_kind_of_event_can_be_told_without_its_data(owner: Client, db: None) -> None:
    for found in CLASSES:
        EventRecord.objects.create(at=NOW, kind=found.kind, actor_kind="staff", actor_name="Nadia", data={})
    EventRecord.objects.create(at=NOW, kind="something.else", actor_kind="staff", actor_name="Nadia", data={})

    page = owner.get(LOG)

    assert page.status_code == 200
    assert len(page.context["entries"]) == len(CLASSES) + 1
    assert "something.else" in text_of(page)


def _paths(kind: type[Part], *, at: str = "") -> list[str]:
    """Every field of the configuration as the log names it."""
    found: list[str] = []
    for name, field in kind.model_fields.items():
        inner = next((part for part in _parts(field.annotation)), None)
        path = f"{at}.{name}" if at else name
        if inner is None:
            found.append(path)
        else:
            found += _paths(inner, at=f"{path}.x" if "list" in str(field.annotation) else path)
    return found


def _parts(annotation: Any) -> list[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [found for one in getattr(annotation, "__args__", ()) for found in _parts(one)]


def test_every_field_of_the_configuration_has_a_name_in_words() -> None:
    with translation.override("de"):
        told = {path: label_of(path, names=Names({})) for path in _paths(ConfigFile)}
        words = tuple(str(word) for word in FIELDS.values())

    assert [path for path, label in told.items() if not label.endswith(words)] == []


def test_field_that_nobody_named_is_told_by_its_path() -> None:
    with translation.override("de"):
        (change,) = changes_of([{"field": "branches.bern.strange.thing", "old": 1, "new": [2]}], names=Names({}), default="de")

    assert (change.label, change.before, change.after) == ("Filiale bern, strange.thing", "1", "2")


def test_log_asks_the_database_equally_often_for_one_and_three(owner: Client, service: Service) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            owner.get(LOG, {"who": "all"})
        return len(queries)

    def something(n: int) -> None:
        booking = make.make_booking(service, now=NOW, hours=24 + 3 * n)
        cancel(booking, actor=GUEST, now=NOW)
        put({"branches": [{"key": "bern", "access": {"early_minutes": 20 + n}}]}, "branches.bern")

    something(0)
    one = asked()
    something(1)
    something(2)

    assert asked() == one


@pytest.mark.parametrize("role", ["manager", "staff", "read_only"])
def test_log_is_the_owners(german: Client, service: Service, role: str) -> None:
    german.force_login(make.make_user("x@example.org", role=role, branches=[service.branch]))

    assert german.get(LOG).status_code == 403


def test_stranger_has_to_sign_in(german: Client, db: None) -> None:
    assert german.get(LOG).status_code == 302


SECRETS = ("geheim-0123456789", "noch-geheimer-98765", "+41781239988", "031 555 77 66", "a long secret password")


def test_no_secret_and_no_whole_number_is_ever_in_it(owner: Client, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, newer, mobile, phone, password = SECRETS
    monkeypatch.setenv("EXIVO_SECRET", newer)
    put({"lock_systems": [{"key": "exivo", "api_secret": secret}]}, "lock_systems.exivo")
    put({"lock_systems": [{"key": "other", "api_key": "public-one", "api_secret": secret}]}, "lock_systems.other")
    put(
        {"branches": [{"key": "bern", "phone": phone}, {"key": "thun", "name": "Thun", "time_zone": "Europe/Zurich", "phone": phone}]},
        "branches",
    )
    put({"organisation": {"phone": phone}}, "organisation")
    text = f"lock_systems: [{{key: other, api_secret: {{env: EXIVO_SECRET}}}}]\norganisation: {{name: Neu, phone: {phone[:-1]}1}}"
    apply(text, source="x", now=NOW, actor=FILE, ask_vendor=False)
    booking = make.make_booking(service, now=NOW, mobile=mobile)
    reschedule(booking, start=booking.start + timedelta(hours=3), duration=None, actor=STAFF, now=NOW)
    cancel(booking, actor=STAFF, now=NOW)
    make.make_user("neu@example.org", role="staff", branches=[service.branch])
    record(UserSecured("neu@example.org", "password"), actor=STAFF, now=NOW)

    written = json.dumps([row.data for row in EventRecord.objects.all()]) + text_of(owner.get(LOG, {"who": "all"}))

    assert [one for one in (*SECRETS, phone[:-1] + "1", phone.replace(" ", "")) if one in written or one.replace(" ", "") in written] == []
    assert "API-Secret … → wurde zu …" in written
    assert "Anbindung other, API-Secret – → wurde zu …" in written
    assert LockSystem.objects.count() == 2
    assert password not in written


def test_change_without_values_says_only_that(owner: Client, db: None) -> None:
    record(SettingsChanged([]), actor=STAFF, now=NOW, subject="questions")

    assert "Einstellungen wurden gespeichert." in text_of(owner.get(LOG, {"area": "questions"}))
