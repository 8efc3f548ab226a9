# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI description is served to everybody and is true: schemathesis holds the API to it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from tests.factories import make_booking, make_house
from tests.web.api.conftest import Program

KEPT = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
pytestmark = pytest.mark.django_db


def test_description_is_openapi_3_1_and_public() -> None:
    answer = Client().get("/api/v1/openapi.json")

    assert answer.status_code == 200
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    assert sorted(described["paths"]) == [
        "/api/v1/bookings",
        "/api/v1/bookings/{reference}",
        "/api/v1/bookings/{reference}/cancel",
        "/api/v1/bookings/{reference}/keys/reissue",
        "/api/v1/bookings/{reference}/reschedule",
        "/api/v1/services",
        "/api/v1/services/{key}/slots",
    ]


def test_description_names_the_media_type_of_errors() -> None:
    described = Client().get("/api/v1/openapi.json").json()

    kinds = {
        (int(status) >= 400, kind)
        for path in described["paths"].values()
        for call in path.values()
        for status, answer in call["responses"].items()
        for kind in answer["content"]
    }
    assert kinds == {(False, "application/json"), (True, "application/problem+json")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_api_keeps_to_its_description(program: Program, mode: GenerationMode, settings: Any) -> None:
    """Answers of every call, to requests that fit the description and to those that do not, have the status, type and shape it names."""
    settings.API_REQUESTS_PER_SECOND = 10_000
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    reference = make_booking(make_house(now), now=now).reference
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        assert isinstance(found, Ok), found
        _hold(found.ok(), mode=mode, reference=reference, token=program.token)


def _hold(operation: Any, *, mode: GenerationMode, reference: str, token: str) -> None:
    @limits(
        max_examples=15,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case: Any) -> None:
        # A made-up reference would only ever be not found; a made-up key too.
        known = {"reference": reference, "key": "seminar"}
        case.path_parameters = {name: known[name] for name in case.path_parameters}
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=KEPT)

    hold()
