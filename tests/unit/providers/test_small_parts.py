"""Origins, derived keys, configuration: the parts that have one right answer."""

from pathlib import Path

import pytest

from providers.origin import origin_of
from providers.sandbox.accounts import ACCOUNTS, api_key, webhook_secret
from providers.sandbox.service.config import read_config
from providers.sandbox.service.faults import GROUPS, SWITCHES
from providers.sandbox.service.wording import ENDINGS, METHODS

ENVIRONMENT = {"SANDBOX_DATABASE": "/tmp/x.sqlite3", "SANDBOX_KEY": "k", "SANDBOX_WEBHOOK_SECRET": "s"}


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8001/v1", "http://127.0.0.1:8001"),
        ("https://pay.example", "https://pay.example"),
        ("http://[::1]:8001/", "http://[::1]:8001"),
        ("https://user@pay.example", None),
        ("https://pay.example; script-src *", None),
        ("https://pay.example\n", "https://pay.example"),
        ("//pay.example", None),
        ("data:text/html,x", None),
        ("http://[", None),
        ("http://a:b", None),
        ("", None),
    ],
)
def test_origins_are_safe_in_a_header_or_none(url: str, origin: str | None):
    assert origin_of(url) == origin


def test_derived_keys_differ_by_account_and_by_master():
    keys = {(make(name, master)) for make in (api_key, webhook_secret) for name in ACCOUNTS for master in ("a", "b")}
    assert len(keys) == 2 * len(ACCOUNTS) * 2


def test_every_method_has_its_words():
    assert set(METHODS) == {method for methods in ACCOUNTS.values() for method in methods}
    assert {"processing", "succeeded"} <= set(ENDINGS)


def test_every_switch_has_its_place_on_the_home_page():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(SWITCHES)


@pytest.mark.parametrize("missing", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(missing: str):
    with pytest.raises(ValueError, match=missing):
        read_config({key: value for key, value in ENVIRONMENT.items() if key != missing})


def test_configuration_is_read_from_the_environment():
    config = read_config(ENVIRONMENT | {"HUB_URL": "http://hub:8000/", "SANDBOX_SETTLE_SECONDS": "3"})
    assert config.database == Path("/tmp/x.sqlite3")
    assert config.settle_seconds == 3
    assert config.accounts["south"].webhook_url == "http://hub:8000/v1/webhooks/sandbox/sandbox_south"
    assert config.accounts["south"].api_key == api_key("south", "k")
    assert config.accounts["north"].api_key not in repr(config)


def test_an_accounts_values_may_be_given_outright():
    accounts = '{"north": {"api_key": "own", "webhook_url": "http://elsewhere/"}}'
    config = read_config(ENVIRONMENT | {"SANDBOX_ACCOUNTS": accounts})
    assert (config.accounts["north"].api_key, config.accounts["north"].webhook_url) == ("own", "http://elsewhere/")
    assert config.accounts["south"].webhook_url is None
