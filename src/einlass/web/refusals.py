# SPDX-License-Identifier: Apache-2.0
"""The only place where a no of the product becomes words, an HTTP status or problem+json. What is refused is decided elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from einlass.core.errors import FieldError, Refusal
from einlass.web.setting_sentences import SETTING_SENTENCES

PROBLEM_JSON = "application/problem+json"
API = "/api/"

# Refused because of somebody else's booking: another try may succeed. The others need another request.
STATUS: dict[str, int] = {
    "slot_taken": 409,
    "busy": 409,
    "invalid": 422,
    "not_offered": 422,
    "service_not_bookable": 422,
    "deadline_passed": 422,
    "not_allowed_now": 422,
    "changed_meanwhile": 409,
    "in_use": 422,
    "doors_off": 422,
    "door_not_openable": 422,
    "nothing_to_reissue": 422,
    "no_mail_address": 422,
    "too_many_codes": 429,
    "too_many": 429,
    "look_again": 422,
}
# The same for every reason, as the words are: how long it really takes would tell what was counted.
RETRY_AFTER_SECONDS = 3600

TITLES = {
    "slot_taken": _("This time has been taken meanwhile"),
    "busy": _("Many people are booking at this moment"),
    "invalid": _("Something is still missing or not right"),
    "not_offered": _("This time is not offered"),
    "service_not_bookable": _("This cannot be booked at the moment"),
    "deadline_passed": _("The time for changes is over"),
    "not_allowed_now": _("This is no longer possible"),
    "changed_meanwhile": _("Somebody else has saved this meanwhile"),
    "in_use": _("This is still in use"),
    "doors_off": _("No door can be opened here just now"),
    "door_not_openable": _("This door cannot be opened from here"),
    "nothing_to_reissue": _("There is no key that could be made anew"),
    "no_mail_address": _("We have no e-mail address of yours"),
    "too_many_codes": _("Three codes within an hour are the most"),
    "too_many": _("Please try again a little later"),
    "look_again": _("Please look through it once more"),
}
SENTENCES = {
    "slot_taken": _("Somebody was a moment faster. Please choose another time."),
    "busy": _("Please try again in a moment. Nothing was booked."),
    "invalid": _("Please look at the fields that are marked."),
    "not_offered": _("The time lies outside of what can be booked. Please choose one of the free times."),
    "service_not_bookable": _("The operator still has to set something up. Please ask us, or choose something else."),
    "deadline_passed": _("Changes were possible until the deadline. If something has come up, please call us."),
    "not_allowed_now": _("The booking has been cancelled or is over. It stays as it is."),
    "changed_meanwhile": _(
        "Nothing of yours was saved, and nothing of theirs was overwritten. What you typed is still here: compare, then save."
    ),
    "doors_off": _(
        "The integration is switched off, or exivo has not confirmed the branch's Site-ID yet. The readiness page says what is missing."
    ),
    "door_not_openable": _("It is not one of the doors chosen for the branch, or exivo does not list it as a door."),
    "nothing_to_reissue": _("The booking opens no door now: it is over, was not confirmed, or its doors, number or Site-ID are missing."),
    "no_mail_address": _("So we cannot send you a code. Please call us: we change the number for you."),
    "too_many_codes": _("Nothing was changed. Try again in an hour, or call us: we change the number for you."),
    "look_again": _("Nothing has been booked yet, and everything you typed is still here. Book once you have seen it."),
    # One sentence for the limits on an address, on a number and on its coming bookings: it tells a stranger nothing about anybody.
    "too_many": _(
        "So that nobody can block the rooms, we take only so many requests in a row. Nothing was booked or changed. "
        "Try again in an hour, or ask us: we will gladly do it for you."
    ),
    "in_use": _("Coming bookings depend on it: %(references)s. Move or cancel them first."),
}
FIELD_SENTENCES = {
    # answers to booking questions, see core.questions
    "required": _("Please fill in this field."),
    "unknown_question": _("This question is not asked here."),
    "not_text": _("Please write this as text."),
    "too_long": _("This is too long: at most %(limit)s characters."),
    "not_a_number": _("Please give a number."),
    "not_a_number_positive": _("Please give a whole number from 1."),
    "too_many_persons": _("None of our rooms is large enough for so many people. Please ask us."),
    "room_too_small": _("This room is too small for so many people."),
    "not_a_choice": _("Please choose one of the options."),
    "not_yes_or_no": _("Please choose yes or no."),
    "not_a_date": _("Please give a date, for example 2027-01-12."),
    "not_an_email": _("This is not a complete e-mail address. Example: name@example.org"),
    "phone_landline": _("%(number)s is a landline. Your key needs a mobile number, for example %(example)s."),
    "phone_not_mobile": _("%(number)s is not a mobile number. Your key needs one, for example %(example)s."),
    "phone_too_short": _("This number has too few digits. Example: %(example)s."),
    "phone_too_long": _("This number has too many digits. Example: %(example)s."),
    "phone_unknown_country": _("We do not know this country code. Example: %(example)s."),
    "phone_extension": _("Please give the number without an extension. Example: %(example)s."),
    "phone_letters": _("A number has no letters. Example: %(example)s."),
    "phone_impossible": _("There is no such number. Example: %(example)s."),
    # another mobile number, see operations.numbers
    "same_number": _("This is the number that the booking has already. Nothing has to be changed."),
    "wrong_code": _("This is not the code of the latest e-mail. Please compare the six digits."),
    "code_over": _("This code no longer counts. Please have another one sent."),
    # starts and durations, see core.slots
    "duration": _("This duration is not offered."),
    "past": _("This time is over."),
    "notice": _("This is too short notice."),
    "horizon": _("This is too far ahead to be booked yet."),
    "closed": _("We are closed at this time."),
    "step": _("Bookings do not start at this minute."),
}
_VALUES = dict.fromkeys(("number", "limit", "sentence", "value", "name", "line", "names", "references"), "") | {"example": "078 123 45 67"}


def title(refusal: Refusal) -> str:
    """What happened, in a few words."""
    return str(TITLES.get(refusal.code, TITLES["invalid"]))


def sentence(refusal: Refusal) -> str:
    """Why, and the next step, in the language of the page."""
    return str(SENTENCES.get(refusal.code, SENTENCES["invalid"])) % (_VALUES | refusal.values)


def field_sentence(error: FieldError) -> str:
    """What is wrong with one field, in the language of the page."""
    found = FIELD_SENTENCES.get(error.code) or SETTING_SENTENCES.get(error.code, SENTENCES["invalid"])
    return str(found) % (_VALUES | error.values)


def told_when(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    """The answer to a refusal with the header that programs read: when to come back."""
    if STATUS.get(refusal.code) == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        response.headers["Cache-Control"] = "no-store"
    return response


def problem(refusal: Refusal) -> dict[str, Any]:
    """The refusal as RFC 9457 has it, with our stable code and the fields."""
    fields = [{"field": error.field, "code": error.code, "message": field_sentence(error)} for error in refusal.fields]
    return problem_of(
        status=STATUS.get(refusal.code, 422), code=refusal.code, title=title(refusal), detail=sentence(refusal), fields=fields
    )


def problem_of(*, status: int, code: str, title: str, detail: str, fields: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The one shape of every error of the API, also of those that are no refusal."""
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, "fields": fields or []}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404."""
    if request.path.startswith(API):
        return _problem_response(404, "not_found", gettext("Not found"), gettext("There is nothing at this address."))
    return render(request, "not_found.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Django's handler500: a bug or a database that is away. Says nothing about the inside, and asks no database."""
    sorry = gettext("Something did not work on our side. Please try again in a moment.")
    if request.path.startswith(API):
        return _problem_response(500, "internal", gettext("That did not work"), sorry)
    return HttpResponse(_render_without_database(), status=500)


def _render_without_database() -> str:
    from django.template.loader import render_to_string

    return render_to_string("broken.html")


def _problem_response(status: int, code: str, title: str, detail: str) -> HttpResponse:
    return JsonResponse(problem_of(status=status, code=code, title=title, detail=detail), status=status, content_type=PROBLEM_JSON)
