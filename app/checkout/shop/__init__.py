"""The sample storefront at /shop: a cart to play with, and a Checkout button that opens a real session."""

from app.checkout.shop.pages import blueprint

__all__ = ["blueprint"]
