"""The service's configuration, read once from the environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from providers.sandbox.accounts import ACCOUNTS, api_key, signing_secret, webhook_secret


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """One account of the sandbox; without a `webhook_url` its events wait, undelivered, until it has one.

    Its caller sends the `api_key`, or signs each request by the `signing_secret`.
    """

    name: str
    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    webhook_url: str | None
    signing_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Where the service keeps its file, whom it serves, and how long a pending payment takes to settle."""

    database: Path
    accounts: Mapping[str, ServiceAccount]
    settle_seconds: float = 20
    public_url: str | None = None


def read_config(env: Mapping[str, str]) -> ServiceConfig:
    """Read `SANDBOX_*` and `HUB_URL`.

    `SANDBOX_KEY` and `SANDBOX_WEBHOOK_SECRET` are the master values that every account's own are derived from.
    The hub knows the accounts as `sandbox_north` and `sandbox_south`, and takes their webhooks under those names.
    `SANDBOX_ACCOUNTS` may replace any of `api_key`, `webhook_secret`, `webhook_url` and `signing_secret` of an
    account, as JSON by name. Raises: ValueError naming the variable.
    """
    hub_url = env.get("HUB_URL", "").rstrip("/")
    overrides = json.loads(env.get("SANDBOX_ACCOUNTS") or "{}")
    accounts = {}
    for name in ACCOUNTS:
        own = overrides.get(name, {})
        accounts[name] = ServiceAccount(
            name=name,
            api_key=own.get("api_key") or api_key(name, _required(env, "SANDBOX_KEY")),
            webhook_secret=own.get("webhook_secret")
            or webhook_secret(name, _required(env, "SANDBOX_WEBHOOK_SECRET")),
            webhook_url=own.get("webhook_url")
            or (f"{hub_url}/v1/webhooks/sandbox/sandbox_{name}" if hub_url else None),
            signing_secret=own.get("signing_secret") or signing_secret(name, _required(env, "SANDBOX_KEY")),
        )
    return ServiceConfig(
        database=Path(_required(env, "SANDBOX_DATABASE")),
        accounts=accounts,
        settle_seconds=float(env.get("SANDBOX_SETTLE_SECONDS") or 20),
        public_url=env.get("SANDBOX_PUBLIC_URL", "").rstrip("/") or None,
    )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise ValueError(f"{name} must be set for the sandbox service")
    return value
