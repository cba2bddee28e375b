"""What the buttons inside the form do to it; each returns the name of the field where the person goes on."""

from __future__ import annotations

from typing import Any

from admin.builder.loading import OFFERED_LANGUAGES
from admin.builder.model import (
    AccountForm,
    ActionForm,
    ConditionForm,
    GroupForm,
    ItemForm,
    MethodForm,
    NoticeForm,
    OfferForm,
    conditions,
    groups,
)
from admin.builder.surroundings import Surroundings, Widget
from admin.builder.typed import read_names, split_list
from admin.builder.words import ACTIONS, is_list
from rules import AttributeType, GroupKind, Operator
from rules.limits import MAX_ACCOUNTS, MAX_ACTIONS, MAX_CONDITIONS, MAX_DEPTH, MAX_GROUPS, MAX_METHODS

MAX_LANGUAGES = 20
_NAMED: dict[type, tuple[str, ...]] = {
    ItemForm: ("when", "offer", "other", "actions"),
    ActionForm: ("plan", "picks", "notices"),
}


def apply(form: ItemForm, do: str, known: Surroundings) -> str:
    """Do what a button says, such as "add:when.1"; one that means nothing here changes nothing."""
    absorb(form, known)
    verb, _, path = do[:200].partition(":")
    spot, target = path.split("."), at(form, path)
    match verb, target:
        case ("split", None) if form.other is None:
            form.other, form.share = copy_of(form.offer), form.share or "50"
            return "share"
        case "unsplit", None:
            form.other = None
            return "split:"
        case "add", GroupForm():
            return _add_condition(form, target, path, known)
        case "group", GroupForm():
            return _add_group(form, target, path)
        case "add", OfferForm():
            return _add_method(target, path, known)
        case "add", MethodForm():
            return _add_account(target, path)
        case "add", ActionForm():
            return _add_to_action(target, path)
        case "action", None:
            return _add_action(form, known)
        case "take", ConditionForm():
            return f"{path}.value"
        case (("remove" | "up" | "down"), _) if _is_place(spot[-1]):
            return _move(at(form, ".".join(spot[:-1])), int(spot[-1]), verb, ".".join(spot[:-1]))
    return ""


def absorb(form: ItemForm, known: Surroundings) -> None:
    """Turn the names that were typed and can be read into chosen ones; what cannot be read stays typed."""
    for condition in conditions(form.when):
        attribute = known.catalogue.get(condition.attribute)
        if condition.text.strip() and attribute and known.widget(attribute.key) is Widget.NAMES:
            if attribute.type in (AttributeType.COUNTRY, AttributeType.CURRENCY):
                names, unknown = read_names(condition.text, attribute.type)
                condition.text = ", ".join(unknown)
            else:
                names = split_list(condition.text) if is_list(condition.operator) else [condition.text.strip()]
                condition.text = ""
            condition.picks += [name for name in dict.fromkeys(names) if name not in condition.picks]


def at(form: ItemForm, path: str) -> Any:
    """Return the part of the form at a path such as "when.1.0" or "actions.0.plan"; None where there is none."""
    here: Any = form
    for name in path.split("."):
        if _is_place(name):
            below = children(here)
            if int(name) >= len(below):
                return None
            here = below[int(name)]
        elif name in _NAMED.get(type(here), ()):
            here = getattr(here, name)
        else:
            return None
    return None if here is form else here


def children(part: Any) -> list[Any]:
    """Return the list that a part of the form holds."""
    match part:
        case GroupForm():
            return part.children
        case OfferForm():
            return part.methods
        case MethodForm():
            return part.accounts
        case list():
            return part
    return []


def depth_of(path: str) -> int:
    """Return how deep the group at a path lies: 1 for "when", 2 for "when.0"."""
    return path.count(".") + 1


def copy_of(offer: OfferForm) -> OfferForm:
    """Return an offer of its own with the same methods."""
    return OfferForm([_copied(method) for method in offer.methods])


def new_plan(method: str, known: Surroundings) -> MethodForm:
    """Return a method carried by every account that is switched on and can, in order."""
    able = [
        key
        for key, limits in known.accounts.items()
        if limits.enabled and method in limits.methods and method not in limits.methods_off
    ]
    return MethodForm(method, accounts=[AccountForm(key) for key in able[:MAX_ACCOUNTS]])


def _is_place(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) <= 4


def _copied(method: MethodForm) -> MethodForm:
    accounts = [AccountForm(account.account, account.weight) for account in method.accounts]
    return MethodForm(method.method, method.strategy, accounts)


def _add_condition(form: ItemForm, group: GroupForm, path: str, known: Surroundings) -> str:
    attribute = known.catalogue.get(group.new)
    if attribute is None or attribute.retired or sum(1 for _ in conditions(form.when)) >= MAX_CONDITIONS:
        return f"{path}.new"
    operators = attribute.operators
    operator = Operator.IN if Operator.IN in operators and attribute.type is not AttributeType.INTEGER else operators[0]
    group.children.append(ConditionForm(attribute.key, operator.value, currency=known.currency))
    group.new = ""
    return f"{path}.{len(group.children) - 1}.operator"


def _add_group(form: ItemForm, group: GroupForm, path: str) -> str:
    if depth_of(path) >= MAX_DEPTH or sum(1 for _ in groups(form.when)) >= MAX_GROUPS:
        return f"{path}.new"
    group.children.append(GroupForm(GroupKind.ANY if group.kind == GroupKind.ALL else GroupKind.ALL))
    return f"{path}.{len(group.children) - 1}.kind"


def _add_method(offer: OfferForm, path: str, known: Surroundings) -> str:
    taken = {method.method for method in offer.methods}
    if offer.new not in known.methods or offer.new in taken or len(taken) >= MAX_METHODS:
        return f"{path}.new"
    offer.methods.append(new_plan(offer.new, known))
    offer.new = ""
    return f"{path}.{len(offer.methods) - 1}.strategy"


def _add_account(plan: MethodForm, path: str) -> str:
    if plan.new and len(plan.accounts) < MAX_ACCOUNTS and all(one.account != plan.new for one in plan.accounts):
        plan.accounts.append(AccountForm(plan.new))
        plan.new = ""
    return f"{path}.new"


def _add_action(form: ItemForm, known: Surroundings) -> str:
    if form.new not in ACTIONS or len(form.actions) >= MAX_ACTIONS:
        return "new"
    action = ActionForm(form.new)
    if action.type == "show_notice":
        action.notices = [NoticeForm(language) for language in OFFERED_LANGUAGES]
    if action.type == "route_method":
        action.plan = new_plan(next(iter(known.methods), ""), known)
    form.actions.append(action)
    form.new = ""
    return f"actions.{len(form.actions) - 1}.type"


def _add_to_action(action: ActionForm, path: str) -> str:
    """Add the next method to put first, or the next language of a notice."""
    added = action.new.strip()
    if action.type == "show_notice" and added and len(action.notices) < MAX_LANGUAGES:
        if all(notice.language != added for notice in action.notices):
            action.notices.append(NoticeForm(added[:20]))
            action.new = ""
            return f"{path}.notices.{len(action.notices) - 1}.text"
    elif action.type == "put_first" and added and added not in action.picks and len(action.picks) < MAX_METHODS:
        action.picks.append(added)
        action.new = ""
    return f"{path}.new"


def _move(below: Any, place: int, verb: str, path: str) -> str:
    """Remove a line of a list, or let it change places with its neighbour."""
    lines = children(below)
    if place >= len(lines):
        return ""
    if verb == "remove":
        del lines[place]
        parent = path.removesuffix(".picks").removesuffix(".notices")
        return "new" if parent == "actions" else f"{parent}.new"
    other = place - 1 if verb == "up" else place + 1
    if not 0 <= other < len(lines):
        return f"{verb}:{path}.{place}"
    lines[place], lines[other] = lines[other], lines[place]
    at_the_end = other == (0 if verb == "up" else len(lines) - 1)
    back = "down" if verb == "up" else "up"
    return f"{back if at_the_end else verb}:{path}.{other}"
