"""Rules, adjustments and offers as plain sentences, for people who never see JSON."""

import re
from collections.abc import Mapping
from datetime import date
from functools import singledispatchmethod

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from rules.attributes import Attribute, AttributeType, Catalogue, Operator
from rules.facts import MAX_INTEGER, FactValue, is_iso_date
from rules.languages import PHRASES, spoken
from rules.limits import MAX_WEIGHT
from rules.money import DECIMALS, local_money
from rules.spec import (
    Action,
    Adjustment,
    Condition,
    Group,
    GroupKind,
    HideMethods,
    MethodPlan,
    Money,
    Offer,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    Scalar,
    ShowNotice,
    Strategy,
)

_VERB = re.compile(r" \[(\w+)\]([^|]*)\|?")  # see Phrases

MAX_LISTED = 20  # a longer list is cut, with how many more there are
MAX_SHOWN = 80  # characters of one value


def describe(
    item: Rule | Adjustment | Offer | Group | Condition,
    catalogue: Catalogue,
    methods: Mapping[str, str],
    accounts: Mapping[str, str],
    locale: str = "en",
) -> str:
    """One sentence without a full stop; `methods` and `accounts` give labels by id, and an id without one is shown.

    A language without phrases of its own is answered in English.
    """
    return Describer(catalogue, methods, accounts, locale).describe(item)


class Describer:
    """Describes many items in one language, which is `language`."""

    def __init__(
        self, catalogue: Catalogue, methods: Mapping[str, str], accounts: Mapping[str, str], locale: str = "en"
    ) -> None:
        self.language = spoken(locale)
        self._phrases = PHRASES[self.language]
        self._babel = (_known(locale) if locale.startswith(self.language) else None) or Locale.parse(self.language)
        self._locale = str(self._babel)
        self._catalogue = catalogue
        self._labels = {"failed_methods": methods, "failed_accounts": accounts}
        self._methods = methods
        self._accounts = accounts

    @singledispatchmethod
    def describe(self, item: object) -> str:
        """The item as one sentence, its first letter a capital."""
        raise TypeError(f"cannot describe {type(item).__name__}")

    @describe.register
    def _(self, item: Rule) -> str:
        sentence = self._when(item.when, self._offers(item))
        template = self._phrases.valid.get((item.valid_from is not None, item.valid_until is not None), "{sentence}")
        first, last = (self._day(day) if day else "" for day in (item.valid_from, item.valid_until))
        return _capital(template.format(first=first, last=last, sentence=sentence))

    @describe.register
    def _(self, item: Adjustment) -> str:
        return _capital(self._when(item.when, "; ".join(self.action(action) for action in item.actions)))

    @describe.register
    def _(self, item: Offer) -> str:
        return _capital(self.offer(item))

    @describe.register
    def _(self, item: Group) -> str:
        return _capital(self.group(item) or self._phrases.always)

    @describe.register
    def _(self, item: Condition) -> str:
        return _capital(self.condition(item))

    def _when(self, group: Group, action: str) -> str:
        condition = self.group(group, dependent=True)
        if not condition:
            return self._phrases.always_do.format(action=action)
        return self._phrases.when.format(condition=condition, action=action)

    def group(self, group: Group, nested: bool = False, dependent: bool = False) -> str:
        """The tree in words, as what follows a "when" if `dependent`; empty for a group without conditions."""
        as_clause, dependent = dependent, dependent and group.kind is not GroupKind.NONE  # what follows a colon is none
        parts = [
            self.group(child, True, dependent) if isinstance(child, Group) else self.condition(child, dependent)
            for child in group.children
        ]
        if group.kind is GroupKind.NONE and parts:
            template = self._phrases.none_of_one if len(parts) == 1 else self._phrases.none_of
            text = _ordered(template, as_clause).format(items="; ".join(parts))
        else:
            text = (self._phrases.all_of if group.kind is GroupKind.ALL else self._phrases.any_of).join(parts)
        apart = len(parts) > 1 or group.kind is GroupKind.NONE  # where a denial ends has to be seen
        return f"({text})" if nested and parts and apart else text

    def condition(self, condition: Condition, dependent: bool = False) -> str:
        """One condition in words; an attribute or a value that does not belong is shown as it is."""
        attribute = self._catalogue.get(condition.attribute) or Attribute(
            condition.attribute, _cut(condition.attribute), AttributeType.STRING
        )
        operator, value = condition.operator, condition.value
        values = [self._value(attribute, one) for one in (value if isinstance(value, tuple) else (value,))]
        template = self._phrases.typed.get((attribute.type, operator), self._phrases.operators[operator])
        if len(values) == 1:
            template = self._phrases.single.get(operator, template)
        low, high = (values[0], values[-1]) if values else ("", "")
        named, listed = self._named_in_sentence(attribute), self._listed(values, operator)
        return _ordered(template, dependent).format(attribute=named, value=listed, low=low, high=high)

    def label(self, attribute: Attribute) -> str:
        """What the attribute is called; a merchant's own keeps its label in every language."""
        label, _ = self._phrases.attributes.get(attribute.key, (attribute.label, ""))
        return label

    def fact(self, key: str, value: FactValue | None, currency: object = None) -> str:
        """What a session has for an attribute, in words; `currency` is the session's, None stands for missing."""
        attribute = self._catalogue.get(key)
        if value is None or attribute is None:
            return self._phrases.unknown if value is None else _cut(str(value))
        if attribute.type is AttributeType.MONEY and isinstance(value, int):
            return self._value(attribute, Money(value, str(currency or "")))
        if isinstance(value, tuple):
            return self._listed([self._value(attribute, item) for item in value], None) or self._phrases.nothing
        return self._value(attribute, value)

    def heading(self, kind: GroupKind) -> str:
        """What stands above the conditions of a group, one to a line."""
        return self._phrases.headings[kind]

    def _named_in_sentence(self, attribute: Attribute) -> str:
        if attribute.type is AttributeType.BOOLEAN:
            return self.label(attribute)
        if attribute.key in self._phrases.attributes:
            return self._phrases.attributes[attribute.key][1]
        template = self._phrases.own_list if attribute.type is AttributeType.STRING_LIST else self._phrases.own
        return template.format(label=attribute.label, lower=_lower(attribute.label))

    def _listed(self, values: list[str], operator: Operator | None) -> str:
        more = len(values) - MAX_LISTED
        joint, last = self._phrases.between.get(operator, (", ", ", ")) if operator else (", ", ", ")
        if more > 0:
            return joint.join(values[:MAX_LISTED]) + f", … (+{more})"
        return last.join(filter(None, (joint.join(values[:-1]), *values[-1:])))

    def _value(self, attribute: Attribute, value: Scalar | None) -> str:
        match value:
            case None:
                return ""
            case Money(amount, currency) if abs(amount) > MAX_INTEGER or currency not in DECIMALS:
                return _cut(f"{amount} {currency}".strip())  # beyond what can be formatted, and refused by validation
            case Money(amount, currency):
                return _cut(local_money(amount, currency, self._locale))
            case bool():
                return self._phrases.yes if value else self._phrases.no
            case int():
                return _cut(str(value))
        if attribute.key in self._labels:
            return self._labels[attribute.key].get(value, value)
        match attribute.type:
            case AttributeType.COUNTRY:
                return str(self._babel.territories.get(value, value))
            case AttributeType.DATE if is_iso_date(value):
                return self._day(date.fromisoformat(value))
        if attribute.key == "locale":
            return _language(value, self._locale)
        named = self._phrases.choices.get(attribute.key, {}).get(value)
        return named or _cut(value.replace("_", " ") if attribute.choices else value)

    def _day(self, day: date) -> str:
        text: str = format_date(day, self._phrases.day, locale=self._locale)
        return text

    def offer(self, offer: Offer) -> str:
        """The methods in order, each with its accounts."""
        if not offer.methods:
            return self._phrases.offer_nothing
        return self._phrases.offer.format(methods="; ".join(self.plan(item) for item in offer.methods))

    def _offers(self, rule: Rule) -> str:
        if rule.experiment is None:
            return self.offer(rule.offer)
        share = min(max(rule.experiment.share, 0), 100)  # a draft's may be anything
        offer, other = self.offer(rule.offer), self.offer(rule.experiment.offer)
        return self._phrases.experiment.format(offer=offer, share=share, other=other)

    def plan(self, item: MethodPlan) -> str:
        """A method and the accounts that carry it."""
        accounts = item.plan.accounts
        names = [self._accounts.get(each.account, each.account) for each in accounts]
        joint = self._phrases.then
        if item.plan.strategy is Strategy.WEIGHTED:
            weights = [min(max(each.weight or 0, 0), MAX_WEIGHT) for each in accounts]  # a draft's may be anything
            total = sum(weights) or 1
            shares = [f"{100 * weight / total:.0f}" for weight in weights]
            template = self._phrases.weighted
            names = [template.format(account=name, percent=share) for name, share in zip(names, shares, strict=True)]
            joint = self._phrases.weighted_or
        method = self._methods.get(item.method, item.method)
        return self._phrases.through.format(method=method, accounts=joint.join(names)) if names else method

    def action(self, action: Action) -> str:
        """What an adjustment does, in words."""
        phrases = self._phrases
        match action:
            case HideMethods(methods):
                return phrases.hide.format(methods=self._named(methods))
            case PutFirst(methods):
                return phrases.put_first.format(methods=self._named(methods))
            case RouteMethod(method, plan):
                return phrases.route.format(plan=self.plan(MethodPlan(method, plan)))
            case RequireStrongAuthentication(()):
                return phrases.strong_all
            case RequireStrongAuthentication(methods):
                return phrases.strong.format(methods=self._named(methods))
            case ShowNotice(text):
                shown = text.get(self._locale.partition("_")[0]) or next(iter(text.values()), "")
                return phrases.notice.format(text=shown)

    def _named(self, methods: tuple[str, ...]) -> str:
        return ", ".join(self._methods.get(method, method) for method in methods)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _ordered(template: str, dependent: bool) -> str:
    """The template with its marked verb in place, or at the end of a dependent clause."""
    return _VERB.sub(r"\2 \1" if dependent else r" \1\2", template)


def _known(locale: str) -> Locale | None:
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def _language(code: str, locale: str) -> str:
    known = _known(code)
    return (known and known.get_display_name(locale)) or _cut(code)
