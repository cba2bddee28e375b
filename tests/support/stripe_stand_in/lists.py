"""Lists and expansion, as Stripe's: newest first, pages by cursor, ids replaced by the objects they name."""

from typing import Any

from tests.support.stripe_stand_in.errors import StripeError, malformed, missing
from tests.support.stripe_stand_in.store import Books, Document

DEEPEST = 4
NOTHING = object()  # a field that must be empty
# Left out unless they are asked for by `expand`: how to find the list of them.
INCLUDABLE = {
    ("invoice", "payments"): lambda books, one: _all(books, "invoice_payment", invoice=one["id"]),
    ("charge", "refunds"): lambda books, one: _all(books, "refund", charge=one["id"]),
    ("checkout.session", "line_items"): lambda books, one: books.hidden(one)["line_items"],
}


def page(books: Books, kind: str, given: Document, url: str, **equal: Any) -> Document:
    """One page of the objects of a kind whose fields are `equal`, made within `created`."""
    limit = given.get("limit", 10)
    if not 1 <= limit <= 100:
        raise malformed("limit must be between 1 and 100", "parameter_invalid_integer", "limit")
    after, before = _span(given.get("created"))
    wanted = {name: value for name, value in equal.items() if value is not None}
    found = [
        one for one in books.all(kind, after, before) if all(_is(_field(one, name), v) for name, v in wanted.items())
    ]
    if cursor := given.get("starting_after"):
        places = [number for number, one in enumerate(found) if one["id"] == cursor]
        if not places:
            if books.find(cursor, kind) is None:
                raise missing(kind, cursor, "starting_after", 400)
            return _list([], url, False)
        found = found[places[0] + 1 :]
    if cursor := given.get("ending_before"):
        ids = [one["id"] for one in found]
        if cursor not in ids:
            raise missing(kind, cursor, "ending_before", 400)
        newer = found[: ids.index(cursor)]
        return _list(newer[-limit:], url, len(newer) > limit)
    return _list(found[:limit], url, len(found) > limit)


def expand(books: Books, document: Document, paths: list[str]) -> Document:
    """The document with what the paths name in the place of its ids. Raises: StripeError for what has no more."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST + (steps[0] == "data"):
            raise StripeError(f"You cannot expand more than {DEEPEST} levels of a property.", param="expand")
        _expand(books, document, steps, path)
    return document


def _expand(books: Books, place: Document, steps: list[str], path: str) -> None:
    name, rest = steps[0], steps[1:]
    if (place.get("object"), name) in INCLUDABLE and name not in place:
        found = INCLUDABLE[place["object"], name](books, place)
        place[name] = _list(found, f"/v1/{name}", False)
    elif name not in place:
        raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
    value = place[name]
    if isinstance(value, str):
        target = books.find(value)
        if target is None:
            raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
        value = place[name] = target
    if not rest or value is None:
        return
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
        _expand(books, one, rest, path)


def _all(books: Books, kind: str, **equal: Any) -> list[Document]:
    return [one for one in books.all(kind) if all(one[name] == value for name, value in equal.items())]


def _list(data: list[Document], url: str, more: bool) -> Document:
    return {"object": "list", "data": data, "has_more": more, "url": url}


def _span(created: Any) -> tuple[int, int]:
    if created is None:
        return 0, 2**62
    if isinstance(created, int):
        return created, created
    return (
        max(created.get("gte", 0), created.get("gt", -1) + 1),
        min(created.get("lte", 2**62), created.get("lt", 2**62 + 1) - 1),
    )


def _is(value: Any, wanted: Any) -> bool:
    return value is None if wanted is NOTHING else bool(value == wanted)


def _field(document: Document, path: str) -> Any:
    """A field, or one within another: `payment__payment_intent`."""
    value: Any = document
    for name in path.split("__"):
        value = value.get(name) if isinstance(value, dict) else None
    return value
