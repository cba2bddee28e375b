"""Errors in Stripe's shape."""

from typing import Any


class StripeError(Exception):
    """A refusal; `kept` says that it is the stored answer for the idempotency key, because the work had begun."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        given = {"message": message, "type": kind, "code": code, "param": param, **more}
        self.error = {name: value for name, value in given.items() if value is not None}


def malformed(message: str, code: str, param: str) -> StripeError:
    """A parameter that is refused before anything is done."""
    return StripeError(message, code=code, param=param, kept=False)


def missing(kind: str, identifier: str, param: str = "id", status: int = 404) -> StripeError:
    """No such object, in this account and this mode."""
    return StripeError(f"No such {kind}: '{identifier}'", status=status, code="resource_missing", param=param)
