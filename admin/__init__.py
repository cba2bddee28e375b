"""The backoffice: Flask-Admin with its own shell, deny by default."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask_admin.theme import Theme

from admin import formats, kept, subscription_words
from admin.base import Backoffice
from admin.idle import init_idle
from admin.large_forms import init_large_forms
from admin.login import init_login
from admin.views.account import AccountView, SearchView
from admin.views.alerts import AlertsView
from admin.views.attributes import AttributesView
from admin.views.builder import BuilderView
from admin.views.bulk_refunds import BulkRefundsView
from admin.views.dashboard import DashboardView
from admin.views.draft import DraftView
from admin.views.experiments import ExperimentsView
from admin.views.jobs import JobsView
from admin.views.messages import MailboxView, MessagesView
from admin.views.own_account import OwnAccountView
from admin.views.payment_links import PaymentLinksView
from admin.views.payments import PaymentsView
from admin.views.people import PeopleView
from admin.views.providers import ProvidersView
from admin.views.reconciliation import ReconciliationView
from admin.views.refunds import RefundsView
from admin.views.replays import ReplaysView
from admin.views.review import ReviewView
from admin.views.review_queue import ReviewQueueView
from admin.views.rules import RulesView
from admin.views.sessions import SessionsView
from admin.views.settings import SettingsView
from admin.views.subscriptions import SubscriptionsView
from admin.views.try_it import TryItView
from admin.views.webhooks import WebhooksView
from admin.views.wording import WordingView
from app.errors import register_error_page

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
    app.jinja_env.globals.update(hub=formats, subscription_words=subscription_words)
    init_idle(app)
    init_large_forms(app)
    init_login(app)
    register_error_page(app, "/admin", kept.error_page)
    register_error_page(app, "/admin/login", kept.sign_in_error_page)
    backoffice = Backoffice(
        app,
        name="Junction",
        url="/admin",
        theme=THEME,
        index_view=DashboardView(name="Dashboard", endpoint="admin", url="/admin"),
    )
    backoffice.add_views(
        PaymentsView(name="Payments", endpoint="admin_payments", url="payments"),
        RefundsView(name="Refunds", endpoint="admin_refunds", url="refunds"),
        BulkRefundsView(name="Refund several payments", endpoint="admin_bulk_refunds", url="refunds/several"),
        PaymentLinksView(name="Payment links", endpoint="admin_links", url="links"),
        SessionsView(name="Checkout sessions", endpoint="admin_sessions", url="sessions"),
        SubscriptionsView(name="Subscriptions", endpoint="admin_subscriptions", url="subscriptions"),
        ReviewQueueView(name="Review", endpoint="admin_queue", url="review"),
        ReconciliationView(name="Reconciliation", endpoint="admin_reconciliation", url="reconciliation"),
        MessagesView(name="Messages", endpoint="admin_messages", url="messages"),
        MailboxView(name="Mailbox", endpoint="admin_mailbox", url="mailbox"),
        WordingView(name="Wording", endpoint="admin_wording", url="wording"),
        AlertsView(name="Alerts", endpoint="admin_alerts", url="alerts"),
        JobsView(name="Background work", endpoint="admin_jobs", url="jobs"),
        RulesView(name="Rules", endpoint="admin_rules", url="rules"),
        TryItView(name="Try the rules", endpoint="admin_try", url="rules/try"),
        DraftView(name="Draft of the rules", endpoint="admin_draft", url="rules/draft"),
        ReviewView(name="Review of the draft", endpoint="admin_review", url="rules/draft/review"),
        BuilderView(name="Edit a rule", endpoint="admin_builder", url="rules/draft"),
        ReplaysView(name="Replays of the draft", endpoint="admin_replays", url="rules/replays"),
        AttributesView(name="Attributes", endpoint="admin_attributes", url="rules/attributes"),
        ExperimentsView(name="Experiments", endpoint="admin_experiments", url="rules/experiments"),
        ProvidersView(name="Providers", endpoint="admin_providers", url="providers"),
        WebhooksView(name="Webhooks", endpoint="admin_webhooks", url="webhooks"),
        PeopleView(name="People", endpoint="admin_people", url="people"),
        SettingsView(name="Settings", endpoint="admin_settings", url="settings"),
        OwnAccountView(name="Your account", endpoint="admin_account", url="account"),
        SearchView(name="Search", endpoint="admin_search", url="search"),
        AccountView(name="Look", endpoint="admin_theme", url="theme"),
    )
