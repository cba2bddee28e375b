"""Wordings with placeholders: what is refused, what is filled in, and how long a text message is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import Theme
from app.domain.message_texts import filled, filled_line, for_sms, names_in, plain, problem_of, sms_size
from app.domain.messages import CHANNELS, KINDS, LANGUAGES, allowed_names
from app.services.message_html import html_of, parts_of
from app.services.message_wording import check, own

NO_NAME = {"name": "", "method": "card"}
EVERY = [
    (kind, channel, language) for kind in KINDS.values() for channel in kind.channels for language in kind.languages
]


@pytest.mark.parametrize(("kind", "channel", "language"), EVERY, ids=lambda value: getattr(value, "key", value))
def test_the_hubs_own_wording_passes_its_own_check(kind, channel, language) -> None:  # type: ignore[no-untyped-def]
    wording = own(kind.key, channel, language)
    check(kind, channel, wording.title, wording.body)
    assert kind.for_operator or "merchant" in names_in(wording.body), "nobody would know who writes"


def test_every_wording_there_is_belongs_to_a_message() -> None:
    assert {channel for _, channel, _ in EVERY} == set(CHANNELS)
    assert {language for _, _, language in EVERY} == set(LANGUAGES)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Pay {{ ammount }}", "Did you mean {{ amount }}?"),
        ("{{ amount.__class__ }}", "is not known here"),
        ("{{ }}", "is not known here"),
        ("{{ amount }", "two braces"),
        ("amount }} here", "two braces"),
        ("{{{ amount }}}", "is not known here"),
    ],
)
def test_a_placeholder_that_means_nothing_is_refused_with_a_hint(template: str, said: str) -> None:
    assert said in (problem_of(template, allowed_names(KINDS["payment.paid"])) or "")


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert filled("{{ a }} {{b}}", {"a": "{{ b }}", "b": "{{ a }}"}) == "{{ b }} {{ a }}"


def test_a_line_without_its_value_is_left_out() -> None:
    assert (
        filled("Hello {{ name }},\n\nPaid by {{ method }}.\nDear {{ name }}\n\nBye", {"name": "", "method": "card"})
        == "Paid by card.\n\nBye"
    )


@given(st.text(max_size=400))
def test_whatever_a_value_holds_a_subject_is_one_line_that_can_be_sent(text: str) -> None:
    line = filled_line("Pay {{ name }}", {"name": text})
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029\u202e]", line)
    assert len(line) <= 200


def test_a_long_value_is_cut() -> None:
    assert plain("x" * 10_000, 60) == "x" * 59 + "…"
    assert plain("a\r\nBcc: everybody@example.com", 60) == "a Bcc: everybody@example.com"


@pytest.mark.parametrize(
    ("text", "encoding", "length", "parts"),
    [
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("€" * 80, "GSM-7", 160, 1),
        ("ж" * 70, "UCS-2", 70, 1),
        ("ж" * 71, "UCS-2", 71, 2),
        ("🎉" * 35, "UCS-2", 70, 1),
        ("Grüße für €10, perché no?", "GSM-7", 26, 1),
    ],
)
def test_a_text_message_is_measured_as_it_is_charged(text: str, encoding: str, length: int, parts: int) -> None:
    size = sms_size(text)
    assert (size.encoding, size.length, size.parts) == (encoding, length, parts)


def test_the_blanks_of_typography_do_not_double_the_price() -> None:
    assert sms_size(for_sms("129,90\u00a0€")).encoding == "GSM-7"


def test_the_html_part_says_the_same_and_runs_nothing() -> None:
    link = "https://hub.example/link/plink_1.x?a=1&b=2"
    body = f"Hello <script>alert(1)</script>,\n\ntwo\nlines\n\nPay now: {link}"
    html = html_of('"><img src=x>', body, link, theme=Theme(name="A & B"), language="en")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert 'href="https://hub.example/link/plink_1.x?a=1&amp;b=2"' in html
    assert ">Pay now</a>" in html
    assert "A &amp; B" in html
    assert "two<br>lines" in html
    assert [part.url for part in parts_of(body, link)] == ["", "", link]
