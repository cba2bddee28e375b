"""A provider's subscriptions, kept by the test: it charges and ends them as it is told to."""

from datetime import datetime
from typing import Any

from app.models import utc_now
from providers.interface import (
    ChargeState,
    Failure,
    OutcomeUnknown,
    ProviderRefused,
    ProviderRenewal,
    ProviderSubscription,
    SubscriptionRequest,
)
from providers.interface import ProviderSubscriptionState as State


class Books:
    """The verbs of subscriptions as an adapter has them; `silent` answers nothing, `refusal` refuses to start."""

    def __init__(self) -> None:
        self.known: dict[str, ProviderSubscription] = {}
        self.requests: list[SubscriptionRequest] = []
        self.silent = False
        self.refusal: Failure | None = None

    def look_up_subscription(
        self, account: Any, subscription_id: str, trace: Any = None, *, from_number: int = 1
    ) -> ProviderSubscription | None:
        if self.silent:
            raise OutcomeUnknown("no answer")
        found = self.known.get(subscription_id)
        return found and self._with(found, renewals=tuple(r for r in found.renewals if r.number >= from_number))

    def start_subscription(self, account: Any, request: SubscriptionRequest) -> ProviderSubscription:
        if self.refusal is not None:
            raise ProviderRefused(self.refusal)
        self.requests.append(request)
        self.known[request.subscription_id] = ProviderSubscription(
            provider_reference="psub_1",
            subscription_id=request.subscription_id,
            state=State.ACTIVE,
            amount=request.amount,
            currency=request.currency,
        )
        return self.known[request.subscription_id]

    def adjust_subscription(
        self, account: Any, subscription_id: str, trace: Any = None, *, amount: int, ends_at: datetime | None
    ) -> ProviderSubscription:
        if self.silent:
            raise OutcomeUnknown("no answer")
        state = State.ENDED if ends_at is not None and ends_at <= utc_now() else State.ACTIVE
        return self.change(subscription_id, amount=amount, ends_at=ends_at, state=state)

    def change(self, subscription_id: str, **changes: Any) -> ProviderSubscription:
        self.known[subscription_id] = self._with(self.known[subscription_id], **changes)
        return self.known[subscription_id]

    def charge(self, subscription_id: str, number: int, failure: Failure | None = None, **changes: Any) -> None:
        """Charge a period, again if it was charged before; `changes` are fields of ProviderRenewal."""
        known = self.known[subscription_id]
        given: dict[str, Any] = {
            "number": number,
            "due_at": utc_now(),
            "provider_reference": f"pch_{number}",
            "state": ChargeState.FAILED if failure else ChargeState.SUCCEEDED,
            "amount": known.amount,
            "currency": known.currency,
            "failure": failure,
        }
        renewals = [row for row in known.renewals if row.number != number] + [ProviderRenewal(**(given | changes))]
        self.change(subscription_id, renewals=tuple(sorted(renewals, key=lambda row: row.number)))

    @staticmethod
    def _with(known: ProviderSubscription, **changes: Any) -> ProviderSubscription:
        names = ProviderSubscription.__dataclass_fields__
        return ProviderSubscription(**({name: getattr(known, name) for name in names} | changes))
