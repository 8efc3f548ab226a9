# SPDX-License-Identifier: Apache-2.0
"""The HTTP API, version 1: its one object. The calls live in `bookings.py` and `services.py`, their shapes in `schemas.py`."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from einlass import __version__
from einlass.web.api import bookings, problems, services
from einlass.web.api.auth import PerToken, TokenAuth
from einlass.web.refusals import PROBLEM_JSON


class Api(NinjaAPI):
    """django-ninja describes every answer with one media type; our errors have their own."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        for path in schema["paths"].values():
            for call in path.values():
                for status, answer in call["responses"].items():
                    if int(status) >= 400 and "application/json" in answer.get("content", {}):
                        answer["content"] = {PROBLEM_JSON: answer["content"]["application/json"]}
        return schema


api = Api(
    title="Einlass",
    version="1.0.0",
    description="Book rooms; the booking opens the door. Errors are `application/problem+json` with a stable `code`.",
    # Pages that show the description would load scripts from elsewhere; the description itself is public.
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
    auth=TokenAuth(),
    throttle=PerToken(),
    openapi_extra={"info": {"x-release": __version__}},
)
problems.register(api)
api.add_router("", services.router)
api.add_router("", bookings.router)
