"""The first page: what came in, and what needs a person."""

from __future__ import annotations

from flask_admin import expose

from admin.base import HubView


class DashboardView(HubView):
    permission = "payments.view"

    @expose("/")
    def index(self) -> str:
        return self.render("backoffice/dashboard.html")
