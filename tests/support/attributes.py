"""Own attributes and rules that test them, for tests."""

import copy
from typing import Any

from app.services import own_attributes
from app.services.attribute_fields import Fields
from rules import seed_json


def declare(
    key: str = "vip", kind: str = "boolean", *, choices: tuple[str, ...] | None = None, label: str = ""
) -> None:
    """Declare an attribute by the services; its label is made from the key unless given."""
    own_attributes.declare(key, Fields(label or key.replace("_", " ").upper(), kind, choices), actor="tester")


def asking_for(key: str = "vip", operator: str = "equals", value: Any = True) -> dict[str, Any]:
    """The rules of a new hub with one more on top: when the attribute has the value, PayPal is offered."""
    document = copy.deepcopy(seed_json())
    plan = {"strategy": "ordered", "accounts": [{"account": "sandbox_north"}]}
    rule = {
        "id": "rule_own",
        "name": f"Asks for {key}",
        "enabled": True,
        "when": {"all": [{"attribute": key, "operator": operator, "value": value}]},
        "offer": {"methods": [{"method": "paypal", "providers": plan}]},
    }
    document["rules"].insert(0, rule)
    return document
