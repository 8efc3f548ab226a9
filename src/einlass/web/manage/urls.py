# SPDX-License-Identifier: Apache-2.0
"""The addresses of the staff. There is no sign-up: the first owner is made on the command line, all others are invited."""

from allauth.account.views import LoginView, LogoutView
from django.urls import path, re_path
from django.views.decorators.http import require_POST

from einlass.web.manage import (
    account,
    audit,
    booking,
    bookings,
    branches,
    calendar,
    deciding,
    integrations,
    moving,
    new_booking,
    organisation,
    privacy,
    question_repairs,
    questions,
    readiness,
    services,
    settings,
    sign_in,
    spreadsheet,
    team,
    templates,
    today,
    tokens,
)

urlpatterns = [
    path("", today.today, name="manage_today"),
    path("calendar/", calendar.calendar, name="manage_calendar"),
    path("bookings/", bookings.listed, name="manage_bookings"),
    path("bookings.csv", spreadsheet.spreadsheet, name="manage_bookings_csv"),
    path("bookings/new/", new_booking.new_booking, name="manage_new"),
    path("bookings/<str:reference>/move/", moving.move, name="manage_move"),
    path("bookings/<str:reference>/", booking.booking, name="manage_booking"),
    path("bookings/<str:reference>/<str:action>/", deciding.decide, name="manage_decide"),
    path("readiness/", readiness.readiness, name="manage_readiness"),
    path("settings/", settings.settings, name="manage_settings"),
    path("settings/organisation/", organisation.organisation, name="manage_organisation"),
    path("settings/branches/", branches.branches, name="manage_branches"),
    path("settings/services/", services.services, name="manage_services"),
    path("settings/questions/", questions.questions, name="manage_questions"),
    path("settings/questions/require-mobile/", question_repairs.require_mobile_number, name="manage_require_mobile"),
    path("settings/questions/standard/", question_repairs.standard_questions, name="manage_standard_questions"),
    path("settings/templates/", templates.templates, name="manage_templates"),
    path("settings/integrations/", integrations.integrations, name="manage_integrations"),
    path("settings/team/", team.team, name="manage_team"),
    path("settings/tokens/", tokens.tokens, name="manage_tokens"),
    path("settings/privacy/", privacy.privacy, name="manage_privacy"),
    path("settings/audit/", audit.audit, name="manage_audit"),
    path("account/", account.account, name="manage_account"),
    path("login/", LoginView.as_view(), name="account_login"),
    path("logout/", require_POST(LogoutView.as_view()), name="account_logout"),
    # Names that the sign-in page of allauth looks up although nothing leads there.
    re_path(r"^login/(?P<what>closed)/$", sign_in.closed, name="account_signup"),
]
