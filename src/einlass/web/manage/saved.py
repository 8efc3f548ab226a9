# SPDX-License-Identifier: Apache-2.0
"""What a page of the settings says after saving: which fields changed, in words."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from einlass.operations.settings import Saved
from einlass.web.manage.setting_words import FIELDS


def tell_saved(request: HttpRequest, saved: Saved, *, subject: str) -> None:
    """One sentence, kept for the next page."""
    fields = [str(value["field"]).removeprefix(f"{subject}.") for value in saved.values]
    names = dict.fromkeys(str(FIELDS[field]) for field in fields if field in FIELDS)
    if not saved.values:
        messages.info(request, gettext("Nothing was changed."))
    elif names:
        messages.success(request, gettext("Saved: %(fields)s.") % {"fields": ", ".join(names)})
    else:
        messages.success(request, gettext("Saved."))
