"""A match turned into a Decision: offer, adjustments, plans, eligibility, and a reason for every method withheld."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rules.arms import Arm, arm_of, offer_of
from rules.decision import Decision, Match, OfferedMethod, Withheld
from rules.eligibility import AccountLimits, ineligible
from rules.facts import Facts
from rules.spec import (
    Adjustment,
    HideMethods,
    Offer,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    RuleSet,
    ShowNotice,
    Strategy,
)

DEFAULT_OFFER = "Default offer"


def decide(
    version: int,
    ruleset: RuleSet,
    match: Match,
    facts: Facts,
    accounts: Mapping[str, AccountLimits],
    session_id: str,
    methods: Sequence[str],
    arm: Arm | None = None,
) -> Decision:
    """What this session is offered, and why each of `methods` (all that the hub knows) is or is not.

    `match` is the engine's or the evaluator's answer for this rule set and these facts; KeyError when its ids are not
    of this rule set. The same session id always gets the same order of a weighted plan, and the same arm of an
    experiment; `arm` is the one to see instead, and means nothing where the rule that decides has no experiment.
    """
    offer, rule_name, arm = _chosen(ruleset, match, session_id, arm)
    outcome = _Outcome.of(offer)
    applied = [ruleset.adjustments_by_id[key] for key in match.adjustment_ids]
    for adjustment in applied:
        outcome.apply(adjustment)
    offered: list[OfferedMethod] = []
    withheld: list[Withheld] = []
    for method, plan in outcome.plans.items():
        carriers = []
        for account in account_order(plan, session_id, method):
            obstacle = _obstacle(method, account, accounts, facts)
            if obstacle is None:
                carriers.append(account)
            else:
                withheld.append(obstacle)
        if carriers:
            offered.append(OfferedMethod(method, tuple(carriers)))
    where = "the default offer" if match.rule_id is None else f"the rule “{rule_name}”"
    withheld += _absent(methods, outcome, f"offer {arm.upper()} of {where}" if arm else where)
    strong = tuple(item.method for item in offered if outcome.strong_for_all or item.method in outcome.strong)
    return Decision(
        version=version,
        rule_id=match.rule_id,
        rule_name=rule_name,
        offered=tuple(offered),
        withheld=tuple(withheld),
        adjustments=tuple((adjustment.id, adjustment.name) for adjustment in applied),
        strong_authentication=strong,
        notices=tuple(outcome.notices),
        arm=arm,
    )


def _chosen(ruleset: RuleSet, match: Match, session_id: str, wanted: Arm | None) -> tuple[Offer, str, Arm | None]:
    if match.rule_id is None:
        return ruleset.default, DEFAULT_OFFER, None
    rule = ruleset.rules_by_id[match.rule_id]
    drawn = arm_of(rule, session_id)
    arm = drawn and (wanted or drawn)
    return offer_of(rule, arm), rule.name, arm


@dataclass
class _Outcome:
    """The offer while adjustments narrow it: they reorder, reroute and remove, and never add a method."""

    plans: dict[str, ProviderPlan]
    hidden: dict[str, str] = field(default_factory=dict)  # method to the name of the adjustment
    strong: set[str] = field(default_factory=set)
    strong_for_all: bool = False
    notices: list[Mapping[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, offer: Offer) -> "_Outcome":
        return cls({item.method: item.plan for item in offer.methods})

    def apply(self, adjustment: Adjustment) -> None:
        for action in adjustment.actions:
            match action:
                case HideMethods(methods):
                    for method in methods:
                        if self.plans.pop(method, None) is not None:
                            self.hidden[method] = adjustment.name
                case PutFirst(methods):
                    front = {method: self.plans[method] for method in methods if method in self.plans}
                    self.plans = front | {key: plan for key, plan in self.plans.items() if key not in front}
                case RouteMethod(method, plan):
                    if method in self.plans:
                        self.plans[method] = plan
                case RequireStrongAuthentication(methods):
                    self.strong.update(methods)
                    self.strong_for_all |= not methods
                case ShowNotice(text):
                    self.notices.append(text)


def account_order(plan: ProviderPlan, session_id: str, method: str) -> tuple[str, ...]:
    """The plan's accounts in fallback order; a weighted plan draws the first by a hash of the session id."""
    names = [item.account for item in plan.accounts]
    if plan.strategy is Strategy.ORDERED or len(names) < 2:
        return tuple(dict.fromkeys(names))
    weights = [item.weight or 0 for item in plan.accounts]
    digest = hashlib.sha256(f"{session_id}:{method}".encode()).digest()
    point = int.from_bytes(digest[:8]) * sum(weights) >> 64
    first = 0
    while point >= weights[first] and first < len(names) - 1:
        point -= weights[first]
        first += 1
    return tuple(dict.fromkeys([names[first], *names]))


def _obstacle(method: str, account: str, accounts: Mapping[str, AccountLimits], facts: Facts) -> Withheld | None:
    limits = accounts.get(account)
    if limits is None:
        return Withheld(method, account, "account_unknown", f"{account} is not set up.")
    why = ineligible(method, limits, facts)
    return None if why is None else Withheld(method, account, why.code, f"{limits.label or account} {why.reason}.")


def _absent(methods: Iterable[str], outcome: _Outcome, where: str) -> Iterable[Withheld]:
    for method in methods:
        if method in outcome.hidden:
            yield Withheld(method, None, "hidden", f"Hidden by the adjustment “{outcome.hidden[method]}”.")
        elif method not in outcome.plans:
            yield Withheld(method, None, "not_in_offer", f"Not in {where}.")
