# SPDX-License-Identifier: Apache-2.0
"""The address that a vendor calls when it has made a key: nobody guesses it, and it is a hint only. What is so, is read (F53)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F

from einlass.core.errors import Refusal
from einlass.core.keys import KeyState
from einlass.core.limits import Deed
from einlass.models import Access, Key
from einlass.operations.addresses import address_of
from einlass.operations.limits import count
from einlass.operations.wakeups import Wakeup, somebody_listens, wake

# 160 bits; the marker before it only says which key is spoken of.
MAC_LETTERS = 40
# A look is of use only while it is not known what became of the request.
UNCERTAIN = (KeyState.SENDING.value, KeyState.ISSUED.value)


def callback_address(marker: str) -> str:
    """Where the vendor may tell that this key was made; "" where it cannot reach us. On one machine, the emulator can."""
    if not settings.BASE_URL.startswith("https://") and not (_is_here(settings.BASE_URL) and _is_here(settings.EXIVO_URL)):
        return ""
    return address_of("exivo_callback", f"{marker}.{_mac(marker)}")


def hear(token: str, *, now: datetime) -> bool:
    """Have the key's booking looked at, if a look can tell anything; False for an address that we never gave out.

    Looked up is only what we made ourselves. A call that comes again, late or out of turn is one more look at most, and of those there are
    so many an hour. What was put off because the vendor refused is not tried earlier by it.
    """
    marker, _, mac = token.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(marker).encode()):
        return False
    row = Key.objects.filter(marker=marker, state__in=UNCERTAIN).select_related("booking__branch", "booking__access").first()
    if row is not None:
        _look(row, now=now)
    return True


def _look(row: Key, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            count(Deed.CALLBACK, row.marker, now=now)
            handed = now if somebody_listens() else None
            waiting = Access.objects.filter(booking_id=row.booking_id, next_check_at__isnull=False)
            waiting.update(next_check_at=now, handed_at=handed, changes=F("changes") + 1)
            access: Access = row.booking.access
            wake(Wakeup(booking=row.booking_id, system=str(row.booking.branch.lock_system_id), urgency=access.urgency))
    except Refusal:
        # More than enough: the net under all work finds what is due.
        return


def _mac(marker: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"exivo callback\n{marker}".encode(), hashlib.sha256).hexdigest()[:MAC_LETTERS]


def _is_here(address: str) -> bool:
    return urlsplit(address).hostname in {"localhost", "127.0.0.1", "::1"}
