"""Stripe's minor units against those of ISO 4217, both ways and exactly.

Stripe counts most currencies as ISO 4217 does. Some are whole at Stripe though ISO gives them decimals, two carry two
decimals that must be 00 though ISO gives them none, and amounts of three decimals must end in 0
(https://docs.stripe.com/currencies, "Minor units in API amounts" and "Special cases").
"""

from providers.interface import Failure, FailureKind, OutcomeUnknown, ProviderRefused

_AS_ISO_TWO = """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP
CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD
KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD XCG
YER ZAR ZMW"""
_AS_ISO_NONE = "BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF"
_AS_ISO_THREE = "BHD JOD KWD OMR TND"

# By currency: how many of Stripe's units are how many of ISO's, and of what Stripe's amount must be a multiple.
_UNITS: dict[str, tuple[int, int, int]] = {
    **dict.fromkeys(_AS_ISO_TWO.split(), (1, 1, 1)),
    **dict.fromkeys(_AS_ISO_NONE.split(), (1, 1, 1)),
    **dict.fromkeys(_AS_ISO_THREE.split(), (1, 1, 10)),
    **dict.fromkeys(("ISK", "UGX"), (100, 1, 100)),
    "MGA": (1, 100, 1),
}
CURRENCIES: frozenset[str] = frozenset(_UNITS)
# The least that Stripe takes, in ISO minor units; elsewhere it is what these are worth ("Minimum and maximum charge
# amounts"). The most depends on the account and the currency.
LEAST: dict[str, int] = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400,
    "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200,
    "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip


def to_stripe(amount: int, currency: str) -> int:
    """ISO minor units as Stripe's.

    Raises: ProviderRefused when Stripe does not know the currency, or has no exact word for the amount.
    """
    if currency not in _UNITS:
        raise _refused("unsupported_currency", f"Stripe takes no payments in {currency[:10]}.")
    theirs, ours, step = _UNITS[currency]
    scaled = amount * theirs
    if amount <= 0 or scaled % (ours * step):
        raise _refused("unsupported_amount", f"Stripe has no word for {amount} minor units of {currency}.")
    return scaled // ours


def from_stripe(amount: int, currency: str) -> tuple[int, str]:
    """An amount that Stripe said, in its lower case currency, as ISO minor units and code.

    Raises: OutcomeUnknown when it cannot be said in ISO minor units.
    """
    code = currency.upper()
    theirs, ours, _ = _UNITS.get(code, (1, 1, 1))
    scaled = amount * ours
    if code not in _UNITS or scaled % theirs:
        raise OutcomeUnknown(f"Stripe speaks of {amount} {code[:10]}, which is no amount that we know")
    return scaled // theirs, code


def _refused(code: str, message: str) -> ProviderRefused:
    return ProviderRefused(Failure(FailureKind.TECHNICAL, code, message))
