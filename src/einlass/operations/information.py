# SPDX-License-Identifier: Apache-2.0
"""Saying that the default text about the doors is fine as it is (R9). Changing it is a setting like any, see `settings.py`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from einlass.core.events import Actor, SettingsChanged
from einlass.models import MessageTemplate
from einlass.operations.config_write import one_at_a_time
from einlass.operations.events import record
from einlass.queries.set_up import INFORMATION


def confirm_information(*, actor: Actor, now: datetime) -> None:
    """Somebody has read the text as it is. Records SettingsChanged the first time."""
    with transaction.atomic():
        one_at_a_time()
        row = MessageTemplate.objects.filter(key=INFORMATION).first() or MessageTemplate(key=INFORMATION)
        if row.confirmed_at is None:
            row.confirmed_at = now
            row.save()
            subject = f"templates.{INFORMATION}"
            record(SettingsChanged([{"field": f"{subject}.confirmed", "old": False, "new": True}]), actor=actor, now=now, subject=subject)
