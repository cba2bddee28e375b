"""Colours as numbers: contrast as WCAG 2.2 defines it, and the smallest change that makes a pair readable."""

from __future__ import annotations

import colorsys

BLACK, WHITE = "#000000", "#ffffff"
READABLE = 4.5  # text on its background
VISIBLE = 3.0  # the edge of a control, a focus ring, a large glyph
_STEPS = 50


def channels(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Return the relative luminance, from 0 (black) to 1 (white)."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """Return `one` with `share` (0 to 1) of `other` stirred in."""
    pairs = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def ink_on(background: str) -> str:
    """Return black or white, whichever reads better: one of them always passes."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, background))


def repair(colour: str, *backgrounds: str, least: float = READABLE) -> str:
    """Return `colour`, moved no further towards black or white than it takes to reach `least` on every background.

    When no colour can (backgrounds too far apart), the best one is returned.
    """

    def worst(candidate: str) -> float:
        return min(contrast(candidate, background) for background in backgrounds)

    for step in range(_STEPS + 1):
        moved = [mix(colour, end, step / _STEPS) for end in (BLACK, WHITE)]
        best = max(moved, key=worst)
        if worst(best) >= least:
            return best
    return max((BLACK, WHITE), key=worst)


def with_lightness(colour: str, lightness: float, *, most_saturation: float = 1.0) -> str:
    """Return the same hue at another lightness (0 to 1), its saturation held to a bound."""
    hue, _, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in channels(colour)))
    shares = colorsys.hls_to_rgb(hue, lightness, min(saturation, most_saturation))
    return "#" + "".join(f"{round(share * 255):02x}" for share in shares)
