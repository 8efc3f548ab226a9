# SPDX-License-Identifier: Apache-2.0
"""The two addresses for probes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from einlass.models import Worker


def test_health_asks_no_database(django_db_blocker: Any) -> None:
    with django_db_blocker.block():
        answer = Client().get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_tells_the_age_of_the_worker_and_does_not_need_one() -> None:
    without = Client().get("/ready")
    now = timezone.now()
    Worker.objects.create(name="one", started_at=now, seen_at=now - timedelta(seconds=90))

    answer = Client().get("/ready")

    assert (without.status_code, without.json()["worker_age_seconds"]) == (200, None)
    assert answer.status_code == 200
    assert 89 < answer.json()["worker_age_seconds"] < 95


@pytest.mark.django_db
def test_ready_is_unavailable_before_the_migrations() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT MAX(id) FROM django_migrations WHERE app = 'einlass')")

    answer = Client().get("/ready")

    assert (answer.status_code, answer.json()["migrations"]) == (503, "pending")


@pytest.mark.django_db
def test_ready_is_unavailable_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einlass.web.health.database_answers", lambda: False)

    answer = Client().get("/ready")

    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
