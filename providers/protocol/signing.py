"""Standard Webhooks signatures of requests and callbacks: made with each secret in use, checked against each."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

PREFIX = "whsec_"
FEWEST_BYTES = 24  # of a secret, as Standard Webhooks recommends
TOLERANCE = timedelta(minutes=5)  # between the clocks, both ways


class NotProven(ValueError):
    """A message that nobody who knows a secret has signed, or not now; `reason` names no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_secret(text: str) -> bool:
    """Whether `text` is `whsec_` and at least 24 bytes in base64."""
    try:
        return text.startswith(PREFIX) and len(base64.b64decode(text[len(PREFIX) :], validate=True)) >= FEWEST_BYTES
    except (binascii.Error, ValueError):
        return False


def request_content(method: str, target: str, body: bytes) -> bytes:
    """What is signed of a request: method, a space, the path with its query as sent, a new line, and the body."""
    return f"{method} {target}\n".encode() + body


def sign(secrets: Sequence[str], message_id: str, content: bytes, now: datetime) -> dict[str, str]:
    """The three headers that prove `content`, with one signature for each secret; `now` is aware.

    Raises: ValueError when there is no secret, one is none, or the content is not text.
    """
    moment = now.astimezone(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(_signatures(secrets, message_id, content, moment)),
    }


def check(secrets: Sequence[str], headers: Mapping[str, str], content: bytes, now: datetime) -> str:
    """The id of a message that one of the secrets signed within the tolerance of `now`; header names in any case.

    The library's own `verify` reads the clock itself and raises several unrelated errors on hostile headers, so only
    its signature is used. Raises: NotProven.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise NotProven("the id or the timestamp is missing or malformed")
    sent_at = datetime.fromtimestamp(int(stamp), tz=UTC)
    if abs(now - sent_at) > TOLERANCE:
        raise NotProven("the timestamp is too far from now")
    try:
        expected = [each.encode() for each in _signatures(secrets, message_id, content, sent_at)]
    except ValueError as error:
        raise NotProven("the content is not text, or there is no usable secret") from error
    signatures = given.get("webhook-signature", "").encode(errors="replace").split(b" ")
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures):
        raise NotProven("no signature matches")
    return message_id


def _signatures(secrets: Sequence[str], message_id: str, content: bytes, moment: datetime) -> list[str]:
    """One signature for each secret that is given. Raises: ValueError."""
    text = content.decode()
    try:
        made = [Webhook(secret).sign(message_id, moment, text) for secret in secrets if secret]
    except EmptyWebhookSecretError as error:
        raise ValueError("the secret is empty") from error
    if not made:
        raise ValueError("there is no secret")
    return made
