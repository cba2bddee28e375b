"""A rule set as frozen data: conditions, offers, rules and adjustments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from rules.attributes import Operator


@dataclass(frozen=True)
class Money:
    """An amount in minor units of an ISO 4217 currency."""

    amount: int
    currency: str


# One value, or several for in, not_in, between (low, high) and the contains operators; None for is_known, is_unknown.
Scalar = str | int | bool | Money
ConditionValue = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True)
class Condition:
    """One test on one attribute."""

    attribute: str
    operator: Operator
    value: ConditionValue = None


class GroupKind(StrEnum):
    """How the tests of a group combine; an empty all or none is true, an empty any is false."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True)
class Group:
    """Conditions and groups that hold together: all of them, any of them or none of them."""

    kind: GroupKind = GroupKind.ALL
    children: tuple["Condition | Group", ...] = ()


class Strategy(StrEnum):
    """How a plan chooses: in order, each the fallback of the one before, or split by weight."""

    ORDERED = "ordered"
    WEIGHTED = "weighted"


@dataclass(frozen=True)
class PlannedAccount:
    """A provider account in a plan; the weight is a positive integer under the weighted strategy, else None."""

    account: str
    weight: int | None = None


@dataclass(frozen=True)
class ProviderPlan:
    """The accounts that may carry a method."""

    strategy: Strategy
    accounts: tuple[PlannedAccount, ...]


@dataclass(frozen=True)
class MethodPlan:
    """A payment method and the plan of the accounts that may carry it."""

    method: str
    plan: ProviderPlan


@dataclass(frozen=True)
class Offer:
    """The methods a customer sees, in order."""

    methods: tuple[MethodPlan, ...] = ()


@dataclass(frozen=True)
class Experiment:
    """Another offer (arm b) that `share` percent of the rule's sessions see, 1 to 99; the rest see its own (arm a)."""

    share: int
    offer: Offer


@dataclass(frozen=True)
class Rule:
    """When its conditions hold on a day it is valid (both dates included), its offer is made."""

    id: str
    name: str
    when: Group
    offer: Offer
    enabled: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    experiment: Experiment | None = None


@dataclass(frozen=True)
class HideMethods:
    """Take these methods out of the offer."""

    methods: tuple[str, ...]


@dataclass(frozen=True)
class PutFirst:
    """Move these methods, where they are offered, to the front in this order."""

    methods: tuple[str, ...]


@dataclass(frozen=True)
class RouteMethod:
    """Carry this method, where it is offered, by another plan."""

    method: str
    plan: ProviderPlan


@dataclass(frozen=True)
class RequireStrongAuthentication:
    """Ask the provider for strong customer authentication; no methods named means every method offered."""

    methods: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShowNotice:
    """Show a sentence above the methods: language code to text."""

    text: Mapping[str, str]


Action = HideMethods | PutFirst | RouteMethod | RequireStrongAuthentication | ShowNotice


@dataclass(frozen=True)
class Adjustment:
    """When its conditions hold, its actions apply in order to whatever offer was chosen; they never add a method."""

    id: str
    name: str
    when: Group
    actions: tuple[Action, ...]
    enabled: bool = True


@dataclass(frozen=True)
class RuleSet:
    """The first rule that matches decides, else the default offer; then every adjustment that matches applies."""

    rules: tuple[Rule, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    default: Offer = Offer()

    @cached_property
    def rules_by_id(self) -> Mapping[str, Rule]:
        """The rules by id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def adjustments_by_id(self) -> Mapping[str, Adjustment]:
        """The adjustments by id."""
        return {adjustment.id: adjustment for adjustment in self.adjustments}
