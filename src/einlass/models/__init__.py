# SPDX-License-Identifier: Apache-2.0
"""The tables: fields, constraints, one-line properties, and `.facts()` towards core. No rule and no writing beyond a row."""

from einlass.models.bookings import Booking
from einlass.models.branches import Branch, Door, Organisation, Room
from einlass.models.events import EventRecord
from einlass.models.keys import Access, DoorEntry, DoorOpening, Key, StrayKey, VendorCall
from einlass.models.limits import DeedCount
from einlass.models.lock_systems import LockSystem
from einlass.models.messages import Message, MessageTemplate
from einlass.models.number_changes import NumberChange
from einlass.models.pictures import Picture
from einlass.models.services import Question, Service, ServiceRoom
from einlass.models.users import ApiToken, User
from einlass.models.workers import Installation, Worker

__all__ = [
    "Access",
    "ApiToken",
    "Booking",
    "Branch",
    "DeedCount",
    "Door",
    "DoorEntry",
    "DoorOpening",
    "EventRecord",
    "Installation",
    "Key",
    "LockSystem",
    "Message",
    "MessageTemplate",
    "NumberChange",
    "Organisation",
    "Picture",
    "Question",
    "Room",
    "Service",
    "ServiceRoom",
    "StrayKey",
    "User",
    "VendorCall",
    "Worker",
]
