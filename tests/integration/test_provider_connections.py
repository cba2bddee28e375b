"""Trying provider accounts out: what was learned is kept, what was refused is not taken, nobody waits for a lock."""

import pytest
from flask import Flask

from app.models import db
from app.services import (
    accounts,
    provider_connections,
    slots,
)
from app.services.errors import Busy
from app.services.provider_account_errors import ConnectionRefused
from app.services.provider_account_fields import Typed
from app.services.provider_connections import Answer
from providers.interface import Connection, Failure, FailureKind, InvalidWebhook, OutcomeUnknown, ProviderRefused
from tests.support.paper import BY, HOOK, KEY, SETTINGS, Paper, added, changed, stored, told
from tests.support.paper import paper as paper

pytestmark = pytest.mark.usefixtures("app_context")


def test_trying_out_keeps_what_was_learned_and_replaces_what_was_before(paper: Paper) -> None:
    account = added()
    tried = provider_connections.try_out(account.id, actor=BY)
    assert (tried.answer, tried.text) == (Answer.WORKS, "It works. It belongs to Aurora.")
    assert paper.seen[0].secrets["api_key"] == KEY
    assert stored().connected_at is not None
    paper.answer = Connection("Again.", {"country": "IT", "region": "us"})
    provider_connections.try_out(account.id, actor=BY)
    assert stored().settings == SETTINGS | {"country": "IT"}, "a field of the form is no place for what is learned"
    assert told()[1:] == [("connected", []), ("connected", [])]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("raised", "answer", "words"),
    [
        (ProviderRefused(Failure(FailureKind.TECHNICAL, "auth", f"No such key {KEY}.")), Answer.REFUSED, "key ••••."),
        (ProviderRefused(Failure(FailureKind.TECHNICAL, "auth", "")), Answer.REFUSED, "refused it: auth"),
        (OutcomeUnknown(f"timed out after {KEY}"), Answer.NONE, "knows yet whether it works: timed out after ••••"),
        (InvalidWebhook("odd"), Answer.NONE, "odd"),
    ],
)
def test_a_provider_that_says_no_or_nothing_changes_no_settings(
    paper: Paper, raised: Exception, answer: Answer, words: str
) -> None:
    account = added()
    provider_connections.try_out(account.id, actor=BY)
    assert isinstance(raised, ProviderRefused | OutcomeUnknown | InvalidWebhook)
    paper.answer = raised
    tried = provider_connections.try_out(account.id, actor=BY)
    assert tried.answer is answer
    assert words in tried.text
    assert KEY not in tried.text
    assert stored().settings["owner"] == "acct_1"
    assert (stored().connected_at is None) is (answer is Answer.REFUSED)


def test_an_answer_about_settings_of_before_is_not_kept(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    account = added()

    def meanwhile(config: object) -> Connection:
        assert not db.session().in_transaction(), "the provider was asked with a transaction open"
        changed(account, Typed(SETTINGS | {"note": "other"}, {}))
        return Connection("Old news.", {"owner": "acct_2"})

    monkeypatch.setattr(paper, "connect", meanwhile)
    tried = provider_connections.try_out(account.id, actor=BY)
    assert tried.answer is Answer.OVERTAKEN
    assert (stored().connected_at, "owner" in stored().settings) == (None, False)


def test_a_change_that_the_provider_refuses_is_not_made(paper: Paper) -> None:
    account = added()
    provider_connections.try_out(account.id, actor=BY)
    other = {"api_key": "key_live_of_somebody_else"}
    paper.answer = ProviderRefused(Failure(FailureKind.TECHNICAL, "another", f"{other['api_key']} is another's."))
    given = {"label": "Shop", "typed": Typed(SETTINGS, other), "actor": BY}
    with pytest.raises(ConnectionRefused, match="refused it: •••• is another's"):
        provider_connections.change(account.id, revision=0, **given)
    assert accounts.config_of(stored()).secrets["api_key"] == KEY
    assert (stored().label, stored().revision, stored().connected_at is None) == ("Main shop", 0, False)
    assert (paper.seen[-1].secrets, paper.seen[-1].settings["owner"]) == ({**other, "hook": HOOK}, "acct_1")
    paper.answer = OutcomeUnknown("It timed out.")
    tried = provider_connections.change(account.id, revision=0, **given)
    assert (tried and tried.answer, stored().connected_at) == (Answer.NONE, None)
    assert accounts.config_of(stored()).secrets["api_key"] == other["api_key"]
    paper.answer = Connection("Fine.", {"owner": "acct_9"})
    typed = Typed(SETTINGS | {"note": "n"}, {})
    assert (provider_connections.change(account.id, revision=1, label="Shop", typed=typed, actor=BY) or tried) != tried
    assert (stored().settings, stored().connected_at is None) == (SETTINGS | {"note": "n", "owner": "acct_9"}, False)
    assert provider_connections.change(account.id, revision=2, label="Name", typed=typed, actor=BY) is None
    assert [what for what, _ in told()][2:] == ["changed", "changed", "connected", "changed"]


def test_nobody_is_asked_without_a_slot(app: Flask, paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "PATIENCE", 0.01)
    account = added()

    class NoneFree:
        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            return False

    app.extensions["provider_slots"] = NoneFree()
    with pytest.raises(Busy):
        provider_connections.try_out(account.id, actor=BY)
    assert paper.seen == []
