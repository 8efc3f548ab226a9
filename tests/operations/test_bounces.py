# SPDX-License-Identifier: Apache-2.0
"""Mail that came back: through the pipe, out of a mailbox on a socket, never for what nobody sent, once however often it comes."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.utils import translation
from tests import factories as make
from tests.conftest import NOW, FakeClock
from tests.imap_server import PASSWORD, USER, MailboxServer, serving
from tests.mail_server import serving as mail_serving
from tests.returned_mail import DELAYED, EXCHANGE, EXIM, EXIM_OLD, ON_HOLIDAY, POSTFIX, returned
from typer.testing import CliRunner

from einlass.cli import app
from einlass.conf.mail import SMTP
from einlass.gateways.mailbox import Mailbox
from einlass.jobs import work
from einlass.models import Booking, EventRecord, Message
from einlass.operations.bounces import read_mailbox, take_back
from einlass.operations.message_ids import message_id
from einlass.operations.outbox import send_due
from einlass.queries.messages import mail_trouble

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(minutes=3)


@pytest.fixture
def message(settings: Any, clock: FakeClock) -> Message:
    """A confirmation that a mail server has accepted."""
    settings.MAIL_CONFIGURED = True
    make.make_questions()
    make.make_booking(make.make_service(make.make_branch()), now=NOW)
    with mail_serving() as server:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", server.port
        send_due(clock=clock)
    return Message.objects.get()


class Drip(socketserver.BaseRequestHandler):
    """Begins a greeting and never ends it."""

    def handle(self) -> None:
        try:
            for _ in range(100):
                self.request.sendall(b"*")
                time.sleep(0.05)
        except OSError:
            return


def bounced() -> list[dict[str, Any]]:
    return list(EventRecord.objects.filter(kind="message.bounced").values_list("data", flat=True))


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        (POSTFIX, "5.1.1", "550 5.1.1 …@… Recipient address rejected: User unknown in virtual mailbox table"),
        (EXIM, "5.0.0", "5.0.0 552 5.2.2 Mailbox full"),
        (EXIM_OLD, "5.1.1", "host mx.example.com [192.0.2.7]: 550 5.1.1 User unknown"),
        (EXCHANGE, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient …@… not found by SMTP address lookup"),
    ],
    ids=["postfix", "exim", "exim before reports", "exchange"],
)
def test_take_back_writes_when_and_why(message: Message, form: str, status: str, error: str) -> None:
    taken = take_back(returned(form, message_id(message)), now=LATER)

    now_known = Message.objects.get()
    event = EventRecord.objects.get(kind="message.bounced")
    assert (taken, now_known.bounced_at, now_known.sent_at) == (1, LATER, NOW)
    assert now_known.error == error
    assert (event.booking, event.data, event.actor_kind) == (message.booking, {"message": "message_confirmed", "status": status}, "clock")
    assert "lea.baumann" not in str(event.data) + now_known.error


def test_take_back_twice_is_once(message: Message) -> None:
    mail = returned(POSTFIX, message_id(message))

    taken = [take_back(mail, now=LATER), take_back(mail, now=LATER + timedelta(minutes=1))]

    assert (taken, len(bounced()), Message.objects.get().bounced_at) == ([1, 0], 1, LATER)


@pytest.mark.parametrize("form", [DELAYED, ON_HOLIDAY])
def test_take_back_of_no_failure_changes_nothing(message: Message, form: str) -> None:
    assert take_back(returned(form, message_id(message)), now=LATER) == 0
    assert Message.objects.get().bounced_at is None


def test_take_back_of_what_we_did_not_send_changes_nothing(message: Message, settings: Any) -> None:
    right = message_id(message)
    pk, made, rest = right.strip("<>").split(".", 2)
    digest, _, host = rest.partition("@")
    settings.SECRET_KEY = "another one"
    forged = message_id(message)
    settings.SECRET_KEY = "a key that is only good for tests"
    guesses = [
        f"<{pk}.{made}@{host}>",
        f"<{pk}.{made}.{'a' * 26}@{host}>",
        f"<{int(pk) + 1}.{made}.{digest}@{host}>",
        f"<{pk}.{int(made) + 1}.{digest}@{host}>",
        forged,
    ]

    taken = [take_back(returned(POSTFIX, guess), now=LATER) for guess in guesses]

    assert (taken, forged == right, Message.objects.get().bounced_at) == ([0] * 5, False, None)
    assert take_back(returned(POSTFIX, right), now=LATER) == 1


def test_take_back_of_an_erased_booking_finds_nothing(message: Message) -> None:
    mail = returned(POSTFIX, message_id(message))
    Message.objects.all().delete()

    assert take_back(mail, now=LATER) == 0


def test_a_guests_wrong_address_is_no_trouble_of_the_mail_server(message: Message) -> None:
    take_back(returned(POSTFIX, message_id(message)), now=LATER)

    assert mail_trouble() == ""


def test_mail_that_comes_back_before_it_was_written_down_as_sent_keeps_its_reason(settings: Any, clock: FakeClock) -> None:
    make.make_questions()
    make.make_booking(make.make_service(make.make_branch()), now=NOW)
    with mail_serving() as server:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", server.port
        settings.MAIL_CONFIGURED = True
        # At the moment at which the server has it, and we have not noted so yet.
        ticks = iter(range(100))

        def time() -> Any:
            if server.received and not Message.objects.get().bounced_at:
                take_back(returned(POSTFIX, message_id(Message.objects.get())), now=LATER)
            return NOW + timedelta(seconds=next(ticks))

        send_due(clock=time)

    message = Message.objects.get()
    assert message.sent_at
    assert (message.bounced_at, message.error[:9]) == (LATER, "550 5.1.1")


def test_the_message_id_is_the_same_at_every_attempt_and_comes_from_the_envelopes_sender(settings: Any, clock: FakeClock) -> None:
    make.make_organisation(email="info@example.org")
    make.make_questions()
    make.make_booking(make.make_service(make.make_branch()), now=NOW)
    settings.MAIL_CONFIGURED, settings.MAIL_BOUNCES_TO = True, "bounces@example.org"
    with mail_serving() as server:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", server.port
        send_due(clock=clock)
        Message.objects.update(next_attempt_at=NOW, claimed_until=None)
        send_due(clock=clock)

    first, second = server.received
    assert first["Message-ID"] == second["Message-ID"] == message_id(Message.objects.get())
    assert first["From"] == "Seminarhaus Aare <info@example.org>"
    assert server.senders == ["bounces@example.org", "bounces@example.org"]


@pytest.fixture
def mailbox(settings: Any) -> Iterator[MailboxServer]:
    with serving() as server:
        settings.BOUNCES_MAILBOX = Mailbox("127.0.0.1", server.port, USER, PASSWORD, "INBOX", security="none")
        yield server


def test_read_mailbox_takes_what_came_back_and_marks_it_as_read(message: Message, mailbox: MailboxServer, clock: FakeClock) -> None:
    mailbox.put(returned(ON_HOLIDAY, message_id(message)))
    mailbox.put(returned(POSTFIX, message_id(message)))

    found = [read_mailbox(clock=clock), read_mailbox(clock=clock)]

    assert (found, mailbox.seen, Message.objects.get().bounced_at) == ([1, 0], {101, 102}, NOW)
    assert set(mailbox.mails) == {101, 102}


def test_read_mailbox_reads_again_what_it_could_not_deal_with(message: Message, mailbox: MailboxServer, clock: FakeClock) -> None:
    mailbox.put(returned(POSTFIX, message_id(message)))
    mailbox.answers = {"UID STORE": "NO not now"}
    first = read_mailbox(clock=clock)
    mailbox.answers = {}

    second = read_mailbox(clock=clock)

    assert (first, second, mailbox.seen, len(bounced())) == (1, 0, {101}, 1)


def test_read_mailbox_of_a_huge_mail_reads_its_beginning(message: Message, mailbox: MailboxServer, clock: FakeClock) -> None:
    mailbox.put(returned(POSTFIX.replace("Guten Tag", "Guten Tag\n" * 200_000), message_id(message)))

    assert read_mailbox(clock=clock) == 1


def test_read_mailbox_without_one_does_nothing(settings: Any, clock: FakeClock) -> None:
    settings.BOUNCES_MAILBOX = None

    assert read_mailbox(clock=clock) == 0


@pytest.mark.parametrize(
    "answers",
    [{"LOGIN": f"NO wrong {PASSWORD} of {USER}"}, {"SELECT": "NO no such folder"}, {"UID SEARCH": "BAD what"}, {"UID FETCH": "NO gone"}],
    ids=["login", "folder", "search", "fetch"],
)
def test_read_mailbox_that_refuses_says_so_without_the_password(
    message: Message, mailbox: MailboxServer, clock: FakeClock, answers: dict[str, str]
) -> None:
    mailbox.put(returned(POSTFIX, message_id(message)))
    mailbox.answers = answers

    with structlog.testing.capture_logs() as lines:
        found = read_mailbox(clock=clock)

    assert (found, [line["event"] for line in lines]) == (0, ["mailbox_not_read"])
    assert PASSWORD not in str(lines)
    assert USER not in str(lines)


def test_read_mailbox_that_is_away_or_silent_ends_in_time(
    mailbox: MailboxServer, settings: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("einlass.gateways.mailbox.ANSWER_SECONDS", 0.3)
    port = settings.BOUNCES_MAILBOX.port
    with structlog.testing.capture_logs() as lines:
        settings.BOUNCES_MAILBOX = replace(settings.BOUNCES_MAILBOX, port=1)
        read_mailbox(clock=clock)
        # A port that takes a connection and then speaks no IMAP: TLS against a server without it.
        settings.BOUNCES_MAILBOX = replace(settings.BOUNCES_MAILBOX, port=port, security="ssl")
        read_mailbox(clock=clock)

    assert [line["event"] for line in lines] == ["mailbox_not_read", "mailbox_not_read"]


def test_read_mailbox_that_drips_bytes_ends_in_time(settings: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einlass.gateways.mailbox.WHOLE_SECONDS", 0.5)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.BOUNCES_MAILBOX = Mailbox("127.0.0.1", int(server.server_address[1]), USER, PASSWORD, "INBOX", security="none")
        begun = time.monotonic()
        with structlog.testing.capture_logs() as lines:
            read_mailbox(clock=clock)
        took = time.monotonic() - begun
        server.shutdown()

    assert [line["event"] for line in lines] == ["mailbox_not_read"]
    assert took < 3


def test_the_booking_keeps_its_messages_apart(message: Message) -> None:
    other = Booking.objects.get()
    take_back(returned(POSTFIX, message_id(message)), now=LATER)

    assert other.messages.filter(bounced_at__isnull=False).count() == 1


def test_the_command_takes_a_returned_mail_on_standard_input(message: Message) -> None:
    mail = returned(POSTFIX, message_id(message))

    # A command speaks English, and this one runs in the process of the tests.
    with translation.override("de"):
        done = [CliRunner().invoke(app, ["mail", "bounced"], input=mail) for _ in range(2)]

    assert [(each.exit_code, each.stdout) for each in done] == [
        (0, "Noted: a message came back.\n"),
        (0, "No message of ours, or no final failure.\n"),
    ]
    assert Message.objects.get().bounced_at


def test_a_worker_reads_the_mailbox(message: Message, mailbox: MailboxServer) -> None:
    mailbox.put(returned(POSTFIX, message_id(message)))

    work.read_mailbox()

    assert (mailbox.seen, len(bounced())) == ({101}, 1)
