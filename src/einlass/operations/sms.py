# SPDX-License-Identifier: Apache-2.0
"""Handing a short message to the SMS gateway that is set. When, and what becomes of it: `outbox.py`."""

from __future__ import annotations

from django.conf import settings

from einlass.core.messages import NOT_CONFIGURED, NotTaken
from einlass.gateways.logged import LogGateway
from einlass.gateways.port import Sms, SmsGateway
from einlass.gateways.seven import SevenGateway
from einlass.models import Message


class SmsCarrier:
    """One connection to the gateway, for as many messages as are due."""

    def __init__(self) -> None:
        self._gateway = _gateway()

    def hand_over(self, message: Message) -> NotTaken | None:
        """None when the gateway accepted the message, else why not."""
        problem = self._gateway.send(Sms(to=message.to_address, text=message.text, sender=settings.SMS_SERVER.sender))
        return problem or (None if settings.SMS_CONFIGURED else NotTaken(NOT_CONFIGURED, final=True))

    def close(self) -> None:
        self._gateway.close()


def _gateway() -> SmsGateway:
    server = settings.SMS_SERVER
    return SevenGateway(address=server.address, api_key=server.api_key) if server.gateway == "seven" else LogGateway()
