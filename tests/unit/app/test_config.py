"""Configuration: what is generated stays, what is malformed names its variable, what is unsafe is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.config import Config, ConfigError, load

SAFE = {
    "JUNCTION_ENV": "production",
    "PUBLIC_URL": "https://pay.shop.example",
    "DATABASE_URL": "postgresql+psycopg://hub@db/hub",
    "BROKER_URL": "redis://broker/0",
    "SECRET_KEY": "s3cr3t-Key-that-is-long-enough-0123456789",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "API_KEY": "sk_live_0123456789abcdefghij",
    "ADMIN_EMAIL": "ops@shop.example",
    "ADMIN_PASSWORD": "correct horse battery",
}


def test_generated_secrets_are_kept_and_private(tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path)}
    first, second = load(env), load(env)
    assert first == second
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE(os.stat(tmp_path / "secrets.json").st_mode) == 0o600


def test_the_environment_wins_over_what_was_generated(tmp_path: Path) -> None:
    load({"DATA_DIR": str(tmp_path)})
    assert load({"DATA_DIR": str(tmp_path), "API_KEY": "sk_mine"}).api_key == "sk_mine"


def test_secrets_do_not_show_in_repr(tmp_path: Path) -> None:
    config = load({"DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql+psycopg://hub:pa55@db/hub"})
    shown = repr(config)
    for secret in (config.secret_key, config.api_key, config.admin_password, "pa55", *config.encryption_keys):
        assert secret not in shown


def test_networks_of_our_own_are_read_and_every_address_is_none(tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path)}
    assert load(env).webhook_allowed_networks == ()
    given = load(env | {"WEBHOOK_ALLOWED_NETWORKS": "10.2.0.0/16, fd00:1::/32,"}).webhook_allowed_networks
    assert [str(network) for network in given] == ["10.2.0.0/16", "fd00:1::/32"]
    for name in ("WEBHOOK_ALLOWED_NETWORKS", "PROVIDER_ALLOWED_NETWORKS"):
        for wrong in ("10.2.0.1/16", "0.0.0.0/0", "::/0", "shop.example"):
            with pytest.raises(ConfigError, match=name):
                load(env | {name: wrong})


def test_a_safe_production_is_accepted(tmp_path: Path) -> None:
    config = load(SAFE | {"DATA_DIR": str(tmp_path)})
    assert config.is_production
    assert not config.demo
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY"),
        ({"ENCRYPTION_KEYS": ""}, "ENCRYPTION_KEYS"),
        ({"ENCRYPTION_KEYS": "not-a-key"}, "ENCRYPTION_KEYS"),
        ({"API_KEY": "key"}, "API_KEY"),
        ({"ADMIN_PASSWORD": "password"}, "ADMIN_PASSWORD"),
        ({"ADMIN_EMAIL": "admin@example.com"}, "ADMIN_EMAIL"),
        ({"PUBLIC_URL": "http://pay.shop.example"}, "PUBLIC_URL"),
        ({"DEMO": "1"}, "DEMO"),
        ({"ONE_PERSON_PUBLISHES": "1"}, "ONE_PERSON_PUBLISHES"),
        ({"SEVERAL_HOSTS": "1", "DATABASE_URL": "sqlite:////data/hub.sqlite3"}, "DATABASE_URL"),
        ({"SEVERAL_HOSTS": "1", "BROKER_URL": ""}, "BROKER_URL"),
    ],
)
def test_an_unsafe_production_is_refused(tmp_path: Path, change: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load(SAFE | {"DATA_DIR": str(tmp_path)} | change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JUNCTION_ENV", "staging"),
        ("PORT", "0"),
        ("PORT", "80.5"),
        ("PORT", "-1"),
        ("PORT", "99999"),
        ("PUBLIC_URL", "pay.shop.example"),
        ("PUBLIC_URL", "https://pay.example; script-src *"),
        ("MERCHANT_COUNTRY", "Italy"),
        ("MERCHANT_TIMEZONE", "Mars/Olympus"),
        ("MERCHANT_NAME", "x" * 61),
        ("THEME_ACCENT", "red"),
        ("THEME_ACCENT", "#fff;}body{display:none"),
        ("THEME_LOGO", "/nowhere/logo.png"),
        ("DEMO", "perhaps"),
        ("SESSION_MINUTES", "1"),
        ("REDIRECT_HOSTS", "https://shop.example/"),
    ],
)
def test_a_malformed_value_names_its_variable(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load({"DATA_DIR": str(tmp_path), name: value})


def test_redirect_hosts_include_the_hub_itself(tmp_path: Path) -> None:
    config: Config = load(SAFE | {"DATA_DIR": str(tmp_path), "REDIRECT_HOSTS": "Shop.example, www.shop.example"})
    assert config.redirect_hosts == {"shop.example", "www.shop.example", "pay.shop.example"}


def test_one_person_may_publish_in_a_demo_only_unless_told_otherwise(tmp_path: Path) -> None:
    here = {"DATA_DIR": str(tmp_path)}
    assert load(here).one_person_publishes
    assert not load(here | {"ONE_PERSON_PUBLISHES": "0"}).one_person_publishes
    assert not load(here | {"DEMO": "0"}).one_person_publishes
    assert not load(SAFE | here).one_person_publishes


def test_where_messages_go_out_is_read(tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path), "MAIL_FROM": "Shop <hello@shop.example>"}
    assert load({"DATA_DIR": str(tmp_path)}).channels.smtp is None
    server = load(env | {"SMTP_URL": "smtp://ada%40x:p%2Fw@mail.shop.example:587?starttls=1"}).channels.smtp
    assert server is not None
    assert (server.host, server.port, server.security) == ("mail.shop.example", 587, "starttls")
    assert (server.user, server.password) == ("ada@x", "p/w")
    assert "p/w" not in repr(server)
    secure = load(env | {"SMTP_URL": "smtps://mail.shop.example"}).channels.smtp
    assert secure is not None
    assert (secure.port, secure.security) == (465, "tls")


SMS = {"SMS_URL": "https://sms.example", "SMS_ACCOUNT": "AC1", "SMS_TOKEN": "t", "SMS_FROM": "+390612345678"}


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"SMTP_URL": "smtps://mail.shop.example"}, "MAIL_FROM"),
        ({"SMTP_URL": "http://mail.shop.example", "MAIL_FROM": "a@b.example"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail:port", "MAIL_FROM": "a@b.example"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.shop.example", "MAIL_FROM": "a@b.example"}, "SMTP_URL would send"),
        ({"MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "MAIL_FROM"),
        ({"MAIL_FROM": "nobody"}, "MAIL_FROM"),
        ({"SMS_URL": "https://sms.example"}, "SMS_ACCOUNT, SMS_TOKEN, SMS_FROM"),
        (SMS | {"SMS_URL": "http://sms.example"}, "SMS_URL"),
        (SMS | {"SMS_ACCOUNT": "../AC1"}, "SMS_ACCOUNT"),
        (SMS | {"SMS_FROM": "0612"}, None),
        (SMS | {"SMS_FROM": "+0"}, "SMS_FROM"),
    ],
)
def test_what_messages_cannot_go_out_by_is_refused(tmp_path: Path, given: dict[str, str], variable: str | None) -> None:
    env = SAFE | {"DATA_DIR": str(tmp_path)} | given
    if variable is None:
        assert load(env).channels.sms is not None
    else:
        with pytest.raises(ConfigError, match=variable):
            load(env)
