"""What the page of a payment link tells: its life in order, and the payments it led to."""

from __future__ import annotations

from admin import formats
from admin.timeline import Event, events_of
from app.models import CheckoutSession, PaymentLink
from app.services import payment_links

SENT = formats.Pill("Sent", "quiet", "check")
REMINDED = formats.Pill("Reminded", "quiet", "bell")
OPENED = formats.Pill("Opened", "quiet", "check")


def sessions_of(link: PaymentLink) -> list[CheckoutSession]:
    """Return the checkout sessions that the link led to, oldest first."""
    return [link.renewal.session] if link.renewal is not None else list(link.sessions)


def life_of(link: PaymentLink) -> list[Event]:
    """Return everything that happened to a link and to the payments it led to, newest first."""
    names = {link.id: "Payment link"}
    for session in sessions_of(link):
        if session.payment is not None:
            names[session.payment.id] = f"Payment {formats.short(session.payment.id)}"
    told = [
        Event(event.created_at, "Message to the customer", SENT if event.kind == payment_links.SENT else REMINDED,
              "Junction", "")
        for event in payment_links.sendings(link.id)
    ]  # fmt: skip
    if link.opened_at is not None:
        times = "once" if link.opened_count == 1 else f"{formats.count(link.opened_count)} times so far"
        told.append(Event(link.opened_at, "Payment link", OPENED, "The customer", f"opened {times}"))
    return sorted([*events_of(names), *told], key=lambda event: event.at, reverse=True)
