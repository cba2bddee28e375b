"""The customer's pages: the hosted checkout, its result pages, and the sample shop."""

from __future__ import annotations

from flask import Flask

from app.checkout.languages import init_languages


def register_checkout(app: Flask) -> None:
    """Add the customer's pages to the application."""
    init_languages(app)
