# SPDX-License-Identifier: Apache-2.0
"""The faults the emulator can be told to have: their one table, how a plan is read, and which fault a call meets.

Nothing is carried out here: `api` bends what it does, `wire` loses answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

CALLS = ("create", "list", "read", "revoke", "info", "components", "unlock", "accesslog")
EVERY = frozenset(CALLS)
CREATE, LISTS, READS, REVOKE = frozenset({"create"}), frozenset({"list", "components"}), frozenset({"list", "read"}), frozenset({"revoke"})
_SELECTION = frozenset({"kind", "call", "site", "times", "after", "probability", "seed"})


class FaultError(Exception):
    """A plan that cannot be carried out; the text says why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`calls` are those it can meet, `options` its own fields with their defaults (seconds unless said), `lasting` ones
    are a state of the locks rather than of a call and cannot be counted."""

    german: str
    english: str
    calls: frozenset[str] = EVERY
    options: Mapping[str, object] = field(default_factory=dict)
    lasting: bool = False


KINDS: dict[str, Kind] = {
    "timeout_before": Kind("exivo antwortet nicht, nichts geschieht", "No answer, nothing happens", options={"seconds": 60}),
    "timeout_after": Kind("exivo antwortet nicht, es geschieht trotzdem", "No answer, though it happens", options={"seconds": 60}),
    "drop": Kind("exivo antwortet nicht", "exivo does not answer"),
    "reset_before": Kind("Verbindung bricht ab, nichts geschieht", "Connection reset, nothing happens"),
    "reset_after": Kind("Antwort geht verloren, es geschieht trotzdem", "Answer is lost, though it happens"),
    "status": Kind("exivo meldet einen Fehler", "exivo reports an error", options={"status": 503, "body": None, "headers": {}}),
    "status_after": Kind("exivo meldet einen Fehler, es geschieht trotzdem", "exivo reports an error, though it happens",
                         options={"status": 502, "body": None, "headers": {}}),
    "late": Kind("Es geschieht erst später", "It happens only later", frozenset({"create", "revoke", "unlock"}),
                 {"seconds": 5, "status": None}),
    "throttle": Kind("exivo drosselt (429)", "exivo throttles (429)", options={"retry_after": 30}),
    "slow": Kind("Antwort kommt verzögert", "Answer comes slowly", options={"seconds": 8}),
    "html": Kind("exivo antwortet mit einer Webseite", "exivo answers with a web page"),
    "error_body": Kind("exivo sagt 200 und meint einen Fehler", "200 with an error inside", options={"message": "internal error"}),
    "schema": Kind("exivo antwortet in anderer Form", "Answer has another shape"),
    "half_key": Kind("Schlüssel entsteht nur halb", "Key is made only in part", CREATE, {"missing": "doors"}),
    "duplicate": Kind("Schlüssel entsteht doppelt", "Key is made twice", CREATE),
    "callback": Kind("Rückruf kommt anders", "Callback comes otherwise", CREATE, {"how": "late", "seconds": 30}),
    "truncated_page": Kind("Seite der Liste ist gekürzt", "Page of a list is cut short", LISTS, {"items": 1, "broken": False}),
    "list_fails_after_page": Kind("Liste bricht nach der ersten Seite ab", "List fails after the first page", LISTS, {"status": 500}),
    "empty_list": Kind("Liste ist leer", "List is empty", LISTS),
    "stale_read": Kind("exivo liest einen alten Stand", "exivo reads an old state", READS, {"seconds": 60}),
    "shuffle": Kind("Liste wechselt die Reihenfolge", "List changes its order", LISTS),
    "revoke_ignored": Kind("Zurücknehmen bleibt ohne Wirkung", "Taking back has no effect", REVOKE),
    "refuses_past_start": Kind("Beginn in der Vergangenheit wird abgelehnt", "A start in the past is refused", CREATE),
    "unknown_is_400": Kind("Unbekannte Schlüssel ergeben 400 statt 404", "Unknown keys are answered by 400, not 404",
                           frozenset({"read", "revoke"})),
    "ignores_end": Kind("Schlüssel öffnet nach dem Ende weiter", "Key opens after its end", options={}, lasting=True),
    "reject_credentials": Kind("Zugangsdaten abgelehnt", "Credentials rejected"),
    "connection_inactive": Kind("Connection Service ist nicht aktiv", "Connection service is not active"),
    "other_site": Kind("exivo nennt eine andere Site", "exivo names another site", frozenset({"info"}),
                       {"id": "51000000-0000-4000-8000-0000000000aa", "name": "Andere Site"}),
}  # fmt: skip
"""`retry_after` of throttle: seconds, an HTTP date, "absent" or "absurd". `missing` of half_key: doors, window or phone.
`how` of callback: late (by `seconds`), replayed, forged or lost.
`late` answers nothing unless it has a `status`."""


@dataclass(slots=True)
class Fault:
    """One entry of the plan with its own counters. `options` are complete: defaults are filled in."""

    kind: str
    call: str
    spec: dict[str, Any]
    options: dict[str, Any]
    random: Random
    site: str | None = None
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    seen: int = 0
    fired: int = 0

    def meets(self, call: str, site: str) -> bool:
        """Whether this call meets the fault. Counts it: `after` counts every call of the kind, `times` those that were met."""
        if KINDS[self.kind].lasting or call not in KINDS[self.kind].calls:
            return False
        if self.call not in ("*", call) or self.site not in (None, site):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.fired >= self.times):
            return False
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.fired += 1
        return True

    def as_json(self) -> dict[str, Any]:
        return {**self.spec, "seen": self.seen, "fired": self.fired}


class Plan:
    """The faults in force. A call meets the first that fits; the others still count it."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.faults = tuple(faults)

    def meet(self, call: str, site: str) -> Fault | None:
        met = [fault for fault in self.faults if fault.meets(call, site)]
        for passed_over in met[1:]:
            passed_over.fired -= 1
        return met[0] if met else None

    def sites_ignoring_end(self, sites: Sequence[str]) -> frozenset[str]:
        lasting = [fault for fault in self.faults if fault.kind == "ignores_end"]
        return frozenset(site for site in sites if any(fault.site in (None, site) for fault in lasting))


def read_plan(content: object) -> Plan:
    """The plan a client sends. Raises FaultError; nothing of a wrong plan is taken."""
    if not isinstance(content, list):
        raise FaultError("a plan is a list of faults; [] clears it")
    return Plan([_read_fault(each) for each in content])


def _read_fault(spec: object) -> Fault:
    if not isinstance(spec, dict):
        raise FaultError("a fault is an object")
    name = spec.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise FaultError(f"unknown kind {name!r}; known are {', '.join(KINDS)}")
    unknown = set(spec) - _SELECTION - set(kind.options)
    if unknown:
        raise FaultError(f"{name} does not know {', '.join(sorted(unknown))}")
    call = spec.get("call", "*")
    if call != "*" and call not in kind.calls:
        raise FaultError(f"{name} cannot meet the call {call!r}; it meets {', '.join(sorted(kind.calls))}")
    if kind.lasting and _SELECTION & set(spec) - {"kind", "call", "site"}:
        raise FaultError(f"{name} is a lasting state: it takes a site, but is not counted")
    options = {**kind.options, **{each: spec[each] for each in kind.options if each in spec}}
    _check_values(spec, options)
    return Fault(
        kind=str(name),
        call=str(call),
        spec=dict(spec),
        options=options,
        # Not for secrets: the same seed must give the same faults.
        random=Random(spec.get("seed", 0)),  # noqa: S311 - repeatable on purpose
        site=spec.get("site"),
        times=spec.get("times"),
        after=spec.get("after", 0),
        probability=spec.get("probability", 1.0),
    )


def _number(value: object, least: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= least


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "times": (lambda value: value is None or (isinstance(value, int) and _number(value, 0)), "a count or null"),
    "after": (lambda value: isinstance(value, int) and _number(value, 0), "a count"),
    "probability": (lambda value: _number(value, 0) and value <= 1, "between 0 and 1"),
    "seed": (lambda value: isinstance(value, int | str), "a number or text"),
    "site": (lambda value: value is None or isinstance(value, str), "a site id"),
    "seconds": (lambda value: _number(value, 0), "a number of seconds"),
    "status": (lambda value: value is None or (isinstance(value, int) and 200 <= value <= 599), "an HTTP status"),
    "headers": (lambda value: isinstance(value, dict), "an object"),
    "items": (lambda value: isinstance(value, int) and _number(value, 0), "a count"),
    "how": (lambda value: value in ("late", "replayed", "forged", "lost"), "late, replayed, forged or lost"),
    "missing": (lambda value: value in ("doors", "window", "phone"), "doors, window or phone"),
}


def _check_values(spec: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    for name, value in {**spec, **options}.items():
        rule = _RULES.get(name)
        if rule is not None and not rule[0](value):
            raise FaultError(f"{name} must be {rule[1]}, not {value!r}")
