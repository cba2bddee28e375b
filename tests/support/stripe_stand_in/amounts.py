"""Stripe's rules for amounts: minor units of its own, and a least amount in each currency it settles in."""

from tests.support.stripe_stand_in.errors import StripeError, malformed


def codes(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


ZERO_DECIMAL = codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = codes("bhd jod kwd omr tnd")
WHOLE_HUNDREDS = codes("isk ugx")  # no decimals in life, two at Stripe
# The presentment currencies that docs.stripe.com/currencies lists.
CURRENCIES = codes(
    """usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf
    clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr
    isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr
    mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd
    szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw"""
)
# The least amounts that docs.stripe.com/currencies gives, in Stripe's units.
LEAST = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
    "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
MOST = 999_999_999_999  # twelve digits, which Stripe takes in the currencies of small units only


def check(amount: int, currency: str, param: str = "amount", *, least: bool = True) -> None:
    """Raises: StripeError for an amount that Stripe would not take."""
    if currency not in CURRENCIES:
        raise malformed(f"Invalid currency: {currency}.", "parameter_invalid_value", "currency")
    if amount < 0 or (least and amount == 0):
        raise malformed("This value must be greater than or equal to 1.", "parameter_invalid_integer", param)
    if currency in THREE_DECIMAL and amount % 10:
        raise StripeError("Amounts in three-decimal currencies must end in 0.", param=param)
    if currency in WHOLE_HUNDREDS and amount % 100:
        raise StripeError(f"Amounts in {currency} must be whole: end in 00.", param=param)
    if least and amount < LEAST.get(currency, 1):
        raise StripeError("Amount must convert to at least 50 cents.", code="amount_too_small", param=param)
    if amount > MOST:
        raise StripeError("Amount is too large.", code="amount_too_large", param=param)
