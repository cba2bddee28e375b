"""When a live attempt is asked about again: soon while it is young, rarely when it is old, never in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.asking import next_check

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(seconds=0), timedelta(seconds=10)),
        (timedelta(minutes=1), timedelta(seconds=10)),
        (timedelta(minutes=10), timedelta(minutes=1)),
        (timedelta(hours=5), timedelta(minutes=30)),
        (timedelta(days=9), timedelta(hours=1)),
        (timedelta(seconds=-90), timedelta(seconds=10)),  # a clock that was set back
    ],
)
def test_pause_is_a_tenth_of_the_age_within_bounds(age: timedelta, pause: timedelta) -> None:
    now = START + age
    assert next_check(START, now) == now + pause
