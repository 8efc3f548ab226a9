# SPDX-License-Identifier: Apache-2.0
"""From which address a request comes, as far as limits are concerned: the one place that believes a proxy. Not for who somebody is."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address

import structlog
from django.conf import settings
from django.http import HttpRequest

log = structlog.get_logger()
# What one household or phone gets of IPv6; within it, addresses change as they like.
PREFIX = 64


def client_of(request: HttpRequest) -> str:
    """The address that counts: the one that the outermost of our own proxies saw, an IPv6 one by its network. Empty where nobody knows."""
    seen = request.META.get("REMOTE_ADDR", "")
    passed_on = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if passed_on and not settings.PROXIES:
        tell_of_a_proxy()
    elif passed_on:
        # Only our own proxies wrote the last ones; whatever stands before them, the visitor may have invented.
        seen = passed_on[-min(settings.PROXIES, len(passed_on))]
    return _counted_as(seen) or _counted_as(request.META.get("REMOTE_ADDR", ""))


@cache
def tell_of_a_proxy() -> None:
    """Once in the life of a process: all visitors would share the limits of one."""
    log.warning("proxy_not_named", hint="X-Forwarded-For was sent and EINLASS_PROXIES is 0: all visitors of a proxy count as one")


def _counted_as(text: str) -> str:
    """Without a port, an IPv6 address as its network, one of IPv4 in disguise as itself; empty for what is no address."""
    try:
        address = ip_address(_without_port(text))
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((int(address), PREFIX), strict=False).network_address)
    return str(address)


def _without_port(text: str) -> str:
    """Some proxies write the port behind it: 192.0.2.7:5151, [2001:db8::7]:5151."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text.partition("%")[0]
