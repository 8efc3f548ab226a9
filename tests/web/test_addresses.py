# SPDX-License-Identifier: Apache-2.0
"""Which address counts: the one that connects, or the one that the outermost of our own proxies saw."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from structlog.testing import capture_logs

from einlass.web import addresses
from einlass.web.addresses import client_of
from einlass.web.manage.sign_in import StaffAdapter

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "passed_on", "counted"),
    [
        (0, "", PROXY),
        (0, "192.0.2.7", PROXY),
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        (2, "203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (2, "192.0.2.7", "192.0.2.7"),
        (1, "", PROXY),
        (1, "somebody", PROXY),
        (1, "192.0.2.7:51512", "192.0.2.7"),
    ],
)
def test_address_behind_proxies(settings: Any, proxies: int, passed_on: str, counted: str) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, headers={"X-Forwarded-For": passed_on} if passed_on else {})

    assert client_of(request) == counted
    assert StaffAdapter().get_client_ip(request) == counted


@pytest.mark.parametrize(
    ("seen", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_address_of_ipv6_counts_by_its_network(seen: str, counted: str) -> None:
    assert client_of(RequestFactory().get("/", REMOTE_ADDR=seen)) == counted


def test_proxy_that_nobody_named_is_told_once() -> None:
    addresses.tell_of_a_proxy.cache_clear()
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "192.0.2.7"})

    with capture_logs() as told:
        found = [client_of(request), client_of(request)]

    assert found == ["127.0.0.1", "127.0.0.1"]
    assert [line["event"] for line in told] == ["proxy_not_named"]
