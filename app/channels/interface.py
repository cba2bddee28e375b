"""What every channel does: hand one message to whoever carries it to its recipient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class OutgoingMessage:
    """A finished message: `id` stays the same when it is handed over again; `html` says the same as `text`.

    A text message has neither `title` nor `html`.
    """

    id: str
    recipient: str = field(repr=False)  # an e-mail address, or a phone number in E.164
    text: str = field(repr=False)
    title: str = field(repr=False, default="")
    html: str = field(repr=False, default="")


class Undelivered(Exception):
    """The message was not handed over, as far as anybody knows; `reason` is a sentence for operators."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(Undelivered):
    """It never will be: the recipient or the message was turned down for good."""


class NotDelivered(Undelivered):
    """It may be next time. The other side may have taken it all the same: a message arrives at least once."""


class NotSetUp(NotDelivered):
    """There is nobody to hand it to, until whoever administers the hub names them."""


class Channel(Protocol):
    """`name` is how the delivery log calls it."""

    name: str

    def send(self, message: OutgoingMessage) -> str:
        """Hand `message` over within 25 seconds and return the carrier's reference, which may be empty.

        Raises Refused or NotDelivered.
        """
        ...
