"""An e-mail's HTML part, made from its text: paragraphs, the link as a button, the merchant's name and colours."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from app.config import Theme
from app.domain.colours import ink_on, mix, repair

# Mail programs know no style sheets: every element carries its own style. What is filled in is escaped by Markup.
_PAGE = Markup(
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
    '<body style="margin:0;padding:0;background:{background}">'
    '<div style="max-width:560px;margin:0 auto;padding:24px 16px;color:{text};'
    'font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif">'
    '<p style="margin:0 0 16px;font-weight:600;color:{outside}">{merchant}</p>'
    '<div style="background:{surface};border:1px solid {line};border-top:4px solid {accent};border-radius:8px;'
    'padding:24px 24px 8px">{content}</div></div></body></html>'
)
_PARAGRAPH = Markup('<p style="margin:0 0 16px;overflow-wrap:anywhere">{}</p>')
_BUTTON = Markup(
    '<p style="margin:8px 0 24px"><a href="{url}" style="display:inline-block;padding:12px 24px;border-radius:6px;'
    'background:{accent};color:{ink};font-weight:600;text-decoration:none">{label}</a></p>'
)


@dataclass(frozen=True)
class Part:
    """A paragraph of a message; with `url` it is a button that leads there."""

    text: str
    url: str = ""


def parts_of(body: str, action: str) -> list[Part]:
    """Return a message's paragraphs: one that ends with the action is a button, called by the words before it."""
    parts = []
    for paragraph in body.split("\n\n"):
        before = paragraph.removesuffix(action).rstrip(" :\n") if action and paragraph.endswith(action) else ""
        parts.append(Part(before, action) if before else Part(paragraph, action if paragraph == action else ""))
    return parts


def html_of(title: str, body: str, action: str, *, theme: Theme, language: str) -> str:
    """Return the HTML part of an e-mail; only the words come from outside, and they are escaped."""
    content = Markup("").join(
        _BUTTON.format(url=part.url, label=part.text, accent=theme.accent, ink=ink_on(theme.accent))
        if part.url
        else _PARAGRAPH.format(Markup("<br>").join(part.text.split("\n")))
        for part in parts_of(body, action)
    )
    text = repair(theme.text, theme.surface)
    return str(
        _PAGE.format(
            language=language,
            title=title,
            merchant=theme.name,
            content=content,
            accent=theme.accent,
            background=theme.background,
            outside=repair(theme.text, theme.background),
            surface=theme.surface,
            text=text,
            line=mix(theme.surface, text, 0.16),
        )
    )
