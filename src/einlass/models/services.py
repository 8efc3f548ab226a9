# SPDX-License-Identifier: Apache-2.0
"""What is offered: services, and the questions that a booking answers."""

from __future__ import annotations

from django.db import models

from einlass.core.questions import QuestionFacts
from einlass.core.slots import ServiceRules
from einlass.models.branches import Branch, Door, Room
from einlass.models.fields import TextByLanguage
from einlass.models.pictures import Picture


class Service(models.Model):
    """A Dienstleistung. Any free one of its rooms is given, in the order of `position`."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="services")
    key = models.SlugField(max_length=60, unique=True)
    name = TextByLanguage()
    description = TextByLanguage()
    price = TextByLanguage()
    rooms = models.ManyToManyField(Room, through="ServiceRoom", related_name="services")
    doors = models.ManyToManyField(Door, blank=True, related_name="services")
    durations = models.JSONField(default=list)
    step = models.PositiveSmallIntegerField(default=30)
    buffer_before = models.PositiveSmallIntegerField(default=0)
    buffer_after = models.PositiveSmallIntegerField(default=0)
    notice_minutes = models.PositiveIntegerField(default=0)
    horizon_days = models.PositiveIntegerField(default=365)
    cancel_until_minutes = models.PositiveIntegerField(default=0)
    reschedule_until_minutes = models.PositiveIntegerField(default=0)
    approval = models.BooleanField(default=False)
    picture = models.ForeignKey(Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="services")
    active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.key

    def rules(self) -> ServiceRules:
        return ServiceRules(
            durations=tuple(self.durations),
            step=self.step,
            buffer_before=self.buffer_before,
            buffer_after=self.buffer_after,
            notice_minutes=self.notice_minutes,
            horizon_days=self.horizon_days,
        )


class ServiceRoom(models.Model):
    """That a service may be held in a room, and in which order rooms are given."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE)
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(name="room_once_per_service", fields=["service", "room"])]

    def __str__(self) -> str:
        return f"{self.service_id}/{self.room_id}"


class Question(models.Model):
    """A booking question. Without any service it is asked for every one."""

    key = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=20)
    label = TextByLanguage()
    hint = TextByLanguage()
    options = models.JSONField(default=list, blank=True)
    required = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    services = models.ManyToManyField(Service, blank=True, related_name="questions")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.key

    def facts(self) -> QuestionFacts:
        options = tuple(o["key"] if isinstance(o, dict) else str(o) for o in self.options)
        return QuestionFacts(key=self.key, kind=self.kind, required=self.required, options=options)
