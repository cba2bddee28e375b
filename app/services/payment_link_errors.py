"""What payment links may refuse: one that is over, one that others are paying, one that is sent too often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.statuses import PaymentLinkStatus
from app.services.errors import Refusal

_WHY = {
    PaymentLinkStatus.COMPLETED: "has been paid as often as it may be",
    PaymentLinkStatus.REVOKED: "was revoked",
    PaymentLinkStatus.EXPIRED: "has expired",
}


@dataclass
class LinkOver(Refusal):
    """Nothing can be paid by it any more; `link_status` says why."""

    link_status: str
    status = 410
    code = "payment_link_over"

    @property
    def message(self) -> str:
        return f"This payment link {_WHY[PaymentLinkStatus(self.link_status)]}. Make a new one."


class LinkNotActive(LinkOver):
    """It can be neither sent nor revoked: it is over already."""

    status = 409


class LinkInUse(Refusal):
    """As many payments as the link allows are made or under way; one of those may still fail."""

    code = "payment_link_in_use"

    @property
    def message(self) -> str:
        return (
            "Somebody is paying by this link at this moment, and it allows no more payments. Nothing was started; "
            "try again in a while."
        )


class NobodyToSendTo(Refusal):
    code = "no_recipient"

    @property
    def message(self) -> str:
        return "This payment link has neither an e-mail address nor a phone number: hand its address over yourself."


@dataclass
class SentTooOften(Refusal):
    again_at: datetime
    status = 429
    code = "sent_too_often"

    @property
    def message(self) -> str:
        return (
            "A payment link is sent at most once a minute and five times a day. "
            f"This one can be sent again at {self.again_at:%Y-%m-%d %H:%M:%S} UTC."
        )


@dataclass
class RenewalNotOpen(Refusal):
    renewal_status: str
    code = "renewal_not_open"

    @property
    def message(self) -> str:
        return f"This renewal is {self.renewal_status}: there is nothing to pay by a link."
