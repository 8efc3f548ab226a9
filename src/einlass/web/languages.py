# SPDX-License-Identifier: Apache-2.0
"""The language of a page. Which texts the operator wrote in it is the business of `models.fields.text_in`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from einlass.queries.bookings import language_by_link
from einlass.web.context import operator_of
from einlass.web.embedding import embedded_language

COOKIE = "language"
PARAMETER = "lang"
A_YEAR = 365 * 24 * 3600
# Addresses for programs and probes: they must answer when the database does not, and get English unless they ask otherwise.
WITHOUT_OPERATOR = ("/api/", "/health", "/ready", settings.STATIC_URL)


class LanguageOfThePage:
    """Middleware: what the visitor chose (`?lang=`, then kept in a cookie), else the booking's, the browser's, the operator's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if embedded_language(request):
            return self._embedded(request)
        for_program = request.path.startswith(WITHOUT_OPERATOR)
        offered = complete_languages() if for_program else languages_of(request)
        chosen = request.GET.get(PARAMETER, "")
        default = "en" if for_program else operator_of(request).default_language
        language = _first_of((chosen, request.COOKIES.get(COOKIE, ""), *_asked_for(request), default), offered) or offered[0]
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        # The page of a booking may have been put in that one's language meanwhile.
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if chosen == language and request.COOKIES.get(COOKIE) != language:
            response.set_cookie(COOKIE, language, max_age=A_YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: Mapping[str, str]) -> None:
        """Under the link of a booking its own language counts, unless the visitor has chosen one: the browser's is a guess."""
        if "link_token" not in kwargs or embedded_language(request):
            return
        offered = languages_of(request)
        if _first_of((request.GET.get(PARAMETER, ""), request.COOKIES.get(COOKIE, "")), offered):
            return
        if spoken := _first_of((language_by_link(kwargs["link_token"]).split("-")[0],), offered):
            translation.activate(spoken)  # until the end of `override` above
            request.LANGUAGE_CODE = spoken

    def _embedded(self, request: HttpRequest) -> HttpResponse:
        """The address alone says it, so that no cookie has to."""
        offered = languages_of(request)
        language = _first_of((embedded_language(request), operator_of(request).default_language), offered) or offered[0]
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def complete_languages() -> list[str]:
    """The languages whose catalogue is complete, held by a test."""
    return [code for code, _ in settings.LANGUAGES]


def languages_of(request: HttpRequest) -> list[str]:
    """The operator's languages in his order, as far as the pages speak them; never empty."""
    complete = complete_languages()
    return [code for code in operator_of(request).languages if code in complete] or complete


def _asked_for(request: HttpRequest) -> list[str]:
    header = request.headers.get("Accept-Language", "")
    return [code.split("-")[0] for code, _ in parse_accept_lang_header(header) if code != "*"]


def _first_of(wanted: tuple[str, ...], offered: list[str]) -> str:
    return next((code for code in wanted if code in offered), "")
