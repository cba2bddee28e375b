"""The page that shows the API, from files of our own."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint(
    "docs", __name__, template_folder="templates", static_folder="static", static_url_path="/docs/static"
)


@blueprint.get("/docs")
def show() -> str:
    """Show the OpenAPI document as a page."""
    return render_template("api_docs.html")
