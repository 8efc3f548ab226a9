# SPDX-License-Identifier: Apache-2.0
"""The database's own refusal of overlapping bookings. On SQLite the triggers are also put back after every later migration."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from einlass.models import overlap


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    overlap.install(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("einlass", "0001_tables")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop, elidable=False)]
