"""The words of the form: operators by type, groups, strategies and actions."""

from __future__ import annotations

from rules import AttributeType, GroupKind, Operator, Strategy

_O, _T = Operator, AttributeType
OPERATORS = {
    _O.EQUALS: "is",
    _O.NOT_EQUALS: "is not",
    _O.IN: "is one of",
    _O.NOT_IN: "is none of",
    _O.GREATER_THAN: "is more than",
    _O.GREATER_OR_EQUAL: "is at least",
    _O.LESS_THAN: "is less than",
    _O.LESS_OR_EQUAL: "is at most",
    _O.BETWEEN: "is between",
    _O.CONTAINS_ANY: "include any of",
    _O.CONTAINS_NONE: "include none of",
    _O.IS_KNOWN: "is known",
    _O.IS_UNKNOWN: "is not known",
}
_TYPED = {
    (_T.MONEY, _O.GREATER_THAN): "is over",
    (_T.MONEY, _O.LESS_THAN): "is under",
    (_T.DATE, _O.GREATER_THAN): "is after",
    (_T.DATE, _O.GREATER_OR_EQUAL): "is on or after",
    (_T.DATE, _O.LESS_THAN): "is before",
    (_T.DATE, _O.LESS_OR_EQUAL): "is on or before",
    (_T.STRING_LIST, _O.IS_KNOWN): "are known",
    (_T.STRING_LIST, _O.IS_UNKNOWN): "are not known",
}
GROUPS = {
    GroupKind.ALL.value: "All of these hold",
    GroupKind.ANY.value: "At least one of these holds",
    GroupKind.NONE.value: "None of these holds",
}
BETWEEN_WORDS = {GroupKind.ALL.value: "and", GroupKind.ANY.value: "or", GroupKind.NONE.value: "nor"}
STRATEGIES = {
    Strategy.ORDERED.value: "In order: the next one steps in",
    Strategy.WEIGHTED.value: "By share of the sessions",
}
ACTIONS = {
    "hide_methods": "Hide methods",
    "put_first": "Put methods first",
    "route_method": "Send a method through other providers",
    "require_strong_authentication": "Ask for strong authentication",
    "show_notice": "Show a notice",
}
ACTION_HELP = {
    "hide_methods": "The customer does not see these methods, whichever rule offered them.",
    "put_first": "Where they are offered, these methods come first, in this order.",
    "route_method": "Where this method is offered, these providers carry it instead.",
    "require_strong_authentication": "The provider is asked to have the customer confirm. Choose none for all methods.",
    "show_notice": "A sentence above the methods. A language without a text gets the first one here.",
}


def operator_label(type_: AttributeType, operator: Operator) -> str:
    """Return the words between an attribute and its value."""
    return _TYPED.get((type_, operator), OPERATORS[operator])


def operator_labels(type_: AttributeType | None, operators: tuple[Operator, ...], present: str) -> dict[str, str]:
    """Return the words of each operator to choose from; the present one is among them even where it does not suit."""
    suited = operators or tuple(Operator)
    asked = [*suited, *(one for one in Operator if one == present and one not in suited)]
    return {one.value: operator_label(type_ or AttributeType.STRING, one) for one in asked}


def is_presence(operator: str) -> bool:
    """Tell whether the operator only asks whether there is a value."""
    return operator in (Operator.IS_KNOWN, Operator.IS_UNKNOWN)


def is_list(operator: str) -> bool:
    """Tell whether the operator compares with a list."""
    return operator in (Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY, Operator.CONTAINS_NONE)


def holds_when_missing(operator: str) -> bool:
    """Tell whether the test also holds for a session without a value."""
    return operator in (Operator.NOT_EQUALS, Operator.NOT_IN, Operator.CONTAINS_NONE)
