"""From the draft to customers in the backoffice: approve, publish now or later, roll back, and what gets in between."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask

from app.models import utc_now
from app.services import drafts, jobs, rule_sets, work
from tests.support.backoffice import words
from tests.support.drafting import DRAFT, REVIEW, SEED, Author, active
from tests.support.drafts import renamed
from tests.support.hub import variant


@pytest.fixture
def strict(app: Flask) -> Flask:
    """A hub where nobody approves what they wrote."""
    return variant(app, one_person_publishes=False)


@pytest.fixture
def anna(strict: Flask) -> Author:
    return Author(strict)


@pytest.fixture
def bruno(strict: Flask) -> Author:
    return Author(strict, "bruno@example.com", "rules_approver")


def approved(anna: Author, bruno: Author) -> str:
    """A change that the second person approved; the draft's revision."""
    anna.change("off", SEED[0])
    revision = anna.revision()
    bruno.post(f"{REVIEW}approve", revision)
    return revision


def test_two_people_bring_a_change_to_customers_and_back(anna: Author, bruno: Author) -> None:
    assert "Nothing to review" in bruno.words(REVIEW)
    anna.change("off", SEED[0])
    revision = anna.revision()
    name = anna.rules()[0]["name"]
    page = anna.words(REVIEW)
    assert f"The rule “{name}” is switched off." in page
    assert "so somebody who wrote nothing in it has to approve it." in page
    refused = anna.post(f"{REVIEW}approve", revision)
    assert refused.status_code == 302
    assert "somebody who wrote nothing in it has to approve it" in anna.words(REVIEW)
    assert "Approve the draft" in bruno.words(REVIEW)
    bruno.post(f"{REVIEW}approve", revision)
    assert "Approved : Done By bruno@example.com" in bruno.words(REVIEW)

    unnoted = bruno.post(f"{REVIEW}publish", revision, note="  ")
    assert unnoted.status_code == 422
    assert "Write in a sentence what changes" in words(unnoted.text)
    published = bruno.post(f"{REVIEW}publish", revision, note="Off for <b>now</b>", when="now")
    assert published.location == "/admin/rules/"
    assert active(anna.app) == 2
    page = anna.words("/admin/rules/")
    assert "Version 2 is published" not in page, "that was said to the person who published"
    assert "Active Version 2, made active" in page
    assert "by bruno@example.com. “Off for <b>now</b>”" in page

    version = bruno.words("/admin/rules/versions/2")
    assert "Written by anna@example.com Approved by bruno@example.com" in version
    assert "What differs from version 1" in version
    assert f"The rule “{name}” is switched off." in version
    earlier = bruno.page("/admin/rules/versions/1")
    assert "Go back to this version" in earlier
    assert bruno.press("/admin/rules/versions/1/activate").status_code == 302
    assert active(anna.app) == 1
    events = bruno.words("/admin/rules/versions/")
    assert "Back to version 1" in events
    assert "(roll-back)" in bruno.words("/admin/rules/versions/1")
    assert "Compare with" in bruno.words("/admin/rules/versions/1?since=2")
    assert f"The rule “{name}” is switched on." in bruno.words("/admin/rules/versions/1?since=2")
    assert bruno.get("/admin/rules/versions/1?since=nonsense").status_code == 200
    assert bruno.get("/admin/rules/versions/99").status_code == 404


def test_one_person_may_do_it_alone_where_the_hub_allows_it(app: Flask) -> None:
    anna = Author(app)
    anna.change("off", SEED[0])
    revision = anna.revision()
    anna.post(f"{REVIEW}approve", revision)
    anna.post(f"{REVIEW}publish", revision, note="Alone")
    assert active(app) == 2
    assert "Version 2 is published" in anna.words("/admin/rules/")


def test_what_was_changed_after_the_page_was_opened_is_not_approved(anna: Author, bruno: Author) -> None:
    anna.change("off", SEED[0])
    seen = anna.revision()
    anna.change("off", SEED[1])
    bruno.post(f"{REVIEW}approve", seen)
    page = bruno.words(REVIEW)
    assert "anna@example.com changed the draft on" in page
    assert "Approve the draft" in page, "nobody did yet"
    bruno.post(f"{REVIEW}publish", seen, note="Never")
    assert active(anna.app) == 1


def test_it_is_published_at_a_time_of_the_merchant_and_the_plan_can_be_cancelled(anna: Author, bruno: Author) -> None:
    revision = approved(anna, bruno)
    moment = (utc_now() + timedelta(days=2)).astimezone(ZoneInfo("Europe/Rome")).replace(second=0, microsecond=0)
    at = {"note": "From Monday", "when": "later", "day": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}"}
    assert bruno.post(f"{REVIEW}publish", revision, **at).status_code == 302
    page = bruno.words(REVIEW)
    assert f"{moment:%H:%M} (Europe/Rome), as bruno@example.com planned: “From Monday”" in page
    bruno.post(f"{REVIEW}cancel", revision)
    assert "The plan is cancelled" in bruno.words(REVIEW)
    bruno.post(f"{REVIEW}publish", revision, **at)
    with anna.app.app_context():
        planned = drafts.get_draft().publish_at
        assert planned == moment
        for after, version in ((timedelta(days=1), 1), (timedelta(days=2, minutes=1), 2)):
            with time_machine.travel(utc_now() + after):
                for leased in jobs.lease_due():
                    work.run_job(leased.id)
            assert rule_sets.active_number() == version


@pytest.mark.parametrize(
    ("day", "time", "said"),
    [
        ("", "", "Choose a day and a time"),
        ("2026-13-01", "10:00", "Choose a day and a time"),
        ("tomorrow", "noon", "Choose a day and a time"),
        ("2001-01-01", "10:00", "past"),
        ("2999-01-01", "10:00", "within the next year"),
    ],
)
def test_a_moment_that_cannot_be_meant_is_told_beside_the_field(
    anna: Author, bruno: Author, day: str, time: str, said: str
) -> None:
    revision = approved(anna, bruno)
    reply = bruno.post(f"{REVIEW}publish", revision, note="Kept", when="later", day=day, time=time)
    assert reply.status_code == 422
    assert said in words(reply.text)
    assert 'value="Kept"' in reply.text
    assert re.search(r'value="later" checked', reply.text)
    assert "Planned" not in bruno.words(REVIEW)


def test_a_time_that_the_clocks_skip_is_told(anna: Author, bruno: Author) -> None:
    revision = approved(anna, bruno)
    skipped = {"note": "Night", "when": "later", "day": "2027-03-28", "time": "02:30"}
    reply = bruno.post(f"{REVIEW}publish", revision, **skipped)
    assert reply.status_code == 422
    said = words(reply.text)
    assert "The clocks go forward then" in said or "within the next year" in said


def test_a_version_that_went_live_meanwhile_is_told_with_a_way_out(anna: Author, bruno: Author) -> None:
    revision = approved(anna, bruno)
    with anna.app.app_context():
        rule_sets.publish(renamed("From a file"), author="command line")
    assert "Version 2 went live after this draft was begun" in bruno.words(DRAFT)
    assert "Version 2 went live after this draft was begun" in bruno.words(REVIEW)
    bruno.post(f"{REVIEW}publish", revision, note="Over it")
    assert active(anna.app) == 2
    theirs, yours = anna.words(f"{REVIEW}outdated").split("What your draft would change")
    assert "is now named “From a file”" in theirs
    assert "is switched off" in yours
    anna.post(f"{REVIEW}outdated", revision, version="2")
    assert "based on version 2 now" in anna.words(REVIEW)
    assert "somebody who wrote nothing in it has to approve" in anna.words(REVIEW), "nobody has approved it as it is"
    assert anna.get(f"{REVIEW}outdated").location == REVIEW


def test_a_draft_with_problems_is_neither_approved_nor_published(anna: Author, bruno: Author) -> None:
    with anna.app.app_context():
        drafts.save_draft(renamed(""), revision=drafts.get_draft().revision, author="user:anna@example.com")
    revision = anna.revision()
    assert "1 problem to mend before it can go live" in bruno.words(REVIEW)
    assert bruno.post(f"{REVIEW}approve", revision).location == "/admin/rules/draft/check"
    assert active(anna.app) == 1


def test_an_approver_cannot_write_and_an_author_cannot_do_without_them(anna: Author, bruno: Author) -> None:
    assert bruno.change("off", SEED[0]).status_code == 403
    assert bruno.get(f"{REVIEW}outdated").status_code == 403
    anna.change("off", SEED[0])
    anna.post(f"{REVIEW}publish", note="Alone")
    assert "is not approved" in anna.words(REVIEW)
    assert active(anna.app) == 1
