"""What the rules said for one session, and why, with its JSON form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.arms import Arm


@dataclass(frozen=True)
class Match:
    """The first rule that matches (None: the default offer) and every adjustment that matches, in order."""

    rule_id: str | None
    adjustment_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfferedMethod:
    """A method the customer sees and the accounts that may carry it, in fallback order (never empty)."""

    method: str
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Withheld:
    """A method not offered, or one account that may not carry it, and the reason as a code and a sentence."""

    method: str
    account: str | None
    code: str
    reason: str


@dataclass(frozen=True)
class Decision:
    """The offer of one session: `version` is the rule set's, `rule_id` is None for the default offer.

    `adjustments` holds (id, name) of each that applied; `strong_authentication` the offered methods that need it;
    `notices` one mapping of language to text for each notice; `arm` says which offer of the rule's experiment this is,
    None where it has none.
    """

    version: int
    rule_id: str | None
    rule_name: str
    offered: tuple[OfferedMethod, ...]
    withheld: tuple[Withheld, ...]
    adjustments: tuple[tuple[str, str], ...] = ()
    strong_authentication: tuple[str, ...] = ()
    notices: tuple[Mapping[str, str], ...] = ()
    arm: Arm | None = None

    def offers(self, method: str) -> OfferedMethod | None:
        """The offered method of that id, or None."""
        return next((offered for offered in self.offered if offered.method == method), None)

    def to_json(self) -> dict[str, Any]:
        """Plain data for storage and the API."""
        return {
            "version": self.version,
            "rule": {"id": self.rule_id, "name": self.rule_name},
            "arm": self.arm,
            "offered": [{"method": item.method, "accounts": list(item.accounts)} for item in self.offered],
            "withheld": [
                {"method": item.method, "account": item.account, "code": item.code, "reason": item.reason}
                for item in self.withheld
            ],
            "adjustments": [{"id": key, "name": name} for key, name in self.adjustments],
            "strong_authentication": list(self.strong_authentication),
            "notices": [dict(text) for text in self.notices],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Decision":
        """The decision that `to_json` wrote. KeyError or TypeError when it is something else."""
        return cls(
            version=data["version"],
            rule_id=data["rule"]["id"],
            rule_name=data["rule"]["name"],
            offered=tuple(OfferedMethod(item["method"], tuple(item["accounts"])) for item in data["offered"]),
            withheld=tuple(Withheld(**item) for item in data["withheld"]),
            adjustments=tuple((item["id"], item["name"]) for item in data["adjustments"]),
            strong_authentication=tuple(data["strong_authentication"]),
            notices=tuple(dict(text) for text in data["notices"]),
            arm=data.get("arm"),  # a decision of before there were experiments has none
        )
