"""A hub whose payments all go to the local Stripe, at a time that both of them share."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
import time_machine

from app.models import ProviderAccount, db
from app.services import inbox, rule_sets
from app.services.accounts import encrypt
from app.services.transaction import transaction
from providers import registry
from providers.stripe.adapter import StripeProvider
from tests.support.flow import run_jobs
from tests.support.stripe import StripeService
from tests.support.subscribing import turn

ACCOUNT = "stripe_north"
RULES = {
    "rules": [],
    "adjustments": [],
    "default": {
        "methods": [
            {"method": method, "providers": {"strategy": "ordered", "accounts": [{"account": ACCOUNT}]}}
            for method in ("card", "sepa_debit")
        ]
    },
}


class StripeHub:
    """What a test does with them: let time pass, be the customer, and let the hub hear of it.

    `disorder` None: webhooks arrive once and in order. Otherwise each time all that there ever were, shuffled.
    """

    def __init__(self, service: StripeService, clock: time_machine.Traveller) -> None:
        self.service = service
        self.disorder: random.Random | None = None
        self._clock = clock
        self._begun = self._heard = len(service.events())

    def move_to(self, moment: datetime) -> None:
        """Let it be `moment`; what Stripe does on the way is not heard of yet."""
        seconds = moment.timestamp() - self.service.advance(0)
        assert seconds >= 0, "time goes forward only"
        self.service.advance(seconds)
        self._clock.move_to(moment)

    def wait(self, **delta: float) -> None:
        """Let time pass, hear of what happened, and let the hub do what is due."""
        self.move_to(datetime.now(UTC) + timedelta(**delta))
        self.hear()

    def hear(self) -> None:
        """Deliver what Stripe has to say, and do what follows from it."""
        told = self.service.events()
        fresh, self._heard = told[self._heard :], len(told)
        if self.disorder is not None:
            fresh = told[self._begun :] + fresh
            self.disorder.shuffle(fresh)
        wanted = registry.get("stripe").webhook_events(self.service.account())
        for event in fresh:
            if event["type"] in wanted:
                inbox.receive("stripe", ACCOUNT, event["headers"], event["body"].encode())
        run_jobs()
        turn()

    def miss(self) -> None:
        """Let all that Stripe has said by now be lost on its way."""
        self._begun = self._heard = len(self.service.events())

    def press(self, page_url: str, outcome: str, **form: str) -> None:
        """Be the customer on Stripe's page."""
        self.service.press(page_url, outcome, **form)

    def taken(self) -> dict[str, int]:
        """What Stripe took by each PaymentIntent."""
        charges = self.service.ledger()["charge"]
        return {charge["payment_intent"]: charge["amount"] for charge in charges if charge["status"] == "succeeded"}


@contextmanager
def stripe_hub(service: StripeService, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeHub]:
    """The hub of this context, sent to `service`; it is noon in UTC, on a day that no test before has seen."""
    provider = StripeProvider(service.url)
    monkeypatch.setattr(registry, "REGISTRY", MappingProxyType({**registry.REGISTRY, "stripe": provider}))
    now = datetime.fromtimestamp(service.advance(0), UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)
    service.advance((noon - now).total_seconds())
    with time_machine.travel(noon) as clock:
        account = service.account()
        with transaction():
            secrets = encrypt(dict(account.secrets))
            db.session.add(ProviderAccount(id=ACCOUNT, provider="stripe", label="Stripe", encrypted_secrets=secrets))
        rule_sets.publish(RULES, author="tester")
        yield StripeHub(service, clock)
        service.faults()
