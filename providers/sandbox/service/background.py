"""The service's background thread: settles what is pending, renews what is due, delivers webhooks."""

import logging
import threading
import time

import requests

from providers.sandbox.service import charges, clock, courier, faults, refunds, renewals
from providers.sandbox.service.config import ServiceConfig
from providers.sandbox.service.store import Store

IDLE_SECONDS = 0.25
TROUBLE_SECONDS = 2.0
LOGGER = logging.getLogger(__name__)


class Background:
    """One daemon thread a process; several processes may run one each, since every step is guarded in the store."""

    def __init__(self, store: Store, config: ServiceConfig) -> None:
        self._store = store
        self._config = config
        self._session = requests.Session()
        self._session.trust_env = False

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="sandbox-background", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.settle_due()
                busy = courier.deliver_one(self._store, self._config, self._session)
            except Exception:  # the thread has to outlive any single fault, or webhooks would stop silently
                LOGGER.exception("the sandbox's background work failed; trying again")
                time.sleep(TROUBLE_SECONDS)
                continue
            if not busy:
                time.sleep(IDLE_SECONDS)

    def settle_due(self) -> None:
        """Do what the clock asks for: settle and expire charges, settle refunds, charge the renewals that are due."""
        with self._store.transaction() as connection:
            now = clock.now()
            for charge in connection.execute(
                "SELECT * FROM charges WHERE status = 'awaiting_customer' AND expires_at <= ?", (now,)
            ).fetchall():
                charges.refresh(connection, charge)
            for charge in connection.execute(
                "SELECT * FROM charges WHERE status = 'processing' AND settle_at <= ?", (now,)
            ).fetchall():
                if faults.strikes(connection, charge["account"], "fail_settlement"):
                    charges.move(connection, charge, "processing", "failed", failure=charges.RETURNED)
                else:
                    charges.move(connection, charge, "processing", "succeeded")
            for refund in connection.execute(
                "SELECT * FROM refunds WHERE status = 'pending' AND settle_at <= ?", (now,)
            ).fetchall():
                refunds.settle(connection, refund)
            renewals.collect_due(connection, self._config.settle_seconds)
