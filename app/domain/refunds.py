"""Why money is given back: the reasons, in words, that a refund may have."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "requested_by_customer": "The customer asked for it",
    "goods_returned": "Goods were returned",
    "not_delivered": "Not delivered",
    "duplicate": "Paid twice",
    "fraudulent": "Fraud",
    "other": "Another reason",
}
