"""Form parameters held to the SDK's generated types: what `stripe.params` does not know is refused, as Stripe does."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stripe._request_options import RequestOptions
from stripe._stripe_context import StripeContext
from typing_extensions import is_typeddict

from tests.support.stripe_stand_in.errors import StripeError, malformed

PARTS = re.compile(r"\[([^\[\]]*)\]")
OPTIONS = frozenset(RequestOptions.__annotations__)  # of the SDK itself; they are sent as headers
MOST_METADATA, LONGEST_KEY, LONGEST_VALUE = 50, 40, 500


def read(params: type, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters as Python values. Raises: StripeError 400 (parameter_unknown, _missing, _invalid_...)."""
    return _fields(_nested(pairs), params, "")


def _nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=c` as {"a": {"b": {"0": "c"}}}."""
    whole: dict[str, Any] = {}
    for name, value in pairs:
        first, bracket, _ = name.partition("[")
        keys = [first, *PARTS.findall(name[len(first) :])] if bracket else [name]
        place = whole
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise malformed(f"Invalid object: {name}", "parameter_invalid_object", name)
        place[keys[-1]] = value
    return whole


@cache
def _hints(params: type) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The types of a TypedDict's own fields, and which of them are required."""
    hints = get_type_hints(params, localns={"StripeContext": StripeContext, "Mapping": Mapping})
    optional = {name for name, hint in params.__annotations__.items() if "NotRequired" in str(hint)}
    fields = {name: hint for name, hint in hints.items() if name not in OPTIONS}
    return fields, frozenset(set(fields) - optional)


def _fields(given: Any, params: type, path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise malformed("Invalid object", "parameter_invalid_object", path)
    fields, required = _hints(params)
    read: dict[str, Any] = {}
    for name, value in given.items():
        where = f"{path}[{name}]" if path else name
        if name not in fields:
            raise malformed(f"Received unknown parameter: {where}", "parameter_unknown", where)
        read[name] = _value(value, fields[name], where)
    for name in sorted(required - set(given)):
        where = f"{path}[{name}]" if path else name
        raise malformed(f"Missing required param: {where}.", "parameter_missing", where)
    return read


def _value(value: Any, hint: Any, path: str) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return _one_of(value, get_args(hint), path)
    if is_typeddict(hint):
        return _fields(value, hint, path)
    if get_origin(hint) is list:
        return _list(value, get_args(hint)[0], path)
    if get_origin(hint) is dict:
        return _metadata(value, path)
    if get_origin(hint) is Literal:
        return _one_of(value, (hint,), path)
    if not isinstance(value, str):
        raise malformed(f"Invalid string: {path}", "parameter_invalid_string", path)
    return _plain(value, hint, path)


def _one_of(value: Any, hints: tuple[Any, ...], path: str) -> Any:
    """The value by the first type that fits. Beside named choices the SDK's `str` only means that more may come."""
    choices = [choice for hint in hints if get_origin(hint) is Literal for choice in get_args(hint)]
    if value in choices:
        return value
    named = any(choices)
    others = [
        hint
        for hint in hints
        if hint is not NoneType and get_origin(hint) is not Literal and not (hint is str and named)
    ]
    refusals: list[StripeError] = []
    for hint in others:
        if isinstance(value, dict) == (is_typeddict(hint) or get_origin(hint) in (list, dict)):
            try:
                return _value(value, hint, path)
            except StripeError as refusal:
                refusals.append(refusal)
    if refusals:
        raise refusals[0]
    raise malformed(f"Invalid {path}: must be one of {', '.join(map(str, choices))}", "parameter_invalid_value", path)


def _list(value: Any, hint: Any, path: str) -> list[Any]:
    if not isinstance(value, dict) or set(value) != {str(number) for number in range(len(value))}:
        raise malformed("Invalid array", "parameter_invalid_array", path)
    return [_value(value[str(number)], hint, f"{path}[{number}]") for number in range(len(value))]


def _metadata(value: Any, path: str) -> dict[str, str]:
    if not isinstance(value, dict) or any(not isinstance(one, str) for one in value.values()):
        raise malformed("Invalid object", "parameter_invalid_object", path)
    if len(value) > MOST_METADATA or any(
        len(name) > LONGEST_KEY or len(text) > LONGEST_VALUE for name, text in value.items()
    ):
        raise malformed("Metadata is limited to 50 keys of 40 characters, values to 500.", "parameter_invalid", path)
    return dict(value)


def _plain(value: str, hint: Any, path: str) -> Any:
    if value == "":
        raise malformed(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter.",
            "parameter_invalid_empty",
            path,
        )
    if hint is bool:
        if value not in ("true", "false"):
            raise malformed(f"Invalid boolean: {value}", "parameter_invalid_boolean", path)
        return value == "true"
    if hint is int:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise malformed(f"Invalid integer: {value}", "parameter_invalid_integer", path)
        return int(value)
    if hint in (Decimal, float):
        try:
            return str(Decimal(value))
        except InvalidOperation as error:
            raise malformed(f"Invalid decimal: {value}", "parameter_invalid_decimal", path) from error
    assert hint is str, f"{path}: no reading for {hint}"
    return value
