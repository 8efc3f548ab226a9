# SPDX-License-Identifier: Apache-2.0
"""The emulator as one WSGI application: which path leads where, and what a call of exivo's API goes through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from exivo_emulator import api, callbacks, control, panel, wire
from exivo_emulator.answers import Answer, Call, json_answer
from exivo_emulator.clock import Clock, system_clock
from exivo_emulator.faults import Fault
from exivo_emulator.inventory import Building
from exivo_emulator.world import ApiCall, World, new_world

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

API_CALLS = {
    # endpoint: (word in fault plans, method, path below the site)
    "info": ("info", "GET", "/info"),
    "components": ("components", "GET", "/component"),
    "component": ("components", "GET", "/component/<item>"),
    "unlock": ("unlock", "POST", "/component/<item>/unlock"),
    "visits": ("list", "GET", "/digitalKeyVisits"),
    "create": ("create", "POST", "/digitalKeyVisits"),
    "visit": ("read", "GET", "/digitalKeyVisit/<item>"),
    "revoke": ("revoke", "POST", "/digitalKeyVisit/<item>/revoke"),
    "access_log": ("accesslog", "GET", "/accesslog/component"),
    "access_log_of": ("accesslog", "GET", "/accesslog/component/<item>"),
}

_ROUTES = Map(
    [Rule(f"/v1/<site>{path}", endpoint=f"api:{endpoint}", methods=[method]) for endpoint, (_, method, path) in API_CALLS.items()]
    + [Rule(path, endpoint=f"control:{name}", methods=[method]) for name, (method, path, _) in control.ROUTES.items()]
    + [Rule(path, endpoint=f"panel:{name}", methods=[method]) for name, (method, path, _) in panel.ROUTES.items()],
    redirect_defaults=False,
    merge_slashes=False,
)


@dataclass(frozen=True, slots=True)
class Emulator:
    """The WSGI application. `world` is its whole state; `in_process` never holds a connection, it raises instead."""

    world: World
    in_process: bool = False
    sleep: Callable[[float], None] = sleep

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._respond(Request(environ))(environ, start_response)
        finally:
            self._call_back()

    def _call_back(self) -> None:
        """Never with the lock held: who is called may ask in turn."""
        with self.world.lock:
            outgoing = self.world.take_outgoing()
        if not self.in_process:
            for callback in outgoing:
                callbacks.send(callback)

    def _respond(self, request: Request) -> Response:
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
        except (NotFound, MethodNotAllowed) as error:
            return _no_route(request, error)
        except HTTPException as error:
            return error.get_response(request.environ)
        room, name = endpoint.split(":")
        if room == "api":
            return _as_response(self._api(request, name, values["site"], values.get("item", "")))
        handler = control.ROUTES[name][2] if room == "control" else panel.ROUTES[name][2]
        with self.world.lock:
            self.world.catch_up()
            return handler(self.world, request, **values)

    def _api(self, request: Request, endpoint: str, site_id: str, item: str) -> Answer:
        began = perf_counter()
        call = _call(request, endpoint, site_id, item)
        fault: Fault | None = None
        answer: Answer | None = None
        try:
            with self.world.lock:
                self.world.catch_up()
                fault = self.world.plan.meet(call.name, site_id)
            answer = self._answer(call, fault, wire.Wire(self.sleep, None if self.in_process else request.environ.get("werkzeug.socket")))
        finally:
            with self.world.lock:
                self.world.entries.append(_entry(self.world, request, call, answer=answer, fault=fault, seconds=perf_counter() - began))
        return answer

    def _answer(self, call: Call, fault: Fault | None, line: wire.Wire) -> Answer:
        """The lock is never held while a fault makes the client wait."""
        if fault is None:
            return self._carry_out(call, None)
        if fault.kind == "late":
            with self.world.lock:
                self.world.later(fault.options["seconds"], lambda: api.answer(self.world, call))
            return wire.postponed(fault, line)
        instead = wire.before(fault, line, now=self.world.clocks.api())
        return instead if instead is not None else wire.after(fault, line, self._carry_out(call, fault))

    def _carry_out(self, call: Call, fault: Fault | None) -> Answer:
        with self.world.lock:
            return api.answer(self.world, call, fault)


def create_app(
    building: Building,
    *,
    clock: Clock = system_clock,
    in_process: bool = False,
    sleep: Callable[[float], None] = sleep,
) -> Emulator:
    """The emulator of one building. `clock` gives aware UTC instants; both clocks of the emulator start from it."""
    return Emulator(new_world(building, clock=clock), in_process, sleep)


def _call(request: Request, endpoint: str, site_id: str, item: str) -> Call:
    authorization = request.authorization
    basic = authorization if authorization is not None and authorization.type == "basic" else None
    return Call(
        name=API_CALLS[endpoint][0],
        endpoint="access_log" if endpoint == "access_log_of" else endpoint,
        site_id=site_id,
        item=item,
        query=request.args.to_dict(),
        body=request.get_data(),
        content_type=request.headers.get("Content-Type", ""),
        api_key=(basic.username if basic else None) or "",
        api_secret=(basic.password if basic else None) or "",
    )


def _entry(world: World, request: Request, call: Call, *, answer: Answer | None, fault: Fault | None, seconds: float) -> ApiCall:
    agent = request.headers.get("User-Agent", "").split("/")[0].strip()
    return ApiCall(
        # A library's own name says nothing about who called.
        who="" if agent.lower().startswith(("python", "httpx", "curl", "mozilla", "werkzeug")) else agent[:40],
        method=request.method,
        path=request.path,
        call=call.endpoint,
        site_id=call.site_id,
        status=answer.status if answer else None,
        milliseconds=round(seconds * 1000),
        at=world.clocks.doors(),
        fault=fault.kind if fault else None,
        about=_about(call),
        sent=_sent(call),
    )


def _sent(call: Call) -> dict[str, Any] | None:
    try:
        content = json.loads(call.body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _about(call: Call) -> str:
    """The name a new visit is given, which tells the calls of the table apart."""
    if call.name != "create":
        return call.item
    name = (_sent(call) or {}).get("name")
    return name[:80] if isinstance(name, str) else ""


def _no_route(request: Request, error: NotFound | MethodNotAllowed) -> Response:
    status = 405 if isinstance(error, MethodNotAllowed) else 404
    response = _as_response(
        json_answer({"message": "method not allowed" if status == 405 else f"no such address: {request.path}"}, status=status)
    )
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _as_response(answer: Answer) -> Response:
    response = Response(answer.body, status=answer.status, headers=dict(answer.headers))
    if answer.body:
        response.headers["Content-Type"] = answer.content_type
    else:
        response.headers.pop("Content-Type", None)
    return response
