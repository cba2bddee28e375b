"""Where rules name an attribute: in the active version and the draft by name, in older versions by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, select

from app.models import CheckoutSession, RuleSetActivation, RuleSetDraft, RuleSetVersion, db
from rules import Catalogue

MOST_SESSIONS = 1_000  # looked at, the newest ones


@dataclass(frozen=True)
class Use:
    """One rule or adjustment that tests an attribute: `where` is “version 3” or “the draft”, `values` its texts."""

    where: str
    kind: str
    name: str
    values: frozenset[str]

    def __str__(self) -> str:
        return f"the {self.kind} “{self.name}” of {self.where}"


def uses_in(document: Mapping[str, Any], where: str) -> Iterator[tuple[str, Use]]:
    """Yield each attribute that a rule set in its JSON form names, with each rule and adjustment that names it."""
    for part, kind in (("rules", "rule"), ("adjustments", "adjustment")):
        for owner in document.get(part, ()):
            found: dict[str, set[str]] = defaultdict(set)
            for condition in _conditions(owner["when"]):
                value = condition.get("value")
                texts = value if isinstance(value, list) else [value]
                found[condition["attribute"]].update(text for text in texts if isinstance(text, str))
            for key, values in found.items():
                yield key, Use(where, kind, owner["name"], frozenset(values))


def current_uses() -> dict[str, list[Use]]:
    """Return where the active version, and a draft that somebody wrote, name each attribute."""
    uses: dict[str, list[Use]] = defaultdict(list)
    for document, where in _current():
        for key, use in uses_in(document, where):
            uses[key].append(use)
    return uses


def version_naming(key: str, *, after: int = 0) -> int | None:
    """Return the newest version beyond number `after` that names an attribute, or None.

    It looks into every one of those versions: with many, call it where no lock is held.
    """
    names = cast(RuleSetVersion.document, Text).contains(f'"attribute": "{key}"', autoescape=True)
    query = select(func.max(RuleSetVersion.number)).where(RuleSetVersion.number > after, names)
    found: int | None = db.session.scalar(query)
    return found


def newest_version() -> int:
    """Return the highest number that a version has, 0 when there is none."""
    return db.session.scalar(select(func.max(RuleSetVersion.number))) or 0


def last_carried() -> dict[str, datetime]:
    """Return when each attribute was last carried by one of the newest sessions."""
    newest = select(CheckoutSession.attributes, CheckoutSession.created_at)
    carried: dict[str, datetime] = {}
    for attributes, at in db.session.execute(newest.order_by(CheckoutSession.created_at.desc()).limit(MOST_SESSIONS)):
        for key in attributes:
            carried.setdefault(key, at)
    return carried


def no_longer_fit(document: Mapping[str, Any], before: Catalogue, now: Catalogue) -> tuple[str, ...]:
    """Return which attributes, of those that a set valid by `before` names, no longer fit what it says of them."""
    if before is now:
        return ()
    lost = set()
    for key, use in uses_in(document, ""):
        then, known = before.get(key), now.get(key)
        same_type = then is not None and known is not None and then.type is known.type
        if known is None or not same_type or not use.values <= set(known.choices or use.values):
            lost.add(key)
    return tuple(sorted(lost))


def _current() -> Iterator[tuple[dict[str, Any], str]]:
    active = (
        select(RuleSetVersion)
        .join(RuleSetActivation, RuleSetActivation.version == RuleSetVersion.number)
        .order_by(RuleSetActivation.id.desc())
        .limit(1)
    )
    version = db.session.scalar(active)
    if version is not None:
        yield version.document, f"version {version.number}"
    draft = db.session.scalar(
        select(RuleSetDraft).where(RuleSetDraft.author.is_not(None)).execution_options(populate_existing=True)
    )
    if draft is not None:
        yield draft.document, "the draft"


def _conditions(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if "attribute" in node:
            yield node
        else:
            waiting += [child for children in node.values() for child in children]
