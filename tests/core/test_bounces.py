# SPDX-License-Identifier: Apache-2.0
"""Mails that came back: which of them is a failure for good, and what it says."""

from __future__ import annotations

import pytest
from tests.returned_mail import DELAYED, EXCHANGE, EXIM, EXIM_OLD, ON_HOLIDAY, POSTFIX, RECEIPT, returned

from einlass.core.bounces import read_returned

ID = "<17.1763888400.abcdefghijklmnopqrstuvwxyz@testserver>"


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        (POSTFIX, "5.1.1", "550 5.1.1 lea.baumann@example.com: Recipient address rejected: User unknown in virtual mailbox table"),
        (EXIM, "5.0.0", "552 5.2.2 Mailbox full"),
        (EXIM_OLD, "5.1.1", "host mx.example.com [192.0.2.7]: 550 5.1.1 User unknown"),
        (
            EXCHANGE,
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient lea.baumann@example.com not found by SMTP address lookup",
        ),
    ],
    ids=["postfix", "exim", "exim before reports", "exchange"],
)
def test_read_returned_reads_what_servers_send(form: str, status: str, words: str) -> None:
    found = read_returned(returned(form, ID))

    assert found
    assert (found.status, found.words) == (status, words)
    assert ID in found.original


@pytest.mark.parametrize("form", [DELAYED, RECEIPT, ON_HOLIDAY, "", "no mail at all", "Content-Type: multipart/report\n\n"])
def test_read_returned_of_anything_else_is_none(form: str) -> None:
    assert read_returned(returned(form, ID)) is None


ANSWER = f"""\
Content-Type: multipart/report; report-type=delivery-status; boundary=b
References: {ID} <answer@mail.example.net>
X-Failed-Recipients: cleaning@example.net

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.net

Action: failed
Status: 5.1.1

--b
Content-Type: {{kind}}

Subject: Re: Ihre Buchung
Message-ID: <answer@mail.example.net>
In-Reply-To: {ID}
References: {ID}

--b--
"""


@pytest.mark.parametrize("kind", ["message/rfc822", "message/rfc822-headers", "message/global", "text/rfc822-headers", "text/plain"])
def test_read_returned_of_an_answer_names_the_answer_and_not_what_it_answers(kind: str) -> None:
    found = read_returned(ANSWER.format(kind=kind).encode())

    assert found
    assert found.original == "<answer@mail.example.net>"


def test_read_returned_does_not_name_what_was_enclosed_in_the_mail() -> None:
    enclosed = f"Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: message/rfc822\n\nMessage-ID: {ID}\n\nx\n--c--\n"
    mail = ANSWER.format(kind="message/rfc822").replace("Subject: Re", f"{enclosed.partition(chr(10))[0]}\nSubject: Re")
    mail = mail.replace("\n\n--b--", f"\n\n{enclosed.partition(chr(10) * 2)[2]}\n--b--")

    found = read_returned(mail.encode())

    assert found
    assert found.original == "<answer@mail.example.net>"


def test_read_returned_in_the_older_form_names_the_mail_alone_that_came_back() -> None:
    text = f"552 mailbox full\n\nMessage-ID:\n <answer@mail.example.net>\nReferences: {ID}\n"

    found = read_returned(f"X-Failed-Recipients: lea@example.com\n\n{text}".encode())

    assert found
    assert found.original == "<answer@mail.example.net>"


def test_read_returned_survives_whatever_is_sent() -> None:
    mail = returned(POSTFIX, ID)
    for cut in range(0, len(mail), 41):
        read_returned(mail[:cut])
        read_returned(mail[:cut] + b"\xff\x00" + mail[cut:])


@pytest.mark.parametrize("part", ["Content-Type: multipart/mixed; boundary=b{}\n\n--b{}\n", "Content-Type: message/rfc822\n\n"])
def test_read_returned_with_parts_within_parts_ends(part: str) -> None:
    mail = "".join(part.format(number, number) for number in range(5000))

    assert read_returned(mail.encode()) is None


def test_read_returned_with_thousands_of_parts_reads_the_first() -> None:
    parts = "".join("--b\nContent-Type: text/plain\n\nx\n" for _ in range(5000))
    report = "--b\nContent-Type: message/delivery-status\n\nA: b\n\nAction: failed\n\n--b--\n"
    mail = f"Content-Type: multipart/mixed; boundary=b\n\n{parts}{report}"

    assert read_returned(mail.encode()) is None
