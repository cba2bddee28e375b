"""Settings of renewals: how often a failed one is tried again, by the kind of failure, and when customers are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.services import settings
from app.services.errors import FieldRefused
from providers.interface import FailureKind

KEY = "renewals"
MOST_TRIES, LATEST_DAY, MOST_DAYS_TO_PAY, MOST_ENDING_SOON = 20, 60.0, 60, 60

# What a renewal that we charge can fail with. A hard decline is not tried again: the same instrument will never work,
# and card schemes fine those who insist. What the customer has to confirm fails again without them: they are asked by
# link. A technical failure is nobody's decision, so it is tried soon.
DEFAULT_RETRIES: dict[str, tuple[float, ...]] = {
    FailureKind.HARD_DECLINE: (),
    FailureKind.NEEDS_CUSTOMER: (),
    FailureKind.SOFT_DECLINE: (1, 3, 5, 7),
    FailureKind.TECHNICAL: (0.04, 0.25, 1, 2),
}


@dataclass(frozen=True)
class RenewalSettings:
    """`retries`: days after the first failure at which a renewal is charged again, by FailureKind. When they are over,
    the customer has `days_to_pay` days to pay by link, if one can be sent; then the subscription is aborted.
    `ending_soon_days`: how long before its end the customer is told."""

    retries: dict[str, tuple[float, ...]] = field(default_factory=lambda: dict(DEFAULT_RETRIES))
    link_after_failure: bool = True  # send the customer a link at the first decline, while we go on trying
    days_to_pay: int = 7
    ending_soon_days: int = 7

    def next_try_in(self, kind: str, tries: int) -> timedelta | None:
        """Return how long to wait after try number `tries` failed in this way; None when nothing more is tried."""
        days = self._days(kind)
        return timedelta(days=days[tries] - days[tries - 1]) if tries < len(days) else None

    def left_after(self, kind: str, tries: int) -> timedelta:
        """Return how long it takes from try number `tries`, which failed in this way, to the last one."""
        days = self._days(kind)
        return timedelta(days=days[-1] - days[min(tries, len(days)) - 1])

    def _days(self, kind: str) -> tuple[float, ...]:
        """Return the days of all tries; a failure that was no decline is tried again as a technical one."""
        return (0.0, *self.retries.get(kind, self.retries[FailureKind.TECHNICAL]))


def renewal_settings() -> RenewalSettings:
    """Return the settings that hold now."""
    return settings.load(KEY, RenewalSettings(), _read)


def revision() -> int:
    """Return the revision to save against."""
    return settings.stored(KEY).revision


def save(wanted: RenewalSettings, *, revision: int, user: str) -> None:
    """Store the settings. Raises FieldRefused, settings.SettingChanged."""
    for kind, days in wanted.retries.items():
        _check_days(f"retries.{kind}", days)
    for name, value, most in (
        ("days_to_pay", wanted.days_to_pay, MOST_DAYS_TO_PAY),
        ("ending_soon_days", wanted.ending_soon_days, MOST_ENDING_SOON),
    ):
        if not 1 <= value <= most:
            raise FieldRefused(name, f"Write a whole number of days from 1 to {most}.")
    settings.save(KEY, wanted, revision=revision, user=user)


def _check_days(name: str, days: tuple[float, ...]) -> None:
    if name.removeprefix("retries.") not in DEFAULT_RETRIES:
        raise FieldRefused(name, f"Retries are set for {', '.join(DEFAULT_RETRIES)}.")
    if len(days) > MOST_TRIES:
        raise FieldRefused(name, f"Write at most {MOST_TRIES} retries.")
    if any(later <= earlier for earlier, later in zip((0.0, *days), days, strict=False)):
        raise FieldRefused(name, "Write days after the first failure, each later than the one before, such as 1, 3, 5.")
    if days and days[-1] > LATEST_DAY:
        raise FieldRefused(name, f"The last retry is at most {LATEST_DAY:g} days after the first failure.")


def _read(value: dict[str, Any]) -> RenewalSettings:
    retries = {kind: tuple(value["retries"].get(kind, days)) for kind, days in DEFAULT_RETRIES.items()}
    return RenewalSettings(**{**value, "retries": retries})
