"""The schedule of retries: days after the first failure, by its kind."""

from datetime import timedelta

from app.services.renewal_settings import RenewalSettings

DAY = timedelta(days=1)


def test_pauses_lead_from_day_to_day_of_the_schedule() -> None:
    settings = RenewalSettings()
    pauses = [settings.next_try_in("soft_decline", tries) for tries in (1, 2, 3, 4, 5)]
    assert pauses == [DAY, 2 * DAY, 2 * DAY, 2 * DAY, None]
    left = [settings.left_after("soft_decline", tries) for tries in (1, 4, 5, 9)]
    assert left == [7 * DAY, 2 * DAY, 0 * DAY, 0 * DAY]


def test_a_hard_decline_is_not_tried_again_and_what_was_no_decline_is_as_a_technical_failure() -> None:
    settings = RenewalSettings()
    assert settings.next_try_in("hard_decline", 1) is None
    assert settings.left_after("hard_decline", 1) == timedelta(0)
    assert settings.next_try_in("expired", 1) == settings.next_try_in("technical", 1) == timedelta(days=0.04)
