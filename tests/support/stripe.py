"""The local Stripe as a process of its own on a free port: started, used, killed, and started again on what it knew."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import requests

from providers.interface import AccountConfig
from tests.support.listening import listen
from tests.support.stripe_stand_in.accounts import api_key, webhook_secret

ROOT = Path(__file__).parents[2]
TIMEOUT = 20


class StripeService:
    """A stand-in for Stripe; `directory` keeps its file and its log.

    `settle_seconds` is how long debits and their refunds take, `finalize_seconds` how long an invoice is a draft. Both
    pass in real time or by `advance`.
    """

    def __init__(self, directory: Path, *, settle_seconds: float = 2.0, finalize_seconds: float = 3600) -> None:
        self._directory = directory
        self._seconds = (settle_seconds, finalize_seconds)
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def start(self) -> Self:
        """Start the process, again on the same address; nothing is delivered until `webhooks` says where."""
        assert self._process is None, "the stand-in is running already"
        self._directory.mkdir(parents=True, exist_ok=True)
        with listen(self._port) as listener, (self._directory / "stripe.log").open("ab") as log:
            self._port = listener.getsockname()[1]
            environment = {
                **os.environ,
                "STRIPE_STAND_IN_FD": str(listener.fileno()),
                "STRIPE_STAND_IN_FILE": str(self._directory / "stripe.sqlite3"),
                "STRIPE_STAND_IN_SETTLE_SECONDS": str(self._seconds[0]),
                "STRIPE_STAND_IN_FINALIZE_SECONDS": str(self._seconds[1]),
                "PORT": str(self._port),
            }
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.stripe_stand_in"],
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
        """Where it answers: the API, and its customers' pages."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self._directory / "stripe.log").read_text()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(TIMEOUT)
            self._process = None

    def __enter__(self) -> Self:
        return self if self._process else self.start()

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def account(self, name: str = "north", *, live: bool = False) -> AccountConfig:
        """The configuration with which the adapter reaches one of its accounts (north, south)."""
        return AccountConfig(
            id=f"stripe_{name}",
            provider="stripe",
            settings={},
            secrets={"api_key": api_key(name, live=live), "webhook_secret": webhook_secret(name, live=live)},
            live=live,
        )

    def webhooks(self, url: str | None, account: str = "north", *, live: bool = False, **endpoint: Any) -> None:
        """Deliver the account's events to `url`, or nowhere; `events` names the kinds, `secrets` those that sign."""
        self.control("endpoint", account, live=live, url=url, **endpoint)

    def ledger(self, account: str = "north", *, live: bool = False) -> dict[str, list[dict[str, Any]]]:
        """Every object of the account by its kind (charge, refund, balance_transaction, ...), oldest first."""
        found: dict[str, list[dict[str, Any]]] = self.control("ledger", account, live=live)
        return found

    def events(self, account: str = "north", *, live: bool = False) -> list[dict[str, Any]]:
        """Every event, oldest first: {id, type, status, body, headers}, freshly signed, for a test to deliver."""
        found: list[dict[str, Any]] = self.control("events", account, live=live)
        return found

    def faults(self, account: str = "north", **switches: Any) -> None:
        """Turn on exactly these switches; none given turns all off. See `stripe_stand_in.faults`."""
        self.control("faults", account, switches=switches)

    def advance(self, seconds: float) -> float:
        """Move its clock forward, doing what falls due on the way; the time it then has."""
        return float(self.control("clock", seconds=seconds)["now"])

    def back_to_now(self) -> None:
        """Let its clock be the real one again."""
        self.control("clock", reset=True)

    def settle(self, account: str = "north") -> None:
        """Let all payments and refunds that are under way come to their end."""
        self.control("settle", account)

    def outcome(self, payment_method: str, outcome: str, account: str = "north") -> None:
        """Decide what becomes of charges by a stored method: succeeded, processing, or a decline's name."""
        self.control("outcome", account, payment_method=payment_method, outcome=outcome)

    def fail_refund(self, refund: str, account: str = "north") -> None:
        """Let the bank send a refund back."""
        self.control("fail_refund", account, refund=refund)

    def press(self, page_url: str, outcome: str, **form: str) -> str:
        """Press one of the page's buttons; the address it redirects to. `method` and `code` say more."""
        reply = requests.post(page_url, data={"outcome": outcome, **form}, allow_redirects=False, timeout=TIMEOUT)
        assert reply.status_code == 303, reply.text
        return urljoin(page_url, reply.headers["Location"])

    def control(self, name: str, account: str = "north", **asked: Any) -> Any:
        """Ask the stand-in itself; see `stripe_stand_in.control`."""
        reply = requests.post(f"{self.url}/_control/{name}", json={"account": account, **asked}, timeout=TIMEOUT)
        assert reply.ok, reply.text
        return reply.json()
