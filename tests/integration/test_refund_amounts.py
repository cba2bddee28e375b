"""A refund over another amount than ours: nothing is booked, and a person decides."""

from typing import Any

import pytest

from app.domain.review import Way
from app.services import refund_outcomes, refunds, review
from providers import registry
from providers.interface import RefundResult, RefundState
from tests.support.flow import alerts
from tests.support.refunding import collected, sums
from tests.support.sandbox import SandboxService

pytestmark = [pytest.mark.usefixtures("app_context"), pytest.mark.parametrize("database_kind", ["sqlite"])]


@pytest.mark.parametrize("theirs", [{"amount": 3000}, {"amount": -1}, {"currency": "USD"}])
def test_a_refund_of_another_amount_is_not_applied_and_a_person_decides(
    sandbox: SandboxService, monkeypatch: pytest.MonkeyPatch, theirs: dict[str, Any]
) -> None:
    payment_id = collected(sandbox)
    refund_id = refunds.request(payment_id, amount=2500, actor="user:ben@example.com").id
    said: Any = {"amount": 2500, "currency": "EUR"} | theirs
    word = RefundResult(provider_reference="rf_1", refund_id=refund_id, state=RefundState.SUCCEEDED, **said)
    for _ in range(2):
        refund_outcomes.apply_result(refund_id, word, actor="provider:sandbox_north")
    [item] = alerts("refund_amount_differs")
    assert (refunds.get_refund(refund_id).status, sums(payment_id)[1:]) == ("requested", (0, 2500))
    monkeypatch.setattr(registry.get("sandbox"), "look_up_refund", lambda *_: word)
    review.decide(item.id, Way.GIVEN_BACK, note="Corrected there.", reference="rf_1", by="anna@example.com")
    assert (refunds.get_refund(refund_id).status, sums(payment_id)[1:]) == ("succeeded", (2500, 0))
    refund_outcomes.apply_result(refund_id, word, actor="provider:sandbox_north")
    assert (alerts("refund_amount_differs"), refunds.get_refund(refund_id).status) == ([], "succeeded")
