"""Run the service alone, `python -m providers.sandbox.service`, on HOST and PORT or an inherited socket."""

import os

from werkzeug.serving import WSGIRequestHandler, make_server

from providers.sandbox.service import create_service


class QuietHandler(WSGIRequestHandler):
    """A handler that does not write a line for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> None:
    """Serve until killed. `SANDBOX_FD` is a listening socket from the parent, so no port is raced for."""
    inherited = os.environ.get("SANDBOX_FD")
    make_server(
        os.environ.get("HOST", "127.0.0.1"),
        int(os.environ.get("PORT", "8001")),
        create_service(),
        threaded=True,
        request_handler=QuietHandler,
        fd=int(inherited) if inherited else None,
    ).serve_forever()


if __name__ == "__main__":
    main()
