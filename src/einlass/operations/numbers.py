# SPDX-License-Identifier: Apache-2.0
"""A guest corrects his mobile number: a code sent to his mail address proves that it is he. The key follows the number (F24)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from einlass.core.errors import FieldError, Refusal
from einlass.core.events import GUEST, NumberChangeAsked
from einlass.core.limits import Deed
from einlass.core.questions import validate
from einlass.models import Booking, EventRecord, NumberChange, Question
from einlass.operations.answers import change_answer
from einlass.operations.bookings import locked, refuse_ended
from einlass.operations.events import record
from einlass.operations.letters import write_letter
from einlass.operations.limits import count_visitor, refuse_many_open
from einlass.queries.numbers import TRIES, number_question, running_change

KIND = "message_code"
DIGITS = 6
COUNTS_FOR = timedelta(minutes=15)
CODES, WITHIN = 3, timedelta(hours=1)
# So long another code can be asked for without giving the number anew.
KEPT_FOR = timedelta(hours=1)


def ask(booking: Booking, mobile: str, *, now: datetime, visitor: str = "") -> NumberChange:
    """Send a code to the guest's mail address; the number changes only once he gives it back. Another wish takes the place of this one.

    `visitor` is an address, by which codes are counted besides. Raises Refusal: not_allowed_now, no_mail_address,
    invalid (with fields), too_many_codes, too_many. Records NumberChangeAsked.
    """
    with transaction.atomic():
        booking = locked(booking)
        refuse_ended(booking, now=now)
        number = _read(mobile, booking, _asked_in(booking))
        if not booking.email:
            raise Refusal("no_mail_address")
        if _codes_of_late(booking, now=now) >= CODES:
            raise Refusal("too_many_codes")
        count_visitor(Deed.CODE, visitor, now=now)
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        until = now + COUNTS_FOR
        kept = {"mobile": number, "code_digest": _digest(booking, number, code), "asked_at": now, "valid_until": until, "tries": 0}
        change, _ = NumberChange.objects.update_or_create(booking=booking, defaults=kept)
        said = {"code": f"{code[:3]} {code[3:]}", "code_minutes": str(int(COUNTS_FOR.total_seconds() // 60))}
        write_letter(KIND, booking, said, useful_until=until, now=now)
        record(NumberChangeAsked(), actor=GUEST, now=now, booking=booking)
    return change


def ask_again(booking: Booking, *, now: datetime, visitor: str = "") -> NumberChange:
    """Another code for the number that was given last. Raises Refusal as `ask`, and not_allowed_now where there is none."""
    change = NumberChange.objects.filter(booking=booking).first()
    if change is None:
        raise Refusal("not_allowed_now", values={"status": booking.status})
    return ask(booking, change.mobile, now=now, visitor=visitor)


def prove(booking: Booking, code: str, *, now: datetime) -> Booking:
    """Take the number that was asked for, if this is its code. The old key is taken back, then the new number gets one (F24).

    Raises Refusal: not_allowed_now, invalid with the field `code` (wrong_code, code_over), too_many where the number has as many
    bookings as it may. Records BookingAnswersChanged.
    """
    with transaction.atomic():
        booking = locked(booking)
        refuse_ended(booking, now=now)
        change = running_change(booking, now=now)
        if change is None:
            raise _wrong("code_over")
        question = _asked_in(booking)
        given = "".join(sign for sign in code if sign.isdecimal())
        right = constant_time_compare(_digest(booking, change.mobile, given), change.code_digest)
        if right:
            refuse_many_open(change.mobile, now=now)
            booking = change_answer(booking, question, change.mobile, actor=GUEST, now=now)
            change.delete()
        else:
            change.tries += 1
            change.save(update_fields=["tries"])
    # After the commit: the try counts.
    if not right:
        raise _wrong("wrong_code" if change.tries < TRIES else "code_over")
    return booking


def forget(booking: Booking) -> None:
    """What the guest asked for and has not proved."""
    NumberChange.objects.filter(booking=booking).delete()


def forget_old(*, now: datetime) -> int:
    """Delete the wishes that nobody proved: a number that somebody mistyped twice is nobody's. Returns how many."""
    deleted, _ = NumberChange.objects.filter(valid_until__lte=now - KEPT_FOR).delete()
    return deleted


def _asked_in(booking: Booking) -> Question:
    question = number_question(booking)
    if question is None:
        raise Refusal("not_allowed_now", values={"status": booking.status})
    return question


def _read(mobile: str, booking: Booking, question: Question) -> str:
    cleaned, errors = validate((question.facts(),), {question.key: mobile}, country=booking.branch.country)
    number = str(cleaned.get(question.key, ""))
    if not errors and not number:
        errors = (FieldError(question.key, "required"),)
    elif not errors and number == booking.mobile:
        errors = (FieldError(question.key, "same_number"),)
    if errors:
        raise Refusal("invalid", fields=tuple(errors))
    return number


def _codes_of_late(booking: Booking, *, now: datetime) -> int:
    return EventRecord.objects.filter(booking=booking, kind=NumberChangeAsked.kind, at__gt=now - WITHIN).count()


def _digest(booking: Booking, mobile: str, code: str) -> str:
    """Of this code for this number of this booking, under the secret of the installation: no other place takes it."""
    return salted_hmac("einlass.number-change", f"{booking.pk}:{mobile}:{code}", algorithm="sha256").hexdigest()


def _wrong(code: str) -> Refusal:
    return Refusal("invalid", fields=(FieldError("code", code),))
