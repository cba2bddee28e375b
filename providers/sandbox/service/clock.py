"""The service's one clock, so that a test may set the time of everything at once."""

import time


def now() -> float:
    """The present moment in epoch seconds."""
    return time.time()
