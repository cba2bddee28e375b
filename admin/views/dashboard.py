"""The first page: what came in, and what needs a person."""

from __future__ import annotations

from flask_admin import expose

from admin.account_words import unpaid_accounts
from admin.base import HubView
from admin.figures import figures_since, start_of_day
from admin.first_steps import first_steps
from admin.refund_news import news
from admin.roles import may
from admin.subscription_figures import subscription_figures
from app.services.health import check_health


class DashboardView(HubView):
    permission = "payments.view"

    @expose("/")
    def index(self) -> str:
        return self.render(
            "backoffice/dashboard.html",
            figures=[("Today", figures_since(start_of_day(0))), ("Last 7 days", figures_since(start_of_day(6)))],
            health=check_health(),
            refund_news=news(),
            first_steps=first_steps(),
            unpaid_accounts=unpaid_accounts(),
            subscriptions=subscription_figures() if may("subscriptions.view") else None,
        )
