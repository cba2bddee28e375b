"""What is Stripe's own about subscriptions: its calendar, its drafts, its one payment for all tries of an invoice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from app.domain.billing import due_at
from providers.bounded import BoundedHttp
from providers.interface import (
    ChargeRequest,
    ChargeState,
    FailureKind,
    OutcomeUnknown,
    ProviderRefused,
    ProviderSubscription,
    SubscriptionRequest,
    Trace,
)
from providers.interface import ProviderSubscriptionState as State
from providers.stripe.adapter import StripeProvider
from providers.stripe.client import StripeHttp, connect
from tests.support.stripe import StripeService

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBERS = count(1)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeService]:
    """One local Stripe for the module: its time only goes forward."""
    with StripeService(tmp_path_factory.mktemp("stripe")) as service:
        yield service


class Teller:
    """The adapter and the time that it shares with the local Stripe; each begins in a year of its own."""

    def __init__(self, service: StripeService, clock: Any) -> None:
        self.service, self.account, self.clock = service, service.account(), clock
        self.provider = StripeProvider(service.url, BoundedHttp(3, 1.5, 5_000_000))

    def move_to(self, moment: datetime) -> None:
        self.service.advance(moment.timestamp() - self.service.advance(0))
        self.clock.move_to(moment)

    def token(self) -> str:
        """What a customer leaves behind who pays by card."""
        now = datetime.now(UTC)
        request = ChargeRequest(
            attempt_id=f"att_{next(NUMBERS)}", asked_at=now, amount=990, currency="EUR", method="card",
            reference="membership", return_url="https://hub.example/back", expires_at=now + HOUR, save_for_later=True,
        )  # fmt: skip
        charge = self.provider.charge(self.account, request)
        self.service.press(str(charge.redirect_url), "approve")
        paid = self.provider.look_up(self.account, request.attempt_id)
        assert paid is not None
        assert paid.token is not None
        return paid.token

    def request(self, anchor: date, zone: str = "Europe/Rome", unit: str = "month", **more: Any) -> SubscriptionRequest:
        return SubscriptionRequest(
            subscription_id=f"sub_{next(NUMBERS)}", token=self.token(), method="card", amount=990, currency="EUR",
            interval_unit=unit, interval_count=1, anchor_on=anchor, timezone=zone, first_number=2,
            first_due_at=due_at(anchor, 2, unit, 1, zone), **more,
        )  # fmt: skip

    def start(self, request: SubscriptionRequest) -> ProviderSubscription:
        return self.provider.start_subscription(self.account, request)

    def look(self, subscription_id: str, trace: Trace | None = None) -> ProviderSubscription:
        found = self.provider.look_up_subscription(self.account, subscription_id, trace or Trace())
        assert found is not None
        return found

    def adjust(self, subscription_id: str, amount: int = 990, ends_at: datetime | None = None) -> ProviderSubscription:
        return self.provider.adjust_subscription(self.account, subscription_id, amount=amount, ends_at=ends_at)

    def charged(self, request: SubscriptionRequest) -> int:
        """How many renewals Stripe took money for by the token."""
        customer = request.token.partition("/")[0]
        charges = [one for one in self.service.ledger()["charge"] if one["customer"] == customer]
        return sum(one["status"] == "succeeded" for one in charges) - 1  # the first was paid at the checkout


@pytest.fixture
def teller(service: StripeService) -> Iterator[Teller]:
    now = datetime.fromtimestamp(service.advance(0), UTC)
    with time_machine.travel(now) as clock:
        teller = Teller(service, clock)
        teller.move_to(datetime(now.year + 1, 1, 10, 12, tzinfo=UTC))
        yield teller
        service.faults()


def test_before_the_hour_of_billing_it_is_refused_for_now(teller: Teller) -> None:
    """In Auckland nine in the morning is the evening before in UTC: Stripe bills at midnight, which is our noon."""
    year = datetime.now(UTC).year
    teller.move_to(datetime(year, 1, 30, 20, tzinfo=UTC))  # the 31st there
    request = teller.request(date(year, 1, 31), "Pacific/Auckland")
    with pytest.raises(ProviderRefused) as refused:
        teller.start(request)
    assert refused.value.failure.kind is FailureKind.TECHNICAL
    assert teller.provider.look_up_subscription(teller.account, request.subscription_id) is None
    teller.move_to(datetime(year, 1, 31, 0, 5, tzinfo=UTC))
    assert teller.start(request).state is State.ACTIVE
    for month, day in ((3, 2), (4, 2), (5, 2)):
        teller.move_to(datetime(year, month, day, tzinfo=UTC))
    told = teller.look(request.subscription_id).renewals
    assert [(one.number, one.due_at.month, one.state) for one in told] == [
        (2, 2, ChargeState.SUCCEEDED), (3, 3, ChargeState.SUCCEEDED), (4, 4, ChargeState.SUCCEEDED)
    ]  # fmt: skip
    assert all((one.due_at + DAY).day == 1 for one in told)


def test_what_stripe_drafted_an_hour_before_our_end_is_not_charged(teller: Teller) -> None:
    """Begun in summer time it is billed an hour before it falls due in winter; the end comes in that hour."""
    year = datetime.now(UTC).year
    teller.move_to(datetime(year, 7, 15, 12, tzinfo=UTC))
    request = teller.request(date(year, 7, 15))
    teller.start(request)
    end = due_at(date(year, 7, 15), 6, "month", 1, "Europe/Rome")
    teller.move_to(end - HOUR / 2)
    draft = teller.look(request.subscription_id).renewals[-1]
    assert (draft.number, draft.state, end - draft.due_at) == (6, ChargeState.PENDING, HOUR)
    assert teller.adjust(request.subscription_id, ends_at=end).state is State.ENDED
    teller.move_to(end + 5 * DAY)
    last = teller.look(request.subscription_id).renewals[-1]
    assert (last.state, last.next_try_at, last.failure and last.failure.code) == (
        ChargeState.FAILED, None, "not_collected"
    )  # fmt: skip
    assert teller.charged(request) == 4


def test_each_failed_try_has_a_name_and_ending_lets_none_follow(teller: Teller) -> None:
    anchor = datetime.now(UTC).date()
    request = teller.request(anchor)
    teller.start(request)
    teller.service.outcome(request.token.partition("/")[2], "insufficient_funds")
    names = set()
    for days in (0, 3):
        teller.move_to(request.first_due_at + days * DAY + 2 * HOUR)
        told = teller.look(request.subscription_id).renewals[-1]
        assert (told.state, told.failure and told.failure.kind) == (ChargeState.FAILED, FailureKind.SOFT_DECLINE)
        assert told.next_try_at is not None
        names.add(told.provider_reference)
    ended = teller.adjust(request.subscription_id, ends_at=datetime.now(UTC))
    again = teller.adjust(request.subscription_id, ends_at=datetime.now(UTC))
    told = teller.look(request.subscription_id).renewals[-1]
    teller.service.outcome(request.token.partition("/")[2], "succeeded")
    teller.move_to(request.first_due_at + 30 * DAY)
    assert len(names) == 2
    assert (ended.state, again, told.state, told.next_try_at) == (State.ENDED, ended, ChargeState.FAILED, None)
    assert told.provider_reference in names
    assert teller.charged(request) == 0


def test_given_up_by_stripe_there_is_no_next_try(teller: Teller) -> None:
    request = teller.request(datetime.now(UTC).date())
    teller.start(request)
    teller.service.outcome(request.token.partition("/")[2], "expired_card")
    teller.move_to(request.first_due_at + 20 * DAY)
    told = teller.look(request.subscription_id)
    [renewal] = told.renewals
    assert (told.state, renewal.next_try_at, renewal.failure and renewal.failure.kind) == (
        State.ENDED, None, FailureKind.HARD_DECLINE
    )  # fmt: skip


def test_one_that_was_started_unheard_is_found_again_and_started_once(teller: Teller) -> None:
    request = teller.request(datetime.now(UTC).date())
    for switch in ("drop_reply", "error_500_after", "truncated_reply"):
        teller.service.faults(**{switch: {"on": "/v1/subscriptions$", "times": 1}})
        with pytest.raises(OutcomeUnknown):
            teller.start(replace(request, subscription_id=f"{request.subscription_id}{switch}"))
        found = teller.look(f"{request.subscription_id}{switch}")
        assert teller.start(replace(request, subscription_id=f"{request.subscription_id}{switch}")) == found
    assert len(teller.service.ledger()["subscription"]) == len(
        {one["metadata"]["junction_subscription"] for one in teller.service.ledger()["subscription"]}
    )
    with pytest.raises(OutcomeUnknown):
        teller.look(request.subscription_id, Trace(provider_reference=found.provider_reference))


def test_told_forth_and_back_it_is_as_told_last(teller: Teller) -> None:
    """Also within the day in which Stripe remembers a call by its key, and when somebody changed it over there."""
    request = teller.request(datetime.now(UTC).date(), last_number=12)
    started = teller.start(request)
    assert started.ends_at is None
    end = request.first_due_at + 70 * DAY
    for amount, ends_at in ((990, end), (990, None), (990, end), (1490, None), (990, end)):
        told = teller.adjust(request.subscription_id, amount, ends_at)
        assert (told.amount, told.ends_at) == (amount, ends_at)
    [there] = [one for one in teller.service.ledger()["subscription"] if one["id"] == told.provider_reference]
    stops_at = datetime.fromtimestamp(there["cancel_at"], UTC)
    assert stops_at.date() == due_at(request.anchor_on, 5, "month", 1, "Europe/Rome").date()  # never within a period
    stripe = connect(teller.account, StripeHttp(BoundedHttp(3, 1.5, 5_000_000)), teller.service.url)
    stripe.v1.subscriptions.update(told.provider_reference, {"cancel_at_period_end": True})
    assert teller.look(request.subscription_id).ends_at == request.first_due_at
    assert teller.adjust(request.subscription_id).ends_at is None
