"""Taking back what was done to the draft: one step after another, never over somebody else's change."""

import pytest
from flask import Flask

from app.services import draft_publishing, draft_steps, drafts, rule_sets
from app.services.errors import DraftChanged, DraftOutdated, NothingToUndo, SecondPersonNeeded
from tests.support.drafts import renamed
from tests.support.hub import variant

pytestmark = pytest.mark.usefixtures("app_context")


def save(name: str, author: str = "anna", what: str = "") -> int:
    """Name the first rule otherwise; the draft's new revision."""
    return drafts.save_draft(renamed(name), revision=drafts.get_draft().revision, author=author, what=what).revision


def name_now() -> str:
    return str(drafts.get_draft().document["rules"][0]["name"])


def test_changes_are_taken_back_one_after_another_down_to_the_active_version() -> None:
    untouched = drafts.get_draft()
    save("One", "anna", "named it One")
    revision = save("Two", "bruno", "named it Two")
    step = draft_steps.last()
    assert step is not None
    assert (step.what, step.author) == ("named it Two", "bruno")

    undone = drafts.undo(revision=revision, actor="carla")
    assert (undone.revision, undone.author, undone.updated_by) == (revision + 1, "anna", "carla")
    assert name_now() == "One"
    undone = drafts.undo(revision=undone.revision, actor="carla")
    assert (undone.author, undone.document, undone.based_on) == (None, untouched.document, untouched.based_on)
    with pytest.raises(NothingToUndo):
        drafts.undo(revision=undone.revision, actor="carla")
    assert draft_steps.last() is None


def test_a_change_after_an_undo_can_be_taken_back_too() -> None:
    save("One")
    drafts.undo(revision=save("Two"), actor="anna")
    drafts.undo(revision=save("Three"), actor="anna")
    assert name_now() == "One"


def test_only_the_draft_that_was_read_is_undone() -> None:
    read = save("One")
    save("Two", "bruno")
    with pytest.raises(DraftChanged, match="bruno"):
        drafts.undo(revision=read, actor="anna")
    assert name_now() == "Two"


def test_an_approval_ends_with_an_undo() -> None:
    save("One")
    revision = save("Two")
    drafts.approve(revision=revision, approver="bruno")
    assert drafts.undo(revision=revision, actor="bruno").approver is None


def test_only_the_latest_steps_are_kept() -> None:
    for number in range(draft_steps.KEPT + 5):
        revision = save(f"Name {number}")
    for _ in range(draft_steps.KEPT):
        revision = drafts.undo(revision=revision, actor="anna").revision
    assert name_now() == "Name 4"
    with pytest.raises(NothingToUndo):
        drafts.undo(revision=revision, actor="anna")


def test_nothing_is_left_to_undo_once_it_is_published() -> None:
    revision = save("Two")
    drafts.approve(revision=revision, approver="bruno")
    draft_publishing.publish(revision=revision, actor="bruno", note="")
    assert draft_steps.last() is None


def test_a_draft_that_was_given_up_comes_back_with_all_its_steps() -> None:
    save("One", "anna")
    revision = save("Two", "bruno")
    given_up = drafts.discard_draft(revision=revision, actor="carla")
    assert (given_up.author, given_up.authors, given_up.approver) == (None, [], None)
    step = draft_steps.last()
    assert step is not None
    assert (step.what, step.author) == ("gave up the draft", "carla")
    back = drafts.undo(revision=given_up.revision, actor="dora")
    assert (name_now(), back.author, back.authors) == ("Two", "bruno", ["anna", "bruno"])
    assert drafts.undo(revision=back.revision, actor="dora").author == "anna"
    assert name_now() == "One"


def test_giving_up_where_nothing_was_written_is_no_step() -> None:
    drafts.discard_draft(revision=drafts.get_draft().revision, actor="anna")
    assert draft_steps.last() is None


def test_nobody_becomes_the_second_person_by_giving_up_and_bringing_back(app: Flask) -> None:
    with variant(app, one_person_publishes=False).app_context():
        revision = drafts.discard_draft(revision=save("Anna's", "anna"), actor="ben").revision
        revision = drafts.save_draft(renamed("Ben's"), revision=revision, author="ben").revision
        revision = drafts.undo(revision=revision, actor="carla").revision
        back = drafts.undo(revision=revision, actor="carla")
        assert (name_now(), back.authors) == ("Anna's", ["anna"])
        with pytest.raises(SecondPersonNeeded, match="anna wrote this draft"):
            drafts.approve(revision=back.revision, approver="anna")

        revision = drafts.save_draft(renamed("Both"), revision=back.revision, author="ben").revision
        revision = drafts.undo(revision=revision, actor="ben").revision
        revision = drafts.discard_draft(revision=revision, actor="ben").revision
        back = drafts.undo(revision=revision, actor="ben")
        assert back.authors == ["ben", "anna"], "ben had the draft in his hands since anna wrote"
        for writer in back.authors:
            with pytest.raises(SecondPersonNeeded):
                drafts.approve(revision=back.revision, approver=writer)
        assert drafts.approve(revision=back.revision, approver="carla").approver == "carla"


def test_what_was_given_up_does_not_come_back_after_another_publication() -> None:
    drafts.discard_draft(revision=save("One"), actor="anna")
    rule_sets.publish(renamed("From a file"), author="command line")
    followed = drafts.get_draft()
    assert (followed.based_on, draft_steps.last()) == (2, None)
    with pytest.raises(NothingToUndo):
        drafts.undo(revision=followed.revision, actor="anna")


def test_what_an_undo_brings_back_still_knows_nothing_of_a_newer_version() -> None:
    revision = save("One")
    rule_sets.publish(renamed("From a file"), author="command line")
    revision = drafts.save_draft(renamed("Both"), revision=revision, author="anna", based_on=2).revision
    back = drafts.undo(revision=revision, actor="anna")
    assert (name_now(), back.based_on) == ("One", 1)
    with pytest.raises(DraftOutdated):
        drafts.approve(revision=back.revision, approver="bruno")
    given_up = drafts.discard_draft(revision=back.revision, actor="anna")
    assert (name_now(), given_up.based_on) == ("From a file", 2)
    back = drafts.undo(revision=given_up.revision, actor="anna")
    assert (name_now(), back.based_on) == ("One", 1)
    untouched = drafts.undo(revision=back.revision, actor="anna")
    assert untouched.author is None
    assert (drafts.get_draft().based_on, draft_steps.last()) == (2, None), "nobody wrote in it: it follows"
