"""The JSON form: an exact round trip, and every wrong shape refused with its path."""

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings

from rules import BUILT_IN_CATALOGUE, InvalidRuleSet, RuleSet, from_json, seed_json, to_json
from rules.validation import parse
from tests.unit.rules.strategies import rulesets


@settings(max_examples=60, deadline=None)
@given(rulesets())
def test_round_trip(ruleset: RuleSet) -> None:
    data = to_json(ruleset)
    assert from_json(json.loads(json.dumps(data))) == ruleset
    assert to_json(from_json(data)) == data


def test_seed_round_trip() -> None:
    assert to_json(from_json(seed_json())) == seed_json()


def problems(change: Any) -> list[str]:
    data = seed_json()
    change(data)
    with pytest.raises(InvalidRuleSet) as caught:
        from_json(data)
    return [problem.path for problem in caught.value.problems]


def test_wrong_shapes_name_their_path() -> None:
    rule = "rules[0]"
    assert problems(lambda data: data.pop("default")) == ["default"]
    assert problems(lambda data: data.update(rules={})) == ["rules"]
    assert problems(lambda data: data["rules"][0].update(enabled="yes")) == [f"{rule}.enabled"]
    assert problems(lambda data: data["rules"][0].update(colour="red")) == [f"{rule}.colour"]
    assert problems(lambda data: data["rules"][0].update(valid_from="tomorrow")) == [f"{rule}.valid_from"]
    assert problems(lambda data: data["rules"][0].update(when={"all": [], "any": []})) == [f"{rule}.when"]
    assert problems(lambda data: data["rules"][0]["when"]["all"].append({"some": []})) == [f"{rule}.when.all[3]"]
    assert problems(lambda data: data["rules"][0]["when"]["all"][1].update(value=1.5)) == [f"{rule}.when.all[1].value"]
    assert problems(lambda data: data["rules"][0]["when"]["all"][1].update(operator="like")) == [
        f"{rule}.when.all[1].operator"
    ]
    assert problems(lambda data: data["adjustments"][0]["actions"][0].update(type="shout")) == [
        "adjustments[0].actions[0].type"
    ]
    assert problems(lambda data: data["default"]["methods"][0]["providers"].update(strategy="random")) == [
        "default.methods[0].providers.strategy"
    ]


@pytest.mark.parametrize("share", ["x", "20", True, 1e9, 1.5, None, [], {}])
def test_a_share_that_is_no_whole_number_is_refused(share: object) -> None:
    def split(data: dict[str, Any]) -> None:
        data["rules"][0]["experiment"] = {"share": share, "offer": data["default"]}

    assert problems(split) == ["rules[0].experiment.share"]


def test_wrong_experiments_name_their_path() -> None:
    spot = "rules[0].experiment"
    assert problems(lambda data: data["rules"][0].update(experiment=50)) == [spot]
    assert problems(lambda data: data["rules"][0].update(experiment={"share": 50})) == [f"{spot}.offer"]
    assert problems(lambda data: data["rules"][0].update(experiment={"offer": data["default"]})) == [f"{spot}.share"]
    assert problems(lambda data: data["rules"][0].update(experiment={"share": 5, "offer": {"methods": 5}})) == [
        f"{spot}.offer.methods"
    ]
    assert problems(
        lambda data: data["rules"][0].update(experiment={"share": 5, "offer": data["default"], "arms": 3})
    ) == [f"{spot}.arms"]


def test_problems_name_the_rule() -> None:
    data = seed_json()
    wrong = next(rule for rule in data["rules"] if rule["id"] == "rule_in_store")
    wrong["enabled"] = 1
    with pytest.raises(InvalidRuleSet) as caught:
        from_json(data)
    (problem,) = caught.value.problems
    assert problem.rule == "In the store"
    assert problem.message == "Write true or false in “In the store”."


@pytest.mark.parametrize("obj", [None, 5, "x", [], {}, {"rules": None}, {"rules": [None], "default": []}, True])
def test_anything_else_is_refused(obj: object) -> None:
    with pytest.raises(InvalidRuleSet):
        from_json(obj)


def test_nesting_beyond_all_bounds_is_refused_not_recursed() -> None:
    tree: dict[str, Any] = {"all": []}
    for _ in range(5_000):
        tree = {"all": [tree]}
    data = seed_json()
    data["rules"][0]["when"] = tree
    with pytest.raises(InvalidRuleSet, match="nested too deeply"):
        from_json(data)


def test_a_hostile_file_is_answered_shortly() -> None:
    with pytest.raises(InvalidRuleSet) as caught:
        from_json({"rules": [5] * 100_000, "default": {}})
    assert len(caught.value.problems) <= 50


JUNK: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "x" * 10_000, "\x00", "\ud800", "$nex", "<script>", [], [[]], [None], {},
    {"all": 5}, {"amount": 10**40, "currency": "EUR"}, {"amount": 1, "currency": "x" * 500}, {"any": []},
    ["IT"] * 500, [{}],
]  # fmt: skip


def test_mutations_of_the_seed_are_read_or_refused_but_never_crash() -> None:
    chooser = random.Random(5)
    read = refused = 0
    messages: list[str] = []
    for _ in range(600):
        data = copy.deepcopy(seed_json())
        for _ in range(chooser.randint(1, 2)):
            mutate(chooser, data)
        try:
            parse(data, BUILT_IN_CATALOGUE, METHODS, ACCOUNTS)
            read += 1
        except InvalidRuleSet as error:
            messages += [problem.message for problem in error.problems]
            refused += 1
    assert refused > 400
    assert read > 2
    assert all(message.endswith(".") and len(message) < 1_000 for message in messages)


def mutate(chooser: random.Random, node: Any) -> None:
    """Replace or remove something at a random place."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = chooser.choice(keys)
        if isinstance(node[key], (dict, list)) and chooser.random() < 0.75:
            node = node[key]
            continue
        if chooser.random() < 0.2:
            del node[key]
        else:
            node[key] = copy.deepcopy(chooser.choice(JUNK))
        return


METHODS = frozenset(item["method"] for rule in seed_json()["rules"] for item in rule["offer"]["methods"])
ACCOUNTS = frozenset(("sandbox_north", "sandbox_south"))
