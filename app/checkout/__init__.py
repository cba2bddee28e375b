"""The customer's pages: the hosted checkout, its result pages, and the sample shop."""

from __future__ import annotations

from flask import Flask

from app.checkout import branding, pages, shop, views
from app.checkout.blueprint import blueprint
from app.checkout.errors import render_error_page
from app.checkout.languages import init_languages
from app.errors import register_error_page

# Each of these modules adds its pages to the blueprint.
PARTS = (branding, pages, views)


def register_checkout(app: Flask) -> None:
    """Add the customer's pages to the application; the sample shop only where test money is used."""
    init_languages(app)
    app.register_blueprint(blueprint)
    if app.config["JUNCTION"].demo:
        app.register_blueprint(shop.blueprint)
    register_error_page(app, "/", render_error_page)
