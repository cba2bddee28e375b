"""The facts of a replay: as they were recorded, of every decision of a session, on their own day or another."""

import copy
from datetime import timedelta

import pytest

from app.models import DecisionRecord, db, utc_now
from app.services import replays
from app.services.errors import FieldRefused
from app.services.transaction import transaction
from rules import seed_json
from tests.support.replaying import after_a_decline, draft, plainly, some_facts, told, work_off
from tests.support.stored import store_sessions

pytestmark = pytest.mark.usefixtures("app_context")
COUNT = 230


def test_facts_are_replayed_as_they_were_recorded_whatever_became_of_their_attributes() -> None:
    facts = list(some_facts(60))
    store_sessions(facts[:30])
    store_sessions([given | {"channel": "fax", "hat": "red"} for given in facts[30:]])  # a choice and a key now gone
    draft()
    replay = replays.start(days=7, actor="ann")
    work_off()
    figures = told(replay.id)
    assert figures == plainly(replays.get_replay(replay.id))
    assert figures["sessions"] == 60
    assert figures["pairs"]


def test_a_draft_that_changes_only_what_follows_a_decline_changes_those_sessions() -> None:
    store_sessions(some_facts(COUNT))
    document = copy.deepcopy(seed_json())
    document["rules"].insert(0, after_a_decline())
    draft(document)
    replay = replays.start(days=7, actor="ann")
    work_off()
    ended = replays.get_replay(replay.id)
    assert told(replay.id) == plainly(ended)
    figures = ended.figures
    assert figures["retried"] == figures["changed"]["sessions"] > 0
    assert figures["decisions"] > figures["sessions"] == COUNT
    assert all(example["retry"] for pair in figures["pairs"] for example in pair["examples"])


def test_a_retry_while_the_replay_is_at_work_does_not_count() -> None:
    ids = store_sessions(some_facts(50))
    draft()
    replay = replays.start(days=7, actor="ann")
    with transaction():
        late = DecisionRecord(session_id=ids[0], sequence=7, version=1, facts={}, outcome={})
        db.session.add(late)
    decisions = plainly(replay)["decisions"]
    work_off()
    assert replays.get_replay(replay.id).figures["decisions"] == decisions


def test_a_rule_of_next_week_is_named_and_met_as_of_its_day() -> None:
    store_sessions(some_facts(COUNT))
    document, next_week = copy.deepcopy(seed_json()), utc_now().date() + timedelta(days=7)
    rule = after_a_decline() | {"name": "Next week", "when": {"all": []}, "valid_from": next_week.isoformat()}
    document["rules"].insert(0, rule)
    draft(document)
    plain, moved = (replays.start(days=7, actor="ann", as_of=as_of) for as_of in (None, next_week))
    assert plain.id != moved.id
    assert replays.start(days=7, actor="bob", as_of=next_week).id == moved.id
    work_off()
    ends = [replays.get_replay(replay.id) for replay in (plain, moved)]
    assert [end.figures["changed"]["sessions"] for end in ends] == [0, COUNT]
    assert [[rule.name for rule in replays.unmet_rules(end)] for end in ends] == [["Next week"], []]
    assert told(moved.id) == plainly(ends[1])


@pytest.mark.parametrize("away", [-367, 368, -700_000])
def test_a_day_that_is_far_away_is_refused(away: int) -> None:
    draft()
    with pytest.raises(FieldRefused, match="as_of: must be a day within a year"):
        replays.start(days=7, actor="ann", as_of=utc_now().date() + timedelta(days=away))
