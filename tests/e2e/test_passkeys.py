# SPDX-License-Identifier: Apache-2.0
"""A passkey in a real browser with a virtual authenticator: added, then enough to sign in without address and password."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from playwright.sync_api import Browser, Page
from tests.factories import make_user

from einlass.models import EventRecord

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long enough one"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def base(live_server: Any) -> str:
    """Passkeys exist over https and on localhost alone."""
    cache.clear()
    return f"http://localhost:{live_server.url.rpartition(':')[2]}"


@pytest.fixture
def device(browser: Browser) -> Iterator[Page]:
    """A page on a device that keeps passkeys and needs no finger."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="de-CH")
    page = context.new_page()
    page.set_default_timeout(10_000)
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield page
    context.close()


def with_password(page: Page, base: str) -> None:
    page.goto(f"{base}/manage/login/")
    page.fill("#login", "owner@example.org")
    page.fill("#password", PASSWORD)
    page.locator(".btn.next").click()


def with_passkey_added(page: Page, base: str) -> None:
    """Signed in, asked once more for the password, passkey made, signed out."""
    with_password(page, base)
    page.wait_for_url(f"{base}/manage/")
    page.goto(f"{base}/manage/account/passkeys/add/")
    page.fill("#password", PASSWORD)
    page.locator(".btn.next").click()
    page.fill("#id_name", "Laptop")
    page.locator(".btn.next").click()
    page.wait_for_url("**/account/codes/")
    page.locator(".who button", has_text="Abmelden").click()
    page.wait_for_url("**/login/**")


def test_passkey_signs_in_without_a_password(device: Page, base: str) -> None:
    make_user()
    with_passkey_added(device, base)

    device.get_by_role("link", name="Mit Passkey anmelden").click()
    device.locator(".btn.next").click()
    device.wait_for_url(f"{base}/manage/")

    assert (device.locator(".who p").text_content() or "").startswith("Nadia Keller")
    assert [row.wrap().name for row in Authenticator.objects.filter(type="webauthn")] == ["Laptop"]
    assert [row.data["what"] for row in EventRecord.objects.filter(kind="user.secured")] == ["passkey_added"]


def test_passkey_of_an_account_that_was_switched_off_signs_nobody_in(device: Page, base: str) -> None:
    user = make_user()
    with_passkey_added(device, base)
    type(user).objects.filter(pk=user.pk).update(is_active=False)

    device.goto(f"{base}/manage/login/passkey/")
    device.locator(".btn.next").click()

    device.wait_for_selector("p.error[role=alert]")
    assert "Dieses Konto ist ausgeschaltet." in device.locator("main").inner_text()


def test_passkey_is_the_second_step_after_the_password(device: Page, base: str) -> None:
    make_user()
    with_passkey_added(device, base)
    with_password(device, base)
    device.wait_for_url("**/login/code/")

    device.get_by_role("button", name="Einen Passkey verwenden").click()
    device.wait_for_url(f"{base}/manage/")

    assert (device.locator(".who p").text_content() or "").startswith("Nadia Keller")
