"""The forms of the settings: what people type is read strictly, written back the same, and said in a sentence."""

from dataclasses import replace

import pytest

from admin import settings_forms
from admin.builder.typed import Mistyped
from app.services.errors import FieldsRefused
from app.services.refund_settings import RefundSettings
from app.services.renewal_settings import RenewalSettings

SETTINGS = RenewalSettings()


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("1, 3, 5, 7", (1, 3, 5, 7)),
        ("6 h, 1, 2.5 d", (0.25, 1, 2.5)),
        ("12 hours,1 day", (0.5, 1)),
        ("1h", (0.0417,)),
        ("  ", ()),
    ],
)
def test_waits_are_read_as_days_or_hours(typed: str, days: tuple[float, ...]) -> None:
    assert settings_forms.read_waits(typed) == days
    assert settings_forms.read_waits(settings_forms.shown_waits(days)) == days


@pytest.mark.parametrize("typed", ["soon", "1;3", "-1", "1 week", "1e3", "99999", "1, two"])
def test_what_is_no_wait_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Mistyped, match="as in: 6 h, 1, 3, 5"):
        settings_forms.read_waits(typed)


def test_the_form_of_the_defaults_reads_back_the_same_schedule() -> None:
    fields = settings_forms.renewal_fields(SETTINGS)
    assert fields["retries.technical"] == "1 h, 6 h, 1, 2"
    assert settings_forms.renewal_fields(settings_forms.read_renewals(fields)) == fields


def test_each_wrong_field_of_renewals_is_named() -> None:
    fields = settings_forms.renewal_fields(SETTINGS) | {"retries.soft_decline": "often", "days_to_pay": "a week"}
    with pytest.raises(FieldsRefused) as refused:
        settings_forms.read_renewals(fields)
    assert refused.value.errors.keys() == {"retries.soft_decline", "days_to_pay"}


def test_a_schedule_says_what_it_means() -> None:
    meaning = settings_forms.meaning
    assert meaning("soft_decline", SETTINGS) == (
        "Tried again 1, 3, 5 and 7 days after the first failure; meanwhile the customer can pay by a link. When none "
        "of them works, they have 7 days more to pay by it; then the subscription ends."
    )
    assert meaning("technical", SETTINGS).startswith("Tried again 1 and 6 hours, then 1 and 2 days after")
    assert meaning("hard_decline", SETTINGS).startswith("Not tried again: the customer gets a link and has 7 days")
    silent = replace(SETTINGS, link_after_failure=False)
    assert meaning("hard_decline", silent) == "Not tried again: the subscription ends."
    assert meaning("soft_decline", silent).endswith("When none of them works, the subscription ends.")


def test_amounts_are_read_as_people_write_them() -> None:
    rows = [
        {"currency": "EUR", "amount": "1.000,50"},
        {"currency": "JPY", "amount": "5000"},
        {"currency": "", "amount": " "},
    ]
    settings = settings_forms.read_refunds(rows)
    assert settings == RefundSettings({"EUR": 100_050, "JPY": 5000})
    shown = settings_forms.refund_rows(settings)
    assert settings_forms.read_refunds(shown) == settings
    assert len(shown) == 4
    assert "more than €1,000.50 or JP¥5,000 of one payment" in settings_forms.refunds_meaning(settings)


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{"currency": "", "amount": "5"}], "currency-0"),
        ([{"currency": "XXX", "amount": "5"}], "currency-0"),
        ([{"currency": "EUR", "amount": "5"}, {"currency": "EUR", "amount": "6"}], "currency-1"),
        ([{"currency": "EUR", "amount": "a lot"}], "amount-0"),
        ([{"currency": "JPY", "amount": "5.50"}], "amount-0"),
    ],
)
def test_a_wrong_row_is_named(rows: list[dict[str, str]], field: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        settings_forms.read_refunds(rows)
    assert refused.value.errors.keys() == {field}
