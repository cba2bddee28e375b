"""The mailbox: where messages stay when there is nobody to carry them, for whoever tries the hub."""

from __future__ import annotations

from app.channels.interface import NotSetUp, OutgoingMessage


class Mailbox:
    """Takes every message and sends nothing: the backoffice shows what is there."""

    name = "mailbox"

    def send(self, message: OutgoingMessage) -> str:
        """Return the message's own id."""
        return message.id


class Nobody:
    """Takes nothing: in production a message that cannot leave must not look as if it had."""

    name = "nobody"

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def send(self, message: OutgoingMessage) -> str:
        """Raise NotSetUp."""
        raise NotSetUp(f"{self._variable} is not set, so nothing can be sent.")
