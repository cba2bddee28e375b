"""The backoffice: Flask-Admin with its own shell, deny by default."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask_admin.theme import Theme

from admin.base import Backoffice
from admin.idle import init_idle
from admin.views.dashboard import DashboardView

# A folder that Flask-Admin does not have: none of its own templates can be served by accident.
THEME = Theme(folder="none", base_template="backoffice/shell.html")


def register_admin(app: Flask) -> None:
    """Serve the backoffice at /admin."""
    app.register_blueprint(
        Blueprint(
            "backoffice",
            __name__,
            url_prefix="/admin",
            template_folder="templates",
            static_folder="static",
            static_url_path="/static/hub",
        )
    )
    init_idle(app)
    Backoffice(
        app,
        name="Junction",
        url="/admin",
        theme=THEME,
        index_view=DashboardView(name="Dashboard", endpoint="admin", url="/admin"),
    )
