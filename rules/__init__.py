"""Facts in, Decision out: which payment methods a customer sees, who carries each, and why."""

from rules.analysis import Finding, FindingKind, Severity, analyse
from rules.attributes import (
    BUILT_IN,
    BUILT_IN_CATALOGUE,
    OPERATORS,
    Attribute,
    AttributeType,
    Catalogue,
    Operator,
)
from rules.decide import decide
from rules.decision import Decision, Match, OfferedMethod, Withheld
from rules.difference import Change, difference
from rules.eligibility import AccountLimits, MethodLimits
from rules.engine import CompiledRuleSet, EngineClosed, EngineFault
from rules.explain import Explanation, evaluate, explain
from rules.facts import Facts, FactValue, FieldError, InvalidFacts, coerce, recorded
from rules.json_form import from_json, to_json
from rules.problems import InvalidRuleSet, Problem
from rules.seed import seed_json
from rules.sentences import Describer, describe
from rules.spec import (
    Action,
    Adjustment,
    Condition,
    Experiment,
    Group,
    GroupKind,
    HideMethods,
    MethodPlan,
    Money,
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
)
from rules.trial import TrialFailed, try_out
from rules.validation import parse, validate

__all__ = [
    "BUILT_IN",
    "BUILT_IN_CATALOGUE",
    "OPERATORS",
    "AccountLimits",
    "Action",
    "Adjustment",
    "Attribute",
    "AttributeType",
    "Catalogue",
    "Change",
    "CompiledRuleSet",
    "Condition",
    "Decision",
    "Describer",
    "EngineClosed",
    "EngineFault",
    "Experiment",
    "Explanation",
    "FactValue",
    "Facts",
    "FieldError",
    "Finding",
    "FindingKind",
    "Group",
    "GroupKind",
    "HideMethods",
    "InvalidFacts",
    "InvalidRuleSet",
    "Match",
    "MethodLimits",
    "MethodPlan",
    "Money",
    "Offer",
    "OfferedMethod",
    "Operator",
    "PlannedAccount",
    "Problem",
    "ProviderPlan",
    "PutFirst",
    "RequireStrongAuthentication",
    "RouteMethod",
    "Rule",
    "RuleSet",
    "Severity",
    "ShowNotice",
    "Strategy",
    "TrialFailed",
    "Withheld",
    "analyse",
    "coerce",
    "decide",
    "describe",
    "difference",
    "evaluate",
    "explain",
    "from_json",
    "parse",
    "recorded",
    "seed_json",
    "to_json",
    "try_out",
    "validate",
]
