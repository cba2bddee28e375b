"""What webhooks out may refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.services.errors import Refusal


@dataclass
class TooManyEndpoints(Refusal):
    most: int
    code = "too_many_endpoints"

    @property
    def message(self) -> str:
        return f"There are {self.most} webhook endpoints already: remove one that is no longer used."


@dataclass
class EndpointOff(Refusal):
    """Nothing is sent to an endpoint that is switched off."""

    reason: str
    code = "endpoint_disabled"

    @property
    def message(self) -> str:
        return f"The endpoint is switched off ({self.reason.rstrip('.')}). Switch it on first."


@dataclass
class StillRotating(Refusal):
    """Another rotation would end the secret that receivers may still be using."""

    until: datetime
    code = "still_rotating"
    field = "keep_old"

    @property
    def message(self) -> str:
        return (
            f"The secret was changed already, and the one before signs too until {self.until:%Y-%m-%d %H:%M} UTC. Wait "
            "until then, or replace both at once (keep_old: false): receivers fail until they have the new one."
        )


@dataclass
class TooManyEvents(Refusal):
    most: int
    code = "too_many_events"
    field = "since"

    @property
    def message(self) -> str:
        return f"More than {self.most:,} events happened since then: choose a later moment."


class StillWaiting(Refusal):
    """The delivery is being tried already."""

    code = "still_waiting"

    @property
    def message(self) -> str:
        return "This delivery is on its way already, and will be tried again by itself."
