# SPDX-License-Identifier: Apache-2.0
"""The HTTP API, version 1: its one object. The calls live in `bookings.py` and `services.py`, their shapes in `schemas.py`."""

from ninja import NinjaAPI

api = NinjaAPI(title="Einlass", version="1.0.0", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
