"""Subscriptions: the list, and the page that tells all about one."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from sqlalchemy import select

from admin import filters, formats
from admin import subscription_words as words
from admin.keyset import count_up_to, page_of
from admin.subscription_figures import ends_within_a_week
from admin.subscription_page import details_of
from admin.views.subscription_actions import SubscriptionActions
from app.domain.statuses import SubscriptionStatus
from app.models import IS_RUNNING, Subscription
from app.services import subscriptions

ENDED = (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED, SubscriptionStatus.ABORTED)

VIEWS = (
    filters.View("all", "All"),
    filters.View("active", "Active", lambda: Subscription.status == SubscriptionStatus.ACTIVE),
    filters.View("on_hold", "On hold", lambda: Subscription.status == SubscriptionStatus.ON_HOLD),
    filters.View("ending", "Ending", lambda: IS_RUNNING & Subscription.cancel_at.is_not(None)),
    filters.View("ending_week", "Ending this week", ends_within_a_week),
    filters.View("ended", "Ended", lambda: Subscription.status.in_(ENDED)),
    filters.View("created", "Not started", lambda: Subscription.status == SubscriptionStatus.CREATED),
)


def _filters() -> tuple[filters.Filter, ...]:
    return (
        filters.Choice("collection", "Charged", words.COLLECTION, lambda value: Subscription.collection == value),
        filters.Choice("interval", "Counted in", words.UNITS, lambda value: Subscription.interval_unit == value),
        filters.Choice("account", "Provider", formats.account_labels(), lambda value: Subscription.account_id == value),
        filters.Choice("currency", "Currency", formats.CURRENCIES, lambda value: Subscription.currency == value),
        filters.Day("from", "Made from", Subscription.created_at),
        filters.Day("until", "Made until", Subscription.created_at, until=True),
    )


class SubscriptionsView(SubscriptionActions):
    permission = "subscriptions.view"

    @expose("/")
    def index(self) -> str:
        known = _filters()
        asked = filters.read(request.args, VIEWS, known)
        page = page_of(asked.apply(select(Subscription)), Subscription, request.args)
        counts = {view.key: count_up_to(filters.Filtered(view).apply(select(Subscription.id))) for view in VIEWS}
        return self.render(
            "backoffice/subscriptions.html",
            page=page,
            asked=asked,
            views=VIEWS,
            counts=counts,
            filters=known,
        )

    @expose("/<subscription_id>")
    def details(self, subscription_id: str) -> str:
        shown = details_of(subscriptions.get(subscription_id), request.args)
        return self.render("backoffice/subscription.html", **shown)
