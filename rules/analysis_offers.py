"""Offers that no provider account can carry, and accounts in plans that are off or in outage."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from rules.analysis_matching import Live
from rules.attributes import Operator
from rules.eligibility import AccountLimits, MethodLimits
from rules.findings import Finding, FindingKind, Severity, listed, named
from rules.logic import Every, Formula, Space
from rules.search import Search
from rules.spec import (
    Adjustment,
    Condition,
    Group,
    GroupKind,
    MethodPlan,
    Money,
    Offer,
    ProviderPlan,
    RouteMethod,
    Rule,
    RuleSet,
)


class Offers:
    """What accounts may carry of the offers of a rule set whose rules and adjustments are all enabled.

    An account in outage counts: it will come back. An adjustment that sends a method elsewhere counts too.
    """

    def __init__(self, ruleset: RuleSet, accounts: Mapping[str, AccountLimits], methods: Mapping[str, str]) -> None:
        self._ruleset = ruleset
        self._accounts = accounts
        self._methods = methods

    def limits(self) -> Iterator[Group]:
        """The limits of all accounts that a plan names, as condition trees."""
        pairs = {
            (item.method, planned.account)
            for _, plans in _owners(self._ruleset)
            for item in plans
            for planned in item.plan.accounts
        }
        for method, account in sorted(pairs):
            if account in self._accounts and method in self._accounts[account].methods:
                yield from limits_as_trees(self._accounts[account].methods[method]).values()

    def nothing(self, live: Iterable[Live], space: Space, search: Search) -> Iterator[Finding]:
        """Rules, in either arm of an experiment, and the default offer, of which nothing can ever be carried."""
        carriage = _Carriage(self._ruleset.adjustments, self._accounts, self._methods, space, search)
        cases = [(item.rule, *case, item.formula) for item in live for case in _arms(item.rule)]
        for rule, offer, where, formula in (*cases, (None, self._ruleset.default, "", Every())):
            reasons = carriage.obstacles(offer, formula)
            if reasons is None:
                continue
            why = listed(reasons, str) or "it names no payment method"
            fix = "name a provider that carries one of its methods"
            change = f"{fix} there, or change its conditions" if rule else fix
            message = f"{named(rule)} offers nothing{where}: {why}. To offer something, {change}."
            yield Finding(FindingKind.OFFERS_NOTHING, Severity.ERROR, rule.id if rule else None, message)


class _Carriage:
    """Which accounts may carry which methods, and why not."""

    def __init__(
        self,
        adjustments: Iterable[Adjustment],
        accounts: Mapping[str, AccountLimits],
        methods: Mapping[str, str],
        space: Space,
        search: Search,
    ) -> None:
        self._accounts = accounts
        self._methods = methods
        self._space = space
        self._search = search
        self._limits: dict[tuple[str, str], dict[str, Formula]] = {}
        self._routes: dict[str, list[tuple[ProviderPlan, Formula]]] = defaultdict(list)
        for adjustment in adjustments:
            applies = space.formula(adjustment.when) or Every()
            for action in adjustment.actions:
                if isinstance(action, RouteMethod):
                    self._routes[action.method].append((action.plan, applies))

    def obstacles(self, offer: Offer, formula: Formula) -> list[str] | None:
        """Why each account carries no method of the offer where the formula holds; None when some account may."""
        reasons: dict[str, None] = {}
        for item in offer.methods:
            for plan, applies in ((item.plan, Every()), *self._routes[item.method]):
                for planned in plan.accounts:
                    if not self._search.step():
                        return None
                    why = self._obstacle(item.method, planned.account, (formula, applies))
                    if why is None:
                        return None
                    reasons[why] = None
        return list(reasons)

    def _obstacle(self, method: str, account: str, where: tuple[Formula, ...]) -> str | None:
        limits = self._accounts.get(account)
        if limits is None:
            return f"{account} is not set up"
        label, what = limits.label or account, self._methods.get(method, method)
        if not limits.enabled:
            return f"{label} is switched off"
        if method not in limits.methods:
            return f"{label} does not carry {what}"
        if method in limits.methods_off:
            return f"{label} has {what} switched off"
        parts = self._parts(method, account, limits.methods[method])
        if self._search.satisfiable((*where, *parts.values())) is not False:
            return None
        for part, formula in parts.items():
            if self._search.satisfiable((*where, formula)) is False:
                return f"{label} does not carry {what} for its {part}"
        return f"{label} does not carry {what} for its sessions"

    def _parts(self, method: str, account: str, limits: MethodLimits) -> dict[str, Formula]:
        if (method, account) not in self._limits:
            formulas = {part: self._space.formula(tree) for part, tree in limits_as_trees(limits).items()}
            self._limits[method, account] = {part: formula for part, formula in formulas.items() if formula is not None}
        return self._limits[method, account]


def limits_as_trees(limits: MethodLimits) -> dict[str, Group]:
    """When an account may carry a method, limit by limit: trees that hold exactly where eligibility finds no fault."""
    codes = {"currencies": limits.currencies, "countries": limits.countries, "flows": limits.flows}
    keys = {"currencies": "currency", "countries": "country", "flows": "flow"}
    trees = {
        part: Group(GroupKind.ALL, (Condition(keys[part], Operator.IN, tuple(sorted(allowed))),))
        for part, allowed in codes.items()
        if allowed is not None
    }
    beyond = [
        Condition("amount", operator, Money(amount, currency))
        for operator, bounds in ((Operator.LESS_THAN, limits.min_amount), (Operator.GREATER_THAN, limits.max_amount))
        for currency, amount in (bounds or {}).items()
    ]
    return trees | ({"amounts": Group(GroupKind.NONE, tuple(beyond))} if beyond else {})


def disabled_providers(
    ruleset: RuleSet, accounts: Mapping[str, AccountLimits], methods: Mapping[str, str]
) -> Iterator[Finding]:
    """Plans that name an account which is switched off or in outage, or which has their method switched off."""
    for owner, plans in _owners(ruleset):
        used = dict.fromkeys(planned.account for item in plans for planned in item.plan.accounts)
        idle = [limits for limits in map(accounts.get, used) if limits and (limits.in_outage or not limits.enabled)]
        if idle:
            message = (
                f"{named(owner)} names {listed(idle, _state)}. "
                "Switch it on or wait for the end of the outage, or take it out of the plan."
            )
            yield Finding(FindingKind.DISABLED_PROVIDER, Severity.WARNING, owner.id if owner else None, message)
        closed = dict.fromkeys(
            f"{methods.get(item.method, item.method)} through {limits.label or limits.account}"
            for item in plans
            for limits in (accounts.get(planned.account) for planned in item.plan.accounts)
            if limits and limits not in idle and item.method in limits.methods_off
        )
        if closed:
            message = (
                f"{named(owner)} offers {listed(list(closed), str)}, which is switched off there. "
                "Switch the method on at the provider account, or take the account out of the plan."
            )
            yield Finding(FindingKind.DISABLED_PROVIDER, Severity.WARNING, owner.id if owner else None, message)


def _state(limits: AccountLimits) -> str:
    return f"{limits.label or limits.account}, which is {'in outage' if limits.enabled else 'switched off'}"


def _owners(ruleset: RuleSet) -> Iterator[tuple[Rule | Adjustment | None, list[MethodPlan]]]:
    """Each rule, each adjustment and the default offer (None) with its plans."""
    for rule in ruleset.rules:
        yield rule, [item for offer, _ in _arms(rule) for item in offer.methods]
    for adjustment in ruleset.adjustments:
        routes = (action for action in adjustment.actions if isinstance(action, RouteMethod))
        yield adjustment, [MethodPlan(route.method, route.plan) for route in routes]
    yield None, list(ruleset.default.methods)


def _arms(rule: Rule) -> Iterator[tuple[Offer, str]]:
    """Each offer that the rule can make, and where that is in words: nowhere special without an experiment."""
    yield rule.offer, " in offer A of its experiment" if rule.experiment else ""
    if rule.experiment:
        yield rule.experiment.offer, " in offer B of its experiment"
