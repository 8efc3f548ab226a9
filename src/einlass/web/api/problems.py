# SPDX-License-Identifier: Apache-2.0
"""Every error of the API as problem+json with a stable code. Refusals get their words in `web/refusals.py`, a program's mistakes here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from einlass.core.errors import Refusal
from einlass.web.refusals import API, PROBLEM_JSON, problem, problem_of

CODES = {
    400: ("malformed", "The request cannot be read"),
    401: ("unauthorized", "A token is needed"),
    403: ("forbidden", "This token may not do that"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "This address does not know the method"),
    429: ("throttled", "Too many requests"),
}
DETAILS = {
    400: "The body is not valid JSON.",
    401: "Send a valid token as `Authorization: Bearer TOKEN`.",
    404: "There is nothing at this address.",
    429: "Try again in a second.",
}
# Kinds of pydantic's errors → our stable code of a field.
FIELD_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "timezone_aware": "no_time_zone",
    "string_too_long": "too_long",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "literal_error": "not_a_choice",
}


class FieldProblem(Schema):
    """One field that was not accepted."""

    field: str
    code: str
    message: str


class Problem(Schema):
    """RFC 9457, with our stable code."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    fields: list[FieldProblem] = []


class Invalid(Exception):
    """A field of the request that no schema can judge. Becomes 422 `invalid`."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(code)
        self.fields = [{"field": field, "code": code, "message": message}]


def answers_of(*statuses: int) -> dict[int, Any]:
    """The error answers that a call declares; those that every call may give are among them."""
    return dict.fromkeys(sorted({400, 401, 422, 429, *statuses}), Problem)


def register(api: NinjaAPI) -> None:
    """Hand every kind of error to this file."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Refusal: _refused,
        ValidationError: _not_valid,
        Invalid: lambda _, error: _invalid(error.fields),
        HttpError: _http_error,
        Http404: lambda _, __: _answer(_known(404)),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


class WrongMethodAsProblem:
    """Middleware: the framework answers a wrong method in plain text, before any of our handlers is asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or not request.path.startswith(API):
            return response
        allowed = response.headers.get("Allow", "")
        answer = _answer(_known(405, detail=f"Here one of {allowed} is known." if allowed else "See the description of the API."))
        if allowed:
            answer.headers["Allow"] = allowed
        return answer


def _refused(_: HttpRequest, refusal: Refusal) -> HttpResponse:
    return _answer(problem(refusal))


def _http_error(_: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(_known(error.status_code, detail=error.message))


def _known(status: int, *, detail: str = "") -> dict[str, Any]:
    code, title = CODES[status]
    return problem_of(status=status, code=code, title=title, detail=DETAILS.get(status, detail))


def _not_valid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    return _invalid([_field(detail) for detail in error.errors])


def _field(detail: dict[str, Any]) -> dict[str, str]:
    # The place starts with where it was read from; for a body the name of our argument follows.
    source, *path = detail["loc"]
    names = path[1:] if source == "body" else path
    context = detail.get("ctx", {})
    code = str(context["error"]) if detail["type"] == "value_error" else FIELD_CODES.get(detail["type"], "not_valid")
    return {"field": ".".join(map(str, names)), "code": code, "message": _message(code, detail)}


MESSAGES = {
    "no_time_zone": "Give the time with its offset, such as 2027-01-12T14:00:00+01:00.",
    "not_a_time": "Give a time with its offset, such as 2027-01-12T14:00:00+01:00.",
    "not_a_date": "Give a date such as 2027-01-12.",
    "not_a_time_or_date": "Give a date such as 2027-01-12, or a time with its offset such as 2027-01-12T14:00:00+01:00.",
    "out_of_range": "Give a time between the years 2000 and 2199.",
}


def _message(code: str, detail: dict[str, Any]) -> str:
    return MESSAGES.get(code) or f"{detail['msg']}."


def _invalid(fields: list[dict[str, str]]) -> HttpResponse:
    detail = "The request has fields that cannot be accepted; see `fields`."
    return _answer(problem_of(status=422, code="invalid", title="The request is not valid", detail=detail, fields=fields))


def _answer(content: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(content), status=content["status"], content_type=PROBLEM_JSON)
