"""What the draft's cards and its check show of a rule: buttons in place, days that are over, names that people know."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.models import utc_now
from app.services import drafts
from rules import seed_json
from tests.support.drafting import DRAFT, Author


@pytest.fixture
def anna(app: Flask) -> Author:
    return Author(app)


def test_up_and_down_stay_where_they_are_on_every_card(anna: Author) -> None:
    page = anna.page(DRAFT)
    [rules, adjustments] = re.findall(r'<ol class="rules"[^>]*>(.*?)</ol>', page, re.S)
    for cards in (rules, adjustments):
        for way, off in (("up", 0), ("down", -1)):
            buttons = re.findall(rf'name="do" value="{way}"( disabled)?>', cards)
            assert len(buttons) == cards.count("<h3>")
            assert [place for place, disabled in enumerate(buttons) if disabled] == [off % len(buttons)]


def test_a_rule_whose_last_day_has_passed_is_marked(app: Flask, anna: Author) -> None:
    document = seed_json()
    today = utc_now().astimezone(ZoneInfo(app.config["JUNCTION"].merchant_timezone)).date()
    document["rules"][0]["valid_until"] = str(today - timedelta(days=1))
    document["rules"][1]["valid_until"] = str(today)
    with app.app_context():
        drafts.save_draft(document, revision=drafts.get_draft().revision, author="user:anna@example.com")
    assert anna.words(DRAFT).count("Over Valid until") == 1


def test_the_check_calls_methods_and_accounts_as_people_do(app: Flask, anna: Author) -> None:
    document = seed_json()
    plan = {"strategy": "weighted", "accounts": [{"account": "sandbox_north"}]}
    document["rules"][0]["offer"]["methods"][0] = {"method": "bank_transfer", "providers": plan}
    with app.app_context():
        drafts.save_draft(document, revision=drafts.get_draft().revision, author="user:anna@example.com")
    assert "for Bank transfer, give North a share (weight) from 1 to" in anna.words(f"{DRAFT}check")
