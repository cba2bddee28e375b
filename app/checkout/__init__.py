"""The customer's pages: the hosted checkout, its result pages, and the sample shop."""

from __future__ import annotations

from flask import Flask

from app.checkout import branding, links, pages, shop, views
from app.checkout.blueprint import blueprint
from app.checkout.context import page_context
from app.checkout.languages import init_languages

# Each of these modules adds its pages to the blueprint.
PARTS = (branding, pages, views)
for _pages in (blueprint, links.blueprint, shop.blueprint):
    _pages.context_processor(page_context)


def register_checkout(app: Flask) -> None:
    """Add the customer's pages to the application; the sample shop only where test money is used."""
    init_languages(app)
    app.register_blueprint(blueprint)
    app.register_blueprint(links.blueprint)
    if app.config["JUNCTION"].demo:
        app.register_blueprint(shop.blueprint)
