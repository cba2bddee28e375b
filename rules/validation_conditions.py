"""What can be wrong with one condition."""

from collections.abc import Iterator

from rules.attributes import Attribute, AttributeType, Catalogue, Operator
from rules.facts import CURRENCIES, integer_fault, text_fault, value_fault
from rules.limits import MAX_VALUES
from rules.spec import Condition, Money, Scalar

Fault = tuple[str, str]  # the part of the condition, and the fix

_PRESENCE = (Operator.IS_KNOWN, Operator.IS_UNKNOWN)
_LISTS = (Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY, Operator.CONTAINS_NONE)


def condition_faults(condition: Condition, catalogue: Catalogue) -> Iterator[Fault]:
    """Each fault as the part it lies in (attribute, operator or value) and the fix."""
    attribute = catalogue.get(condition.attribute)
    if attribute is None:
        yield "attribute", f"there is no attribute “{condition.attribute[:80]}”; choose another or declare it"
    elif condition.operator not in attribute.operators:
        suited = ", ".join(words(operator) for operator in attribute.operators)
        yield "operator", f"“{words(condition.operator)}” does not suit “{attribute.label}”; use one of {suited}"
    else:
        yield from _value_faults(condition, attribute)


def words(operator: Operator) -> str:
    """The operator's name for people."""
    return operator.value.replace("_", " ")


def _value_faults(condition: Condition, attribute: Attribute) -> Iterator[Fault]:
    operator, value = condition.operator, condition.value
    if operator in _PRESENCE:
        if value is not None:
            yield "value", "remove the value: this only asks whether it is known"
    elif operator in _LISTS:
        if not isinstance(value, tuple) or not 0 < len(value) <= MAX_VALUES:
            yield "value", f"list 1 to {MAX_VALUES} values"
        else:
            yield from _members(value, attribute)
    elif operator is Operator.BETWEEN:
        if not isinstance(value, tuple) or len(value) != 2:
            yield "value", "give two values, the lower one first"
        else:
            faults = list(_members(value, attribute))
            yield from faults or _order(*value)
    elif value is None or isinstance(value, tuple):
        yield "value", "give one value to compare with"
    else:
        fault = scalar_fault(attribute, value)
        if fault is not None:
            yield "value", f"the value {fault}"


def _members(values: tuple[Scalar, ...], attribute: Attribute) -> Iterator[Fault]:
    for index, value in enumerate(values):
        fault = scalar_fault(attribute, value)
        if fault is not None:
            yield f"value[{index}]", f"value {index + 1} {fault}"


def scalar_fault(attribute: Attribute, value: Scalar) -> str | None:
    """What is wrong with one value of a condition on this attribute, or None."""
    if attribute.type is AttributeType.MONEY:
        if not isinstance(value, Money):
            return "must be an amount with its currency"
        if value.currency not in CURRENCIES:
            return "needs the currency it is in, such as EUR"
        return integer_fault(attribute, value.amount)
    if isinstance(value, Money):
        return "must not be an amount of money"
    if attribute.type is AttributeType.INTEGER:
        return integer_fault(attribute, value)
    if attribute.type is AttributeType.STRING_LIST:
        return text_fault(attribute, value)
    return value_fault(attribute, value)


def _order(low: Scalar, high: Scalar) -> Iterator[Fault]:
    if isinstance(low, Money) and isinstance(high, Money):
        if low.currency != high.currency:
            yield "value", "give both amounts in the same currency"
            return
        low, high = low.amount, high.amount
    comparable = (isinstance(low, int) and isinstance(high, int)) or (isinstance(low, str) and isinstance(high, str))
    if comparable and low > high:  # type: ignore[operator]  # both are of one type, as the line above says
        yield "value", "put the lower value first"
