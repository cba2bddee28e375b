"""A listening socket that a test opens and hands down to a process, so that no port is raced for."""

import socket
import time

TIMEOUT = 20


def listen(port: int) -> socket.socket:
    """A listening socket on a free port, or on the port used before, which may need a moment to be free again."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            if not port or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            listener.listen(128)
            return listener
