"""The receiver in the README, run as it stands there: it takes what the hub sends, once, and refuses what is forged."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from flask import Flask

from app.services import event_replays
from tests.support.receiver import reach_loopback
from tests.support.stack import free_ports
from tests.support.waiting import wait_until
from tests.support.webhooks_out import only_delivery, paid, register, run_due

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_receiver_in_the_readme_works_as_written(app: Flask, tmp_path: Path) -> None:
    section = README.read_text().split("## Tell your systems")[1]
    [code] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (tmp_path / "receive.py").write_text(code)
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}/"
    reach_loopback(app)
    with app.app_context():
        secret = register(url).secret
        env = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret, "PORT": str(port)}
        with subprocess.Popen(
            [sys.executable, "receive.py"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as receiver:
            try:
                assert wait_until(lambda: _answers(url))
                paid()
                run_due()
                assert only_delivery().delivered_at is not None, only_delivery().tries[0].detail
                event_replays.replay(only_delivery().id, actor="system")
                run_due()
                assert [each.http_status for each in only_delivery().tries] == [204, 204]
                headers = {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v1,forged"}
                assert requests.post(url, b"{}", headers=headers, timeout=5).status_code == 400
            finally:
                receiver.terminate()
            said = receiver.stdout.read().decode() if receiver.stdout else ""
    assert said == f"payment.paid {only_payment(app)}\n", "an event was done twice, or not at all"


def only_payment(app: Flask) -> str:
    with app.app_context():
        return str(only_delivery().event.subject_id)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).status_code == 501  # it knows POST only
    except requests.RequestException:
        return False
