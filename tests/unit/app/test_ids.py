"""Ids: prefixed, sortable by time, never the same twice."""

from __future__ import annotations

import time

from app.domain.ids import is_id, new_id


def test_later_ids_sort_after_earlier_ones() -> None:
    first = new_id("pay")
    time.sleep(0.002)
    assert first < new_id("pay")


def test_ids_do_not_repeat() -> None:
    assert len({new_id("cs") for _ in range(20_000)}) == 20_000


def test_is_id_tells_shapes_apart() -> None:
    known = new_id("att")
    assert is_id("att", known)
    for strange in ("", "att_", known.upper(), known + "0", known[:-1], known.replace("att", "pay"), "att_" + "g" * 32):
        assert not is_id("att", strange)
