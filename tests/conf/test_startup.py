# SPDX-License-Identifier: Apache-2.0
"""What is checked when a process starts: that the database refuses overlaps, also after a migration rebuilt the table; the keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models

from einlass.conf import startup
from einlass.conf.environment import ConfigurationError
from einlass.models import Booking, Installation, overlap

pytestmark = pytest.mark.django_db(transaction=True)


def test_verify_passes_on_a_migrated_database() -> None:
    startup.verify()

    assert overlap.is_refused(connection)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps its constraint through migrations")
def test_sqlite_triggers_survive_a_migration_that_rebuilds_the_table() -> None:
    old = Booking._meta.get_field("ended_reason")
    new = models.CharField(max_length=501, blank=True, default="")
    new.set_attributes_from_name("ended_reason")
    new.model = Booking
    with connection.schema_editor() as editor:
        editor.alter_field(Booking, old, new)
    assert not overlap.is_refused(connection)
    with pytest.raises(ConfigurationError, match="overlapping"):
        startup.verify()

    call_command("migrate", verbosity=0)

    assert overlap.is_refused(connection)


def test_migrating_a_filled_database_again_changes_nothing() -> None:
    call_command("migrate", verbosity=0)
    call_command("makemigrations", "einlass", check=True, dry_run=True, verbosity=0)

    startup.verify()


def test_f48_a_machine_with_other_keys_is_told_apart(settings: Any) -> None:
    assert startup.keys_belong_here()
    assert Installation.objects.get().key_fingerprint != ""

    settings.ENCRYPTION_KEYS = (b"other" + b"x" * 27,)

    assert not startup.keys_belong_here()
