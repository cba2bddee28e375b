"""`flask hub init`, which runs at every start: what was missed while the hub was down is asked about at once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import LIVE_ATTEMPT, AttemptStatus
from app.models import PaymentAttempt, db, utc_now
from app.services import work
from tests.support.flow import open_session, pay, run_jobs
from tests.support.rows import attempt_row
from tests.support.sandbox import SandboxService


def init(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["hub", "init"])
    assert done.exit_code == 0, done.output


def test_a_start_makes_every_live_attempt_due_and_no_other(app: Flask) -> None:
    later = utc_now() + timedelta(hours=1)
    with app.app_context():
        for status in AttemptStatus:
            attempt_row(status=status, next_check_at=later)
        db.session.commit()
        assert work.sweep() == 0
    init(app)
    with app.app_context():
        checks = dict(db.session.execute(select(PaymentAttempt.status, PaymentAttempt.next_check_at)).tuples().all())
        now = utc_now()
        db.session.rollback()
        assert {status for status, due in checks.items() if due <= now} == set(LIVE_ATTEMPT)
        assert {due for status, due in checks.items() if status not in LIVE_ATTEMPT} == {later}
        assert work.sweep() == len(LIVE_ATTEMPT)
        assert work.sweep() == 0, "an attempt was handed out twice"


@pytest.mark.parametrize("outcome", ["approve", "decline"])
def test_what_became_of_a_payment_meanwhile_is_known_after_a_start(
    app: Flask, sandbox: SandboxService, outcome: str
) -> None:
    with app.app_context():
        attempt = pay(open_session().id)
        attempt_id = attempt.id
        sandbox.press(attempt.redirect_url, outcome)
    init(app)
    with app.app_context():
        assert work.sweep() == 1
        run_jobs()
        ended = {"approve": AttemptStatus.SUCCEEDED, "decline": AttemptStatus.FAILED}
        assert db.session.get(PaymentAttempt, attempt_id).status == ended[outcome]
