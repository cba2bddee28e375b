"""The pages about messages: the log with its tries, the mailbox, and the wording that operators edit and preview."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.statuses import PaymentStatus
from app.models import Event, Job, Message, MessageTemplate, MessageTry, db, utc_now
from app.services import events, message_sending, messages
from app.services.transaction import transaction
from tests.support.backoffice import Operator, add_person, words
from tests.support.rows import link_row, payment_row, session_row

EDITOR = "/admin/wording/payment.paid/email/it"


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Pages look the same on every kind of database."""
    return str(request.param)


@pytest.fixture
def sent(app: Flask) -> dict[str, str]:
    """An e-mail about a payment of somebody hostile, and a text message with a link: kind to message id."""
    with app.app_context():
        with transaction():
            customer = {"email": "ada@example.com", "name": "Ada"}
            session = session_row(customer=customer, locale="en", reference="<img src=x onerror=alert(1)>")
            told: list[Event] = [
                events.tell("payment.paid", payment_row(session, status=PaymentStatus.PAID, paid_at=utc_now())),
                events.tell("payment_link.sent", link_row(phone="+393331234567")),
            ]
        for event in told:
            messages.write_for(event)
        ids = {message.kind: message.id for message in db.session.scalars(select(Message))}
        db.session.rollback()
        for message_id in ids.values():
            message_sending.send(message_id)
    return ids


def test_the_mailbox_shows_what_readers_see_and_runs_nothing(app: Flask, sent: dict[str, str]) -> None:
    page = Operator(app).page("/admin/mailbox/")
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    link = re.search(r'href="(http://localhost/link/[^"]+)"', page)
    assert link is not None
    assert link[1].count("plink_") == 1
    only_texts = words(Operator(app).page("/admin/mailbox/?view=sms"))
    assert "+393331234567" in only_texts
    assert "ada@example.com" not in only_texts


def test_the_log_hides_words_and_addresses_from_who_may_not_read_them(app: Flask, sent: dict[str, str]) -> None:
    add_person(app, "viewer@example.com", "viewer")
    viewer = Operator(app, "viewer@example.com")
    pages = [viewer.page("/admin/messages/"), *(viewer.page(f"/admin/messages/{each}") for each in sent.values())]
    for page in pages:
        assert "ada@example.com" not in page
        assert "3331234567" not in page
        assert "Thank you" not in page
    assert "a•••@e•••.com" in pages[0]
    assert viewer.get("/admin/mailbox/").status_code == 403
    assert viewer.press(f"/admin/messages/{sent['payment.paid']}/again").status_code == 403
    operator = Operator(app)
    assert "Thank you: we have received" in operator.words(f"/admin/messages/{sent['payment.paid']}")


def test_the_log_is_filtered_and_says_why_not(app: Flask, sent: dict[str, str]) -> None:
    operator = Operator(app)
    assert "Payment received" not in operator.words("/admin/messages/?channel=sms").split("Written")[1]
    assert "No message fits" in operator.words("/admin/messages/?view=given_up")
    assert "Filter ignored" in operator.words("/admin/messages/?subject=nonsense&kind=none&from=x")
    assert operator.get("/admin/messages/msg_none").status_code == 404


def test_a_message_is_sent_again_by_a_person_whom_the_log_names(app: Flask, sent: dict[str, str]) -> None:
    message_id = sent["payment.paid"]
    operator = Operator(app)
    for _ in range(2):  # a double click is one more message
        assert operator.press(f"/admin/messages/{message_id}/again").status_code == 302
    with app.app_context():
        asked = select(MessageTry).where(MessageTry.message_id == message_id, MessageTry.outcome == "again")
        assert [each.detail for each in db.session.scalars(asked)] == ["user:operator@example.com"]
        waiting = select(Job).where(Job.kind == messages.SEND, Job.subject_id == message_id, Job.done_at.is_(None))
        assert len(db.session.scalars(waiting).all()) == 1
    assert "Asked for: Sent again" in operator.words(f"/admin/messages/{message_id}")


def test_a_wording_is_looked_at_before_it_is_saved(app: Flask) -> None:
    operator = Operator(app)
    typed = {"title": "Grazie, {{ name }}", "body": "Ciao <b>{{ name }}</b>\n\n{{ amount }}", "revision": "0"}
    preview = operator.press(f"{EDITOR}/change", do="preview", **typed)
    assert "Grazie, Ada Rossi" in words(preview.text)
    assert "&lt;b&gt;Ada Rossi&lt;/b&gt;" in preview.text
    assert _stored(app) == []
    assert operator.press(f"{EDITOR}/change", do="save", enabled="yes", **typed).status_code == 302
    assert [(row.title, row.revision, row.updated_by) for row in _stored(app)] == [
        ("Grazie, {{ name }}", 1, "operator@example.com")
    ]
    late = operator.press(f"{EDITOR}/change", do="save", enabled="yes", **typed)
    assert late.status_code == 409
    assert "Somebody else changed this wording" in words(late.text)
    assert "Your words" in operator.words("/admin/wording/")
    assert operator.press(f"{EDITOR}/change", do="save", **(typed | {"revision": "1"})).status_code == 302
    assert "Switched off" in operator.words("/admin/wording/")
    assert operator.press(f"{EDITOR}/own", revision="1").status_code == 409
    assert operator.press(f"{EDITOR}/own", revision="2").status_code == 302
    assert _stored(app) == []


@pytest.mark.parametrize(
    ("title", "body", "said"),
    [
        ("Hello", "{{ ammount }}", "Did you mean {{ amount }}?"),
        ("", "Hello", "Write something"),
        ("{{ link }}", "Hello", "is not known here"),
        ("x" * 151, "Hello", "use at most 150"),
        ("Hello", "{{ amount }", "two braces"),
        ("Hello", "{{ amount.__class__ }}", "is not known here"),
    ],
)
def test_a_wording_that_cannot_be_sent_is_refused_beside_its_field(
    app: Flask, title: str, body: str, said: str
) -> None:
    for do in ("save", "preview"):
        reply = Operator(app).press(f"{EDITOR}/change", do=do, title=title, body=body, enabled="yes", revision="0")
        assert reply.status_code == 422
        assert said in words(reply.text)
    assert _stored(app) == []


def test_a_text_message_is_measured_before_it_is_sent(app: Flask) -> None:
    place = "/admin/wording/payment_link.sent/sms/de/change"
    body = "Жизнь {{ merchant }} {{ link }}"
    reply = Operator(app).press(place, do="preview", body=body, enabled="yes", revision="0")
    assert re.search(r"\d+ characters, 2 parts \(UCS-2\)", words(reply.text))
    without = Operator(app).press(place, do="save", body="Pay!", enabled="yes", revision="0")
    assert "without it the reader cannot pay" in words(without.text)


def test_a_wording_that_does_not_exist_is_not_found(app: Flask) -> None:
    operator = Operator(app)
    for place in (
        "payment.paid/sms/en",
        "refund.failed_for_requester/email/it",
        "none/email/en",
        "payment.paid/email/fr",
    ):
        assert operator.get(f"/admin/wording/{place}").status_code == 404
        assert operator.press(f"/admin/wording/{place}/change", title="x", body="x").status_code == 404


def _stored(app: Flask) -> list[MessageTemplate]:
    with app.app_context():
        return list(db.session.scalars(select(MessageTemplate)))
