# SPDX-License-Identifier: Apache-2.0
"""Where a vendor says that a key was made. What it sends is not read, and whoever calls learns nothing. What follows: `operations`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from einlass.operations.callbacks import hear


@csrf_exempt
def key_created(request: HttpRequest, token: str) -> HttpResponse:
    """204 for every address that we gave out, however often and whatever became of the key; 404 with nothing for all others."""
    return HttpResponse(status=204 if hear(token, now=timezone.now()) else 404)
