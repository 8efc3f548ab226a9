# SPDX-License-Identifier: Apache-2.0
"""Your account: the name, the password, a code from an app, recovery codes, passkeys. A real passkey is used in a browser test."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from tests.conftest import NOW
from tests.factories import make_user
from tests.web.pages.conftest import text_of

from einlass.models import EventRecord, User

ACCOUNT = "/manage/account/"
LOGIN = "/manage/login/"
SECOND = "/manage/login/code/"
PASSWORD = "a long enough one"
NEW = "drei Schlüssel am Brett"


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    """Attempts are counted in the process; each test begins at none."""
    cache.clear()


def again(desk: Client, password: str = PASSWORD) -> None:
    """Show once more who one is."""
    desk.post(f"{ACCOUNT}again/", {"password": password})


def secret_in(page: str) -> str:
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert found
    return found[1].replace(" ", "")


def code_for(secret: str) -> str:
    """What the app shows now."""
    code: str = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    return code


def enrolled(desk: Client) -> str:
    """Switch the code on and sign out; returns the secret that the app keeps."""
    again(desk)
    secret = secret_in(desk.get(f"{ACCOUNT}app/").content.decode())
    desk.post(f"{ACCOUNT}app/", {"code": code_for(secret)})
    return secret


def with_password(client: Client) -> Any:
    client.logout()
    return client.post(LOGIN, {"login": "owner@example.org", "password": PASSWORD})


def told() -> list[str]:
    return [row.data["what"] for row in EventRecord.objects.filter(kind="user.secured").order_by("pk")]


@pytest.mark.parametrize("name", ["manage_account", "manage_password", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"])
def test_account_page_asks_a_stranger_to_sign_in(german: Client, db: None, name: str) -> None:
    answer = german.get(reverse(name))

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, LOGIN)


def test_account_name_is_changed_and_nothing_else(desk: Client) -> None:
    seen = re.search(r'name="seen" value="([^"]+)"', desk.get(ACCOUNT).content.decode())
    assert seen

    answer = desk.post(ACCOUNT, {"name": "Nadia Roth", "seen": seen[1]}, follow=True)

    assert "Gespeichert: Name." in text_of(answer)
    assert list(User.objects.values_list("name", "role", "is_active")) == [("Nadia Roth", "owner", True)]


def test_account_name_changed_meanwhile_is_not_overwritten(desk: Client) -> None:
    answer = desk.post(ACCOUNT, {"name": "Nadia Roth", "seen": "old"})

    assert answer.status_code == 409
    assert User.objects.get().name == "Nadia Keller"


def test_password_changes_only_with_the_old_one(desk: Client) -> None:
    wrong = desk.post(f"{ACCOUNT}password/", {"old": "some other one", "password": NEW})
    before = User.objects.get().check_password(PASSWORD)
    right = desk.post(f"{ACCOUNT}password/", {"old": PASSWORD, "password": NEW}, follow=True)

    assert (wrong.status_code, before) == (422, True)
    assert "Das ist nicht Ihr Passwort." in text_of(wrong)
    assert "Das Passwort wurde geändert." in text_of(right)
    assert User.objects.get().check_password(NEW)
    assert told() == ["password"]


def test_password_that_is_too_short_is_refused(desk: Client) -> None:
    answer = desk.post(f"{ACCOUNT}password/", {"old": PASSWORD, "password": "kurz"})

    assert answer.status_code == 422
    assert User.objects.get().check_password(PASSWORD)


def test_password_cannot_be_guessed_on_an_open_page(desk: Client) -> None:
    for _ in range(5):
        desk.post(f"{ACCOUNT}password/", {"old": "some other one", "password": NEW})

    answer = desk.post(f"{ACCOUNT}password/", {"old": PASSWORD, "password": NEW})

    assert answer.status_code == 422
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn"])
def test_factor_changes_only_after_the_password_again(desk: Client, name: str) -> None:
    first = desk.get(reverse(name))
    refused = desk.post(f"{ACCOUNT}again/", {"password": "some other one"})
    again(desk)

    assert (first.status_code, first["Location"].partition("?")[0]) == (302, f"{ACCOUNT}again/")
    assert refused.status_code == 422
    assert "Das ist nicht Ihr Passwort." in text_of(refused)
    assert desk.get(reverse(name)).status_code == 200


def test_code_from_app_is_asked_for_at_the_next_sign_in(desk: Client) -> None:
    secret = enrolled(desk)
    first = with_password(desk)
    closed = desk.get(ACCOUNT)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        wrong = desk.post(SECOND, {"code": "000000"})
        right = desk.post(SECOND, {"code": code_for(secret)})

    assert first["Location"].partition("?")[0] == SECOND
    assert closed.status_code == 302
    assert wrong.status_code == 422
    assert "Dieser Code stimmt nicht." in text_of(wrong)
    assert right["Location"] == "/manage/"
    assert desk.get(ACCOUNT).status_code == 200
    assert told() == ["totp_on"]


def test_wrong_code_does_not_switch_on_and_keeps_the_key(desk: Client) -> None:
    again(desk)
    secret = secret_in(desk.get(f"{ACCOUNT}app/").content.decode())
    answer = desk.post(f"{ACCOUNT}app/", {"code": "000000"})

    assert answer.status_code == 422
    assert secret_in(answer.content.decode()) == secret
    assert not Authenticator.objects.exists()


def test_seeds_are_sealed_wherever_they_lie(desk: Client) -> None:
    again(desk)
    secret = secret_in(desk.get(f"{ACCOUNT}app/").content.decode())
    waiting = json.dumps(dict(desk.session))
    desk.post(f"{ACCOUNT}app/", {"code": code_for(secret)})

    kept = {row.type: row.data for row in Authenticator.objects.all()}
    assert secret not in waiting
    assert secret not in json.dumps(kept)
    assert [kept["totp"]["secret"][:3], kept["recovery_codes"]["seed"][:3]] == ["v1:", "v1:"]


def test_picture_of_the_key_needs_no_exception_from_our_policy(desk: Client) -> None:
    again(desk)

    page = desk.get(f"{ACCOUNT}app/").content.decode()

    assert "<svg" in page
    assert [piece for piece in ("style=", "data:image", "<style") if piece in page] == []


def test_code_is_switched_off_and_recovery_codes_go(desk: Client) -> None:
    enrolled(desk)
    asked = desk.get(f"{ACCOUNT}app/off/")
    desk.post(f"{ACCOUNT}app/off/")

    assert asked.status_code == 200
    assert not Authenticator.objects.exists()
    assert told() == ["totp_on", "totp_off"]


def codes_in(desk: Client) -> list[str]:
    return desk.get(f"{ACCOUNT}codes/download/").content.decode().split()


def test_recovery_code_signs_in_once(desk: Client) -> None:
    enrolled(desk)
    code = codes_in(desk)[0]
    with_password(desk)
    first = desk.post(SECOND, {"code": code})
    with_password(desk)
    second = desk.post(SECOND, {"code": code})

    assert first["Location"] == "/manage/"
    assert second.status_code == 422


def test_recovery_codes_are_shown_and_replaced(desk: Client) -> None:
    enrolled(desk)
    old = codes_in(desk)
    shown = text_of(desk.get(f"{ACCOUNT}codes/"))
    desk.post(f"{ACCOUNT}codes/new/")

    assert len(set(old)) == 10
    assert [code for code in old if code not in shown] == []
    assert set(codes_in(desk)) & set(old) == set()
    assert told() == ["totp_on", "recovery_codes"]


MALFORMED = [
    "not json",
    '"text"',
    "[]",
    "7",
    "{}",
    '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}',
    '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"}}',
    '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response":'
    ' {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AA", "userHandle": "AA"}}',
    '{"id": "\\u0000", "response": null}',
]


@pytest.mark.parametrize("answer", MALFORMED)
def test_malformed_passkey_is_a_sentence_when_adding(desk: Client, answer: str) -> None:
    again(desk)
    desk.get(f"{ACCOUNT}passkeys/add/")

    response = desk.post(f"{ACCOUNT}passkeys/add/", {"name": "Laptop", "credential": answer})

    assert response.status_code == 422
    assert "Der Passkey wurde nicht angenommen." in text_of(response)
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("answer", MALFORMED)
def test_malformed_passkey_is_a_sentence_when_signing_in(german: Client, db: None, answer: str) -> None:
    make_user()
    german.get(f"{LOGIN}passkey/")

    response = german.post(f"{LOGIN}passkey/", {"credential": answer})

    assert response.status_code == 422
    assert "Der Passkey wurde nicht angenommen." in text_of(response)
    assert german.get(ACCOUNT).status_code == 302


def passkey_of(user: User) -> Authenticator:
    """A row as a browser test leaves it, without the key itself."""
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": "Laptop", "credential": {}})


def test_passkey_is_renamed_and_removed_by_its_owner(desk: Client) -> None:
    key = passkey_of(User.objects.get())
    again(desk)
    named = desk.post(f"{ACCOUNT}passkeys/{key.pk}/name/", {"name": "Telefon"}, follow=True)
    asked = desk.get(f"{ACCOUNT}passkeys/{key.pk}/remove/").status_code
    desk.post(f"{ACCOUNT}passkeys/{key.pk}/remove/")

    assert "Telefon Umbenennen" in text_of(named)
    assert asked == 200
    assert not Authenticator.objects.exists()
    assert told() == ["passkey_removed"]


@pytest.mark.parametrize("what", ["name", "remove"])
def test_passkey_of_somebody_else_is_not_there(desk: Client, what: str) -> None:
    key = passkey_of(make_user("other@example.org"))
    again(desk)

    answer = desk.post(f"{ACCOUNT}passkeys/{key.pk}/{what}/", {"name": "Telefon"})

    assert answer.status_code == 404
    assert Authenticator.objects.get().data["name"] == "Laptop"


def test_new_password_ends_the_other_sessions_and_keeps_this_one(desk: Client) -> None:
    other = Client()
    other.force_login(User.objects.get())
    desk.post(f"{ACCOUNT}password/", {"old": PASSWORD, "password": NEW})

    assert (desk.get(ACCOUNT).status_code, other.get(ACCOUNT).status_code) == (200, 302)


def test_owner_removes_the_factors_of_somebody_who_lost_them(desk: Client) -> None:
    enrolled(desk)
    lost = User.objects.get()
    desk.force_login(make_user("other@example.org"))
    answer = desk.post(reverse("manage_member_factors", args=[lost.pk]))
    first = with_password(desk)

    assert answer["Location"] == reverse("manage_team")
    assert first["Location"] == "/manage/"
    assert told() == ["totp_on", "factors_removed"]


def test_manager_removes_no_factors(german: Client, db: None) -> None:
    owner = make_user()
    german.force_login(make_user("manager@example.org", role="manager"))

    assert german.post(reverse("manage_member_factors", args=[owner.pk])).status_code == 403
