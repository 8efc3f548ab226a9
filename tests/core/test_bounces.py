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
