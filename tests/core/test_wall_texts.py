# SPDX-License-Identifier: Apache-2.0
"""Many instants as text say what each one alone says, also around clock changes and midnight of a year."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from einlass.core.wall_texts import wall_texts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Both clock changes of a year, one of the southern half by half an hour, and new year.
EDGES = [datetime(2026, 10, 25, 1), datetime(2027, 3, 28, 1), datetime(2027, 4, 3, 15), datetime(2026, 12, 31, 23), datetime(2100, 1, 1)]
ZONES = ["Europe/Zurich", "UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
AROUND = st.sampled_from(EDGES).flatmap(
    lambda edge: st.integers(-3000, 3000).map(lambda minutes: (edge.replace(tzinfo=UTC) - EPOCH) // timedelta(minutes=1) + minutes)
)


@settings(max_examples=200, deadline=None)
@given(minutes=st.lists(AROUND, max_size=12).map(sorted), zone=st.sampled_from(ZONES))
def test_many_say_what_each_says_alone(minutes: list[int], zone: str) -> None:
    alone = [(EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)).isoformat() for minute in minutes]

    assert wall_texts(minutes, zone) == alone
