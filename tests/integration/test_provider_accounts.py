"""Provider accounts: fields by the adapter's own description, secrets kept sealed, changes on record, races lost."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.models import ProviderAccount, ProviderAccountChange, db
from app.services import (
    accounts,
    provider_account_edits,
    provider_account_story,
    provider_accounts,
    provider_connections,
)
from app.services.errors import FieldsRefused, NotFound
from app.services.provider_account_errors import AccountChanged, AccountInUse, AccountManaged
from app.services.provider_account_fields import Typed
from tests.support.flow import open_session, pay
from tests.support.paper import BY, HOOK, KEY, SETTINGS, Paper, added, changed, stored, told
from tests.support.paper import paper as paper

pytestmark = pytest.mark.usefixtures("app_context")


def test_an_account_is_added_switched_off_with_its_secrets_sealed(paper: Paper) -> None:
    account = added()
    assert (account.id, account.enabled, account.live, account.revision) == ("paper_main_shop", False, True, 0)
    assert accounts.config_of(account).secrets == {"api_key": KEY, "hook": HOOK}
    assert set(account.secrets_set_at) == {"api_key", "hook"}
    assert "paper_main_shop" not in accounts.usable()
    row = db.session.execute(select(ProviderAccount.__table__).where(ProviderAccount.id == account.id)).one()
    changes = db.session.execute(select(ProviderAccountChange.__table__)).all()
    assert not any(secret in str([row, changes]) for secret in (KEY, HOOK))
    assert (told(), provider_account_story.history(account.id)[0].actor) == ([("added", [])], BY)
    assert added(label="Main-Shop").id == "paper_main_shop_2"
    with pytest.raises(FieldsRefused, match="Another account is called main shop already"):
        added(label="main shop")  # somebody pressed twice


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"account_id": "Main"}, "id", "small letters"),
        ({"account_id": "new"}, "id", "small letters"),
        ({"account_id": "a" * 41}, "id", "3 to 40"),
        ({"account_id": "sandbox_north"}, "id", "already"),
        ({"label": " "}, "label", "1 to 100"),
        ({"label": "a\nb"}, "label", "one line"),
        ({"typed": Typed(SETTINGS, {})}, "secrets.api_key", "Fill in API key"),
        ({"typed": Typed({"region": "eu"}, {"api_key": KEY})}, "settings.base_url", "Fill in address"),
        ({"typed": Typed(SETTINGS | {"region": "moon"}, {"api_key": KEY})}, "settings.region", "from the list"),
        ({"typed": Typed(SETTINGS | {"wallets": "apple,moon"}, {"api_key": KEY})}, "settings.wallets", "from the list"),
        ({"typed": Typed(SETTINGS | {"note": "a\0b"}, {"api_key": KEY})}, "settings.note", "one line"),
        ({"typed": Typed(SETTINGS | {"note": "a" * 2001}, {"api_key": KEY})}, "settings.note", "2,000"),
        ({"typed": Typed(SETTINGS, {"api_key": "sk_1234"})}, "secrets.api_key", "API key does not begin with key_."),
        ({"live": False}, "live", "These are live keys."),
    ],
)
def test_what_is_wrong_is_said_by_field_and_nothing_is_stored(
    paper: Paper, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(FieldsRefused) as refused:
        added(**changes)
    assert words in refused.value.errors[field]
    assert "sk_1234" not in str(refused.value)
    assert provider_account_story.history("sandbox_north") == []
    assert {account.provider for account in accounts.all_accounts()} == {"sandbox"}


def test_a_provider_that_is_none_and_the_sandbox_of_a_hub_that_is_no_demo(app: Flask, paper: Paper) -> None:
    with pytest.raises(NotFound):
        added(provider="nobody")
    app.config["JUNCTION"] = replace(app.config["JUNCTION"], demo=False)
    assert "sandbox" not in provider_accounts.offered()
    with pytest.raises(NotFound):
        added(provider="sandbox")


def test_an_empty_secret_stays_a_typed_one_replaces_it_and_an_optional_one_is_removed(paper: Paper) -> None:
    account = added()
    provider_connections.try_out(account.id, actor=BY)
    sealed, first = account.encrypted_secrets, dict(account.secrets_set_at)
    assert changed(stored(), Typed(SETTINGS | {"note": "n"}, {"api_key": "  ", "hook": ""}), label="Shop") == [
        "Name",
        "Note",
    ]
    account = stored()
    assert (account.label, account.revision, account.encrypted_secrets) == ("Shop", 1, sealed)
    assert account.settings["owner"] == "acct_1", "what was learned was lost"
    assert account.connected_at is None, "it was not tried out as it is now"
    both = {"old_hook": HOOK, "hook": "whsec_new_0000000000"}
    assert changed(account, Typed(SETTINGS, both)) == ["Note", "Webhook secret", "Webhook secret before"]
    account = stored()
    assert accounts.config_of(account).secrets == {"api_key": KEY, **both}
    assert account.secrets_set_at["api_key"] == first["api_key"]
    assert account.secrets_set_at["hook"] > first["hook"]
    removed = Typed(SETTINGS, {}, frozenset({"old_hook", "api_key"}))
    with pytest.raises(FieldsRefused) as refused:
        changed(account, removed)
    assert list(refused.value.errors) == ["secrets.api_key"]
    assert changed(account, replace(removed, removed=frozenset({"old_hook"}))) == ["Webhook secret before"]
    assert set(accounts.config_of(stored()).secrets) == set(stored().secrets_set_at) == {"api_key", "hook"}
    before = told()
    changed(stored(), Typed(SETTINGS, {}))
    assert told() == before, "nothing differs"
    assert told()[2:] == [
        ("changed", ["Name", "Note"]),
        ("changed", ["Note", "Webhook secret", "Webhook secret before"]),
        ("changed", ["Webhook secret before"]),
    ]
    assert not any(secret in json.dumps(told()) for secret in (KEY, HOOK, *both.values()))


def test_of_two_who_change_it_one_is_told(paper: Paper) -> None:
    account = added()
    db.session.expunge(account)
    changed(account, Typed(SETTINGS | {"note": "first"}, {}))
    with pytest.raises(AccountChanged):
        changed(account, Typed(SETTINGS | {"note": "second"}, {}))
    with pytest.raises(AccountChanged):
        provider_account_edits.set_methods(account.id, revision=account.revision, on=[], actor=BY)
    assert (stored().settings["note"], stored().methods_off) == ("first", [])


def test_methods_switches_and_outage_are_on_record_once(paper: Paper) -> None:
    account = added()
    provider_account_edits.set_methods(account.id, revision=0, on=["card", "unheard_of"], actor=BY)
    assert stored().methods_off == ["paypal"]
    assert accounts.limits()[account.id].methods_off == {"paypal"}
    provider_account_edits.set_methods(account.id, revision=1, on=["paypal"], actor=BY)
    for _ in range(2):
        provider_accounts.switch(account.id, True, actor=BY)
        provider_accounts.set_outage(account.id, True, actor=BY)
    provider_accounts.set_outage(account.id, False, actor=BY)
    assert accounts.usable()[account.id] == {"card"}
    assert told()[1:] == [
        ("methods_off", ["paypal"]),
        ("methods_on", ["paypal"]),
        ("methods_off", ["card"]),
        ("on", []),
        ("outage_began", []),
        ("outage_ended", []),
    ]


def test_an_account_is_removed_once_and_its_story_stays(paper: Paper) -> None:
    account_id = added().id
    provider_accounts.remove(account_id, actor=BY)
    assert told() == [("added", []), ("removed", [])]
    with pytest.raises(NotFound):
        provider_accounts.remove(account_id, actor=BY)
    with pytest.raises(AccountManaged):
        provider_accounts.remove("sandbox_north", actor=BY)


def test_an_account_that_rules_name_or_payments_belong_to_stays(app: Flask, paper: Paper) -> None:
    app.config["JUNCTION"] = replace(app.config["JUNCTION"], demo=False)  # the sandbox's accounts are like any other
    taken = pay(open_session().id).account_id
    with pytest.raises(AccountInUse, match="the active rules name it"):
        provider_accounts.remove(taken, actor=BY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provider_accounts, "_in_rules", lambda account_id: None)
        with pytest.raises(AccountInUse, match="payments"):
            provider_accounts.remove(taken, actor=BY)
    assert stored(taken).label == "North"


def test_settings_that_the_hub_keeps_are_not_changed_by_people(paper: Paper) -> None:
    north = stored("sandbox_north")
    with pytest.raises(AccountManaged):
        changed(north, Typed({}, {}))
    provider_account_edits.set_methods("sandbox_north", revision=north.revision, on=["card"], actor=BY)
    assert "paypal" in stored("sandbox_north").methods_off
