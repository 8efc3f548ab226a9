# SPDX-License-Identifier: Apache-2.0
"""Styles and scripts under addresses that name what is in them, so that a browser keeps them for good. Nothing is collected or copied."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

from einlass.web.security import SCRIPT_FOR_OTHERS

OF_OTHER_CONTENT = re.compile(r"\.[0-9a-f]{12}(?=\.\w+$)")


@cache
def named(name: str) -> str:
    """`einlass.css` as `einlass.0f3b5d1c9a7e.css`; what is not there keeps its name."""
    start, _, ending = name.rpartition(".")
    file = Path(settings.STATIC_ROOT, f"{start}.{ending}")
    if not file.is_file():
        return name
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    return f"{start}.{digest}.{ending}"


class NamedByContent(StaticFilesStorage):
    """What `{% static %}` writes into a page."""

    def url(self, name: str | None) -> str:
        return super().url(named(name) if name else name)


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc] # whitenoise brings no types
    """Middleware: every file under both its names. The plain one is for whoever links to it from elsewhere, and is kept for an hour."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
        if url in self.files:
            by_content = self.static_prefix + named(url.removeprefix(self.static_prefix))
            self.files[by_content] = self.get_static_file(path, by_content, stat_cache=stat_cache)
        if url == self.static_prefix + SCRIPT_FOR_OTHERS.removeprefix("/"):
            self.files[SCRIPT_FOR_OTHERS] = self.get_static_file(path, SCRIPT_FOR_OTHERS, stat_cache=stat_cache)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """While a new version is rolled out, one machine is asked for what another one named: what is here is better than nothing."""
        asked = request.path_info
        file = self.files.get(asked) or self.files.get(OF_OTHER_CONTENT.sub("", asked))
        answer: HttpResponse = self.serve(file, request) if file is not None else self.get_response(request)
        return answer

    def immutable_file_test(self, path: str, url: str) -> bool:
        plain = Path(path).relative_to(self.static_root).as_posix()
        return named(plain) != plain and url == f"{self.static_prefix}{named(plain)}"
