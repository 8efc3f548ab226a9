# SPDX-License-Identifier: Apache-2.0
"""EINLASS_MAIL_URL in its forms, and what is wrong with one, said without the password."""

from __future__ import annotations

import pytest

from einlass.conf.environment import ConfigurationError, environment
from einlass.conf.mail import LOG, SMTP, MailServer, mail_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", MailServer()),
        ("console:", MailServer(backend=LOG)),
        ("console:?from=me@example.org", MailServer(sender="me@example.org")),
        ("console:?from=me+aare@example.org", MailServer(sender="me+aare@example.org")),
        ("smtp://mail.example.org", MailServer(SMTP, "mail.example.org", 25)),
        ("smtp://mail.example.org:2525", MailServer(SMTP, "mail.example.org", 2525)),
        ("smtp://me:s%40fe@mail.example.org?tls=true", MailServer(SMTP, "mail.example.org", 587, "me", "s@fe", use_tls=True)),
        ("smtps://me:pw@mail.example.org", MailServer(SMTP, "mail.example.org", 465, "me", "pw", use_ssl=True)),
        (
            "smtps://mail.example.org?tls=true&from=me@example.org",
            MailServer(SMTP, "mail.example.org", 465, use_ssl=True, sender="me@example.org"),
        ),
    ],
)
def test_mail_server_reads(url: str, server: MailServer) -> None:
    assert mail_server(url) == server


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://me:secret@example.org", "must be smtp://user:password@host:port, smtps://… or console:"),
        ("smtp:///secret", "must be smtp://user:password@host:port, smtps://… or console:"),
        ("smtp://me:secret@example.org:99999", "has a port that is no number up to 65535"),
        ("smtp://example.org?tls=perhaps", "has a tls that is neither true nor false"),
        ("smtp://example.org?from=Aare%20%3Cme@example.org%3E", "has a from that is no plain address such as info@example.org"),
        ("console:?from=me@example.org%0A", "has a from that is no plain address such as info@example.org"),
        ("smtp://example.org?bounces=returned", "has a bounces that is no plain address such as info@example.org"),
        ("smtp://example.org?ssl=true", "knows tls, from and bounces behind the question mark, not ssl"),
    ],
)
def test_environment_with_a_wrong_mail_url_says_what_is_wrong(url: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EINLASS_MAIL_URL", url)
    environment.cache_clear()

    with pytest.raises(ConfigurationError) as caught:
        environment()

    environment.cache_clear()
    assert str(caught.value) == f"EINLASS_MAIL_URL: Value error, {sentence}"
