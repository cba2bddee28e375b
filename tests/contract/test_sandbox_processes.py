"""The sandbox service beyond the interface: several processes on one file, and under gunicorn."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from providers.interface import AccountConfig, OutcomeUnknown
from providers.sandbox.adapter import SandboxProvider
from tests.contract.sandbox import SandboxStandIn
from tests.support.sandbox import MASTER_KEY, MASTER_WEBHOOK_SECRET, ROOT, SandboxService


def test_two_processes_on_one_file_deliver_each_event_once(tmp_path: Path):
    stand_in = SandboxStandIn(tmp_path)
    second = SandboxService(tmp_path)
    with stand_in.sink:
        stand_in.start()
        second.start(hub_url=stand_in.sink.url)
        try:
            attempts = {stand_in.paid().attempt_id for _ in range(20)}
            stand_in.sink.wait_for(lambda deliveries: len(deliveries) >= 20)
            time.sleep(1)
            assert len(stand_in.sink.deliveries) == 20
            assert {row["reference"] for row in second.ledger()["charges"]} == attempts
        finally:
            second.kill()
            stand_in.kill()


def _check_dropped_reply(account: AccountConfig, stand_in: SandboxStandIn) -> None:
    """The switch reaches the connection whatever server the service runs under."""
    key = {"Authorization": f"Bearer {account.secrets['api_key']}"}
    requests.put(f"{account.settings['base_url']}/v1/faults", json={"drop_reply": 1}, headers=key, timeout=20)
    request = stand_in.request()
    with pytest.raises(OutcomeUnknown, match="no readable reply"):
        SandboxProvider().charge(account, request)
    assert SandboxProvider().look_up(account, request.attempt_id) is not None


def test_it_runs_under_gunicorn(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        environment = {
            **os.environ,
            "SANDBOX_DATABASE": str(tmp_path / "sandbox.sqlite3"),
            "SANDBOX_KEY": MASTER_KEY,
            "SANDBOX_WEBHOOK_SECRET": MASTER_WEBHOOK_SECRET,
        }
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--workers",
                "2",
                "--threads",
                "4",
                "--log-level",
                "warning",
                "--bind",
                f"fd://{listener.fileno()}",
                "providers.sandbox.service:create_service()",
            ],
            cwd=ROOT,
            env=environment,
            pass_fds=[listener.fileno()],
        )
        try:
            stand_in = SandboxStandIn(tmp_path)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            usual = stand_in.account
            account = replace(usual, settings={**usual.settings, "base_url": url})
            assert requests.get(f"{url}/healthz", timeout=20).json() == {"status": "ok"}
            request = stand_in.request()
            charge = SandboxProvider().charge(account, request)
            page = requests.get(charge.redirect_url or "", timeout=20)
            assert "Approve the payment" in page.text
            assert SandboxProvider().look_up(account, request.attempt_id) == charge
            _check_dropped_reply(account, stand_in)
        finally:
            process.terminate()
            assert process.wait(20) == 0
