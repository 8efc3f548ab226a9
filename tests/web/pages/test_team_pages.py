# SPDX-License-Identifier: Apache-2.0
"""Settings › Team: the list, inviting, following the link, changing somebody, the end of a session."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from structlog.stdlib import ProcessorFormatter
from tests.conftest import NOW
from tests.factories import make_branch, make_user
from tests.web.pages.conftest import text_of

from einlass.conf.mail_log import LogBackend
from einlass.models import EventRecord, Message, User

LIST = "/manage/settings/team/"
LEA = {"email": "lea@example.org", "name": "Lea Baumann", "role": "manager"}
PASSWORD = "drei Schlüssel am Brett"


def link_in(page: str) -> str:
    found = re.search(r'id="link" value="([^"]+)"', page)
    assert found
    return urlsplit(found[1]).path


def invite_lea(desk: Client, **changed: object) -> str:
    """The path of the link that the answer shows."""
    return link_in(desk.post(f"{LIST}new/", {**LEA, **changed}).content.decode())


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found
    return found[1]


def logged_in(caplog: pytest.LogCaptureFixture) -> str:
    """The lines as they are written to the log."""
    ours = next(handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, ProcessorFormatter))
    return " ".join(ours.format(record) for record in caplog.records)


def test_team_list_tells_role_branches_and_state(desk: Client) -> None:
    bern = make_branch(doors={})
    make_user("staff@example.org", role="staff", branches=[bern])
    User.objects.filter(email="staff@example.org").update(is_active=False, name="Urs Zbinden")
    invite_lea(desk)

    page = text_of(desk.get(LIST))

    assert "Lea Baumann eingeladen Leitung lea@example.org. Eingeladen: heute, 10:00." in page
    assert "Urs Zbinden ausgeschaltet Team, Bern Bahnhof staff@example.org" in page


def test_team_list_tells_who_has_a_second_factor(desk: Client) -> None:
    secured, codes_alone = make_user("lea@example.org"), make_user("urs@example.org")
    Authenticator.objects.create(user=secured, type=Authenticator.Type.TOTP, data={})
    Authenticator.objects.create(user=codes_alone, type=Authenticator.Type.RECOVERY_CODES, data={})

    page = text_of(desk.get(LIST))

    assert "lea@example.org. Mit zweitem Faktor." in page
    assert "urs@example.org. Ohne zweiten Faktor." in page


def test_team_list_asks_equally_often_for_one_and_three(desk: Client) -> None:
    bern = make_branch(doors={})
    with CaptureQueriesContext(connection) as one:
        desk.get(LIST)
    for number in range(2):
        make_user(f"staff{number}@example.org", role="staff", branches=[bern])
    with CaptureQueriesContext(connection) as three:
        desk.get(LIST)

    assert len(three) == len(one)


def test_invitation_shows_the_link_in_this_answer_alone(desk: Client) -> None:
    made = desk.post(f"{LIST}new/", LEA)
    link = link_in(made.content.decode())

    assert "no-store" in made["Cache-Control"]
    assert "Kein Mailserver ist eingerichtet" in text_of(made)
    assert link not in desk.get(LIST).content.decode()
    assert link not in str(dict(desk.session))
    assert link.split("/")[-2] not in str(list(EventRecord.objects.values_list("data", flat=True)))


def test_invitation_keeps_what_was_typed_and_says_what_is_wrong(desk: Client) -> None:
    make_branch(doors={})

    taken = desk.post(f"{LIST}new/", {**LEA, "email": "owner@example.org"})
    bound = desk.post(f"{LIST}new/", {**LEA, "role": "staff"})

    assert (taken.status_code, bound.status_code, User.objects.count()) == (422, 422, 1)
    assert "Für diese Adresse gibt es schon ein Konto." in text_of(taken)
    assert "Bitte mindestens eine Filiale wählen." in text_of(bound)
    assert 'value="Lea Baumann"' in bound.content.decode()


def test_invitation_followed_signs_in(desk: Client) -> None:
    guest = Client(headers={"accept-language": "de"})
    link = invite_lea(desk)

    shown = guest.get(link)
    answer = guest.post(link, {"password": PASSWORD})

    assert "Willkommen, Lea Baumann" in text_of(shown)
    assert (shown["Referrer-Policy"], "no-store" in shown["Cache-Control"]) == ("same-origin", True)
    assert (answer.status_code, answer["Location"]) == (302, "/manage/")
    assert guest.get("/manage/").status_code == 200
    assert User.objects.get(email="lea@example.org").check_password(PASSWORD)
    assert desk.get(LIST).content.decode().count("eingeladen") == 0


def test_invitation_with_a_weak_password_says_why_and_logs_no_link(desk: Client, caplog: pytest.LogCaptureFixture) -> None:
    guest = Client(headers={"accept-language": "de"})
    link = invite_lea(desk)

    answer = guest.post(link, {"password": "zu kurz"})
    logged = logged_in(caplog)

    assert answer.status_code == 422
    assert "Das wurde nicht angenommen: Dieses Passwort ist zu kurz." in text_of(answer)
    assert guest.get("/manage/").status_code == 302
    assert ("/manage/welcome/" in logged, link.split("/")[-2] in logged) == (True, False)


def test_invitation_link_is_in_the_log_only_as_the_mail_that_nobody_sends(desk: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    link = invite_lea(desk)

    LogBackend().send_messages([EmailMessage(subject="Einladung", body=Message.objects.get().text, to=["lea@example.org"])])

    assert link in logged_in(caplog)


def test_link_that_does_not_count_says_what_to_do(desk: Client) -> None:
    guest = Client(headers={"accept-language": "de"})
    link = invite_lea(desk)
    guest.post(link, {"password": PASSWORD})

    used, wrong = guest.get(link), guest.post("/manage/welcome/1/abc/", {"password": PASSWORD})

    assert (used.status_code, wrong.status_code) == (410, 410)
    assert "Bitten Sie die Person, die Sie eingeladen hat, um einen neuen Link." in text_of(used)


def test_invitation_sent_again_shows_a_new_link_and_kills_the_old_one(desk: Client) -> None:
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        old = invite_lea(desk)
    pk = User.objects.get(email="lea@example.org").pk

    asked = text_of(desk.get(f"{LIST}{pk}/"))
    new = link_in(desk.post(f"{LIST}{pk}/invite/").content.decode())

    assert "Bis jetzt ist niemand dem Link gefolgt." in asked
    assert [Client().get(link).status_code for link in (new, old)] == [200, 410]


def test_invitation_that_was_followed_cannot_be_sent_again(desk: Client) -> None:
    pk = make_user("lea@example.org").pk

    answer = desk.post(f"{LIST}{pk}/invite/", follow=True)

    assert "Für Nadia Keller ist keine Einladung offen." in text_of(answer)
    assert desk.get(f"{LIST}{pk}/invite/").status_code == 405


def test_member_is_changed_and_the_page_tells_what(desk: Client) -> None:
    make_branch(doors={})
    person = make_user("lea@example.org", role="manager")
    page = desk.get(f"{LIST}{person.pk}/").content.decode()

    typed = {"name": "Lea Baumann", "role": "staff", "branches": ["bern"], "active": "on", "seen": seen_in(page)}
    answer = desk.post(f"{LIST}{person.pk}/", typed, follow=True)

    assert answer.redirect_chain == [(f"{LIST}{person.pk}/", 302)]
    assert "Gespeichert: Name, Rolle, Filialen." in text_of(answer)


def test_member_saved_by_two_people_tells_the_second(desk: Client) -> None:
    person = make_user("lea@example.org", role="manager")
    seen = seen_in(desk.get(f"{LIST}{person.pk}/").content.decode())
    typed = {"name": "Lea Baumann", "role": "owner", "active": "on"}
    desk.post(f"{LIST}{person.pk}/", {**typed, "seen": seen})

    second = desk.post(f"{LIST}{person.pk}/", {**typed, "name": "Lea Frei", "seen": seen})
    meant = desk.post(f"{LIST}{person.pk}/", {**typed, "name": "Lea Frei", "seen": seen_in(second.content.decode())})

    assert (second.status_code, meant.status_code) == (409, 302)
    assert 'value="Lea Frei"' in second.content.decode()
    assert User.objects.get(pk=person.pk).name == "Lea Frei"


def test_member_who_is_the_last_owner_stays_owner(desk: Client) -> None:
    owner = User.objects.get()
    seen = seen_in(desk.get(f"{LIST}{owner.pk}/").content.decode())

    answer = desk.post(f"{LIST}{owner.pk}/", {"name": "Nadia Keller", "role": "manager", "active": "on", "seen": seen})

    assert answer.status_code == 422
    assert "Machen Sie zuerst eine andere Person zur Inhaberin oder zum Inhaber." in text_of(answer)
    assert User.objects.get().role == "owner"


def test_session_of_somebody_switched_off_ends_at_the_next_request(desk: Client) -> None:
    person = make_user("lea@example.org", role="manager")
    other = Client()
    other.force_login(person)
    before = other.get("/manage/").status_code
    seen = seen_in(desk.get(f"{LIST}{person.pk}/").content.decode())

    desk.post(f"{LIST}{person.pk}/", {"name": "Lea", "role": "manager", "seen": seen})
    after = other.get("/manage/")

    assert (before, after.status_code) == (200, 302)
    assert after["Location"].startswith("/manage/login/")
