"""Run the stand-in alone, `python -m tests.support.stripe_stand_in`, on an inherited socket or a PORT."""

import os
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.stripe_stand_in.application import Application
from tests.support.stripe_stand_in.invoices import Settings
from tests.support.stripe_stand_in.store import Store


class QuietHandler(WSGIRequestHandler):
    """A handler that does not write a line for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> None:
    """Serve until killed."""
    inherited = os.environ.get("STRIPE_STAND_IN_FD")
    settings = Settings(
        finalize_seconds=float(os.environ.get("STRIPE_STAND_IN_FINALIZE_SECONDS", "3600")),
        settle_seconds=float(os.environ.get("STRIPE_STAND_IN_SETTLE_SECONDS", "2")),
    )
    make_server(
        "127.0.0.1",
        int(os.environ.get("PORT", "12111")),
        Application(Store(Path(os.environ["STRIPE_STAND_IN_FILE"])), settings),
        threaded=True,
        request_handler=QuietHandler,
        fd=int(inherited) if inherited else None,
    ).serve_forever()


if __name__ == "__main__":
    main()
