"""What the builder's form is filled in against, its HTML, and items to put through it."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from admin.builder.checking import LISTS, alone
from admin.builder.loading import load
from admin.builder.model import DEFAULT, ItemForm
from admin.builder.page import Page
from admin.builder.posted import read_form
from admin.builder.surroundings import Surroundings
from app.domain.methods import LABELS
from rules import (
    AccountLimits,
    Adjustment,
    Attribute,
    AttributeType,
    Describer,
    HideMethods,
    MethodLimits,
    MethodPlan,
    Offer,
    PlannedAccount,
    ProviderPlan,
    PutFirst,
    RequireStrongAuthentication,
    RouteMethod,
    Rule,
    RuleSet,
    ShowNotice,
    Strategy,
    to_json,
    validate,
)
from rules.spec import Experiment
from tests.support.forms import Form
from tests.unit.rules.strategies import CATALOGUE, groups

TEMPLATES = Path(__file__).parents[3] / "admin" / "templates"
_PAGES = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
ACCOUNTS = {
    "north": AccountLimits("north", "North", methods=dict.fromkeys(LABELS, MethodLimits())),
    "south": AccountLimits("south", "South", methods={"card": MethodLimits(), "paypal": MethodLimits()}),
    "part": AccountLimits("part", "Part", methods={"klarna": MethodLimits()}, methods_off=frozenset({"klarna"})),
    "old": AccountLimits("old", "Old one", enabled=False, methods={"card": MethodLimits()}),
}
WITH_CHOICES = CATALOGUE.with_custom(
    [
        Attribute("club", "Club", AttributeType.STRING, ("gold", "silver"), "What the card says."),
        Attribute("gone", "Gone", AttributeType.STRING_LIST, ("a", "b"), retired=True),
    ]
)
KNOWN = Surroundings(
    WITH_CHOICES, LABELS, ACCOUNTS, Describer(WITH_CHOICES, LABELS, {key: one.label for key, one in ACCOUNTS.items()})
)


def html_of(form: ItemForm, **page: Any) -> str:
    """The form as the page has it."""
    return _PAGES.get_template("backoffice/builder_form.html").render(page=Page(form, KNOWN, **page))


def sent_back(form: ItemForm) -> ItemForm:
    """The form as the server gets it back when a browser shows it and sends it untouched."""
    return read_form(Form(html_of(form), cls=None).fields, form.kind, form.id)


def json_of(kind: str, item: Any) -> dict[str, Any]:
    """The JSON form of one item."""
    if kind == DEFAULT:
        return dict(to_json(RuleSet(default=item))["default"])
    ruleset = RuleSet(**{LISTS[kind]: (item,)})
    return dict(to_json(ruleset)[LISTS[kind]][0])


def loaded(kind: str, item: Any) -> ItemForm:
    """The form of one item."""
    return load(kind, json_of(kind, item), KNOWN)


accounts = st.lists(st.sampled_from(list(ACCOUNTS)), min_size=1, max_size=3, unique=True)
plans = st.one_of(
    accounts.map(lambda names: ProviderPlan(Strategy.ORDERED, tuple(map(PlannedAccount, names)))),
    st.lists(
        st.tuples(st.sampled_from(list(ACCOUNTS)), st.integers(1, 1000)), min_size=1, unique_by=lambda x: x[0]
    ).map(lambda pairs: ProviderPlan(Strategy.WEIGHTED, tuple(PlannedAccount(*pair) for pair in pairs))),
)
method_lists = st.lists(st.sampled_from(list(LABELS)), min_size=1, max_size=4, unique=True).map(tuple)
method_plans = st.builds(MethodPlan, st.sampled_from(list(LABELS)), plans)
offers = st.lists(method_plans, min_size=1, max_size=4, unique_by=lambda item: item.method).map(tuple).map(Offer)
notices = st.dictionaries(
    st.sampled_from(("en", "it", "de", "fr", "pt-BR")),
    st.text(st.characters(exclude_characters="\r\x00", exclude_categories=("Cs",)), min_size=1, max_size=20),
    min_size=1,
).map(ShowNotice)
actions = st.one_of(
    st.builds(HideMethods, method_lists),
    st.builds(PutFirst, method_lists),
    st.builds(RouteMethod, st.sampled_from(list(LABELS)), plans),
    st.builds(RequireStrongAuthentication, method_lists | st.just(())),
    notices,
)
names = st.text(min_size=1, max_size=20).filter(lambda name: bool(name.strip()) and name.isprintable())
days = st.none() | st.dates()
rules = st.builds(
    Rule, st.just("rule_one"), names, groups(tuple(WITH_CHOICES)), offers, st.booleans(), days, days,
    st.none() | st.builds(Experiment, st.integers(1, 99), offers),
)  # fmt: skip
adjustments = st.builds(
    Adjustment, st.just("adj_one"), names, groups(tuple(WITH_CHOICES), depth=2),
    st.lists(actions, min_size=1, max_size=3).map(tuple), st.booleans(),
)  # fmt: skip


def is_valid(kind: str, item: Any) -> bool:
    """Whether validation has nothing against the item."""
    ruleset = RuleSet(default=item) if kind == DEFAULT else RuleSet(**{LISTS[kind]: (item,)})
    problems = validate(ruleset, KNOWN.catalogue, KNOWN.methods, KNOWN.accounts)
    return not [problem for problem in problems if kind == DEFAULT or not problem.path.startswith("default")]


__all__ = ["KNOWN", "adjustments", "alone", "html_of", "is_valid", "json_of", "loaded", "offers", "rules", "sent_back"]
