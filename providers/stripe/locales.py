"""The languages that Stripe's payment page speaks."""

_CODES = """bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR
ro ru sk sl sv th tr vi zh zh-HK zh-TW"""
_KNOWN = {code.lower(): code for code in _CODES.split()}


def locale_of(tag: str) -> str:
    """Stripe's word for a BCP 47 tag: the same, else its language, else what the customer's browser asks for."""
    wanted = tag.replace("_", "-").lower()
    if wanted in ("no", "nn") or wanted.startswith(("no-", "nn-")):
        return "nb"
    return _KNOWN.get(wanted) or _KNOWN.get(wanted.partition("-")[0]) or "auto"
