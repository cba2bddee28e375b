"""The word that rules call an account by."""

from app.services.provider_account_fields import suggested_id


def test_words_for_rules_are_made_of_provider_and_name() -> None:
    assert suggested_id("stripe", "Main shop!", ()) == "stripe_main_shop"
    assert suggested_id("stripe", "商店", ()) == "stripe"
    assert suggested_id("stripe", "x" * 90, {("stripe_" + "x" * 90)[:40]}) == ("stripe_" + "x" * 90)[:36] + "_2"
    assert suggested_id("3ds", "", ()) == "account_3ds"
