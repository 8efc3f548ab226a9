# SPDX-License-Identifier: Apache-2.0
"""seven.io, a gateway of Germany that delivers in Switzerland and Austria too: POST /api/sms, described at
https://docs.seven.io/en/rest-api/endpoints/sms. Which of its answers means what stands here and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from einlass import __version__
from einlass.core.messages import RECIPIENT_REFUSED, NotTaken
from einlass.gateways.port import ANSWER_SECONDS, CONNECT_SECONDS, Sms
from einlass.locks.redaction import redacted
from einlass.locks.wire import BoundTransport, answer_within

# It answers 200 whatever it thinks of the message; the code stands in the body, alone or as "success".
ACCEPTED = "100"
# Not all of several messages were taken; we send one at a time, whose own code says why.
NOT_ALL = "101"
# "Reload lock": it has had this text for this number a moment ago. So our first attempt was accepted, and its answer was lost.
HAD_IT_ALREADY = "402"
# About this one message: its number (202), its text (305 none, 401 too long). Another attempt is refused as well.
REFUSED = frozenset({"202", "305", "401"})
# About this one as well, but not for ever: the number's limit of the day (403), its network (600).
LATER = frozenset({NOT_ALL, "403", "600"})
# Whatever else there is, 201 (sender), 500 (no credit), 700 or 9xx (key, rights, address), would meet every other message too.
WORDS = {
    NOT_ALL: "could not be handed over",
    "201": "the sender is not valid",
    "202": "the number is not valid",
    "305": "the text is not valid",
    "401": "the text is too long",
    "403": "the limit for this number is reached",
    "500": "the account has no credit",
    "600": "its network does not take it",
    "900": "the API key is not valid",
    "902": "the API key may not send",
    "903": "this server's address is not allowed",
}
MOST_BYTES = 64 * 1024


class SevenGateway:
    """One connection for as many messages as are due."""

    def __init__(self, *, address: str, api_key: str) -> None:
        self._address, self._api_key = address.rstrip("/"), api_key
        self._http = httpx2.Client(
            transport=BoundTransport(connections=1),
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": f"einlass/{__version__}", "Accept": "application/json", "X-Api-Key": api_key},
        )

    def send(self, sms: Sms) -> NotTaken | None:
        body = {"to": sms.to, "text": sms.text} | ({"from": sms.sender} if sms.sender else {})
        try:
            with answer_within(ANSWER_SECONDS):
                status, content = self._ask(body)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            # Whether it arrived is not known; if it did, the next attempt is answered with HAD_IT_ALREADY.
            return NotTaken(self._told(f"{type(error).__name__}: {error}", sms), away=True)
        return self._meaning(status, content, sms)

    def close(self) -> None:
        self._http.close()

    def _ask(self, body: dict[str, str]) -> tuple[int, bytes]:
        content = bytearray()
        with self._http.stream("POST", f"{self._address}/api/sms", json=body) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise httpx2.DecodingError("the answer is larger than any that was asked for")
        return response.status_code, bytes(content)

    def _meaning(self, status: int, content: bytes, sms: Sms) -> NotTaken | None:
        if status != 200:
            return NotTaken(self._told(f"HTTP {status}", sms), away=True)
        code, words = _code_of(content)
        if code in {ACCEPTED, HAD_IT_ALREADY}:
            return None
        said = self._told(f"{code} {WORDS.get(code, words)}".strip(), sms)
        if code in REFUSED:
            return NotTaken(f"{RECIPIENT_REFUSED}: {said}", final=True)
        return NotTaken(said, away=code not in LATER)

    def _told(self, words: str, sms: Sms) -> str:
        return redacted(words, secrets=[self._api_key, sms.to, sms.to.removeprefix("+")])


def _code_of(content: bytes) -> tuple[str, str]:
    """The code and what is said with it. Of one message its own error says more than that of the whole ("101")."""
    try:
        answer: Any = json.loads(content)
    except ValueError:
        return "no answer that can be read", ""
    if not isinstance(answer, dict):
        return str(answer)[:20], ""
    code, parts = str(answer.get("success", ""))[:20], answer.get("messages")
    part = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], dict) else {}
    if code == NOT_ALL or (code == ACCEPTED and part.get("success") is False):
        code = str(part.get("error") or NOT_ALL)[:20]
    return code, str(part.get("error_text") or "")
