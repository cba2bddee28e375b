"""A rule, adjustment or default offer in its JSON form, put into the form's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from admin.builder.model import (
    DEFAULT,
    AccountForm,
    ActionForm,
    ConditionForm,
    GroupForm,
    ItemForm,
    MethodForm,
    NoticeForm,
    OfferForm,
)
from admin.builder.surroundings import Surroundings, Widget
from admin.builder.typed import shown_amount
from rules.facts import MAX_INTEGER
from rules.money import DECIMALS

Json = Mapping[str, Any]
OFFERED_LANGUAGES = ("en", "it", "de")


def load(kind: str, data: Json, known: Surroundings) -> ItemForm:
    """Return the form of one item of a draft, which has the shape of one but need not be valid."""
    if kind == DEFAULT:
        return ItemForm(kind, offer=_offer(data))
    experiment = data.get("experiment")
    return ItemForm(
        kind=kind,
        id=data["id"],
        name=data["name"],
        enabled=data.get("enabled", True),
        valid_from=data.get("valid_from") or "",
        valid_until=data.get("valid_until") or "",
        when=_group(data["when"], known),
        offer=_offer(data["offer"]) if "offer" in data else OfferForm(),
        share=str(experiment["share"]) if experiment else "",
        other=_offer(experiment["offer"]) if experiment else None,
        actions=[_action(action) for action in data.get("actions", ())],
    )


def _group(data: Json, known: Surroundings) -> GroupForm:
    [(kind, children)] = data.items()
    return GroupForm(
        kind, [_condition(child, known) if "attribute" in child else _group(child, known) for child in children]
    )


def _condition(data: Json, known: Surroundings) -> ConditionForm:
    form = ConditionForm(data["attribute"], data["operator"], currency=known.currency)
    value = data.get("value")
    if value is None:
        return form
    values = value if isinstance(value, list) else [value]
    match known.widget(form.attribute):
        case Widget.AMOUNT:
            form.currency = next((one["currency"] for one in values if isinstance(one, dict)), form.currency)
            texts = [_amount(one, form.currency) for one in values]
        case Widget.NUMBER | Widget.DAY:
            texts = [_text(one) for one in values]
        case _:
            form.picks = [_text(one) for one in values]
            return form
    if form.operator == "between":
        form.low, form.high = texts[0] if texts else "", ", ".join(texts[1:])
    else:
        form.low = ", ".join(texts)
    return form


def _amount(value: Any, currency: str) -> str:
    """Return an amount without its currency; one that cannot be shown so keeps what it has, to be refused."""
    if not isinstance(value, dict):
        return _text(value)
    amount, own = value["amount"], value["currency"]
    if own in DECIMALS and 0 <= amount <= MAX_INTEGER:
        return shown_amount(amount, own) + (f" {own}" if own != currency else "")
    return f"{amount} {own}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value['amount']} {value['currency']}" if isinstance(value, dict) else str(value)


def _offer(data: Json) -> OfferForm:
    return OfferForm([_method(item["method"], item["providers"]) for item in data["methods"]])


def _method(method: str, plan: Json) -> MethodForm:
    accounts = [AccountForm(item["account"], _text(item.get("weight", ""))) for item in plan["accounts"]]
    return MethodForm(method, plan["strategy"], accounts)


def _action(data: Json) -> ActionForm:
    form = ActionForm(data["type"], list(data.get("methods", ())))
    if "providers" in data:
        form.plan = _method(data["method"], data["providers"])
    texts = data.get("text", {})
    form.notices = [NoticeForm(language, text) for language, text in texts.items()]
    if form.type == "show_notice":
        form.notices += [NoticeForm(language) for language in OFFERED_LANGUAGES if language not in texts]
    return form
