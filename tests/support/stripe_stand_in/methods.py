"""Stripe's types of payment method: which currencies each takes, which settle later, which can be charged again."""

from dataclasses import dataclass

from tests.support.stripe_stand_in.amounts import codes
from tests.support.stripe_stand_in.errors import StripeError

EUR = codes("eur")
KLARNA = codes("aud cad chf czk dkk eur gbp nok nzd pln ron sek usd")
PAYPAL = codes("aud cad chf czk dkk eur gbp hkd nok nzd pln sek sgd usd")
AMAZON = codes("aud chf dkk eur gbp hkd jpy nok nzd sek usd zar")


@dataclass(frozen=True)
class Type:
    """`currencies` None means any; `delayed`: paid later than confirmed; `reusable`: the SDK's types let it be kept."""

    currencies: frozenset[str] | None = None
    delayed: bool = False
    reusable: bool = False
    refunds_later: bool = False


TYPES = {
    "card": Type(reusable=True),
    "link": Type(reusable=True),
    "paypal": Type(PAYPAL, reusable=True),
    "sepa_debit": Type(EUR, delayed=True, reusable=True, refunds_later=True),
    "bacs_debit": Type(codes("gbp"), delayed=True, reusable=True, refunds_later=True),
    "klarna": Type(KLARNA),
    "amazon_pay": Type(AMAZON, reusable=True),
    "revolut_pay": Type(codes("dkk eur gbp huf pln ron"), reusable=True),
    "bancontact": Type(EUR, reusable=True),
    "ideal": Type(EUR),
    "eps": Type(EUR),
    "p24": Type(codes("eur pln")),
    "blik": Type(codes("pln"), reusable=True),
    "multibanco": Type(EUR, delayed=True, refunds_later=True),
    "mb_way": Type(EUR),
    "satispay": Type(EUR),
    "twint": Type(codes("chf"), reusable=True),
    "mobilepay": Type(codes("dkk eur nok sek")),
    "swish": Type(codes("sek")),
    "alipay": Type(codes("aud cad cny eur gbp hkd jpy myr nzd sgd usd")),
    "wechat_pay": Type(codes("aud cad chf cny dkk eur gbp hkd jpy nok sek sgd usd")),
    "affirm": Type(codes("usd cad")),
    "afterpay_clearpay": Type(codes("aud cad gbp nzd usd")),
    "alma": Type(EUR),
    "billie": Type(codes("eur gbp")),
    "scalapay": Type(EUR),
    "customer_balance": Type(codes("eur gbp jpy mxn usd"), delayed=True),
    "us_bank_account": Type(codes("usd"), delayed=True, reusable=True, refunds_later=True),
    "pay_by_bank": Type(codes("eur gbp")),
    "cashapp": Type(codes("usd"), reusable=True),
    "bizum": Type(EUR),
}
KEPT_AS = {"bancontact": "sepa_debit"}  # what is left behind is of another type


def offered(allowed: list[str] | None, currency: str, *, keep: bool, param: str) -> list[str]:
    """The allowed types that suit the payment. Raises: StripeError when there is none."""
    suitable = [
        name
        for name in allowed or sorted(TYPES)
        if (kind := TYPES.get(name)) is not None
        and (kind.currencies is None or currency in kind.currencies)
        and (kind.reusable or not keep)
    ]
    if not suitable:
        raise StripeError("No valid payment method types for this payment.", param=param)
    return suitable
