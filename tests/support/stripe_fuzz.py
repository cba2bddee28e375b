"""Deliveries that Stripe would never make: bodies and signatures bent at random, the same ones for the same seed."""

import copy
import json
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from providers.stripe.webhooks import sign

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**400, 1.5, float("nan"), "", "x" * 5000, "\x00", "\ud800", "att_1", [], {}, [[]],
    {"metadata": 1}, {"object": []}, {"id": {}}, "evt_\n", "١٢٣",
)  # fmt: skip
HEADERS = ("", "t=", "t=1,v1=", "v1=abc", "t=x,v1=y", "ünïcödé", "\udc80", ",=" * 300, "t=" + "9" * 90)


def bent_bodies(chance: random.Random, whole: dict[str, Any]) -> Iterator[bytes]:
    """Endless: an event with some of its parts replaced by odd ones or dropped, or some of its bytes changed."""
    while True:
        event = json.loads(json.dumps(whole))
        for _ in range(chance.randint(1, 3)):
            place: Any = event
            while chance.random() < 0.6 and (inner := [v for v in place.values() if isinstance(v, dict) and v]):
                place = chance.choice(inner)
            key = chance.choice([*place, "metadata"])
            if chance.random() < 0.3:
                place.pop(key, None)
            else:
                place[key] = copy.deepcopy(chance.choice(ODD))
        content = json.dumps(chance.choice(ODD) if chance.random() < 0.05 else event).encode()
        if chance.random() < 0.2:
            spot = chance.randrange(len(content))
            content = content[:spot] + chance.randbytes(chance.randint(0, 3)) + content[spot + chance.randint(0, 9) :]
        yield content


def bent_headers(chance: random.Random, body: bytes, now: datetime) -> Iterator[str]:
    """Endless: signatures by other secrets, and what is no signature at all."""
    while True:
        header = sign(f"whsec_{chance.random()}", body, now)
        spot = chance.randrange(len(header))
        yield chance.choice((header, header[:spot] + chr(chance.randrange(0x3000)) + header[spot + 1 :], *HEADERS))
