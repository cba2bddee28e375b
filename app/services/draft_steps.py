"""The draft's last steps: what it was before each change, kept so that a change can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, literal, select

from app.models import DraftStep, RuleSetDraft, db, utc_now

KEPT = 20  # the latest ones: a draft of full size has some megabytes
LONGEST = 300  # characters of `what`


@dataclass(frozen=True)
class Step:
    """The last change: `what` is a sentence without a full stop, empty where nobody said."""

    what: str
    author: str
    at: datetime


def remember(revision: int, *, what: str, author: str) -> None:
    """Keep the draft as it is at `revision`, which the caller has locked, before `author` does `what` to it."""
    draft, at = RuleSetDraft, literal(utc_now(), DraftStep.at.type)
    said = (literal(what[:LONGEST]), literal(author), at)
    as_it_is = select(draft.revision, draft.document, draft.authors, draft.based_on, *said).where(
        draft.revision == revision
    )
    columns = ["revision", "document", "authors", "based_on", "what", "author", "at"]
    db.session.execute(insert(DraftStep).from_select(columns, as_it_is))
    oldest = select(DraftStep.revision).order_by(DraftStep.revision.desc()).offset(KEPT).limit(1).scalar_subquery()
    db.session.execute(
        delete(DraftStep).where(DraftStep.revision <= oldest).execution_options(synchronize_session=False)
    )


def last() -> Step | None:
    """Return the change that can be taken back; None when there is none."""
    columns = (DraftStep.what, DraftStep.author, DraftStep.at)
    row = db.session.execute(select(*columns).order_by(DraftStep.revision.desc()).limit(1)).first()
    return None if row is None else Step(row.what, row.author, row.at)


def take_last() -> DraftStep | None:
    """Remove the last step in the caller's transaction and return it; None when there is none."""
    step: DraftStep | None = db.session.scalar(select(DraftStep).order_by(DraftStep.revision.desc()).limit(1))
    if step is not None:
        db.session.expunge(step)
        db.session.execute(delete(DraftStep).where(DraftStep.revision == step.revision))
    return step


def forget() -> None:
    """Remove every step, in the caller's transaction."""
    db.session.execute(delete(DraftStep).execution_options(synchronize_session=False))
