"""What can be wrong with an offer, a plan of providers or an adjustment's action."""

import re
from collections.abc import Iterator, Mapping

from rules.facts import is_storable
from rules.limits import MAX_ACCOUNTS, MAX_METHODS, MAX_NOTICE, MAX_WEIGHT
from rules.spec import (
    Action,
    HideMethods,
    Offer,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    ShowNotice,
    Strategy,
)

Fault = tuple[str, str]  # the path, and the fix
Labels = Mapping[str, str]  # of what offers may name, by id

_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


def offer_faults(offer: Offer, path: str, methods: Labels, accounts: Labels) -> Iterator[Fault]:
    """Each fault of an offer as its path and the fix."""
    path = f"{path}.methods"
    if not 0 < len(offer.methods) <= MAX_METHODS:
        yield path, f"offer 1 to {MAX_METHODS} payment methods"
        return
    yield from _names(tuple(item.method for item in offer.methods), path, ".method", methods, "payment method")
    for index, item in enumerate(offer.methods):
        for fault_path, fix in plan_faults(item.plan, f"{path}[{index}].providers", accounts):
            yield fault_path, f"for {methods.get(item.method, item.method)[:80]}, {fix}"


def plan_faults(plan: ProviderPlan, path: str, accounts: Labels) -> Iterator[Fault]:
    """Each fault of a plan as its path and the fix."""
    path = f"{path}.accounts"
    if not 0 < len(plan.accounts) <= MAX_ACCOUNTS:
        yield path, f"name 1 to {MAX_ACCOUNTS} providers"
        return
    yield from _names(tuple(item.account for item in plan.accounts), path, ".account", accounts, "provider")
    for index, item in enumerate(plan.accounts):
        spot = f"{path}[{index}].weight"
        if plan.strategy is Strategy.ORDERED and item.weight is not None:
            yield spot, "remove its share (weight), or split by share (the weighted strategy)"
        if plan.strategy is Strategy.WEIGHTED and not (item.weight and 0 < item.weight <= MAX_WEIGHT):
            yield spot, f"give {accounts.get(item.account, item.account)[:80]} a share (weight) from 1 to {MAX_WEIGHT}"


def action_faults(action: Action, path: str, methods: Labels, accounts: Labels) -> Iterator[Fault]:
    """Each fault of an adjustment's action as its path and the fix."""
    match action:
        case HideMethods(named) | PutFirst(named):
            if not 0 < len(named) <= MAX_METHODS:
                yield f"{path}.methods", f"name 1 to {MAX_METHODS} payment methods"
            else:
                yield from _names(named, f"{path}.methods", "", methods, "payment method")
        case RouteMethod(method, plan):
            yield from _names((method,), f"{path}.method", "", methods, "payment method")
            yield from plan_faults(plan, f"{path}.providers", accounts)
        case RequireStrongAuthentication(named):
            yield from _names(named, f"{path}.methods", "", methods, "payment method")
        case ShowNotice(text):
            yield from _notice(text, f"{path}.text")


def _notice(text: Mapping[str, str], path: str) -> Iterator[Fault]:
    if not text:
        yield path, "write the notice in at least one language"
    for language, words in text.items():
        if not _LANGUAGE.fullmatch(language):
            yield f"{path}.{language[:20]}", "name each language by its code, such as en or it"
        if not words.strip() or len(words) > MAX_NOTICE or not is_storable(words):
            yield f"{path}.{language[:20]}", f"write a notice of 1 to {MAX_NOTICE} characters"


def _names(names: tuple[str, ...], path: str, part: str, known: Labels, kind: str) -> Iterator[Fault]:
    for index, name in enumerate(names):
        spot = f"{path}[{index}]{part}" if len(names) > 1 or part else path
        if name not in known:
            yield spot, f"there is no {kind} “{name[:80]}”; choose another"
        elif name in names[:index]:
            yield spot, f"{known[name]} is named twice; keep it once"
