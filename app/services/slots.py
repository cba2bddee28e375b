"""Slots for calls to providers: however slow one is, some threads of each process stay free for everything else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from app.services.errors import Busy
from app.services.transaction import release

KEPT_FREE = 4  # threads that never wait for a provider
PATIENCE = 1.0  # seconds


@contextmanager
def provider_slot() -> Iterator[None]:
    """Hold one of this process's slots inside the block. Raises Busy, with nothing done, when none comes free."""
    threads = current_app.config["JUNCTION"].web_threads
    new = threading.BoundedSemaphore(max(1, threads - KEPT_FREE))
    slots: threading.BoundedSemaphore = current_app.extensions.setdefault("provider_slots", new)
    if not slots.acquire(blocking=False):
        release()  # nobody waits for us while we wait
        if not slots.acquire(timeout=PATIENCE):
            raise Busy
    try:
        yield
    finally:
        slots.release()
