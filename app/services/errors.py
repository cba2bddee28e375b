"""What a use case may refuse, as typed errors that build their own message; one handler renders them."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as required
from datetime import datetime


class Refusal(Exception):
    """Nothing was changed. `status` is HTTP's, `code` is for programs, `field` names what to put right, if anything."""

    status = 409
    code = "refused"
    field: str | None = None

    @property
    def message(self) -> str:
        """A sentence that says what is wrong and how to put it right."""
        return "The request was refused."

    def __str__(self) -> str:
        return self.message


@dataclass
class NotFound(Refusal):
    what: str
    id: str
    status = 404
    code = "not_found"

    @property
    def message(self) -> str:
        return f"There is no {self.what} {self.id[:60]!r}. Check the id."


@dataclass
class FieldRefused(Refusal):
    """One field is wrong: `field` is its path, `reason` a sentence with the fix."""

    field: str = required()  # said so, or the None of `Refusal` would be its default
    reason: str = required()
    status = 422
    code = "invalid_field"

    @property
    def message(self) -> str:
        return f"{self.field}: {self.reason}"


@dataclass
class FieldsRefused(Refusal):
    """Several fields are wrong: `errors` has a sentence with the fix for each."""

    errors: dict[str, str]
    status = 422
    code = "invalid_fields"

    @property
    def message(self) -> str:
        return " ".join(f"{name}: {reason}" for name, reason in self.errors.items())


@dataclass
class SessionExpired(Refusal):
    expired_at: datetime
    status = 410
    code = "session_expired"

    @property
    def message(self) -> str:
        return f"This checkout session expired at {self.expired_at:%Y-%m-%d %H:%M} UTC. Open a new one."


class Busy(Refusal):
    """Every slot for calls to providers is taken: one of them is slow."""

    status = 503
    code = "busy"

    @property
    def message(self) -> str:
        return "The payment service is slow to answer just now. Nothing was started; try again in a few seconds."


class NoActiveRules(Refusal):
    """Nothing was published yet, so nothing can be decided."""

    status = 503
    code = "no_active_rules"

    @property
    def message(self) -> str:
        return "No rules are published yet: run `flask rules publish FILE`, then try again."


class AlreadyPaid(Refusal):
    code = "already_paid"

    @property
    def message(self) -> str:
        return "This checkout session is already paid. Nothing was charged again."


class TermsNotAccepted(Refusal):
    status = 422
    code = "terms_not_accepted"
    field = "accept_terms"

    @property
    def message(self) -> str:
        return "accept_terms must be true: the customer accepts the terms before paying."


@dataclass
class MethodNotOffered(Refusal):
    method: str
    offered: tuple[str, ...]
    status = 422
    code = "method_not_offered"
    field = "method"

    @property
    def message(self) -> str:
        choices = ", ".join(self.offered) or "none at the moment"
        return f"{self.method[:60]!r} is not offered in this session. Offered: {choices}."


@dataclass
class DraftChanged(Refusal):
    """The draft is no longer at the revision that the caller read."""

    revision: int
    who: str
    at: datetime
    code = "draft_changed"

    @property
    def message(self) -> str:
        return (
            f"{self.who} changed the draft at {self.at:%Y-%m-%d %H:%M:%S} UTC (it is at revision {self.revision} now). "
            "Nothing was overwritten: read the draft again and put your change into it."
        )


@dataclass
class DraftOutdated(Refusal):
    """Another version went live since the draft was begun: publishing the draft would silently undo it."""

    based_on: int | None
    active: int | None
    code = "draft_outdated"

    @property
    def message(self) -> str:
        began = "before any version" if self.based_on is None else f"from version {self.based_on}"
        return (
            f"Version {self.active} is active, but the draft was begun {began}. Look at the draft's difference, "
            f"then save the draft again with based_on {self.active}, or discard it."
        )


@dataclass
class NothingDrafted(Refusal):
    based_on: int | None
    code = "nothing_drafted"

    @property
    def message(self) -> str:
        what = "is empty" if self.based_on is None else f"is the same as version {self.based_on}"
        return f"The draft {what}: save a change first."


class NothingToUndo(Refusal):
    """None of the draft's last steps is left."""

    code = "nothing_to_undo"

    @property
    def message(self) -> str:
        return "There is no change to take back: steps are kept until the next publication."


class NotApproved(Refusal):
    code = "not_approved"

    @property
    def message(self) -> str:
        return "The draft as it stands is not approved. Have it approved, then publish it."


@dataclass
class SecondPersonNeeded(Refusal):
    authors: str
    status = 403
    code = "second_person_needed"

    @property
    def message(self) -> str:
        return (
            f"{self.authors} wrote this draft, so somebody who wrote nothing in it has to approve it. Nobody left? An "
            "administrator adds an approver on the page People, or give the draft up and let one person write it."
        )


@dataclass
class TooManyReplays(Refusal):
    most: int
    code = "too_many_replays"

    @property
    def message(self) -> str:
        return f"{self.most} replays are under way already: wait until one has finished, or cancel one."


class IllegalMove(Exception):
    """A program tried a status change that the tables do not know: a bug, never a user's fault."""
