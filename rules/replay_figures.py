"""What a replay found, added up session by session: exact, and bounded however many sessions there are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.facts import Facts
from rules.replay import Seen

MAX_PAIRS = 500  # of rules, each counted by itself; what is beyond is counted together
MAX_EXAMPLES = 5  # of each pair, the first ones

Pair = tuple[str | None, str | None]  # the rule before and the rule after; None is the default offer


@dataclass
class Tally:
    """A number of sessions and their amounts in minor units by currency; of these, the ones that were paid."""

    sessions: int = 0
    amounts: Counter[str] = field(default_factory=Counter)
    paid: int = 0
    paid_amounts: Counter[str] = field(default_factory=Counter)

    def add(self, facts: Facts, paid: bool) -> None:
        """Count one session; one whose amount or currency is missing counts without its amount."""
        self.sessions += 1
        self.paid += paid
        amount, currency = facts.get("amount"), facts.get("currency")
        if isinstance(amount, int) and isinstance(currency, str):
            self.amounts[currency] += amount
            if paid:
                self.paid_amounts[currency] += amount

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.sessions + other.sessions,
            self.amounts + other.amounts,
            self.paid + other.paid,
            self.paid_amounts + other.paid_amounts,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "sessions": self.sessions,
            "amounts": dict(self.amounts),
            "paid": self.paid,
            "paid_amounts": dict(self.paid_amounts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Tally":
        """What `to_json` wrote."""
        return cls(data["sessions"], Counter(data["amounts"]), data["paid"], Counter(data["paid_amounts"]))


@dataclass(frozen=True)
class Example:
    """One session that would be offered something else: the methods before and after, in order.

    They are those of its first decision that differs: `retry` tells that this one was made after a failed attempt.
    """

    session: str
    amount: int | None  # in minor units
    currency: str | None
    paid: bool
    retry: bool
    before: tuple[str, ...]
    after: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return vars(self) | {"before": list(self.before), "after": list(self.after)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Example":
        """What `to_json` wrote."""
        return cls(**{**data, "before": tuple(data["before"]), "after": tuple(data["after"])})


@dataclass
class PairTally:
    """The changed sessions of one pair of rules, and the first few of them."""

    tally: Tally = field(default_factory=Tally)
    examples: list[Example] = field(default_factory=list)


@dataclass
class Figures:
    """All that a replay adds up.

    A session has a decision for its first offer and one for each that followed a failed attempt. It is changed when one
    of its `decisions` differs, and counted once, with its amount, under the rules of the first that does; `retried`
    ones differ only after a failed attempt. `moved` ones are decided by another rule and offered the same. `changed` is
    the sum of `pairs` and `others`. `emptied` ones are offered something before and nothing after, `filled` ones the
    other way round, at least once. `gained` and `lost` count sessions by method, `differences` by what differs (one
    session may differ in several ways).
    """

    sessions: int = 0
    decisions: int = 0
    retried: int = 0
    moved: int = 0
    emptied: int = 0
    filled: int = 0
    changed: Tally = field(default_factory=Tally)
    others: Tally = field(default_factory=Tally)
    pairs: dict[Pair, PairTally] = field(default_factory=dict)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)

    def add(self, session_id: str, facts: Facts, paid: bool, seen: Sequence[Seen]) -> None:
        """Count a session by what was seen of each of its decisions, in order.

        `facts` may be those of any of them: a session's amount and currency never change.
        """
        self.sessions += 1
        self.decisions += len(seen)
        differing = [each for each in seen if each.differences]
        if not differing:
            self.moved += any(each.before != each.after for each in seen)
            return
        first, retry = differing[0], not seen[0].differences
        self.retried += retry
        self.changed.add(facts, paid)
        self.differences.update({kind for each in differing for kind in each.differences})
        self.gained.update({key for each in differing for key in each.methods_after if key not in each.methods_before})
        self.lost.update({key for each in differing for key in each.methods_before if key not in each.methods_after})
        self.emptied += any(each.methods_before and not each.methods_after for each in differing)
        self.filled += any(each.methods_after and not each.methods_before for each in differing)
        pair = first.before, first.after
        if pair not in self.pairs and len(self.pairs) >= MAX_PAIRS:
            self.others.add(facts, paid)
            return
        counted = self.pairs.setdefault(pair, PairTally())
        counted.tally.add(facts, paid)
        if len(counted.examples) < MAX_EXAMPLES:
            counted.examples.append(_example(session_id, facts, paid, retry, first))

    def to_json(self) -> dict[str, Any]:
        """Plain data, the pairs with most sessions first: `from_json(to_json(x))` goes on counting exactly as x."""
        largest = sorted(self.pairs.items(), key=lambda item: -item[1].tally.sessions)
        return {
            "sessions": self.sessions,
            "decisions": self.decisions,
            "retried": self.retried,
            "moved": self.moved,
            "emptied": self.emptied,
            "filled": self.filled,
            "changed": self.changed.to_json(),
            "others": self.others.to_json(),
            "pairs": [
                {"before": before, "after": after}
                | counted.tally.to_json()
                | {"examples": [example.to_json() for example in counted.examples]}
                for (before, after), counted in largest
            ],
            "gained": dict(self.gained),
            "lost": dict(self.lost),
            "differences": dict(self.differences),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Figures":
        """What `to_json` wrote; without anything, figures at nought."""
        if not data:
            return cls()
        return cls(
            **{key: data[key] for key in ("sessions", "decisions", "retried", "moved", "emptied", "filled")},
            changed=Tally.from_json(data["changed"]),
            others=Tally.from_json(data["others"]),
            pairs={
                (pair["before"], pair["after"]): PairTally(
                    Tally.from_json(pair), [Example.from_json(example) for example in pair["examples"]]
                )
                for pair in data["pairs"]
            },
            gained=Counter(data["gained"]),
            lost=Counter(data["lost"]),
            differences=Counter(data["differences"]),
        )


def _example(session_id: str, facts: Facts, paid: bool, retry: bool, seen: Seen) -> Example:
    amount, currency = facts.get("amount"), facts.get("currency")
    return Example(
        session_id,
        amount if isinstance(amount, int) else None,
        currency if isinstance(currency, str) else None,
        paid,
        retry,
        seen.methods_before,
        seen.methods_after,
    )
