"""The same rules in three other engines, each asked for the first rule that matches."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import rule_engine
import zen
from json_logic import jsonLogic

from rules import RuleSet
from tests.benchmarks.rules_cases import values

Ask = Callable[[Mapping[str, Any]], str | None]  # a session's facts to the id of the first rule that matches


def with_rule_engine(ruleset: RuleSet) -> Ask:
    """rule-engine: one compiled expression a rule, asked in order."""
    compiled = [(rule.id, rule_engine.Rule(_expression(values(rule)))) for rule in ruleset.rules]

    def ask(facts: Mapping[str, Any]) -> str | None:
        return next((key for key, rule in compiled if rule.matches(facts)), None)

    return ask


def _expression(wanted: dict[str, Any]) -> str:
    low, high = wanted["amount"]
    categories = " or ".join(f"{json.dumps(item)} in product_categories" for item in wanted["product_categories"])
    return " and ".join(
        (
            f"country in {json.dumps(wanted['country'])}",
            f"channel == {json.dumps(wanted['channel'])}",
            f"customer_type == {json.dumps(wanted['customer_type'])}",
            f"device != {json.dumps(wanted['device'])}",
            f"({categories})",
            f"amount >= {low.amount} and amount <= {high.amount} and currency == {json.dumps(low.currency)}",
        )
    )


def with_json_logic(ruleset: RuleSet) -> Ask:
    """json-logic-qubit: one tree a rule, asked in order."""
    trees = [(rule.id, _tree(values(rule))) for rule in ruleset.rules]

    def ask(facts: Mapping[str, Any]) -> str | None:
        return next((key for key, tree in trees if jsonLogic(tree, facts)), None)

    return ask


def _tree(wanted: dict[str, Any]) -> dict[str, Any]:
    low, high = wanted["amount"]
    return {
        "and": [
            {"in": [{"var": "country"}, list(wanted["country"])]},
            {"===": [{"var": "channel"}, wanted["channel"]]},
            {"===": [{"var": "customer_type"}, wanted["customer_type"]]},
            {"!==": [{"var": "device"}, wanted["device"]]},
            {"or": [{"in": [item, {"var": "product_categories"}]} for item in wanted["product_categories"]]},
            {"<=": [low.amount, {"var": "amount"}, high.amount]},
            {"===": [{"var": "currency"}, low.currency]},
        ]
    }


def with_zen(ruleset: RuleSet) -> Ask:
    """zen-engine: one decision table, first hit."""
    fields = ("country", "channel", "customer_type", "device", "product_categories", "amount", "currency")
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": field, "name": field, "field": field} for field in fields],
        "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
        "rules": [{"_id": rule.id, **_row(values(rule)), "out": json.dumps(rule.id)} for rule in ruleset.rules],
    }
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
            {"id": "end", "name": "end", "type": "outputNode"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "2", "sourceId": "table", "targetId": "end", "type": "edge"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))

    def ask(facts: Mapping[str, Any]) -> str | None:
        result = decision.evaluate(facts)["result"]
        return result["rule"] if result else None

    return ask


def _row(wanted: dict[str, Any]) -> dict[str, str]:
    low, high = wanted["amount"]
    return {
        "country": ", ".join(json.dumps(item) for item in wanted["country"]),
        "channel": json.dumps(wanted["channel"]),
        "customer_type": json.dumps(wanted["customer_type"]),
        "device": f"$ != {json.dumps(wanted['device'])}",
        "product_categories": " or ".join(f"contains($, {json.dumps(item)})" for item in wanted["product_categories"]),
        "amount": f"[{low.amount}..{high.amount}]",
        "currency": json.dumps(low.currency),
    }
