"""The draft of the rules over the API: written, compared, approved, published, gone back from, given up."""

from hashlib import sha256
from typing import Any

import pytest
from flask import Flask

from app.models import ApiKey, db
from app.services import draft_publishing, drafts, rule_sets
from app.services.errors import SecondPersonNeeded
from app.services.transaction import transaction
from rules import seed_json
from tests.support.api import Api
from tests.support.drafts import DRAFT, Drafter, renamed
from tests.support.hub import variant
from tests.support.problems import assert_problem

SECOND = "sk_test_a-second-key"


@pytest.fixture
def drafter(api: Api) -> Drafter:
    """Somebody who works on the draft with the configured key."""
    return Drafter(api)


def first_rule(document: dict[str, Any]) -> str:
    return str(document["rules"][0]["name"])


def test_a_draft_nobody_wrote_in_is_the_active_version(app: Flask, drafter: Drafter) -> None:
    draft = drafter.read()
    assert (draft["revision"], draft["based_on"], draft["author"], draft["approver"]) == (1, 1, None, None)
    assert draft["rule_set"] == drafter.api.get("/v1/rules/versions/1").json["rule_set"]
    assert drafter.read() == draft
    with app.app_context():
        rule_sets.publish(renamed("From a file"), author="command line")
    followed = drafter.read()
    assert (followed["revision"], followed["based_on"]) == (2, 2)
    assert first_rule(followed["rule_set"]) == "From a file"


def test_from_a_change_to_a_version_and_back(drafter: Drafter) -> None:
    api = drafter.api
    saved = drafter.save(renamed("After a decline"), 1)
    assert saved.status_code == 200
    assert saved.headers["ETag"] == '"2"'
    key = saved.json["author"]
    assert key.startswith("api:key_")

    difference = api.get(f"{DRAFT}/difference")
    assert difference.headers["ETag"] == '"2"'
    said = ["The rule “Another way after a decline” is now named “After a decline”."]
    assert [change["message"] for change in difference.json["data"]] == said

    assert_problem(drafter.publish(2), 409, None, "not approved")
    approved = drafter.approve(2)
    assert (approved.json["approver"], approved.json["revision"]) == (key, 2)
    published = drafter.publish(2, note="A shorter name")
    assert published.status_code == 201
    version = published.json
    assert (version["number"], version["author"], version["approver"], version["note"]) == (
        2,
        key,
        key,
        "A shorter name",
    )
    assert api.get("/v1/rules/versions").json["active"] == 2
    assert [change["message"] for change in api.get("/v1/rules/versions/2/difference").json["data"]] == said
    assert api.get("/v1/rules/versions/2/difference?from=2").json["data"] == []
    assert drafter.read()["author"] is None, "after the publication the draft is the new version"

    assert api.post("/v1/rules/versions/1/activate").json == {"active": 1}
    assert api.post("/v1/rules/versions/1/activate").json == {"active": 1}
    events = api.get("/v1/rules/events").json["data"]
    assert [(event["kind"], event["version"], event["actor"]) for event in events] == [
        ("rollback", 1, key),
        ("publish", 2, key),
        ("publish", 1, "Junction"),
    ]


def test_a_version_never_changes(drafter: Drafter) -> None:
    before = drafter.api.get("/v1/rules/versions/1").json
    drafter.saved_and_approved()
    drafter.publish()
    assert drafter.api.get("/v1/rules/versions/1").json == before


def test_a_second_author_is_told_who_was_first_and_nothing_is_overwritten(drafter: Drafter) -> None:
    first = drafter.save(renamed("First"), 1).json
    second = drafter.save(renamed("Second"), 1)
    assert_problem(second, 409, None, f"{first['author']} changed the draft at {first['updated_at'][:10]}")
    assert second.json["code"] == "draft_changed"
    assert first_rule(drafter.read()["rule_set"]) == "First"
    for refused in (drafter.discard(1), drafter.approve(1), drafter.publish(1)):
        assert_problem(refused, 409, None, "changed the draft at")


def test_a_revision_never_comes_back(drafter: Drafter) -> None:
    """Else an author who read the draft before it was given up could overwrite what was written since."""
    drafter.save(renamed("First"), 1)
    assert drafter.discard(2).json["author"] is None
    drafter.save(renamed("Second"), 3)
    for revision in (1, 2, 3):
        assert drafter.save(renamed("Third"), revision).status_code == 409
    assert first_rule(drafter.read()["rule_set"]) == "Second"


def test_saving_again_ends_an_approval(drafter: Drafter) -> None:
    drafter.saved_and_approved("Approved")
    assert drafter.save(renamed("Another")).json["approver"] is None
    assert_problem(drafter.publish(), 409, None, "not approved")
    assert drafter.api.get("/v1/rules/versions").json["active"] == 1


def test_nothing_is_published_where_nothing_was_written(drafter: Drafter) -> None:
    assert_problem(drafter.approve(), 409, None, "same as version 1")
    assert_problem(drafter.publish(), 409, None, "same as version 1")


def test_another_version_that_went_live_meanwhile_is_not_undone_unawares(app: Flask, drafter: Drafter) -> None:
    drafter.saved_and_approved("Drafted")
    with app.app_context():
        rule_sets.publish(renamed("From a file"), author="command line")
    for refused in (drafter.publish(), drafter.approve()):
        assert_problem(refused, 409, None, "save the draft again with based_on 2")
    assert_problem(drafter.save(renamed("Drafted"), based_on=1), 422, "based_on", "number of the active version")
    assert drafter.save(renamed("Both"), based_on=2).json["based_on"] == 2
    assert drafter.approve().status_code == 200
    assert drafter.publish().json["number"] == 3


def test_author_and_approver_differ_unless_one_person_may_publish(app: Flask) -> None:
    strict = variant(app, one_person_publishes=False)
    with strict.app_context(), transaction():
        db.session.add(
            ApiKey(id="key_second", name="second", prefix="sk_second", sha256=sha256(SECOND.encode()).hexdigest())
        )
    author, second = Drafter(Api(strict.test_client())), Drafter(Api(strict.test_client(), SECOND))
    wrote = author.save(renamed("Drafted"), 1).json["author"]
    refused = author.approve(2)
    assert_problem(refused, 403, None, f"{wrote} wrote this draft")
    assert_problem(author.publish(2), 409, None, "not approved")
    assert second.approve(2).json["approver"] == "api:key_second"
    version = author.publish(2).json
    assert (version["author"], version["approver"]) == (wrote, "api:key_second")


def test_a_draft_may_be_unfinished_and_the_check_says_what_is_missing(drafter: Drafter) -> None:
    document = seed_json()
    document["rules"][0]["offer"]["methods"][0]["providers"]["accounts"] = [{"account": "nowhere"}]
    assert drafter.save(document).status_code == 200
    checked = drafter.api.post(f"{DRAFT}/check")
    assert (checked.status_code, checked.json["revision"]) == (200, 2)
    [problem] = checked.json["problems"]
    assert problem["rule"] == document["rules"][0]["name"]
    assert "there is no provider “nowhere”" in problem["message"]
    path = f"rule_set.{problem['path']}"
    assert_problem(drafter.approve(), 422, path, "there is no provider “nowhere”")
    assert checked.json["findings"] == []
    drafter.save(seed_json())
    assert drafter.api.post(f"{DRAFT}/check").json["problems"] == []


def test_the_check_tells_of_a_rule_that_never_decides(drafter: Drafter) -> None:
    document = seed_json()
    document["rules"].insert(1, document["rules"][0] | {"id": "rule_again", "name": "Again"})
    drafter.save(document)
    checked = drafter.api.post(f"{DRAFT}/check").json
    assert checked["problems"] == []
    [finding] = [finding for finding in checked["findings"] if finding["rule_id"] == "rule_again"]
    assert (finding["kind"], finding["other_rule_ids"]) == ("shadowed", [document["rules"][0]["id"]])
    assert "Again" in finding["message"]


@pytest.mark.parametrize("verb", ["put", "delete", "approve", "publish"])
def test_a_change_names_the_revision_it_was_made_for(drafter: Drafter, verb: str) -> None:
    client, headers = drafter.api.client, drafter.api.headers()
    body: dict[str, Any] = {"rule_set": seed_json()} if verb == "put" else {"note": "A note"}
    path, method = (DRAFT, verb) if verb in ("put", "delete") else (f"{DRAFT}/{verb}", "post")
    send = {} if verb in ("delete", "approve") else {"json": body}
    assert_problem(client.open(path, method=method, headers=headers, **send), 428, "If-Match", "Send the ETag")
    for tag in ("*", "7", '"x"', 'W/"1"', '"1", "2"', '"99999999999999999999"', '"-1"', ""):
        reply = client.open(path, method=method, headers=headers | {"If-Match": tag}, **send)
        assert_problem(reply, 400, "If-Match", "one ETag of the draft")
    assert drafter.revision() == 1


def test_a_version_as_a_file_is_what_was_published_and_can_be_saved_again(drafter: Drafter) -> None:
    file = drafter.api.get("/v1/rules/versions/1/file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="rules-1.json"'
    assert list(file.json) == ["rules", "adjustments", "default"], "in the order in which people read it"
    assert file.text.startswith('{\n  "rules": [\n    {\n      "id": "rule_retry_after_decline",')
    assert drafter.save(file.json).json["rule_set"] == drafter.api.get("/v1/rules/versions/1").json["rule_set"]
    assert drafter.api.get(f"{DRAFT}/difference").json["data"] == []
    assert_problem(drafter.api.get("/v1/rules/versions/7/file"), 404, None, "rule set version '7'")
    assert_problem(drafter.api.get("/v1/rules/versions/1/difference?from=7"), 404, None, "rule set version '7'")


def test_events_are_read_page_by_page(drafter: Drafter) -> None:
    drafter.saved_and_approved()
    drafter.publish()
    for version in (1, 2, 1):
        drafter.api.post(f"/v1/rules/versions/{version}/activate")
    seen, cursor = [], ""
    while cursor is not None:
        page = drafter.api.get(f"/v1/rules/events?limit=2{cursor and '&cursor=' + cursor}").json
        seen += [(event["kind"], event["version"]) for event in page["data"]]
        cursor = page["next_cursor"]
    back = "rollback"
    assert seen == [(back, 1), (back, 2), (back, 1), ("publish", 2), ("publish", 1)]


@pytest.mark.usefixtures("app_context")
def test_whoever_wrote_any_of_it_is_no_second_person(app: Flask) -> None:
    """Another author's touch, or the touch taken back, does not make the first author somebody else."""
    with variant(app, one_person_publishes=False).app_context():
        revision = drafts.save_draft(renamed("Anna's"), revision=1, author="anna").revision
        revision = drafts.save_draft(renamed("Anna's"), revision=revision, author="ben").revision
        for writer in ("anna", "ben"):
            with pytest.raises(SecondPersonNeeded, match="anna, ben"):
                drafts.approve(revision=revision, approver=writer)
        revision = drafts.undo(revision=revision, actor="carla").revision
        with pytest.raises(SecondPersonNeeded):
            drafts.approve(revision=revision, approver="anna")
        assert drafts.approve(revision=revision, approver="carla").approver == "carla"
        version = draft_publishing.publish(revision=revision, actor="carla", note="")
        assert (version.authors, version.author, version.approver) == (["ben", "anna"], "anna", "carla")
        again = drafts.get_draft()
        assert (again.author, again.authors) == (None, [])
        revision = drafts.save_draft(renamed("Ben's"), revision=again.revision, author="ben").revision
        assert drafts.undo(revision=revision, actor="ben").authors == []
