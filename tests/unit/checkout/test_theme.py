"""The palette: every pair that carries words or a control can be read, whatever four colours a merchant picks."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.checkout.theme import palettes_of, stylesheet
from app.config import Theme
from app.domain.colours import READABLE, VISIBLE, contrast, ink_on, mix, repair

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
READ_ON = {
    "text": ("surface", "raised", "tint"),
    "muted": ("surface", "raised", "tint"),
    "link": ("surface", "raised", "tint"),
    "outside": ("background",),
    "outside-muted": ("background",),
    "outside-link": ("background",),
    "on-accent": ("accent", "accent-hover"),
    "error": ("surface", "error-tint"),
    "success": ("surface", "success-tint"),
}
SEEN_ON = {"control": ("surface", "tint"), "edge": ("surface",)}


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_readable_colour_is_left_alone() -> None:
    assert repair("#0b6e4f", "#ffffff") == "#0b6e4f"


def test_a_pale_colour_is_darkened_only_as_far_as_needed() -> None:
    repaired = repair("#cccccc", "#ffffff")
    assert READABLE <= contrast(repaired, "#ffffff") < READABLE + 0.6


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert [mix("#000000", "#ffffff", share) for share in (0, 0.5, 1)] == ["#000000", "#808080", "#ffffff"]


@given(COLOURS)
def test_black_or_white_can_always_be_read(colour: str) -> None:
    assert contrast(ink_on(colour), colour) >= READABLE


@settings(max_examples=150)
@given(COLOURS, COLOURS, COLOURS, COLOURS)
def test_every_pair_can_be_read_in_both_modes(accent: str, background: str, surface: str, text: str) -> None:
    for palette in palettes_of(Theme(accent=accent, background=background, surface=surface, text=text)):
        colours = palette.variables
        for least, pairs in ((READABLE, READ_ON), (VISIBLE, SEEN_ON)):
            for name, backgrounds in pairs.items():
                for behind in backgrounds:
                    assert contrast(colours[name], colours[behind]) >= least, (name, behind)


def test_the_focus_ring_of_the_own_theme_is_seen_in_both_modes() -> None:
    for palette in palettes_of(Theme()):
        for behind in ("surface", "background"):
            assert contrast(palette.variables["focus"], palette.variables[behind]) >= VISIBLE


def test_the_own_theme_needs_no_repair_and_turns_dark() -> None:
    day, night = palettes_of(Theme())
    assert (day.repairs, day.dark, night.dark) == ((), False, True)


def test_repairs_are_told() -> None:
    day, _ = palettes_of(Theme(accent="#f5e663", text="#bbbbbb"))
    assert any(told.startswith("Text: #bbbbbb on #ffffff has a contrast of 1.9;") for told in day.repairs)
    assert any(told.startswith("Links: #f5e663") for told in day.repairs)


def test_a_dark_theme_serves_both_modes() -> None:
    css = stylesheet(Theme(accent="#ffd84d", background="#1b1b1f", surface="#26262c", text="#ffffff"))
    assert "color-scheme: dark" in css
    assert "@media" not in css


def test_the_stylesheet_is_variables_only() -> None:
    css = stylesheet(Theme())
    assert css.count(":root") == 2
    assert all(
        re.fullmatch(r"\s*(--[a-z-]+: #[0-9a-f]{6};|color-scheme: (light|dark);|:root \{|@media .* \{|\}*)", line)
        for line in css.splitlines()
    )
