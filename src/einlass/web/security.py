# SPDX-License-Identifier: Apache-2.0
"""What a browser may do with our pages: nothing from elsewhere, nothing inline, no frame around them but where the operator allows one."""

from __future__ import annotations

from collections.abc import Callable, Collection, MutableMapping

from django.http import HttpRequest, HttpResponse

DIRECTIVES = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
)
# The script that other people's pages load, at an address that never changes.
SCRIPT_FOR_OTHERS = "/embed.js"
A_DAY = 24 * 3600


def policy_for(origins: Collection[str] = ()) -> str:
    """The policy of a page that pages of these origins may show within theirs; without any, nobody."""
    ancestors = " ".join(origins) or "'none'"
    return "; ".join((*DIRECTIVES, f"frame-ancestors {ancestors}"))


HEADERS = {
    "Content-Security-Policy": policy_for(),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class ContentSecurityPolicy:
    """Middleware: the same strict headers on every answer, also on errors and files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def file_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """What a file needs besides: the script for others is for others, and they get a new one within a day."""
    if url == SCRIPT_FOR_OTHERS:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["Cache-Control"] = f"public, max-age={A_DAY}"
