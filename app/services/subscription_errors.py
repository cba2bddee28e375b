"""What may be refused about subscriptions and renewals, in words for whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.services.errors import Refusal


@dataclass
class NotRunning(Refusal):
    status_is: str
    code = "subscription_not_running"

    @property
    def message(self) -> str:
        if self.status_is == "created":
            return "The first payment of this subscription is not made yet: there is nothing to change or cancel."
        return f"This subscription has ended ({self.status_is}): nothing about it can be changed."


@dataclass
class NoRenewalLeft(Refusal):
    ends_at: datetime | None
    code = "no_renewal_left"

    @property
    def message(self) -> str:
        day = f" and ends on {self.ends_at:%Y-%m-%d}" if self.ends_at else ""
        return f"This subscription is in its last period{day}: there is no renewal left to change."


class CancellationOver(Refusal):
    """The renewal day has come, or no cancellation was asked for."""

    code = "no_cancellation_to_withdraw"

    @property
    def message(self) -> str:
        return (
            "There is no cancellation to withdraw: none was asked for, or its day has come. Open a new subscription "
            "if the customer wants to go on."
        )


@dataclass
class RenewalNotOpen(Refusal):
    status_is: str
    code = "renewal_not_open"

    @property
    def message(self) -> str:
        return f"This renewal is {self.status_is}: only an open one can be collected."


class RenewalUnderWay(Refusal):
    """A payment of the renewal is under way, or nobody knows yet what became of it."""

    code = "renewal_under_way"

    @property
    def message(self) -> str:
        return "A payment of this renewal is under way. Wait until its outcome is known, then look again."


class TriedMeanwhile(Refusal):
    """The renewal was charged once more since whoever asks looked at it."""

    code = "renewal_tried_meanwhile"

    @property
    def message(self) -> str:
        return "This renewal was tried again meanwhile. Look at how that ended before you charge it once more."


class ChargedByProvider(Refusal):
    """The provider charges the renewals of this subscription by itself."""

    code = "charged_by_provider"

    @property
    def message(self) -> str:
        return (
            "The provider charges this renewal and tries it again by itself. Send the customer a link if they shall "
            "pay it in another way."
        )


class NothingStored(Refusal):
    """No token is kept, or the customer shall choose another method."""

    code = "nothing_stored"

    @property
    def message(self) -> str:
        return "There is no stored way to charge this customer. Send them a link for the renewal instead."


class ProviderSilent(Refusal):
    """The provider did not say that it has stopped."""

    status = 503
    code = "provider_silent"

    @property
    def message(self) -> str:
        return (
            "The provider has not confirmed that it stopped charging this subscription, so no link was sent: the "
            "customer could pay twice. Try again in a minute."
        )


class AccountNotUsable(Refusal):
    """The account that the stored method belongs to is switched off or in outage."""

    code = "account_not_usable"

    @property
    def message(self) -> str:
        return (
            "The provider account that holds the stored method is switched off or in outage. Try again when it is "
            "back, or send the customer a link."
        )
