"""Waiting for something that happens elsewhere, with an end."""

import time
from collections.abc import Callable


def wait_until(true: Callable[[], object], *, seconds: float = 30, pause: float = 0.05) -> bool:
    """Ask `true` until it says so; False when it has not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
