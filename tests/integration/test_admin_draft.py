"""The draft's page: every button of its cards, undo, giving it up, two authors, files, and hostile posts."""

import io
import json
import re
import time

import pytest
from flask import Flask

from app.services import drafts
from rules import seed_json, to_json
from tests.benchmarks.rules_cases import ruleset
from tests.support.backoffice import token, words
from tests.support.drafting import DRAFT, SEED, Author, active, form_of
from tests.support.drafts import renamed


@pytest.fixture
def anna(app: Flask) -> Author:
    return Author(app)


def test_every_button_of_a_card_does_what_it_says_and_comes_back_to_the_card(anna: Author) -> None:
    first, second, third = SEED[:3]
    moved = anna.change("down", first)
    assert moved.location == f"/admin/rules/draft/#rule-{first}"
    assert anna.ids()[:3] == [second, first, third]
    anna.change("up", first)
    anna.change("move", first, to="3")
    assert anna.ids()[:3] == [second, third, first]
    copied = anna.change("duplicate", first)
    copy = anna.ids()[3]
    assert re.fullmatch(f"{first}_[0-9a-f]{{8}}", copy)
    assert copied.location.endswith(f"#rule-{copy}")
    assert anna.rules()[3]["enabled"] is False
    anna.change("off", first)
    assert anna.rules()[2]["enabled"] is False
    anna.change("on", first)
    assert anna.rules()[2]["enabled"] is True
    deleted = anna.change("delete", first)
    assert deleted.location.endswith(f"#rule-{copy}"), "the card that took its place"
    assert first not in anna.ids()
    adjustment = seed_json()["adjustments"][0]
    anna.change("delete", adjustment["id"], subject="adjustment")
    page = anna.words(DRAFT)
    assert f"Deleted “{adjustment['name']}”." in page
    assert f"Undo: deleted “{adjustment['name']}”" in page
    assert "2 removed since version 1" in page


def test_cards_are_marked_with_what_changed(anna: Author) -> None:
    name = anna.rules()[0]["name"]
    assert "Moved" not in anna.words(DRAFT)
    anna.change("move", SEED[0], to="5")
    anna.change("off", SEED[0])
    anna.change("duplicate", SEED[4])
    page = anna.words(DRAFT)
    assert f"{name} Moved Changed Off" in page
    assert "(copy) New Off" in page


def test_a_move_that_goes_nowhere_leaves_the_draft_untouched(anna: Author) -> None:
    before = anna.revision()
    assert anna.change("up", SEED[0]).status_code == 302
    assert anna.revision() == before


def test_undo_goes_back_step_by_step_and_says_what(anna: Author) -> None:
    anna.change("delete", SEED[0])
    anna.change("off", SEED[1])
    assert "Undo: switched" in anna.words(DRAFT)
    anna.post(f"{DRAFT}undo")
    assert "Taken back: switched" in anna.words(DRAFT)
    anna.post(f"{DRAFT}undo")
    assert anna.ids() == SEED
    page = anna.words(DRAFT)
    assert "Undo" not in page
    assert "nothing is changed yet" in page
    anna.post(f"{DRAFT}undo")
    assert "There is no change to take back" in anna.words(DRAFT)


def test_a_second_author_is_told_and_may_do_it_again(app: Flask, anna: Author) -> None:
    bruno = Author(app, "bruno@example.com")
    read = bruno.revision()
    anna.change("delete", SEED[2])
    name = anna.rules()[4]["name"]
    stale = bruno.change("up", SEED[5], revision=read)
    assert stale.status_code == 409
    said = words(stale.text)
    assert "anna@example.com changed the draft" in said
    assert f"moved “{name}” up" in said
    assert f"{name} is at place 5 now" in said
    assert SEED[5] == anna.ids()[4], "nothing was done"
    again = form_of(stale, f"{DRAFT}change")
    del again["csrf_token"]
    assert bruno.press(f"{DRAFT}change", **again).status_code == 302
    assert anna.ids()[3] == SEED[5]
    assert SEED[2] not in anna.ids(), "nothing was overwritten"


def test_a_rule_that_somebody_else_deleted_cannot_be_changed_again(app: Flask, anna: Author) -> None:
    bruno = Author(app, "bruno@example.com")
    read = bruno.revision()
    anna.change("delete", SEED[2])
    stale = bruno.change("off", SEED[2], revision=read)
    assert stale.status_code == 409
    assert "no longer in the draft" in words(stale.text)
    for path in ("undo", "discard"):
        assert bruno.post(f"{DRAFT}{path}", revision=read).status_code == 409
    assert len(anna.ids()) == len(SEED) - 1


def test_giving_up_asks_first_and_shows_what_is_lost(anna: Author) -> None:
    anna.change("delete", SEED[0])
    asked = anna.words(f"{DRAFT}discard")
    assert "Give up the draft?" in asked
    assert "is removed" in asked
    assert "Undo brings it back until the next publication" in asked
    anna.post(f"{DRAFT}discard")
    assert anna.ids() == SEED
    assert "the same as the active version again" in anna.words(DRAFT)
    assert "Undo: gave up the draft" in anna.words(DRAFT)
    anna.post(f"{DRAFT}undo")
    assert anna.ids() == SEED[1:]


def test_names_are_text_wherever_they_are_shown(app: Flask, anna: Author) -> None:
    hostile = "<script>alert(1)</script>\"'>"
    with app.app_context():
        document = renamed(hostile)
        document["rules"][1]["id"] = 'x" onfocus="alert(1)'
        drafts.save_draft(document, revision=1, author="user:anna@example.com", what=f"called it {hostile}")
    for path in ("", "check", "discard", "review/"):
        html = anna.page(f"{DRAFT}{path}")
        assert "<script>alert" not in html
        assert ' onfocus="' not in html
    assert anna.change("down", 'x" onfocus="alert(1)').status_code == 302
    assert "<script>alert" not in anna.page(DRAFT)


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "explode"},
        {"do": "move"},
        {"do": "move", "to": "1e9"},
        {"do": "move", "to": "-1"},
        {"subject": "default"},
        {"nth": "-1"},
        {"id": "rule_nobody"},
        {"id": "x" * 5_000},
        {"nth": "9" * 9},
        {"revision": "x"},
        {"revision": "9" * 30},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(anna: Author, fields: dict[str, str]) -> None:
    form = {"do": "up", "id": SEED[1], "subject": "rule", "nth": "0", "revision": anna.revision()} | fields
    assert anna.press(f"{DRAFT}change", **form).status_code == 400
    assert anna.ids() == SEED


def test_a_place_beyond_every_end_is_the_end(anna: Author) -> None:
    anna.change("move", SEED[0], to="9" * 40)
    assert anna.ids()[-1] == SEED[0]


def test_who_may_only_look_changes_nothing(app: Flask, anna: Author) -> None:
    viewer = Author(app, "viewer@example.com", "viewer")
    page = viewer.page(DRAFT)
    assert 'action="/admin/rules/draft/change"' not in page
    assert "Add a rule" not in page
    for path in ("change", "undo", "discard", "import", "review/approve", "review/publish", "review/cancel"):
        assert viewer.press(f"{DRAFT}{path}", revision="1", do="up").status_code == 403, path
    assert viewer.press("/admin/rules/versions/1/activate").status_code == 403
    assert anna.ids() == SEED


def test_five_hundred_rules_are_shown_a_hundred_at_a_time_and_quickly(app: Flask, anna: Author) -> None:
    with app.app_context():
        document = to_json(ruleset(500))
        drafts.save_draft(document, revision=drafts.get_draft().revision, author="user:anna@example.com")
    anna.page(DRAFT)
    began = time.perf_counter()
    page = anna.page(f"{DRAFT}?page=3")
    assert time.perf_counter() - began < 3
    assert len(re.findall(r'<li class="card rule', page)) == 100
    assert "Rules 201 to 300 of 500" in words(page)
    assert len(page) < 700_000
    moved = anna.change("move", "rule_250", to="450")
    assert moved.location == "/admin/rules/draft/?page=5#rule-rule_250"
    assert anna.ids()[449] == "rule_250"
    for nonsense in ("0", "-1", "99", "x", "9" * 50):
        assert "Rules 1 to 100 of 500" in anna.words(f"{DRAFT}?page={nonsense}")


def upload(anna: Author, content: bytes, revision: str | None = None) -> tuple[int, str]:
    fields = {
        "csrf_token": token(anna.get("/admin/none")),
        "revision": revision or anna.revision(),
        "file": (io.BytesIO(content), "rules.json"),
    }
    reply = anna.client.post(f"{DRAFT}import", data=fields, content_type="multipart/form-data")
    return reply.status_code, words(reply.text)


def test_a_version_as_a_file_goes_into_the_draft_again(app: Flask, anna: Author) -> None:
    file = anna.get("/admin/rules/versions/1/file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="rules-1.json"'
    document = json.loads(file.text)
    assert document == seed_json() | document
    anna.change("delete", SEED[0])
    status, _ = upload(anna, file.data)
    assert status == 302
    assert anna.ids() == SEED
    assert "Undo: imported the file “rules.json”" in anna.words(DRAFT)
    assert anna.get(f"{DRAFT}file").data == file.data
    assert active(app) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not text"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"rules": [], "rules": []}', "twice"),
        (b'"\\u0000"', "cannot be stored"),
        (b'{"rules": "\\ud800"}', "cannot be stored"),
        (b"null", "Write an object"),
        (b'{"rules": [{"id": 7}], "default": {"methods": []}}', "rules[0].id"),
        (b'{"rules": NaN, "default": {}}', "rules"),
        (b" " * (2 * 1024**2 + 1), "larger than 2 MB"),
    ],
)
def test_a_file_that_holds_no_rules_is_refused_with_a_sentence(anna: Author, content: bytes, said: str) -> None:
    status, text = upload(anna, content)
    assert status == 422
    assert said in text
    assert anna.ids() == SEED


def test_a_file_overwrites_nobody(app: Flask, anna: Author) -> None:
    bruno = Author(app, "bruno@example.com")
    read = bruno.revision()
    anna.change("delete", SEED[0])
    status, text = upload(bruno, json.dumps(seed_json()).encode(), read)
    assert status == 409
    assert "anna@example.com changed the draft" in text
    assert len(anna.ids()) == len(SEED) - 1


def test_the_check_tells_rule_by_rule_what_is_wrong(app: Flask, anna: Author) -> None:
    assert "On" in anna.words(DRAFT)
    document = renamed("")
    document["rules"][1]["when"] = {"all": [{"attribute": "unheard_of", "operator": "is_known"}]}
    with app.app_context():
        drafts.save_draft(document, revision=1, author="user:anna@example.com")
    said = anna.words(f"{DRAFT}check")
    assert "2 problems keep the draft from going live" in said
    assert said.index("(no name)") < said.index(f"Rule: {document['rules'][1]['name']}")
    assert f"/admin/rules/draft/rules/{SEED[1]}" in anna.page(f"{DRAFT}check")
    assert "2 problems to mend" in anna.words(DRAFT)


def test_warnings_stand_on_the_cards_and_a_clean_draft_is_said_to_be_so(app: Flask, anna: Author) -> None:
    anna.change("duplicate", SEED[3])
    anna.change("on", anna.ids()[4])
    assert "never decides: the earlier rule" in anna.words(DRAFT)
    said = anna.words(f"{DRAFT}check")
    assert "The draft can go live. Below is what deserves a look." in said
    plain = {"rules": [], "adjustments": [], "default": seed_json()["default"]}
    with app.app_context():
        drafts.save_draft(plain, revision=drafts.get_draft().revision, author="user:anna@example.com")
    assert "Nothing is wrong" in anna.words(f"{DRAFT}check")
