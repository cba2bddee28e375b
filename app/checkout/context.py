"""What every template of the customer's pages may use, and no other template of the application."""

from __future__ import annotations

from typing import Any

from app.checkout.agreement import agreement_of
from app.checkout.blueprint import asset
from app.checkout.branding import look
from app.checkout.formatting import moment, money
from app.checkout.languages import language, text_direction
from app.checkout.wording import label
from app.services.link_addresses import url_of


def page_context() -> dict[str, Any]:
    """Return the names that the templates of checkout, shop and error pages share."""
    return {
        **look(),
        "agreement_of": agreement_of,
        "asset": asset,
        "link_url": url_of,
        "method_label": label,
        "moment": moment,
        "money": money,
        "page_language": language,
        "text_direction": text_direction,
    }
