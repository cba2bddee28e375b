"""The sandbox payment service as a process of its own on a free port, for any test that needs a real provider."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import requests

from providers.interface import AccountConfig
from providers.sandbox.accounts import ACCOUNTS, api_key, webhook_secret
from tests.support.listening import listen

MASTER_KEY = "test-sandbox-key"
MASTER_WEBHOOK_SECRET = "test-sandbox-webhook-secret"  # a value for tests only
ROOT = Path(__file__).parents[2]
TIMEOUT = 20


class SandboxService:
    """A sandbox service that is started, used, stopped or killed, and started again on the same port and file.

    `directory` keeps its database and its log. `settle_seconds` is how long a pending payment takes.
    """

    def __init__(self, directory: Path, *, settle_seconds: float = 3.0) -> None:
        self._directory = directory
        self._settle_seconds = settle_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def start(self, hub_url: str | None = None, webhook_urls: dict[str, str] | None = None) -> Self:
        """Start the process; webhooks go to `{hub_url}/v1/webhooks/sandbox/sandbox_{name}`, or to `webhook_urls`.

        The parent opens the listening socket and hands it down: no port is raced for, and calls made while the
        service starts wait for it. The parent then closes its copy, so that a killed service refuses connections.
        """
        assert self._process is None, "the sandbox is running already"
        self._directory.mkdir(parents=True, exist_ok=True)
        accounts = {name: {"webhook_url": url} for name, url in (webhook_urls or {}).items()}
        with listen(self._port) as listener, (self._directory / "sandbox.log").open("ab") as log:
            self._port = listener.getsockname()[1]
            environment = {
                **os.environ,
                "SANDBOX_FD": str(listener.fileno()),
                "SANDBOX_DATABASE": str(self._directory / "sandbox.sqlite3"),
                "SANDBOX_KEY": MASTER_KEY,
                "SANDBOX_WEBHOOK_SECRET": MASTER_WEBHOOK_SECRET,
                "SANDBOX_ACCOUNTS": json.dumps(accounts),
                "SANDBOX_SETTLE_SECONDS": str(self._settle_seconds),
                "SANDBOX_PUBLIC_URL": "",
                "HUB_URL": hub_url or "",
                "PORT": str(self._port),
            }
            self._process = subprocess.Popen(
                [sys.executable, "-m", "providers.sandbox.service"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()],
            )
        requests.get(f"{self.url}/healthz", timeout=TIMEOUT).raise_for_status()
        return self

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self._directory / "sandbox.log").read_text()

    def stop(self) -> None:
        """End it as a supervisor would (SIGTERM)."""
        self._end("terminate")

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self._end("kill")

    def _end(self, how: str) -> None:
        if self._process is not None:
            getattr(self._process, how)()
            self._process.wait(TIMEOUT)
            self._process = None

    def __enter__(self) -> Self:
        return self if self._process else self.start()

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def account(self, name: str = "north") -> AccountConfig:
        """The configuration with which the adapter reaches one of the service's accounts."""
        return AccountConfig(
            id=f"sandbox_{name}",
            provider="sandbox",
            settings={"base_url": self.url, "account": name},
            secrets={
                "api_key": api_key(name, MASTER_KEY),
                "webhook_secret": webhook_secret(name, MASTER_WEBHOOK_SECRET),
            },
        )

    def ledger(self, account: str = "north") -> dict[str, list[dict[str, Any]]]:
        """Everything the account ever did: {charges, refunds, deliveries}, oldest first."""
        return self._call("GET", "/v1/ledger", account)

    def faults(self, account: str = "north", **switches: Any) -> None:
        """Turn on exactly these switches; none given turns all off. See `providers.sandbox.service.faults`."""
        self._call("PUT", "/v1/faults", account, switches)

    def reset_faults(self) -> None:
        """Turn every switch of every account off."""
        for name in ACCOUNTS:
            self.faults(name)

    def approve(self, page_url: str) -> str:
        """Press "Approve" on the hosted page; the address the customer is sent back to."""
        return self.press(page_url, "approve")

    def decline(self, page_url: str) -> str:
        """Press "Decline"."""
        return self.press(page_url, "decline")

    def pending(self, page_url: str) -> str:
        """Press "Leave it pending"."""
        return self.press(page_url, "pending")

    def cancel(self, page_url: str) -> str:
        """Press "Return without paying"."""
        return self.press(page_url, "cancel")

    def press(self, page_url: str, outcome: str) -> str:
        """Press one of the hosted page's buttons, the confirmation ticked; the address it redirects to."""
        form = {"outcome": outcome, "confirmed": "yes"}
        reply = requests.post(page_url, data=form, allow_redirects=False, timeout=TIMEOUT)
        assert reply.status_code == 303, reply.text
        return urljoin(page_url, reply.headers["Location"])

    def _call(self, method: str, path: str, account: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {api_key(account, MASTER_KEY)}"}
        reply = requests.request(method, self.url + path, json=body, headers=headers, timeout=TIMEOUT)
        reply.raise_for_status()
        answer = reply.json()
        assert isinstance(answer, dict)
        return answer
