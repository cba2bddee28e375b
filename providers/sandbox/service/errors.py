"""A refusal that the API answers with a status and a JSON error; nothing was changed when it is raised."""

from providers.interface import FailureKind


class Refusal(Exception):
    """Why a request is refused; `kind` tells the caller what it means for the payment."""

    def __init__(self, status: int, code: str, message: str, kind: FailureKind = FailureKind.TECHNICAL) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.kind = kind
