# SPDX-License-Identifier: Apache-2.0
"""Whether a site was compared as a whole with what we note of it, by the version of those notes that counts now (F54). No rule on keys."""

from __future__ import annotations

# To be raised whenever what is kept of a key means something else than before: then every site is looked at as a whole once, and until
# then nothing is made and nothing taken back there.
NOTES_VERSION = "1"
# After a backup was put back: what the vendor did since then is not in it (F21). Differs from "", which is a site that never was read.
NOT_COMPARED = "restored"


def is_compared(compared_by: str) -> bool:
    return compared_by == NOTES_VERSION
