"""`flask rules check FILE`: a merchant's continuous integration learns what is wrong with a rule set."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.models import DecisionRecord, ProviderAccount, RuleSetVersion, db
from app.services import rule_checks
from rules import seed_json
from tests.support.rows import session_row

Check = Callable[[object], Result]


@pytest.fixture
def check(app: Flask, tmp_path: Path) -> Check:
    """The command, given what the file holds: plain data, or a text as it is."""

    def run(content: object) -> Result:
        file = tmp_path / "rules.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return app.test_cli_runner().invoke(args=["rules", "check", str(file)])

    return run


def seed(*rules: dict[str, Any]) -> dict[str, Any]:
    """The rules of a new hub, with others in front."""
    document = json.loads(json.dumps(seed_json()))
    document["rules"][:0] = rules
    return document


def rule(name: str, *tests: dict[str, Any], method: str = "card") -> dict[str, Any]:
    """A rule that offers one method through North."""
    providers = {"strategy": "ordered", "accounts": [{"account": "sandbox_north"}]}
    return {
        "id": name.lower().replace(" ", "_"),
        "name": name,
        "enabled": True,
        "when": {"all": list(tests)},
        "offer": {"methods": [{"method": method, "providers": providers}]},
    }


def country(code: str) -> dict[str, Any]:
    """A condition on the country."""
    return {"attribute": "country", "operator": "equals", "value": code}


def test_the_rules_of_a_new_hub_pass(check: Check, app: Flask) -> None:
    result = check(seed())
    assert result.exit_code == 0, result.output
    *lines, last = result.output.splitlines()
    assert last == "Nothing is wrong with these rules."
    assert all(line.startswith("information: ") for line in lines), result.output
    with app.app_context():
        assert db.session.query(RuleSetVersion).count() == 1, "a check stores nothing"


def test_errors_fail_the_check_a_line_for_each_naming_the_rule(check: Check) -> None:
    result = check(seed(rule("Nowhere", country("IT"), country("DE")), rule("Empty", country("CH"), method="klarna")))
    assert result.exit_code == 1
    errors = [line for line in result.output.splitlines() if line.startswith("error: ")]
    assert [line.split(":")[1] for line in errors] == [
        " The rule “Nowhere” can never match",
        " The rule “Empty” offers nothing",
    ]
    assert "Nothing is wrong" not in result.output


def test_warnings_are_shown_and_pass(check: Check) -> None:
    result = check(seed(rule("First", country("IT")), rule("Second", country("IT"))))
    assert result.exit_code == 0
    assert "warning: The rule “Second” never decides: the earlier rule “First” matches" in result.output


@pytest.mark.parametrize(("hour", "over"), [(22, False), (23, True)])
def test_a_last_day_has_passed_when_it_has_in_the_merchants_zone(
    check: Check, monkeypatch: pytest.MonkeyPatch, hour: int, over: bool
) -> None:
    """Midnight in Rome is at 23:00 UTC."""
    now = datetime(2026, 3, 14, hour, 30, tzinfo=UTC)
    monkeypatch.setattr(rule_checks, "utc_now", lambda: now)
    result = check(seed(rule("Sale", country("CH")) | {"valid_until": "2026-03-14"}))
    assert result.exit_code == 0, "time alone does not fail a merchant's continuous integration"
    told = "warning: The rule “Sale” matches no more: its last day has passed."
    assert (told in result.output) is over


def test_what_is_not_valid_fails_with_its_problems(check: Check) -> None:
    result = check(seed(rule("Odd", country("Italy"), country("Spain"))))
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("problem: In the rule “Odd”, the condition “") for line in lines)


def test_a_hostile_name_stays_on_its_line(check: Check) -> None:
    result = check(seed(rule("Odd\nerror: faked\x1b[2J", country("Italy"))))
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert all(line.startswith("problem: ") for line in result.output.splitlines())


@pytest.mark.parametrize("content", ["", "rules: []", "[" * 100_000])
def test_what_is_not_json_fails_in_a_sentence(check: Check, content: str) -> None:
    result = check(content)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "rules.json is not JSON" in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("content", ['"rules"', [1, 2], {}])
def test_what_is_no_rule_set_fails_with_the_place(check: Check, content: object) -> None:
    result = check(content)
    assert result.exit_code == 1
    assert "problem: default: " in result.output
    assert all(line.startswith("problem: ") for line in result.output.splitlines())


def test_accounts_of_this_hub_are_looked_at(check: Check, app: Flask) -> None:
    with app.app_context():
        north = db.session.get(ProviderAccount, "sandbox_north")
        assert north is not None
        north.enabled = False
        db.session.commit()
        label = north.label
    result = check(seed(rule("Only north", country("IT"))))
    assert result.exit_code == 1
    assert f"error: The rule “Only north” offers nothing: {label} is switched off." in result.output
    assert f"warning: The rule “Only north” names {label}, which is switched off." in result.output


def test_attributes_that_sessions_carried_are_known_once_there_are_enough(app_context: Flask) -> None:
    assert rule_checks.seen_attributes() is None
    for number in range(rule_checks.FEWEST_SESSIONS):
        facts = {"amount": 100, "device": "mobile"} if number else {"channel": "app"}
        db.session.add(DecisionRecord(session_id=session_row().id, sequence=0, version=1, facts=facts, outcome={}))
    db.session.commit()
    assert rule_checks.seen_attributes() == {"amount", "device", "channel"}
    checked = rule_checks.check(seed(rule("Tablet", country("IT"))))
    assert any("tests “Country”, which no session has carried lately" in one.message for one in checked.findings)
    assert checked.passed
