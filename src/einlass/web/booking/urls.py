# SPDX-License-Identifier: Apache-2.0
"""The addresses of guests."""

from django.urls import path

from einlass.web.booking import app_link, calendar_file, cancelling, holding, moving, number, own, what, when, who
from einlass.web.booking.guards import own_pages
from einlass.web.embedding import all_for_guests

urlpatterns = [
    path("", what.what, name="booking_what"),
    path("book/<slug:service_key>/", when.when, name="booking_when"),
    path("branches/<slug:branch_key>/", what.of_branch, name="booking_branch"),
    path("book/<slug:service_key>/hold", holding.hold, name="booking_hold"),
    path("book/<slug:service_key>/details", who.who, name="booking_who"),
    *own_pages(
        path("b/<str:link_token>/", own.own, name="booking_own"),
        path("b/<str:link_token>/key", own.key, name="booking_key"),
        path("b/<str:link_token>/app", app_link.to_store, name="booking_app"),
        path("b/<str:link_token>/number/", number.number, name="booking_number"),
        path("b/<str:link_token>/number/code", number.code, name="booking_number_code"),
        path("b/<str:link_token>/calendar.ics", calendar_file.calendar_file, name="booking_calendar"),
        path("b/<str:link_token>/move/", moving.when, name="booking_move"),
        path("b/<str:link_token>/move/confirm", moving.confirm, name="booking_move_confirm"),
        path("b/<str:link_token>/cancel/", cancelling.cancel, name="booking_cancel"),
    ),
]
# The address is all that a guest proves himself by, so no form needs protection by a cookie.
urlpatterns = all_for_guests(urlpatterns)
