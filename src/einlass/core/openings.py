# SPDX-License-Identifier: Apache-2.0
"""Opening a door now: how far a wish has come, and how long it counts. Who asks the vendor: `operations/openings.py`."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

# A door that opens minutes after somebody asked opens for nobody, or for the wrong person.
OPENING_COUNTS_FOR = timedelta(seconds=30)


class OpeningState(StrEnum):
    """ASKED waits for a worker, SENT may or may not have opened the door, the others are final."""

    ASKED = "asked"
    SENT = "sent"
    OPENED = "opened"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DROPPED = "dropped"
