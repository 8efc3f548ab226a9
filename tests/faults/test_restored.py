# SPDX-License-Identifier: Apache-2.0
"""F21 and F54: after an older backup was put back, or after an upgrade, a site is looked at as a whole before anything is changed there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from tests.faults.watched import STAFF, Watched

from einlass.core.access import AccessState
from einlass.jobs import work
from einlass.models import Access, Branch, EventRecord, Key, StrayKey, VendorCall
from einlass.operations.backup import write_backup
from einlass.operations.lock_systems import confirm_site
from einlass.operations.restore import restore_backup
from einlass.operations.strays import decide

pytestmark = pytest.mark.django_db(transaction=True)


def written(house: Watched, folder: Path) -> Path:
    file = folder / "backup"
    with file.open("wb") as out:
        write_backup(out, scratch=folder, secrets=None, now=house.clock.now, progress=lambda *_: None)
    return file


def put_back(house: Watched, file: Path) -> None:
    restore_backup(
        file,
        encryption_keys=settings.ENCRYPTION_KEYS,
        replace=True,
        other_keys=False,
        actor=STAFF,
        now=house.clock.now,
        progress=lambda *_: None,
    )
    # The audit ends where the backup does: what was changed over there since then has no rows, and is judged no more.
    entries = house.exivo.app.world.entries
    kept = [each for each in entries if getattr(each, "call", "") not in {"create", "revoke", "visits"} or has_row(each.about)]
    entries.clear()
    entries.extend(kept)
    house.seen = house._see(None)


def has_row(label: str) -> bool:
    return Key.objects.filter(marker=label[-13:]).exists()


def take_back(house: Watched) -> None:
    """What the worker does every ten seconds. No row tells that the keys were ours, so a person stands for it."""
    with house.step(by_others=True):
        work.probe()


def live_markers(house: Watched) -> list[str]:
    return sorted(key["name"][-13:] for key in house.exivo.live())


def test_f21_a_backup_older_than_the_vendor_is_brought_together_with_it(house: Watched, tmp_path: Path) -> None:
    kept, moved, cancelled = (house.ready(hours=hours) for hours in (24, 28, 32))
    unfinished = house.book(hours=36)
    file = written(house, tmp_path)
    house.ring()
    house.move(moved, start=moved.start + timedelta(hours=1))
    house.cancel(cancelled)
    lost = house.ready(hours=48)
    house.forward(minutes=20)
    house.round()
    of_lost, of_unfinished, of_moved = (Key.objects.filter(booking=each, state="live").get().marker for each in (lost, unfinished, moved))

    put_back(house, file)
    before = len(house.asked())
    house.minute()
    assert len(house.asked()) == before
    assert house.access(cancelled).problem == "not_compared"
    house.rest()

    # Those that the backup knows have one key each; the one that was made since for a known booking is that booking's.
    for booking in (kept, moved, cancelled, unfinished):
        assert house.state(booking) is AccessState.READY
        assert len(house.live(booking)) == 1
    assert [row.marker for row in house.rows(unfinished)] == [of_unfinished]
    # The rest waits for a person, and is as it was.
    assert sorted(StrayKey.objects.filter(decision="").values_list("marker", flat=True)) == sorted([of_lost, of_moved])
    assert {of_lost, of_moved} <= set(live_markers(house))
    assert len(house.exivo.live()) == 6
    assert Branch.objects.get().brake_since is None


def test_f21_nobody_takes_back_what_no_booking_knows_but_a_person(house: Watched, tmp_path: Path) -> None:
    file = written(house, tmp_path)
    house.ready(hours=24)
    house.ready(hours=48)
    house.forward(minutes=1)
    put_back(house, file)
    house.forward(minutes=1)
    house.round()
    for _ in range(3):
        house.forward(minutes=10)
        house.round()
    first, second = StrayKey.objects.order_by("valid_from")
    assert len(house.exivo.live()) == 2

    decide(house.service.branch, [first.pk], "revoke", actor=STAFF, now=house.clock.now)
    decide(house.service.branch, [second.pk], "kept", actor=STAFF, now=house.clock.now)
    take_back(house)

    assert live_markers(house) == [second.marker]
    assert list(StrayKey.objects.order_by("valid_from").values_list("decision", flat=True)) == ["revoked", "kept"]
    assert [(call.kind, call.outcome) for call in VendorCall.objects.filter(kind__in=["revoke", "read"], key=None)] == [
        ("revoke", "ok"),
        ("read", "ok"),
    ]
    kinds = EventRecord.objects.filter(kind__startswith="stray_key").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["stray_key.found", "stray_key.found", "stray_key.decided", "stray_key.decided", "stray_key.ended"]
    house.rest()
    assert live_markers(house) == [second.marker]


def test_f21_taking_back_goes_on_after_a_lost_answer_and_waits_for_the_brake(house: Watched, tmp_path: Path) -> None:
    file = written(house, tmp_path)
    house.ready(hours=24)
    put_back(house, file)
    house.forward(minutes=1)
    house.round()
    stray = StrayKey.objects.get()
    Branch.objects.update(brake_since=house.clock.now, brake_count=9)

    decide(house.service.branch, [stray.pk], "revoke", actor=STAFF, now=house.clock.now)
    take_back(house)
    assert len(house.exivo.live()) == 1
    Branch.objects.update(brake_since=None, brake_count=0)
    house.faults({"call": "revoke", "kind": "status", "status": 503, "times": 1})
    take_back(house)
    stray.refresh_from_db()
    assert (stray.decision, stray.attempts, stray.next_check_at is not None) == ("revoke", 1, True)
    house.forward(minutes=15)
    take_back(house)

    assert house.exivo.live() == []
    assert StrayKey.objects.get().decision == "revoked"


def test_f21_what_ends_by_itself_needs_no_decision_and_foreign_keys_are_never_listed(house: Watched, tmp_path: Path) -> None:
    file = written(house, tmp_path)
    booking = house.ready(hours=24)
    house.add_foreign_key(booking)
    house.forward(minutes=1)
    put_back(house, file)
    house.forward(minutes=1)
    house.round()
    assert StrayKey.objects.get().decision == ""

    house.forward(hours=48)
    house.round()

    assert StrayKey.objects.get().decision == "gone"


def test_f54_after_an_upgrade_a_site_is_only_looked_at_until_it_was_compared(house: Watched) -> None:
    running, cancelled = house.ready(hours=24), house.ready(hours=28)
    house.forward(minutes=30)
    # What was noted by another version of the product.
    Branch.objects.update(compared_by="0")
    before = len(house.asked())

    house.faults({"call": "list", "kind": "status", "status": 500})
    fresh = house.book(hours=48)
    house.cancel(cancelled)
    house.ring()
    house.minute()

    assert len(house.asked()) == before
    assert {house.access(each).problem for each in (fresh, cancelled)} == {"not_compared"}
    assert house.view(fresh).problem is not None
    assert Access.objects.filter(problem="not_compared", next_check_at=None).count() == 0

    house.faults()
    house.forward(minutes=1)
    house.minute()

    assert Branch.objects.get().compared_by == "1"
    assert (house.state(running), house.state(fresh), house.live(cancelled)) == (AccessState.READY, AccessState.READY, [])
    house.rest()


def test_f54_a_list_that_is_cut_does_not_count_as_compared(house: Watched) -> None:
    house.ready(hours=24)
    Branch.objects.update(compared_by="0")
    house.faults({"call": "list", "kind": "empty_list"})

    house.forward(minutes=1)
    house.round()

    assert Branch.objects.get().compared_by == "0"
    house.rest()
    assert Branch.objects.get().compared_by == "1"


def test_f54_a_site_that_is_new_gets_its_first_key_at_once(house: Watched) -> None:
    Branch.objects.update(compared_by="", site_confirmed_at=None)
    with house.step():
        confirm_site(Branch.objects.select_related("lock_system").get(), now=house.clock.now)

    booking = house.ready(hours=24)

    assert house.opens(booking) == "too_early"


def test_f54_a_restored_site_that_is_confirmed_only_now_is_compared_all_the_same(house: Watched) -> None:
    Branch.objects.update(compared_by="restored", site_confirmed_at=None)
    with house.step():
        confirm_site(Branch.objects.select_related("lock_system").get(), now=house.clock.now)

    booking = house.book(hours=24)
    house.ring()

    assert (house.access(booking).problem, house.exivo.live()) == ("not_compared", [])
