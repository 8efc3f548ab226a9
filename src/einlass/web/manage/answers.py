# SPDX-License-Identifier: Apache-2.0
"""Correcting the answers of a booking with the fields that guests fill in. What follows from another number: `operations/answers.py`."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from einlass.core.errors import Refusal
from einlass.core.grants import opens_doors
from einlass.core.roles import May
from einlass.models import Booking, Question
from einlass.operations.answers import answers_digest, change_answers
from einlass.queries.services import questions_of
from einlass.web import refusals
from einlass.web.fields import Typed, answers_in, fields_of, typed_in
from einlass.web.manage.booking import booking_for, crumbs_to, doable, reader_of, reading_of
from einlass.web.manage.desk import FORM, actor_of, show, staff_page
from einlass.web.manage.guest_facts import guest_facts, labels_of, typed_from
from einlass.web.manage.rows import row_of


@sensitive_post_parameters()
@staff_page(May.WORK, FORM)
def answers(request: HttpRequest, reference: str) -> HttpResponse:
    booking, now = booking_for(request, reference), timezone.now()
    questions = questions_of(booking.service)
    if request.method != "POST":
        typed = typed_from(booking.answers, questions, country=booking.branch.country)
        return _form(request, booking, questions, typed, now=now)
    given = answers_in(questions, typed_in(request.POST), country=booking.branch.country)
    try:
        changed = change_answers(booking, given, actor=actor_of(request), now=now, seen=request.POST.get("seen", ""))
    except Refusal as refusal:
        return _form(request, booking, questions, typed_in(request.POST), now=now, refusal=refusal)
    _tell(request, booking, changed, questions)
    return redirect("manage_booking", booking.reference)


def _tell(request: HttpRequest, before: Booking, after: Booking, questions: list[Question]) -> None:
    """What was changed, and what follows from another number."""
    labels = labels_of(questions, reading_of(request, after))
    changed = [label for key, label in labels.items() if before.answers.get(key) != after.answers.get(key)]
    if not changed:
        messages.info(request, gettext("Nothing was changed."))
        return
    sentence = gettext("Corrected: %(questions)s.") % {"questions": ", ".join(changed)}
    if before.mobile != after.mobile and opens_doors(after.facts()):
        follows = gettext("The key is replaced: the old number loses it, the new one gets it.")
        sentence = f"{sentence} {follows}"
    messages.success(request, sentence)


def _form(
    request: HttpRequest, booking: Booking, questions: list[Question], typed: Typed, *, now: datetime, refusal: Refusal | None = None
) -> HttpResponse:
    errors = refusal.fields if refusal else ()
    conflict = refusal is not None and refusal.code == "changed_meanwhile"
    context = {
        "row": row_of(booking, reader=reader_of(request, now=now)),
        "fields": fields_of(questions, typed=typed, errors=errors, reading=reading_of(request, booking)),
        "errors": len(errors),
        "refusal_title": refusals.title(refusal) if refusal and not errors else "",
        "refusal": refusals.sentence(refusal) if refusal and not errors else "",
        # Saving again is meant after a conflict: the person was told, and sees what he typed.
        "seen": answers_digest(booking) if conflict or not refusal else request.POST.get("seen", ""),
        "theirs": guest_facts(booking.answers, questions, reading_of(request, booking)) if conflict else (),
        "can": doable(booking, now=now),
        "replaces_key": opens_doors(booking.facts()),
    }
    status = refusals.STATUS[refusal.code] if refusal else 200
    crumbs = crumbs_to(booking, gettext("Correct the answers"))
    return show(request, "manage/answers.html", context, at="bookings", crumbs=crumbs, status=status)
