# SPDX-License-Identifier: Apache-2.0
"""A forgotten password: the same answer for everybody, a link by mail for those who have an account."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from tests.factories import PASSWORD, make_user
from tests.web.pages.conftest import text_of

from einlass.models import EventRecord, Message, User

ASK = "/manage/password/reset/"
NEW = "vier Schlüssel am Brett"
pytestmark = pytest.mark.django_db


def link_in(message: Message) -> str:
    found = re.search(r"(https?://[^/\s]+)(/manage/password/reset/\S+/)", message.text)
    assert found
    return found[2]


def asked(client: Client, email: str = "owner@example.org", *, host: str = "localhost") -> str:
    """What the page says after asking."""
    return text_of(client.post(ASK, {"email": email}, follow=True, headers={"host": host}))


def test_password_can_be_asked_for_from_the_sign_in_page(german: Client) -> None:
    page = german.get("/manage/login/").content.decode()

    assert f'href="{ASK}">Passwort vergessen?</a>' in page
    assert "Passwort vergessen?" in text_of(german.get(ASK))


def test_password_asked_for_an_unknown_address_gets_the_same_answer_and_no_mail(german: Client) -> None:
    make_user()
    User.objects.create_user("off@example.org", is_active=False)

    answers = [asked(german, email) for email in ("owner@example.org", "nobody@example.org", "off@example.org")]

    assert [answer == answers[0] for answer in answers] == [True] * 3
    assert "Falls es für diese Adresse ein Konto gibt, ist ein Link unterwegs." in answers[0]
    assert [message.to_address for message in Message.objects.all()] == ["owner@example.org"]


def test_password_is_chosen_anew_by_the_link_that_works_once(german: Client) -> None:
    make_user()
    other = Client()
    other.force_login(User.objects.get())
    asked(german)
    message = Message.objects.get()

    form = german.get(link_in(message), follow=True)
    done = german.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW}, follow=True)

    assert (message.subject, message.language, message.kind) == ("Neues Passwort für Einlass", "de", "password_reset_key")
    assert "Neues Passwort wählen" in text_of(form)
    assert "no-store" in form["Cache-Control"]
    assert "Das neue Passwort gilt" in text_of(done)
    assert [User.objects.get().check_password(word) for word in (NEW, PASSWORD)] == [True, False]
    assert EventRecord.objects.get(kind="user.secured").data == {"email": "owner@example.org", "what": "password"}
    assert other.get("/manage/").status_code == 302
    assert "Dieser Link gilt nicht mehr" in text_of(Client(headers={"accept-language": "de"}).get(link_in(message), follow=True))


def test_password_that_is_weak_or_mistyped_is_not_taken(german: Client) -> None:
    make_user()
    asked(german)
    address = german.get(link_in(Message.objects.get()), follow=True).redirect_chain[-1][0]

    weak = text_of(german.post(address, {"password1": "kurz", "password2": "kurz"}))
    mistyped = text_of(german.post(address, {"password1": NEW, "password2": NEW + "s"}))

    assert "Dieses Passwort ist zu kurz." in weak
    assert "Noch nicht gespeichert" in mistyped
    assert User.objects.get().check_password(PASSWORD)


def test_password_mail_leads_to_our_address_whatever_host_was_asked(german: Client) -> None:
    make_user()

    asked(german, host="localhost:9999")

    assert "localhost:9999" not in Message.objects.get().text


def test_password_chosen_by_somebody_invited_counts_as_following_the_invitation(german: Client) -> None:
    make_user()
    User.objects.update(invited_at="2026-11-23T08:00Z")
    asked(german)
    address = german.get(link_in(Message.objects.get()), follow=True).redirect_chain[-1][0]

    german.post(address, {"password1": NEW, "password2": NEW})

    assert User.objects.get().invited_at is None
