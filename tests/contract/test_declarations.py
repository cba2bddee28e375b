"""What an adapter says about itself without making a call."""

from urllib.parse import urlsplit

import pytest

from providers.interface import AccountConfig
from providers.registry import REGISTRY, get
from tests.contract.conftest import STAND_INS
from tests.contract.stand_in import StandIn

FLOWS = {"direct", "pay_by_link", "subscription"}


def test_every_registered_provider_is_held_to_the_contract():
    assert set(STAND_INS) == set(REGISTRY)


def test_get_knows_only_what_is_registered():
    assert get("sandbox") is REGISTRY["sandbox"]
    with pytest.raises(KeyError):
        get("nobody")


def test_a_provider_is_registered_under_its_own_name(stand_in: StandIn):
    assert stand_in.provider.name in REGISTRY
    assert stand_in.provider.label


def test_settings_fields_cover_exactly_what_an_account_holds(stand_in: StandIn):
    fields = stand_in.provider.settings_fields()
    keys = [field.key for field in fields]
    assert len(keys) == len(set(keys))
    assert all(field.label for field in fields)
    required = {field.key for field in fields if field.required}
    for account in stand_in.accounts():
        learned = set(stand_in.provider.connect(account).learned)
        assert required <= {*account.settings, *account.secrets} <= {*keys, *learned}
        assert not learned & set(keys)
        assert {field.key for field in fields if field.secret} >= set(account.secrets)


def test_secrets_are_not_in_an_accounts_repr(stand_in: StandIn):
    assert not any(secret in repr(stand_in.account) for secret in stand_in.account.secrets.values())


def test_capabilities_are_well_formed(stand_in: StandIn):
    for account in stand_in.accounts():
        methods = stand_in.provider.capabilities(account).methods
        assert methods
        for name, method in methods.items():
            assert name.islower()
            assert method.flows
            assert method.flows <= FLOWS
            for currency, least in method.min_amount.items():
                assert 0 < least <= method.max_amount.get(currency, least)
            assert {*method.min_amount, *method.max_amount} <= (method.currencies or set(method.max_amount))


def test_an_account_that_is_not_configured_supports_nothing(stand_in: StandIn):
    empty = AccountConfig(id="x", provider=stand_in.provider.name, settings={}, secrets={})
    assert stand_in.provider.capabilities(empty).methods == {}
    assert stand_in.provider.page_origins(empty) == frozenset()


def test_customers_are_only_sent_to_a_declared_origin(stand_in: StandIn):
    page = urlsplit(stand_in.charge().redirect_url or "")
    assert f"{page.scheme}://{page.netloc}" in stand_in.provider.page_origins(stand_in.account)
