"""Replays over the API and in the backoffice: started, looked at, cancelled, refused with a sentence."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from re import findall, search
from typing import Any

import pytest
from flask import Flask

from app.models import utc_now
from app.services import jobs, replay_slices, work
from rules import seed_json
from tests.support.api import Api
from tests.support.backoffice import Operator, add_person
from tests.support.drafts import Drafter, renamed
from tests.support.replaying import after_a_decline, changed_rules, some_facts, work_off
from tests.support.stored import store_sessions

COUNT = 90
REPLAY = "/v1/rules/draft/replay"
PAGES = "/admin/rules/replays/"


@pytest.fixture
def shop(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """A shop with sessions of the past and a draft; a slice of work is thirty sessions."""
    monkeypatch.setattr(replay_slices, "BATCH", 30)
    monkeypatch.setattr(replay_slices, "SLICE", 0.0)
    with app.app_context():
        store_sessions(some_facts(COUNT))
    assert Drafter(api).save(changed_rules()).status_code == 200
    return api


def start(api: Api, days: Any = 7) -> dict[str, Any]:
    reply = api.post(REPLAY, {"days": days})
    assert reply.status_code == 202, reply.text
    return dict(reply.json)


def do_work(app: Flask, slices: int | None = None) -> None:
    with app.app_context():
        if slices is None:
            work_off()
        for _ in range(slices or 0):
            [leased] = jobs.lease_due()
            work.run_job(leased.id)


def test_a_replay_over_the_api(app: Flask, shop: Api) -> None:
    begun = start(shop)
    assert (begun["status"], begun["total"], begun["replayed"]) == ("waiting", COUNT, 0)
    assert begun["figures"]["changed"]["sessions"] == 0
    assert start(shop)["id"] == begun["id"]
    do_work(app, slices=1)
    path = f"/v1/rules/replays/{begun['id']}"
    running = shop.get(path).json
    assert (running["status"], running["replayed"], running["ended_at"]) == ("running", 30, None)
    do_work(app)
    ended = shop.get(path).json
    assert (ended["status"], ended["replayed"], ended["error"]) == ("finished", COUNT, None)
    figures = ended["figures"]
    assert figures["sessions"] == COUNT
    assert sum(pair["sessions"] for pair in figures["pairs"]) == figures["changed"]["sessions"] > 0
    for pair in figures["pairs"]:
        for example in pair["examples"]:
            assert shop.get(f"/v1/checkout/sessions/{example['session']}").status_code == 200
            assert example["before"] != example["after"] or figures["differences"].get("providers")


def test_a_replay_is_cancelled_over_the_api(app: Flask, shop: Api) -> None:
    begun = start(shop)
    do_work(app, slices=1)
    for _ in range(2):
        cancelled = shop.post(f"/v1/rules/replays/{begun['id']}/cancel")
        assert cancelled.status_code == 200, cancelled.text
        assert (cancelled.json["status"], cancelled.json["replayed"]) == ("cancelled", 30)
    assert shop.post("/v1/rules/replays/rpl_none/cancel").status_code == 404
    assert shop.get("/v1/rules/replays/rpl_none").status_code == 404


@pytest.mark.parametrize("days", [0, 91, -1, "7", 7.5, True, None, 10**30, [7]])
def test_days_that_make_no_sense_are_refused(shop: Api, days: Any) -> None:
    reply = shop.post(REPLAY, {"days": days})
    assert reply.status_code == 422, reply.text
    assert reply.json["errors"][0]["field"] == "days"


def test_what_cannot_be_replayed_is_told(api: Api) -> None:
    assert api.post(REPLAY, {"days": 7}).json["code"] == "nothing_drafted"
    wrong = renamed("Nothing")
    wrong["rules"][0]["offer"]["methods"][0]["method"] = "seashells"
    Drafter(api).save(wrong)
    reply = api.post(REPLAY, {"days": 7})
    assert (reply.status_code, reply.json["code"]) == (422, "invalid_rule_set")
    assert "seashells" in reply.text
    Drafter(api).save(renamed("Better"))
    for days in (1, 2, 3):
        assert api.post(REPLAY, {"days": days}).status_code == 202
    reply = api.post(REPLAY, {"days": 4})
    assert (reply.status_code, reply.json["code"]) == (409, "too_many_replays")


def test_a_replay_in_the_backoffice_without_script(app: Flask, shop: Api) -> None:
    person = Operator(app)
    assert "No replay yet" in person.words(PAGES)
    reply = person.press(f"{PAGES}draft/start", days="7")
    assert reply.status_code == 302
    page = person.page(reply.location)
    assert "<progress" in page
    assert "Look again" in page
    do_work(app, slices=1)
    assert f"30 of {COUNT} sessions replayed." in person.words(reply.location)
    do_work(app)
    page, said = person.page(reply.location), person.words(reply.location)
    assert search(rf"Of {COUNT} sessions, \d+ \(\d+\.\d%\) would see something else: €", said), said
    assert "<progress" not in page
    assert "Look again" not in page
    assert '<span lang="en">' in page, "a sentence does not say its language"
    assert "Spain pays &lt;by card&gt;" in page, "a name was taken for markup"
    for label in ("Left without any method", "By rule", "By method", "the rules’ doing alone"):
        assert label in said, label
    links = findall(r'href="(/admin/sessions/[^"]+)"', page)
    assert links
    for link in links[:3]:
        assert person.get(unescape(link)).status_code == 200
    assert "Finished" in person.words(PAGES)


def test_a_replay_of_a_draft_that_moved_on_says_so(app: Flask, shop: Api) -> None:
    person = Operator(app)
    path = person.press(f"{PAGES}draft/start", days="7").location
    do_work(app)
    assert "its figures may no longer hold" not in person.words(path)
    Drafter(shop).save(renamed("Another"))
    assert "its figures may no longer hold" in person.words(path)


def test_a_rule_that_no_session_could_meet_is_named_and_leads_to_its_day(app: Flask, shop: Api) -> None:
    person, day = Operator(app), utc_now().date() + timedelta(days=7)
    rules = seed_json()
    rules["rules"].insert(0, after_a_decline() | {"name": "Next <week>", "valid_from": day.isoformat()})
    Drafter(shop).save(rules)
    path = person.press(f"{PAGES}draft/start", days="7", as_of="").location
    do_work(app)
    page, said = person.page(path), person.words(path)
    assert f"None of {COUNT} sessions would see anything else." in said
    assert "The rule “Next &lt;week&gt;” begins on" in page
    assert "none of these sessions could meet it" in said
    [link] = findall(r'href="([^"]+as_of=[^"]+)"', page)
    assert f'name="as_of" value="{day}"' in person.page(unescape(link))
    path = person.press(f"{PAGES}draft/start", days="7", as_of=day.isoformat()).location
    do_work(app)
    said = person.words(path)
    assert "as if all of them were on" in said
    assert "could meet it" not in said
    assert "would see something else" in said
    assert "after a failed attempt" in said
    assert ", as if " in person.words(PAGES)


@pytest.mark.parametrize("as_of", ["2026-1-1", "tomorrow", "20261224", "0001-01-01", "9999-12-31", "x" * 5_000])
def test_a_day_that_makes_no_sense_is_told(app: Flask, shop: Api, as_of: str) -> None:
    person = Operator(app)
    assert person.press(f"{PAGES}draft/start", days="7", as_of=as_of).location == PAGES
    assert "As if it were: must be a day" in person.words(PAGES)
    reply = shop.post(REPLAY, {"days": 7, "as_of": as_of})
    if as_of not in ("2026-1-1", "20261224"):  # other ways of writing a day
        assert reply.status_code == 422, reply.text
        assert reply.json["errors"][0]["field"] == "as_of"
    assert person.get(f"{PAGES}?as_of={as_of}").status_code == 200


def test_a_replay_as_of_a_day_over_the_api(app: Flask, shop: Api) -> None:
    day = (utc_now().date() + timedelta(days=3)).isoformat()
    begun = shop.post(REPLAY, {"days": 7, "as_of": day}).json
    assert (begun["as_of"], begun["unmet"]) == (day, [])
    assert start(shop)["id"] != begun["id"], "another day was taken for the same"
    rules = seed_json()
    rules["rules"].append(after_a_decline() | {"valid_until": "2020-02-29"})
    Drafter(shop).save(rules)
    [told] = start(shop)["unmet"]
    assert told == {"rule": "rule_declined", "name": "After a decline", "begins": None, "ended": "2020-02-29"}


def test_a_replay_is_cancelled_in_the_backoffice(app: Flask, shop: Api) -> None:
    person = Operator(app)
    path = person.press(f"{PAGES}draft/start", days="7").location
    do_work(app, slices=2)
    assert person.press(f"{path}/cancel").status_code == 302
    said = person.words(path)
    assert f"It was cancelled after 60 of {COUNT} sessions" in said
    do_work(app)
    assert person.words(path) == said


@pytest.mark.parametrize("days", ["", "0", "91", "-1", "x", "1e3", "٣", "9" * 400])
def test_a_form_with_nonsense_is_told(app: Flask, shop: Api, days: str) -> None:
    person = Operator(app)
    assert person.press(f"{PAGES}draft/start", days=days).location == PAGES
    assert "must be a whole number from 1 to 90" in person.words(PAGES)


def test_who_may_not_write_rules_may_look_but_not_start(app: Flask, shop: Api) -> None:
    path = Operator(app).press(f"{PAGES}draft/start", days="7").location
    add_person(app, "second@example.com", "rules_approver")
    person = Operator(app, "second@example.com")
    assert "Cancel" not in person.words(path)
    assert "Replay the draft as it stands" not in person.words(PAGES)
    for refused in (f"{PAGES}draft/start", f"{path}/cancel"):
        assert person.press(refused, days="7").status_code == 403
    assert person.get(f"{PAGES}rpl_none").status_code == 404
