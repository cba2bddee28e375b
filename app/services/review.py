"""The review queue: what no program may decide, decided by a person, in their name and with a note."""

from __future__ import annotations

from typing import Any

from app.domain.ids import is_id
from app.domain.review import KINDS, WAYS, Way
from app.domain.statuses import LIVE_ATTEMPT
from app.models import Alert, Payment, PaymentAttempt, Refund, Subscription, db
from app.services import notes, provider_subscriptions, refund_outcomes, refund_settling, review_words
from app.services.alerts import close_alert
from app.services.errors import NotFound
from app.services.payments import settle
from app.services.review_errors import AlreadyDecided
from app.services.transaction import release, transaction
from app.services.transitions import note as note_down

Subject = Payment | PaymentAttempt | Refund | Subscription

_MODELS: dict[str, Any] = {"pay": Payment, "att": PaymentAttempt, "re": Refund, "sub": Subscription}


def get_item(alert_id: str) -> Alert:
    """Return an item of the queue, open or decided. Raises NotFound."""
    alert = db.session.get(Alert, alert_id)
    if alert is None or alert.kind not in KINDS:
        raise NotFound("item of the review queue", alert_id)
    return alert


def subject_of(alert: Alert) -> Subject | None:
    """Return the row that an item is about; None when that has no history of its own."""
    for prefix, model in _MODELS.items():
        if is_id(prefix, alert.subject_id):
            subject: Subject | None = db.session.get(model, alert.subject_id)
            return subject
    return None


def ways_of(alert: Alert) -> tuple[Way, ...]:
    """Return what may be done about an item now: what has been settled meanwhile can only be closed."""
    if alert.resolved_at is not None:
        return ()
    subject = subject_of(alert)
    settled = (isinstance(subject, PaymentAttempt) and subject.status not in LIVE_ATTEMPT) or (
        isinstance(subject, Refund) and subject.status not in refund_outcomes.OPEN
    )
    return (Way.CLOSE,) if settled and Way.CLOSE not in WAYS[alert.kind] else WAYS[alert.kind]


def ask(alert_id: str, *, by: str) -> bool:
    """Ask the provider again now; tell whether its answer took the item out of the queue.

    `by` is the person's address. Raises NotFound, AlreadyDecided, Busy.
    """
    alert = _open(alert_id, Way.ASK)
    subject = subject_of(alert)
    if isinstance(subject, PaymentAttempt):
        settle(subject.id, actor=f"user:{by}"[:100])
    elif isinstance(subject, Refund):
        refund_settling.settle(subject.id)
    elif isinstance(subject, Subscription):
        provider_subscriptions.sync(subject.id)
    release()
    db.session.expire_all()
    return get_item(alert_id).resolved_at is not None


def decide(alert_id: str, way: Way, *, note: str, reference: str = "", by: str) -> None:
    """Do what a person decided, in their name (`by`, an address) and with their note in the status history.

    `reference` is the provider's, for what it told them was collected or given back. Raises NotFound, FieldRefused,
    AlreadyDecided when somebody or the provider was faster, SaysOtherwise when the provider was asked once more and
    said something else, StillUnderWay, Busy; then nothing was recorded. Way.REFUND raises what refunds raise, too.
    """
    text = notes.read(note)
    alert = _open(alert_id, way)
    subject = subject_of(alert)
    if way is Way.REFUND and isinstance(subject, Payment):
        review_words.give_back(alert, subject, note=text, by=by)
    elif way is Way.CLOSE:
        _close(alert, subject, note=text, by=by)
    elif isinstance(subject, PaymentAttempt):
        review_words.take_word_of_charge(alert, subject, way, note=text, reference=reference, by=by)
    elif isinstance(subject, Refund):
        review_words.take_word_of_refund(alert, subject, way, note=text, reference=reference, by=by)


def _open(alert_id: str, way: Way) -> Alert:
    alert = get_item(alert_id)
    if way not in ways_of(alert):
        raise AlreadyDecided
    return alert


def _close(alert: Alert, subject: Subject | None, *, note: str, by: str) -> None:
    with transaction():
        if not close_alert(alert.kind, alert.subject_id, by=by, note=note):
            raise AlreadyDecided
        if subject is not None:
            note_down(subject, actor=f"user:{by}"[:100], reason=note)
