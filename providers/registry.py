"""Which providers exist: a new one is a folder and one line here."""

import os
from collections.abc import Mapping
from types import MappingProxyType

from providers.external.adapter import ExternalProvider
from providers.http import HttpClient
from providers.interface import Provider
from providers.public_only import PublicOnlyAdapter, networks_of
from providers.sandbox.adapter import SandboxProvider
from providers.stripe.adapter import StripeProvider
from providers.stripe.client import API_BASE


def _public_only(header_seconds: float) -> PublicOnlyAdapter:
    """A way to public addresses, and into the merchant's own networks that `PROVIDER_ALLOWED_NETWORKS` lists.

    It is read when a connection is wanted: app.config has said by then if it is malformed.
    """
    return PublicOnlyAdapter(header_seconds, networks_of(os.environ.get("PROVIDER_ALLOWED_NETWORKS", "")))


REGISTRY: Mapping[str, Provider] = MappingProxyType({
    "sandbox": SandboxProvider(),
    "stripe": StripeProvider(os.environ.get("STRIPE_API_BASE", API_BASE)),
    "external": ExternalProvider(HttpClient(transport=_public_only)),
})


def get(name: str) -> Provider:
    """The provider registered under `name`. Raises: KeyError."""
    return REGISTRY[name]
