"""Replies are read strictly: what is not exactly understood leaves the outcome unknown."""

from typing import Any

import pytest

from providers.http import Reply
from providers.interface import ChargeState, FailureKind, OutcomeUnknown, ProviderRefused, RefundState
from providers.protocol.replies import accepted, read_charge, read_refund

CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "reference": "att_1",
    "state": "pending",
    "stage": "processing",
    "amount": 5,
    "currency": "EUR",
    "page_url": None,
    "failure": None,
}
REFUND: dict[str, Any] = {
    "id": "rf_1", "reference": "re_1", "state": "succeeded", "failure": None, "amount": 5, "currency": "EUR",
}  # fmt: skip
FAILURE = {"kind": "expired", "code": "expired", "message": "Too late."}


def test_a_charge_and_a_refund_are_read():
    assert read_charge(CHARGE, "att_1").state is ChargeState.PENDING
    failed = read_charge(CHARGE | {"state": "failed", "stage": None, "failure": FAILURE}, "att_1")
    assert failed.failure is not None
    assert failed.failure.kind is FailureKind.EXPIRED
    assert read_refund(REFUND, "re_1").state is RefundState.SUCCEEDED


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "att_2"},
        {"state": "paid"},
        {"state": None},
        {"stage": None},
        {"stage": "thinking"},
        {"amount": "5"},
        {"amount": True},
        {"amount": 5.0},
        {"amount": 10**400},
        {"currency": "euro"},
        {"currency": None},
        {"id": 5},
        {"page_url": 5},
        {"id": ""},
        {"id": "c" * 256},
        {"id": "ch_\0"},
        {"id": "ch_\ud800"},
        {"page_url": "http://\0"},
        {"state": "failed", "failure": None},
        {"state": "failed", "failure": FAILURE | {"kind": "bad_luck"}},
        {"state": "failed", "failure": FAILURE | {"code": None}},
        {"state": []},
    ],
)
def test_a_charge_that_is_not_understood(change: dict[str, object]):
    with pytest.raises(OutcomeUnknown):
        read_charge(CHARGE | change, "att_1")


@pytest.mark.parametrize("field", sorted(CHARGE.keys() - {"failure"}))
def test_a_charge_with_a_field_missing(field: str):
    with pytest.raises(OutcomeUnknown):
        read_charge({key: value for key, value in CHARGE.items() if key != field}, "att_1")


@pytest.mark.parametrize(
    "change",
    [{"reference": "re_2"}, {"state": "done"}, {"state": "failed"}, {"id": None}, {"amount": None}, {"currency": "€"}],
)
def test_a_refund_that_is_not_understood(change: dict[str, object]):
    with pytest.raises(OutcomeUnknown):
        read_refund(REFUND | change, "re_1")


def test_an_error_of_the_service_is_a_definite_refusal():
    with pytest.raises(ProviderRefused) as refused:
        accepted(Reply(422, {"error": FAILURE}))
    assert refused.value.failure.code == "expired"


@pytest.mark.parametrize(
    "body", [{}, {"error": None}, {"error": "no"}, {"error": {}}, {"error": FAILURE | {"kind": "?"}}]
)
def test_an_error_that_somebody_else_may_have_written_is_unknown(body: dict[str, object]):
    with pytest.raises(OutcomeUnknown):
        accepted(Reply(404, body))
