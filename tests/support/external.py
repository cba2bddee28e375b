"""External providers for the tests: the example of the docs as a process, an account with one, and plain calls."""

import json
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

import requests

from app.models import ProviderAccount, db
from app.services import accounts
from app.services.transaction import transaction
from providers import registry
from providers.external.adapter import ExternalProvider
from providers.http import HttpClient
from providers.protocol import signing
from providers.public_only import PublicOnlyAdapter

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "external_provider.py"
INTERFACE = ROOT / "docs" / "external-provider.openapi.yaml"
LOOPBACK = (ip_network("127.0.0.0/8"),)
SIGNING_SECRET = "whsec_c2lnbmluZy1zZWNyZXQtZm9yLXRlc3RzLW9ubHk="
CALLBACK_SECRET = "whsec_Y2FsbGJhY2stc2VjcmV0LWZvci10ZXN0cy1vbmx5"


def reaching_loopback(**limits: Any) -> HttpClient:
    """The bounded client, to public addresses and to this machine."""
    return HttpClient(**limits, transport=lambda seconds: PublicOnlyAdapter(seconds, LOOPBACK))


class ExampleProvider:
    """The example of the docs on a port of its own; use as a context manager. `url` is where it answers."""

    def __init__(self, directory: Path, callback_url: str) -> None:
        self._environment = {
            **os.environ,
            "PORT": "0",
            "BOOKS": str(directory / "books.json"),
            "SIGNING_SECRET": SIGNING_SECRET,
            "CALLBACK_SECRET": CALLBACK_SECRET,
            "CALLBACK_URL": callback_url,
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(EXAMPLE)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1]
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()


def add_account(account_id: str, base_url: str, *, connected: bool = True, **columns: Any) -> None:
    """Configure an external account in the hub, as an operator would who then tests the connection."""
    row = {
        "provider": "external",
        "label": "Example Pay",
        "settings": {"base_url": base_url},
        "encrypted_secrets": accounts.encrypt({"signing_secret": SIGNING_SECRET, "callback_secret": CALLBACK_SECRET}),
    }
    with transaction():
        account = db.session.merge(ProviderAccount(id=account_id, **(row | columns)))
    if connected:
        adapter, config = accounts.connect(account_id)
        learned = adapter.connect(config).learned
        with transaction():
            account.settings = {**account.settings, **learned}


def registered(http: HttpClient) -> dict[str, Any]:
    """The registry with an external provider that is reached in this way."""
    return {**registry.REGISTRY, "external": ExternalProvider(http)}


def call(url: str, method: str, path: str, body: Any = None, *, secret: str = SIGNING_SECRET) -> requests.Response:
    """One signed request, made without the adapter; `path` is with its query."""
    content = b"" if body is None else json.dumps(body).encode()
    proof = signing.sign(
        [secret], f"msg_{secrets.token_hex(8)}", signing.request_content(method, path, content), datetime.now(UTC)
    )
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{path}:{(body or {}).get('reference')}"}
    return requests.request(method, url + path, data=content, headers=proof | headers, timeout=20)
