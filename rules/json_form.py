"""A rule set as plain data for JSON, and back exactly (reading is in json_reader)."""

from typing import Any

from rules.json_reader import from_json
from rules.spec import (
    Action,
    Adjustment,
    Condition,
    ConditionValue,
    Group,
    HideMethods,
    Money,
    Offer,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    RuleSet,
    ShowNotice,
)

__all__ = ["from_json", "group_to_json", "offer_to_json", "to_json", "value_to_json"]


def to_json(ruleset: RuleSet) -> dict[str, Any]:
    """The rule set as plain data: `from_json(to_json(x)) == x`."""
    return {
        "rules": [_rule(rule) for rule in ruleset.rules],
        "adjustments": [_adjustment(adjustment) for adjustment in ruleset.adjustments],
        "default": offer_to_json(ruleset.default),
    }


def offer_to_json(offer: Offer) -> dict[str, Any]:
    """An offer as plain data."""
    return {"methods": [{"method": item.method, "providers": _plan(item.plan)} for item in offer.methods]}


def group_to_json(group: Group) -> dict[str, Any]:
    """A condition tree as plain data: one key, all, any or none, over a list."""
    return {group.kind.value: [_node(child) for child in group.children]}


def value_to_json(value: ConditionValue) -> Any:
    """A condition's value as plain data: money as {amount, currency}, several values as a list."""
    if isinstance(value, tuple):
        return [value_to_json(item) for item in value]
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    return value


def _node(node: Condition | Group) -> dict[str, Any]:
    if isinstance(node, Group):
        return group_to_json(node)
    data: dict[str, Any] = {"attribute": node.attribute, "operator": node.operator.value}
    if node.value is not None:
        data["value"] = value_to_json(node.value)
    return data


def _rule(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {"id": rule.id, "name": rule.name, "enabled": rule.enabled}
    if rule.valid_from is not None:
        data["valid_from"] = rule.valid_from.isoformat()
    if rule.valid_until is not None:
        data["valid_until"] = rule.valid_until.isoformat()
    data |= {"when": group_to_json(rule.when), "offer": offer_to_json(rule.offer)}
    if rule.experiment is not None:
        data["experiment"] = {"share": rule.experiment.share, "offer": offer_to_json(rule.experiment.offer)}
    return data


def _adjustment(adjustment: Adjustment) -> dict[str, Any]:
    return {
        "id": adjustment.id,
        "name": adjustment.name,
        "enabled": adjustment.enabled,
        "when": group_to_json(adjustment.when),
        "actions": [_action(action) for action in adjustment.actions],
    }


def _action(action: Action) -> dict[str, Any]:
    match action:
        case HideMethods(methods):
            return {"type": "hide_methods", "methods": list(methods)}
        case PutFirst(methods):
            return {"type": "put_first", "methods": list(methods)}
        case RouteMethod(method, plan):
            return {"type": "route_method", "method": method, "providers": _plan(plan)}
        case RequireStrongAuthentication(methods):
            named = {"methods": list(methods)} if methods else {}
            return {"type": "require_strong_authentication"} | named
        case ShowNotice(text):
            return {"type": "show_notice", "text": dict(sorted(text.items()))}  # as every database gives it back


def _plan(plan: ProviderPlan) -> dict[str, Any]:
    accounts = [
        {"account": item.account} | ({"weight": item.weight} if item.weight is not None else {})
        for item in plan.accounts
    ]
    return {"strategy": plan.strategy.value, "accounts": accounts}
