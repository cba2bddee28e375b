"""Which providers exist: a new one is a folder and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from providers.interface import Provider
from providers.sandbox.adapter import SandboxProvider

REGISTRY: Mapping[str, Provider] = MappingProxyType({"sandbox": SandboxProvider()})


def get(name: str) -> Provider:
    """The provider registered under `name`. Raises: KeyError."""
    return REGISTRY[name]
