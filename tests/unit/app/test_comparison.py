"""The comparison of two books, held to a plain count over made-up ones."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.services.comparison import BreakKind, Comparison, Movement, compare
from providers.truths import ReportLine

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def line(**changes: Any) -> ReportLine:
    given: dict[str, Any] = {
        "kind": "charge",
        "provider_reference": "ch_1",
        "reference": "att_1",
        "state": "succeeded",
        "amount": 1000,
        "currency": "EUR",
        "at": NOON,
    }
    return ReportLine(**(given | changes))


def movement(**changes: Any) -> Movement:
    given: dict[str, Any] = {
        "kind": "charge",
        "id": "att_1",
        "payment_id": "pay_1",
        "provider_reference": "ch_1",
        "status": "succeeded",
        "amount": 1000,
        "currency": "EUR",
        "at": NOON,
        "on_day": True,
    }
    return Movement(**(given | changes))


KINDS = st.sampled_from(["charge", "refund"])
LINES = st.lists(
    st.builds(
        line,
        kind=KINDS,
        provider_reference=st.sampled_from([f"ch_{n}" for n in range(5)]),
        reference=st.sampled_from([None, *(f"att_{n}" for n in range(5))]),
        state=st.sampled_from(["succeeded", "failed"]),
        amount=st.sampled_from([1000, 2000]),
        currency=st.sampled_from(["EUR", "USD"]),
    ),
    max_size=8,
)
OURS = st.lists(
    st.tuples(
        KINDS,
        st.integers(0, 4),
        st.booleans(),
        st.sampled_from(["succeeded", "pending", "failed"]),
        st.booleans(),
        st.sampled_from([1000, 2000]),
    ),
    max_size=8,
    unique_by=lambda row: row[:2],
).map(
    lambda rows: [
        movement(
            kind=kind,
            id=f"att_{n}",
            provider_reference=f"ch_{n}" if known else None,
            status=status,
            on_day=day,
            amount=x,
        )
        for kind, n, known, status, day, x in rows
    ]
)


def counted(found: Comparison) -> Counter[tuple[str, str]]:
    return Counter((item.kind.value, item.reference.partition("+")[0]) for item in found.differences)


def plainly(lines: list[ReportLine], ours: list[Movement]) -> tuple[int, Counter[tuple[str, str]]]:
    """The same, movement by movement and line by line, with nothing prepared."""
    ids = {(own.kind, own.id) for own in ours}
    agree, breaks, used = 0, Counter[tuple[str, str]](), set()
    for own in ours:
        about = [
            (number, each)
            for number, each in enumerate(lines)
            if each.kind == own.kind
            and (
                each.reference == own.id
                or ((each.kind, each.reference) not in ids and each.provider_reference == own.provider_reference)
            )
        ]
        money = [(number, each) for number, each in about if each.state == "succeeded"]
        chosen = (money or about)[:1]
        used |= {number for number, _ in chosen}
        for _, each in chosen:
            if (each.state == "succeeded") is not (own.status == "succeeded"):
                breaks["state_differs", own.id] += 1
            elif each.state == "succeeded" and (each.amount != own.amount or each.currency != own.currency):
                breaks["amount_differs", own.id] += 1
            else:
                agree += 1
        if not about and own.on_day and own.status == "succeeded":
            breaks["missing_there", own.id] += 1
    for number, each in enumerate(lines):
        if number not in used and each.state == "succeeded":
            breaks["missing_here", each.provider_reference] += 1
    return agree, breaks


@given(lines=LINES, ours=OURS)
def test_every_difference_is_found_once_and_nothing_else(lines: list[ReportLine], ours: list[Movement]) -> None:
    found = compare(lines, ours)
    assert (found.matched, counted(found)) == plainly(lines, ours)
    assert len({(item.kind, item.reference) for item in found.differences}) == len(found.differences)


def test_each_kind_of_break_has_both_sides() -> None:
    ours = [
        movement(),
        movement(id="att_2", provider_reference="ch_2", status="pending", on_day=False),
        movement(id="att_3", provider_reference="ch_3"),
    ]
    lines = [
        line(amount=999),
        line(reference="att_2", provider_reference="ch_2"),
        line(reference=None, provider_reference="x"),
    ]
    found = {item.kind: item for item in compare(lines, ours).differences}
    assert set(found) == set(BreakKind)
    assert found[BreakKind.AMOUNT_DIFFERS].theirs == lines[0]
    assert found[BreakKind.STATE_DIFFERS].ours == ours[1]
    assert found[BreakKind.MISSING_HERE].reference == "x"
    assert found[BreakKind.MISSING_THERE].ours == ours[2]


def test_money_booked_twice_is_seen_twice() -> None:
    found = compare([line(), line(provider_reference="ch_9"), line(provider_reference="ch_9")], [movement()])
    assert found.matched == 1
    assert counted(found) == {("missing_here", "ch_9"): 2}


def test_however_often_a_long_reference_is_booked_each_break_has_a_name_that_can_be_stored() -> None:
    lines = [line(reference=None, provider_reference="x" * 255)] * 300
    lines += [line(reference=None, provider_reference="x" * 200 + "+2")]
    names = [item.reference for item in compare(lines, []).differences]
    assert (len(set(names)), max(map(len, names)) <= 255) == (301, True)


def test_a_large_day_is_quick() -> None:
    ours = [movement(id=f"att_{n}", provider_reference=f"ch_{n}") for n in range(10_000)]
    lines = [line(reference=f"att_{n}", provider_reference=f"ch_{n}") for n in range(5_000, 15_000)]
    begin = time.process_time()
    found = compare(lines, ours)
    assert time.process_time() - begin < 1
    assert (found.matched, len(found.differences)) == (5_000, 10_000)
