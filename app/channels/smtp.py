"""E-mail by SMTP: one message a connection, bounded in time, with an id that tells a repeat."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, parseaddr

from app.channels.interface import NotDelivered, OutgoingMessage, Refused
from app.channels.settings import SmtpSettings

STEP_SECONDS = 8  # for the server to answer one command
ALL_SECONDS = 22  # for the whole conversation, however it drips
SIGN_IN = (530, 534, 535, 538)  # what a server answers to whom it does not know
POLICY = "5.7."  # enhanced status codes (RFC 3463) about who may send: relaying denied, above all


class SmtpServer:
    """Hands messages to the server in `settings`, from `mail_from`, under the merchant's name unless that has one."""

    name = "smtp"

    def __init__(self, settings: SmtpSettings, mail_from: str, merchant: str) -> None:
        self._settings = settings
        display, self._address = parseaddr(mail_from)
        self._display = display or merchant
        self._domain = self._address.rpartition("@")[2]

    def send(self, message: OutgoingMessage) -> str:
        """Hand over and return the Message-ID.

        Only an answer of 5xx about the recipient or the content is a refusal: what is wrong with us (the sign-in, the
        sender, the right to send from here, the connection) can be mended, and the message is tried again.
        """
        mail = self._mail(message)
        with self._connection() as server:
            try:
                server.sendmail(self._address, [message.recipient], mail.as_bytes())
            except smtplib.SMTPRecipientsRefused as error:
                code, answer = next(iter(error.recipients.values()))
                if code in SIGN_IN or _words(answer).startswith(POLICY):
                    raise NotDelivered(f"The mail server takes nothing from here: {code} {_words(answer)}") from None
                raise _sorted(code, answer, "The recipient was refused") from None
            except smtplib.SMTPDataError as error:
                raise _sorted(error.smtp_code, error.smtp_error, "The message was refused") from None
            except UnicodeError:
                raise Refused("The address holds characters that no mail server takes.") from None
            except (smtplib.SMTPException, OSError) as error:
                raise _broken(error) from None
        return str(mail["Message-ID"])

    def _mail(self, message: OutgoingMessage) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        try:
            user, _, domain = message.recipient.rpartition("@")
            mail["From"] = Address(self._display, addr_spec=self._address)
            mail["To"] = Address(username=user, domain=domain)
            mail["Subject"] = message.title
        except (ValueError, MessageError, IndexError):
            raise Refused("The address or the subject cannot be written in an e-mail.") from None
        mail["Date"] = format_datetime(localtime())
        mail["Message-ID"] = f"<{message.id}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text, cte="quoted-printable")
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
        return mail

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """Yield a connection that is ready for a message. Raises NotDelivered."""
        server = smtplib.SMTP(timeout=STEP_SECONDS, local_hostname=self._domain)
        if self._settings.security == "tls":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(timeout=STEP_SECONDS, local_hostname=self._domain, context=context)
        timer = threading.Timer(ALL_SECONDS, _shut, (server,))
        timer.daemon = True
        timer.start()
        try:
            self._open(server)
            yield server
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()  # the message was taken: that the goodbye fails takes nothing back
        finally:
            timer.cancel()
            server.close()

    def _open(self, server: smtplib.SMTP) -> None:
        settings = self._settings
        try:
            server._host = settings.host  # type: ignore[attr-defined]  # as its constructor would, for TLS to check
            code, answer = server.connect(settings.host, settings.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, answer)
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, settings.password)
        except (smtplib.SMTPException, OSError) as error:
            raise _broken(error) from None


def _sorted(code: int, answer: bytes | str, what: str) -> Refused | NotDelivered:
    kind = Refused if 500 <= code < 600 else NotDelivered
    return kind(f"{what}: {code} {_words(answer)}")


def _broken(error: Exception) -> NotDelivered:
    if isinstance(error, smtplib.SMTPResponseException):
        return NotDelivered(f"The mail server said {error.smtp_code} {_words(error.smtp_error)}")
    return NotDelivered(f"The mail server could not be used: {type(error).__name__}.")


def _words(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:300]


def _shut(server: smtplib.SMTP) -> None:
    if server.sock is not None:
        with contextlib.suppress(OSError):
            server.sock.shutdown(socket.SHUT_RDWR)
