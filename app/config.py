"""Typed configuration: read from the environment, generated once where it is not given, refused where it is unsafe."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet

from app.channels.settings import ChannelSettings, read_settings
from app.environment import ConfigError, read_boolean, read_integer, read_match, read_networks, read_url

__all__ = ["Config", "ConfigError", "Theme", "load"]

GENERATED = (
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "API_KEY",
    "ADMIN_PASSWORD",
    "SANDBOX_KEY",
    "SANDBOX_WEBHOOK_SECRET",
)
IMAGE_TYPES = (".svg", ".png", ".jpg", ".webp", ".ico")
ANY_HOST = ("0.0.0.0", "::")  # noqa: S104 - what a server may listen on, compared with and never bound here
ENVIRONMENTS = ("development", "test", "production")


@dataclass(frozen=True)
class Theme:
    """How the customer's pages look: every value is checked here, so pages may trust it."""

    name: str = "Aurora Shop"
    logo: Path | None = None  # a file, so that the hub serves it and nothing is fetched from elsewhere
    favicon: Path | None = None
    accent: str = "#0b6e4f"
    background: str = "#f3f6f5"
    surface: str = "#ffffff"
    text: str = "#14211d"
    terms_url: str = ""
    privacy_url: str = ""
    help_url: str = ""


@dataclass(frozen=True)
class Config:
    """Everything the hub reads from its surroundings. Secrets never show in `repr`."""

    environment: str
    data_dir: Path
    host: str
    port: int
    public_url: str
    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    api_key: str = field(repr=False)
    admin_email: str = field(repr=False)
    admin_password: str = field(repr=False)
    sandbox_url: str = ""
    sandbox_public_url: str = ""  # where customers' browsers find its pages
    sandbox_key: str = field(repr=False, default="")
    sandbox_webhook_secret: str = field(repr=False, default="")
    merchant_country: str = "IT"
    merchant_timezone: str = "Europe/Rome"
    redirect_hosts: frozenset[str] = frozenset()  # where a customer may be sent back to
    webhook_allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # of our own, that webhooks may be sent into
    trusted_proxies: int = 0
    several_hosts: bool = False
    demo: bool = True
    one_person_publishes: bool = True  # whoever wrote the draft of the rules may approve it
    session_minutes: int = 24 * 60
    web_threads: int = 16
    channels: ChannelSettings = field(default_factory=ChannelSettings)
    theme: Theme = field(default_factory=Theme)

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def uses_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Build the configuration from `environ` (default: the process's own).

    What is not given among `GENERATED` is made once and kept in `DATA_DIR/secrets.json` (mode 0600);
    in production it must be given. Raises ConfigError.
    """
    env = dict(os.environ if environ is None else environ)
    environment = env.get("JUNCTION_ENV", "development")
    if environment not in ENVIRONMENTS:
        raise ConfigError(f"JUNCTION_ENV is {environment!r}; use one of {', '.join(ENVIRONMENTS)}.")
    data_dir = Path(env.get("DATA_DIR", "./var")).absolute()
    secret = _secrets(env, data_dir, generate=environment != "production")
    port = read_integer(env, "PORT", 8000, 1, 65535)
    host = env.get("HOST", "127.0.0.1")
    sandbox_port = read_integer(env, "SANDBOX_PORT", port + 1, 1, 65536)
    sandbox_url = read_url(env, "SANDBOX_URL", f"http://127.0.0.1:{sandbox_port}")
    demo = read_boolean(env, "DEMO", environment != "production")
    read_networks(env, "PROVIDER_ALLOWED_NETWORKS")  # for the registry of providers; refused here when it is malformed
    config = Config(
        environment=environment,
        data_dir=data_dir,
        host=host,
        port=port,
        public_url=read_url(env, "PUBLIC_URL", f"http://{host if host not in ANY_HOST else 'localhost'}:{port}"),
        database_url=env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'junction.sqlite3'}",
        broker_url=env.get("BROKER_URL") or "filesystem://",
        secret_key=secret["SECRET_KEY"],
        encryption_keys=tuple(key.strip() for key in secret["ENCRYPTION_KEYS"].split(",") if key.strip()),
        api_key=secret["API_KEY"],
        admin_email=env.get("ADMIN_EMAIL", "admin@example.com"),
        admin_password=secret["ADMIN_PASSWORD"],
        sandbox_url=sandbox_url,
        sandbox_public_url=read_url(env, "SANDBOX_PUBLIC_URL", sandbox_url),
        sandbox_key=secret["SANDBOX_KEY"],
        sandbox_webhook_secret=secret["SANDBOX_WEBHOOK_SECRET"],
        merchant_country=read_match(env, "MERCHANT_COUNTRY", "IT", r"[A-Z]{2}", "a two-letter country code such as IT"),
        merchant_timezone=_timezone(env),
        redirect_hosts=_redirect_hosts(env, production=environment == "production"),
        webhook_allowed_networks=read_networks(env, "WEBHOOK_ALLOWED_NETWORKS"),
        trusted_proxies=read_integer(env, "TRUSTED_PROXIES", 0, 0, 10),
        several_hosts=read_boolean(env, "SEVERAL_HOSTS", False),
        demo=demo,
        one_person_publishes=read_boolean(env, "ONE_PERSON_PUBLISHES", demo),
        web_threads=read_integer(env, "WEB_THREADS", 16, 2, 256),
        session_minutes=read_integer(env, "SESSION_MINUTES", 24 * 60, 5, 60 * 24 * 30),
        channels=read_settings(env, production=environment == "production"),
        theme=_theme(env),
    )
    _refuse_unsafe(config)
    return config


def _refuse_unsafe(config: Config) -> None:
    for key in config.encryption_keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ConfigError(
                "ENCRYPTION_KEYS holds a key that is not a Fernet key (32 url-safe base64 bytes)."
            ) from error
    if config.several_hosts and config.uses_sqlite:
        raise ConfigError(
            "SQLite serves one host only: set DATABASE_URL to postgresql+psycopg://... or SEVERAL_HOSTS=0."
        )
    if config.several_hosts and config.broker_url.startswith("filesystem"):
        raise ConfigError("The embedded broker serves one host only: set BROKER_URL to redis://... or amqp://...")
    if not config.is_production:
        return
    for name, value, least in (
        ("SECRET_KEY", config.secret_key, 32),
        ("API_KEY", config.api_key, 24),
        ("ADMIN_PASSWORD", config.admin_password, 12),
    ):
        if len(value) < least or len(set(value)) < 8:
            raise ConfigError(f"{name} is too weak for production: use at least {least} random characters.")
    if config.admin_email == "admin@example.com":
        raise ConfigError("ADMIN_EMAIL is the example address: set the address of a person who runs this hub.")
    if not config.public_url.startswith("https://"):
        raise ConfigError("PUBLIC_URL must be the https:// address that customers reach in production.")
    if config.demo:
        raise ConfigError("DEMO=1 serves a sample shop and test accounts: leave it off in production.")
    if config.one_person_publishes:
        raise ConfigError("ONE_PERSON_PUBLISHES=1 lets one person put rules live alone: leave it off in production.")


def _secrets(env: Mapping[str, str], data_dir: Path, *, generate: bool) -> dict[str, str]:
    given = {name: env[name] for name in GENERATED if env.get(name)}
    missing = [name for name in GENERATED if name not in given]
    if not missing:
        return given
    if not generate:
        required = [name for name in missing if not name.startswith("SANDBOX_")]
        if required:
            raise ConfigError(f"{', '.join(required)} must be set in production: nothing is generated there.")
        return dict.fromkeys(missing, "") | given
    return _kept_secrets(data_dir) | given


def _kept_secrets(data_dir: Path) -> dict[str, str]:
    """Read the generated secrets, making them first if nobody has; two starters agree on one set."""
    path = data_dir / "secrets.json"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        made = {name: secrets.token_urlsafe(32) for name in GENERATED} | {
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "API_KEY": f"sk_test_{secrets.token_urlsafe(24)}",
            "ADMIN_PASSWORD": secrets.token_urlsafe(12),
        }
        draft = data_dir / f".secrets.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(made, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails when another process was first: its set is then the one kept
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept = json.loads(path.read_text())
    if lost := [name for name in GENERATED if name not in kept]:
        raise ConfigError(f"{path} lacks {', '.join(lost)}: set them in the environment or remove the file.")
    return {name: str(kept[name]) for name in GENERATED}


def _redirect_hosts(env: Mapping[str, str], *, production: bool) -> frozenset[str]:
    text = env.get("REDIRECT_HOSTS") or ("" if production else "localhost,127.0.0.1,shop.example,example.com")
    hosts = {host.strip().lower() for host in text.split(",") if host.strip()}
    if bad := sorted(host for host in hosts if not re.fullmatch(r"[a-z0-9.-]+|\[[0-9a-f:]+\]", host)):
        raise ConfigError(
            f"REDIRECT_HOSTS holds {bad[0]!r}; list host names only, such as shop.example,www.shop.example."
        )
    if env.get("PUBLIC_URL"):
        hosts.add(urlsplit(env["PUBLIC_URL"]).hostname or "")
    return frozenset(hosts)


def _timezone(env: Mapping[str, str]) -> str:
    name = env.get("MERCHANT_TIMEZONE") or "Europe/Rome"
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"MERCHANT_TIMEZONE is {name!r}; use a zone such as Europe/Rome.") from error


def _theme(env: Mapping[str, str]) -> Theme:
    plain = Theme()
    colours = {
        key: read_match(env, f"THEME_{key.upper()}", getattr(plain, key), r"#[0-9a-fA-F]{6}", "a colour like #0b6e4f")
        for key in ("accent", "background", "surface", "text")
    }
    links = {
        key: read_url(env, name, "") if env.get(name) else ""
        for key, name in (
            ("terms_url", "TERMS_URL"),
            ("privacy_url", "PRIVACY_URL"),
            ("help_url", "HELP_URL"),
        )
    }
    name = env.get("MERCHANT_NAME") or plain.name
    if len(name) > 60 or not name.isprintable():
        raise ConfigError("MERCHANT_NAME must be at most 60 printable characters.")
    return Theme(name=name, logo=_image(env, "THEME_LOGO"), favicon=_image(env, "THEME_FAVICON"), **colours, **links)


def _image(env: Mapping[str, str], name: str) -> Path | None:
    if not env.get(name):
        return None
    path = Path(env[name]).absolute()
    if path.suffix.lower() not in IMAGE_TYPES or not path.is_file():
        raise ConfigError(f"{name} is {env[name]!r}; use the path of a file that ends with {', '.join(IMAGE_TYPES)}.")
    return path
