"""The form as the JSON form of one item, with a message for each field that cannot be read or is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from admin.builder.model import (
    ADJUSTMENT,
    DEFAULT,
    RULE,
    ActionForm,
    ConditionForm,
    GroupForm,
    ItemForm,
    MethodForm,
    OfferForm,
)
from admin.builder.surroundings import Surroundings, Widget
from admin.builder.typed import Mistyped, not_known, read_amount, read_day, read_number, split_list
from admin.builder.words import is_list, is_presence, operator_label
from rules import Attribute, AttributeType, Operator, Strategy

BLANK = "…"  # stands in the sentence for what cannot be read; never saved, since its field has a message


@dataclass
class Written:
    """The JSON form, and the messages by field; `typed` are the fields in which something stands."""

    data: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)


def write(form: ItemForm, known: Surroundings) -> Written:
    """Return the form as JSON; without messages it has the shape of an item, and validation may look at it."""
    writer = _Writer(known)
    writer.out.data = writer.item(form)
    return writer.out


class _Writer:
    def __init__(self, known: Surroundings) -> None:
        self.known = known
        self.out = Written()

    def item(self, form: ItemForm) -> dict[str, Any]:
        if form.kind == DEFAULT:
            return self.offer(form.offer, "offer")
        data: dict[str, Any] = {"id": form.id, "name": form.name, "enabled": form.enabled}
        if not form.name.strip():
            self.fault("name", "Give it a name that tells people what it is for.", "")
        if form.kind == RULE:
            for name, text in (("valid_from", form.valid_from), ("valid_until", form.valid_until)):
                day = self.read(name, text, read_day) if text.strip() else None
                data |= {name: day} if day not in (None, BLANK) else {}
        data["when"] = self.group(form.when, "when")
        if form.kind == ADJUSTMENT:
            data["actions"] = [self.action(action, f"actions.{place}") for place, action in enumerate(form.actions)]
            return data
        data["offer"] = self.offer(form.offer, "offer")
        if form.other is not None:
            share = self.read("share", form.share, read_number, "Write the share in percent, from 1 to 99.")
            data["experiment"] = {"share": 0 if share == BLANK else share, "offer": self.offer(form.other, "other")}
        return data

    def group(self, form: GroupForm, name: str) -> dict[str, Any]:
        kind = form.kind if form.kind in ("all", "any", "none") else "all"
        return {kind: [self.node(child, f"{name}.{place}") for place, child in enumerate(form.children)]}

    def node(self, form: ConditionForm | GroupForm, name: str) -> dict[str, Any]:
        if isinstance(form, GroupForm):
            return self.group(form, name)
        operator = form.operator if form.operator in tuple(Operator) else Operator.IS_KNOWN.value
        if operator != form.operator:
            self.fault(f"{name}.operator", "Choose how to compare.", form.operator)
        data: dict[str, Any] = {"attribute": form.attribute, "operator": operator}
        return data if is_presence(operator) else data | {"value": self.value(form, Operator(operator), name)}

    def value(self, form: ConditionForm, operator: Operator, name: str) -> Any:
        attribute = self.known.catalogue.get(form.attribute)
        match self.known.widget(form.attribute):
            case Widget.AMOUNT:
                return self.scalars(form, operator, name, lambda text: _money(text, form.currency))
            case Widget.NUMBER:
                return self.scalars(form, operator, name, read_number)
            case Widget.DAY:
                return self.scalars(form, operator, name, read_day)
        return self.picked(form, operator, attribute, f"{name}.value")

    def scalars(self, form: ConditionForm, operator: Operator, name: str, read: Callable[[str], Any]) -> Any:
        """One value, two for between, or a list between commas."""
        if operator is Operator.BETWEEN:
            return [self.read(f"{name}.value", form.low, read), self.read(f"{name}.high", form.high, read)]
        if is_list(operator):
            return [self.read(f"{name}.value", part, read) for part in split_list(form.low) or [""]]
        if len(split_list(form.low)) > 1 and read is read_number:
            self.fault(f"{name}.value", "Write one number, or choose “is one of” for several.", form.low)
            return BLANK
        return self.read(f"{name}.value", form.low, read)

    def picked(self, form: ConditionForm, operator: Operator, attribute: Attribute | None, name: str) -> Any:
        type_ = attribute.type if attribute else AttributeType.STRING
        picks: list[Any] = [_truth(pick) if type_ is AttributeType.BOOLEAN else pick for pick in form.picks]
        if form.text.strip():  # what could be read of it was picked already
            self.fault(name, not_known(split_list(form.text) or [form.text], type_), form.text)
            picks = picks or [BLANK]
        if not picks:
            self.fault(name, "Choose at least one." if is_list(operator) else "Choose one.", "")
            picks = [BLANK]
        if is_list(operator):
            return picks
        if len(picks) > 1:
            several = Operator.IN if operator is Operator.EQUALS else Operator.NOT_IN
            label = operator_label(type_, several)
            self.fault(name, f"Keep one, or choose “{label}” for several.", ", ".join(form.picks))
        return picks[0]

    def offer(self, form: OfferForm, name: str) -> dict[str, Any]:
        methods = [
            {"method": method.method, "providers": self.plan(method, f"{name}.{place}")}
            for place, method in enumerate(form.methods)
        ]
        return {"methods": methods}

    def plan(self, form: MethodForm, name: str) -> dict[str, Any]:
        shared = form.strategy == Strategy.WEIGHTED
        accounts: list[dict[str, Any]] = []
        for place, account in enumerate(form.accounts):
            data: dict[str, Any] = {"account": account.account}
            if shared:
                spot = f"{name}.{place}.weight"
                weight = self.read(spot, account.weight, read_number, "Write this provider's share, such as 50.")
                data["weight"] = 0 if weight == BLANK else weight
            accounts.append(data)
        return {"strategy": Strategy.WEIGHTED.value if shared else Strategy.ORDERED.value, "accounts": accounts}

    def action(self, form: ActionForm, name: str) -> dict[str, Any]:
        match form.type:
            case "route_method":
                plan = self.plan(form.plan, f"{name}.plan")
                return {"type": form.type, "method": form.plan.method, "providers": plan}
            case "show_notice":
                texts = {one.language: one.text for one in form.notices if one.text.strip()}
                return {"type": form.type, "text": texts}
            case "require_strong_authentication" if not form.picks:
                return {"type": form.type}
        return {"type": form.type, "methods": list(form.picks)}

    def read(self, name: str, text: str, read: Callable[[str], Any], empty: str = "Fill this in.") -> Any:
        """Return what stands in a field, or BLANK with a message."""
        try:
            if text.strip():
                return read(text)
            self.fault(name, empty, "")
        except Mistyped as mistyped:
            self.fault(name, str(mistyped), text)
        return BLANK

    def fault(self, name: str, message: str, typed: str) -> None:
        self.out.messages.setdefault(name, message)
        if typed.strip():
            self.out.typed.add(name)


def _money(text: str, currency: str) -> dict[str, Any]:
    return {"amount": read_amount(text, currency), "currency": currency}


def _truth(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text, text)
