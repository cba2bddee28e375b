"""Where e-mails and text messages go out, read from the environment and refused where it is unsafe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from app.environment import ConfigError, read_match, read_url

_PORTS = {"smtp": 25, "smtps": 465}
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class SmtpSettings:
    """A server that takes e-mails; `security` is tls, starttls or none."""

    host: str
    port: int
    security: str
    user: str = field(repr=False, default="")
    password: str = field(repr=False, default="")


@dataclass(frozen=True)
class SmsSettings:
    """A gateway that takes text messages; `sender` is a number in E.164 or a name of up to 11 letters and digits."""

    url: str
    account: str
    token: str = field(repr=False)
    sender: str


@dataclass(frozen=True)
class ChannelSettings:
    """None where nobody carries the messages of a channel."""

    mail_from: str = "no-reply@localhost"
    smtp: SmtpSettings | None = None
    sms: SmsSettings | None = None


def read_settings(env: Mapping[str, str], *, production: bool) -> ChannelSettings:
    """Read SMTP_URL, MAIL_FROM and the SMS_ variables. Raises ConfigError."""
    return ChannelSettings(_mail_from(env), _smtp(env, production), _sms(env, production))


def _mail_from(env: Mapping[str, str]) -> str:
    given = env.get("MAIL_FROM", "")
    if not given:
        if env.get("SMTP_URL"):
            raise ConfigError("MAIL_FROM must be set beside SMTP_URL: the address that e-mails come from.")
        return ChannelSettings.mail_from
    address = parseaddr(given)[1]
    local, _, domain = address.rpartition("@")
    if not local or not domain or not given.isprintable() or not address.isascii() or " " in address:
        raise ConfigError(f"MAIL_FROM is {given!r}; use an address such as Shop <hello@shop.example>.")
    return given


def _smtp(env: Mapping[str, str], production: bool) -> SmtpSettings | None:
    if not env.get("SMTP_URL"):
        return None
    wanted = "use smtp://user:password@host:587?starttls=1 or smtps://user:password@host"
    try:
        parts = urlsplit(env["SMTP_URL"])
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"SMTP_URL cannot be read; {wanted}.") from error
    options = parse_qs(parts.query)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or set(options) - {"starttls"}:
        raise ConfigError(f"SMTP_URL cannot be read; {wanted}.")
    security = "tls" if parts.scheme == "smtps" else "starttls" if options.get("starttls") == ["1"] else "none"
    if production and security == "none" and parts.hostname not in _LOCAL:
        raise ConfigError(f"SMTP_URL would send customers' e-mails unencrypted; {wanted}.")
    return SmtpSettings(
        parts.hostname, port or _PORTS[parts.scheme], security, unquote(parts.username or ""),
        unquote(parts.password or ""),
    )  # fmt: skip


def _sms(env: Mapping[str, str], production: bool) -> SmsSettings | None:
    names = ("SMS_URL", "SMS_ACCOUNT", "SMS_TOKEN", "SMS_FROM")
    given = [name for name in names if env.get(name)]
    if not given:
        return None
    if missing := [name for name in names if name not in given]:
        raise ConfigError(f"{', '.join(missing)} must be set beside {given[0]}: text messages need all four.")
    url = read_url(env, "SMS_URL", "")
    if production and not url.startswith("https://"):
        raise ConfigError("SMS_URL must begin with https:// in production.")
    return SmsSettings(
        url=url,
        account=read_match(env, "SMS_ACCOUNT", "", r"[A-Za-z0-9]{1,64}", "the account's id: letters and digits"),
        token=env["SMS_TOKEN"],
        sender=read_match(
            env, "SMS_FROM", "", r"\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11}", "a number such as +390612345678, or a name"
        ),
    )
