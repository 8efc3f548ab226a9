# SPDX-License-Identifier: Apache-2.0
"""The addresses of the staff. There is no sign-up: accounts are made on the command line."""

from allauth.account.views import LoginView, LogoutView
from django.urls import path, re_path
from django.views.decorators.http import require_POST

from einlass.web.manage import bookings, sign_in

urlpatterns = [
    path("", bookings.listed, name="manage_bookings"),
    path("bookings/<str:reference>/<str:action>/", bookings.decide, name="manage_decide"),
    path("login/", LoginView.as_view(), name="account_login"),
    path("logout/", require_POST(LogoutView.as_view()), name="account_logout"),
    # Names that the sign-in page of allauth looks up although nothing leads there.
    re_path(r"^login/(?P<what>closed)/$", sign_in.closed, name="account_signup"),
]
