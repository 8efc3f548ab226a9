# SPDX-License-Identifier: Apache-2.0
"""Texts that the operator edits, and the outbox of what is sent. When a message is written and sent: `operations/messages.py`."""

from __future__ import annotations

from django.db import models

from einlass.models.bookings import Booking
from einlass.models.fields import TextByLanguage


class MessageTemplate(models.Model):
    """A Vorlage: Markdown with placeholders, per language. Without a row, or with an empty text, the default text of core counts."""

    key = models.SlugField(max_length=60, unique=True)
    subject = TextByLanguage()
    text = TextByLanguage()
    # When somebody said that the default text is fine as it is (the tick of the integration page).
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key


class Message(models.Model):
    """One message in the outbox: written with what caused it, sent by a worker, tried again until it was accepted or given up."""

    kind = models.CharField(max_length=40)
    # "mail" or "sms"; `to_address` is an address or a number accordingly.
    channel = models.CharField(max_length=4, default="mail")
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    to_address = models.CharField(max_length=254)
    language = models.CharField(max_length=8, default="de")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    # A calendar file that goes with it, and what it asks of the calendar: REQUEST or CANCEL.
    calendar = models.TextField(blank=True, default="")
    calendar_method = models.CharField(max_length=10, blank=True, default="")
    # The same cause writes the same word, so that nothing is sent twice.
    once = models.CharField(max_length=120, unique=True, null=True, blank=True)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    # After this it says nothing useful any more and is given up.
    useful_until = models.DateTimeField(null=True, blank=True)
    # It was accepted, and came back later.
    bounced_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(name="message_due", fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False)),
            # What did not arrive is looked for each time that somebody opens the start page.
            models.Index(name="message_failed", fields=["failed_at"], condition=models.Q(failed_at__isnull=False)),
            models.Index(name="message_bounced", fields=["bounced_at"], condition=models.Q(bounced_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
