"""Whoever is switched off or gets another role has no say in what goes live: what they approved and planned ends."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.domain.roles import ADMINISTRATOR
from app.models import Alert, User, db, utc_now
from app.services import draft_publishing, draft_withdrawals, drafts, people, rule_sets
from app.services.errors import NotApproved
from app.services.transaction import transaction
from tests.support.backoffice import Operator, add_person
from tests.support.drafts import renamed
from tests.support.threads import together

BEN, CARLA = "ben@shop.example", "carla@shop.example"


@pytest.fixture
def staff(app: Flask) -> Flask:
    """A hub with two who approve and publish."""
    for email in (BEN, CARLA):
        add_person(app, email, "rules_approver")
    return app


def planned() -> int:
    """A draft by anna that ben approved and carla planned; its revision."""
    revision = drafts.save_draft(renamed("Planned"), revision=drafts.get_draft().revision, author="user:anna").revision
    drafts.approve(revision=revision, approver=f"user:{BEN}")
    at = utc_now() + timedelta(hours=1)
    draft_publishing.schedule(revision=revision, actor=f"user:{CARLA}", note="Soon", at=at)
    return revision


def take_away(email: str, way: str) -> None:
    person = people.by_email(email).id
    db.session.rollback()
    if way == "switched off":
        people.switch(person, False, by=None)
    else:
        people.change_role(person, "viewer", by=None)


def alerts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Alert.message).order_by(Alert.created_at)))


@pytest.mark.parametrize("way", ["switched off", "another role"])
def test_an_approval_ends_with_its_plan_and_a_person_is_told(staff: Flask, way: str) -> None:
    with staff.app_context():
        revision = planned()
        take_away(BEN, way)
        draft = drafts.get_draft()
        assert (draft.revision, draft.author) == (revision, "user:anna")
        assert (draft.approver, draft.approved_revision, draft.publish_at, draft.note) == (None, None, None, "")
        with pytest.raises(NotApproved):
            draft_publishing.publish(revision=revision, actor=f"user:{CARLA}", note="")
        [told] = alerts()
        assert told.startswith(f"{BEN}, who approved the draft of the rules, was switched off or has another role.")
        assert "It will not be published at 20" in told
    page = Operator(staff, CARLA).page("/admin/rules/draft/review/")
    assert "The draft has to be approved anew" in page
    assert "Approve the draft" in page
    with staff.app_context():
        drafts.approve(revision=revision, approver=f"user:{CARLA}")
        assert draft_publishing.publish(revision=revision, actor=f"user:{CARLA}", note="").approver == f"user:{CARLA}"
    assert "anew" not in Operator(staff, CARLA).page("/admin/rules/draft/review/")


def test_who_only_planned_takes_the_plan_with_them(staff: Flask) -> None:
    with staff.app_context():
        planned()
        take_away(CARLA, "switched off")
        draft = drafts.get_draft()
        assert (draft.approver, draft.publish_at) == (f"user:{BEN}", None)
        [told] = alerts()
        assert "has to be planned anew" in told
        assert draft_withdrawals.last_withdrawal(draft) == told
        take_away(BEN, "switched off")
        assert [("approved anew" in told) for told in alerts()] == [False, True]
        draft = drafts.get_draft()
        assert "approved anew" in draft_withdrawals.last_withdrawal(draft)
        draft = drafts.approve(revision=draft.revision, approver="user:dora")
        assert draft_withdrawals.last_withdrawal(draft) == ""


def test_what_others_approved_stays(staff: Flask) -> None:
    with staff.app_context():
        planned()
        add_person(staff, "dora@shop.example", "viewer")
        take_away("dora@shop.example", "switched off")
        people.change_role(people.by_email(BEN).id, "rules_approver", by=None)  # the role they have
        people.switch(people.by_email(BEN).id, True, by=None)
        draft = drafts.get_draft()
        assert (draft.approver, draft.scheduled_by, alerts()) == (f"user:{BEN}", f"user:{CARLA}", [])


def test_a_refused_change_of_a_person_ends_nothing(staff: Flask) -> None:
    with staff.app_context():
        people.change_role(people.by_email(BEN).id, ADMINISTRATOR, by=None)
        with transaction():
            others = User.id != people.by_email(BEN).id
            db.session.execute(update(User).where(others).values(active=False))
        planned()
        with pytest.raises(people.LastAdministrator):
            take_away(BEN, "switched off")
        assert drafts.get_draft().approver == f"user:{BEN}"


@pytest.mark.parametrize("attempt", range(3))
def test_the_publishing_job_and_the_switch_at_once_leave_one_outcome(staff: Flask, attempt: int) -> None:
    """Either the version is live, approved while its approver still had a say, or nothing is and a person is told."""
    with staff.app_context():
        revision = planned()
        subject = f"draft:{revision}@{drafts.get_draft().publish_at:%Y%m%dT%H%M%SZ}"
        db.session.rollback()
    steps = [lambda: draft_publishing.publish_scheduled(subject), lambda: take_away(BEN, "switched off")]

    def act() -> Any:
        with staff.app_context():
            return steps.pop()()

    assert together(2, act) == [None, None]
    with staff.app_context():
        draft, live, told = drafts.get_draft(), rule_sets.active_number(), alerts()
        assert draft.approver is None
        assert draft.publish_at is None
        assert (live, draft.author, len(told)) in [(2, None, 0), (1, "user:anna", 1)]


def test_a_switch_while_the_plan_is_being_tried_keeps_it_from_going_live(
    staff: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = rule_sets.tried

    def switched_meanwhile(document: Any) -> Any:
        take_away(BEN, "switched off")
        return tried(document)

    with staff.app_context():
        revision = planned()
        subject = f"draft:{revision}@{drafts.get_draft().publish_at:%Y%m%dT%H%M%SZ}"
        db.session.rollback()
        monkeypatch.setattr(rule_sets, "tried", switched_meanwhile)
        draft_publishing.publish_scheduled(subject)
        assert rule_sets.active_number() == 1
        assert ["has to be approved anew" in told for told in alerts()] == [True]
