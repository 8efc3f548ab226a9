# SPDX-License-Identifier: Apache-2.0
"""Why a door does not open: each check with each of its answers, which one is the cause, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from einlass.core.access import AccessState
from einlass.core.bookings import Status
from einlass.core.diagnosis import DoorQuestion, DoorSituation, Finding, Remedy, Subject, Verdict, diagnose
from einlass.core.grants import Admissible, DoorUse
from einlass.core.locks import LockSystemState
from einlass.core.windows import Window

START = datetime(2027, 1, 12, 13, 0, tzinfo=UTC)
WINDOW = Window(START - timedelta(minutes=15), START + timedelta(hours=4, minutes=15))
READ = START - timedelta(minutes=24)
DOOR = DoorSituation("entrance", DoorUse.ALWAYS, Admissible.YES, "always", None, True, None, READ)
RIGHT = DoorQuestion(
    moment=START,
    now=START,
    status=Status.CONFIRMED,
    window=WINDOW,
    door=DOOR,
    key_state=AccessState.ACTIVE,
    key_off="",
    problem="",
    key_read_at=READ,
    phone_given=True,
    phone_is_mobile=True,
    phone_read_at=READ,
    account=LockSystemState.WORKING,
    account_since=None,
)


def found(asked: DoorQuestion, subject: Subject) -> Finding:
    return next(finding for finding in diagnose(asked).findings if finding.subject is subject)


def test_all_right_has_no_cause_and_five_findings_in_their_order() -> None:
    diagnosis = diagnose(RIGHT)

    assert [finding.subject for finding in diagnosis.findings] == list(Subject)
    assert {finding.verdict for finding in diagnosis.findings} == {Verdict.OK}
    assert (diagnosis.cause, diagnosis.remedies) == (None, (Remedy.OPEN_DOOR, Remedy.REISSUE))


@pytest.mark.parametrize(
    ("moment", "code", "by"),
    [
        (WINDOW.start - timedelta(seconds=1), "too_early", timedelta(seconds=1)),
        (WINDOW.start - timedelta(minutes=7), "too_early", timedelta(minutes=7)),
        (WINDOW.start, "in_time", None),
        (WINDOW.end - timedelta(seconds=1), "in_time", None),
        (WINDOW.end, "too_late", timedelta(0)),
        (WINDOW.end + timedelta(hours=1), "too_late", timedelta(hours=1)),
    ],
)
def test_time_says_by_how_much(moment: datetime, code: str, by: timedelta | None) -> None:
    finding = found(replace(RIGHT, moment=moment), Subject.TIME)

    assert (finding.code, finding.by) == (code, by)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.PENDING, "not_confirmed"),
        (Status.HELD, "not_confirmed"),
        (Status.CANCELLED, "booking_ended"),
        (Status.DECLINED, "booking_ended"),
        (Status.LAPSED, "booking_ended"),
        (Status.COMPLETED, "in_time"),
        (Status.NO_SHOW, "in_time"),
    ],
)
def test_time_knows_what_became_of_the_booking(status: Status, code: str) -> None:
    assert found(replace(RIGHT, status=status), Subject.TIME).code == code


@pytest.mark.parametrize(
    ("changes", "code", "verdict"),
    [
        ({}, "always", Verdict.OK),
        ({"use": DoorUse.SERVICES, "belongs": "service"}, "service", Verdict.OK),
        ({"use": DoorUse.SERVICES, "belongs": "room"}, "room", Verdict.OK),
        ({"use": DoorUse.SERVICES, "belongs": ""}, "not_of_booking", Verdict.NO),
        ({"use": DoorUse.NONE, "belongs": ""}, "not_used", Verdict.NO),
        ({"admissible": Admissible.GATEWAY}, "gateway", Verdict.NO),
        ({"admissible": Admissible.UNKNOWN_TYPE}, "unknown_type", Verdict.NO),
        ({"missing_since": READ}, "missing", Verdict.NO),
    ],
)
def test_door_belongs_to_the_booking_or_not(changes: dict[str, Any], code: str, verdict: Verdict) -> None:
    finding = found(replace(RIGHT, door=replace(DOOR, **changes)), Subject.DOOR)

    assert (finding.code, finding.verdict) == (code, verdict)


@pytest.mark.parametrize(
    ("changes", "code", "verdict"),
    [
        ({}, "as_it_should_be", Verdict.OK),
        ({"key_state": AccessState.READY}, "as_it_should_be", Verdict.OK),
        ({"key_state": AccessState.NONE, "key_off": "off"}, "off", Verdict.NO),
        ({"key_state": AccessState.PREPARING, "key_off": "site_unconfirmed"}, "site_unconfirmed", Verdict.NO),
        ({"key_state": AccessState.TROUBLE, "key_off": "site_mismatch"}, "site_mismatch", Verdict.NO),
        ({"key_state": AccessState.TROUBLE, "problem": "refused"}, "problem_refused", Verdict.NO),
        ({"key_state": AccessState.PREPARING, "problem": "vendor_unreachable"}, "problem_vendor_unreachable", Verdict.NO),
        ({"key_state": AccessState.PREPARING}, "preparing", Verdict.NO),
        ({"key_state": AccessState.CHANGING}, "changing", Verdict.NO),
        ({"key_state": AccessState.REVOKING}, "revoking", Verdict.NO),
        ({"key_state": AccessState.CLOSED}, "closed", Verdict.NO),
        ({"key_state": AccessState.NONE}, "none", Verdict.NO),
        ({"key_state": AccessState.CLOSED, "now": WINDOW.end}, "over_by_now", Verdict.UNKNOWN),
        ({"key_state": AccessState.CLOSED, "now": WINDOW.end, "status": Status.CANCELLED}, "closed", Verdict.NO),
    ],
)
def test_key_is_what_was_read_of_it(changes: dict[str, Any], code: str, verdict: Verdict) -> None:
    finding = found(replace(RIGHT, **changes), Subject.KEY)

    assert (finding.code, finding.verdict) == (code, verdict)


@pytest.mark.parametrize(
    ("changes", "code", "verdict"),
    [
        ({}, "as_in_the_key", Verdict.OK),
        ({"phone_given": False}, "no_number", Verdict.NO),
        ({"phone_is_mobile": False}, "not_mobile", Verdict.NO),
        ({"phone_read_at": None}, "not_read", Verdict.UNKNOWN),
    ],
)
def test_phone_is_never_called_right_before_it_was_read_in_the_key(changes: dict[str, Any], code: str, verdict: Verdict) -> None:
    finding = found(replace(RIGHT, **changes), Subject.PHONE)

    assert (finding.code, finding.verdict) == (code, verdict)


@pytest.mark.parametrize(
    ("ready", "account", "code", "verdict"),
    [
        (True, LockSystemState.WORKING, "answers", Verdict.OK),
        (None, LockSystemState.WORKING, "not_reported", Verdict.UNKNOWN),
        (False, LockSystemState.WORKING, "silent", Verdict.NO),
        (False, LockSystemState.UNREACHABLE, "silent", Verdict.NO),
        (True, LockSystemState.UNREACHABLE, "account_unreachable", Verdict.UNKNOWN),
        (True, LockSystemState.CREDENTIALS_REJECTED, "account_credentials_rejected", Verdict.UNKNOWN),
    ],
)
def test_lock_that_is_not_reported_is_never_called_right(ready: bool | None, account: LockSystemState, code: str, verdict: Verdict) -> None:
    finding = found(replace(RIGHT, door=replace(DOOR, ready=ready), account=account), Subject.LOCK)

    assert (finding.code, finding.verdict) == (code, verdict)


def test_cause_is_the_first_that_is_wrong_in_the_fixed_order() -> None:
    everything = replace(
        RIGHT,
        moment=WINDOW.start - timedelta(minutes=7),
        door=replace(DOOR, use=DoorUse.SERVICES, belongs="", ready=False),
        key_state=AccessState.TROUBLE,
        problem="refused",
        phone_is_mobile=False,
    )
    causes = []
    for repaired in (
        {},
        {"moment": START},
        {"door": replace(DOOR, ready=False)},
        {"key_state": AccessState.ACTIVE, "problem": ""},
        {"phone_is_mobile": True},
        {"door": DOOR},
    ):
        everything = replace(everything, **repaired)
        cause = diagnose(everything).cause
        causes.append(cause.code if cause else "")

    assert causes == ["too_early", "not_of_booking", "problem_refused", "not_mobile", "silent", ""]


@pytest.mark.parametrize(
    ("changes", "remedies"),
    [
        ({"moment": WINDOW.end}, (Remedy.OPEN_DOOR,)),
        ({"door": replace(DOOR, use=DoorUse.SERVICES, belongs="")}, (Remedy.OPEN_DOOR,)),
        ({"door": replace(DOOR, use=DoorUse.NONE, belongs="")}, (Remedy.READINESS,)),
        ({"door": replace(DOOR, admissible=Admissible.GATEWAY)}, ()),
        ({"door": replace(DOOR, missing_since=READ)}, (Remedy.READINESS,)),
        ({"key_state": AccessState.NONE, "key_off": "off"}, (Remedy.READINESS,)),
        ({"key_state": AccessState.TROUBLE, "problem": "credentials_rejected"}, (Remedy.READINESS, Remedy.OPEN_DOOR)),
        ({"key_state": AccessState.TROUBLE, "problem": "changed_outside"}, (Remedy.OPEN_DOOR, Remedy.REISSUE)),
        ({"key_state": AccessState.TROUBLE, "problem": "phone_unusable"}, (Remedy.EDIT_NUMBER, Remedy.OPEN_DOOR)),
        ({"phone_given": False}, (Remedy.EDIT_NUMBER, Remedy.OPEN_DOOR)),
        ({"key_state": AccessState.PREPARING}, (Remedy.OPEN_DOOR,)),
    ],
)
def test_remedies_begin_with_what_helps_most(changes: dict[str, Any], remedies: tuple[Remedy, ...]) -> None:
    assert diagnose(replace(RIGHT, **changes)).remedies == remedies
