# SPDX-License-Identifier: Apache-2.0
"""The form of a branch as a person sends it, for the tests of its page."""

from __future__ import annotations

from einlass.models import Branch
from einlass.operations.config_export import digest_of, exported
from einlass.operations.settings import part_at

LIST = "/manage/settings/branches/"
PAGE = f"{LIST}bern/"


def form_of(branch: Branch, **changed: str) -> dict[str, str]:
    """The form of a branch as it is shown, with what was typed anew."""
    hours = {day: ", ".join(branch.opening_hours.get(day, [])) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    named = {
        "name__de": str(branch.name),
        "country": branch.country,
        "time_zone": branch.time_zone,
        "holidays": branch.holidays,
        "early_minutes": str(branch.early_minutes),
        "late_minutes": str(branch.late_minutes),
        "site_id": branch.site_id,
        "active": "on",
        "seen": digest_of(part_at(exported(), f"branches.{branch.key}")),
    }
    if branch.lock_system:
        named["lock_system"] = branch.lock_system.key
    if branch.shrink_margins:
        named["shrink_margins"] = "on"
    if branch.remake_running:
        named["remake_running"] = "on"
    doors = {f"door-{door.component}": door.use for door in branch.doors.all() if "gateway" not in door.kind}
    return named | hours | doors | changed
