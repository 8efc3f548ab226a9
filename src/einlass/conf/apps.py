# SPDX-License-Identifier: Apache-2.0
"""The one Django app of the product."""

from django.apps import AppConfig


class EinlassConfig(AppConfig):
    name = "einlass"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from einlass.conf import startup

        startup.connect()
