# SPDX-License-Identifier: Apache-2.0
"""Texts that the operator edits. The messages that are sent come with their outbox later."""

from django.db import models

from einlass.models.fields import TextByLanguage


class MessageTemplate(models.Model):
    """A Vorlage: Markdown with placeholders, per language. Without a row the default text of core counts."""

    key = models.SlugField(max_length=60, unique=True)
    text = TextByLanguage()

    def __str__(self) -> str:
        return self.key
