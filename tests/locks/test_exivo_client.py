# SPDX-License-Identifier: Apache-2.0
"""Which answer of exivo means what, on reading, creating and revoking. One row per answer."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime

import httpx2
import pytest
from tests.locks.wires import DOOR, KEY, NOW, SECRET, SITE, Scripted, a_visit, account, driver_on, says

from einlass.core.windows import Window
from einlass.locks.port import (
    KeyOrder,
    LockFailure,
    LockNeedsOperator,
    LockOutcomeUnknown,
    LockRefused,
    LockUnavailable,
)
from einlass.locks.wire import BoundTransport

ORDER = KeyOrder(
    marker="EL-7K3M9Q2W4T",
    label="Seminarraum Aare · EL-7K3M9Q2W4T",
    phone="+41781234567",
    doors=frozenset({DOOR}),
    window=Window(NOW + timedelta(days=1), NOW + timedelta(days=1, minutes=90)),
    notify=True,
)
COMPONENTS = [{"id": DOOR, "identifier": "Haupteingang", "labelling": "H-01", "templateIdentifier": "remoteReader"}]


def reading(answer: httpx2.Response | Exception) -> Callable[[], object]:
    driver = driver_on(Scripted([answer]))
    return lambda: driver.read(SITE, KEY)


def creating(answer: httpx2.Response | Exception) -> Callable[[], object]:
    wire = Scripted([says(200, COMPONENTS), says(200, []), answer])
    driver = driver_on(wire)
    driver.components(SITE)
    return lambda: driver.issue(SITE, ORDER)


def revoking(answer: httpx2.Response | Exception) -> Callable[[], object]:
    driver = driver_on(Scripted([answer]))
    return lambda: driver.revoke(SITE, KEY)


def informing(answer: httpx2.Response | Exception) -> Callable[[], object]:
    driver = driver_on(Scripted([answer]))
    return lambda: driver.site(SITE)


def told(act: Callable[[], object]) -> tuple[object, ...]:
    """What was raised, as the words of the tables below."""
    with pytest.raises(LockFailure) as failed:
        act()
    match failed.value:
        case LockNeedsOperator() as failure:
            return ("operator", failure.what, failure.reason)
        case LockUnavailable() as failure:
            return ("unavailable", failure.throttled, failure.retry_after)
        case LockRefused():
            return ("refused",)
        case LockOutcomeUnknown():
            return ("unknown",)
    raise AssertionError(failed.value)


CREDENTIALS = ("operator", "credentials", "rejected")
UNKNOWN_SITE = ("operator", "site", "unknown_site")
NOT_ACTIVE = ("operator", "site", "not_active")
AWAY = ("unavailable", False, None)
REFUSED = ("refused",)
UNKNOWN = ("unknown",)

# answer, on reading a key, on creating one (revoking is the same but for 400 and 404)
TABLE = [
    (says(401, {"message": "Unauthorized"}), CREDENTIALS, CREDENTIALS),
    (says(401), CREDENTIALS, CREDENTIALS),
    (says(403), NOT_ACTIVE, NOT_ACTIVE),
    (says(403, {"message": "forbidden"}), NOT_ACTIVE, NOT_ACTIVE),
    (says(403, {"message": f"no access to {SITE}"}), UNKNOWN_SITE, UNKNOWN_SITE),
    (says(403, {"message": "The Connection service is not active for this site"}), NOT_ACTIVE, NOT_ACTIVE),
    (says(404, {"message": "Site not found"}), UNKNOWN_SITE, UNKNOWN_SITE),
    (says(404, {"message": f"{SITE.upper()} unknown"}), UNKNOWN_SITE, UNKNOWN_SITE),
    (says(400, {"message": "invalid siteId"}), UNKNOWN_SITE, UNKNOWN_SITE),
    (says(400, {"message": f"component {DOOR} is not at site {SITE}"}), REFUSED, REFUSED),
    (says(400, {"message": "validFrom is not a date"}), REFUSED, REFUSED),
    (says(400), REFUSED, REFUSED),
    (says(400, "<html><body>This site cannot be reached</body></html>"), REFUSED, REFUSED),
    (says(400, {"message": 7}), REFUSED, REFUSED),
    (says(400, ["site"]), REFUSED, REFUSED),
    (says(409, {"message": "conflict with another site"}), REFUSED, REFUSED),
    (says(422, {"message": "no"}), REFUSED, REFUSED),
    (says(301, headers={"Location": "https://elsewhere.example/"}), AWAY, AWAY),
    (says(304), AWAY, AWAY),
    (says(405), AWAY, AWAY),
    (says(410), AWAY, AWAY),
    (says(418, "I am a teapot"), AWAY, AWAY),
    (says(500, {"message": "site"}), AWAY, UNKNOWN),
    (says(502, "<h1>Bad Gateway</h1>"), AWAY, UNKNOWN),
    (says(503, headers={"Retry-After": "12"}), ("unavailable", False, 12.0), UNKNOWN),
    (says(504), AWAY, UNKNOWN),
    (says(200, "<html>Willkommen im WLAN</html>"), AWAY, UNKNOWN),
    (says(200, {"message": "internal error"}), AWAY, UNKNOWN),
    (says(200, '{"id": "7e0'), AWAY, UNKNOWN),
    (says(200, "[" * 100_000), AWAY, UNKNOWN),
    (says(200), AWAY, UNKNOWN),
    (says(200, [a_visit()]), AWAY, UNKNOWN),
    (says(200, a_visit(id=None)), AWAY, UNKNOWN),
    (says(200, a_visit(id=12)), AWAY, UNKNOWN),
    (says(200, a_visit(id="..")), AWAY, UNKNOWN),
    (says(200, a_visit(revoked="true")), AWAY, UNKNOWN),
    (says(200, a_visit(components="all")), AWAY, UNKNOWN),
    (says(200, a_visit(name={"de": "x"})), AWAY, UNKNOWN),
    (says(200, b"x".decode() * (4 * 1024 * 1024 + 1)), AWAY, UNKNOWN),
    (httpx2.ReadTimeout("slow"), AWAY, UNKNOWN),
    (httpx2.ReadError("reset"), AWAY, UNKNOWN),
    (httpx2.WriteError("reset"), AWAY, UNKNOWN),
    (httpx2.WriteTimeout("slow"), AWAY, UNKNOWN),
    (httpx2.RemoteProtocolError("gone"), AWAY, UNKNOWN),
    (httpx2.DecodingError("gzip"), AWAY, UNKNOWN),
    (httpx2.ConnectError("refused"), AWAY, AWAY),
    (httpx2.ConnectTimeout("slow"), AWAY, AWAY),
    (httpx2.PoolTimeout("full"), AWAY, AWAY),
    (httpx2.UnsupportedProtocol("ftp"), AWAY, AWAY),
]


@pytest.mark.parametrize(("answer", "on_reading", "on_creating"), TABLE, ids=str)
def test_answer_means(answer: httpx2.Response | Exception, on_reading: tuple[object, ...], on_creating: tuple[object, ...]) -> None:
    assert told(reading(answer)) == on_reading
    assert told(creating(answer)) == on_creating
    if not (isinstance(answer, httpx2.Response) and answer.status_code == 200):
        assert told(revoking(answer)) == on_creating


@pytest.mark.parametrize("answer", [says(200), says(200, a_visit(revoked=True)), says(202), says(200, "<html></html>")], ids=str)
def test_revocation_is_answered_by_204_only(answer: httpx2.Response) -> None:
    assert told(revoking(answer)) == UNKNOWN


def test_info_404_is_an_unknown_site_whatever_it_says() -> None:
    assert [told(informing(says(404, body))) for body in (None, {"message": "nope"}, "<html>404</html>")] == [UNKNOWN_SITE] * 3


def test_info_of_an_object_without_id_proves_nothing() -> None:
    assert told(informing(says(200, {"name": "Bern"}))) == AWAY


@pytest.mark.parametrize("site", ["", ".", "..", " ", "a\x00b", "x" * 101])
def test_unusable_site_is_never_sent(site: str) -> None:
    wire = Scripted([says(200)])

    assert told(lambda: driver_on(wire).site(site)) == UNKNOWN_SITE
    assert wire.requests == []


@pytest.mark.parametrize("key", ["", "..", "x" * 101])
def test_unusable_key_is_a_mistake_of_ours(key: str) -> None:
    with pytest.raises(ValueError, match="id of a key"):
        driver_on(Scripted([says(200)])).read(SITE, key)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("86400", 900.0),
        ("1e99", 900.0),
        ("inf", 900.0),
        ("nan", 60.0),
        ("soon", 60.0),
        ("", 60.0),
        (None, 60.0),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(seconds=30), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=30), usegmt=True), 900.0),
    ],
)
def test_f05_wait_of_a_429(said: str | None, seconds: float) -> None:
    headers = {"Date": format_datetime(NOW, usegmt=True)} | ({} if said is None else {"Retry-After": said})
    answer = says(429, {"message": "site is too busy"}, headers=headers)

    for act in (reading(answer), creating(answer), revoking(answer), informing(answer)):
        assert told(act) == ("unavailable", True, seconds)


def test_429_with_a_date_counts_from_our_clock_where_the_answer_has_none() -> None:
    assert told(reading(says(429, headers={"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}))) == ("unavailable", True, 0.0)


REVOKE_TWICE = says(400, {"message": "already revoked"})
SITE_INFO = says(200, {"id": SITE, "name": "Bern", "timeZone": "Europe/Zurich"})


def revoking_then(*answers: httpx2.Response | Exception) -> Callable[[], object]:
    driver = driver_on(Scripted(list(answers)))
    return lambda: driver.revoke(SITE, KEY)


@pytest.mark.parametrize("first", [REVOKE_TWICE, says(404)], ids=str)
def test_refused_revocation_of_a_revoked_key_is_a_success(first: httpx2.Response) -> None:
    revoking_then(first, says(200, a_visit(revoked=True)))()


def test_refused_revocation_of_a_key_that_is_gone_is_a_success() -> None:
    revoking_then(says(404), says(404), SITE_INFO)()


def test_refused_revocation_of_a_live_key_is_refused() -> None:
    assert told(revoking_then(REVOKE_TWICE, says(200, a_visit()))) == REFUSED


def test_refused_revocation_whose_key_cannot_be_read_is_not_a_success() -> None:
    assert told(revoking_then(REVOKE_TWICE, says(502))) == AWAY


def test_empty_404_of_a_site_that_is_gone_is_not_a_lost_key() -> None:
    """exivo answers an unknown id by an empty 404; that the site itself is unknown looks the same."""
    assert told(revoking_then(says(404), says(404), says(404))) == UNKNOWN_SITE
    driver = driver_on(Scripted([says(404)]))
    assert told(lambda: driver.read(SITE, KEY)) == UNKNOWN_SITE


def test_key_that_is_gone_is_none() -> None:
    assert driver_on(Scripted([says(404), SITE_INFO])).read(SITE, KEY) is None


def test_request_says_who_asks_and_nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:1")
    wire = Scripted([SITE_INFO])

    driver_on(wire).site(SITE)

    (request,) = wire.requests
    assert str(request.url) == f"https://exivo.example/v1/{SITE}/info"
    assert request.headers["user-agent"].startswith("einlass/")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(f"{account().api_key}:{SECRET}".encode()).decode()


def test_redirect_and_cookie_are_not_followed() -> None:
    wire = Scripted([says(302, headers={"Location": "https://evil.example/", "Set-Cookie": "a=b; Path=/"}), SITE_INFO])
    driver = driver_on(wire)

    assert told(lambda: driver.site(SITE)) == AWAY
    driver.site(SITE)

    assert [(request.url.host, request.headers.get("cookie")) for request in wire.requests] == [("exivo.example", None)] * 2


@pytest.mark.parametrize(
    "base_url",
    ["", "not an address", "ftp://x/", "https://x:abc/v1", "http://127.0.0.1:99999/v1", f"http://{'a' * 64}.example/v1"],
)
def test_unusable_address_is_unavailable(base_url: str) -> None:
    driver = driver_on(BoundTransport(connections=1), base_url=base_url)

    assert told(lambda: driver.site(SITE)) == AWAY


def test_detail_is_short_and_without_secrets_or_numbers() -> None:
    sent = base64.b64encode(f"{account().api_key}:{SECRET}".encode()).decode()
    said = f"{SECRET} {sent} +41 78 123 45 67, 079/123 45 99 a.b@example.ch " + "x" * 500

    with pytest.raises(LockRefused) as refused:
        creating(says(400, {"message": said}))()

    assert refused.value.detail.startswith("POST digitalKeyVisits answered 400: … … …67, …99 …@… xxx")
    assert (len(refused.value.detail), refused.value.status) == (160, 400)


def test_ids_stand_in_the_address_as_one_piece() -> None:
    wire = Scripted([says(404), SITE_INFO])

    driver_on(wire).read("a/b?c", "k#1")

    assert wire.requests[0].url.raw_path == b"/v1/a%2Fb%3Fc/digitalKeyVisit/k%231"
