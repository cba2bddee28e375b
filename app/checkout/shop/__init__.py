"""The sample storefront at /shop: a cart and a club to play with, whose buttons open real checkout sessions."""

from app.checkout.shop import by_link, club_page, pages

PARTS = (pages, by_link, club_page)  # each of these modules adds its pages to the blueprint
blueprint = pages.blueprint

__all__ = ["blueprint"]
