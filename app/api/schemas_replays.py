"""The shapes of a replay of the draft and of its figures."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.api.schemas import RequestSchema
from app.services.replays import MOST_DAYS, ReplayStatus
from rules.replay import Difference


def _counts(what: str) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": f"Sessions by {what}."}
    )


def _amounts(whose: str) -> fields.Dict:
    described = {"description": f"The amounts of {whose}, in minor units by currency."}
    return fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, metadata=described)


class StartReplaySchema(RequestSchema):
    days = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(1, MOST_DAYS),
        metadata={"description": "Replay the sessions that were opened in the last that many days."},
    )
    as_of = fields.Date(
        metadata={"description": "As if all of them were on this day, within a year; else each keeps its own."}
    )


class TallySchema(Schema):
    sessions = fields.Integer(required=True)
    amounts = _amounts("all of them")
    paid = fields.Integer(required=True, metadata={"description": "How many of them were paid."})
    paid_amounts = _amounts("those that were paid")


class ExampleSchema(Schema):
    session = fields.String(required=True)
    amount = fields.Integer(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    paid = fields.Boolean(required=True)
    retry = fields.Boolean(required=True, metadata={"description": "What differs was offered after a failed attempt."})
    before = fields.List(fields.String(), required=True, metadata={"description": "The methods offered, in order."})
    after = fields.List(fields.String(), required=True)


class PairSchema(TallySchema):
    before = fields.String(
        required=True, allow_none=True, metadata={"description": "The active version's rule; null: its default offer."}
    )
    after = fields.String(
        required=True, allow_none=True, metadata={"description": "The draft's rule; null: its default offer."}
    )
    examples = fields.List(fields.Nested(ExampleSchema), required=True)


class FiguresSchema(Schema):
    sessions = fields.Integer(required=True)
    decisions = fields.Integer(
        required=True, metadata={"description": "Of these sessions: the first, and one after each failed attempt."}
    )
    retried = fields.Integer(
        required=True, metadata={"description": "Changed sessions that differ only after a failed attempt."}
    )
    moved = fields.Integer(
        required=True, metadata={"description": "Decided by another rule, with the same offer: not a change."}
    )
    emptied = fields.Integer(required=True, metadata={"description": "Left without any method by the draft."})
    filled = fields.Integer(required=True, metadata={"description": "Without any method now, with one by the draft."})
    changed = fields.Nested(TallySchema, required=True)
    pairs = fields.List(
        fields.Nested(PairSchema),
        required=True,
        metadata={"description": "The changed sessions by the rule that decides before and after, most first."},
    )
    others = fields.Nested(
        TallySchema, required=True, metadata={"description": "Changed sessions of the pairs beyond the first 500."}
    )
    gained = _counts("method that only the draft offers")
    lost = _counts("method that only the active version offers")
    differences = _counts(f"what differs: {', '.join(Difference)}")


class UnmetSchema(Schema):
    rule = fields.String(required=True, attribute="id")
    name = fields.String(required=True)
    begins = fields.Date(required=True, allow_none=True, metadata={"description": "Its first day, after all sessions."})
    ended = fields.Date(required=True, allow_none=True, metadata={"description": "Its last day, before all sessions."})


class ReplaySchema(Schema):
    id = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(list(ReplayStatus)))
    revision = fields.Integer(required=True, metadata={"description": "Of the draft that is replayed."})
    version = fields.Integer(required=True, metadata={"description": "The version that it is compared with."})
    since = fields.DateTime(required=True)
    until = fields.DateTime(required=True)
    as_of = fields.Date(
        required=True, allow_none=True, metadata={"description": "The day that every session was taken to be on."}
    )
    unmet = fields.List(
        fields.Nested(UnmetSchema),
        required=True,
        metadata={
            "description": "Rules that differ and are valid on other days only: no session could meet them, so the "
            "figures say nothing of them. Replay as of a day on which they are valid."
        },
    )
    total = fields.Integer(required=True, metadata={"description": "Sessions to replay; exact once it is finished."})
    replayed = fields.Integer(required=True)
    requested_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    figures = fields.Nested(FiguresSchema, required=True, metadata={"description": "Of the sessions replayed so far."})
