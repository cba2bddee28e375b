"""Many threads doing the same thing at the same moment."""

import threading
from collections.abc import Callable
from typing import Any


def together(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in `count` threads that begin together; what each returned, or the exception it raised."""
    start = threading.Barrier(count)
    results: list[Any] = []

    def run() -> None:
        start.wait(30)
        try:
            results.append(work())
        except Exception as error:  # the caller looks at what was raised
            results.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(results) == count, f"only {len(results)} of {count} threads came to an end"
    return results
