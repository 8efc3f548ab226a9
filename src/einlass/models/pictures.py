# SPDX-License-Identifier: Apache-2.0
"""Pictures of services, kept in the database so that machines share nothing else. How one is made small: `operations/pictures.py`."""

from django.db import models


class Picture(models.Model):
    """One picture as it is sent to browsers; named by what is in it, so that its address never changes its content."""

    digest = models.CharField(max_length=64, unique=True)
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return self.digest[:12]
