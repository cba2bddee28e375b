"""Which channel carries what, by the settings: a server, a gateway, the mailbox of a trial, or nobody."""

from __future__ import annotations

from app.channels.interface import Channel
from app.channels.mailbox import Mailbox, Nobody
from app.channels.settings import ChannelSettings
from app.channels.sms import SmsGateway
from app.channels.smtp import SmtpServer


def carrier_of(channel: str, settings: ChannelSettings, *, merchant: str, production: bool) -> Channel:
    """Return who carries the messages of `channel`: email or sms."""
    if channel == "email" and settings.smtp is not None:
        return SmtpServer(settings.smtp, settings.mail_from, merchant)
    if channel == "sms" and settings.sms is not None:
        return SmsGateway(settings.sms)
    if production:
        return Nobody({"email": "SMTP_URL", "sms": "SMS_URL"}[channel])
    return Mailbox()
