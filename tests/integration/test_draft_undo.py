"""Taking back what was done to the draft: one step after another, never over somebody else's change."""

import pytest

from app.services import draft_publishing, draft_steps, drafts, rule_sets
from app.services.errors import DraftChanged, NothingToUndo
from tests.support.drafts import renamed

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


def test_nothing_is_left_to_undo_once_it_is_published_or_given_up() -> None:
    revision = save("One")
    drafts.discard_draft(revision=revision, actor="anna")
    assert draft_steps.last() is None
    revision = save("Two")
    drafts.approve(revision=revision, approver="bruno")
    draft_publishing.publish(revision=revision, actor="bruno", note="")
    assert draft_steps.last() is None


def test_no_undo_brings_back_what_knew_nothing_of_a_newer_version() -> None:
    revision = save("One")
    rule_sets.publish(renamed("From a file"), author="command line")
    drafts.save_draft(renamed("Both"), revision=revision, author="anna", based_on=2)
    assert draft_steps.last() is None
    drafts.undo(revision=save("After"), actor="anna")
    assert (name_now(), drafts.get_draft().based_on) == ("Both", 2)
