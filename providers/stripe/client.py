"""How Stripe is called: within our bounds of time and size, with the account's own key, at a pinned version.

What Stripe's errors mean is told here: `writing` for calls that may move money, `reading` for all others.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import stripe

from providers.bounded import BoundedHttp, is_definite
from providers.interface import AccountConfig, Failure, FailureKind, OutcomeUnknown, ProviderError, ProviderRefused
from providers.stripe.errors import refusal

API_BASE = "https://api.stripe.com"
API_VERSION = "2026-10-28.endive"
MAX_REPLY_BYTES = 5_000_000  # a page of a hundred objects, each with others within it

MODES = {True: ("sk_live_", "rk_live_"), False: ("sk_test_", "rk_test_")}  # how the keys of live and of test begin

stripe.enable_telemetry = False  # it would tell Stripe how long earlier requests took, and write a file at home
logging.getLogger("stripe").setLevel(logging.WARNING)  # below that it writes what Stripe says about customers

T = TypeVar("T")


class StripeHttp(stripe.HTTPClient):
    """The SDK's way out, through BoundedHttp. Safe for threads; raises our own errors, which the SDK lets pass."""

    name = "junction"

    def __init__(self, http: BoundedHttp) -> None:
        super().__init__()
        self._http = http

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send once. Raises: ProviderRefused when nothing was sent; OutcomeUnknown for all that is not an answer.

        A 409 is none: another call with the same idempotency key is still under way.
        """
        raw = self._http.exchange(method.upper(), url, headers=headers or {}, data=post_data)
        if not is_definite(raw.status) or raw.status == 409:
            raise OutcomeUnknown(f"Stripe answered {raw.status}")
        try:
            return raw.body.decode(), raw.status, raw.headers
        except UnicodeDecodeError as error:
            raise OutcomeUnknown(f"Stripe answered {raw.status} with something that is no text") from error


def connect(account: AccountConfig, http: StripeHttp, api_base: str) -> stripe.StripeClient:
    """The account's client. Raises: ProviderRefused when the account has no key, or one of the other mode."""
    key = account.secrets.get("api_key", "")
    if not key or key.startswith(MODES[not account.live]):
        why = "is of the other mode: live and test are never mixed" if key else "is missing"
        raise ProviderRefused(Failure(FailureKind.TECHNICAL, "misconfigured", f"The account's secret key {why}."))
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": api_base},
        max_network_retries=0,
        http_client=http,
    )


def writing(call: Callable[[], T]) -> T:
    """What `call`, which may move money, returns.

    Raises: ProviderRefused when Stripe has definitely not done it; OutcomeUnknown for everything else, also for
    replies that are no object of Stripe's.
    """
    try:
        return call()
    except ProviderError:
        raise
    except stripe.StripeError as error:
        raise refusal(error) from error
    except Exception as error:  # the SDK raises whatever an odd reply makes it stumble over
        raise OutcomeUnknown(f"Stripe's answer cannot be read: {type(error).__name__}") from error


def reading(call: Callable[[], T]) -> T:
    """What `call`, which moves nothing, returns. Raises: OutcomeUnknown, and nothing else."""
    try:
        return writing(call)
    except ProviderRefused as refused:
        raise OutcomeUnknown(f"Stripe did not tell: {refused}") from refused


def found(call: Callable[[], T]) -> T | None:
    """What `call` retrieves; None when Stripe says that there is no such object. Raises: OutcomeUnknown."""
    try:
        return reading(call)
    except OutcomeUnknown as unknown:
        cause = unknown.__cause__
        if isinstance(cause, ProviderRefused) and cause.failure.code == "resource_missing":
            return None
        raise


def is_repetition(answer: stripe.StripeObject) -> bool:
    """Whether Stripe answered what it had answered to the same call before: then it may be out of date."""
    reply = answer.last_response
    return reply is not None and reply.headers.get("Idempotent-Replayed") == "true"
