"""Why a payment method is missing, in plain sentences and as plain data."""

from collections.abc import Sequence
from typing import Any

from rules.absence import Absence, AbsenceKind, MethodAnswer
from rules.explain import ConditionTrace
from rules.sentences import Describer

_K = AbsenceKind
_WORDS = {
    _K.HIDDEN: "The adjustment “{name}” hides it",
    _K.NOT_MATCHED: "Rule {place}, “{name}”, offers it, but does not match",
    _K.SWITCHED_OFF: "Rule {place}, “{name}”, offers it, but is switched off",
    _K.NOT_IN_FORCE: "Rule {place}, “{name}”, offers it, but is not valid on that day",
    _K.LATER: "Rule {place}, “{name}”, matches too and offers it, but comes after the rule that decided",
    _K.OTHER_OFFER: "The other offer of the experiment of rule {place}, “{name}”, has it",
    _K.DEFAULT_OFFER: "The default offer has it, but a rule matched",
    _K.NOT_OFFERED: "No rule offers it, and the default offer does not either",
}
_IDLE = (_K.SWITCHED_OFF, _K.NOT_IN_FORCE)
_MORE = {
    _K.MORE_NOT_MATCHED: (
        "1 more rule offers it, and does not match",
        "{more} more rules offer it, and do not match",
    ),
    _K.MORE_LATER: (
        "1 more rule below matches too and offers it",
        "{more} more rules below match too and offer it",
    ),
}


def outline(absence: Absence) -> str:
    """The reason in an English sentence without a full stop and without its conditions."""
    if absence.withheld is not None:
        return absence.withheld.reason.removesuffix(".")
    kind = AbsenceKind(absence.code)
    if kind in _MORE:
        return _MORE[kind][absence.more > 1].format(more=absence.more)
    text = _WORDS[kind].format(name=absence.owner.name if absence.owner else "", place=absence.place)
    return f"{text}, and does not match either" if kind in _IDLE and absence.conditions else text


def outline_of_later(later: Sequence[Absence], more: int) -> str:
    """The rules that come after the one that decided, and how many more do, in one sentence part."""
    if len(later) == 1 and not more:
        return outline(later[0])
    named = [f"{item.place}, “{item.owner.name}”" for item in later if item.owner]
    if more:
        named.append(f"and {more} more")
    return f"Rules {'; '.join(named)} match too and offer it, but come after the one that decided"


def sentence(absence: Absence, words: Describer, currency: object) -> str:
    """The whole reason: each condition to blame with what the session had, amounts in the session's `currency`."""
    conditions = [_blamed(trace, words, currency) for trace in absence.conditions]
    if absence.conditions and absence.more:
        conditions.append(f"{absence.more} more")
    return f"{outline(absence)}{': ' if conditions else ''}{'; '.join(conditions)}."


def to_json(answer: MethodAnswer, words: Describer, currency: object) -> dict[str, Any]:
    """Plain data: method, offered, and reasons with code, reason, rule, account and conditions."""
    return {
        "method": answer.method,
        "offered": answer.offered,
        "reasons": [
            {
                "code": str(absence.code),
                "reason": sentence(absence, words, currency),
                "rule": {"id": absence.owner.id, "name": absence.owner.name} if absence.owner else None,
                "account": absence.withheld.account if absence.withheld else None,
                "conditions": [trace.to_json() for trace in absence.conditions],
            }
            for absence in answer.absences
        ],
    }


def _blamed(trace: ConditionTrace, words: Describer, currency: object) -> str:
    actual = words.fact(trace.condition.attribute, trace.actual, currency)
    return f"“{words.describe(trace.condition)}” is {'true' if trace.result else 'false'} (here: {actual})"
