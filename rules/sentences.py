"""Rules, adjustments and offers as plain sentences, for people who never see JSON."""

from collections.abc import Mapping
from datetime import date
from functools import singledispatchmethod

from babel import Locale
from babel.dates import format_date

from rules.attributes import Attribute, AttributeType, Catalogue
from rules.facts import MAX_INTEGER, is_iso_date
from rules.limits import MAX_WEIGHT
from rules.money import DECIMALS, local_money
from rules.phrases import ENGLISH, PHRASES
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
    """Describes many items in one language."""

    def __init__(
        self, catalogue: Catalogue, methods: Mapping[str, str], accounts: Mapping[str, str], locale: str = "en"
    ) -> None:
        language = locale.replace("-", "_").partition("_")[0]
        self._locale = locale.replace("-", "_") if language in PHRASES else "en"
        self._phrases = PHRASES.get(language, ENGLISH)
        self._territories = Locale.parse(self._locale).territories
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
        condition = self.group(group)
        if not condition:
            return f"{self._phrases.always} {action}"
        return self._phrases.when.format(condition=condition, action=action)

    def group(self, group: Group, nested: bool = False) -> str:
        """The tree in words; empty for a group without conditions."""
        parts = [
            self.group(child, nested=True) if isinstance(child, Group) else self.condition(child)
            for child in group.children
        ]
        if group.kind is GroupKind.NONE and parts:
            template = self._phrases.none_of_one if len(parts) == 1 else self._phrases.none_of
            text = template.format(items="; ".join(parts))
        else:
            text = (self._phrases.all_of if group.kind is GroupKind.ALL else self._phrases.any_of).join(parts)
        return f"({text})" if nested and len(parts) > 1 else text

    def condition(self, condition: Condition) -> str:
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
        label = attribute.label if attribute.type is AttributeType.BOOLEAN else _lower(attribute.label)
        return template.format(attribute=label, value=self._listed(values), low=low, high=high)

    def _listed(self, values: list[str]) -> str:
        more = len(values) - MAX_LISTED
        return ", ".join(values[:MAX_LISTED]) + (f", … (+{more})" if more > 0 else "")

    def _value(self, attribute: Attribute, value: Scalar | None) -> str:
        match value:
            case None:
                return ""
            case Money(amount, currency) if abs(amount) > MAX_INTEGER or currency not in DECIMALS:
                return _cut(f"{amount} {currency}")  # beyond what can be formatted, and refused by validation
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
                return str(self._territories.get(value, value))
            case AttributeType.DATE if is_iso_date(value):
                return self._day(date.fromisoformat(value))
        return _cut(value.replace("_", " ") if attribute.choices else value)

    def _day(self, day: date) -> str:
        text: str = format_date(day, "long", locale=self._locale)
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
