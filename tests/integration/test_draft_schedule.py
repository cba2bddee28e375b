"""A publication that is planned: it happens once, when its time has come, and only if nothing was changed since."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.models import Alert, Job, ProviderAccount, db, utc_now
from app.services import draft_publishing, drafts, jobs, rule_sets, work
from app.services.errors import FieldRefused, NotApproved
from app.services.transaction import transaction
from rules import TrialFailed
from tests.support.drafts import renamed
from tests.support.threads import together

pytestmark = pytest.mark.usefixtures("app_context")
HOUR = timedelta(hours=1)


def planned(name: str = "Planned", *, after: timedelta = HOUR) -> int:
    """A draft that is approved and planned; its revision."""
    saved = drafts.save_draft(renamed(name), revision=drafts.get_draft().revision, author="anna")
    drafts.approve(revision=saved.revision, approver="bruno")
    plan(saved.revision, after)
    return saved.revision


def plan(revision: int, after: timedelta = HOUR) -> None:
    draft_publishing.schedule(revision=revision, actor="carla", note="From then on", at=utc_now() + after)


def work_at(moment: datetime) -> int:
    """Do what is due at a moment; how many jobs that was."""
    with time_machine.travel(moment):
        due = jobs.lease_due()
        for job in due:
            work.run_job(job.id)
    return len(due)


def later(after: timedelta = HOUR) -> datetime:
    return utc_now() + after + timedelta(seconds=5)


def fail_the_trial(document: object) -> None:
    raise TrialFailed("The engine did not finish.")


def active_name() -> str:
    db.session.rollback()
    return rule_sets.ruleset_of(rule_sets.active_number()).rules[0].name


def unfinished() -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(select(Job).where(Job.done_at.is_(None))))


def alerts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Alert.message)))


def test_it_happens_when_its_time_has_come_and_once() -> None:
    planned()
    assert drafts.get_draft().scheduled_by == "carla"
    assert work_at(utc_now() + timedelta(minutes=59)) == 0
    assert work_at(later()) == 1
    version = rule_sets.get_version(2)
    told = (version.author, version.approver, version.note)
    assert told == ("anna", "bruno", "From then on")
    assert active_name() == "Planned"
    assert work_at(later() + timedelta(days=1)) == 0
    [event, _] = rule_sets.list_events()
    assert (event.kind, event.actor) == ("publish", "carla")
    assert drafts.get_draft().publish_at is None


@pytest.mark.parametrize("change", ["saved", "discarded", "published now"])
def test_a_draft_that_was_changed_since_is_not_published(change: str) -> None:
    revision = planned()
    if change == "saved":
        drafts.save_draft(renamed("Another"), revision=revision, author="anna")
    elif change == "discarded":
        drafts.discard_draft(revision=revision, actor="anna")
    else:
        draft_publishing.publish(revision=revision, actor="carla", note="Now")
    versions = len(rule_sets.list_versions())
    assert drafts.get_draft().publish_at is None
    work_at(later())
    assert len(rule_sets.list_versions()) == versions
    assert (unfinished(), alerts()) == ([], [])


@pytest.mark.parametrize("second", [2 * HOUR, HOUR / 2], ids=["later", "earlier"])
def test_planned_anew_it_happens_at_the_new_time_only(second: timedelta) -> None:
    plan(planned(), second)
    first_due, last_due = sorted((HOUR, second))
    work_at(later(first_due))
    assert len(rule_sets.list_versions()) == (1 if second > HOUR else 2)
    work_at(later(last_due))
    assert len(rule_sets.list_versions()) == 2
    assert unfinished() == []


def test_another_version_that_went_live_meanwhile_stays_and_a_person_is_told() -> None:
    planned()
    rule_sets.publish(renamed("From a file"), author="command line")
    work_at(later())
    assert active_name() == "From a file"
    [message] = alerts()
    assert "not published as planned: Version 2 is active" in message
    assert drafts.get_draft().publish_at is None
    assert unfinished() == []


def test_rules_that_have_become_invalid_are_not_published_and_a_person_is_told() -> None:
    document = renamed("Planned")
    with transaction():
        db.session.add(ProviderAccount(id="gone_soon", provider="sandbox", label="Gone", settings={}))
    document["default"]["methods"][0]["providers"] = {"strategy": "ordered", "accounts": [{"account": "gone_soon"}]}
    saved = drafts.save_draft(document, revision=drafts.get_draft().revision, author="anna")
    drafts.approve(revision=saved.revision, approver="bruno")
    plan(saved.revision)
    with transaction():
        db.session.delete(db.session.get_one(ProviderAccount, "gone_soon"))
    work_at(later())
    assert rule_sets.active_number() == 1
    assert "there is no provider “gone_soon”" in " ".join(alerts())


def test_a_trial_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine may only have been busy."""
    planned()
    with monkeypatch.context() as patch:
        patch.setattr(rule_sets, "try_out", fail_the_trial)
        work_at(later())
    assert rule_sets.active_number() == 1
    assert drafts.get_draft().publish_at is not None
    work_at(later() + timedelta(minutes=1))
    assert active_name() == "Planned"


@pytest.mark.parametrize("after", [timedelta(0), timedelta(seconds=-1), timedelta(days=-400), timedelta(days=367)])
def test_a_moment_that_cannot_be_meant_is_refused(after: timedelta) -> None:
    revision = planned()
    with pytest.raises(FieldRefused) as refused:
        plan(revision, after)
    assert refused.value.field == "at"
    assert len(unfinished()) == 1


def test_only_what_is_approved_and_passes_its_trial_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = drafts.save_draft(renamed("Planned"), revision=drafts.get_draft().revision, author="anna")
    with pytest.raises(NotApproved):
        plan(saved.revision)
    drafts.approve(revision=saved.revision, approver="bruno")
    monkeypatch.setattr(rule_sets, "try_out", fail_the_trial)
    with pytest.raises(TrialFailed):
        plan(saved.revision)
    assert (unfinished(), drafts.get_draft().publish_at) == ([], None)


def test_workers_that_do_the_same_job_at_once_publish_once(app: Flask) -> None:
    revision = planned()
    [job] = unfinished()
    subject = job.subject_id
    assert subject.startswith(f"draft:{revision}@")
    db.session.rollback()

    def publish() -> None:
        with app.app_context():
            draft_publishing.publish_scheduled(subject)

    assert together(4, publish) == [None] * 4
    assert [version.number for version in rule_sets.list_versions()] == [2, 1]
    assert alerts() == []
