"""A real mail server on any free port: it keeps what it takes, and answers as a test wants it to."""

import ssl
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.channels.settings import SmtpSettings

TAKEN = "250 taken"
DROP = "drop"  # take the message, then hang up instead of saying so


@dataclass
class MailServer:
    """Use as a context manager. `answers` are those to the next recipients, `data_answers` those to the next texts.

    With `certificate` it speaks TLS, at once or after STARTTLS, and asks for the sign-in `ada` / `secret`.
    """

    certificate: ssl.SSLContext | None = None
    security: str = "none"
    answers: list[str] = field(default_factory=list)
    data_answers: list[str] = field(default_factory=list)
    taken: list[Envelope] = field(default_factory=list)

    def __enter__(self) -> Self:
        options: dict[str, Any] = {}
        if self.security == "starttls":
            options = {"tls_context": self.certificate, "require_starttls": True}
        elif self.security == "tls":
            options = {"ssl_context": self.certificate}
        if self.certificate is not None:
            signed_in = {"auth_required": True, "authenticator": _authenticate}
            options |= signed_in | ({"auth_require_tls": False} if self.security == "tls" else {})
        self._controller = _AnyPort(self, hostname="127.0.0.1", port=0, **options)
        self._controller.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._controller.stop()

    @property
    def settings(self) -> SmtpSettings:
        """How the hub is told of it."""
        user = ("ada", "secret") if self.certificate is not None else ("", "")
        return SmtpSettings("127.0.0.1", self._controller.port, self.security, *user)

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken, as a mail program would read it."""
        return [message_from_bytes(each.content or b"", policy=default) for each in self.taken]  # type: ignore[misc]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to a recipient."""
        answer = self.answers.pop(0) if self.answers else TAKEN
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Answer to a text."""
        answer = self.data_answers.pop(0) if self.data_answers else TAKEN
        if answer in (TAKEN, DROP):
            self.taken.append(envelope)
        if answer == DROP:
            server.transport.abort()
        return answer


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    known = isinstance(given, LoginPassword) and (given.login, given.password) == (b"ada", b"secret")
    return AuthResult(success=known, handled=False)
