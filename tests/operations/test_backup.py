# SPDX-License-Identifier: Apache-2.0
"""A backup holds every row as one instant saw it, and comes back as a whole or not at all."""

from __future__ import annotations

import json
import threading
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connections
from tests import factories as make
from tests.conftest import FakeClock

from einlass.conf.secrets import fingerprint
from einlass.core.bookings import Actor as ActorKind
from einlass.core.events import Actor
from einlass.core.messages import MessageState, state_of
from einlass.models import (
    Access,
    ApiToken,
    Booking,
    Branch,
    DeedCount,
    DoorEntry,
    DoorOpening,
    EventRecord,
    Installation,
    Key,
    LockSystem,
    Message,
    MessageTemplate,
    NumberChange,
    Picture,
    Question,
    Service,
    StrayKey,
    Worker,
)
from einlass.operations import backup, restore
from einlass.operations.claims import LeaseLost, claim_booking
from einlass.operations.keys import reconcile
from einlass.operations.restore import CannotRestore

pytestmark = pytest.mark.django_db(transaction=True)
ADMINISTRATOR = Actor(ActorKind.STAFF, "einlass restore")
# What putting it back itself changes.
CHANGED = {"einlass.access", "einlass.branch", "einlass.eventrecord", "einlass.locksystem"}


def written(folder: Path, clock: FakeClock) -> Path:
    file = folder / "house.einlass"
    with file.open("wb") as out:
        backup.write_backup(out, scratch=folder, secrets=None, now=clock.now, progress=lambda *_: None)
    return file


def put_back(file: Path, clock: FakeClock, **more: Any) -> restore.Restored:
    consent: dict[str, Any] = {"replace": True, "other_keys": False, "encryption_keys": django_settings.ENCRYPTION_KEYS} | more
    return restore.restore_backup(file, actor=ADMINISTRATOR, now=clock.now, progress=lambda *_: None, **consent)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    return {table.label: list(table.rows.order_by("pk").values_list(*table.columns)) for table in backup.tables()}


def fill_every_table(service: Service, clock: FakeClock) -> None:
    """A row in each table, with every kind of value that a column may hold."""
    booking = make.make_booking(service, now=clock.now, first_name="Zoë 'Lea' \\ {%s}")
    reconcile(booking.pk, clock=clock)
    branch, key = service.branch, Key.objects.get()
    owner = make.make_user()
    owner.branches.add(branch)
    token = ApiToken.objects.create(name="shop", role="staff", digest="d", last4="1234", created_at=clock.now)
    token.branches.add(branch)
    service.doors.set(branch.doors.filter(component=make.GURTEN))
    picture = Picture.objects.create(digest="p" * 20, media_type="image/png", width=1, height=1, data=bytes(range(256)))
    Service.objects.update(picture=picture)
    Question.objects.get(key="mobile").services.add(service)
    NumberChange.objects.create(
        booking=booking, mobile=make.OTHER_MOBILE, code_digest="c", asked_at=clock.now, valid_until=clock.now + timedelta(minutes=15)
    )
    DoorEntry.objects.create(branch=branch, booking=booking, component=make.AARE, at=clock.now, opened=True, vendor_id="1")
    DoorOpening.objects.create(
        branch=branch, booking=booking, component=make.AARE, asked_by="Nadia Keller", asked_at=clock.now, expires_at=clock.now
    )
    StrayKey.objects.create(branch=branch, vendor_id="9", marker="EL-0000000000", doors=[make.AARE], found_at=clock.now)
    MessageTemplate.objects.create(key="message_confirmed")
    Installation.objects.update_or_create(id=1, defaults={"key_fingerprint": fingerprint(django_settings.ENCRYPTION_KEYS)})
    address = EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    EmailConfirmation.objects.create(email_address=address, key="k", sent=clock.now)
    Authenticator.objects.create(user=owner, type="totp", data={"secret": "x"}, created_at=clock.now)
    assert key.vendor_id


def test_round_trip_brings_back_every_row_of_every_table(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    fill_every_table(service, clock)
    before = everything()
    file = written(tmp_path, clock)
    assert [label for label, rows in before.items() if not rows] == []

    clock.forward(hours=2)
    Booking.objects.update(guest_name="Somebody else")
    Key.objects.all().delete()
    make.make_booking(service, now=clock.now, hours=48)
    done = put_back(file, clock)

    after = everything()
    assert {label: rows for label, rows in after.items() if label not in CHANGED} == {
        label: rows for label, rows in before.items() if label not in CHANGED
    }
    assert done.rows == {label: len(rows) for label, rows in before.items()}
    assert EventRecord.objects.latest("id").data == {"taken_at": done.head.taken_at, "version": done.head.version}


def test_every_table_is_kept_or_left_out_on_purpose() -> None:
    kept = {table.label for table in backup.tables()}
    every = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}

    # Rights and content types are Django's own and unused; sessions end; counts and heartbeats are of the moment.
    assert every - kept == {
        "auth.permission",
        "auth.group",
        "auth.group_permissions",
        "contenttypes.contenttype",
        "sessions.session",
        *(model._meta.label_lower for model in (DeedCount, Worker)),
    }


def test_after_a_restore_nothing_that_was_given_out_counts(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    booking = make.make_booking(service, now=clock.now)
    file = written(tmp_path, clock)
    claim = claim_booking(booking.pk, clock=clock)
    assert claim is not None
    later = make.make_booking(service, now=clock.now, hours=48)
    Session.objects.create(session_key="s", session_data="", expire_date=clock.now)

    put_back(file, clock)

    with pytest.raises(LeaseLost):
        claim.hold()
    assert (Branch.objects.get().compared_by, Session.objects.count()) == ("restored", 0)
    assert Access.objects.get().next_check_at == clock.now
    assert make.make_booking(service, now=clock.now, hours=72).pk > later.pk


def test_messages_that_waited_are_sent_after_a_restore_unless_they_are_old(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    make.make_booking(service, now=clock.now, hours=96)
    clock.forward(hours=36)
    make.make_booking(service, now=clock.now, hours=72)
    file = written(tmp_path, clock)
    clock.forward(hours=12)

    put_back(file, clock)

    old, fresh = Message.objects.order_by("created_at")
    assert (old.next_attempt_at, old.failed_at, state_of(sent=False, failed=True, returned=False, error=old.error)) == (
        None,
        clock.now,
        MessageState.TOO_LATE,
    )
    assert (fresh.next_attempt_at, fresh.failed_at) == (clock.now - timedelta(hours=12), None)
    assert EventRecord.objects.get(kind="message.failed").booking_id == old.booking_id


def test_a_writer_goes_on_while_a_backup_is_made(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    for n in range(40):
        make.make_booking(service, now=clock.now, hours=24 + 3 * n)
    begun, stop, made = threading.Event(), threading.Event(), [0]

    def book_on() -> None:
        while not stop.is_set():
            make.make_booking(service, now=clock.now, hours=1000 + 3 * made[0])
            made[0] += 1
            begun.set()
        connections.close_all()

    writer = threading.Thread(target=book_on)
    writer.start()
    assert begun.wait(20)
    file = written(tmp_path, clock)
    stop.set()
    writer.join()

    assert made[0] > 0
    put_back(file, clock)
    # One instant: each booking came with its access row and its event, or not at all.
    bookings = set(Booking.objects.values_list("pk", flat=True))
    assert len(bookings) > 40
    assert set(Access.objects.values_list("pk", flat=True)) == bookings
    assert set(EventRecord.objects.filter(kind="booking.confirmed").values_list("booking_id", flat=True)) == bookings


def broken_in_the_middle(content: bytes) -> bytes:
    return content[: len(content) // 2] + b"\x00\xff\x00\xff" + content[len(content) // 2 + 4 :]


@pytest.mark.parametrize("damage", [broken_in_the_middle, lambda content: content[: len(content) // 2], lambda _: b"", lambda _: b"PK"])
def test_a_broken_file_changes_nothing(service: Service, clock: FakeClock, tmp_path: Path, damage: Any) -> None:
    fill_every_table(service, clock)
    file = written(tmp_path, clock)
    file.write_bytes(damage(file.read_bytes()))
    before = everything()

    with pytest.raises(CannotRestore, match="broken or was cut"):
        put_back(file, clock)

    assert everything() == before


def test_rows_that_are_missing_from_the_archive_are_found_out(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    fill_every_table(service, clock)
    whole, short = written(tmp_path, clock), tmp_path / "short"
    with zipfile.ZipFile(whole) as full, zipfile.ZipFile(short, "w") as cut:
        for name in full.namelist():
            content = full.read(name)
            cut.writestr(name, content.splitlines(keepends=True)[0] if name == "rows/einlass.message.jsonl" else content)
    before = everything()

    with pytest.raises(CannotRestore):
        put_back(short, clock)

    assert everything() == before


def told_otherwise(file: Path, **changes: Any) -> Path:
    """The same backup, telling something else of itself."""
    other = file.with_name("other")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, json.dumps(json.loads(content) | changes) if name == "backup.json" else content)
    return other


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": "99.1.0", "schema": {"einlass": "0099"}}, "made by Einlass 99.1.0.*Install that version first"),
        ({"version": "0.0.1", "schema": {"einlass": "0001"}}, "made by Einlass 0.0.1.*einlass migrate"),
        ({"format": 2}, "a form that this version"),
        ({"key_fingerprint": "another"}, "sealed with other encryption keys"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    service: Service, clock: FakeClock, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    file = told_otherwise(written(tmp_path, clock), **changes)
    before = everything()

    with pytest.raises(CannotRestore, match=sentence):
        put_back(file, clock)

    assert everything() == before


def test_a_database_with_something_in_it_is_kept_without_consent(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    with pytest.raises(CannotRestore, match="--replace"):
        put_back(written(tmp_path, clock), clock, replace=False)

    assert Branch.objects.count() == 1


def test_with_other_keys_the_secrets_go_and_are_asked_for(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    file = told_otherwise(written(tmp_path, clock), key_fingerprint="another")

    put_back(file, clock, other_keys=True)

    assert (LockSystem.objects.get().sealed_secret, Installation.objects.get().key_fingerprint) == (
        "",
        fingerprint(django_settings.ENCRYPTION_KEYS),
    )


def test_keys_are_in_it_only_when_asked_for(service: Service, clock: FakeClock, tmp_path: Path) -> None:
    without, with_keys = written(tmp_path, clock), tmp_path / "with"
    secrets = backup.Secrets("signs", django_settings.ENCRYPTION_KEYS)
    with with_keys.open("wb") as out:
        backup.write_backup(out, scratch=tmp_path, secrets=secrets, now=clock.now, progress=lambda *_: None)

    with pytest.raises(CannotRestore, match="--with-keys"):
        restore.keys_in(without)
    assert restore.keys_in(with_keys) == {
        "secret_key": "signs",
        "encryption_keys": "YSBrZXkgdGhhdCBpcyBvbmx5IGdvb2QgZm9yIHRlc3Q=",
    }
    assert (restore.head_of(without).with_keys, restore.head_of(with_keys).with_keys) == (False, True)
