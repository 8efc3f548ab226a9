# SPDX-License-Identifier: Apache-2.0
"""Pages of guests go over the wire compressed; those of the staff do not. Styles and scripts lie compressed beside themselves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# The length of a compressed page tells something of its secrets to whoever can add words of his own to it. The staff's pages hold
# words against forgery and passwords to be; a guest's page holds nothing that is not in its address.
NOT_FOR_GUESTS = ("/manage/", "/api/")


class GuestPages(GZipMiddleware):
    """Middleware: texts for guests compressed where the browser can read that, padded at random by Django."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_text = response.headers.get("Content-Type", "").startswith("text/")
        if not is_text or not isinstance(response, HttpResponse) or request.path_info.startswith(NOT_FOR_GUESTS):
            return response
        return super().process_response(request, response)
