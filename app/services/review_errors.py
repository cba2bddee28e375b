"""What the review queue refuses: somebody or the provider was faster, or the provider says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.errors import Refusal


class AlreadyDecided(Refusal):
    """The item is no longer open: it was decided by somebody else, or settled by the provider's answer."""

    code = "already_decided"

    @property
    def message(self) -> str:
        return "This is no longer open: somebody else decided it, or the provider answered meanwhile. Nothing was done."


@dataclass
class SaysOtherwise(Refusal):
    """The provider was asked once more before a person's word was taken, and said something else."""

    answer: str
    code = "provider_says_otherwise"

    @property
    def message(self) -> str:
        return f"The provider was asked once more and says otherwise: {self.answer} What you entered was not recorded."


class StillUnderWay(Refusal):
    """The provider was asked for the refund so lately that nobody can say yet that it was not made."""

    code = "still_under_way"

    @property
    def message(self) -> str:
        return "The provider was asked to make it only seconds ago. Try again in half a minute; nothing was recorded."
