# SPDX-License-Identifier: Apache-2.0
"""The faults that a person can switch on in the panel, in their groups. What each does is in `faults.KINDS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from exivo_emulator.faults import KINDS, Plan, read_plan
from exivo_emulator.world import World


@dataclass(frozen=True, slots=True)
class Preset:
    """A fault as a switch. `skew` instead of a `spec`: exivo's clock is that much ahead."""

    name: str
    german: str
    english: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    skew: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Group:
    """Switches that stand together. `word` names their heading in `words`; the usual ones have none and are always in sight."""

    name: str
    word: str
    presets: tuple[Preset, ...]


def _as_named(name: str, kind: str, **options: Any) -> Preset:
    """A switch with the words of its kind."""
    return Preset(name, KINDS[kind].german, KINDS[kind].english, {"kind": kind, **options})


_USUAL = (
    _as_named("silent", "drop"),
    Preset(
        "lost",
        "Antwort geht verloren, der Schlüssel entsteht",
        "Answer is lost, the key is made",
        {"kind": "reset_after", "call": "create"},
    ),
    Preset("slow", "Antwort kommt 8 Sekunden später", "Answer comes 8 seconds later", {"kind": "slow", "seconds": 8}),
    _as_named("page", "list_fails_after_page"),
    _as_named("credentials", "reject_credentials"),
    _as_named("throttle", "throttle", retry_after=30),
    _as_named("revoke", "revoke_ignored"),
    _as_named("end", "ignores_end"),
)
_ANSWERS = (
    _as_named("before", "reset_before"),
    _as_named("unheard", "timeout_after", seconds=60),
    _as_named("error", "status", status=503),
    Preset(
        "bursts",
        "Jeder zweite Aufruf endet mit einem Fehler",
        "Every second call ends with an error",
        {"kind": "status", "status": 502, "probability": 0.5, "seed": 1},
    ),
    _as_named("applied", "status_after", status=502),
    Preset(
        "late",
        "Schlüssel entsteht erst nach 20 Sekunden",
        "Key is made only after 20 seconds",
        {"kind": "late", "call": "create", "seconds": 20, "status": 504},
    ),
    _as_named("web_page", "html"),
    _as_named("error_inside", "error_body"),
    _as_named("schema", "schema"),
    Preset(
        "throttle_date",
        "exivo drosselt und nennt eine Uhrzeit",
        "exivo throttles and names a time",
        {"kind": "throttle", "retry_after": "date"},
    ),
    Preset(
        "throttle_bare",
        "exivo drosselt und nennt keine Frist",
        "exivo throttles and names no wait",
        {"kind": "throttle", "retry_after": "absent"},
    ),
)
_LISTS = (
    _as_named("half", "half_key"),
    _as_named("double", "duplicate"),
    _as_named("callback", "callback", how="replayed"),
    _as_named("past_start", "refuses_past_start"),
    _as_named("unknown_400", "unknown_is_400"),
    _as_named("short", "truncated_page"),
    Preset("broken", "Seite der Liste bricht mitten ab", "Page of a list breaks off", {"kind": "truncated_page", "broken": True}),
    _as_named("empty", "empty_list"),
    _as_named("stale", "stale_read", seconds=60),
    _as_named("shuffle", "shuffle"),
)
_ACCOUNT = (
    _as_named("inactive", "connection_inactive"),
    _as_named("other_site", "other_site"),
    Preset("skew", "Uhr von exivo geht 10 Minuten vor", "Clock of exivo is 10 minutes ahead", skew=timedelta(minutes=10)),
)

GROUPS = (
    Group("usual", "", _USUAL),
    Group("answers", "faults_answers", _ANSWERS),
    Group("lists", "faults_lists", _LISTS),
    Group("account", "faults_account", _ACCOUNT),
)
PRESETS = {preset.name: preset for group in GROUPS for preset in group.presets}


def is_on(world: World, preset: Preset) -> bool:
    if preset.skew:
        return world.clocks.api_offset == preset.skew
    return any(fault.spec == preset.spec for fault in world.plan.faults)


def switch(world: World, preset: Preset) -> None:
    """On if it is off, off if it is on; other faults of the plan keep their counters."""
    if preset.skew:
        world.clocks.api_offset = timedelta(0) if is_on(world, preset) else preset.skew
        return
    kept = [each for each in world.plan.faults if each.spec != preset.spec]
    added = [] if is_on(world, preset) else read_plan([dict(preset.spec)]).faults
    world.plan = Plan([*kept, *added])


def other_faults(world: World) -> list[str]:
    """Kinds in the plan that no switch stands for."""
    specs = [preset.spec for preset in PRESETS.values()]
    return [fault.kind for fault in world.plan.faults if fault.spec not in specs]
