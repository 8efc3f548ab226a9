# SPDX-License-Identifier: Apache-2.0
"""The addresses of guests."""

from django.urls import path

from einlass.web.booking import calendar_file, cancelling, moving, own, what, when, who

urlpatterns = [
    path("", what.what, name="booking_what"),
    path("book/<slug:service_key>/", when.when, name="booking_when"),
    path("book/<slug:service_key>/details", who.who, name="booking_who"),
    path("b/<str:link_token>/", own.own, name="booking_own"),
    path("b/<str:link_token>/key", own.key, name="booking_key"),
    path("b/<str:link_token>/calendar.ics", calendar_file.calendar_file, name="booking_calendar"),
    path("b/<str:link_token>/move/", moving.when, name="booking_move"),
    path("b/<str:link_token>/move/confirm", moving.confirm, name="booking_move_confirm"),
    path("b/<str:link_token>/cancel/", cancelling.cancel, name="booking_cancel"),
]
