"""What stands in the form, as typed: every value is text until it is written as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.services.errors import Refusal
from rules import GroupKind, Strategy
from rules.limits import MAX_CONDITIONS, MAX_GROUPS

MAX_FIELDS = 5_000
MAX_BODY = 512 * 1024  # bytes

RULE, ADJUSTMENT, DEFAULT = "rule", "adjustment", "default"


class TooLarge(Refusal):
    """More than a page can show."""

    status = 413
    code = "too_large"

    @property
    def message(self) -> str:
        return "This is too large to be edited in a form. Split it in two, or edit the rules as a file."


@dataclass
class ConditionForm:
    """One test. What its widget does not use stays empty: `picks` are chosen values, `text` names still to be read,
    `low`, `high` and `currency` are for what has an order."""

    attribute: str
    operator: str
    picks: list[str] = field(default_factory=list)
    text: str = ""
    low: str = ""
    high: str = ""
    currency: str = ""


@dataclass
class GroupForm:
    """Tests that hold together; `new` is the attribute chosen for the next one."""

    kind: str = GroupKind.ALL
    children: list[ConditionForm | GroupForm] = field(default_factory=list)
    new: str = ""


@dataclass
class AccountForm:
    """A provider account in a plan, with its share of the sessions as typed."""

    account: str
    weight: str = ""


@dataclass
class MethodForm:
    """A payment method with its plan; `new` is the account chosen for the next line."""

    method: str
    strategy: str = Strategy.ORDERED
    accounts: list[AccountForm] = field(default_factory=list)
    new: str = ""


@dataclass
class OfferForm:
    """Methods in order; `new` is the one chosen for the next place."""

    methods: list[MethodForm] = field(default_factory=list)
    new: str = ""


@dataclass
class NoticeForm:
    """The text of a notice in one language."""

    language: str
    text: str = ""


@dataclass
class ActionForm:
    """One action of an adjustment; which of the fields it uses depends on `type`."""

    type: str
    picks: list[str] = field(default_factory=list)
    plan: MethodForm = field(default_factory=lambda: MethodForm(""))
    notices: list[NoticeForm] = field(default_factory=list)
    new: str = ""  # the method or the language for the next line


@dataclass
class ItemForm:
    """The whole form. `id` is empty for something new, whose id will end in `mark`.

    `revision` and `digest` say what the person had before them.
    """

    kind: str
    id: str = ""
    name: str = ""
    enabled: bool = True
    valid_from: str = ""
    valid_until: str = ""
    when: GroupForm = field(default_factory=GroupForm)
    offer: OfferForm = field(default_factory=OfferForm)
    share: str = ""
    other: OfferForm | None = None  # the second offer of an experiment
    actions: list[ActionForm] = field(default_factory=list)
    new: str = ""  # the type of the next action
    position: str = "last"
    revision: int = 0
    digest: str = ""
    mark: str = ""


def conditions(group: GroupForm) -> Iterator[ConditionForm]:
    """Yield every condition of a tree."""
    for child in group.children:
        if isinstance(child, GroupForm):
            yield from conditions(child)
        else:
            yield child


def groups(group: GroupForm) -> Iterator[GroupForm]:
    """Yield every group below the root."""
    for child in group.children:
        if isinstance(child, GroupForm):
            yield child
            yield from groups(child)


def is_too_large(form: ItemForm) -> bool:
    """Tell whether the form holds more than a page can show: far more than validation allows anyway."""
    tests = list(conditions(form.when))
    offers = [form.offer, *([form.other] if form.other else [])]
    plans = [*(plan for offer in offers for plan in offer.methods), *(action.plan for action in form.actions)]
    lines = sum(len(plan.accounts) + 4 for plan in plans) + sum(len(one.picks) + 6 for one in tests)
    lines += sum(len(action.picks) + 2 * len(action.notices) for action in form.actions)
    wide = len(tests) > 2 * MAX_CONDITIONS or sum(1 for _ in groups(form.when)) > 2 * MAX_GROUPS
    return wide or lines > MAX_FIELDS - 200
