"""The list of payments: as many questions to the database for a full page as for one payment."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from app.domain.statuses import AttemptStatus
from app.models import db
from app.services.transaction import transaction
from tests.support.api import Api
from tests.support.rows import attempt_row, payment_row


@contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    """The statements that are executed inside the block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def add_payments(app: Flask, count: int) -> None:
    with app.app_context(), transaction():
        for _ in range(count):
            payment = payment_row()
            attempt_row(payment, status=AttemptStatus.FAILED)
            attempt_row(payment)


def test_thirty_payments_cost_no_more_questions_than_one(app: Flask, api: Api) -> None:
    counts = []
    for more in (1, 29):
        add_payments(app, more)
        with statements_of(app) as seen:
            listed = api.get("/v1/payments?limit=100").json["data"]
        counts.append(len(seen))
        assert all(len(payment["attempts"]) == 2 for payment in listed)
    assert len(listed) == 30
    assert 0 < counts[0] == counts[1], counts
