"""Checks of a rule set beyond its validity: what never matches, never decides, offers nothing, overlaps or is stale."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import chain

from rules.analysis_days import from_now_on, over, passed
from rules.analysis_matching import Live, never_matching, shadowed, sort_out, tree_of
from rules.analysis_offers import Offers, disabled_providers
from rules.analysis_overlaps import overlaps
from rules.attributes import Attribute, Catalogue
from rules.compiler import conditions
from rules.eligibility import AccountLimits
from rules.findings import Finding, FindingKind, Severity, listed, named, quoted
from rules.logic import Space, is_sound
from rules.search import STEPS_EACH, STEPS_IN_ALL, Search
from rules.sentences import Describer
from rules.spec import Adjustment, Rule, RuleSet

__all__ = ["Finding", "FindingKind", "Severity", "analyse"]

NOT_EVERYTHING = Finding(
    FindingKind.NOT_ANALYSED,
    Severity.INFORMATION,
    None,
    "Not everything could be looked at: these rules are very many, or some conditions are very tangled. "
    "A rule that never matches or never decides may have gone unnoticed.",
)


def analyse(
    ruleset: RuleSet,
    catalogue: Catalogue,
    accounts: Mapping[str, AccountLimits],
    methods: Mapping[str, str],
    seen_attributes: Collection[str] | None = None,
    *,
    today: date | None = None,
    steps_each: int = STEPS_EACH,
    steps_in_all: int = STEPS_IN_ALL,
) -> tuple[Finding, ...]:
    """Every finding about the enabled rules and adjustments and the default offer, kind by kind.

    `methods` gives labels by id; `seen_attributes` are those that sessions carried lately, None when not
    known; what the hub itself computes needs no session. With `today`, in the merchant's zone, what can match no more
    is told, and left out of the comparisons.
    Trees that validation would refuse are left out. The work is bounded: each question is given up, and nothing
    reported, after `steps_each` looks at a condition, and all of them after `steps_in_all`. So a rule reported as never
    matching or never deciding truly is; where one may have gone unreported, a finding says so.
    Each attribute is taken to vary on its own, but for amounts and their currency: that some facts follow from others
    is not seen, such as that a customer from the merchant's own country is never cross-border, which weekday a date is,
    or that no method has failed before the first attempt.
    """
    ruleset = RuleSet(
        tuple(rule for rule in ruleset.rules if rule.enabled and is_sound(rule.when, catalogue)),
        tuple(item for item in ruleset.adjustments if item.enabled and is_sound(item.when, catalogue)),
        ruleset.default,
    )
    offers = Offers(ruleset, accounts, methods)
    owners: tuple[Rule | Adjustment, ...] = (*ruleset.rules, *ruleset.adjustments)
    trees = [tree_of(owner) for owner in owners] + ([] if today is None else [from_now_on(today)])
    space = Space(catalogue, (*trees, *offers.limits()))
    search = Search(space, steps_each, steps_in_all)
    words = Describer(catalogue, methods, {key: account.label or key for key, account in accounts.items()})
    live, idle = sort_out(owners, space, search)
    never = {owner.id for owner in idle}
    possible = [owner for owner in owners if owner.id not in never]
    gone = {} if today is None else {owner.id: owner for owner in passed(possible, space, search, today)}
    live = [item for item in live if item.rule.id not in gone]
    findings = tuple(
        chain(
            never_matching(idle, space, search, words),
            () if today is None else over(gone.values(), today),
            offers.nothing(live, space, search),
            disabled_providers(ruleset, accounts, methods),
            _between_rules(live, search, catalogue),
            () if seen_attributes is None else _unseen(ruleset, catalogue, seen_attributes),
            _retired(ruleset, catalogue),
        )
    )
    return (*findings, NOT_EVERYTHING) if search.gave_up else findings


def _between_rules(live: list[Live], search: Search, catalogue: Catalogue) -> Iterator[Finding]:
    findings = list(shadowed(live, search))
    yield from findings
    beaten = {finding.rule_id for finding in findings}
    yield from overlaps([item for item in live if item.rule.id not in beaten], search, catalogue)


def _unseen(ruleset: RuleSet, catalogue: Catalogue, seen: Collection[str]) -> Iterator[Finding]:
    for owner, tested in _tested(ruleset, catalogue):
        unseen = [attribute for attribute in tested if not attribute.derived and attribute.key not in seen]
        if unseen:
            message = (
                f"{named(owner)} tests {listed(unseen, lambda attribute: quoted(attribute.label))}, "
                "which no session has carried lately. Let the shop send it, or test something else."
            )
            yield Finding(FindingKind.UNSEEN_ATTRIBUTE, Severity.WARNING, owner.id, message)


def _retired(ruleset: RuleSet, catalogue: Catalogue) -> Iterator[Finding]:
    for owner, tested in _tested(ruleset, catalogue):
        retired = [attribute for attribute in tested if attribute.retired]
        if retired:
            message = (
                f"{named(owner)} tests {listed(retired, lambda attribute: quoted(attribute.label))}, which is retired. "
                "Test something else, or bring the attribute back."
            )
            yield Finding(FindingKind.RETIRED_ATTRIBUTE, Severity.WARNING, owner.id, message)


def _tested(ruleset: RuleSet, catalogue: Catalogue) -> Iterator[tuple[Rule | Adjustment, list[Attribute]]]:
    """Each rule and adjustment with the attributes that it tests, in the catalogue's order."""
    owners: tuple[Rule | Adjustment, ...] = (*ruleset.rules, *ruleset.adjustments)
    for owner in owners:
        keys = {condition.attribute for condition in conditions((owner.when,))}
        yield owner, [attribute for attribute in catalogue if attribute.key in keys]
