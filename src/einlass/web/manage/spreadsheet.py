# SPDX-License-Identifier: Apache-2.0
"""The list as a file for a spreadsheet: the same filters, one line a booking. A cell never becomes a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext

from einlass.core.hours import local_date, to_local
from einlass.core.roles import May
from einlass.models import Booking
from einlass.web.manage.booking import reader_of
from einlass.web.manage.bookings import found_by, offered_to
from einlass.web.manage.desk import staff_page
from einlass.web.manage.filters import filters_in
from einlass.web.manage.rows import Reader, row_of

CHUNK = 200
# Spreadsheets take these for the beginning of a formula. A number as it is dialled has nothing that could be one.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
DIALLED = re.compile(r"\+[0-9 ]+")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


class _Echo:
    """What the csv writer writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


@staff_page(May.WORK)
def spreadsheet(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request, now=timezone.now())
    filters = filters_in(request.GET, offered=offered_to(request), reader=reader)
    lines = _lines(_head(), found_by(request, filters).iterator(chunk_size=CHUNK), reader=reader)
    # The same word is a unit on another page, where German writes it large.
    slug = gettext("bookings").lower()
    name = f"{slug}-{local_date(reader.now, filters.zone).isoformat()}.csv"
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response  # type: ignore[return-value] # Django's two kinds of answers share no base that decorators know


def guarded(cell: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) and not DIALLED.fullmatch(cell) else cell


def _head() -> tuple[str, ...]:
    return (
        gettext("Reference"),
        gettext("State"),
        gettext("Service"),
        gettext("Branch"),
        gettext("Room"),
        gettext("Start"),
        gettext("End"),
        gettext("Guest"),
        gettext("E-mail"),
        gettext("Mobile number"),
        gettext("Key"),
    )


def _lines(head: Sequence[str], bookings: Iterable[Booking], *, reader: Reader) -> Iterator[str]:
    # Semicolons, because a spreadsheet in German expects them.
    writer = csv.writer(_Echo(), delimiter=";")
    yield BYTE_ORDER_MARK + writer.writerow(head)
    for booking in bookings:
        # By now the request is over, and with it its language.
        with translation.override(reader.language):
            cells = _cells(booking, reader=reader)
        yield writer.writerow([guarded(cell) for cell in cells])


def _cells(booking: Booking, *, reader: Reader) -> tuple[str, ...]:
    row = row_of(booking, reader=reader)
    zone = booking.branch.time_zone
    return (
        booking.reference,
        row.status_word,
        row.service,
        row.branch,
        row.room,
        f"{to_local(booking.start, zone):%Y-%m-%d %H:%M}",
        f"{to_local(booking.end, zone):%Y-%m-%d %H:%M}",
        booking.guest_name,
        booking.email,
        booking.mobile,
        row.key_word,
    )
