# SPDX-License-Identifier: Apache-2.0
"""EINLASS_SMS_URL and EINLASS_BOUNCES_URL in their forms, and what is wrong with one, said without key and password."""

from __future__ import annotations

import pytest

from einlass.conf.environment import ConfigurationError, environment
from einlass.conf.returns import returns_mailbox
from einlass.conf.sms import SmsServer, sms_server
from einlass.gateways.mailbox import Mailbox


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", SmsServer()),
        ("console:", SmsServer("console")),
        ("seven://k%2Fey@gateway.seven.io", SmsServer("seven", "https://gateway.seven.io", "k/ey")),
        ("seven://key@gateway.seven.io?from=Aare", SmsServer("seven", "https://gateway.seven.io", "key", "Aare")),
        ("seven://key@gateway.seven.io?from=+41791234567", SmsServer("seven", "https://gateway.seven.io", "key", "+41791234567")),
        ("seven://key@127.0.0.1:8080?tls=false", SmsServer("seven", "http://127.0.0.1:8080", "key")),
    ],
)
def test_sms_server_reads(url: str, server: SmsServer) -> None:
    assert sms_server(url) == server


@pytest.mark.parametrize(
    ("url", "mailbox"),
    [
        ("", None),
        ("imaps://me:s%40fe@mail.example.org", Mailbox("mail.example.org", 993, "me", "s@fe", "INBOX")),
        (
            "imaps://me%40example.org:pw@mail.example.org/Returned/Mail",
            Mailbox("mail.example.org", 993, "me@example.org", "pw", "Returned/Mail"),
        ),
        ("imap://me:pw@mail.example.org:1143?tls=true", Mailbox("mail.example.org", 1143, "me", "pw", "INBOX", "starttls")),
        ("imap://me:pw@localhost/INBOX", Mailbox("localhost", 143, "me", "pw", "INBOX", "none")),
    ],
)
def test_returns_mailbox_reads(url: str, mailbox: Mailbox | None) -> None:
    assert returns_mailbox(url) == mailbox


@pytest.mark.parametrize(
    ("name", "url", "sentence"),
    [
        ("SMS", "https://secret@example.org", "must be seven://API_KEY@gateway.seven.io or console:"),
        ("SMS", "seven://gateway.seven.io", "must be seven://API_KEY@gateway.seven.io or console:"),
        ("SMS", "seven://secret@gateway.seven.io?form=x", "knows from and tls behind the question mark, not form"),
        ("SMS", "seven://secret@gateway.seven.io?from=Seminarhaus%20Aare%20Bern", "has a sender of more than 11 letters or 16 digits"),
        ("SMS", "seven://secret@gateway.seven.io?tls=perhaps", "has a tls that is neither true nor false"),
        ("BOUNCES", "pop3://me:secret@example.org", "must be imaps://user:password@host/INBOX or imap://…?tls=true"),
        ("BOUNCES", "imaps://me:secret@example.org?ssl=1", "knows tls behind the question mark, not ssl"),
        ("BOUNCES", "imaps://me:secret@example.org/R%C3%BCck", "names a folder with characters that this does not know"),
        ("BOUNCES", "imaps://me:secret@example.org:99999", "has a port that is no number up to 65535"),
    ],
)
def test_environment_with_a_wrong_url_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, name: str, url: str, sentence: str) -> None:
    monkeypatch.setenv(f"EINLASS_{name}_URL", url)
    environment.cache_clear()

    with pytest.raises(ConfigurationError) as caught:
        environment()

    environment.cache_clear()
    assert str(caught.value) == f"EINLASS_{name}_URL: Value error, {sentence}"
    assert "secret" not in str(caught.value)
