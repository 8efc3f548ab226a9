# SPDX-License-Identifier: Apache-2.0
"""One booking for the staff: facts, key, history; and who may see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import factories as make
from tests.conftest import NOW, FakeClock
from tests.web.pages.conftest import text_of
from tests.web.pages.key_rows import give_key, give_trouble
from tests.web.pages.one_booking import at, page_of, part

from einlass.core import events
from einlass.core.access import PROBLEMS, AccessState
from einlass.core.bookings import Actor as ActorKind
from einlass.core.diagnosis import DoorQuestion, DoorSituation, diagnose
from einlass.core.events import CLOCK, GUEST, Actor
from einlass.core.grants import Admissible, DoorUse
from einlass.core.keys import KeyState
from einlass.core.locks import LockSystemState
from einlass.core.openings import OpeningState
from einlass.core.windows import Window
from einlass.models import Access, Booking, Branch, Door, DoorOpening, EventRecord, LockSystem, Message, Question, Service, VendorCall
from einlass.operations.bookings import cancel, reschedule
from einlass.operations.events import record
from einlass.operations.keys import reconcile
from einlass.web.manage.booking_key import HEADINGS
from einlass.web.manage.key_advice import ADVICE
from einlass.web.manage.opening import WORDS
from einlass.web.manage.timeline_words import OTHERS, SENTENCES
from einlass.web.manage.why_words import CAUSES, CHECKS

NADIA = Actor(ActorKind.STAFF, "Nadia Keller")
# No vendor is asked inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def test_page_tells_guest_time_and_answers_with_links(desk: Client, booking: Booking) -> None:
    response = desk.get(page_of(booking))

    html, text = response.content.decode(), text_of(response)
    assert re.findall(r"<h1>(.+?)</h1>", html) == ["Lea Baumann"]
    assert "Raum aare, Dienstag, 24. November 2026, 10:00–12:00" in text
    assert "Vorname Lea Nachname Baumann E-Mail lea.baumann@example.org Mobilnummer 078 123 45 67" in text
    assert '<a href="tel:+41781234567">078 123 45 67</a>' in html
    assert '<a href="mailto:lea.baumann@example.org">lea.baumann@example.org</a>' in html
    assert f"http://testserver/b/{booking.link_token}/" in html


def test_neighbour_whose_key_opens_at_the_same_time_is_named_on_both_pages(desk: Client, booking: Booking) -> None:
    other = make.make_booking(booking.service, now=NOW, hours=26, mobile="079 000 11 22", last_name="Wyss")

    pages = [desk.get(page_of(each)) for each in (booking, other)]

    texts = [text_of(page) for page in pages]
    assert "Zwei Schlüssel zugleich 11:45–12:15 öffnet auch der Schlüssel der Buchung daneben: Lea Wyss" in texts[0]
    assert "Zwei Schlüssel zugleich 11:45–12:15 öffnet auch der Schlüssel der Buchung daneben: Lea Baumann" in texts[1]
    assert f'href="{page_of(other)}"' in pages[0].content.decode()
    assert 'href="/manage/settings/branches/bern/"' in pages[0].content.decode()


def test_neighbours_are_no_matter_where_margins_end_at_each_other(desk: Client, booking: Booking) -> None:
    make.make_booking(booking.service, now=NOW, hours=26, mobile="079 000 11 22")
    Branch.objects.update(shrink_margins=True)

    assert "Zwei Schlüssel zugleich" not in text_of(desk.get(page_of(booking)))


def test_page_shows_answers_in_words_also_of_questions_that_are_gone(desk: Client, booking: Booking) -> None:
    Question.objects.create(
        key="seats", kind="several", label={"de": "Bestuhlung"}, options=[{"key": "circle", "label": {"de": "im Kreis"}}], active=False
    )
    Question.objects.create(key="lunch", kind="yes_no", label={"de": "Mittagessen"}, position=1)
    Booking.objects.update(answers={"seats": ["circle"], "lunch": True, "old_one": "bleibt"})

    assert "Mittagessen Ja" in (text := text_of(desk.get(page_of(booking))))
    assert "Bestuhlung im Kreis" in text
    assert "Old one bleibt" in text


def test_key_that_is_ready_tells_when_it_was_read_and_each_door(desk: Client, ready: Booking) -> None:
    Door.objects.filter(component=make.ENTRANCE).update(ready=True)
    Door.objects.filter(component=make.CLOAKROOM).update(ready=False, silent_since=NOW - timedelta(hours=1))
    Door.objects.filter(component=make.WC).update(ready=None)

    card = part(desk.get(page_of(ready)).content.decode(), "key-heading")

    assert card.startswith("Bereit Gilt ab Di, 24. November, 09:45")
    assert "Zuletzt bei exivo gelesen: heute, 10:00" in card
    assert "Haupteingang H-01 antwortet" in card
    assert "Garderobe G-01 antwortet nicht seit heute, 09:00" in card
    assert "WC 1. Stock W-01 nicht gemeldet" in card
    assert "09:45–12:15" in card
    assert "078 123 45 67" in card


def test_key_tells_a_later_reading_of_the_whole_site(desk: Client, ready: Booking) -> None:
    Branch.objects.update(keys_swept_at=NOW + timedelta(minutes=20))

    with at(NOW + timedelta(minutes=25)):
        assert "Zuletzt bei exivo gelesen: heute, 10:20" in text_of(desk.get(page_of(ready)))


def test_key_in_trouble_tells_code_since_next_attempt_and_what_to_do(desk: Client, booking: Booking) -> None:
    Access.objects.update(
        problem="refused",
        problem_since=NOW - timedelta(minutes=20),
        next_check_at=NOW + timedelta(minutes=15),
        problem_text="POST digitalKeyVisits answered 400: no such thing",
    )

    html = desk.get(page_of(booking)).content.decode()
    card = part(html, "key-heading")

    assert "Problem Der Schlüssel ist nicht bestätigt" in card
    assert "exivo lehnt diesen Schlüssel ab. Prüfen Sie Türen und Nummer, dann lassen Sie den Schlüssel neu ausstellen." in card
    assert "Seit heute, 09:40 Nächster Versuch heute, 10:15 Code refused" in card
    assert "<details><summary>Was exivo zuletzt sagte</summary>" in html


def test_key_fragment_is_nothing_while_the_card_is_as_shown(desk: Client, ready: Booking) -> None:
    html = desk.get(page_of(ready)).content.decode()
    seen = re.search(r"key/\?seen=(\w+)", html)
    assert seen is not None

    same = desk.get(page_of(ready, f"key/?seen={seen[1]}"))
    changed = desk.get(page_of(ready, "key/?seen=other"))

    assert same.status_code == 204
    assert changed.content.decode().strip().startswith('<section id="key"')


def test_key_of_a_booking_that_waits_comes_with_its_approval(desk: Client, service: Service) -> None:
    Service.objects.update(approval=True)
    booking = make.make_booking(Service.objects.get(), now=NOW)

    response = desk.get(page_of(booking))

    assert "Er entsteht, sobald jemand die Buchung bestätigt." in text_of(response)
    assert 'class="btn next"' in response.content.decode()


def test_history_tells_people_einlass_and_exivo_newest_first(desk: Client, ready: Booking, clock: FakeClock) -> None:
    clock.forward(minutes=1)
    moved = reschedule(ready, start=ready.start + timedelta(hours=3), duration=None, actor=NADIA, now=clock.now)
    reconcile(moved.pk, clock=clock)
    cancel(moved, actor=GUEST, now=clock.forward(minutes=1), reason="krank")

    history = part(desk.get(page_of(ready)).content.decode(), "tl")

    order = [
        "10:02 Storniert krank Lea Baumann, Buchungsseite",
        "Schlüssel bereit: bei exivo gelesen, alles wie verlangt Einlass",
        "10:01 Umgebucht von Di, 24. November, 10:00–12:00 auf Di, 24. November, 13:00–15:00 Nadia Keller",
        "10:00 Gebucht für Di, 24. November, 10:00–12:00 Lea Baumann, Buchungsseite",
    ]
    places = [history.find(line) for line in order]
    assert places == sorted(places)
    assert -1 not in places
    assert "Schlüssel zurückgenommen: ein anderer tritt an seine Stelle exivo" in history
    assert "Antwort von exivo" in history


def test_history_folds_exivo_s_own_words(desk: Client, booking: Booking) -> None:
    VendorCall.objects.create(
        lock_system=LockSystem.objects.get(),
        booking=booking,
        kind="issue",
        started_at=NOW + timedelta(seconds=5),
        outcome="refused",
        detail="answered 400: …",
    )

    html = desk.get(page_of(booking)).content.decode()

    folded = re.search(r"<details><summary>Antwort von exivo</summary>(.*?)</details>", html, re.DOTALL)
    assert folded is not None
    assert "10:00:05" in folded[1]
    assert "den Schlüssel machen: abgelehnt" in re.sub(r"<[^>]+>", "", folded[1])
    assert "answered 400: …" in folded[1]


def test_history_has_a_sentence_for_every_kind_that_belongs_to_a_booking() -> None:
    kinds = {event.kind for event in events.Event.__subclasses__()}

    assert {kind for kind in kinds if kind.partition(".")[0] not in OTHERS} == set(SENTENCES)


@pytest.mark.django_db
def test_history_fills_every_sentence(desk: Client, booking: Booking) -> None:
    """Each kind with the data that its class carries: none breaks the page, none shows a gap."""
    window = {"old_start": NOW.isoformat(), "old_end": booking.end.isoformat(), "old_room": "aare"}
    moved = window | {"new_start": NOW.isoformat(), "new_end": booking.end.isoformat(), "new_room": "gurten"}
    exposed = {"marker": "x", "since": NOW.isoformat(), "until": booking.end.isoformat()}
    timed = {"booking.moved": moved, "key.exposed": exposed}
    for event in events.Event.__subclasses__():
        if event.kind in SENTENCES:
            plain: dict[str, object] = {name: ["mobile"] if name == "questions" else "x" for name in _fields(event)}
            data = timed.get(event.kind) or plain
            EventRecord.objects.create(at=NOW, kind=event.kind, booking=booking, actor_kind="clock", data=data)

    history = part(desk.get(page_of(booking)).content.decode(), "tl")

    assert "%(" not in history
    assert [kind for kind in SENTENCES if kind in history] == []


def _fields(event: type[events.Event]) -> list[str]:
    return [name for name in event.__dataclass_fields__ if name != "kind"]


def test_f14_cancelled_booking_says_that_only_our_own_key_went(desk: Client, booking: Booking) -> None:
    give_key(booking, KeyState.REVOKED)
    cancel(booking, actor=NADIA, now=NOW)
    give_trouble(booking, "overlap_unmanaged", unmanaged_until=booking.end, problem_text="Hauswart")

    text = text_of(desk.get(page_of(booking)))

    assert "Einlass hat nur den eigenen Schlüssel zurückgenommen." in text
    assert "Hauswart" in text
    assert "nehmen Sie den anderen Schlüssel in der exivo-App zurück." in text


def test_words_exist_for_every_state_problem_cause_and_opening() -> None:
    assert set(ADVICE) == set(PROBLEMS)
    assert set(WORDS) == set(OpeningState)
    assert {*HEADINGS, AccessState.READY, AccessState.ACTIVE, AccessState.CLOSED} == set(AccessState)


def test_words_exist_for_every_finding() -> None:
    """Everything that `core/diagnosis.py` can find, over all combinations of what it looks at."""
    window = Window(NOW, NOW + timedelta(hours=2))
    found, causes = set(), set()
    for asked in _questions(window):
        diagnosis = diagnose(asked)
        found |= {finding.code for finding in diagnosis.findings}
        causes |= {diagnosis.cause.code} if diagnosis.cause else set()

    assert {code for code in found if not code.startswith("problem_")} <= set(CHECKS)
    assert {code for code in causes if not code.startswith("problem_")} <= set(CAUSES)


def _questions(window: Window) -> list[DoorQuestion]:
    from itertools import product

    from einlass.core.bookings import Status

    moments = (NOW - timedelta(hours=1), NOW, window.end)
    doors = [
        DoorSituation("x", use, kind, belongs, missing, is_ready, None, NOW)
        for use, kind, belongs, missing, is_ready in product(
            DoorUse, Admissible, ("always", "service", "room", ""), (None, NOW), (True, False, None)
        )
    ]
    plain = [
        DoorQuestion(m, NOW, s, window, doors[0], a, off, p, None, True, True, None, LockSystemState.WORKING, None)
        for m, s, a, off, p in product(moments, Status, AccessState, ("", "off", "site_unconfirmed", "site_mismatch"), ("", "refused"))
    ]
    by_door = [
        DoorQuestion(NOW, NOW, Status.CONFIRMED, window, d, AccessState.ACTIVE, "", "", NOW, given, mobile, read, account, NOW)
        for d, given, mobile, read, account in product(doors, (True, False), (True, False), (NOW, None), LockSystemState)
    ]
    return [*plain, *by_door]


PAGES = ("", "key/", "answers/", "reissue/", "open/", "cancel/", "confirm/", "decline/", "no_show/")


@pytest.mark.parametrize("path", PAGES)
def test_stranger_has_to_sign_in(german: Client, booking: Booking, path: str) -> None:
    assert german.get(page_of(booking, path))["Location"].startswith("/manage/login/")


@pytest.mark.parametrize("path", PAGES)
def test_staff_of_another_branch_finds_nothing(german: Client, booking: Booking, path: str) -> None:
    thun = make.make_branch(key="thun", doors={})
    german.force_login(make.make_user("thun@example.org", role="staff", branches=[thun]))

    assert german.get(page_of(booking, path)).status_code == 404
    if path not in {"", "key/"}:
        assert german.post(page_of(booking, path)).status_code == 404


def test_staff_of_this_branch_may_everything(german: Client, booking: Booking) -> None:
    german.force_login(make.make_user("bern@example.org", role="staff", branches=[booking.branch]))

    assert [german.get(page_of(booking, path)).status_code for path in PAGES] == [200] * len(PAGES)


def test_read_only_sees_and_is_offered_nothing(german: Client, ready: Booking) -> None:
    german.force_login(make.make_user("read@example.org", role="read_only", branches=[ready.branch]))

    with at(ready.start):
        html = german.get(page_of(ready)).content.decode()

    answered = {path: german.post(page_of(ready, path), {"door": make.ENTRANCE}).status_code for path in PAGES[2:]}
    links = [path for path in PAGES[2:] if f'href="{page_of(ready, path)}' in html]
    assert "Lea Baumann" in html
    assert (set(answered.values()), links, DoorOpening.objects.count()) == ({403}, [], 0)


def test_unknown_reference_does_not_exist(desk: Client, db: None) -> None:
    assert desk.get("/manage/bookings/NO-SUCH/").status_code == 404
    assert desk.get("/manage/bookings/%00/").status_code == 404


def test_query_count_does_not_grow_with_what_happened(desk: Client, ready: Booking) -> None:
    desk.get(page_of(ready))
    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.get(page_of(ready))
    for minute in range(20):
        record(events.KeyTrouble(problem="refused"), actor=CLOCK, now=NOW + timedelta(minutes=minute), booking=ready)
        VendorCall.objects.create(lock_system=LockSystem.objects.get(), booking=ready, kind="read", started_at=NOW, outcome="ok")
        Message.objects.create(kind="message_confirmed", booking=ready, to_address="x", subject="x", text="x", created_at=NOW)
    with CaptureQueriesContext(connection) as many:
        desk.get(page_of(ready))

    assert len(many) == len(few)
