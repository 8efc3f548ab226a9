# SPDX-License-Identifier: Apache-2.0
"""SMS, with a gateway on a socket: which are sent to whom, what an answer means, never twice, and nothing told that nobody may read."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from tests import factories as make
from tests.conftest import NOW, Exivo, FakeClock
from tests.sms_gateway import API_KEY, GatewayServer, serving

from einlass.conf.sms import SmsServer, sms_server
from einlass.core.bookings import Actor as ActorKind
from einlass.core.default_short_texts import SMS_CHARACTERS, SMS_TEXTS
from einlass.core.events import GUEST, Actor
from einlass.core.messages import SMS_MESSAGES
from einlass.core.templates import render_plain
from einlass.models import Booking, EventRecord, Message, Organisation, Question
from einlass.operations.bookings import Wish, book, cancel, confirm, decline, reschedule
from einlass.operations.guest_messages import remind_due
from einlass.operations.keys import reconcile
from einlass.operations.messages import queue
from einlass.operations.outbox import send_due
from einlass.operations.privacy import erase
from einlass.queries.messages import sms_trouble
from einlass.web.manage.template_sample import sample_values

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(ActorKind.STAFF, "Nadia Keller")
# The alphabet of an SMS (GSM 03.38), and the signs that count twice.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def use(settings: Any, server: GatewayServer) -> None:
    settings.SMS_SERVER, settings.SMS_CONFIGURED = sms_server(server.url), True


@pytest.fixture
def gateway(settings: Any) -> Iterator[GatewayServer]:
    with serving() as server:
        use(settings, server)
        yield server


def write(to: str = "+41781234567", **values: Any) -> None:
    what: dict[str, Any] = {"kind": "sms_confirmed", "language": "de", "text": "Seminarhaus Aare: Ihre Buchung gilt.", "now": NOW} | values
    queue(to=to, channel="sms", **what)


def wants_sms(*kinds: str, **service: Any) -> Any:
    make.make_organisation(sms_messages=list(kinds))
    make.make_questions()
    return make.make_service(make.make_branch(), **service)


def sms() -> list[tuple[str, str]]:
    return list(Message.objects.filter(channel="sms").order_by("id").values_list("kind", "to_address"))


def test_everything_that_happens_is_told_by_sms_where_the_operator_wants_it() -> None:
    service = wants_sms(*SMS_MESSAGES, approval=True)
    one, two = make.make_booking(service, now=NOW, hours=48), make.make_booking(service, now=NOW, hours=72)
    one = confirm(one, actor=STAFF, now=NOW)
    decline(two, actor=STAFF, now=NOW)
    one = reschedule(one, start=one.start + timedelta(hours=3), duration=None, actor=GUEST, now=NOW)
    remind_due(now=one.start - timedelta(hours=20))
    cancel(one, actor=GUEST, now=NOW)

    kinds = ["received", "received", "confirmed", "declined", "moved", "reminder", "cancelled"]
    assert sms() == [(f"sms_{kind}", "+41781234567") for kind in kinds]
    assert Message.objects.filter(channel="mail").count() == len(kinds)


def test_only_what_the_operator_chose_goes_by_sms(clock: FakeClock, exivo: Exivo) -> None:
    service = make.make_house(clock.now)
    Organisation.objects.update(sms_messages=["sms_key_ready"])
    booking = make.make_booking(service, now=clock.now)
    reconcile(booking.pk, clock=clock)

    assert sms() == [("sms_key_ready", "+41781234567")]


def test_a_guest_without_a_mobile_number_gets_mail_alone() -> None:
    service = wants_sms(*SMS_MESSAGES)
    Question.objects.filter(key="mobile").update(required=False)
    make.make_booking(service, now=NOW, mobile="")

    assert (sms(), Message.objects.filter(channel="mail").count()) == ([], 1)


def test_a_guest_without_an_address_is_reminded_by_sms() -> None:
    service = wants_sms("sms_reminder")
    Question.objects.filter(key="email").update(required=False)
    booking = make.make_booking(service, now=NOW, hours=48, email="")

    assert remind_due(now=booking.start - timedelta(hours=20)) == 1
    assert (sms(), Message.objects.count()) == ([("sms_reminder", "+41781234567")], 1)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Seminarhaus Aare: Ihre Buchung gilt. Seminarraum Aare, 24.11.2026, 10:00. "),
        ("en", "Seminarhaus Aare: Booked. Seminar room Aare, 24 Nov 2026, 10:00. "),
        ("fr", "Seminarhaus Aare: Réservation confirmée. Seminarraum Aare, 24.11.2026, 10:00. "),
        ("it", "Seminarhaus Aare: Prenotazione confermata. Seminarraum Aare, 24.11.2026, 10:00. "),
    ],
)
def test_the_text_is_in_the_guests_language_with_the_link_to_his_page(language: str, text: str) -> None:
    service = wants_sms("sms_confirmed")
    booking = book(
        Wish(service, start=NOW + timedelta(days=1), duration=60, answers=make.answers(), language=language), actor=GUEST, now=NOW
    )

    assert Message.objects.get(channel="sms").text == f"{text}http://testserver/b/{booking.link_token}/"


@pytest.mark.parametrize("key", SMS_MESSAGES)
@pytest.mark.parametrize("language", ["de", "en", "fr", "it"])
def test_a_default_text_is_one_sms_of_its_own_alphabet(key: str, language: str) -> None:
    operator = make.make_organisation()
    link = f"https://buchen.seminarhaus-aare.ch/b/{'x' * 32}/"
    values = sample_values(operator, language=language, now=NOW) | {"link": link}

    text = render_plain(SMS_TEXTS[key][language], values).strip()

    assert link in text
    assert len(text) <= SMS_CHARACTERS
    assert set(text) - GSM == set()


def test_send_due_hands_it_to_the_gateway_and_writes_that_it_was_accepted(gateway: GatewayServer, clock: FakeClock) -> None:
    booking = make.make_booking(wants_sms(), now=NOW)
    Message.objects.all().delete()
    write(booking=booking)

    sent = [send_due(clock=clock), send_due(clock=lambda: NOW + timedelta(hours=1))]

    message, event = Message.objects.get(), EventRecord.objects.get(kind="message.sent")
    assert sent == [1, 0]
    assert gateway.accepted == [{"to": "+41781234567", "text": "Seminarhaus Aare: Ihre Buchung gilt.", "from": "Aare"}]
    assert (message.sent_at, message.next_attempt_at, message.error) == (NOW, None, "")
    assert (event.booking, event.data) == (booking, {"message": "sms_confirmed"})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("202", "recipient_refused: 202 the number is not valid"),
        ("305", "recipient_refused: 305 the text is not valid"),
        ("401", "recipient_refused: 401 the text is too long"),
    ],
)
def test_what_the_gateway_refuses_for_good_is_given_up(gateway: GatewayServer, clock: FakeClock, answer: str, error: str) -> None:
    gateway.answers = [answer]
    write()
    write("+41790001122")

    sent = send_due(clock=clock)

    first = Message.objects.order_by("id")[0]
    assert (sent, first.failed_at, first.next_attempt_at, first.error) == (1, NOW, None, error)
    assert sms_trouble(make.make_organisation(sms_messages=["sms_confirmed"])) == ""


def test_a_number_that_the_gateway_does_not_know_is_refused_in_its_longer_answer(gateway: GatewayServer, clock: FakeClock) -> None:
    write("+41")

    send_due(clock=clock)

    assert Message.objects.get().error == "recipient_refused: 202 the number is not valid"


@pytest.mark.parametrize("answer", ["403", "600", "101"])
def test_what_may_be_another_answer_later_is_tried_again_and_holds_up_nobody(gateway: GatewayServer, clock: FakeClock, answer: str) -> None:
    gateway.answers = [answer]
    write()
    write("+41790001122")

    sent = [send_due(clock=clock), send_due(clock=lambda: NOW + timedelta(minutes=1))]

    assert (sent, len(gateway.accepted)) == ([1, 1], 2)


@pytest.mark.parametrize("answer", ["201", "500", "700", "900", "902", "903", 429, 500, 502, b"<html>", b"[]", b"", b"x" * 100_000])
def test_a_gateway_that_takes_nothing_is_tried_again_and_asked_once(gateway: GatewayServer, clock: FakeClock, answer: Any) -> None:
    gateway.answers = [answer]
    write()
    write("+41790001122")

    sent = send_due(clock=clock)

    assert (sent, len(gateway.asked)) == (0, 1)
    assert list(Message.objects.order_by("id").values_list("attempts", "next_attempt_at")) == [(1, NOW + timedelta(minutes=1)), (0, NOW)]
    assert sms_trouble(make.make_organisation(sms_messages=["sms_confirmed"])) == "failing"


def test_an_answer_that_was_lost_does_not_send_it_twice(gateway: GatewayServer, clock: FakeClock) -> None:
    gateway.loses_answers = 1
    write()

    sent = [send_due(clock=clock), send_due(clock=lambda: NOW + timedelta(minutes=1))]

    assert (sent, len(gateway.asked), len(gateway.accepted)) == ([0, 1], 2, 1)
    assert Message.objects.get().sent_at == NOW + timedelta(minutes=1)


def test_what_a_dead_worker_left_is_tried_again_while_the_gateway_knows_it(gateway: GatewayServer, clock: FakeClock) -> None:
    write()

    with pytest.raises(SystemExit):
        send_due(clock=dies_after(4))
    sent = [send_due(clock=lambda: NOW), send_due(clock=lambda: NOW + timedelta(minutes=1))]

    assert (sent, len(gateway.asked), len(gateway.accepted)) == ([0, 1], 2, 1)


def dies_after(looks: int) -> Callable[[], datetime]:
    """The clock of a worker that ends when it would look at it once more: here, before it writes down what became of the message."""
    times = iter([NOW] * looks)

    def look() -> datetime:
        for time_told in times:
            return time_told
        raise SystemExit

    return look


def test_a_gateway_that_is_away_holds_up_no_mail(clock: FakeClock, settings: Any) -> None:
    settings.SMS_SERVER, settings.SMS_CONFIGURED = SmsServer("seven", "http://127.0.0.1:1", API_KEY), True
    settings.EMAIL_BACKEND, settings.MAIL_CONFIGURED = "einlass.conf.mail_log.LogBackend", True
    write()
    queue(kind="message_confirmed", to="lea@example.org", language="de", subject="x", text="x", now=NOW)

    assert send_due(clock=clock) == 1
    assert Message.objects.get(channel="sms").error.partition(":")[0] == "ConnectError"


def test_a_gateway_that_drips_bytes_ends_in_time(clock: FakeClock, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einlass.gateways.seven.ANSWER_SECONDS", 0.5)
    with _dripping() as port:
        settings.SMS_SERVER, settings.SMS_CONFIGURED = SmsServer("seven", f"http://127.0.0.1:{port}", API_KEY), True
        write()

        assert send_due(clock=clock) == 0

    assert Message.objects.get().error.partition(":")[0] == "ReadTimeout"


def test_neither_key_nor_number_are_told(gateway: GatewayServer, clock: FakeClock) -> None:
    gateway.answers = [f"987 key {API_KEY}, +41781234567"]
    write()

    with structlog.testing.capture_logs() as lines:
        send_due(clock=clock)

    told = str(lines) + Message.objects.get().error
    assert lines
    assert API_KEY not in told
    assert "781234567" not in told


@pytest.mark.parametrize(("url", "sent", "error"), [("", 0, "not_configured"), ("console:", 1, "")])
def test_without_a_gateway_it_is_written_to_the_log_with_the_number_masked(
    clock: FakeClock, settings: Any, url: str, sent: int, error: str
) -> None:
    settings.SMS_SERVER, settings.SMS_CONFIGURED = sms_server(url), bool(url)
    write(text="Seminarhaus Aare: Neue Zeit.")

    with structlog.testing.capture_logs() as lines:
        found = send_due(clock=clock)

    told = next(line for line in lines if line["event"] == "sms_written_to_the_log")
    assert (told["to"], told["characters"], told["text"]) == ("…67", 28, "Seminarhaus Aare: Neue Zeit.")
    assert "781234567" not in str(lines)
    assert (found, Message.objects.get().error) == (sent, error)


def test_an_erased_booking_leaves_no_number_behind() -> None:
    booking = make.make_booking(wants_sms("sms_confirmed"), now=NOW)

    erase([Booking.objects.get(pk=booking.pk)], actor=STAFF, now=NOW)

    assert Message.objects.count() == 0


class _Drip(socketserver.BaseRequestHandler):
    """Answers a byte at a time and never ends."""

    def handle(self) -> None:
        try:
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(100):
                self.request.sendall(b" ")
                time.sleep(0.05)
        except OSError:
            return


@contextmanager
def _dripping() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Drip) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()
