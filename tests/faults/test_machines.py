# SPDX-License-Identifier: Apache-2.0
"""F47 to F52: clocks that jump, lost encryption keys, silent mail servers, long and moving lists, replacements in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests import factories as make
from tests.conftest import Exivo, FakeClock
from tests.faults.watched import Watched
from tests.mail_server import serving

from einlass.conf.mail import SMTP
from einlass.core.access import AccessState
from einlass.jobs import work
from einlass.models import Booking, EventRecord, Key, Message
from einlass.operations.key_sweep import sweep_site
from einlass.operations.keys import reconcile
from einlass.queries.readiness import readiness


@pytest.mark.parametrize("skew", [31, -3600])
def test_f47_machine_whose_clock_jumped_changes_nothing_until_it_is_right(
    house: Watched, monkeypatch: pytest.MonkeyPatch, skew: int
) -> None:
    cancelled = house.ready()
    before = len(house.exivo.calls())
    monkeypatch.setattr(work.host, "skew", skew)
    new = house.book(hours=48)
    house.cancel(cancelled)
    house.pass_minutes(10)

    assert (len(house.asked()), len(house.exivo.calls()) - before) == (1, 0)
    assert house.state(new) is AccessState.PREPARING

    monkeypatch.setattr(work.host, "skew", 0)
    house.pass_minutes(3)
    assert (house.state(new), house.live(cancelled)) == (AccessState.READY, [])
    house.rest()


def test_f47_machine_without_another_clock_works(house: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.host, "skew", None)

    assert house.state(house.ready()) is AccessState.READY


def test_f48_without_the_encryption_keys_bookings_go_on_and_keys_wait(house: Watched, settings: Any) -> None:
    right = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = (b"x" * 32,)
    booking = house.book()
    house.ring()
    house.forward(minutes=12)
    house.ring()

    assert (house.asked(), house.exivo.calls()) == ([], [])
    assert house.state(booking) is AccessState.TROUBLE
    assert [check.ok for check in readiness(now=house.clock.now) if check.code == "encryption_keys_fit"] != []

    settings.ENCRYPTION_KEYS = right
    house.pass_minutes(16)
    assert house.state(booking) is AccessState.READY
    house.rest()


@pytest.mark.parametrize(
    "answers",
    [{"MAIL": "421 going away"}, {"RCPT": "451 try again later"}, {"DATA": "554 broken"}, {"EHLO": "500 what", "HELO": "500 what"}],
    ids="-".join,
)
def test_f49_keys_do_not_wait_for_a_mail_server_that_fails_and_nothing_is_called_sent(
    house: Watched, settings: Any, answers: dict[str, str]
) -> None:
    with serving() as server:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", server.port
        settings.MAIL_CONFIGURED = True
        server.answers = answers
        booking = house.book()
        house.ring()
        for _ in range(3):
            with house.step():
                work.send_messages()
            house.forward(minutes=3)

        mine = Message.objects.filter(booking=booking)
        assert (house.state(booking), server.received, set(mine.values_list("sent_at", flat=True))) == (AccessState.READY, [], {None})
        assert not EventRecord.objects.filter(kind="message.sent").exists()

        server.answers = {}
        house.forward(minutes=30)
        for _ in range(2):
            with house.step():
                work.send_messages()

        # Once, and only now said to be so; nothing about the key was asked anew for it.
        sent = mine.filter(sent_at__isnull=False).count()
        assert (len(server.received), EventRecord.objects.filter(kind="message.sent").count()) == (sent, sent)
        assert (sent > 0, house.asked()) == (True, ["create"])
    house.rest()


def test_f49_keys_do_not_wait_for_a_mail_server_that_is_not_there(house: Watched, settings: Any) -> None:
    with serving() as server:
        gone = server.port
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", gone
    settings.MAIL_CONFIGURED = True
    booking = house.book()
    house.ring()
    with house.step():
        work.send_messages()

    assert house.state(booking) is AccessState.READY
    assert [message.error != "" for message in Message.objects.filter(booking=booking, attempts__gt=0)] == [True]
    assert not Message.objects.filter(sent_at__isnull=False).exists()
    house.rest()


@pytest.mark.parametrize("fault", [{"kind": "shuffle"}, {"kind": "truncated_page", "items": 3}], ids=lambda fault: str(fault["kind"]))
def test_f50_list_that_moves_while_it_is_read_takes_no_key_back_and_makes_none(house: Watched, fault: dict[str, object]) -> None:
    bookings = [house.ready(hours=24 + 3 * n) for n in range(8)]
    house.faults({"call": "list", **fault})
    house.pass_minutes(30, of=5)

    assert house.asked() == ["create"] * 8
    assert {house.state(booking) for booking in bookings} == {AccessState.READY}
    house.rest()


def test_f52_replacement_texts_nobody_again(house: Watched) -> None:
    booking = house.ready()
    house.move(booking, start=booking.start + timedelta(hours=3))
    house.ring()
    house.delete_key(booking)
    house.forward(minutes=10)
    house.sweep()
    house.change_phone(booking, "079 000 11 22")
    house.ring()

    sent = [call.sent["installNotification"] for call in house.seen.calls if call.kind == "create"]
    assert sent == [True, False, False, True]
    house.rest()


OLD = 20_000


@pytest.mark.django_db(transaction=True)
def test_f51_twenty_thousand_old_keys_cost_urgent_work_nothing(clock: FakeClock, exivo: Exivo) -> None:
    service = make.make_house(clock.now)
    first = clock.now - timedelta(days=400)
    for number in range(OLD):
        at = first + timedelta(minutes=20 * number)
        name = f"Raum aare · EL-{number:010d}"
        exivo.app.world.add_visit(
            make.BERN, valid_from=at, valid_to=at + timedelta(hours=1), components=(make.AARE,), registration=make.MOBILE, name=name
        )

    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)
    urgent = [call["call"] for call in reversed(exivo.calls())]
    clock.forward(minutes=10)
    before = len(exivo.calls("visits"))
    swept = sweep_site(service.branch_id, clock=clock)

    # Doors, the key, and the key read back: no list of keys.
    assert (urgent.count("create"), urgent.count("visit"), "visits" in urgent, len(urgent) <= 4) == (1, 1, False, True)
    assert swept is not None
    assert (swept.complete, swept.keys, swept.drifted, swept.taken_in) == (True, OLD + 1, 0, 0)
    # Two scans that agree, by pages of 500 that overlap.
    assert len(exivo.calls("visits")) - before <= 2 * (OLD // 490 + 2)
    assert (Key.objects.get().state, Booking.objects.count()) == ("live", 1)
