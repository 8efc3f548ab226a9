# SPDX-License-Identifier: Apache-2.0
"""The outbox, with a mail server on a socket: accepted, refused, away and back, two workers, nothing left behind by a rollback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.db import connection, transaction
from tests import factories as make
from tests.conftest import NOW, FakeClock
from tests.mail_server import MailServer, serving

from einlass.conf.mail import LOG, SMTP
from einlass.models import Booking, EventRecord, Message
from einlass.operations.messages import forget, queue
from einlass.operations.outbox import send_due
from einlass.queries.messages import mail_trouble

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    with serving() as server:
        settings.EMAIL_BACKEND = SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 5
        settings.MAIL_CONFIGURED = True
        yield server


def write(to: str = "lea@example.org", **values: Any) -> None:
    what: dict[str, Any] = {"kind": "invitation", "language": "de", "subject": "Willkommen", "text": "Guten Tag", "now": NOW} | values
    queue(to=to, **what)


def booked() -> Booking:
    service = make.make_service(make.make_branch())
    make.make_questions()
    booking = make.make_booking(service, now=NOW)
    Message.objects.all().delete()
    return booking


def test_queue_in_a_transaction_that_fails_leaves_nothing() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)

    assert Message.objects.count() == 0


def test_queue_with_the_same_word_writes_once() -> None:
    write(once="a", subject="Eins")
    with transaction.atomic():
        write(once="a", subject="Zwei")
        write(once="b", subject="Drei")

    assert list(Message.objects.order_by("id").values_list("subject", flat=True)) == ["Eins", "Drei"]


def test_queue_keeps_a_subject_on_one_line() -> None:
    write(subject="Lea\r\nBcc: somebody@example.org")

    assert Message.objects.get().subject == "Lea Bcc: somebody@example.org"


def test_send_due_hands_text_and_html_to_the_mail_server(mail: MailServer, clock: FakeClock) -> None:
    make.make_organisation(email="info@example.org")
    write(html="<p>Guten <strong>Tag</strong></p>", subject="Ihr Schlüssel ist bereit")

    sent = send_due(clock=clock)

    (received,) = mail.received
    body, html = received.get_body(("plain",)), received.get_body(("html",))
    assert body
    assert html
    assert (sent, received["To"], received["Subject"]) == (1, "lea@example.org", "Ihr Schlüssel ist bereit")
    assert (received["From"], received["Reply-To"]) == ("Seminarhaus Aare <info@example.org>", "info@example.org")
    assert (received["Content-Language"], received["Auto-Submitted"]) == ("de", "auto-generated")
    assert (body.get_content().strip(), html.get_content().strip()) == ("Guten Tag", "<p>Guten <strong>Tag</strong></p>")


def test_send_due_without_an_address_of_the_operator_names_the_host(mail: MailServer, clock: FakeClock) -> None:
    make.make_organisation()
    write()

    send_due(clock=clock)

    assert mail.received[0]["From"] == "Seminarhaus Aare <einlass@testserver>"


def test_send_due_with_an_address_in_the_mail_url_sends_from_it(mail: MailServer, clock: FakeClock, settings: Any) -> None:
    make.make_organisation(email="info@example.org")
    settings.MAIL_FROM = "rooms@example.org"
    write()

    send_due(clock=clock)

    assert mail.received[0]["From"] == "Seminarhaus Aare <rooms@example.org>"


def test_send_due_writes_what_was_accepted_and_does_not_send_again(mail: MailServer, clock: FakeClock) -> None:
    booking = booked()
    write(booking=booking, kind="message_confirmed")

    send_due(clock=clock)
    send_due(clock=lambda: NOW + timedelta(days=1))

    message = Message.objects.get()
    event = EventRecord.objects.get(kind="message.sent")
    assert (message.sent_at, message.failed_at, message.next_attempt_at, message.error, message.attempts) == (NOW, None, None, "", 1)
    assert (event.booking, event.data) == (booking, {"message": "message_confirmed"})
    assert len(mail.received) == 1


def test_send_due_to_an_address_that_does_not_exist_gives_up_at_once(mail: MailServer, clock: FakeClock) -> None:
    mail.answers = {"RCPT": "550 lea@example.org is no user, call 031 555 01 20"}
    write(booking=booked())
    write("other@example.org")

    sent = send_due(clock=clock)

    first = Message.objects.order_by("id")[0]
    assert (sent, first.failed_at, first.next_attempt_at) == (0, NOW, None)
    assert first.error == "recipient_refused: 550 …@… is no user, call …20"
    assert Message.objects.filter(failed_at=NOW).count() == 2
    assert EventRecord.objects.filter(kind="message.failed").count() == 2
    assert mail_trouble() == ""


def test_send_due_with_a_full_mailbox_tries_again(mail: MailServer, clock: FakeClock) -> None:
    mail.answers = {"RCPT": "452 mailbox full"}
    write()
    send_due(clock=clock)
    mail.answers = {}

    sent = send_due(clock=lambda: NOW + timedelta(minutes=1))

    assert (sent, len(mail.received), Message.objects.get().attempts) == (1, 1, 2)


def test_send_due_with_one_full_mailbox_sends_to_the_others(mail: MailServer, clock: FakeClock) -> None:
    mail.answers = {"RCPT full@example.org": "452 mailbox full"}
    write("full@example.org")
    write("other@example.org")

    sent = send_due(clock=clock)

    assert (sent, [message["To"] for message in mail.received]) == (1, ["other@example.org"])
    assert list(Message.objects.order_by("id").values_list("error", "sent_at")) == [("452 mailbox full", None), ("", NOW)]


@pytest.mark.parametrize("answer", ["451 greylisted", "554 looks like spam"])
def test_send_due_with_one_text_that_is_not_taken_sends_the_others(mail: MailServer, clock: FakeClock, answer: str) -> None:
    mail.answers = {"DATA": answer}
    write()
    write("other@example.org")

    send_due(clock=clock)

    assert list(Message.objects.order_by("id").values_list("attempts", flat=True)) == [1, 1]


def test_send_due_with_a_server_that_takes_no_sender_asks_once(mail: MailServer, clock: FakeClock) -> None:
    mail.answers = {"MAIL": "530 sign in first"}
    write()
    write("other@example.org")

    send_due(clock=clock)

    assert list(Message.objects.order_by("id").values_list("attempts", flat=True)) == [1, 0]


def test_send_due_gives_up_what_would_come_too_late(mail: MailServer, clock: FakeClock) -> None:
    booking = booked()
    write(booking=booking, kind="message_reminder", useful_until=NOW)
    write("other@example.org", useful_until=NOW + timedelta(seconds=1))

    sent = send_due(clock=clock)

    late = Message.objects.order_by("id")[0]
    assert (sent, [message["To"] for message in mail.received]) == (1, ["other@example.org"])
    assert (late.failed_at, late.next_attempt_at, late.error) == (NOW, None, "too_late")
    assert EventRecord.objects.get(kind="message.failed").data == {"message": "message_reminder"}
    assert mail_trouble() == ""


def test_send_due_gives_up_at_once_what_could_only_be_tried_too_late(mail: MailServer, clock: FakeClock) -> None:
    mail.answers = {"RCPT": "452 mailbox full"}
    write(useful_until=NOW + timedelta(minutes=1))

    send_due(clock=clock)

    message = Message.objects.get()
    assert (message.failed_at, message.next_attempt_at, message.error) == (NOW, None, "too_late: 452 mailbox full")


def test_send_due_says_what_hindered_a_message_until_it_was_too_late(mail: MailServer, clock: FakeClock, settings: Any) -> None:
    write(useful_until=NOW + timedelta(minutes=10))
    settings.EMAIL_PORT = 1
    send_due(clock=clock)

    send_due(clock=lambda: NOW + timedelta(minutes=20))

    assert Message.objects.get().error.startswith("too_late: ConnectionRefusedError: ")


def test_send_due_inside_a_transaction_refuses(clock: FakeClock) -> None:
    write()

    with pytest.raises(RuntimeError, match="inside a transaction"), transaction.atomic():
        send_due(clock=clock)

    assert Message.objects.get().attempts == 0


def test_send_due_with_the_server_away_waits_longer_each_time(mail: MailServer, clock: FakeClock, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    write()
    pauses = []
    for _ in range(8):
        send_due(clock=clock)
        again = Message.objects.get().next_attempt_at
        assert again
        pauses.append((again - clock.now).total_seconds() / 60)
        clock.now = again

    settings.EMAIL_PORT = mail.port
    trouble, sent = mail_trouble(), send_due(clock=clock)

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert (trouble, sent, mail_trouble(), len(mail.received)) == ("failing", 1, "", 1)
    assert Message.objects.get().error == ""


def test_send_due_gives_up_after_two_days(mail: MailServer, clock: FakeClock, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    booking = booked()
    write(booking=booking)
    ends = clock.forward(days=2)

    send_due(clock=clock)

    message = Message.objects.get()
    event = EventRecord.objects.get(kind="message.failed")
    assert (message.failed_at, message.next_attempt_at, message.error.partition(":")[0]) == (ends, None, "ConnectionRefusedError")
    assert (event.booking, event.data) == (booking, {"message": "invitation"})


def test_send_due_with_the_server_away_does_not_try_the_others(clock: FakeClock, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 1
    write()
    write("other@example.org")

    send_due(clock=clock)

    assert list(Message.objects.order_by("id").values_list("attempts", flat=True)) == [1, 0]


def test_send_due_by_several_workers_sends_each_message_once(mail: MailServer, clock: FakeClock) -> None:
    for number in range(12):
        write(f"guest{number}@example.org")
    begin = threading.Barrier(3)
    sent: list[int] = []

    def work() -> None:
        begin.wait()
        sent.append(send_due(clock=clock))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(sent) == 12
    assert sorted(message["To"] for message in mail.received) == sorted(f"guest{number}@example.org" for number in range(12))


def test_send_due_leaves_alone_what_another_worker_is_at(mail: MailServer, clock: FakeClock) -> None:
    write()
    Message.objects.update(claimed_until=NOW + timedelta(minutes=4), attempts=1)

    early = send_due(clock=clock)
    late = send_due(clock=lambda: NOW + timedelta(minutes=5))

    assert (early, late, len(mail.received)) == (0, 1, 1)


def test_send_due_gives_up_what_a_later_message_has_overtaken(mail: MailServer, clock: FakeClock, settings: Any) -> None:
    booking = booked()
    server, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    write(kind="message_reminder", booking=booking, subject="Erinnerung")
    write(kind="message_link", booking=booking, subject="Neue Adresse")
    send_due(clock=clock)
    write(kind="message_cancelled", booking=booking, subject="Storniert")
    settings.EMAIL_PORT = server

    sent = [send_due(clock=clock), send_due(clock=lambda: NOW + timedelta(minutes=1))]

    assert (sent, [message["Subject"] for message in mail.received]) == ([2, 0], ["Neue Adresse", "Storniert"])
    reminder = Message.objects.get(kind="message_reminder")
    assert (reminder.sent_at, reminder.failed_at, reminder.error.partition(":")[0]) == (None, NOW + timedelta(minutes=1), "too_late")


def test_send_due_keeps_the_order_of_what_was_never_held_up(mail: MailServer, clock: FakeClock) -> None:
    booking = booked()
    write(kind="message_confirmed", booking=booking, subject="Buchung")
    write(kind="message_cancelled", booking=booking, subject="Storniert")

    send_due(clock=clock)

    assert [message["Subject"] for message in mail.received] == ["Buchung", "Storniert"]


def test_send_due_tries_again_what_only_another_booking_overtook(mail: MailServer, clock: FakeClock) -> None:
    booking = booked()
    write(kind="message_confirmed", booking=booking)
    write(kind="sms_cancelled", channel="sms", to="+41781234567", booking=booking)
    write(kind="message_cancelled", booking=make.make_booking(booking.service, now=NOW, hours=48))
    Message.objects.filter(kind="message_confirmed", booking=booking).update(attempts=3, error="away")

    send_due(clock=clock)

    assert Message.objects.get(kind="message_confirmed", booking=booking).sent_at == NOW


def test_send_due_without_a_mail_server_tells_the_link_in_the_log_and_calls_nothing_sent(clock: FakeClock, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.MAIL_CONFIGURED = LOG, False
    write(text="Guten Tag Lea, 078 123 45 67\n\nhttp://testserver/manage/invitation/abc")

    with structlog.testing.capture_logs() as lines:
        sent = send_due(clock=clock)

    message = Message.objects.get()
    told = next(line for line in lines if line["event"] == "mail_written_to_the_log")
    assert (told["to"], told["links"]) == (["l…@example.org"], ["http://testserver/manage/invitation/abc"])
    assert "078 123 45 67" not in str(lines)
    assert (sent, message.sent_at, message.failed_at, message.error) == (0, None, NOW, "not_configured")
    assert mail_trouble() == "not_configured"


def test_send_due_with_the_log_as_mail_server_counts_as_sent(clock: FakeClock, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.MAIL_CONFIGURED = LOG, True
    write()

    sent = send_due(clock=clock)

    assert (sent, Message.objects.get().sent_at, mail_trouble()) == (1, NOW, "")


def test_mail_trouble_without_any_message_is_none(settings: Any) -> None:
    settings.MAIL_CONFIGURED = True

    assert mail_trouble() == ""


def test_forget_deletes_the_messages_of_the_booking_alone() -> None:
    booking = booked()
    write(booking=booking)
    write(once="staff")

    gone = forget(booking)

    assert (gone, Message.objects.count(), Message.objects.get().once) == (1, 1, "staff")
