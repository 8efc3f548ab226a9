# SPDX-License-Identifier: Apache-2.0
"""What the keys of a lock system can do, where vendors differ. A driver names its own; the plan in `keys.py` heeds them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class KeysPer(StrEnum):
    """What one object at the vendor stands for. A driver shows Einlass one key for each booking either way."""

    BOOKING = "booking"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The defaults are exivo's: one key for each booking, made and taken back, never changed.

    `amends`: doors and window of a key can be changed in place. `revokes_at_once`: a key that was taken back opens nothing more;
    else only once the phone has synchronised (F33). `slots_limited`: a door holds so many keys and no more (F41).
    `local_time`: windows are kept as wall-clock times of the site (F27). `holds_two`: one person may hold two keys for
    one door, so that the new one can be there before the old one goes (F29).
    """

    keys_per: KeysPer = KeysPer.BOOKING
    amends: bool = False
    revokes_at_once: bool = True
    slots_limited: bool = False
    local_time: bool = False
    holds_two: bool = True


# Taken for granted where nobody says otherwise.
PLAIN = Capabilities()
