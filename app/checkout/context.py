"""What every template of the customer's pages may use, and no other template of the application."""

from __future__ import annotations

from typing import Any

from app.checkout.blueprint import asset
from app.checkout.branding import look
from app.checkout.formatting import moment, money
from app.checkout.languages import language, text_direction
from app.checkout.wording import label


def page_context() -> dict[str, Any]:
    """Return the names that the templates of checkout, shop and error pages share."""
    return {
        **look(),
        "asset": asset,
        "method_label": label,
        "moment": moment,
        "money": money,
        "page_language": language,
        "text_direction": text_direction,
    }
