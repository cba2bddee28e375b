"""Why each payment method is offered or missing: one answer for the API, the payment's page and Try it."""

from __future__ import annotations

from typing import Any

from app.domain.methods import METHOD_IDS
from app.services import rule_sets
from app.services.transaction import release
from app.services.wording import describer
from rules import Decision, Facts
from rules.absence import answers
from rules.absence_words import to_json


def told(decision: Decision, facts: Facts) -> list[dict[str, Any]]:
    """Return the answer for every method as plain data, in English; the decision is of a published version."""
    ruleset, words = rule_sets.ruleset_of(decision.version), describer()
    release()  # a large set takes a while
    found = answers(ruleset, decision, facts, METHOD_IDS)
    return [to_json(answer, words, facts.get("currency")) for answer in found]
