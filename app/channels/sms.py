"""Text messages by an HTTP gateway in the shape of Twilio's Messages API."""

from __future__ import annotations

import json
import time
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from app.channels.interface import NotDelivered, OutgoingMessage, Refused
from app.channels.settings import SmsSettings
from providers.deadline import DeadlineAdapter

CONNECT_SECONDS, READ_SECONDS = 3, 10
MAX_REPLY_BYTES = 100_000
OURS_TO_MEND = (401, 403, 404)  # the account or its key: the message is as good as it was
SENDER_CODES = {20429, 21212, 21408, 21603, 21606, 21611}  # our sender, its rights, its queue: likewise


class SmsGateway:
    """Posts messages to the gateway in `settings`. It knows no repeats: one whose answer was lost may arrive twice."""

    name = "gateway"

    def __init__(self, settings: SmsSettings) -> None:
        self._settings = settings
        self._url = f"{settings.url}/2010-04-01/Accounts/{settings.account}/Messages.json"

    def send(self, message: OutgoingMessage) -> str:
        """Hand over and return the gateway's id; a 4xx that names an error code is a refusal."""
        status, body = self._post({"To": message.recipient, "From": self._settings.sender, "Body": message.text})
        if 200 <= status < 300:
            return str(body.get("sid") or "")[:255]
        code, words = body.get("code"), str(body.get("message") or "")[:300]
        can_be_mended = status in (408, 425, 429, *OURS_TO_MEND) or code in SENDER_CODES
        if 400 <= status < 500 and isinstance(code, int) and not can_be_mended:
            raise Refused(f"The gateway refused it: {code} {words}")
        raise NotDelivered(f"The gateway answered {status} {words}".strip())

    def _post(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON object of the reply, empty when it holds none. Raises NotDelivered."""
        deadline = time.monotonic() + CONNECT_SECONDS + READ_SECONDS
        with requests.Session() as session:
            session.trust_env = False  # a proxy or a .netrc of the machine would see what customers are told
            for scheme in ("http://", "https://"):
                session.mount(scheme, DeadlineAdapter(READ_SECONDS))
            try:
                with session.post(
                    self._url, data=form, auth=(self._settings.account, self._settings.token), stream=True,
                    timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False,
                    headers={"Accept-Encoding": "identity"},
                ) as reply:  # fmt: skip
                    return reply.status_code, _object(_read(reply, deadline))
            except (requests.RequestException, HTTPError, OSError) as error:
                raise NotDelivered(f"The gateway could not be reached: {type(error).__name__}.") from None


def _read(reply: requests.Response, deadline: float) -> bytes:
    """Return the body as far as it is short and quick: its status has said what matters."""
    parts: list[bytes] = []
    while (chunk := reply.raw.read1(16_384, decode_content=False)) and time.monotonic() < deadline:
        parts.append(chunk)
        if sum(map(len, parts)) > MAX_REPLY_BYTES:
            return b""
    return b"".join(parts)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
