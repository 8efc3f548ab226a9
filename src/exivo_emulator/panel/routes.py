# SPDX-License-Identifier: Apache-2.0
"""The addresses of the panel. Forms are posted and answered with a redirect, so everything works without the script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import resources

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from exivo_emulator.control.taps import hold
from exivo_emulator.control.wording import Wrong
from exivo_emulator.panel import hands
from exivo_emulator.panel.page import address, body, page
from exivo_emulator.panel.presets import PRESETS, switch
from exivo_emulator.panel.view import Choice, choose
from exivo_emulator.world import World

_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_FILES = {
    "panel.css": "text/css; charset=utf-8",
    "panel.js": "text/javascript; charset=utf-8",
    "arrow.svg": "image/svg+xml",
    "icon.svg": "image/svg+xml",
}


def _html(text: str) -> Response:
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(choice: Choice) -> Response:
    response = redirect(address(choice), 303)
    assert isinstance(response, Response)
    return response


def index(world: World, request: Request) -> Response:
    return _html(page(world, choose(world, request.args)))


def state(world: World, request: Request) -> Response:
    """What changes of the page, for the script."""
    return _html(body(world, choose(world, request.args)))


def tap(world: World, request: Request) -> Response:
    choice = choose(world, request.form)
    try:
        hold(world, phone=choice.phone, component_id=request.form.get("component"))
    except Wrong as wrong:
        return Response(wrong.sentence, status=wrong.status)
    return _back(choice)


def clock(world: World, request: Request) -> Response:
    """Moves the doors' clock only: playing with it must not make keys expire at exivo."""
    to, axis, minutes = (request.form.get(name, "") for name in ("to", "axis", "minutes"))
    try:
        instant = _target(to, axis, minutes)
    except ValueError:
        return Response("Not a time.", status=400)
    world.move_doors(timedelta(0) if instant is None else instant - world.clocks.base())
    return _back(choose(world, request.form))


def _target(to: str, axis: str, minutes: str) -> datetime | None:
    """None: the real time. Raises ValueError."""
    if to == "real":
        return None
    instant = datetime.fromisoformat(to) if to else datetime.fromisoformat(axis) + timedelta(minutes=int(minutes))
    if instant.tzinfo is None:
        raise ValueError(to)
    return instant


def fault(world: World, request: Request) -> Response:
    """Switch one preset."""
    preset = PRESETS.get(request.form.get("preset", ""))
    if preset is None:
        return Response("No such switch.", status=400)
    switch(world, preset)
    return _back(choose(world, request.form))


def key(world: World, request: Request) -> Response:
    """Change or delete a key behind the back of whoever ordered it."""
    try:
        hands.change_key(world, key=request.form.get("hand", ""), act=request.form.get("act", ""))
    except KeyError:
        return Response("No such key, or nothing that can be done to it.", status=400)
    return _back(choose(world, request.form))


def make(world: World, request: Request) -> Response:
    """A key of somebody else for the phone in sight."""
    choice = choose(world, request.form)
    hands.make_key(world, choice)
    return _back(choice)


def component(world: World, request: Request) -> Response:
    """Take hardware out, turn it into a gateway, or put it back."""
    choice = choose(world, request.form)
    try:
        hands.change_component(world, choice, component=request.form.get("component", ""), act=request.form.get("act", ""))
    except KeyError:
        return Response("No such component, or nothing that can be done to it.", status=400)
    return _back(choose(world, request.form))


def reset(world: World, request: Request) -> Response:
    world.reset()
    return _back(choose(world, request.form))


def static(world: World, request: Request, name: str) -> Response:
    if name not in _FILES:
        return Response("No such file.", status=404)
    content = (resources.files("exivo_emulator.panel") / "static" / name).read_bytes()
    return Response(content, content_type=_FILES[name], headers={"Cache-Control": "no-cache"})


ROUTES: dict[str, tuple[str, str, Callable[..., Response]]] = {
    "index": ("GET", "/", index),
    "state": ("GET", "/panel/state", state),
    "tap": ("POST", "/panel/tap", tap),
    "clock": ("POST", "/panel/clock", clock),
    "fault": ("POST", "/panel/fault", fault),
    "key": ("POST", "/panel/key", key),
    "make": ("POST", "/panel/make", make),
    "component": ("POST", "/panel/component", component),
    "reset": ("POST", "/panel/reset", reset),
    "static": ("GET", "/panel/static/<name>", static),
}
