"""Rule set versions: publishing, activating, and the compiled active version each process keeps at hand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import func, select, text

from app.domain.methods import LABELS
from app.models import ActivationKind, ProviderAccount, RuleSetActivation, RuleSetVersion, db
from app.services.attribute_errors import RulesOutdated
from app.services.attribute_uses import no_longer_fit
from app.services.catalogue import catalogue
from app.services.errors import NoActiveRules, NotFound
from app.services.transaction import release, transaction
from app.services.wording import describer
from rules import (
    Catalogue,
    Change,
    CompiledRuleSet,
    RuleSet,
    difference,
    from_json,
    parse,
    to_json,
    try_out,
)

log = structlog.get_logger()


@dataclass(frozen=True)
class Tried:
    """A rule set that was validated and tried, in the form that is stored."""

    document: dict[str, Any]
    sha256: str
    catalogue: Catalogue  # which it is valid by


def parsed(document: object) -> RuleSet:
    """Return the valid rules that `document` holds. Raises rules.InvalidRuleSet with every problem."""
    return _valid(document)[0]


def _valid(document: object) -> tuple[RuleSet, Catalogue]:
    attributes = catalogue()
    known = set(db.session.scalars(select(ProviderAccount.id)))
    db.session.rollback()  # a large set takes a while: hold nothing meanwhile
    return parse(document, attributes, LABELS, known), attributes


def tried(document: object) -> Tried:
    """Validate the rules, then compile and try them in a child process, with no transaction open.

    Raises rules.InvalidRuleSet with every problem, or rules.TrialFailed.
    """
    ruleset, attributes = _valid(document)
    canonical = to_json(ruleset)
    try_out(canonical)
    digest = hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()
    return Tried(canonical, digest, attributes)


def publish(document: Mapping[str, Any], *, author: str, note: str = "", activate: bool = True) -> RuleSetVersion:
    """Store a new immutable version of the rules and, unless told otherwise, make it the active one.

    Raises as `tried` and RulesOutdated; nothing was written then.
    """
    ready = tried(document)
    with transaction():
        one_publisher_at_a_time()
        version = add_version(ready, authors=[author], note=note, actor=author if activate else None)
    log.info("rules_published", version=version.number, active=activate)
    return version


def add_version(
    ready: Tried, *, authors: Sequence[str], note: str, actor: str | None, approver: str | None = None
) -> RuleSetVersion:
    """Add the next version in the caller's transaction, who is the one publisher; with an actor it is active.

    `authors` are all who wrote it, whoever wrote last at the end. Raises RulesOutdated when an attribute that it tests
    was removed or changed since it was tried.
    """
    if lost := no_longer_fit(ready.document, ready.catalogue, catalogue()):
        raise RulesOutdated(lost)
    number = (db.session.scalar(select(func.max(RuleSetVersion.number))) or 0) + 1
    version = RuleSetVersion(
        number=number,
        document=ready.document,
        sha256=ready.sha256,
        author=authors[-1],
        authors=list(authors),
        approver=approver,
        note=note,
    )
    db.session.add(version)
    db.session.flush()
    if actor is not None:
        db.session.add(RuleSetActivation(version=number, actor=actor, kind=ActivationKind.PUBLISH))
    return version


def activate_version(number: int, *, actor: str) -> None:
    """Make an existing version the active one, for every process from its next decision on. Raises NotFound.

    Going back to a version that was active before is a roll-back; one that is active already stays so.
    """
    with transaction():
        one_publisher_at_a_time()
        if db.session.get(RuleSetVersion, number) is None:
            raise NotFound("rule set version", str(number))
        newest = newest_activation()
        if newest is not None and newest.version == number:
            return
        again = db.session.scalar(select(RuleSetActivation.id).where(RuleSetActivation.version == number).limit(1))
        kind = ActivationKind.PUBLISH if again is None else ActivationKind.ROLLBACK
        db.session.add(RuleSetActivation(version=number, actor=actor, kind=kind))
    log.info("rules_activated", version=number, kind=kind)


def newest_activation() -> RuleSetActivation | None:
    """Return the event that made the active version active; None when nothing was published."""
    newest = select(RuleSetActivation).order_by(RuleSetActivation.id.desc()).limit(1)
    found: RuleSetActivation | None = db.session.scalar(newest)
    return found


def list_events(limit: int = 100, before: int | None = None) -> list[RuleSetActivation]:
    """Return who made which version active and when, newest first; `before` is the id to go on from."""
    events = select(RuleSetActivation).order_by(RuleSetActivation.id.desc()).limit(limit)
    if before is not None:
        events = events.where(RuleSetActivation.id < before)
    return list(db.session.scalars(events))


def changes(old: RuleSet, new: RuleSet, locale: str = "en") -> tuple[Change, ...]:
    """Return what differs between two rule sets, in sentences with the labels of methods and accounts."""
    words = describer(locale)
    release()  # thousands of rules take a while to describe
    return difference(old, new, words)


def version_changes(number: int, since: int | None = None, locale: str = "en") -> tuple[Change, ...]:
    """Return what version `number` changed since version `since`: by default, the one before it. Raises NotFound."""
    new = ruleset_of(number)
    earlier = since if since is not None else number - 1
    return changes(ruleset_of(earlier) if earlier else RuleSet(), new, locale)


def active_number() -> int:
    """Return the number of the active version. Raises NoActiveRules."""
    return _active()[0]


def get_version(number: int) -> RuleSetVersion:
    """Return a published version. Raises NotFound."""
    version = db.session.get(RuleSetVersion, number)
    if version is None:
        raise NotFound("rule set version", str(number))
    return version


def list_versions(limit: int = 100) -> list[RuleSetVersion]:
    """Return the published versions, newest first."""
    return list(db.session.scalars(select(RuleSetVersion).order_by(RuleSetVersion.number.desc()).limit(limit)))


def ruleset_of(number: int) -> RuleSet:
    """Return the rules of a version. Raises NotFound."""
    sha256 = db.session.scalar(select(RuleSetVersion.sha256).where(RuleSetVersion.number == number))
    if sha256 is None:
        raise NotFound("rule set version", str(number))
    return _parsed(sha256, number)


@dataclass(frozen=True)
class ActiveRules:
    """The active version, compiled."""

    version: int
    sha256: str
    ruleset: RuleSet
    compiled: CompiledRuleSet


class _Cache:
    """The compiled active version of this process; replaced when another was activated, freed by its last user."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: ActiveRules | None = None

    @contextmanager
    def active(self) -> Iterator[ActiveRules]:
        number, sha256 = _active()
        with self._lock:
            current = self._active
            if current is None or (current.version, current.sha256) != (number, sha256):
                ruleset = _parsed(sha256, number)
                replaced, current = current, ActiveRules(number, sha256, ruleset, CompiledRuleSet(ruleset))
                self._active = current
                if replaced is not None:
                    replaced.compiled.close()
            lease = ExitStack()
            lease.enter_context(current.compiled.lease())
        with lease:
            yield current


_cache = _Cache()


def active_rules() -> Any:
    """Return a context manager that yields the ActiveRules; they stay valid inside its block."""
    return _cache.active()


def warm_up() -> None:
    """Compile the active version if this process has not yet: a large one takes seconds, and no lock is held here."""
    with active_rules():
        release()


def _active() -> tuple[int, str]:
    """Return number and digest of the active version. Raises NoActiveRules."""
    row = db.session.execute(
        select(RuleSetVersion.number, RuleSetVersion.sha256)
        .join(RuleSetActivation, RuleSetActivation.version == RuleSetVersion.number)
        .order_by(RuleSetActivation.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NoActiveRules
    return row.number, row.sha256


@lru_cache(maxsize=8)
def _parsed(sha256: str, number: int) -> RuleSet:
    """Return the rules with this digest, read once: a large set takes half a second to read."""
    return from_json(get_version(number).document)


def one_publisher_at_a_time() -> None:
    """Number versions without gaps or clashes; on SQLite every transaction already has the write lock."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(7001)"))
