"""What customers told us stays in their rows: not in the words of errors, in logs, or in what jobs remember."""

import io
from collections.abc import Iterator

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.models import Job, db
from app.services import jobs, work
from app.services.transaction import transaction
from tests.support.api import Api, session_body
from tests.support.flow import open_session
from tests.support.rows import payment_row, session_row

EMAIL = "ada.lovelace@private.example"
PERSON = {"email": EMAIL, "name": "Ada Lovelace", "country": "IT", "type": "consumer"}


@pytest.fixture
def one_reference_each(app: Flask) -> None:
    """A database that refuses the second session of a reference, as no rule of ours foresees."""
    with app.app_context(), transaction():
        db.session.execute(text("CREATE UNIQUE INDEX uq_reference ON checkout_sessions (reference)"))
        session_row()


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """Whatever the hub writes to its log, as it is written."""
    before, written = structlog.get_config(), io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written))
    yield written
    structlog.configure(**before)


def assert_private(said: str) -> None:
    assert said
    assert EMAIL not in said
    assert "Lovelace" not in said


@pytest.mark.usefixtures("app_context", "one_reference_each")
def test_an_error_of_the_database_does_not_say_what_was_to_be_stored() -> None:
    with pytest.raises(IntegrityError) as refused:
        open_session(customer=PERSON)
    assert "checkout_sessions" in str(refused.value)
    assert_private(str(refused.value))
    assert_private(repr(refused.value))


@pytest.mark.usefixtures("app_context")
def test_an_error_of_the_database_does_not_say_whose_payment_it_was() -> None:
    """An address in a column of its own: a document of several fields is shortened by one of the drivers."""
    session = session_row()
    payment_row(session)
    with pytest.raises(IntegrityError) as refused:
        payment_row(session, customer_email=EMAIL)
    assert "payments" in str(refused.value)
    assert_private(str(refused.value))


@pytest.mark.usefixtures("one_reference_each")
def test_a_request_that_breaks_down_is_logged_without_what_it_held(api: Api, log: io.StringIO) -> None:
    reply = api.post("/v1/checkout/sessions", session_body(customer=PERSON))
    assert reply.status_code == 500
    assert "IntegrityError" in log.getvalue()
    assert_private(log.getvalue())
    assert_private(reply.text)


@pytest.mark.usefixtures("app_context", "one_reference_each")
def test_a_job_that_breaks_down_remembers_why_and_nobodys_data(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    monkeypatch.setitem(work.HANDLERS, "settle_attempt", lambda _: open_session(customer=PERSON))
    with transaction():
        jobs.enqueue("settle_attempt", "att_1")
    [(job_id, _)] = jobs.lease_due()
    work.run_job(job_id)
    job = db.session.get_one(Job, job_id)
    assert "IntegrityError" in job.last_error
    assert_private(job.last_error)
    assert "job_failed" in log.getvalue()
    assert_private(log.getvalue())


@pytest.mark.usefixtures("app_context")
def test_what_a_database_quotes_of_a_row_is_neither_logged_nor_remembered(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise RuntimeError(f"new row violates a check\nDETAIL:  Failing row contains (pay_1, {EMAIL}).\n[SQL: UPDATE]")

    monkeypatch.setitem(work.HANDLERS, work.SETTLE, refuse)
    with transaction():
        jobs.enqueue(work.SETTLE, "att_1")
    job_id = jobs.lease_due()[0].id
    work.run_job(job_id)
    remembered = db.session.get_one(Job, job_id).last_error
    assert remembered is not None
    assert "violates a check" in remembered
    assert_private(remembered)
    assert_private(log.getvalue())
