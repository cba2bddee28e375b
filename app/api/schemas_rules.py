"""The shapes of decisions, explanations, attributes and rule set versions."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.api.schemas import DecisionNameSchema, RequestSchema, RuleNameSchema


class OfferedSchema(Schema):
    method = fields.String(required=True)
    accounts = fields.List(fields.String(), required=True, metadata={"description": "In fallback order."})


class WithheldSchema(Schema):
    method = fields.String(required=True)
    account = fields.String(required=True, allow_none=True)
    code = fields.String(required=True)
    reason = fields.String(required=True)


class DecisionSchema(DecisionNameSchema):
    offered = fields.List(fields.Nested(OfferedSchema), required=True)
    withheld = fields.List(fields.Nested(WithheldSchema), required=True)
    adjustments = fields.List(fields.Nested(RuleNameSchema), required=True)
    strong_authentication = fields.List(fields.String(), required=True)
    notices = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)


class RuleTraceSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    in_force = fields.Boolean(required=True, metadata={"description": "Within its validity dates."})
    matched = fields.Boolean(required=True)
    when = fields.Dict(
        required=True,
        metadata={
            "description": "The condition tree: `all`, `any` or `none` over conditions "
            "{attribute, operator, expected, actual, result} and further groups, each with its `result`."
        },
    )


class AbsenceSchema(Schema):
    code = fields.String(
        required=True,
        metadata={
            "description": "not_in_offer (of the rule that decided; the reasons after it say where else it is), "
            "rule_later (it matches too), rule_not_matched, rule_off, rule_not_in_force, more_rules_later, "
            "more_rules_not_matched, "
            "other_offer, default_offer, not_offered, hidden, or why a provider may not carry it: account_off, "
            "account_outage, account_unknown, method_unsupported, method_off, currency, country, flow, amount_low, "
            "amount_high."
        },
    )
    reason = fields.String(required=True, metadata={"description": "A sentence."})
    rule = fields.Nested(
        RuleNameSchema, required=True, allow_none=True, metadata={"description": "Or the adjustment that hides it."}
    )
    account = fields.String(required=True, allow_none=True)
    conditions = fields.List(
        fields.Dict(),
        required=True,
        metadata={"description": "The first few to blame: {attribute, operator, expected, actual, result}."},
    )


class MethodAnswerSchema(Schema):
    method = fields.String(required=True)
    offered = fields.Boolean(required=True)
    reasons = fields.List(
        fields.Nested(AbsenceSchema),
        required=True,
        metadata={"description": "Every reason against it, or against one of its providers."},
    )


class ExplanationSchema(Schema):
    rule_id = fields.String(required=True, allow_none=True)
    adjustment_ids = fields.List(fields.String(), required=True)
    rules = fields.List(fields.Nested(RuleTraceSchema), required=True)
    adjustments = fields.List(fields.Nested(RuleTraceSchema), required=True)
    methods = fields.List(
        fields.Nested(MethodAnswerSchema), required=True, metadata={"description": "Why each is there or missing."}
    )


class EvaluationSchema(Schema):
    facts = fields.Dict(required=True)
    decision = fields.Nested(DecisionSchema, required=True)
    explanation = fields.Nested(ExplanationSchema, required=True)


class EvaluatedSchema(EvaluationSchema):
    note = fields.String(required=True, allow_none=True, metadata={"description": "What to know of this answer."})


class ExplainedDecisionSchema(EvaluationSchema):
    session = fields.String(required=True)
    decided_at = fields.DateTime(required=True)


class AttributeSchema(Schema):
    key = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True)
    operators = fields.List(fields.String(), required=True)
    choices = fields.List(fields.String(), required=True, allow_none=True)
    minimum = fields.Integer(required=True, allow_none=True, metadata={"description": "Of an integer: its lowest."})
    maximum = fields.Integer(required=True, allow_none=True, metadata={"description": "Of an integer: its highest."})
    help = fields.String(required=True)
    derived = fields.Boolean(required=True, metadata={"description": "The hub computes it; a shop cannot send it."})
    retired = fields.Boolean(
        required=True,
        metadata={"description": "No new condition should test it; rules that do go on, and a shop may still send it."},
    )


class AttributesSchema(Schema):
    data = fields.List(fields.Nested(AttributeSchema), required=True)


class EvaluateSchema(RequestSchema):
    """Facts to try the rules on; unlike a session's, they may include those that the hub computes."""

    attributes = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True)
    version = fields.Integer(strict=True, validate=validate.Range(1, 2**31 - 1))
    session_id = fields.String(
        validate=validate.Regexp(r"^[A-Za-z0-9_]{1,40}$", error="Send a session's id, such as cs_0199…."),
        metadata={"description": "Whose arm of an experiment to show; the session need not exist."},
    )


class VersionSchema(Schema):
    number = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    author = fields.String(required=True, metadata={"description": "Who wrote last."})
    authors = fields.List(fields.String(), required=True, metadata={"description": "All who wrote."})
    approver = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)
    created_at = fields.DateTime(required=True)


class VersionsSchema(Schema):
    active = fields.Integer(required=True)
    data = fields.List(fields.Nested(VersionSchema), required=True)


class WholeVersionSchema(VersionSchema):
    document = fields.Dict(required=True, data_key="rule_set")


class ActivatedSchema(Schema):
    active = fields.Integer(required=True)
