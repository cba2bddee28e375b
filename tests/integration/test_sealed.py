"""A new encryption key: everything is sealed anew with it, the old key is dropped, and everything still opens."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask
from sqlalchemy import select, update

from app.models import PaymentToken, ProviderAccount, WebhookEndpoint, db, utc_now
from app.services import accounts, sealed, tokens, webhook_endpoints
from app.services.transaction import transaction
from tests.support.api import Api
from tests.support.backoffice import Operator
from tests.support.rows import attempt_row

OLD = "Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHktMDA="
NEW = Fernet.generate_key().decode()


def use(app: Flask, *keys: str) -> None:
    app.config["JUNCTION"] = replace(app.config["JUNCTION"], encryption_keys=keys)


def fill(many: int) -> None:
    """A token of each of many attempts, and an endpoint whose secret was rotated."""
    with transaction():
        for number in range(many):
            tokens.keep(attempt_row(status="failed"), f"tok_{number}")
    made = webhook_endpoints.register(url="https://shop.example/hook", event_types=[], actor="tester")
    webhook_endpoints.rotate_secret(made.endpoint.id, actor="tester")


def opened() -> dict[str, object]:
    """Everything that is sealed, in the clear."""
    return {
        "accounts": {row.id: accounts.decrypt(row.encrypted_secrets) for row in accounts.all_accounts()},
        "tokens": sorted(tokens.reveal(row) for row in db.session.scalars(select(PaymentToken))),
        "endpoints": [
            webhook_endpoints.signing_secrets(row, utc_now()) for row in db.session.scalars(select(WebhookEndpoint))
        ],
    }


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["secrets", *arguments])
    return result.exit_code, result.output


def test_rotate_then_drop_the_old_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "BATCH", 3)
    with app.app_context():
        fill(7)
        before = opened()
        db.session.rollback()
    use(app, NEW, OLD)
    code, said = run(app, "check")
    assert code == 1
    assert "payment_tokens.encrypted_token: 0 sealed with the newest key, 7 with an older one" in said
    code, said = run(app, "rotate")
    assert code == 0, said
    for line in (
        "provider_accounts.encrypted_secrets: 2 sealed anew, 0 were already",
        "payment_tokens.encrypted_token: 7 sealed anew, 0 were already",
        "webhook_endpoints.encrypted_secret: 1 sealed anew, 0 were already",
        "webhook_endpoints.encrypted_old_secret: 1 sealed anew, 0 were already",
    ):
        assert line in said
    use(app, NEW)
    with app.app_context():
        assert opened() == before
        db.session.rollback()
    assert "7 were already" in run(app, "rotate")[1]
    code, said = run(app, "check")
    assert (code, "Nothing needs an older key" in said) == (0, True)
    use(app, OLD)
    with app.app_context(), pytest.raises(InvalidToken):
        opened()


def test_what_changes_meanwhile_is_left_as_it_was_changed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    use(app, NEW, OLD)
    batches = sealed._batches

    def then_somebody_saves(column: object) -> object:
        for batch in batches(column):
            with transaction():
                fresh = accounts.encrypt({"api_key": "typed meanwhile"})
                db.session.execute(update(ProviderAccount).values(encrypted_secrets=fresh))
            yield batch

    monkeypatch.setattr(sealed, "_batches", then_somebody_saves)
    with app.app_context():
        sealed.rotate()
        assert {row["api_key"] for row in opened()["accounts"].values()} == {"typed meanwhile"}


def test_what_no_key_opens_is_named_and_the_rest_is_sealed_anew(app: Flask) -> None:
    use(app, Fernet.generate_key().decode())
    with app.app_context(), transaction():
        lost = accounts.encrypt({"api_key": "gone"})
        db.session.execute(
            update(ProviderAccount).where(ProviderAccount.id == "sandbox_south").values(encrypted_secrets=lost)
        )
    use(app, NEW, OLD)
    code, said = run(app, "rotate")
    assert (code, "no key opens sandbox_south" in said, "gone" in said) == (1, True, False)
    use(app, NEW)
    with app.app_context():
        assert "api_key" in accounts.decrypt(db.session.get_one(ProviderAccount, "sandbox_north").encrypted_secrets)
    assert run(app, "check")[0] == 1


def test_an_account_that_no_key_opens_takes_no_other_checkout_down(app: Flask) -> None:
    operator = Operator(app)
    use(app, Fernet.generate_key().decode())
    with app.app_context(), transaction():
        lost = accounts.encrypt({"api_key": "gone"})
        db.session.execute(
            update(ProviderAccount).where(ProviderAccount.id == "sandbox_north").values(encrypted_secrets=lost)
        )
    use(app, OLD)
    methods = [item["method"] for item in Api(app.test_client()).open_session()["payment_methods"]]
    assert "card" in methods, "the other account's"
    assert "satispay" not in methods
    assert "Its secrets cannot be opened" in operator.words("/admin/providers/")
    path = "/admin/providers/sandbox_north"
    assert "Put the key back that sealed them" in operator.words(path)
    operator.press(path + "/test")
    assert "The connection was not tested." in operator.words(path)


def test_every_sealed_column_is_among_them() -> None:
    """Whoever adds a column for something sealed names it `encrypted_...`, and it is rotated, too."""
    named = {
        f"{table.name}.{column.name}"
        for table in db.metadata.tables.values()
        for column in table.columns
        if column.name.startswith("encrypted_")
    }
    assert named == {f"{column.class_.__tablename__}.{column.key}" for column in sealed.SEALED}
