"""One version of the rules: who wrote, approved and published it, what it changed, and when it was active."""

from __future__ import annotations

from dataclasses import dataclass

from admin.reading import locale
from app.models import RuleSetActivation, RuleSetVersion
from app.services import rule_sets
from rules import Change

SHOWN = 200  # changes
CHOICES = 100  # versions to compare with
EVENTS = 1_000  # looked through for those of this version


@dataclass(frozen=True)
class VersionPage:
    """A version, whether it is active, its events, and what it changed `since` another (None: compared with none)."""

    version: RuleSetVersion
    active: int | None
    events: list[RuleSetActivation]
    since: int | None
    others: list[int]
    changes: tuple[Change, ...]
    hidden: int

    @property
    def is_active(self) -> bool:
        return self.active == self.version.number


def version_page(number: int, since: str) -> VersionPage:
    """Return a version compared with the one that `since`, as an address has it, names, else the one before."""
    others = [version.number for version in rule_sets.list_versions(CHOICES) if version.number != number]
    compared = int(since) if since.isdecimal() and len(since) < 10 and int(since) in others else number - 1
    changes = rule_sets.version_changes(number, compared, locale()) if compared in others else ()
    newest = rule_sets.newest_activation()
    return VersionPage(
        version=rule_sets.get_version(number),
        active=None if newest is None else newest.version,
        events=[event for event in rule_sets.list_events(EVENTS) if event.version == number][:20],
        since=compared if compared in others else None,
        others=others,
        changes=changes[:SHOWN],
        hidden=max(len(changes) - SHOWN, 0),
    )
