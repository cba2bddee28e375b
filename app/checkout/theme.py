"""The merchant's four colours made into a whole palette, light and dark, in which every pair can be read."""

from __future__ import annotations

from dataclasses import dataclass

from app.config import Theme
from app.domain.colours import (
    BLACK,
    READABLE,
    VISIBLE,
    WHITE,
    contrast,
    ink_on,
    luminance,
    mix,
    repair,
    with_lightness,
)

_DARK = 0.18  # a surface of less luminance than this calls for light text
_ERROR, _SUCCESS = "#b3261e", "#146c43"


@dataclass(frozen=True)
class Palette:
    """Colours of one mode as CSS variables. `repairs` says in plain words what was changed to be readable."""

    dark: bool
    variables: dict[str, str]
    repairs: tuple[str, ...]


def palettes_of(theme: Theme) -> tuple[Palette, Palette]:
    """Return the palettes for customers who prefer light and dark; a theme that is dark already serves both."""
    given = _palette(theme.accent, theme.background, theme.surface, theme.text)
    return given, given if given.dark else _night(theme)


def stylesheet(theme: Theme) -> str:
    """Return theme.css: variables and nothing else."""
    day, night = palettes_of(theme)
    rules = [_block(day)]
    if night is not day:
        rules.append(f"@media (prefers-color-scheme: dark) {{\n{_block(night)}}}\n")
    return "".join(rules)


def _block(palette: Palette) -> str:
    lines = [f"  color-scheme: {'dark' if palette.dark else 'light'};"]
    lines += [f"  --{name}: {value};" for name, value in palette.variables.items()]
    return ":root {\n" + "\n".join(lines) + "\n}\n"


def _night(theme: Theme) -> Palette:
    """Derive the dark palette: the theme's own hues, deep surfaces, an accent light enough to be seen."""
    surface = with_lightness(theme.text, 0.12, most_saturation=0.22)
    return _palette(
        repair(theme.accent, surface, least=VISIBLE),
        with_lightness(theme.text, 0.075, most_saturation=0.25),
        surface,
        with_lightness(theme.background, 0.93, most_saturation=0.15),
    )


def _palette(accent: str, background: str, surface: str, text: str) -> Palette:
    dark = luminance(surface) < _DARK
    raised = _shade(surface, ink_on(surface), 0.06)  # quiet panels
    tint = _shade(surface, accent, 0.10)  # the chosen method
    hover = _shade(accent, ink_on(accent), 0.12)
    body = repair(text, surface, raised, tint)
    outside = repair(text, background)
    link = repair(accent, surface, raised, tint)
    edge = repair(accent, surface, least=VISIBLE)
    error, success = repair(_ERROR, surface), repair(_SUCCESS, surface)
    error_tint, success_tint = _shade(surface, error, 0.09), _shade(surface, success, 0.11)
    variables = {
        "background": background,
        "surface": surface,
        "raised": raised,
        "tint": tint,
        "text": body,
        "muted": repair(mix(body, surface, 0.35), surface, raised, tint),
        "outside": outside,
        "outside-muted": repair(mix(outside, background, 0.3), background),
        "outside-link": repair(accent, background),
        "accent": accent,
        "accent-hover": hover,
        "on-accent": ink_on(accent),
        "edge": edge,
        "focus": repair(accent, surface, background, least=VISIBLE),
        "link": link,
        "line": mix(surface, body, 0.16),
        "control": repair(mix(surface, body, 0.5), surface, tint, least=VISIBLE),
        "error": repair(error, surface, error_tint),
        "error-tint": error_tint,
        "success": repair(success, surface, success_tint),
        "success-tint": success_tint,
    }
    pairs = (
        ("Text", text, surface, body),
        ("Text outside the panel", text, background, outside),
        ("Links", accent, surface, link),
        ("The edge of the pay button", accent, surface, edge),
    )
    return Palette(dark, variables, tuple(_told(*pair) for pair in pairs if pair[1].lower() != pair[3].lower()))


def _shade(base: str, towards: str, share: float) -> str:
    """Return `base` with a share of another colour, as long as the ink that suits `base` can still be read on it."""
    ink = ink_on(base)
    shaded = mix(base, towards, share)
    return shaded if contrast(ink, shaded) >= READABLE else mix(base, BLACK if ink == WHITE else WHITE, share)


def _told(what: str, wanted: str, against: str, used: str) -> str:
    return f"{what}: {wanted} on {against} has a contrast of {contrast(wanted, against):.1f}; {used} is used instead."
