"""Which of a rule's two offers a session sees while the rule holds an experiment."""

import hashlib
from typing import Literal

from rules.spec import Offer, Rule

Arm = Literal["a", "b"]  # a: the rule's own offer; b: the other offer of its experiment


def arm_of(rule: Rule, session_id: str) -> Arm | None:
    """The arm of this session, always the same for the same ids and share; None without an experiment.

    A hash places the session on a scale of a hundred; arm b is the part below the share. So a larger share keeps
    everyone who was in arm b, and the salt makes the place independent of the one that a weighted plan draws.
    """
    if rule.experiment is None:
        return None
    digest = hashlib.sha256(f"experiment:{rule.id}:{session_id}".encode()).digest()
    place = int.from_bytes(digest[:8]) * 100 >> 64
    return "b" if place < rule.experiment.share else "a"


def offer_of(rule: Rule, arm: Arm | None) -> Offer:
    """The offer that a session in this arm sees."""
    return rule.experiment.offer if rule.experiment is not None and arm == "b" else rule.offer
